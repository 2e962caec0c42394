"""How old leads are when they are called, on both clocks, and where in the week they wait."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.jit import entry, part
from smarketing_sim.measure.cohorts import Case
from smarketing_sim.measure.loops import plain
from smarketing_sim.measure.sums import Sums
from smarketing_sim.world.due_times import cadence_gaps, next_due
from smarketing_sim.world.timeline import Timeline

BUSINESS_GRID = np.arange(0.0, 72.25, 0.25) * 60.0
WALL_GRID = np.arange(0.0, 72.25, 0.25) * 60.0
DAYS_TO_BLACK_HOLE = 30.0


@dataclass(frozen=True, eq=False)
class ResponseSums(Sums):
    """How and when the leads of the contract cohort were called.

    Parameters
    ----------
    business_minutes
        From handoff to the first response on the contract's clock, infinite where there was none.
    wall_minutes
        From the moment the lead became an MQL to the first response, on the buyer's clock.
    delay_minutes
        From MQL to handoff, of all leads together.
    due_count, black_hole_count
        Leads handed over 30 days before the end of observation, and those of them not called within 30 days.
    exactly
        Leads with 0, 1, 2, … human attempts; the last item is for that many or more.
    """

    business_minutes: tuple[Floats, ...]
    wall_minutes: tuple[Floats, ...]
    delay_minutes: float
    due_count: int
    black_hole_count: int
    exactly: npt.NDArray[np.int64]

    @classmethod
    def of(cls, case: Case) -> ResponseSums:
        """Count some leads."""
        leads, first, most = case.handed_leads, case.responded_at, case.scenario.sales.sdr.cadence.max_attempts
        limit = leads["handed_at"] + DAYS_TO_BLACK_HOLE * 1440
        is_due = limit <= case.ends_at
        business = case.contract.between(leads["handed_at"], first)
        return cls(
            business_minutes=(np.where(np.isnan(first), np.inf, business),),
            wall_minutes=(np.fmin(first - leads["mql_at"], np.inf),),
            delay_minutes=float((leads["handed_at"] - leads["mql_at"]).sum()),
            due_count=int(np.count_nonzero(is_due)),
            black_hole_count=int(np.count_nonzero(is_due & ~(first <= limit))),
            exactly=np.bincount(np.minimum(leads["attempt_count"], most), minlength=most + 1),
        )

    @property
    def system_delay_minutes(self) -> float:
        """Mean delay of the system, from MQL to handoff; what is beyond it is people's. NaN without a lead."""
        count = int(self.exactly.sum())
        return self.delay_minutes / count if count else float("nan")

    @property
    def never_called_share(self) -> float:
        """Share of the leads without a response 30 days after handoff: the black hole; NaN without a lead."""
        return self.black_hole_count / self.due_count if self.due_count else float("nan")

    @property
    def attempts_made(self) -> Floats:
        """Share of the leads with at least 0, 1, 2, … human attempts; NaN without a lead."""
        count = int(self.exactly.sum())
        return np.cumsum(self.exactly[::-1])[::-1] / count if count else np.full(len(self.exactly), np.nan)


def rising(minutes: Sequence[Floats]) -> Floats:
    """Return values from the lowest to the highest."""
    values = np.concatenate(minutes)
    values.sort()
    return values


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


@dataclass(frozen=True, eq=False)
class WaitingSums(Sums):
    """How many leads waited hour by hour: new leads, and follow-ups; shape (2, hours of the horizon + 2).

    The first column is for what lies before the horizon, the last for what lies after it.

    Parameters
    ----------
    joined_count
        By how many more leads waited after each hour than before it.
    joined_minutes
        For how many minutes of that same hour: those who joined it less those who left.
    """

    joined_count: npt.NDArray[np.int64]
    joined_minutes: Floats

    @classmethod
    def of(cls, case: Case) -> WaitingSums:
        """Count some leads."""
        shape = 2, len(_hours_of_week(case.line)[0]) + 2
        sums = cls(np.zeros(shape, dtype=np.int64), np.zeros(shape))
        due, started, number = (case.human_attempts[name] for name in ("due_at", "started_at", "attempt"))
        sums._add(case, due, started, number > 1)
        for is_retry, (joined, left) in enumerate((_new_waits(case), _retry_waits(case))):
            sums._add(case, joined, left, np.full(len(joined), bool(is_retry)))
        return sums

    def _add(self, case: Case, joined: Floats, left: Floats, is_retry: Bools) -> None:
        sums = self.joined_count, self.joined_minutes
        _add_waits(plain(joined), plain(left), is_retry, case.line.horizon_starts_at, *sums)


