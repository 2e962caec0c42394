"""Everything that is kept of one replication: a few hundred numbers, whatever the number of leads."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from smarketing_sim.ledger import Ledger
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.economics import measure_economics
from smarketing_sim.measure.funnel import cycle_days, funnel
from smarketing_sim.measure.load import OVERTIME, ae_utilisation, load_check, sdr_utilisation
from smarketing_sim.measure.response import (
    BUSINESS_GRID,
    WALL_GRID,
    attempts_made,
    called_within,
    never_called_share,
    quantiles,
    response_minutes,
    system_delay_minutes,
    waiting_by_hour,
)
from smarketing_sim.measure.sla import ClauseCounts, measure_clauses
from smarketing_sim.measure.twin import steady_team
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Floats


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
    by_source, (new, retries) = funnel(case), waiting_by_hour(case)
    business, wall = (np.sort(minutes) for minutes in response_minutes(case))
    ceiling = {} if unlimited is None else measure_clauses(case_of(unlimited, scenario))
    replication = int(ledger.facts[0]["replication"]) if ledger.facts else 0
    return Measures(
        replication=replication,
        headline=_headline(case, by_source, business, wall),
        clauses=measure_clauses(case),
        ceiling={name: counts.attainment for name, counts in ceiling.items()},
        funnel=by_source,
        waiting_new=new,
        waiting_retries=retries,
        called_business=called_within(business, BUSINESS_GRID),
        called_wall=called_within(wall, WALL_GRID),
        attempts_made=attempts_made(case),
    )


def _headline(case: Case, by_source: Floats, business: Floats, wall: Floats) -> dict[str, float]:
    planned, with_stops = load_check(case)
    ends = zip(("p50", "p90"), quantiles(business), quantiles(wall), strict=True)
    responses = {
        f"{clock}_{name}_minutes": value for name, b, w in ends for clock, value in (("business", b), ("wall", w))
    }
    twin = steady_team(case)
    return {
        **asdict(measure_economics(case, by_source)),
        "sdr_utilisation": sdr_utilisation(case),
        "ae_utilisation": ae_utilisation(case),
        "overtime_hours": float(case.minutes_by_state[OVERTIME]) / 60.0,
        "load_planned": planned,
        "load_with_early_stopping": with_stops,
        **responses,
        "twin_reps_present": twin.servers,
        "twin_wait_minutes": twin.mean_wait_minutes,
        "simulated_wait_minutes": twin.simulated_wait_minutes,
        "system_delay_minutes": system_delay_minutes(case),
        "never_called_share": never_called_share(case),
        "cycle_days": cycle_days(case),
        "leads_count": float(np.count_nonzero(case.economics_cohort)),
        "handed_count": float(len(case.handed_rows)),
        "duplicates_count": float(len(case.handed_duplicates["handed_at"])),
        "open_count": float(np.count_nonzero(case.economics_cohort & case.leads["censored"])),
    }
