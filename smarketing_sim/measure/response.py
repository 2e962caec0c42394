"""How old leads are when they are called, on both clocks, and where in the week they wait."""

from __future__ import annotations

import numpy as np

from smarketing_sim.ledger import REASONS
from smarketing_sim.measure.cohorts import Case, responded_at, row_of
from smarketing_sim.world.calendar import Floats
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
    """Return the mean number of leads waiting in each hour of the week: new leads, and follow-ups; shape (168,)."""
    edges = np.arange(case.line.horizon_starts_at, case.line.horizon_ends_at + 1.0, 60.0)
    if len(edges) < 2:
        return np.full(168, np.nan), np.full(168, np.nan)
    hour = case.line.hour_of_week(edges[:-1])
    hours = np.maximum(np.bincount(hour, minlength=168), 1)
    means = []
    for joined, left in (_new_waits(case), _retry_waits(case)):
        waited = np.diff(_minutes_since(joined, edges) - _minutes_since(left, edges))
        means.append(np.bincount(hour, weights=np.maximum(waited, 0.0) / 60.0, minlength=168) / hours)
    return means[0], means[1]


def _minutes_since(at: Floats, edges: Floats) -> Floats:
    """Return minutes passed since each of some instants, summed, up to each edge."""
    at = np.sort(at)
    passed = np.searchsorted(at, edges)
    minutes: Floats = passed * edges - np.append(0.0, np.cumsum(at))[passed]
    return minutes


def _new_waits(case: Case) -> tuple[Floats, Floats]:
    """Return when leads never called before joined the queue, and when they left it."""
    leads, attempts = case.leads, case.attempts
    first = ~attempts["automatic"] & (attempts["attempt"] == 1)
    pending = (leads["attempt_count"] == 0) & ~np.isnan(leads["handed_at"])
    left = np.fmin(leads["resolved_at"][pending], case.ends_at)
    joined = np.minimum(leads["handed_at"][pending], left)
    return np.append(attempts["due_at"][first], joined), np.append(attempts["started_at"][first], left)


def _retry_waits(case: Case) -> tuple[Floats, Floats]:
    """Return when follow-ups fell due and when they left the queue: made, gone cold, or still there at the end."""
    leads, attempts, cadence = case.leads, case.attempts, case.scenario.sales.sdr.cadence
    human = ~attempts["automatic"]
    later = human & (attempts["attempt"] > 1)
    ended = np.full(len(leads["lead_id"]), np.nan)
    rows = row_of(case, attempts["lead_id"][human])
    np.fmax.at(ended, rows, attempts["ended_at"][human])
    idle = np.isnan(leads["connected_at"]) & (leads["censored"] | (leads["reason"] == REASONS.index("gone_cold")))
    joined = np.full(len(ended), np.nan)
    for number in range(1, cadence.max_attempts):
        now, day = idle & (leads["attempt_count"] == number), case.scenario.calendar.business_day_minutes
        joined[now] = after(ended[now], cadence.gap(number), calendar=case.contract, business_day_minutes=day)
    left = np.fmin(leads["resolved_at"], case.ends_at)
    never = joined < left
    return np.append(attempts["due_at"][later], joined[never]), np.append(attempts["started_at"][later], left[never])


def attempts_made(case: Case) -> Floats:
    """Return the share of the contract cohort with at least 0, 1, 2, … human attempts."""
    most = case.scenario.sales.sdr.cadence.max_attempts
    made = case.leads["attempt_count"][case.contract_cohort]
    return np.array([np.mean(made >= n) if len(made) else np.nan for n in range(most + 1)])
