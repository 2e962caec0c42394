"""Simulated years drawn, and each chart's finding in words: the chart's title, and its section's on the page."""

from __future__ import annotations

import warnings

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smarketing_sim.arrays import Floats
from smarketing_sim.charts import style
from smarketing_sim.experiment import results
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.measure.response import BUSINESS_GRID, WALL_GRID
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.scenario.contract import speed_by_business_clock
from smarketing_sim.scenario.units import share_text
from smarketing_sim.words.numbers import few, money, months, percent, readable, span, wait

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NOTICED = 0.005
"""As a mean number of leads, less than this is told as none."""


def waiting(years: Replications, axes: Axes | None = None, *, darkest: float | None = None) -> Figure:
    """Draw when in the week leads wait: the mean number by hour, new leads and follow-ups together.

    Here as below, ``axes`` are those to draw on; left out, a figure of their own is made, which any thread may do.
    """
    zone = years.scenario.calendar.zone
    return style.waiting_map(waiting_by_hour(years), zone=zone, darkest=darkest, axes=axes)


def waiting_finding(years: Replications) -> str:
    """Return the hour of the week in which most leads wait, and how many."""
    when, count = busiest_hour(years)
    return f"Leads wait most on {when}: {few(count)} at a time" if when else "No lead waits"


def waiting_by_hour(years: Replications) -> Floats:
    """Return the mean number of leads waiting by hour of the week, shape (168,), Monday first."""
    by_hour: Floats = years.stacked("waiting_new").mean(axis=0) + years.stacked("waiting_retries").mean(axis=0)
    return by_hour


def busiest_hour(years: Replications) -> tuple[str, float]:
    """Return the hour of the week with most leads waiting, in words, and how many; no words where hardly any does."""
    by_hour = waiting_by_hour(years)
    if not np.nanmax(by_hour, initial=0.0) >= _NOTICED:
        return "", 0.0
    hour = int(np.nanargmax(by_hour))
    return f"{_DAYS[hour // 24]} from {hour % 24}:00 to {hour % 24 + 1}:00", float(by_hour[hour])


def response(years: Replications, axes: Axes | None = None) -> Figure:
    """Draw how old leads are when they are called, on both clocks, with 95% of the simulated years."""
    promise = speed_by_business_clock(years.scenario.sla.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a year without a lead has no share
        return style.response_curves(
            business_hours=BUSINESS_GRID / 60,
            business=years.stacked("called_business"),
            wall_hours=WALL_GRID / 60,
            wall=years.stacked("called_wall"),
            promise_hours=None if promise is None else years.scenario.clause_minutes(promise) / 60.0,
            axes=axes,
        )


def response_finding(years: Replications) -> str:
    """Return within what time half of the leads are called, on both clocks."""
    business, wall = half_called(years)
    if np.isnan(business):
        return "No lead was handed over"
    if np.isinf(business):
        return "Half of the leads or more are never called"
    return f"Half of the leads are called within {wait(business)} of business time, {span(wall)} for the buyer"


def half_called(years: Replications) -> tuple[float, float]:
    """Return the minutes within which half of the leads are called, by business clock and for the buyer."""
    business, wall = (results.mean_of(years, f"response_{clock}_p50_minutes").mean for clock in ("business", "wall"))
    return business, wall


def funnel(years: Replications, axes: Axes | None = None) -> Figure:
    """Draw by source what its leads of a year are expected to bring, with the range, and what was spent on them."""
    revenue, spend = by_source(years, "expected_revenue"), by_source(years, "spend")
    mean, low, high = np.array([(r.mean, r.low, r.high) for r in revenue], dtype=np.float64).reshape(-1, 3).T
    return style.revenue_by_source(
        [readable(name) for name in years.scenario.marketing.sources],
        revenue=mean,
        low=low,
        high=high,
        spend=np.array([s.mean for s in spend], dtype=np.float64),
        axes=axes,
    )


def funnel_finding(years: Replications) -> str:
    """Return which source brings most."""
    sources, revenue = list(years.scenario.marketing.sources), [r.mean for r in by_source(years, "expected_revenue")]
    if not sources or sum(leads.mean for leads in by_source(years, "leads")) == 0.0:
        return "No lead arrives"
    best = int(np.argmax(revenue))
    if revenue[best] == 0.0:
        return "No source brings revenue"
    return f"Most comes from {sources[best].replace('_', ' ')}: {money(revenue[best])} a year"


def by_source(years: Replications, column: str) -> list[Interval]:
    """Return one column of the funnel with its range, by source."""
    values = years.stacked("funnel")[:, :, FUNNEL_COLUMNS.index(column)]
    return [t_interval(values[:, source]).from_zero for source in range(values.shape[1])]


def revenue(years: Replications, axes: Axes | None = None) -> Figure:
    """Draw what single simulated years bring, around what is expected of them."""
    goal, expected = years.scenario.goal.from_marketing, results.mean_of(years, "expected_revenue").mean
    return style.revenue_spread(years.series("cohort_revenue"), goal=goal or None, expected=expected, axes=axes)


def revenue_finding(years: Replications) -> str:
    """Return what a year's leads are worth, and in how many years that reaches the goal."""
    expected, reached = results.mean_of(years, "expected_revenue"), results.goal_reached(years)
    worth = f"The year’s leads are worth {money(expected.mean)} on average"
    if not np.isfinite(reached.mean):
        return worth
    goal = money(years.scenario.goal.from_marketing)
    return f"{worth}; the goal of {goal} is reached in {percent(reached.mean)} of simulated years"


def clauses(years: Replications, axes: Axes | None = None) -> Figure:
    """Draw what each clause attained, with its range, beside what was promised."""
    found = list(results.clause_results(years).values())
    return style.attained_and_promised(
        [one.name.replace("_", " ") for one in found],
        attained=[(one.attained.mean, one.attained.low, one.attained.high) for one in found],
        promised=[one.clause.target for one in found],
        axes=axes,
    )


def clauses_finding(years: Replications) -> str:
    """Return which clause is kept least often; empty where none can be judged."""
    known = [one for one in results.clause_results(years).values() if np.isfinite(one.kept.mean)]
    if not known:
        return ""
    worst, total = min(known, key=lambda one: one.kept.mean), years.scenario.run.horizon_months
    least = f"{readable(worst.name)} is kept in {months(worst.kept, total)} months"
    return f"{least}: {percent(worst.attained.mean)} attained, {share_text(worst.clause.target)} promised"
