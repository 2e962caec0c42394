"""Values that say a change: counted from what the plan has, never from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.layering import parse_overrides
from smarketing_sim.scenario.relative import is_change
from smarketing_sim.scenario.schema import Scenario, flatten


def at(scenario: Scenario, path: str) -> Any:
    return flatten(scenario.canonical())[path]


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        ("sales.sdr.headcount", "+2", 10),
        ("sales.sdr.headcount", "-3", 5),
        ("sales.sdr.headcount", "−3", 5),
        ("sales.sdr.headcount", "+25%", 10),
        ("sales.sdr.annual_cost", "-10%", 99_000.0),
        ("sales.sdr.marketing_time.share", "+5 points", 0.45),
        ("sla.speed.within", "+1 day", "2 business days"),
        ("sla.speed.within", "+50%", "1.5 business days"),
        ("sla.depth.within", "-2 days", "10 days"),
        ("sales.sdr.cadence.drop_after", "-1 week", "20160.0 min"),
        ("marketing.sources.organic.visits_per_month", "+10%", [20_790.0]),
    ],
)
def test_a_change_is_counted_from_what_the_plan_has(baseline: Scenario, path: str, change: str, expected: Any) -> None:
    assert is_change(change)
    found = at(override(baseline, {path: change}), path)
    assert found == (expected if isinstance(expected, str) else pytest.approx(expected))


@pytest.mark.parametrize("value", [12, "12", "35%", "1 business day", "mon-fri", None, True, "-", "+", "2026-01-01"])
def test_a_value_is_no_change(value: object) -> None:
    assert not is_change(value)


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        ("sales.sdr.headcont", "+2", "nothing there to change"),
        ("name", "+2", "must be a number with a unit of time"),
        ("sales.sdr.headcount", "+2 reps", "a change is a number, a percentage, points of a share or a time"),
        ("sla.speed.within", "+2 weeks", "cannot be added to 1 business day"),
        ("sales.sdr.queue.new_before_retries", "+1", "none to add to"),
        ("sales.sdr.headcount", "-9", "must be"),
    ],
)
def test_a_change_that_cannot_be_is_told_with_its_path(baseline: Scenario, path: str, change: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        override(baseline, {path: change})
    assert told in str(raised.value)
    assert path in str(raised.value)


def test_a_change_on_the_command_line_is_counted_from_the_file(params: Path) -> None:
    found = load(params / "baseline.yaml", parse_overrides(["sales.sdr.headcount=+4", "sales.ae.headcount=-20%"]))
    assert (found.sales.sdr.headcount, found.sales.ae.headcount) == (12, 4)


def test_an_alternative_may_still_drop_a_thing_by_leaving_it_empty(tmp_path: Path, params: Path) -> None:
    path = tmp_path / "plan.yaml"
    text = "alternatives:\n  no_depth:\n    label: Promise no depth\n    set:\n      sla.depth:\n"
    path.write_text(f"extends: {params / 'baseline.yaml'}\n{text}")
    assert load(path).alternatives["no_depth"].set == {"sla.depth": None}


def test_an_alternative_that_hires_two_hires_two_at_any_headcount(params: Path) -> None:
    """Lost, "hire two more" sets ten reps, and at twelve it fires two."""
    plan = load(params / "baseline.yaml", {"sales.sdr.headcount": 12})
    assert plan.alternatives["two_more_reps"].set == {"sales.sdr.headcount": "+2"}
    assert override(plan, plan.alternatives["two_more_reps"].set).sales.sdr.headcount == 14
