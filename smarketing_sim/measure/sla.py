"""The contract, measured: what each clause attained in each month, on a simulated ledger or a real one.

Every clause kind is one small function from a ledger to (hit, decided) over leads. A lead that nobody called is a
breach once it is due; a lead due after the end of observation is left out, and counted as left out.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.jit import entry
from smarketing_sim.ledger import REASONS, Table
from smarketing_sim.measure.cohorts import Case, nth_attempt_at
from smarketing_sim.measure.load import connect_prob
from smarketing_sim.measure.loops import Bools, plain, steps_up_to
from smarketing_sim.measure.sums import Sums
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
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.due_times import after, covered

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


@dataclass(frozen=True, eq=False)
class ClauseSums(Sums):
    """What was counted for each clause of a contract, in its order.

    Parameters
    ----------
    verdicts
        Leads by verdict and month in which they were handed over; shape (clauses, verdicts, months).
    duplicate_count
        Second records; shape (clauses, months).
    worth
        What the leads are worth on average, where that is promised; shape (clauses, months).
    by_week
        Leads by week of the horizon, where pacing is promised; shape (clauses, weeks).
    """

    verdicts: Floats
    duplicate_count: Floats
    worth: Floats
    by_week: Floats

    @classmethod
    def of(cls, case: Case) -> ClauseSums:
        """Count some leads."""
        clauses, business = case.scenario.sla.values(), case.scenario.calendar.business_minutes
        handed, duplicates = case.handed_leads["handed_at"], case.handed_duplicates["handed_at"]
        spans = {clause.within for clause in clauses if not isinstance(clause, VolumeClause | PacingClause)}
        due_at = {span: after(handed, span, calendar=case.contract, business_minutes=business) for span in spans}
        months = [steps_up_to(case.line.month_starts_at, at) - 1 for at in (handed, duplicates)]
        sums = cls.none(case)
        for row, clause in enumerate(clauses):
            mine = _covered(case, clause, case.handed_leads)
            if isinstance(clause, VolumeClause | PacingClause):
                sums.verdicts[row, _KEPT] = _by_month(case, months[0][mine])
            else:
                sums.verdicts[row] = _verdicts(case, clause, months[0], due_at[clause.within], mine)
            sums.duplicate_count[row] = _by_month(case, months[1][_covered(case, clause, case.handed_duplicates)])
            if isinstance(clause, VolumeClause) and clause.leads_per_rep is None:
                sums.worth[row] = _worth(case, months[0][mine], mine)
            if isinstance(clause, PacingClause):
                sums.by_week[row] = _by_week(case, handed[mine])
        return sums

    @classmethod
    def none(cls, case: Case) -> ClauseSums:
        """Return the sums of no leads."""
        count, months = len(case.scenario.sla), _months(case)
        shapes = (count, 4, months), (count, months), (count, months), (count, len(_weeks(case)[0]))
        return cls(*(np.zeros(shape) for shape in shapes))


def measure_clauses(case: Case, sums: ClauseSums | None = None) -> dict[str, ClauseCounts]:
    """Return what every clause of the contract attained, by name; ``sums`` where the leads are counted already."""
    sums = case.total(ClauseSums.of) if sums is None else sums
    return {name: _attained(case, clause, sums, row) for row, (name, clause) in enumerate(case.scenario.sla.items())}


def contact_values(scenario: Scenario) -> dict[str, float]:
    """Return the revenue that a handed lead is worth on average once it is reached in time, by source."""
    meetings = scenario.sales.meetings
    met = meetings.show_share * (1.0 + (1.0 - meetings.show_share) * meetings.rebook_share)
    values = {}
    for name, source in scenario.marketing.sources.items():
        shares = [source.personas.get(p, 0.0) if source.personas else q.share for p, q in scenario.personas.items()]
        wins = np.array(shares) * np.array([p.win_factor for p in scenario.personas.values()])
        mean = float(wins @ np.array([p.deal_value for p in scenario.personas.values()]) / max(wins.sum(), 1e-12))
        values[name] = source.qualify_prob * met * source.win_prob * source.promise_match * mean
    return values


def lead_values(scenario: Scenario) -> dict[str, float]:
    """Return the mean worth of a handed lead by source: worked at once and to the end of the cadence."""
    missed = np.prod([1.0 - connect_prob(scenario, n) for n in range(1, scenario.sales.sdr.cadence.max_attempts + 1)])
    shares = {name: one.reachable_share for name, one in scenario.marketing.audiences.items()}
    return {name: shares[name] * (1.0 - float(missed)) * v for name, v in contact_values(scenario).items()}


def _attained(case: Case, clause: Any, sums: ClauseSums, row: int) -> ClauseCounts:
    """Return what a clause attained, by what was counted for it."""
    count, duplicates, none = sums.verdicts[row], sums.duplicate_count[row], np.zeros(_months(case))
    if isinstance(clause, VolumeClause):
        over = (case.line.month_starts_at[1:] <= case.ends_at).astype(np.float64)  # due when the month is over
        worth = count[_KEPT] if clause.leads_per_rep is not None else sums.worth[row]
        return ClauseCounts(worth * over, clause.promised_amount * over, count[_KEPT] * (1.0 - over), none, duplicates)
    if isinstance(clause, PacingClause):
        return ClauseCounts(*_pacing(case, clause, sums.by_week[row]), none, none, duplicates)
    return ClauseCounts(
        numerator=count[_KEPT],
        denominator=count[_KEPT] + count[_BROKEN],
        left_out_count=count[_LEFT_OUT],
        unworked_count=count[_UNWORKED],
        duplicate_count=duplicates,
    )


def _verdicts(case: Case, clause: Any, month: Codes, due: Floats, mine: Bools | slice) -> Codes:
    """Count leads by verdict and month."""
    count = np.zeros((4, _months(case)), dtype=np.int64)
    kept_at, decided_at = _kept_at(case, clause)
    month, due, kept_at, decided_at = (plain(column[mine]) for column in (month, due, kept_at, decided_at))
    _judge(month, due, kept_at, decided_at, case.ends_at, count)
    return count


def _covered(case: Case, clause: Any, leads: Table) -> Bools | slice:
    """Tell which of some leads a clause covers: often all of them."""
    if clause.applies_to == _EVERY_LEAD:
        return slice(None)
    return covered(clause.applies_to, columns=leads, names=case.names)


def _kept_at(case: Case, clause: Any) -> tuple[Floats, Floats]:
    """Return from when on a clause counts as kept for each lead, and can be decided on; never where that is NaN."""
    leads = case.handed_leads
    if isinstance(clause, SpeedClause):
        return case.responded_at, leads["handed_at"]
    if isinstance(clause, DepthClause):
        exhausted = np.isnan(leads["connected_at"]) & (leads["outcome"] == case.names["outcome"].index("recycled"))
        dropped = np.flatnonzero(_IS_DISQUALIFIED[leads["reason"]] & ~exhausted)
        kept_at = np.fmin(nth_attempt_at(case, clause.attempts), leads["connected_at"])
        kept_at[dropped] = np.fmin(kept_at[dropped], leads["resolved_at"][dropped])
        return kept_at, leads["handed_at"]
    if isinstance(clause, FeedbackClause):
        return leads["outcome_recorded_at"], leads["handed_at"]
    if isinstance(clause, QualityClause) and clause.counts == "accepted":
        return leads["accepted_at"], leads["first_attempt_at"]
    return leads["qualified_at"], leads["connected_at"]


@entry
def _judge(month: Codes, due: Floats, kept_at: Floats, decided_at: Floats, ends_at: float, count: Codes) -> None:
    """Count leads by verdict and month; comparisons with NaN are False."""
    for lead in range(len(month)):
        limit = due[lead]
        is_kept, is_decided = kept_at[lead] <= limit, decided_at[lead] <= limit
        verdict = (_KEPT if is_kept else _BROKEN) if is_decided else _UNWORKED
        count[_LEFT_OUT if limit > ends_at else verdict, month[lead]] += 1


def _worth(case: Case, month: Codes, mine: Bools | slice) -> Floats:
    """Return by month what the leads handed are worth on average, in the plan's currency."""
    values = lead_values(case.scenario)
    worth = np.array([*(values.get(name, 0.0) for name in case.names["source"]), 0.0])[case.handed_leads["source"]]
    return np.bincount(month, weights=worth[mine], minlength=_months(case)).astype(np.float64)


