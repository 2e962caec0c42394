"""A first guess of the headcount from queueing theory: where a search by simulation begins."""

from __future__ import annotations

import math
from collections.abc import Collection

from smarketing_sim.experiment.replications import Replications
from smarketing_sim.measure.load import expected_attempts, minutes_per_lead
from smarketing_sim.measure.queueing import mmc
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import contract_calendar
from smarketing_sim.world.roster import standard_rep
from smarketing_sim.world.timeline import timeline

_WEEKS_A_YEAR = 365.25 / 7.0


def steady_headcount(experiment: Replications, *, sides: Collection[str], most: int) -> int:
    """Return the least headcount with which a steady queue would keep the speed clauses, or ``most``.

    Attempts arrive evenly over the contract's open time and each keeps a rep for its minutes and for the other work
    owed after it: M/M/c, whose waits are P(W <= t) = 1 - C exp(-(c μ - λ) t) with Erlang's C (Erlang 1917). Bursts,
    nights and the order of the queue are left out, so the true answer is often higher.

    Parameters
    ----------
    experiment
        Any years of the plan: they tell how many leads are handed over.
    sides
        Whose clauses count.
    most
        Where to stop.
    """
    scenario = experiment.scenario
    line = timeline(scenario)
    horizon = line.horizon_starts_at, line.horizon_ends_at
    opened = float(contract_calendar(scenario).between(*horizon))
    leads = float((experiment.series("handed_count") + experiment.series("duplicates_count")).mean())
    _, minutes = minutes_per_lead(scenario)
    offered, worked = leads * minutes / scenario.sales.sdr.pace, _minutes_for_leads(scenario, horizon)
    if worked <= 0.0 or opened <= 0.0 or offered <= 0.0:
        return 1 if offered <= 0.0 else most
    load, rate = offered / worked, leads * float(expected_attempts(scenario).sum()) / opened
    limits = list(_limits(scenario, sides, opened / (horizon[1] - horizon[0])))
    for count in range(math.floor(load) + 1, most):
        queue = mmc(arrival_rate=rate, service_rate=rate / load, servers=count)
        if all(queue.wait_within_prob(limit) >= target for limit, target in limits):
            return count
    return most


def _minutes_for_leads(scenario: Scenario, horizon: tuple[float, float]) -> float:
    """Return the minutes that one rep has for marketing's leads in the horizon."""
    sdr = scenario.sales.sdr
    days = _WEEKS_A_YEAR * sum(bool(hours) for hours in (sdr.shift or scenario.calendar.hours).values())
    present = max(0.0, 1.0 - sdr.leave_days_per_year / days) if days else 0.0
    return float(standard_rep(scenario).calendar.between(*horizon)) * present * sdr.marketing_time.share


def _limits(scenario: Scenario, sides: Collection[str], open_share: float) -> list[tuple[float, float]]:
    """Return the limit of each speed clause in open minutes, with its target."""
    clauses = [c for c in scenario.sla.values() if isinstance(c, SpeedClause) and c.side in sides]
    return [(scenario.clause_minutes(c) * (1.0 if c.within.business else open_share), c.target) for c in clauses]
