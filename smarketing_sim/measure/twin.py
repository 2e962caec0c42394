"""The analytic twin: what closed formulas say about the same plan, and where their assumptions end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smarketing_sim.measure import queueing
from smarketing_sim.measure.cohorts import Case
from smarketing_sim.measure.load import WORKING, minutes_by_state, scheduled_minutes


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
        Mean wait of an attempt by Erlang's formula; infinite where more work comes than can be done.
    simulated_wait_minutes
        Mean wait of an attempt in the simulation, on the business clock.
    """

    servers: float
    utilisation: float
    mean_wait_minutes: float
    simulated_wait_minutes: float


def steady_team(case: Case) -> Twin:
    """Return the steady-state twin of one replication's follow-up.

    Attempts arrive evenly over the contract's open time and each keeps a rep for its minutes and for the other work
    owed after it. Erlang C for the whole number of reps there; see :func:`queueing.mmc`.
    """
    starts, ends = case.line.horizon_starts_at, case.line.horizon_ends_at
    open_minutes = float(case.contract.between(starts, ends))
    attempts = case.attempts
    mine = ~attempts["automatic"] & (attempts["started_at"] >= starts) & (attempts["started_at"] < ends)
    spent = minutes_by_state(case, case.rep_time)
    present = (float(spent.sum()) - float(spent[2])) / open_minutes if open_minutes else 0.0
    scheduled, working = scheduled_minutes(case), float(spent[WORKING])
    if not mine.any() or scheduled <= 0:
        return Twin(present, float("nan"), float("nan"), float("nan"))
    wait = float(np.mean(case.contract.between(attempts["due_at"][mine], attempts["started_at"][mine])))
    load, servers = working / scheduled, max(round(present), 1)
    rate = float(mine.sum()) / open_minutes
    if load >= 1.0:
        return Twin(present, load, float("inf"), wait)
    waiting = queueing.mmc(arrival_rate=rate, service_rate=rate / (load * servers), servers=servers)
    return Twin(present, load, waiting.mean_wait, wait)
