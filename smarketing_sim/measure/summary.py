"""Everything that is kept of one replication: a few hundred numbers, whatever the number of leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.ledger import Ledger
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.economics import MoneySums, measure_economics
from smarketing_sim.measure.funnel import FunnelSums, funnel
from smarketing_sim.measure.load import OVERTIME, WorkSums, ae_utilisation, load_check, sdr_utilisation
from smarketing_sim.measure.response import (
    BUSINESS_GRID,
    WALL_GRID,
    ResponseSums,
    WaitingSums,
    called_within,
    quantiles,
    rising,
    waiting_by_hour,
    waiting_by_month,
)
from smarketing_sim.measure.sla import ClauseCounts, ClauseSums, measure_clauses
from smarketing_sim.measure.sums import Sums
from smarketing_sim.measure.theory import WaitSums, steady_team
from smarketing_sim.scenario.schema import Scenario


@dataclass(frozen=True, eq=False)
class Measures:
    """What one replication came to.

    Parameters
    ----------
    replication
        Its number.
    headline
        Single numbers by name; NaN where there is no case.
    clauses
        Counts by clause and month.
    ceiling
        Attainment by clause with unlimited reps; empty where it was not asked for.
    funnel
        Shape (sources, ``FUNNEL_COLUMNS``).
    waiting_new, waiting_retries
        Mean number of leads waiting by hour of the week, shape (168,).
    waiting_by_month
        Mean number of leads waiting by month, new leads and follow-ups; shape (2, months).
    expected_by_month
        Revenue expected from the leads created in each month, whenever they close; shape (months,).
    called_business, called_wall
        Share called within each age of ``BUSINESS_GRID`` and ``WALL_GRID``.
    attempts_made
        Share of leads with at least 0, 1, 2, … attempts.
    """

    replication: int
    headline: dict[str, float]
    clauses: dict[str, ClauseCounts]
    ceiling: dict[str, float]
    funnel: Floats
    waiting_new: Floats
    waiting_retries: Floats
    waiting_by_month: Floats
    expected_by_month: Floats
    called_business: Floats
    called_wall: Floats
    attempts_made: Floats


def measure(ledger: Ledger, scenario: Scenario, *, unlimited: Ledger | None = None) -> Measures:
    """Measure a ledger of one replication.

    Parameters
    ----------
    ledger
        What happened.
    scenario
        The terms it is judged by.
    unlimited
        The same leads with unlimited reps, for the ceilings.
    """
    case = case_of(ledger, scenario)
    sums = case.total(_LeadSums.of)
    by_source, (new, retries) = funnel(case, sums.funnel), waiting_by_hour(case, sums.waiting)
    business, called_business = _ages(sums.response.business_minutes, BUSINESS_GRID, "business")
    wall, called_wall = _ages(sums.response.wall_minutes, WALL_GRID, "wall")
    ceiling = {} if unlimited is None else measure_clauses(case_of(unlimited, scenario))
    return Measures(
        replication=int(ledger.facts[0]["replication"]) if ledger.facts else 0,
        headline=_headline(case, sums, by_source, business | wall),
        clauses=measure_clauses(case, sums.clauses),
        ceiling={name: counts.attainment for name, counts in ceiling.items()},
        funnel=by_source,
        waiting_new=new,
        waiting_retries=retries,
        waiting_by_month=waiting_by_month(case, sums.waiting),
        expected_by_month=sums.money.expected_by_month,
        called_business=called_business,
        called_wall=called_wall,
        attempts_made=sums.response.attempts_made,
    )


@dataclass(frozen=True, eq=False)
class _LeadSums(Sums):
    """Everything that is counted of leads.

    Parameters
    ----------
    leads_count, open_count
        Leads of the economics cohort, and those of them that are still open.
    handed_count, duplicates_count
        Leads handed over in the horizon, and second records beside them.
    """

    leads_count: int
    open_count: int
    handed_count: int
    duplicates_count: int
    funnel: FunnelSums
    money: MoneySums
    work: WorkSums
    response: ResponseSums
    waiting: WaitingSums
    attempt_waits: WaitSums
    clauses: ClauseSums

    @classmethod
    def of(cls, case: Case) -> _LeadSums:
        return cls(
            leads_count=int(np.count_nonzero(case.economics_cohort)),
            open_count=int(np.count_nonzero(case.economics_cohort & case.is_open)),
            handed_count=len(case.handed_rows),
            duplicates_count=len(case.handed_duplicates["handed_at"]),
            funnel=FunnelSums.of(case),
            money=MoneySums.of(case),
            work=WorkSums.of(case),
            response=ResponseSums.of(case),
            waiting=WaitingSums.of(case),
            attempt_waits=WaitSums.of(case),
            clauses=ClauseSums.of(case),
        )


def _ages(minutes: tuple[Floats, ...], grid: Floats, clock: str) -> tuple[dict[str, float], Floats]:
    """Return quantiles of the age at the first response by name, and the share called within each age of a grid."""
    ordered = rising(minutes)
    ends = zip(("p50", "p90"), quantiles(ordered), strict=True)
    return {f"response_{clock}_{name}_minutes": value for name, value in ends}, called_within(ordered, grid)


def _headline(case: Case, sums: _LeadSums, by_source: Floats, ages: dict[str, float]) -> dict[str, float]:
    planned, with_stops = load_check(case, sums.work)
    twin = steady_team(case, sums.attempt_waits)
    return {
        **vars(measure_economics(case, by_source, sums.money)),
        "sdr_utilisation": sdr_utilisation(case),
        "ae_utilisation": ae_utilisation(case, sums.work),
        "overtime_hours": float(case.minutes_by_state[OVERTIME]) / 60.0,
        "load_planned": planned,
        "load_with_early_stopping": with_stops,
        **ages,
        "twin_reps_present": twin.servers,
        "twin_wait_minutes": twin.mean_wait_minutes,
        "simulated_wait_minutes": twin.simulated_wait_minutes,
        "system_delay_minutes": sums.response.system_delay_minutes,
        "never_called_share": sums.response.never_called_share,
        "cycle_days": sums.funnel.cycle_days,
        "leads_count": float(sums.leads_count),
        "handed_count": float(sums.handed_count),
        "duplicates_count": float(sums.duplicates_count),
        "open_count": float(sums.open_count),
    }