def waiting_by_hour(case: Case, sums: WaitingSums) -> tuple[Floats, Floats]:
    """Return the mean number of leads waiting in each hour of the week: new leads, and follow-ups; shape (168,)."""
    hour, hours = _hours_of_week(case.line)
    if not len(hour):
        return np.full(168, np.nan), np.full(168, np.nan)
    means = [np.bincount(hour, weights=waited, minlength=168) / hours for waited in _waited_hours(sums)]
    return means[0], means[1]


def waiting_by_month(case: Case, sums: WaitingSums) -> Floats:
    """Return the mean number of leads waiting in each month of the horizon: new leads, and follow-ups.

    Returns
    -------
    Floats
        Shape (2, months); an hour counts for the month in which it begins.
    """
    month, hours = _months_of_hours(case.line)
    means = [np.bincount(month, weights=waited, minlength=len(hours)) / hours for waited in _waited_hours(sums)]
    return np.stack(means)


def _waited_hours(sums: WaitingSums) -> Floats:
    """Return the hours that leads waited in each hour of the horizon; shape (2, hours)."""
    minutes = 60.0 * sums.joined_count.cumsum(axis=1)[:, :-2] + sums.joined_minutes[:, 1:-1]
    waited: Floats = np.maximum(minutes, 0.0) / 60.0
    return waited


@functools.lru_cache(maxsize=64)
def _hours_of_week(line: Timeline) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the hour of the week of each hour of the horizon, and how often each comes, from 1."""
    hour = line.hour_of_week(_hours(line))
    return hour, np.maximum(np.bincount(hour, minlength=168), 1)


@functools.lru_cache(maxsize=64)
def _months_of_hours(line: Timeline) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the month of each hour of the horizon, from 0, and how many hours each has, from 1."""
    month = line.month_of(_hours(line))
    return month, np.maximum(np.bincount(month, minlength=len(line.month_starts_at) - 1), 1)


def _hours(line: Timeline) -> Floats:
    """Return when each whole hour of the horizon begins."""
    return np.arange(line.horizon_starts_at, line.horizon_ends_at - 59.0, 60.0)


def _new_waits(case: Case) -> tuple[Floats, Floats]:
    """Return when leads never called joined the queue, and when they left it."""
    leads = case.leads
    pending = np.flatnonzero((leads["attempt_count"] == 0) & ~np.isnan(leads["handed_at"]))
    left = np.fmin(leads["resolved_at"][pending], case.ends_at)
    return np.minimum(leads["handed_at"][pending], left), left


def _retry_waits(case: Case) -> tuple[Floats, Floats]:
    """Return when follow-ups that were never made fell due, and when they left the queue: gone cold, or at the end."""
    leads, most = case.leads, case.scenario.sales.sdr.cadence.max_attempts
    silent = np.isnan(leads["connected_at"]) & (case.is_open | (leads["reason"] == case.code("reason", "gone_cold")))
    rows = np.flatnonzero(silent & (leads["attempt_count"] > 0) & (leads["attempt_count"] < most))
    gone = np.fmin(leads["resolved_at"][rows], case.ends_at)
    ended, made = case.last_ended_at[rows], leads["attempt_count"][rows]
    due = next_due(cadence_gaps(case.scenario), made, ended, calendar=case.contract)
    waits = due < gone
    return due[waits], gone[waits]


@entry
def _add_waits(
    joined: Floats, left: Floats, is_retry: Bools, starts_at: float, joined_count: npt.NDArray[np.int64],
    joined_minutes: Floats
) -> None:  # fmt: skip
    """Count each wait in the hour in which it begins, and take it off in the hour in which it ends."""
    last = joined_count.shape[1] - 1
    for wait in range(len(joined)):
        kind, begins_at, ends_at = int(is_retry[wait]), joined[wait], left[wait]
        begins, ends = _hour(begins_at, starts_at, last), _hour(ends_at, starts_at, last)
        joined_minutes[kind, begins] += ends_at - begins_at
        if begins != ends:
            joined_count[kind, begins] += 1
            joined_count[kind, ends] -= 1
            joined_minutes[kind, begins] += (starts_at + 60.0 * begins) - ends_at
            joined_minutes[kind, ends] -= (starts_at + 60.0 * ends) - ends_at


@part
def _hour(at: float, starts_at: float, last: int) -> int:
    """Return the hour an instant lies in: 1 for the first of the horizon, 0 before it; on an edge, either."""
    return min(int(max((at - starts_at) * (1.0 / 60.0) + 1.0, 0.0)), last)
