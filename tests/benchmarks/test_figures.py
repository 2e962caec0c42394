"""The table of figures: verdicts, history, and that every figure is there to be asked for."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import FIGURES, main
from benchmarks.figure import Figure, remember
from benchmarks.figures_answer import held
from benchmarks.figures_engine import differing_leads
from benchmarks.timing import Contestant, Ratio, interleaved, machine_facts, ratios


def figure(median: float, target: float | None, never: float | None, *, void: bool = False) -> Figure:
    ratio = Ratio(median - 0.1, median, median + 0.1)
    return Figure(name="P0", what="a / b", ratio=ratio, target=target, never=never, void=void)


@pytest.mark.parametrize(
    ("median", "target", "never", "verdict"),
    [
        (0.60, 0.60, 1.0, "target"),
        (0.61, 0.60, 1.0, "within"),
        (1.00, 0.60, 1.0, "within"),
        (1.01, 0.60, 1.0, "worse"),
        (1.9, 1.9, 1.7, "target"),
        (1.7, 1.9, 1.7, "within"),
        (1.69, 1.9, 1.7, "worse"),
        (0.0, 0.0, 0.0, "target"),
        (1.0, 0.0, 0.0, "worse"),
        (1.0, None, None, None),
        (math.nan, 0.6, 1.0, "worse"),
    ],
)
def test_a_verdict_follows_from_the_limits(
    median: float, target: float | None, never: float | None, verdict: str | None
) -> None:
    assert figure(median, target, never).verdict == verdict


def test_a_void_figure_is_no_success() -> None:
    assert figure(2.0, 1.9, 1.7, void=True).verdict == "void"


def test_the_history_grows_by_a_line_a_figure_and_tells_no_name_of_a_machine(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    for median in (0.5, 0.7):
        remember(figure(median, 0.6, 1.0), machine_facts(), history=history)
    lines = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    assert [line["verdict"] for line in lines] == ["target", "within"]
    assert list(lines[0]) == ["figure", "ratio", "min", "max", "target", "never", "verdict", "note", "machine"]
    assert (lines[0]["min"], lines[0]["ratio"], lines[0]["max"]) == (0.4, 0.5, 0.6)
    assert set(lines[0]["machine"]) == {"cores", "cpu", "python", "numpy", "numba", "simpy"}


def test_every_figure_can_be_asked_for_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert {f"P{n}" for n in range(1, 14)} < set(FIGURES)
    assert main(["--only", "P99"]) == 2
    assert "P99 is not a figure" in capsys.readouterr().err


def test_a_quick_run_prints_and_keeps_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.__main__.HISTORY", tmp_path / "history.jsonl")
    monkeypatch.setitem(FIGURES, "P1", lambda effort: [figure(0.5 if effort.quick else 9.0, 0.6, 1.0)])
    assert main(["--only", "P1", "--quick"]) == 0
    assert "target" in capsys.readouterr().out
    assert not (tmp_path / "history.jsonl").exists()
    assert main(["--only", "P1"]) == 1
    assert (tmp_path / "history.jsonl").read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.slow
def test_contestants_run_in_turn_and_preparation_is_not_timed() -> None:
    order: list[str] = []
    prepared = Contestant(order.append, prepare=lambda: order.append("ready") or "run")
    rounds = interleaved(prepared, lambda: order.append("other"), pairs=2)
    assert order == ["ready", "run", "other"] * 3
    assert len(rounds) == 2
    assert ratios([(2.0, 1.0), (9.0, 3.0), (8.0, 2.0)]) == Ratio(2.0, 3.0, 4.0)


def test_a_lead_differs_by_any_column_of_itself_or_of_its_attempts() -> None:
    def tables() -> dict[str, dict[str, np.ndarray]]:
        return {
            "leads": {"lead_id": np.arange(3), "first_attempt_at": np.array([1.0, np.nan, 2.0])},
            "attempts": {"lead_id": np.array([0, 2, 2]), "rep_id": np.array([1, 1, 2])},
        }

    changed = tables()
    assert differing_leads(tables(), changed) == set()
    changed["attempts"]["rep_id"][2] = 3
    changed["leads"]["first_attempt_at"][1] = 5.0
    assert differing_leads(tables(), changed) == {1, 2}
    changed["attempts"]["lead_id"] = np.array([0, 0, 2])
    assert differing_leads(tables(), changed)


def test_normal_samples_are_held_as_often_as_their_interval_says() -> None:
    values = np.random.default_rng(1).standard_normal((2000, 20))
    assert held(values) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2000))
    assert held(values + np.where(np.arange(2000) % 2, 0.0, 9.0)[:, None]) == 0.0
