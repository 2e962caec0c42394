"""How old leads are when they are called, on both clocks, and where in the week they wait."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.ledger import REASONS
from smarketing_sim.measure.cohorts import Case
from smarketing_sim.world.calendar import Floats, Timeline
from smarketing_sim.world.contract import after

BUSINESS_GRID = np.arange(0.0, 72.25, 0.25) * 60.0
WALL_GRID = np.arange(0.0, 72.25, 0.25) * 60.0
DAYS_TO_BLACK_HOLE = 30.0


def response_minutes(case: Case) -> tuple[Floats, Floats]:
    """Return minutes to the first response for the contract cohort, infinite where there was none.

    Returns
    -------
    business
        On the contract's clock, from handoff.
    wall
        On the buyer's clock, from the moment the lead became an MQL.
    """
    first, leads = case.responded_at, case.handed_leads
    called = ~np.isnan(first)
    business = np.full(len(first), np.inf)
    business[called] = case.contract.between(leads["handed_at"][called], first[called])
    return business, np.where(called, first - leads["mql_at"], np.inf)


def quantiles(minutes: Floats, probs: tuple[float, ...] = (0.5, 0.9)) -> tuple[float, ...]:
    """Return quantiles in which leads never called count as infinitely old; NaN without a lead.

    Parameters
    ----------
    minutes
        In rising order.
    probs
        A quantile is the first of the minutes that at least this share of leads does not exceed.
    """
    if not len(minutes):
        return tuple(float("nan") for _ in probs)
    ranks = (max(math.ceil(prob * len(minutes)), 1) for prob in probs)
    return tuple(float(minutes[rank - 1]) for rank in ranks)


def called_within(minutes: Floats, grid: Floats) -> Floats:
    """Return the share of leads called within each age of a grid, given minutes in rising order; NaN without a lead."""
    return np.searchsorted(minutes, grid, side="right") / len(minutes) if len(minutes) else np.full(len(grid), np.nan)


def system_delay_minutes(case: Case) -> float:
    """Return the mean delay of the system, from MQL to handoff; what is beyond it is people's."""
    leads = case.handed_leads
    delays = leads["handed_at"] - leads["mql_at"]
    return float(np.mean(delays)) if len(delays) else float("nan")


def never_called_share(case: Case) -> float:
    """Return the share of the contract cohort without an attempt 30 days after handoff: the black hole."""
    limit = case.handed_leads["handed_at"] + DAYS_TO_BLACK_HOLE * 1440
    late = ~(case.responded_at <= limit)[limit <= case.ends_at]
    return float(np.mean(late)) if len(late) else float("nan")


def waiting_by_hour(case: Case) -> tuple[Floats, Floats]:
    """Return the mean number of leads waiting in each hour of the week: new leads, and follow-ups; shape (168,)."""
    hour, hours = _hours_of_week(case.line)
    if not len(hour):
        return np.full(168, np.nan), np.full(168, np.nan)
    attempts, starts_at, count = case.human_attempts, case.line.horizon_starts_at, len(hour)
    kind = attempts["attempt"] > 1
    waited = _minutes_since(attempts["due_at"], kind, starts_at, count)
    waited -= _minutes_since(attempts["started_at"], kind, starts_at, count)
    for number, (joined, left) in enumerate((_new_waits(case), _retry_waits(case))):
        one_kind = np.full(len(joined), number)
        waited += _minutes_since(joined, one_kind, starts_at, count)
        waited -= _minutes_since(left, one_kind, starts_at, count)
    means = [np.bincount(hour, weights=np.maximum(minutes, 0.0) / 60.0, minlength=168) / hours for minutes in waited]
    return means[0], means[1]


@functools.lru_cache(maxsize=64)
def _hours_of_week(line: Timeline) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the hour of the week of each hour of the horizon, and how often each comes, from 1."""
    hour = line.hour_of_week(np.arange(line.horizon_starts_at, line.horizon_ends_at - 59.0, 60.0))
    return hour, np.maximum(np.bincount(hour, minlength=168), 1)


def _minutes_since(at: Floats, kind: npt.NDArray[Any], starts_at: float, hour_count: int) -> Floats:
    """Sum, for each hour from an instant on, the minutes in it that lie after each of some instants.

    Parameters
    ----------
    at
        The instants.
    kind
        0 or 1 for each; the two are summed apart.

    Returns
    -------
    ndarray
        Shape (2, hours).
    """
    hour = np.minimum(np.maximum(np.floor((at - starts_at) / 60.0), -1.0), float(hour_count)) + 1.0
    cell = hour.astype(np.intp) + kind * np.intp(hour_count + 2)
    rest = (starts_at + 60.0 * hour) - at
    size = 2 * (hour_count + 2)
    passed = np.bincount(cell, minlength=size).reshape(2, -1).cumsum(axis=1)[:, :hour_count]
    within = np.bincount(cell, weights=rest, minlength=size).reshape(2, -1)[:, 1 : hour_count + 1]
    return np.asarray(60.0 * passed + within, dtype=np.float64)


def _new_waits(case: Case) -> tuple[Floats, Floats]:
    """Return when leads never called joined the queue, and when they left it."""
    leads = case.leads
    pending = np.flatnonzero((leads["attempt_count"] == 0) & ~np.isnan(leads["handed_at"]))
    left = np.fmin(leads["resolved_at"][pending], case.ends_at)
    return np.minimum(leads["handed_at"][pending], left), left


def _retry_waits(case: Case) -> tuple[Floats, Floats]:
    """Return when follow-ups that were never made fell due, and when they left the queue: gone cold, or at the end."""
    leads, cadence, day = case.leads, case.scenario.sales.sdr.cadence, case.scenario.calendar.business_day_minutes
    silent = np.isnan(leads["connected_at"]) & (leads["censored"] | (leads["reason"] == REASONS.index("gone_cold")))
    rows = np.flatnonzero(silent & (leads["attempt_count"] > 0) & (leads["attempt_count"] < cadence.max_attempts))
    made, gone = leads["attempt_count"][rows], np.fmin(leads["resolved_at"][rows], case.ends_at)
    tries = case.attempts_before[rows] + np.minimum(np.arange(cadence.max_attempts)[:, None], made - 1)
    ended, due = np.fmax.reduce(case.human_attempts["ended_at"][tries], axis=0), np.full(len(rows), np.inf)
    for number in range(1, cadence.max_attempts):
        mine = np.flatnonzero(made == number)
        due[mine] = after(ended[mine], cadence.gap(number), calendar=case.contract, business_day_minutes=day)
    waits = due < gone
    return due[waits], gone[waits]


def attempts_made(case: Case) -> Floats:
    """Return the share of the contract cohort with at least 0, 1, 2, … human attempts."""
    most = case.scenario.sales.sdr.cadence.max_attempts
    made = case.handed_leads["attempt_count"]
    if not len(made):
        return np.full(most + 1, np.nan)
    exactly = np.bincount(np.minimum(made, most), minlength=most + 1)
    return np.cumsum(exactly[::-1])[::-1] / len(made)
