"""The evidence behind the answer, section by section: the waiting, the response, the funnel, the money."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smarketing_sim.charts import years as charts
from smarketing_sim.experiment import results
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import Around, display_html, say, table
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import money, percent, range_of, readable, span, wait


def where_leads_wait(report: Report) -> Around:
    """Return the words around the chart of waiting leads by hour of the week."""
    when, count = charts.busiest_hour(report.years)
    if not when:
        return Around("No lead was waiting in any hour of the week.")
    new = report.years.stacked("waiting_new").mean(axis=0)
    share = float(new.sum() / max(charts.waiting_by_hour(report.years).sum(), 1e-12))
    return Around(
        "Mean number of leads waiting for an attempt that is due, new leads and follow-ups together, by hour of the "
        "week in the contract’s time zone.",
        caption=f"{percent(share)} of those waiting have never been called. "
        f"A mean over {report.years_in_words}; it shows a pattern, so it carries no range.",
        alt=f"Heat map of leads waiting by weekday and hour; the most, {count:.1f}, on {when}.",
    )


def how_old_leads_are(report: Report) -> Around:
    """Return the words around the chart of leads called by age, on both clocks."""
    business, wall = charts.half_called(report.years)
    if np.isnan(business):
        return Around("There is nothing to call.")
    never = np.isinf(business)
    half = f"half within {wait(business)} on the business clock and {span(wall)} on the wall clock."
    return Around(
        "Leads that nobody called count as infinitely old."
        if never
        else "The contract’s clock stops at night; the buyer’s does not. A lead is called when a rep takes it up.",
        caption=f"Bands: 95% of {report.years_in_words}. Business hours count from handoff, wall hours from the "
        "moment the lead raised its hand. Leads never called stay below the line for ever.",
        alt=f"Two curves of leads called by age: {'neither reaches half of the leads.' if never else half}",
    )


def show_ages(report: Report) -> None:
    """Show within what time half and nine tenths of the leads are called, and who gets no call."""
    if np.isnan(charts.half_called(report.years)[0]):
        return
    rows = [
        (
            f"{words} of leads are called within",
            _spread(report, f"response_business_{p}_minutes", wait),
            _spread(report, f"response_wall_{p}_minutes", span),
        )
        for words, p in (("half", "p50"), ("nine tenths", "p90"))
    ]
    table(["", "business clock", "buyer’s clock"], rows)
    system, never = report.mean("system_delay_minutes"), report.mean("never_called_share")
    made = report.years.stacked("attempts_made").mean(axis=0)
    deep = min(4, len(made) - 1)
    display_html(
        f'<p class="s">Of that, {span(system.mean)} is the system’s delay before a rep can see the lead; the rest is '
        f"waiting for a rep, nights and weekends included. {_never_called(never)} "
        f"{percent(made[deep])} get {deep} attempts or more; one that is reached, or ruled out, needs no more.</p>"
    )


def what_sources_bring(report: Report) -> Around:
    """Return the words around the chart of revenue and spend by source."""
    sources = [readable(name) for name in report.scenario.marketing.sources]
    if report.total("leads").mean == 0:
        return Around("The sources of this plan bring nothing.")
    revenue, spend = report.by_source("expected_revenue"), report.by_source("spend")
    return Around(
        "Leads created in the year, whenever they close: means over simulated years, revenue with its range.",
        alt="Bars of expected revenue and media spend by source, largest first: "
        + ", ".join(
            f"{sources[i]} {money(revenue[i].mean)} against {money(spend[i].mean)}"
            for i in np.argsort([-r.mean for r in revenue])
        ),
    )


def show_funnel(report: Report) -> None:
    """Show the funnel by source as a table, with money beside the counts."""
    sources = list(report.scenario.marketing.sources)
    if report.total("leads").mean == 0:
        return
    revenue, spend = report.by_source("expected_revenue"), report.by_source("spend")
    counted_visits = report.total("visits").mean > 0
    counts = (*(("visits",) if counted_visits else ()), "leads", "handed", "reached", "qualified", "won")
    numbers = {name: report.by_source(name) for name in counts}
    rows = [
        [
            readable(source),
            *(_count(numbers[name][i].mean) if numbers[name][i].mean else "–" for name in counts),
            money(spend[i].mean),
            (money(revenue[i].mean), range_of(revenue[i], money)),
            _worth(revenue[i].mean, numbers["handed"][i].mean),
        ]
        for i, source in enumerate(sources)
    ]
    total = report.total("expected_revenue")
    rows.append(
        [
            "all",
            *(_count(report.total(name).mean) for name in counts),
            money(report.total("spend").mean),
            (money(total.mean), range_of(total, money)),
            _worth(total.mean, report.total("handed").mean),
        ]
    )
    names = ["source", *counts, "spend", "expected revenue", "per handed lead"]
    table(names, rows, numeric=names[1:])
    silent = [name for name in sources if report.scenario.marketing.sources[name].visits_per_month is None]
    if silent and len(silent) < len(sources):
        listed = ", ".join(readable(name) for name in silent)
        say(f"Visits are counted only where leads are a share of them, so not for {escape(listed)}.")


def how_revenue_spreads(report: Report) -> Around:
    """Return the words around the chart of what single years bring; few years draw no chart."""
    note = (
        "On average, and what one year might bring, are two questions: the range of the mean says how well the "
        "mean is known, the spread says how far a single year strays from it."
    )
    if results.one_year(report.years) is None:
        shown_from = f"The spread of a single year is shown from {results.ONE_YEAR_FROM} simulated years on"
        return Around(note, caption=f"{shown_from}; this page has {report.year_count}.")
    return Around(
        note,
        caption="Each count is one simulated year: the deals that its own leads brought, whenever they closed.",
        alt=f"Histogram of revenue in {report.years_in_words} around {money(report.mean('expected_revenue').mean)}.",
    )


_OF_EVERY_YEAR = ("the same, cash of the first year only", "months until a customer has paid that back")
"""Rows that say nothing new where a deal is paid once."""


def show_money(report: Report) -> None:
    """Show the money table."""
    once = report.scenario.economics.is_one_off
    quota = results.quota_reached(report.years)
    rows: list[tuple[object, ...]] = [
        ("revenue from this year’s leads, whenever they close", *_money(report, "expected_revenue")),
        (("revenue booked this year, whenever the lead came", _too_short(report)), *_money(report, "booked_revenue")),
        (
            (
                f"contribution {report.scenario.economics.counted}",
                f"margin less media and the wages for the reps’ time for these leads{'' if once else ', discounted'}",
            ),
            *_money(report, "contribution"),
        ),
        ("the same, cash of the first year only", *_money(report, "contribution_year_one")),
        ("the same, with all people and tools", *_money(report, "contribution_loaded")),
        ("cost of one won deal, all people and tools", *_told(results.cost_per_won(report.years), money)),
        (
            "margin of a deal to that cost" if once else "margin over a customer’s life to that cost",
            *_told(results.margin_to_cost(report.years), _tenths),
        ),
        ("months until a customer has paid that back", *_ratio(report, "payback_months")),
        ("days from a lead to its deal, half are faster", *_hours(report, "cycle_days")),
        ("revenue expected per hour that reps work on these leads", *_money(report, "revenue_per_rep_hour")),
        ("media spent on leads that nobody called", *_money(report, "spend_unworked")),
        ("rep hours on duplicates", *_hours(report, "hours_on_duplicates")),
        ("rep hours on leads outside the ideal profile", *_hours(report, "hours_on_bad_fits")),
    ]
    if once:
        rows = [row for row in rows if row[0] not in _OF_EVERY_YEAR]
    if np.isfinite(quota.mean):
        rows.insert(
            2,
            ("chance that bookings reach the account executives’ quota", percent(quota.mean), range_of(quota, percent)),
        )
    table(["", "mean", "95% range"], rows, numeric=["mean", "95% range"])


def _too_short(report: Report) -> str:
    """Return that the year begins with fewer deals under way than it ends with, where that is so."""
    weeks, days = report.scenario.run.warm_up_weeks, report.scenario.sales.ae.cycle_median / 1440.0
    if 7.0 * weeks >= 2.0 * days:
        return ""
    return f"too low: half of the deals take more than {days:.0f} days, and only {weeks} weeks go before the year"


def _spread(report: Report, name: str, in_words: Callable[[float], str]) -> tuple[str, str]:
    value = report.mean(name)
    words = in_words(value.mean)
    if np.isinf(value.mean):
        return words, ""
    same = in_words(value.low) == words == in_words(value.high)
    return words, "range the same" if same else f"range {range_of(value, in_words)}"


def _money(report: Report, name: str) -> tuple[str, str]:
    return _told(report.mean(name), money)


def _told(value: Interval, show: Callable[[float], str]) -> tuple[str, str]:
    return show(value.mean), range_of(value, show)


def _ratio(report: Report, name: str) -> tuple[str, str]:
    return _told(report.mean(name), _tenths)


def _tenths(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.1f}"


def _hours(report: Report, name: str) -> tuple[str, str]:
    value = report.mean(name)
    return ("–" if np.isnan(value.mean) else f"{value.mean:,.0f}"), range_of(value, lambda x: f"{x:,.0f}")


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _worth(revenue: float, handed: float) -> str:
    """Return what one handed lead is worth."""
    return money(revenue / handed) if handed else "–"


def _never_called(share: Interval) -> str:
    """Return a sentence on the leads that nobody has called after 30 days."""
    if share.mean < 0.0005:
        return "Every lead has had a call within 30 days."
    return f"{percent(share.mean)} of leads ({range_of(share, percent)}) have had no call after 30 days."
