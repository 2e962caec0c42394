"""The lab on a plan that came with the package: what is saved and published is the user's, in the user's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from smarketing_sim.lab.saving import save
from smarketing_sim.lab.server import write_page
from smarketing_sim.lab.state import State, move, open_state
from smarketing_sim.scenario.files import load
from smarketing_sim.shipped import home_of
from tests.conftest import ROOT

REPS = "sales.sdr.headcount"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """The baseline, opened in an empty folder."""
    monkeypatch.delenv("SMARKETING_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return open_state(Path("params/baseline.yaml"))


def test_a_plan_is_saved_in_the_users_own_folder_and_extends_the_shipped_one(opened: State, tmp_path: Path) -> None:
    changed = move(opened, REPS, 11)
    path = save(changed, "Eleven reps")
    assert path.parent == tmp_path / "params"
    assert "extends: smarketing:baseline\n" in path.read_text()
    assert load(path).digest == changed.scenario.digest
    again = move(open_state(path), REPS, 12)
    assert save(again, "Twelve reps").parent == path.parent


def test_where_the_lab_was_started_wins_over_the_folder_that_a_kernel_runs_in(
    opened: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("SMARKETING_HOME", str(home))
    assert save(move(opened, REPS, 11), "eleven").parent == home / "params"
    assert home_of(opened.source) == home


def test_its_page_opens_it_by_its_name(opened: State, tmp_path: Path) -> None:
    page = write_page(ROOT / "notebooks" / "scenario_lab.ipynb", tmp_path, params=opened.source)
    assert "params_path = 'smarketing:baseline'" in page.read_text()
