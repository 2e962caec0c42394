"""What it is worth: revenue by cohort and booked, contribution, and where money and hours leak away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smarketing_sim.measure.cohorts import Case
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.scenario.sales import Profile
from smarketing_sim.world.calendar import Floats, add_months

_SPEND, _UNWORKED = FUNNEL_COLUMNS.index("spend_usd"), FUNNEL_COLUMNS.index("spend_unworked_usd")
_BAD_FIT, _FIT, _DUPLICATE = np.arange(3, dtype=np.int8)


@dataclass(frozen=True)
class Economics:
    """Money of one simulated year, US dollars, and hours.

    Parameters
    ----------
    expected_revenue_usd
        First-year value of the deals that leads created in the horizon bring on average, whenever they close.
    cohort_revenue_usd, booked_revenue_usd
        The same as it fell out in this year; and deals closed in the horizon, whenever their lead was created.
    contribution_usd
        Expected revenue over the economic horizon × margin − media − the reps' hours on these leads.
    contribution_year_one_usd, contribution_loaded_usd
        Cash of the first year only; and with all people and tools.
    won_count, cost_per_won_usd, ltv_to_cac, payback_months
        Deals of the cohort, what one cost, what one brings over what it cost, months until it is paid back.
    spend_usd, spend_unworked_usd
        Media in the horizon, and the part of it on leads that nobody called.
    hours_on_duplicates, hours_on_bad_fits
        Rep hours on second records and on leads outside the profile.
    revenue_per_rep_hour_usd
        Expected revenue over the rep hours of the horizon on all leads.
    """

    expected_revenue_usd: float
    cohort_revenue_usd: float
    booked_revenue_usd: float
    contribution_usd: float
    contribution_year_one_usd: float
    contribution_loaded_usd: float
    won_count: float
    cost_per_won_usd: float
    ltv_to_cac: float
    payback_months: float
    spend_usd: float
    spend_unworked_usd: float
    hours_on_duplicates: float
    hours_on_bad_fits: float
    revenue_per_rep_hour_usd: float


def measure_economics(case: Case, funnel: Floats) -> Economics:
    """Return the money of one replication, given its funnel by source."""
    terms = case.scenario.economics
    expected = float(case.created_leads["expected_value"].sum())
    valued = np.flatnonzero(~np.isnan(case.leads["value"]))
    value, mine = case.leads["value"][valued], case.economics_cohort[valued]
    closed = case.in_horizon(case.leads["deal_closed_at"][valued])
    won_count = float(np.count_nonzero(mine))
    spend = float(funnel[:, _SPEND].sum())
    shared, loaded = people_cost(case)
    margin = expected * terms.gross_margin
    cost = spend + loaded
    per_won = cost / won_count if won_count else float("nan")
    mean_margin = margin / won_count if won_count else float("nan")
    hours, hours_duplicates, hours_bad_fits = _rep_hours(case)
    return Economics(
        expected_revenue_usd=expected,
        cohort_revenue_usd=float(value[mine].sum()),
        booked_revenue_usd=float(value[closed].sum()),
        contribution_usd=margin * terms.lifetime_factor - spend - shared,
        contribution_year_one_usd=margin - spend - shared,
        contribution_loaded_usd=margin * terms.lifetime_factor - cost,
        won_count=won_count,
        cost_per_won_usd=per_won,
        ltv_to_cac=mean_margin * terms.lifetime_factor / per_won if per_won else float("nan"),
        payback_months=12.0 * per_won / mean_margin if mean_margin else float("nan"),
        spend_usd=spend,
        spend_unworked_usd=float(funnel[:, _UNWORKED].sum()),
        hours_on_duplicates=hours_duplicates,
        hours_on_bad_fits=hours_bad_fits,
        revenue_per_rep_hour_usd=expected / hours if hours > 0 else float("nan"),
    )


def people_cost(case: Case) -> tuple[float, float]:
    """Return the cost of the horizon: the reps' time meant for marketing's leads, and everybody with their tools."""
    sdr, ae, years = case.scenario.sales.sdr, case.scenario.sales.ae, case.years
    team = [case.profile(rep) for rep in range(1, sdr.headcount + 1)]
    employed = [_employed_share(case, profile) for profile in team]
    shares = [profile.marketing_time.share * share for profile, share in zip(team, employed, strict=True)]
    shared = sdr.annual_cost_usd * sum(shares) * years
    loaded = (
        sdr.annual_cost_usd * sum(employed)
        + ae.annual_cost_usd * ae.headcount
        + case.scenario.economics.tools_annual_usd
    )
    return shared, loaded * years


def _employed_share(case: Case, profile: Profile) -> float:
    """Return the share of the horizon between a rep's first day and the first day no longer there."""
    run = case.scenario.run
    starts, ends = run.starts_on, add_months(run.starts_on, run.horizon_months)
    here = min(profile.leaves_on or ends, ends) - max(profile.starts_on or starts, starts)
    return max(here.days, 0) / (ends - starts).days if ends > starts else 0.0


def _rep_hours(case: Case) -> tuple[float, float, float]:
    """Return rep hours in the horizon: all, on duplicates, and on leads outside the profile."""
    attempts, leads = case.horizon_attempts, case.leads
    hours = (attempts["ended_at"] - attempts["started_at"]) / 60.0
    kind = np.repeat(np.where(case.is_first, leads["fit"] * _FIT, _DUPLICATE), leads["attempt_count"])
    kind = kind[case.horizon_attempt_rows]
    return float(hours.sum()), float(hours[kind == _DUPLICATE].sum()), float(hours[kind == _BAD_FIT].sum())
