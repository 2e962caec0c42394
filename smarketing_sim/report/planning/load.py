"""Work beside time: what the plan asks of the reps, where that settles, and what a growing backlog does to months."""

from __future__ import annotations

import numpy as np

from smarketing_sim.decide.settled_load import SettledLoad
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.report.notebook.display import display_html, heading, table
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import few, money, percent, range_of, span
from smarketing_sim.words.settling import UNSETTLED, backlog_words
from smarketing_sim.world.timeline import add_months


def show_load(report: Report) -> None:
    """Show what the plan asks of the reps' time beside what there is, and whether its backlog settles."""
    planned, stops = report.mean("load_planned"), report.mean("load_with_early_stopping")
    busy, hours = report.mean("sdr_utilisation"), report.mean("overtime_hours")
    if np.isnan(planned.mean):
        heading("No working hours to compare the plan with", "The simulated period has no working hours.")
        return
    if not np.isfinite(planned.mean):
        heading("Nobody is scheduled for these leads", "Without reps there is no time to set the plan against.")
        return
    settled = report.settled_load
    heading(
        _finding(planned.mean if settled is None else settled.load),
        "Of the minutes that reps have for marketing’s leads.",
    )
    rows = [
        ("every planned attempt made", percent(planned.mean), range_of(planned, percent)),
        ("follow-up stops when a lead is reached, and none has gone cold", percent(stops.mean),
         range_of(stops, percent)),
    ]  # fmt: skip
    if settled is not None:
        rows.append(("the same, with the calls that cold leads take", percent(settled.load), "by analysis"))
    rows.append(("in use in the simulation (utilisation)", percent(busy.mean), range_of(busy, percent)))
    table(["work", "share of the time", "range"], rows, numeric=["share of the time", "range"])
    overtime = f"{hours.mean:,.0f} hours a year ({range_of(hours, lambda h: f'{h:,.0f}')})"
    words = [f"The team works {overtime} of overtime, finishing attempts begun before closing."]
    if settled is not None:
        words.insert(0, _loop_words(report, settled))
    words.append(f"The plan is {backlog_words(report.stability.to_json())}.")
    display_html("".join(f'<p class="s">{escape(sentence)}</p>' for sentence in words))


def show_months(report: Report) -> None:
    """Show month by month what a backlog that grows does to calls and money; nothing for a plan that is steady."""
    found = report.stability
    if found.verdict not in ("filling", UNSETTLED):
        return
    first, last = found.backlog[0], found.backlog[-1]
    heading(
        f"No month is like another: {few(first.mean)} leads wait in the first, {few(last.mean)} in the last",
        "What such a plan brings in a year depends on which months are counted and for how long it has been running, "
        "so its money is told month by month: the year’s sum is no property of the plan.",
    )
    kept, start = all_kept_months(report.years, ("sales",)), report.scenario.run.starts_on
    chances = [kept_in_a_month(kept[:, [month]]) for month in range(report.months)]
    rows = [
        (f"{add_months(start, month):%B %Y}", (few(waiting.mean), range_of(waiting, few)),
         (percent(chance.mean), range_of(chance, percent)), (money(revenue.mean), range_of(revenue, money)))
        for month, (waiting, chance, revenue) in enumerate(zip(found.backlog, chances, found.revenue, strict=True))
    ]  # fmt: skip
    names = ["month", "leads waiting", "chance that sales keeps every promise", "revenue expected from its leads"]
    table(names, rows, numeric=names[1:])


def _finding(asks: float) -> str:
    """Return how much of the time the plan asks for as a finding."""
    if asks >= 1.0:
        return f"The plan does not fit into the time there is: it asks for {percent(asks)} of it"
    return f"The plan fits into the time there is: it asks for {percent(asks)} of it"


def _loop_words(report: Report, settled: SettledLoad) -> str:
    """Return how late calls, cold leads and more attempts drive each other, and up to where that settles."""
    most = settled.settles_up_to
    if not settled.settles:
        up_to = f"; it would with {percent(most)} of these leads at most" if most is not None else ""
        return (
            "Late calls find cold leads, cold leads take every attempt there is, and those make the next calls later: "
            f"by analysis there is no load at which this plan settles{up_to}."
        )
    room = ""
    if most is not None:
        drops = report.scenario.sales.sdr.cadence.drop_after is not None
        more = f"{percent(most - 1.0)} more leads" if most > 1.0 else f"{percent(most)} of these leads"
        room = f" It settles with up to {more}{', even if none were dropped' if drops and most > 1.0 else ''}."
    return (
        f"By analysis, a lead is called {span(settled.wait_minutes)} after it raised its hand on average, nights "
        f"included; {percent(settled.warm_share)} are still interested then, and it takes {settled.attempts:.1f} "
        f"attempts.{room}"
    )
