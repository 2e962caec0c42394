"""The contract, measured: what each clause attained in each month, on a simulated ledger or a real one.

Every clause kind is one small function from a ledger to (hit, decided) over leads. A lead that nobody called is a
breach once it is due; a lead due after the end of observation is left out, and counted as left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.ledger import REASONS, Table
from smarketing_sim.measure.cohorts import Bools, Case, nth_attempt_at
from smarketing_sim.measure.load import connect_prob
from smarketing_sim.scenario.contract import (
    AppliesTo,
    DepthClause,
    FeedbackClause,
    PacingClause,
    QualityClause,
    SpeedClause,
    VolumeClause,
)
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.contract import after, covered

Codes = npt.NDArray[np.int64]

_IS_DISQUALIFIED = np.array([*(reason in ("unreachable", "bad fit", "duplicate") for reason in REASONS), False])
_LEFT_OUT, _UNWORKED, _BROKEN, _KEPT = range(4)
_EVERY_LEAD = AppliesTo()


@dataclass(frozen=True, eq=False)
class ClauseCounts:
    """What one clause attained in one replication, month by month of the horizon; arrays of shape (months,).

    Parameters
    ----------
    numerator, denominator
        Attainment is their quotient; a month without a denominator is no case.
    left_out_count
        Leads due after the end of observation.
    unworked_count
        Leads left out because nobody had worked them in time (quality only).
    duplicate_count
        Second records, never part of a share.
    """

    numerator: Floats
    denominator: Floats
    left_out_count: Floats
    unworked_count: Floats
    duplicate_count: Floats

    def kept(self, target: float) -> Floats:
        """Return 1 where a month kept the promise, 0 where it did not, NaN where there was no case."""
        with np.errstate(invalid="ignore", divide="ignore"):
            met = self.numerator >= target * self.denominator - 1e-9
        return np.where(self.denominator > 0, met.astype(np.float64), np.nan)

    @property
    def attainment(self) -> float:
        """Sum of numerators over sum of denominators; NaN without a case."""
        total = float(self.denominator.sum())
        return float(self.numerator.sum()) / total if total > 0 else float("nan")


def measure_clauses(case: Case) -> dict[str, ClauseCounts]:
    """Return what every clause of the contract attained, by name."""
    clauses, day = case.scenario.sla, case.scenario.calendar.business_day_minutes
    spans = {clause.within for clause in clauses.values() if not isinstance(clause, VolumeClause | PacingClause)}
    handed, duplicates = case.handed_leads["handed_at"], case.handed_duplicates["handed_at"]
    due_at = {span: after(handed, span, calendar=case.contract, business_day_minutes=day) for span in spans}
    months = case.line.month_of(handed), case.line.month_of(duplicates)
    return {name: _measure(case, clause, months, due_at) for name, clause in clauses.items()}


def contact_values(scenario: Scenario) -> dict[str, float]:
    """Return what a handed lead is worth on average once it is reached in time, by source, US dollars of revenue."""
    meetings = scenario.sales.meetings
    met = meetings.show_share * (1.0 + (1.0 - meetings.show_share) * meetings.rebook_share)
    values = {}
    for name, source in scenario.marketing.sources.items():
        shares = [source.personas.get(p, 0.0) if source.personas else q.share for p, q in scenario.personas.items()]
        wins = np.array(shares) * np.array([p.win_factor for p in scenario.personas.values()])
        mean = float(wins @ np.array([p.deal_value_usd for p in scenario.personas.values()]) / max(wins.sum(), 1e-12))
        values[name] = source.qualify_prob * met * source.win_prob * source.promise_match * mean
    return values


def lead_values(scenario: Scenario) -> dict[str, float]:
    """Return the mean worth of a handed lead by source: worked at once and to the end of the cadence."""
    missed = np.prod([1.0 - connect_prob(scenario, n) for n in range(1, scenario.sales.sdr.cadence.max_attempts + 1)])
    reached = scenario.marketing.reachable_share * (1.0 - float(missed))
    return {name: reached * value for name, value in contact_values(scenario).items()}


def _measure(case: Case, clause: Any, months: tuple[Codes, Codes], due_at: Mapping[Span, Floats]) -> ClauseCounts:
    """Return what a clause attained, given the months of leads and second records, and when each lead is due."""
    mine, month, none = _covered(case, clause, case.handed_leads), months[0], np.zeros(_months(case))
    duplicates = _by_month(case, months[1][_covered(case, clause, case.handed_duplicates)])
    if isinstance(clause, VolumeClause):
        over = (case.line.month_starts_at[1:] <= case.ends_at).astype(np.float64)  # due when the month is over
        handed = _by_month(case, month[mine])
        worth = handed if clause.leads_per_rep is not None else _worth(case, month[mine], mine)
        return ClauseCounts(worth * over, clause.promised_amount * over, handed * (1.0 - over), none, duplicates)
    if isinstance(clause, PacingClause):
        inside, weeks = _pacing(case, clause, case.handed_leads["handed_at"][mine])
        return ClauseCounts(inside, weeks, none, none, duplicates)
    due = due_at[clause.within]
    hit, decided = _judge(case, clause, due)
    verdict = np.where(hit, _KEPT, _BROKEN)
    verdict[~decided] = _UNWORKED
    verdict[due > case.ends_at] = _LEFT_OUT
    cell = verdict * _months(case) + month
    count = np.bincount(cell[mine], minlength=4 * _months(case)).reshape(4, -1).astype(np.float64)
    return ClauseCounts(
        numerator=count[_KEPT],
        denominator=count[_KEPT] + count[_BROKEN],
        left_out_count=count[_LEFT_OUT],
        unworked_count=count[_UNWORKED],
        duplicate_count=duplicates,
    )


def _covered(case: Case, clause: Any, leads: Table) -> Bools | slice:
    """Tell which of some leads a clause covers: often all of them."""
    if clause.applies_to == _EVERY_LEAD:
        return slice(None)
    return covered(clause.applies_to, columns=leads, names=case.names)


def _judge(case: Case, clause: Any, due: Floats) -> tuple[Bools, Bools]:
    """Return which leads a clause counts as kept, and which it can decide on; comparisons with NaN are False."""
    leads, all_decided = case.handed_leads, np.ones(len(due), dtype=bool)
    if isinstance(clause, SpeedClause):
        return case.responded_at <= due, all_decided
    if isinstance(clause, DepthClause):
        disqualified = _IS_DISQUALIFIED[leads["reason"]] & (leads["resolved_at"] <= due)
        exhausted = np.isnan(leads["connected_at"]) & (leads["outcome"] == case.names["outcome"].index("recycled"))
        enough = nth_attempt_at(case, clause.attempts) <= due
        return enough | (leads["connected_at"] <= due) | (disqualified & ~exhausted), all_decided
    if isinstance(clause, FeedbackClause):
        return leads["outcome_recorded_at"] <= due, all_decided
    if isinstance(clause, QualityClause) and clause.counts == "accepted":
        return leads["accepted_at"] <= due, leads["first_attempt_at"] <= due
    return leads["qualified_at"] <= due, leads["connected_at"] <= due


def _worth(case: Case, month: Codes, mine: Bools | slice) -> Floats:
    """Return by month what the leads handed are worth on average, US dollars."""
    values = lead_values(case.scenario)
    worth = np.array([*(values.get(name, 0.0) for name in case.names["source"]), 0.0])[case.handed_leads["source"]]
    return np.bincount(month, weights=worth[mine], minlength=_months(case)).astype(np.float64)


def _pacing(case: Case, clause: PacingClause, handed_at: Floats) -> tuple[Floats, Floats]:
    """Return weeks inside the band and weeks, by month; the last week of a month is whatever is left of it."""
    handed = np.sort(handed_at)
    inside, weeks = np.zeros(_months(case)), np.zeros(_months(case))
    for month, (starts, ends) in enumerate(zip(case.line.month_starts_at, case.line.month_starts_at[1:], strict=False)):
        edges = np.append(np.arange(starts + 10080.0, ends - 4320.0, 10080.0), ends)
        count = np.searchsorted(handed, edges) - np.searchsorted(handed, starts)
        line = clause.promised_amount * (edges - starts) / (ends - starts)
        over = edges <= case.ends_at
        inside[month] = np.sum(over & (np.abs(count - line) <= clause.band * clause.promised_amount + 1e-9))
        weeks[month] = np.sum(over)
    return inside, weeks


def _months(case: Case) -> int:
    return len(case.line.month_starts_at) - 1


def _by_month(case: Case, month: Codes) -> Floats:
    return np.bincount(month, minlength=_months(case)).astype(np.float64)