def _weeks(case: Case) -> tuple[Floats, Codes]:
    """Return when each week of a month ends, and in which month; the last week is whatever is left of the month."""
    starts_at = case.line.month_starts_at
    ends = [
        np.append(np.arange(starts + 10080.0, ends - 4320.0, 10080.0), ends)
        for starts, ends in itertools.pairwise(starts_at.tolist())
    ]
    return np.concatenate([np.zeros(0), *ends]), np.repeat(np.arange(len(ends)), [len(weeks) for weeks in ends])


def _by_week(case: Case, handed_at: Floats) -> Floats:
    """Count leads by the week in which they were handed over."""
    ends, _ = _weeks(case)
    return np.bincount(np.searchsorted(ends, handed_at, side="right"), minlength=len(ends)).astype(np.float64)


def _pacing(case: Case, clause: PacingClause, by_week: Floats) -> tuple[Floats, Floats]:
    """Return weeks inside the band and weeks, by month."""
    (ends, month), starts_at = _weeks(case), case.line.month_starts_at
    inside, weeks = np.zeros(_months(case)), np.zeros(_months(case))
    for number, (starts, until) in enumerate(itertools.pairwise(starts_at.tolist())):
        edges, count = ends[month == number], by_week[month == number].cumsum()
        line = clause.promised_amount * (edges - starts) / (until - starts)
        over = edges <= case.ends_at
        inside[number] = np.sum(over & (np.abs(count - line) <= clause.band * clause.promised_amount + 1e-9))
        weeks[number] = np.sum(over)
    return inside, weeks


def _months(case: Case) -> int:
    return len(case.line.month_starts_at) - 1


def _by_month(case: Case, month: Codes) -> Floats:
    return np.bincount(month, minlength=_months(case)).astype(np.float64)
