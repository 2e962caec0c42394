"""The contract, measured: what each clause attained in each month, on a simulated ledger or a real one.

A lead that nobody called is a breach once it is due; a lead due after the end of observation is left out, and counted
as left out. How a kind of clause is judged stands in :mod:`smarketing_sim.measure.clause_kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.jit import entry
from smarketing_sim.ledger import Table
from smarketing_sim.measure.clause_kinds import JUDGED, AboutFlow, AboutLeads, Codes, Cohort, month_count, weeks_of
from smarketing_sim.measure.cohorts import Case
from smarketing_sim.measure.loops import plain, steps_up_to
from smarketing_sim.measure.sums import Sums
from smarketing_sim.scenario.contract import AppliesTo
from smarketing_sim.world.due_times import covered

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
        Leads that nobody had worked in time: left out, or counted as kept where silence accepts (quality only).
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
    flow
        What a clause about a flow counts, by month or week of the horizon; shape (clauses, weeks).
    """

    verdicts: Floats
    duplicate_count: Floats
    flow: Floats

    @classmethod
    def of(cls, case: Case) -> ClauseSums:
        """Count some leads."""
        leads, sums = case.handed_leads, cls.none(case)
        handed_at, duplicates = leads["handed_at"], case.handed_duplicates["handed_at"]
        month, of_duplicates = (steps_up_to(case.line.month_starts_at, at) - 1 for at in (handed_at, duplicates))
        for row, clause in enumerate(case.scenario.sla.values()):
            mine, judged = _covered(case, clause, leads), JUDGED[clause.kind]
            if isinstance(judged, AboutFlow):
                cohort = Cohort(handed_at[mine], month[mine], leads["source"][mine])
                found = judged.count(case, clause, cohort)
                sums.flow[row, : len(found)] = found
                sums.verdicts[row, _KEPT] = _by_month(case, month[mine])
            else:
                sums.verdicts[row] = _verdicts(case, clause, judged, month, mine)
            sums.duplicate_count[row] = _by_month(case, of_duplicates[_covered(case, clause, case.handed_duplicates)])
        return sums

    @classmethod
    def none(cls, case: Case) -> ClauseSums:
        """Return the sums of no leads."""
        count, months = len(case.scenario.sla), month_count(case)
        shapes = (count, 4, months), (count, months), (count, len(weeks_of(case)[0]))
        return cls(*(np.zeros(shape) for shape in shapes))


def measure_clauses(case: Case, sums: ClauseSums | None = None) -> dict[str, ClauseCounts]:
    """Return what every clause of the contract attained, by name; ``sums`` where the leads are counted already."""
    sums = case.total(ClauseSums.of) if sums is None else sums
    return {name: _attained(case, clause, sums, row) for row, (name, clause) in enumerate(case.scenario.sla.items())}


def _attained(case: Case, clause: Any, sums: ClauseSums, row: int) -> ClauseCounts:
    """Return what a clause attained, by what was counted for it."""
    count, duplicates, judged = sums.verdicts[row], sums.duplicate_count[row], JUDGED[clause.kind]
    if isinstance(judged, AboutFlow):
        found = judged.attained(case, clause, count[_KEPT], sums.flow[row])
        return ClauseCounts(*found, np.zeros(month_count(case)), duplicates)
    return ClauseCounts(
        numerator=count[_KEPT],
        denominator=count[_KEPT] + count[_BROKEN],
        left_out_count=count[_LEFT_OUT],
        unworked_count=count[_UNWORKED],
        duplicate_count=duplicates,
    )


def _verdicts(case: Case, clause: Any, judged: AboutLeads, month: Codes, mine: Bools | slice) -> Codes:
    """Count leads by verdict and month."""
    count = np.zeros((4, month_count(case)), dtype=np.int64)
    due_at, kept_at, decided_at = (f(case, clause) for f in (judged.due_at, judged.kept_at, judged.decided_at))
    month, due_at, kept_at, decided_at = (plain(column[mine]) for column in (month, due_at, kept_at, decided_at))
    _judge(month, due_at, kept_at, decided_at, case.ends_at, count)
    worked_at = judged.worked_at(case, clause)
    if worked_at is not None:
        silent = (due_at <= case.ends_at) & ~(worked_at[mine] <= due_at)
        count[_UNWORKED] += np.bincount(month[silent], minlength=month_count(case))
    return count


def _covered(case: Case, clause: Any, leads: Table) -> Bools | slice:
    """Tell which of some leads a clause covers: often all of them."""
    if clause.applies_to == _EVERY_LEAD:
        return slice(None)
    return covered(clause.applies_to, columns=leads, names=case.names)


@entry
def _judge(month: Codes, due: Floats, kept_at: Floats, decided_at: Floats, ends_at: float, count: Codes) -> None:
    """Count leads by verdict and month; comparisons with NaN are False."""
    for lead in range(len(month)):
        limit = due[lead]
        is_kept, is_decided = kept_at[lead] <= limit, decided_at[lead] <= limit
        verdict = (_KEPT if is_kept else _BROKEN) if is_decided else _UNWORKED
        count[_LEFT_OUT if limit > ends_at else verdict, month[lead]] += 1


def _by_month(case: Case, month: Codes) -> Floats:
    return np.bincount(month, minlength=month_count(case)).astype(np.float64)
