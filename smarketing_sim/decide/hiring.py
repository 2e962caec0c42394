"""Other headcounts of a plan: whoever comes on top of today's team is new, starts with the period, and ramps."""

from __future__ import annotations

from typing import Any

from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario

HEADCOUNT = "sales.sdr.headcount"
_HIRES = "sales.sdr.hires"


def headcount_change(scenario: Scenario, count: int) -> dict[str, Any]:
    """Return overrides that give a plan so many reps.

    Where the plan does not say who is in place, today's reps are, and the others start on the first day reported.
    """
    sdr = scenario.sales.sdr
    if sdr.hires.in_place is not None or count <= sdr.headcount:
        return {HEADCOUNT: count}
    starts_on = scenario.run.starts_on.isoformat()
    return {HEADCOUNT: count, f"{_HIRES}.in_place": sdr.headcount, f"{_HIRES}.starts_on": starts_on}


def with_headcount(scenario: Scenario, count: int) -> Scenario:
    """Return a plan with so many reps."""
    return override(scenario, headcount_change(scenario, count))
