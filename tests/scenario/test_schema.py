"""Identity of a scenario: digest, difference, and that nothing in it can be changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.building import build, override, to_document
from smarketing_sim.scenario.schema import Scenario, flatten
from smarketing_sim.scenario.units import Span

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("name", "description", "beliefs", "alternatives")


def numbers(plain: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every number, text of time and truth value of a document, by path."""
    if isinstance(plain, dict):
        return [leaf for key, item in plain.items() for leaf in numbers(item, (*path, key))]
    if isinstance(plain, list):
        return [leaf for index, item in enumerate(plain) for leaf in numbers(item, (*path, str(index)))]
    return [(path, plain)]


def nudged(value: Any) -> Any:
    """A value just beside another, of the same kind; None where there is no such thing."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * (1 - 1e-9) if value else 1e-9
    try:
        span = Span.parse(value)
    except ValueError:
        return None
    return str(Span(span.amount * (1 + 1e-5) + 1e-5, span.unit, span.business))


def with_leaf(document: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    copy = json.loads(json.dumps(document))
    node = copy
    for step in path[:-1]:
        node = node[int(step)] if isinstance(node, list) else node[step]
    node[int(path[-1]) if isinstance(node, list) else path[-1]] = value
    return copy


@pytest.mark.slow
def test_every_number_of_the_baseline_is_in_its_digest(baseline: Scenario) -> None:
    document = to_document(baseline)
    for word in WORDS[1:]:
        del document[word]
    leaves = [(path, value) for path, value in numbers(document) if nudged(value) is not None]
    assert len(leaves) > 150
    seen = {baseline.digest}
    for path, value in leaves:
        changed = build(with_leaf(document, path, nudged(value)))
        assert changed.digest not in seen, path
        seen.add(changed.digest)


@pytest.mark.parametrize("word", WORDS)
def test_words_and_sources_are_not_in_the_digest(baseline: Scenario, word: str) -> None:
    other: Any = "other words" if word in ("name", "description") else {}
    document = to_document(baseline) | {word: other}
    assert build(document).digest == baseline.digest


def test_the_digest_does_not_depend_on_the_order_of_keys(baseline: Scenario) -> None:
    def reversed_keys(plain: Any) -> Any:
        if isinstance(plain, dict):
            return {key: reversed_keys(plain[key]) for key in reversed(plain)}
        return [reversed_keys(item) for item in plain] if isinstance(plain, list) else plain

    assert build(reversed_keys(to_document(baseline))).digest == baseline.digest


def test_the_digest_does_not_depend_on_how_a_share_or_an_amount_is_written(baseline: Scenario) -> None:
    same = {
        "sla.speed.target": "90%",
        "personas.small.deal_value": "$14k",
        "marketing.handoff.system_delay": "10 minutes",
        "goal.revenue": 3_000_000,
        "calendar.hours": {"mon": "09:00-17:00", "tue-fri": ["09:00-17:00"]},
    }
    assert override(baseline, same).digest == baseline.digest


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_digest_is_the_same_in_another_process(baseline: Scenario, hash_seed: str) -> None:
    code = "from smarketing_sim.scenario.files import load; print(load('params/baseline.yaml').digest)"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": "Asia/Kathmandu", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == baseline.digest


def test_a_difference_lists_each_path_with_both_values(baseline: Scenario) -> None:
    other = override(baseline, {"sales.sdr.headcount": 9, "sla.depth": None, "sales.sdr.reps.2.pace": 1.5})
    difference = {path: (here, there) for path, here, there in baseline.diff(other)}
    assert difference["sales.sdr.headcount"] == (8, 9)
    assert difference["sla.depth.attempts"] == (4, None)
    assert difference["sales.sdr.reps.2.pace"] == (None, 1.5)
    assert baseline.diff(baseline) == []
    assert {path for path, _, _ in other.diff(baseline)} == set(difference)


def test_every_path_that_a_difference_lists_can_be_set(baseline: Scenario) -> None:
    other = override(
        baseline, {"sales.sdr.headcount": 9, "marketing.scoring.auc": 0.6, "sla.speed.within": "1 business day"}
    )
    again = override(baseline, {path: there for path, _, there in baseline.diff(other)})
    assert again.digest == other.digest


def test_equal_scenarios_are_one_key_of_a_dict(baseline: Scenario) -> None:
    again = override(baseline, {})
    assert {baseline: 1}[again] == 1
    assert len({baseline, again, override(baseline, {"sales.sdr.headcount": 9})}) == 2


@pytest.mark.parametrize("part", ["", "sales", "sales.sdr", "marketing.scoring", "run", "calendar"])
def test_no_field_of_a_scenario_can_be_assigned(baseline: Scenario, part: str) -> None:
    node: Any = baseline
    for step in filter(None, part.split(".")):
        node = getattr(node, step)
    field = next(iter(type(node).model_fields))
    with pytest.raises(InputError, match="a plan never changes"):
        setattr(node, field, None)


def test_flattening_keeps_lists_and_empty_groups_whole() -> None:
    assert flatten({"a": {"b": [1, 2], "c": {}}, "d": None}) == {"a.b": [1, 2], "a.c": {}, "d": None}
