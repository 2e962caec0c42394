"""What every test may lean on: where things are, how hard hypothesis tries, what begins first, what CI lets skip."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from smarketing_sim.scenario.currency import DOLLARS
from smarketing_sim.words.numbers import tell_money_in

ROOT = Path(__file__).resolve().parents[1]
PARAMS = ROOT / "params"
NO_REAL_DATA = "real data is not here"

# A shell that runs tests in the background has them ignore Ctrl-C, and so would every command that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", parent=settings.get_profile("ci"), derandomize=False, max_examples=5_000)
settings.load_profile("soak" if os.environ.get("SMARKETING_SOAK") == "1" else "ci")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def params() -> Path:
    return PARAMS


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, which is never committed: SMARKETING_DATA, or ../shared/data beside the checkout."""
    folder = (ROOT / os.environ.get("SMARKETING_DATA", "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"{NO_REAL_DATA}: set SMARKETING_DATA to its folder")
    return folder


@pytest.fixture(autouse=True)
def money_in() -> Iterator[Callable[[str], None]]:
    """Tell money in some currency for the length of one test, and in dollars after it."""
    yield tell_money_in
    tell_money_in(DOLLARS)


def is_long(item: pytest.Item) -> bool:
    """Tell whether an item is a cell of a notebook, or a test that is marked to take long."""
    return item.path.suffix == ".ipynb" or any(item.iter_markers("slow"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the heavy counts out, and begin with files that take long, lest one worker is left with them at the end."""
    if "soak" not in config.getoption("markexpr"):
        heavy = [item for item in items if item.get_closest_marker("soak")]
        if heavy:
            config.hook.pytest_deselected(items=heavy)
            items[:] = [item for item in items if not item.get_closest_marker("soak")]
    long = {item.path for item in items if is_long(item)}
    items.sort(key=lambda item: item.path not in long)


def unexpected_skips(config: pytest.Config) -> list[str]:
    """Under CI=true, the tests that were skipped for any reason but absent real data."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None or hasattr(config, "workerinput"):
        return []
    skipped = reporter.stats.get("skipped", [])
    return [f"{report.nodeid}: {report.longrepr[2]}" for report in skipped if NO_REAL_DATA not in report.longrepr[2]]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if unexpected_skips(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skips = unexpected_skips(config)
    if skips:
        terminalreporter.section("skipped, which CI counts as failed", red=True)
        for line in skips:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def hostile() -> list[str]:
    from tests.hostile import hostile_texts

    texts = hostile_texts()
    assert len(set(texts)) == 500
    return texts
