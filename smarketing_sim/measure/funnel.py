"""The funnel by source, with money beside the counts."""

from __future__ import annotations

import numpy as np

from smarketing_sim.measure.cohorts import Bools, Case
from smarketing_sim.world.calendar import Floats

STAGES = ("leads", "handed", "accepted", "called", "reached", "qualified", "met", "opportunities", "won")
FUNNEL_COLUMNS = ("visits", *STAGES, "spend_usd", "spend_unworked_usd", "expected_revenue_usd", "won_revenue_usd")
_AT = {
    "handed": "handed_at",
    "accepted": "accepted_at",
    "called": "first_attempt_at",
    "reached": "connected_at",
    "qualified": "qualified_at",
    "met": "met_at",
    "opportunities": "opportunity_at",
}


def funnel(case: Case) -> Floats:
    """Return the economics cohort by source; shape (sources, ``FUNNEL_COLUMNS``)."""
    cohort, leads = case.economics_cohort, case.leads
    won = cohort & (leads["outcome"] == case.names["outcome"].index("won"))
    columns = {"visits": _marketing(case, "visits_count"), "leads": _count(case, cohort)}
    columns |= {stage: _count(case, cohort & ~np.isnan(leads[time])) for stage, time in _AT.items()}
    columns["won"] = _count(case, won)
    columns["spend_usd"] = _marketing(case, "spend_usd")
    columns["spend_unworked_usd"] = _unworked(case)
    columns["expected_revenue_usd"] = _count(case, cohort, leads["expected_value"])
    columns["won_revenue_usd"] = _count(case, won, leads["value"])
    return np.stack([columns[name] for name in FUNNEL_COLUMNS], axis=1)


def cycle_days(case: Case) -> float:
    """Return the median days from created to won in the economics cohort; NaN without a win."""
    won = case.economics_cohort & (case.leads["outcome"] == case.names["outcome"].index("won"))
    days = (case.leads["deal_closed_at"][won] - case.leads["created_at"][won]) / 1440.0
    return float(np.median(days)) if len(days) else float("nan")


def _unworked(case: Case) -> Floats:
    """Return media spent on leads that were handed over and never called, at the cost of a handed lead."""
    leads = case.leads
    idle = case.economics_cohort & ~np.isnan(leads["handed_at"]) & np.isnan(leads["first_attempt_at"])
    costs: Floats = np.array(
        [case.scenario.marketing.sources[name].cost_per_handed_usd for name in case.names["source"]]
    )
    return _count(case, idle) * costs


def _count(case: Case, mask: Bools, weight: Floats | None = None) -> Floats:
    weights = None if weight is None else weight[mask]
    return np.bincount(case.leads["source"][mask], weights=weights, minlength=len(case.names["source"])).astype(float)


def _marketing(case: Case, column: str) -> Floats:
    day_starts = case.line.day_starts_at[case.marketing["day"]]
    inside = (day_starts >= case.line.horizon_starts_at) & (day_starts < case.line.horizon_ends_at)
    return np.bincount(
        case.marketing["source"][inside], weights=case.marketing[column][inside], minlength=len(case.names["source"])
    ).astype(float)
