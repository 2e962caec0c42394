"""The analytic twin: what closed formulas say about the same plan, and where their assumptions end."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from smarketing_sim.measure import queueing
from smarketing_sim.measure.cohorts import Case
from smarketing_sim.measure.load import OVERTIME, WORKING, scheduled_minutes
from smarketing_sim.measure.sums import Sums
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.arrivals import flows
from smarketing_sim.world.calendar import contract_calendar
from smarketing_sim.world.due_times import after
from smarketing_sim.world.roster import standard_rep
from smarketing_sim.world.timeline import timeline

_STEP = 5.0


@dataclass(frozen=True)
class Twin:
    """A team as a steady queue (M/M/c), beside what the simulation saw; minutes of open time.

    Parameters
    ----------
    servers
        Reps there at once, on average over open time.
    utilisation
        Offered work over capacity.
    mean_wait_minutes
        Mean wait of an attempt by Erlang's formula; infinite where more work comes than can be done, 0 where attempts
        take no time.
    simulated_wait_minutes
        Mean wait of an attempt in the simulation, on the business clock.
    """

    servers: float
    utilisation: float
    mean_wait_minutes: float
    simulated_wait_minutes: float


@dataclass(frozen=True, eq=False)
class WaitSums(Sums):
    """How long attempts of the horizon waited on the business clock: how many there were, and minutes in all."""

    attempts_count: int
    wait_minutes: float

    @classmethod
    def of(cls, case: Case) -> WaitSums:
        """Add up the attempts on some leads."""
        due, started = case.human_attempts["due_at"], case.human_attempts["started_at"]
        inside = case.in_horizon(started)
        if not inside.all():
            rows = np.flatnonzero(inside)
            due, started = due[rows], started[rows]
        return cls(len(started), float(case.contract.between(due, started).sum()))


def steady_team(case: Case, waits: WaitSums) -> Twin:
    """Return the steady-state twin of one replication's follow-up.

    Attempts arrive evenly over the contract's open time and each keeps a rep for its minutes and for the other work
    owed after it. Erlang C for the whole number of reps there; see :func:`queueing.mmc`.
    """
    open_minutes = float(case.contract.between(case.line.horizon_starts_at, case.line.horizon_ends_at))
    spent, count = case.minutes_by_state, waits.attempts_count
    present = (float(spent.sum()) - float(spent[OVERTIME])) / open_minutes if open_minutes else 0.0
    scheduled, working = scheduled_minutes(case), float(spent[WORKING])
    if not count or scheduled <= 0 or open_minutes <= 0:
        return Twin(present, float("nan"), float("nan"), float("nan"))
    wait = waits.wait_minutes / count
    load, servers = working / scheduled, max(round(present), 1)
    rate = count / open_minutes
    if not 0.0 < load < 1.0:
        return Twin(present, load, float("inf") if load else 0.0, wait)
    waiting = queueing.mmc(arrival_rate=rate, service_rate=rate / (load * servers), servers=servers)
    return Twin(present, load, waiting.mean_wait, wait)


def calendar_ceiling(scenario: Scenario, clause: SpeedClause) -> float:
    """Return the share of leads called in time if each were called at the reps' next open minute.

    An exact sum over the hours of the horizon, five minutes apart, each weighted by the leads expected to be handed
    over from it. It knows nothing of queues or attempts: only the two calendars, the arrival profile and the delay of
    the system. Leads that come back from nurture, and thresholds other than today's, are left out.
    """
    line = timeline(scenario)
    calendar, contract = standard_rep(scenario).calendar, contract_calendar(scenario)
    weight = np.zeros(math.ceil(line.ends_at / 60.0))
    for flow in flows(scenario, line, np.ones(line.day_count)):
        weight += flow.mass * flow.volume * scenario.marketing.sources[flow.source].handed_share
    at = np.arange(0.0, 60.0 * len(weight), _STEP) + _STEP / 2.0
    handed = at + scenario.marketing.handoff.system_delay
    due = after(handed, clause.within, calendar=contract, business_minutes=scenario.calendar.business_minutes)
    counted = (line.month_of(handed) >= 0) & (due <= line.ends_at)
    shares = np.repeat(weight, round(60.0 / _STEP)) * counted
    in_time = calendar.next_open(handed) <= due
    return float(shares @ in_time / shares.sum()) if shares.sum() > 0 else float("nan")
