"""The contract, measured: what each clause attained in each month, on a simulated ledger or a real one.

Every clause kind is one small function from a ledger to (hit, decided) over leads. A lead that nobody called is a
breach once it is due; a lead due after the end of observation is left out, and counted as left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from smarketing_sim.ledger import REASONS
from smarketing_sim.measure.cohorts import Bools, Case, nth_attempt_at, responded_at
from smarketing_sim.measure.load import connect_prob
from smarketing_sim.scenario.contract import (
    DepthClause,
    FeedbackClause,
    PacingClause,
    QualityClause,
    SpeedClause,
    VolumeClause,
)
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.contract import after, covered

_DISQUALIFIED = [REASONS.index(reason) for reason in ("unreachable", "bad fit", "duplicate")]


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
    return {name: _measure(case, clause) for name, clause in case.scenario.sla.items()}


def lead_values(scenario: Scenario) -> dict[str, float]:
    """Return the mean worth of a handed lead by source: worked at once and to the end of the cadence."""
    meetings = scenario.sales.meetings
    missed = np.prod([1.0 - connect_prob(scenario, n) for n in range(1, scenario.sales.sdr.cadence.max_attempts + 1)])
    reached = scenario.marketing.reachable_share * (1.0 - float(missed))
    met = meetings.show_share * (1.0 + (1.0 - meetings.show_share) * meetings.rebook_share)
    values = {}
    for name, source in scenario.marketing.sources.items():
        shares = [source.personas.get(p, 0.0) if source.personas else q.share for p, q in scenario.personas.items()]
        wins = np.array(shares) * np.array([p.win_factor for p in scenario.personas.values()])
        mean = float(wins @ np.array([p.deal_value_usd for p in scenario.personas.values()]) / max(wins.sum(), 1e-12))
        values[name] = reached * source.qualify_prob * met * source.win_prob * source.promise_match * mean
    return values


def _measure(case: Case, clause: Any) -> ClauseCounts:
    mine = covered(clause.applies_to, columns=case.leads, names=case.names)
    month = case.line.month_of(case.leads["handed_at"])
    duplicates = _by_month(case, mine & ~case.is_first, month)
    mine &= case.is_first & (month >= 0)
    none = np.zeros(_months(case))
    if isinstance(clause, VolumeClause):
        over = (case.line.month_starts_at[1:] <= case.ends_at).astype(np.float64)  # due when the month is over
        handed = _volume(case, clause, mine, month)
        left_out = _by_month(case, mine, month) * (1.0 - over)
        return ClauseCounts(handed * over, clause.promised_amount * over, left_out, none, duplicates)
    if isinstance(clause, PacingClause):
        inside, weeks = _pacing(case, clause, mine)
        return ClauseCounts(inside, weeks, none, none, duplicates)
    due = after(
        case.leads["handed_at"],
        clause.within,
        calendar=case.contract,
        business_day_minutes=case.scenario.calendar.business_day_minutes,
    )
    seen = mine & (due <= case.ends_at)
    hit, decided = _judge(case, clause, due)
    return ClauseCounts(
        numerator=_by_month(case, seen & hit & decided, month),
        denominator=_by_month(case, seen & decided, month),
        left_out_count=_by_month(case, mine & ~seen, month),
        unworked_count=_by_month(case, seen & ~decided, month),
        duplicate_count=duplicates,
    )


def _judge(case: Case, clause: Any, due: Floats) -> tuple[Bools, Bools]:
    """Return which leads a clause counts as kept, and which it can decide on; comparisons with NaN are False."""
    leads, all_decided = case.leads, np.ones(len(due), dtype=bool)
    if isinstance(clause, SpeedClause):
        return responded_at(case) <= due, all_decided
    if isinstance(clause, DepthClause):
        disqualified = np.isin(leads["reason"], _DISQUALIFIED) & (leads["resolved_at"] <= due)
        exhausted = np.isnan(leads["connected_at"]) & (leads["outcome"] == case.names["outcome"].index("recycled"))
        enough = nth_attempt_at(case, clause.attempts) <= due
        return enough | (leads["connected_at"] <= due) | (disqualified & ~exhausted), all_decided
    if isinstance(clause, FeedbackClause):
        return leads["outcome_recorded_at"] <= due, all_decided
    if isinstance(clause, QualityClause) and clause.counts == "accepted":
        return leads["accepted_at"] <= due, leads["first_attempt_at"] <= due
    return leads["qualified_at"] <= due, leads["connected_at"] <= due


def _volume(case: Case, clause: VolumeClause, mine: Bools, month: Any) -> Floats:
    if clause.leads_per_rep is not None:
        return _by_month(case, mine, month)
    values = lead_values(case.scenario)
    worth = np.array([*(values.get(name, 0.0) for name in case.names["source"]), 0.0])[case.leads["source"]]
    return np.bincount(month[mine], weights=worth[mine], minlength=_months(case)).astype(np.float64)


def _pacing(case: Case, clause: PacingClause, mine: Bools) -> tuple[Floats, Floats]:
    """Return weeks inside the band and weeks, by month; the last week of a month is whatever is left of it."""
    handed = np.sort(case.leads["handed_at"][mine])
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


def _by_month(case: Case, mask: Bools, month: Any) -> Floats:
    return np.bincount(month[mask & (month >= 0)], minlength=_months(case)).astype(np.float64)
