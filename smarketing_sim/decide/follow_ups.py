"""Ways to follow up, and the grid of them that is searched: limits, numbers of attempts, handoff thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span

LIMITS = ("1 business hour", "2 business hours", "4 business hours", "6 business hours", "1 business day",
          "2 business days")  # fmt: skip
DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
THRESHOLDS = (30.0, 40.0, 45.0, 50.0, 55.0, 60.0, 70.0)

Value = TypeVar("Value")
Grid = tuple[tuple[str | None, ...], tuple[int, ...], tuple[float | None, ...]]


@dataclass(frozen=True)
class Choice:
    """One way to follow up.

    Parameters
    ----------
    within
        Limit of the first attempt that steers the queue; None where the contract has no promise on speed.
    attempts
        Most attempts on a lead.
    threshold
        Score from which leads are handed over; None where the score does not decide.
    """

    within: str | None
    attempts: int
    threshold: float | None


def grid_of(scenario: Scenario) -> Grid:
    """Return the limits, depths and thresholds of the grid, the plan's own depth and threshold among them."""
    has_speed = any(isinstance(clause, SpeedClause) for clause in scenario.sla.values())
    handoff, attempts = scenario.marketing.handoff, scenario.sales.sdr.cadence.max_attempts
    deepest = max(DEPTHS) if scenario.sales.sdr.cadence.gaps else 1
    depths = sorted({depth for depth in (*DEPTHS, attempts) if depth <= max(deepest, attempts)})
    scored = handoff.on != "action"
    thresholds = tuple(sorted({*THRESHOLDS, handoff.score_at_least})) if scored else (None,)
    return LIMITS if has_speed else (None,), tuple(depths), thresholds


def nearest_to(scenario: Scenario, grid: Grid) -> Choice:
    """Return the place on the grid nearest to the plan as it is."""
    limits, _, thresholds = grid
    within: str | None = None
    speed = next((clause for clause in scenario.sla.values() if isinstance(clause, SpeedClause)), None)
    if speed is not None:
        business = scenario.calendar.business_minutes
        wanted = speed.within.minutes(business)
        within = min(
            (limit for limit in limits if limit), key=lambda limit: abs(Span.parse(limit).minutes(business) - wanted)
        )
    threshold = scenario.marketing.handoff.score_at_least if thresholds != (None,) else None
    return Choice(within, scenario.sales.sdr.cadence.max_attempts, threshold)


def neighbours_of(here: Choice, grid: Grid) -> Iterator[Choice]:
    """Yield the places one step away in one dimension."""
    limits, depths, thresholds = grid
    yield from (replace(here, within=within) for within in _beside(limits, here.within))
    yield from (replace(here, attempts=attempts) for attempts in _beside(depths, here.attempts))
    yield from (replace(here, threshold=threshold) for threshold in _beside(thresholds, here.threshold))


def _beside(values: tuple[Value, ...], value: Value) -> tuple[Value, ...]:
    place = values.index(value)
    return values[max(place - 1, 0) : place] + values[place + 1 : place + 2]
