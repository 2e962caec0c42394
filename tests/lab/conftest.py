"""A small plan to open, and an ear for all that the lab tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smarketing_sim.lab.controller import Controller, News, Told
from smarketing_sim.lab.simulated_years import Answer
from smarketing_sim.lab.state import State, open_state
from tests.cli.tiny import write_tiny
from tests.patience import HANG_SECONDS


class Ear:
    """Everything that a controller told, in order."""

    def __init__(self) -> None:
        self.heard: list[News] = []

    def __call__(self, news: News) -> None:
        self.heard.append(news)

    @property
    def answers(self) -> list[Answer]:
        return [news for news in self.heard if isinstance(news, Answer)]

    @property
    def troubles(self) -> list[str]:
        return [news.text for news in self.heard if isinstance(news, Told) and news.trouble]

    @property
    def words(self) -> list[str]:
        return [news.text for news in self.heard if isinstance(news, Told) and news.text]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


@pytest.fixture
def state(tiny: Path) -> State:
    return open_state(tiny, years=6)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def controller(state: State, ear: Ear) -> Iterator[Controller]:
    made = Controller(state, ear)
    yield made
    made.close()


def settled(controller: Controller) -> None:
    assert controller.wait(HANG_SECONDS), "the lab did not come to rest"
