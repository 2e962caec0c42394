"""The funnel by source, with money beside the counts."""

from __future__ import annotations

import numpy as np

from smarketing_sim.ledger import Column, Table
from smarketing_sim.measure.cohorts import Case, Selection
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
_SETS = 2 ** len(_AT)  # a set of stages is a number, with the bit of each stage in it
_REACHED = {stage: (np.arange(_SETS) >> bit & 1).astype(np.float64) for bit, stage in enumerate(_AT)}
_UNWORKED = _REACHED["handed"] * (1.0 - _REACHED["called"])


def funnel(case: Case) -> Floats:
    """Return the economics cohort by source; shape (sources, ``FUNNEL_COLUMNS``)."""
    stages, cohort, won = _stages(case), case.created_leads, _won(case)
    columns = {stage: stages @ reached for stage, reached in _REACHED.items()}
    columns |= _marketing(case)
    columns["leads"] = stages.sum(axis=1)
    columns["won"] = _by_source(case, won["source"])
    columns["spend_unworked_usd"] = (stages @ _UNWORKED) * _handed_costs(case)
    columns["expected_revenue_usd"] = _by_source(case, cohort["source"], cohort["expected_value"])
    columns["won_revenue_usd"] = _by_source(case, won["source"], won["value"])
    return np.stack([columns[name] for name in FUNNEL_COLUMNS], axis=1)


def cycle_days(case: Case) -> float:
    """Return the median days from created to won in the economics cohort; NaN without a win."""
    won = _won(case)
    days = (won["deal_closed_at"] - won["created_at"]) / 1440.0
    return float(np.median(days)) if len(days) else float("nan")


def _stages(case: Case) -> Floats:
    """Count the economics cohort by source and by the set of stages reached; shape (sources, sets)."""
    sources, reached = len(case.names["source"]), np.zeros(len(case.economics_cohort), dtype=np.uint8)
    for bit, time in enumerate(_AT.values()):
        reached |= (~np.isnan(case.leads[time])).view(np.uint8) << np.uint8(bit)
    cell = case.created_leads["source"] * np.intp(_SETS) + reached[case.created_rows]
    return np.bincount(cell, minlength=sources * _SETS).reshape(sources, _SETS).astype(np.float64)


def _won(case: Case) -> Table:
    """Return the leads of the economics cohort that were won."""
    won = case.economics_cohort & (case.leads["outcome"] == case.names["outcome"].index("won"))
    return Selection(case.leads, np.flatnonzero(won))


def _handed_costs(case: Case) -> Floats:
    """Return what a handed lead costs by source, US dollars."""
    return np.array([case.scenario.marketing.sources[name].cost_per_handed_usd for name in case.names["source"]])


def _marketing(case: Case) -> dict[str, Floats]:
    """Return visits and media spend on the days of the horizon, by source."""
    inside = case.in_horizon(case.line.day_starts_at[case.marketing["day"]])
    rows = Selection(case.marketing, np.flatnonzero(inside))
    columns = {"visits": rows["visits_count"], "spend_usd": rows["spend_usd"]}
    return {name: _by_source(case, rows["source"], weight) for name, weight in columns.items()}


def _by_source(case: Case, source: Column, weights: Column | None = None) -> Floats:
    """Count, or sum weights, by source."""
    return np.bincount(source, weights=weights, minlength=len(case.names["source"])).astype(np.float64)
