"""How each kind of clause is judged: one entry a kind, about single leads or about a flow of them.

A new kind is a class in :mod:`smarketing_sim.scenario.contract`, which is its schema and its words, and an entry here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.measure.cohorts import Case, nth_attempt_at
from smarketing_sim.measure.lead_worth import lead_values
from smarketing_sim.scenario.contract import DepthClause, PacingClause, QualityClause, VolumeClause
from smarketing_sim.world.due_times import after

Codes = npt.NDArray[np.int64]
Attained = tuple[Floats, Floats, Floats]
DISQUALIFIED = ("unreachable", "bad fit", "duplicate")
"""Reasons with which a lead needs no more attempts."""


@dataclass(frozen=True)
class AboutLeads:
    """A promise about each lead of the contract cohort; arrays have shape (leads,), NaN stands for never.

    Parameters
    ----------
    kept_at
        From when on it counts as kept.
    decided_at
        From when on it can be decided; a lead that cannot be by its due is left out as not worked.
    due_at
        By when it must be kept; ``within`` after handoff unless told otherwise.
    worked_at
        From when on somebody has looked at it, where a lead that nobody looked at counts all the same; else None.
    """

    kept_at: Callable[[Case, Any], Floats]
    decided_at: Callable[[Case, Any], Floats]
    due_at: Callable[[Case, Any], Floats]
    worked_at: Callable[[Case, Any], Floats | None] = lambda _case, _clause: None


@dataclass(frozen=True)
class Cohort:
    """The leads that a clause about a flow covers, among some.

    Parameters
    ----------
    handed_at, month, source
        When they were handed over, in which month of the horizon, and the code of their source.
    """

    handed_at: Floats
    month: Codes
    source: Codes


@dataclass(frozen=True)
class AboutFlow:
    """A promise about how many leads come, and how evenly; nobody is called by it.

    Parameters
    ----------
    count
        What is counted of some leads: shape (bins,), of which there are at most as many as weeks; adds up over lots.
    attained
        From leads by month, and that count over all lots, to (numerator, denominator, left out) by month.
    """

    count: Callable[[Case, Any, Cohort], Floats]
    attained: Callable[[Case, Any, Floats, Floats], Attained]


def month_count(case: Case) -> int:
    """Return the number of months that are reported."""
    return len(case.line.month_starts_at) - 1


def weeks_of(case: Case) -> tuple[Floats, Codes]:
    """Return when each week of a month ends, and in which month; the last week is whatever is left of the month."""
    ends = [
        np.append(np.arange(starts + 10080.0, ends - 4320.0, 10080.0), ends)
        for starts, ends in itertools.pairwise(case.line.month_starts_at.tolist())
    ]
    return np.concatenate([np.zeros(0), *ends]), np.repeat(np.arange(len(ends)), [len(weeks) for weeks in ends])


def _within(case: Case, clause: Any) -> Floats:
    handed, business = case.handed_leads["handed_at"], case.scenario.calendar.business_minutes
    return after(handed, clause.within, calendar=case.contract, business_minutes=business)


def _column(name: str) -> Callable[[Case, Any], Floats]:
    def at(case: Case, _: Any) -> Floats:
        column: Floats = case.handed_leads[name]
        return column

    return at


def _deep_enough_at(case: Case, clause: DepthClause) -> Floats:
    """Return when a lead was attempted often enough, connected, or disqualified for good."""
    leads = case.handed_leads
    exhausted = np.isnan(leads["connected_at"]) & (leads["outcome"] == case.code("outcome", "recycled"))
    closing = np.array([*(reason in DISQUALIFIED for reason in case.names["reason"]), False])  # the last: no reason
    dropped = np.flatnonzero(closing[leads["reason"]] & ~exhausted)
    kept_at = np.fmin(nth_attempt_at(case, clause.attempts), leads["connected_at"])
    kept_at[dropped] = np.fmin(kept_at[dropped], leads["resolved_at"][dropped])
    return kept_at


def _good_at(case: Case, clause: QualityClause) -> Floats:
    """Return when a lead was found to be good; where silence accepts, at its due if nobody looked at it before."""
    good_at = _column("accepted_at" if clause.counts == "accepted" else "qualified_at")(case, clause)
    if clause.silence == "left_out":
        return good_at
    due_at = _within(case, clause)
    return np.where(case.handed_leads["first_attempt_at"] <= due_at, good_at, due_at)


def _worked_at(case: Case, clause: QualityClause) -> Floats | None:
    return None if clause.silence == "left_out" else _column("first_attempt_at")(case, clause)


def _seen_at(case: Case, clause: QualityClause) -> Floats:
    """Return from when on it is known whether a lead is good."""
    seen_at = _column("first_attempt_at" if clause.counts == "accepted" else "connected_at")(case, clause)
    return seen_at if clause.silence == "left_out" else np.fmin(seen_at, _within(case, clause))


def _volume(case: Case, clause: VolumeClause, cohort: Cohort) -> Floats:
    """Count leads by month, or what they are worth; of a source whose worth the plan does not tell, NaN."""
    worth = None
    if clause.leads_per_rep is None:
        values = lead_values(case.scenario)
        worth = np.array([*(values.get(name, np.nan) for name in case.names["source"]), np.nan])[cohort.source]
    return np.bincount(cohort.month, weights=worth, minlength=month_count(case)).astype(np.float64)


def _volume_attained(
    case: Case, clause: VolumeClause, by_month: Floats, amount: Floats
) -> tuple[Floats, Floats, Floats]:
    over = (case.line.month_starts_at[1:] <= case.ends_at).astype(np.float64)  # due when the month is over
    amount = amount[: month_count(case)]
    known = over * ~np.isnan(amount)
    return np.where(known > 0.0, amount, 0.0), clause.promised_amount * known, by_month * (1.0 - over)


def _pacing(case: Case, _: PacingClause, cohort: Cohort) -> Floats:
    """Count leads by the week in which they were handed over."""
    ends, _month = weeks_of(case)
    return np.bincount(np.searchsorted(ends, cohort.handed_at, side="right"), minlength=len(ends)).astype(np.float64)


def _pacing_attained(
    case: Case, clause: PacingClause, by_month: Floats, by_week: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return weeks inside the band and weeks, by month."""
    ends, month = weeks_of(case)
    inside, weeks = np.zeros(month_count(case)), np.zeros(month_count(case))
    for number, (starts, until) in enumerate(itertools.pairwise(case.line.month_starts_at.tolist())):
        edges, count = ends[month == number], by_week[month == number].cumsum()
        line = clause.promised_amount * (edges - starts) / (until - starts)
        over = edges <= case.ends_at
        inside[number] = np.sum(over & (np.abs(count - line) <= clause.band * clause.promised_amount + 1e-9))
        weeks[number] = np.sum(over)
    return inside, weeks, np.zeros(month_count(case))


JUDGED: dict[str, AboutLeads | AboutFlow] = {
    "volume": AboutFlow(_volume, _volume_attained),
    "pacing": AboutFlow(_pacing, _pacing_attained),
    "quality": AboutLeads(_good_at, _seen_at, _within, _worked_at),
    "speed": AboutLeads(lambda case, _: case.responded_at, _column("handed_at"), _within),
    "depth": AboutLeads(_deep_enough_at, _column("handed_at"), _within),
    "feedback": AboutLeads(_column("outcome_recorded_at"), _column("handed_at"), _within),
}
"""How a clause is judged, by its kind."""
