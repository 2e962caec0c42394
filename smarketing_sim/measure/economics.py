"""What it is worth: revenue by cohort and booked, contribution, and where money and hours leak away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.measure.cohorts import Case, Selection
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.measure.load import IDLE, scheduled_minutes
from smarketing_sim.measure.sums import Sums
from smarketing_sim.world.timeline import add_months
from smarketing_sim.world.turnover import Stay, stays

_LN2 = float(np.log(2.0))
_SPEND, _UNWORKED = FUNNEL_COLUMNS.index("spend"), FUNNEL_COLUMNS.index("spend_unworked")


@dataclass(frozen=True)
class Economics:
    """Money of one simulated year, in the plan's currency, and hours.

    Parameters
    ----------
    expected_revenue
        First-year value of the deals that leads created in the horizon bring on average, whenever they close.
    cohort_revenue, booked_revenue
        The same as it fell out in this year; and deals closed in the horizon, whenever their lead was created.
    contribution
        Expected revenue over the economic horizon × margin − media − the reps' hours meant for these leads, and what
        outbound work in idle ones of them brings.
    contribution_year_one, contribution_loaded
        Cash of the first year only; and with all people and tools.
    ae_wait_minutes, faded_revenue
        How long a deal of these leads waits for an account executive with room, on average, NaN without a deal; and the
        expected revenue that fades meanwhile.
    won_count, cost_per_won, ltv_to_cac, payback_months
        Deals of the cohort, what one cost, what one brings over what it cost, months until it is paid back.
    spend, spend_unworked
        Media in the horizon, and the part of it on leads that nobody called.
    people_cost
        Cost of the reps' time that is meant for marketing's leads.
    hours_scheduled, hours_idle
        Those hours, and how many of them passed without a lead to call.
    hours_on_duplicates, hours_on_bad_fits
        Rep hours on second records and on leads outside the profile.
    revenue_per_rep_hour
        Expected revenue over the rep hours of the horizon on all leads.
    """

    expected_revenue: float
    cohort_revenue: float
    booked_revenue: float
    contribution: float
    contribution_year_one: float
    contribution_loaded: float
    ae_wait_minutes: float
    faded_revenue: float
    won_count: float
    cost_per_won: float
    ltv_to_cac: float
    payback_months: float
    spend: float
    spend_unworked: float
    people_cost: float
    hours_scheduled: float
    hours_idle: float
    hours_on_duplicates: float
    hours_on_bad_fits: float
    revenue_per_rep_hour: float


@dataclass(frozen=True, eq=False)
class MoneySums(Sums):
    """What leads brought, and the reps' time it took.

    Parameters
    ----------
    expected_revenue, cohort_revenue, booked_revenue, won_count
        As in :class:`Economics`.
    expected_by_month
        Expected revenue by the month in which its lead was created, shape (months,).
    opportunities_count, deal_wait_minutes, faded_revenue
        Opportunities, how long they waited for an account executive in all, and what faded meanwhile.
    rep_minutes
        Minutes of attempts begun in the horizon: all, on second records, and on other leads outside the profile.
    """

    expected_revenue: float
    expected_by_month: Floats
    cohort_revenue: float
    booked_revenue: float
    won_count: float
    opportunities_count: int
    deal_wait_minutes: float
    faded_revenue: float
    rep_minutes: Floats

    @classmethod
    def of(cls, case: Case) -> MoneySums:
        """Add up some leads."""
        valued = np.flatnonzero(~np.isnan(case.leads["value"]))
        value, mine = case.leads["value"][valued], case.economics_cohort[valued]
        closed = case.in_horizon(case.leads["deal_closed_at"][valued])
        created, expected = case.created_leads["created_at"], case.created_leads["expected_value"]
        month, months = case.line.month_of(created), len(case.line.month_starts_at) - 1
        return cls(
            expected_revenue=float(expected.sum()),
            expected_by_month=np.bincount(month, weights=expected, minlength=months).astype(np.float64),
            cohort_revenue=float(value[mine].sum()),
            booked_revenue=float(value[closed].sum()),
            won_count=float(np.count_nonzero(mine)),
            **_waits_for_ae(case),
            rep_minutes=_rep_minutes(case),
        )


def measure_economics(case: Case, funnel: Floats, sums: MoneySums) -> Economics:
    """Return the money of one replication, given its funnel by source and what its leads add up to."""
    terms, expected, won_count = case.scenario.economics, sums.expected_revenue, sums.won_count
    spend = float(funnel[:, _SPEND].sum())
    shared, loaded = people_cost(case)
    margin = expected * terms.gross_margin
    cost = spend + loaded
    per_won = cost / won_count if won_count else float("nan")
    mean_margin = margin / won_count if won_count else float("nan")
    hours, hours_duplicates, hours_bad_fits = (sums.rep_minutes / 60.0).tolist()
    idle = float(case.shared_minutes_by_state[IDLE]) / 60.0
    outbound = terms.outbound_per_hour * idle
    return Economics(
        expected_revenue=expected,
        cohort_revenue=sums.cohort_revenue,
        booked_revenue=sums.booked_revenue,
        contribution=margin * terms.lifetime_factor - spend - shared + outbound,
        contribution_year_one=margin - spend - shared + outbound,
        contribution_loaded=margin * terms.lifetime_factor - cost + outbound,
        ae_wait_minutes=sums.deal_wait_minutes / count if (count := sums.opportunities_count) else float("nan"),
        faded_revenue=sums.faded_revenue,
        won_count=won_count,
        cost_per_won=per_won,
        ltv_to_cac=mean_margin * terms.lifetime_factor / per_won if per_won else float("nan"),
        payback_months=12.0 * per_won / mean_margin if mean_margin and not terms.is_one_off else float("nan"),
        spend=spend,
        spend_unworked=float(funnel[:, _UNWORKED].sum()),
        people_cost=shared,
        hours_scheduled=scheduled_minutes(case) / 60.0,
        hours_idle=idle,
        hours_on_duplicates=hours_duplicates,
        hours_on_bad_fits=hours_bad_fits,
        revenue_per_rep_hour=expected / hours if hours > 0 else float("nan"),
    )


def _waits_for_ae(case: Case) -> dict[str, Any]:
    """Return how many deals of the leads of the horizon were opened, how long they waited, and what that cost.

    A chance that fades by half in a half-life has been 2 to the waiting time over it times as high.
    """
    rows = np.flatnonzero(~np.isnan(case.created_leads["opportunity_at"]))
    opened = Selection(case.created_leads, rows)
    waits, half_life = opened["opportunity_at"] - opened["met_at"], case.scenario.sales.ae.fade_half_life
    faded = 0.0 if half_life is None else float((opened["expected_value"] * np.expm1(_LN2 * waits / half_life)).sum())
    return {"opportunities_count": len(rows), "deal_wait_minutes": float(waits.sum()), "faded_revenue": faded}


def people_cost(case: Case) -> tuple[float, float]:
    """Return the cost of the horizon: the reps' time meant for marketing's leads, and everybody with their tools."""
    sdr, ae, years = case.scenario.sales.sdr, case.scenario.sales.ae, case.years
    seats = _stays(case)
    employed = [sum(_employed_share(case, stay) for stay in seat) for seat in seats]
    shares = [case.profile(number).marketing_time.share * share for number, share in enumerate(employed, start=1)]
    shared = sdr.annual_cost * sum(shares) * years
    loaded = sdr.annual_cost * sum(employed) + ae.annual_cost * ae.headcount + case.scenario.economics.tools_annual
    once = sdr.hires.one_off * _hired_count(case, seats)
    return shared + once, loaded * years + once


def _stays(case: Case) -> list[list[Stay]]:
    """Return by seat who held it; of a real team what the plan says."""
    sdr = case.scenario.sales.sdr
    if case.streams is not None:
        return stays(case.scenario, case.streams)
    team = [case.profile(rep) for rep in range(1, sdr.headcount + 1)]
    return [[Stay(one.starts_on, one.leaves_on)] for one in team]


def _hired_count(case: Case, seats: list[list[Stay]]) -> int:
    """Return how many reps are hired in the horizon, successors of those who left among them."""
    run, sdr = case.scenario.run, case.scenario.sales.sdr
    ends, day = add_months(run.starts_on, run.horizon_months), sdr.hires.starts_on
    hired = sum(sdr.is_hired(rep) for rep in range(1, sdr.headcount + 1))
    days = [day] * hired + [stay.starts_on for seat in seats for stay in seat[1:]]
    return sum(day is not None and run.starts_on <= day < ends for day in days)


def _employed_share(case: Case, stay: Stay) -> float:
    """Return the share of the horizon between a rep's first day and the first day no longer there."""
    run = case.scenario.run
    starts, ends = run.starts_on, add_months(run.starts_on, run.horizon_months)
    here = min(stay.leaves_on or ends, ends) - max(stay.starts_on or starts, starts)
    return max(here.days, 0) / (ends - starts).days if ends > starts else 0.0


def _rep_minutes(case: Case) -> Floats:
    """Return rep minutes in the horizon: all, on second records, and on other leads outside the profile."""
    minutes, is_first = case.rep_minutes, case.is_first
    return np.array([minutes.sum(), (minutes * ~is_first).sum(), (minutes * (is_first & ~case.leads["fit"])).sum()])
