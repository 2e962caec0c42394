"""Several scenarios at once, the best of them, and ranges of a wanted width, as people type them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.cli import screen

from .conftest import Said
from .tiny import write_tiny

Command = Callable[..., Said]
FEW = ("--replications", 12, "--workers", 1)


def _answer(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    answer: dict[str, Any] = json.loads(said.out)
    return answer


@pytest.fixture
def teams(tiny: Path) -> list[str]:
    """Three plans that differ in the number of reps."""
    for count in (2, 4):
        write_tiny(Path.cwd(), f"{count}.yaml", f"sales: {{sdr: {{headcount: {count}}}}}\n")
    return ["tiny.yaml", "2.yaml", "4.yaml"]


def test_more_than_two_are_compared_with_the_first(smarketing: Command, teams: list[str]) -> None:
    answer = _answer(smarketing("compare", *teams, "--replications", 2, "--workers", 1, "--json"))
    assert set(answer) == {"base", "others", "seed", "replications", "engine", "level"}
    assert [other["changed"][0]["b"] for other in answer["others"]] == [2, 4]
    people = smarketing("compare", *teams, "--replications", 2, "--workers", 1)
    assert people.code == 0
    assert "B − A" in people.out
    assert "C − A" in people.out


def test_set_changes_all_but_the_first(smarketing: Command, teams: list[str]) -> None:
    words = ("--set", "sales.ae.headcount=2", "--replications", 2, "--workers", 1, "--json")
    answer = _answer(smarketing("compare", *teams, *words))
    changed = [{change["path"] for change in other["changed"]} for other in answer["others"]]
    assert changed == [{"sales.sdr.headcount", "sales.ae.headcount"}] * 2


@pytest.mark.slow
def test_the_best_is_found_and_said_to_be_sure_only_where_it_is(smarketing: Command, teams: list[str]) -> None:
    asked = ("--best", "sdr_utilisation", "--indifference")
    sure = _answer(smarketing("compare", *teams, *asked, 0.05, *FEW, "--json"))
    assert (sure["choice"], sure["guaranteed"]) == (1, True)
    assert sure["scenarios"][0]["eliminated_after"] is not None
    assert sure["scenarios"][1]["eliminated_after"] is None
    unsure = _answer(smarketing("compare", *teams, *asked, 0.000001, *FEW, "--json"))
    assert "with 95% confidence" in smarketing("compare", *teams, *asked, 0.05, *FEW).out
    if not unsure["guaranteed"]:
        assert "without a guarantee" in smarketing("compare", *teams, *asked, 0.000001, *FEW).out


def test_the_best_may_be_asked_for_in_few_years(smarketing: Command, teams: list[str]) -> None:
    words = ("--best", "sdr_utilisation", "--indifference", 0.05, "--replications", 4, "--workers", 1, "--json")
    found = _answer(smarketing("compare", *teams, *words))
    assert max(one["replications"] for one in found["scenarios"]) <= 4


@pytest.mark.parametrize("half", [("--best", "sdr_utilisation"), ("--indifference", 0.1)])
def test_one_half_of_a_question_is_told(smarketing: Command, teams: list[str], half: tuple[object, ...]) -> None:
    said = smarketing("compare", *teams, *half)
    assert said.code == 2
    assert "--best and --indifference go together" in said.err


def test_a_run_stops_once_its_range_is_narrow(smarketing: Command, tiny: Path) -> None:
    words = ("run", tiny, "--precision", "handed_count=50%", "--replications", 40, "--workers", 1, "--json")
    assert 10 <= _answer(smarketing(*words))["replications"] < 40
    assert _answer(smarketing(*words[:3], "handed_count=0.01%", *words[4:]))["replications"] == 40
    wrong = smarketing("run", tiny, "--precision", "revenu=3%")
    assert wrong.code == 2
    assert wrong.err.startswith("--precision: 'revenu': is not a measure")


# ---------------------------------------------------------------------------------------------------------- progress


def test_lines_of_progress_tell_the_time_left_from_what_was_done_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: clock[0])
    with screen.Progress("simulated years") as update:
        for done in (400, 450, 500, 1000):
            update(done, 1000)
            clock[0] += 600.0
    assert capsys.readouterr().err.splitlines() == [
        "simulated years: 400 of 1000",
        # 100 years took 20 minutes here; the 400 found on disk took none.
        "simulated years: 500 of 1000, about 1.7 hours left",
        "simulated years: 1000 of 1000",
    ]


def test_a_short_wait_is_not_told_in_noughts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: clock[0])
    with screen.Progress("simulated years") as update:
        for done in range(1, 61):
            update(done, 60)
            clock[0] += 0.5
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0] == "simulated years: 6 of 60, less than a minute left"


def test_work_without_a_common_unit_is_told_in_percent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost, somebody who asked a report for 40 years reads of 1000 of 2000 of them."""
    clock = [0.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: clock[0])
    with screen.Progress("simulating", in_percent=True) as update:
        for done in (1, 3, 7):
            update(done, 7)
            clock[0] += 30.0
    assert capsys.readouterr().err.splitlines() == [
        "simulating: 10%",
        "simulating: 40%",
        "simulating: 100%",
    ]
