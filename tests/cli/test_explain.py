"""The command explain: the same bytes again, parts that sum to the gap, and one clear line for each mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.scenario.causes import CAUSES

from .conftest import Said
from .tiny import write_tiny

Command = Callable[..., Said]
FEW = ("--replications", 2, "--workers", 1)
BROKEN = """\
sales: {sdr: {headcount: 2, cadence: {max_attempts: 3}}}
"""


@pytest.fixture
def broken(tiny: Path) -> Path:
    path = write_tiny(Path.cwd(), "broken.yaml", BROKEN)
    path.write_text(path.read_text().replace("within: 6 business hours", "within: 4 business hours"))
    return Path(path.name)


def test_explain_as_json_splits_the_gap_over_every_cause(smarketing: Command, tiny: Path, broken: Path) -> None:
    said = smarketing("explain", tiny, broken, *FEW, "--json")
    assert said.code == 0, said.err
    answer: dict[str, Any] = json.loads(said.out)
    assert {"gap", "causes", "runs", "measure", "not_modelled"} <= set(answer)
    assert [row["cause"] for row in answer["causes"]] == list(CAUSES)
    assert set(answer["gap"]) == set(answer["causes"][0]["part"]) == {"mean", "low", "high"}
    assert sum(row["part"]["mean"] for row in answer["causes"]) == pytest.approx(answer["gap"]["mean"])
    differing = [row["cause"] for row in answer["causes"] if row["paths"]]
    assert differing == ["queue", "depth", "terms, prices and beliefs"]
    assert (answer["runs"], answer["not_modelled"]) == (16, ["motivation"])


@pytest.mark.slow
def test_explain_prints_the_same_bytes_for_any_number_of_workers(smarketing: Command, tiny: Path, broken: Path) -> None:
    words = ("explain", tiny, broken, "--replications", 2, "--json")
    texts = [smarketing(*words, "--workers", count).out for count in (1, 2)]
    assert texts[0] == texts[1]
    assert str(Path.cwd()) not in texts[0]


def test_explain_agrees_with_compare(smarketing: Command, tiny: Path, broken: Path) -> None:
    explained = json.loads(smarketing("explain", tiny, broken, *FEW, "--json").out)
    compared = json.loads(smarketing("compare", tiny, broken, *FEW, "--json").out)["measures"]
    for gap, measure in (
        (explained["gap"], "contribution"),
        (explained["other_measures"]["expected_revenue"]["gap"], "expected_revenue"),
    ):
        assert gap["mean"] == pytest.approx(compared[measure]["difference"]["mean"])


def test_explain_tells_people_every_cause_and_what_is_not_modelled(
    smarketing: Command, tiny: Path, broken: Path
) -> None:
    said = smarketing("explain", tiny, broken, *FEW)
    assert said.code == 0, said.err
    for words in ("A Tiny plan", "contribution, gap", *CAUSES, "motivation", "not modelled", "the same in both"):
        assert words in said.out
    assert "\x1b" not in said.out
    assert "nan" not in said.out


@pytest.mark.slow
def test_causes_counted_as_one_are_told(smarketing: Command, tiny: Path) -> None:
    more = """\
sales: {sdr: {headcount: 12, routing: {rule: territory, territories: {east: {reps: [12]}, west: {reps: [1]}}}}}
"""
    other = write_tiny(Path.cwd(), "territories.yaml", more).name
    said = smarketing("explain", tiny, other, *FEW)
    assert "counted as one: routing and queue; sales.sdr.routing.territories.east.reps = 12" in said.out


MISTAKES = [
    (("tiny.yaml", "tiny.yaml"), "these plans are the same in all that can be simulated", 1),
    (("tiny.yaml", "baseline.yaml"), "run.horizon_months = 12: is 1 in the first plan; both plans must be about", 1),
    (("tiny.yaml", "tinny.yaml"), "tinny.yaml: there is no such file; did you mean 'tiny.yaml'?", 1),
    (("tiny.yaml", "broken.yaml", "--replications", 0), "replications = 0: must be between 1 and", 1),
    (("tiny.yaml", "broken.yaml", "--seed", -1), "seed = -1: must be a whole number from 0", 1),
]


@pytest.mark.parametrize(("words", "told", "lines"), MISTAKES)
def test_each_mistake_is_one_clear_line(
    smarketing: Command, broken: Path, words: tuple[object, ...], told: str, lines: int
) -> None:
    said = smarketing("explain", *words)
    assert said.code == 2
    assert said.out == ""
    assert told in said.err
    assert len(said.err.splitlines()) == lines
