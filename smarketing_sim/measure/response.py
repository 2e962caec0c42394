"""How old leads are when they are called, on both clocks, and where in the week they wait."""

from __future__ import annotations

import numpy as np

from smarketing_sim.measure.cohorts import Case, responded_at
from smarketing_sim.world.calendar import Floats

BUSINESS_GRID = np.arange(0.0, 24.25, 0.25) * 60.0
WALL_GRID = np.arange(0.0, 121.0, 1.0) * 60.0
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
    mine, first = case.contract_cohort, responded_at(case)
    handed, mql = case.leads["handed_at"][mine], case.leads["mql_at"][mine]
    first = first[mine]
    called = ~np.isnan(first)
    business = np.full(len(first), np.inf)
    business[called] = case.contract.between(handed[called], first[called])
    return business, np.where(called, first - mql, np.inf)


def quantiles(minutes: Floats, probs: tuple[float, ...] = (0.5, 0.9)) -> tuple[float, ...]:
    """Return quantiles in which leads never called count as infinitely old; NaN without a lead."""
    if not len(minutes):
        return tuple(float("nan") for _ in probs)
    return tuple(float(q) for q in np.quantile(minutes, probs, method="inverted_cdf"))


def called_within(minutes: Floats, grid: Floats) -> Floats:
    """Return the share of leads called within each age of a grid; NaN without a lead."""
    return (
        np.searchsorted(np.sort(minutes), grid, side="right") / len(minutes)
        if len(minutes)
        else np.full(len(grid), np.nan)
    )


def system_delay_minutes(case: Case) -> float:
    """Return the mean delay of the system, from MQL to handoff; what is beyond it is people's."""
    mine = case.contract_cohort
    return float(np.mean(case.leads["handed_at"][mine] - case.leads["mql_at"][mine])) if mine.any() else float("nan")


def never_called_share(case: Case) -> float:
    """Return the share of the contract cohort without an attempt 30 days after handoff: the black hole."""
    mine = case.contract_cohort & (case.leads["handed_at"] + DAYS_TO_BLACK_HOLE * 1440 <= case.ends_at)
    late = ~(responded_at(case)[mine] <= case.leads["handed_at"][mine] + DAYS_TO_BLACK_HOLE * 1440)
    return float(np.mean(late)) if mine.any() else float("nan")


def waiting_by_hour(case: Case) -> tuple[Floats, Floats]:
    """Return the mean number of leads waiting at each hour of the week: new leads, and follow-ups; shape (168,)."""
    at = np.arange(case.line.horizon_starts_at + 30.0, case.line.horizon_ends_at, 60.0)
    if not len(at):
        return np.full(168, np.nan), np.full(168, np.nan)
    hour = case.line.hour_of_week(at)
    hours = np.bincount(hour, minlength=168)
    human = ~case.attempts["automatic"]
    first = human & (case.attempts["attempt"] == 1)
    later = human & (case.attempts["attempt"] > 1)
    pending = (case.leads["attempt_count"] == 0) & ~np.isnan(case.leads["handed_at"])
    ends = np.fmin(case.leads["resolved_at"][pending], case.ends_at)
    new = (
        np.append(case.attempts["due_at"][first], case.leads["handed_at"][pending]),
        np.append(case.attempts["started_at"][first], ends),
    )
    retries = (case.attempts["due_at"][later], case.attempts["started_at"][later])
    means = []
    for joined, left in (new, retries):
        waiting = np.searchsorted(np.sort(joined), at, side="right") - np.searchsorted(np.sort(left), at, side="right")
        means.append(np.bincount(hour, weights=waiting, minlength=168) / np.maximum(hours, 1))
    return means[0], means[1]


def attempts_made(case: Case) -> Floats:
    """Return the share of the contract cohort with at least 0, 1, 2, … human attempts."""
    most = case.scenario.sales.sdr.cadence.max_attempts
    made = case.leads["attempt_count"][case.contract_cohort]
    return np.array([np.mean(made >= n) if len(made) else np.nan for n in range(most + 1)])
