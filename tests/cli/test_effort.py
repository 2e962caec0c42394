"""Before a long simulation a command says what it takes, and refuses what is too much unless it is told --yes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from smarketing_sim.cli import effort
from smarketing_sim.cli.effort import YEARS_OF_NOTEBOOKS, effort_text, memory_free, notebook_years
from smarketing_sim.experiment.effort import Effort

from .conftest import Said

Command = Callable[..., Said]
HUGE = ("--set", "marketing.sources.organic.visits_per_month=6250000", "--set", "run.horizon_months=120",
        "--set", "sales.sdr.headcount=500")  # fmt: skip
SHORT = ("--replications", 2, "--workers", 1)
COMMANDS: list[tuple[object, ...]] = [
    ("run", "tiny.yaml"),
    ("compare", "tiny.yaml", "tiny.yaml", "--set", "sales.sdr.headcount=9"),
    ("sweep", "tiny.yaml", "--vary", "sales.sdr.headcount=3,4"),
    ("explain", "tiny.yaml", "other.yaml"),
    ("design", "tiny.yaml"),
    ("staff", "tiny.yaml"),
    ("report", "tiny.yaml"),
]


@pytest.fixture
def two_plans(tiny: Path) -> Path:
    text = tiny.read_text(encoding="utf-8").replace("name: Tiny plan", "name: Other plan")
    Path("other.yaml").write_text(f"{text}sales: {{sdr: {{headcount: 7}}}}\n", encoding="utf-8")
    return tiny


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_every_command_that_simulates_refuses_what_takes_too_long(
    words: tuple[object, ...], smarketing: Command, two_plans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effort, "MOST_SECONDS", 0.0)
    said = smarketing(*words, *SHORT)
    assert said.code == 2
    assert said.out == ""
    told = said.err.splitlines()[-1]
    assert told.startswith("about ")
    assert told.endswith("; ask for fewer years with --replications, shorten run.horizon_months, or add --yes to go on")
    assert not Path("reports").exists()


@pytest.mark.parametrize("words", [COMMANDS[0], COMMANDS[1], COMMANDS[2], COMMANDS[3]], ids=lambda words: words[0])
def test_yes_goes_on_and_still_says_what_it_takes(
    words: tuple[object, ...], smarketing: Command, two_plans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("MOST_SECONDS", "TOLD_FROM_SECONDS"):
        monkeypatch.setattr(effort, limit, 0.0)
    said = smarketing(*words, *SHORT, "--yes", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)
    assert "; fewer --replications take less" in said.err


def test_yes_of_a_report_is_heard_before_its_notebook_starts(
    smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(effort, "MOST_SECONDS", 0.0)
    monkeypatch.setattr("smarketing_sim.cli.reporting._published", lambda *words, **_: started.append(words))
    monkeypatch.setattr("smarketing_sim.cli.reporting._tell_made", lambda *_: None)
    assert smarketing("report", tiny).code == 2
    assert started == []
    assert smarketing("report", tiny, "--yes").code == 0
    assert len(started) == 1


def test_years_without_end_are_refused_and_the_message_names_value_and_rule(smarketing: Command, tiny: Path) -> None:
    said = smarketing("run", "baseline.yaml", "--replications", 100_000, "--workers", 1)
    assert said.code == 2
    assert " hours and 1.7 GB for 100,000 simulated years, more than the limit of 60 minutes; ask" in said.err


def test_more_memory_than_there_is_is_refused(smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "memory_free", lambda: 2e9)
    said = smarketing("run", tiny, *HUGE, "--replications", 1)
    assert said.code == 2
    assert "GB for 1 simulated year, more than the 2 GB of memory free here; ask" in said.err


def test_ledgers_that_are_kept_count(smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "memory_free", lambda: 5e9)
    words = ("run", "baseline.yaml", "--replications", 1000, "--workers", 1)
    assert smarketing(*words, "--out", "years").code == 2
    assert not Path("years").exists()


def test_a_short_run_says_nothing_of_time_or_memory(smarketing: Command, tiny: Path) -> None:
    assert smarketing("run", tiny, *SHORT).err == ""


def test_how_many_years_is_checked_before_how_long_they_take(smarketing: Command, tiny: Path) -> None:
    said = smarketing("run", tiny, "--replications", 10**9)
    assert said.err == "replications = 1000000000: must be between 1 and 100,000\n"


def test_check_simulates_no_year_of_a_huge_plan_and_says_so(
    smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a check of a huge plan simulates nothing")

    monkeypatch.setattr("smarketing_sim.cli.commands._few_years", never)
    said = smarketing("check", tiny, *HUGE)
    assert said.code == 0, said.err
    assert "tiny.yaml: fine; " in said.out
    assert "Too large to try out in a check (about 15,000,000 leads and 500 reps: about " in said.out
    assert "Does this look like your company?" not in said.out
    answer = json.loads(smarketing("check", tiny, *HUGE, "--json").out)
    assert answer["valid"] is True
    assert answer["company"] == {}
    assert list(answer["not_simulated"]) == ["tiny.yaml"]


@pytest.mark.parametrize(
    ("seconds", "size_bytes", "told"),
    [
        (1.0, 0.34e9, "about 1 second and 0.3 GB"),
        (741.0, 4.2e9, "about 12 minutes and 4 GB"),
        (2220.0, 12.6e9, "about 40 minutes and 13 GB"),
        (7300.0, 1e9, "about 2 hours and 1 GB"),
        (1e7, 2.4e12, "about 120 days and 2,400 GB"),
    ],
)
def test_an_estimate_is_told_no_finer_than_it_is_known(seconds: float, size_bytes: float, told: str) -> None:
    assert effort_text(Effort(20_000, seconds, size_bytes)) == f"{told} for 20,000 simulated years"


def test_every_notebook_that_a_report_can_run_has_its_number_of_years(root: Path) -> None:
    notebooks = {path.stem for path in (root / "notebooks").glob("*.ipynb")}
    assert notebooks - {"scenario_lab"} == set(YEARS_OF_NOTEBOOKS)
    assert notebook_years("planning_report", 200) > 200
    assert notebook_years("one of the reader's own", 7) == 7


def test_memory_that_is_free_is_known_on_linux() -> None:
    assert 1e8 < memory_free() < 1e14
