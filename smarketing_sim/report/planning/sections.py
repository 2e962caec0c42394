"""The evidence behind the answer, section by section: the contract, the load, the waiting, the funnel, the money."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smarketing_sim.charts import style
from smarketing_sim.experiment import results
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.measure.response import BUSINESS_GRID, WALL_GRID
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import display_html, heading, say, show, table
from smarketing_sim.report.planning.answer import busiest_hour
from smarketing_sim.report.planning.planning import Planning
from smarketing_sim.scenario.contract import VolumeClause, speed_by_business_clock
from smarketing_sim.scenario.units import share_text
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import money, month_range, months, percent, range_of, span, wait

_SAFE, _HALF = 0.9, 0.5


def show_contract(plan: Planning) -> None:
    """Show the contract clause by clause: promise, attained share with range, months kept, and what is possible."""
    names = list(plan.scenario.sla)
    if not names:
        heading("No contract is written yet", "Clauses under sla: in the scenario file appear here.")
        return
    safe = sum(plan.clauses[name].kept.mean >= _SAFE for name in names)
    every = kept_in_a_month(all_kept_months(plan.experiment))
    title = f"{safe} of {len(names)} promises {'is' if safe == 1 else 'are'} kept in at least nine months of ten"
    if np.isfinite(every.mean) and safe < len(names):
        title += f", all together in {months(every, plan.months)} ({_month_words(every, plan.months)})"
    heading(title, f"Attained share with its 95% range; the upright tick is what was promised. {plan.years_told}.")
    rows = "".join(_clause_row(plan, name) for name in names)
    head = "".join(f'<th scope="col">{h}</th>' for h in ("clause", "promise", "attained", "months kept", "verdict"))
    display_html(f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>')
    left = {name: np.mean([m.clauses[name].left_out_count.sum() for m in plan.experiment.measures]) for name in names}
    unworked = {
        name: np.mean([m.clauses[name].unworked_count.sum() for m in plan.experiment.measures]) for name in names
    }
    told = [
        f"{escape(name)}: {count:.0f} leads a year due after the end of observation, left out"
        for name, count in left.items()
        if count >= 0.5
    ]
    told += [
        f"{escape(name)}: {count:.0f} leads a year not worked in time, left out"
        for name, count in unworked.items()
        if count >= 0.5
    ]
    if told:
        display_html(f'<p class="s">Not in the shares: {"; ".join(told)}. Duplicates never count.</p>')


def show_load(plan: Planning) -> None:
    """Show what the plan asks of the reps' time beside what there is."""
    planned, stops = plan.mean("load_planned"), plan.mean("load_with_early_stopping")
    busy, hours = plan.mean("sdr_utilisation"), plan.mean("overtime_hours")
    if np.isnan(planned.mean):
        heading("No working hours to compare the plan with", "The simulated period has no working hours.")
        return
    if not np.isfinite(planned.mean):
        heading("Nobody is scheduled for these leads", "Without reps there is no time to set the plan against.")
        return
    fits = "fits into" if stops.mean <= 1 else "does not fit into"
    heading(
        f"The plan {fits} the time there is: it asks for {percent(stops.mean)} of it",
        "Of the minutes that reps have for marketing’s leads.",
    )
    rows = [
        ("every planned attempt made", percent(planned.mean), range_of(planned, percent)),
        (
            "follow-up stops when a lead is reached, and all are called in time",
            percent(stops.mean),
            range_of(stops, percent),
        ),
        ("in use in the simulation (utilisation)", percent(busy.mean), range_of(busy, percent)),
    ]
    table(["work", "share of the time", "range"], rows, numeric=["share of the time", "range"])
    overtime = f"{hours.mean:,.0f} hours a year ({range_of(hours, lambda h: f'{h:,.0f}')})"
    display_html(f'<p class="s">The team works {overtime} of overtime, finishing attempts begun before closing.</p>')


def show_waiting(plan: Planning) -> None:
    """Show where in the week leads wait."""
    new = plan.experiment.stacked("waiting_new").mean(axis=0)
    retries = plan.experiment.stacked("waiting_retries").mean(axis=0)
    when, count = busiest_hour(plan)
    if count < 0.005 or not when:
        heading("No lead waits", "No lead was waiting in any hour of the week.")
        return
    heading(
        f"Leads wait most on {when}: {_few(count)} at a time",
        "Mean number of leads waiting for an attempt that is due, "
        "new leads and follow-ups together, by hour of the week in the contract’s time zone.",
    )
    share = float(new.sum() / max((new + retries).sum(), 1e-12))
    show(
        style.waiting_map(new + retries),
        caption=f"{percent(share)} of those waiting have never been called. "
        f"A mean over {plan.years_told}; it shows a pattern, so it carries no range.",
        alt=f"Heat map of leads waiting by weekday and hour; the most, {count:.1f}, on {when}.",
    )


def show_response(plan: Planning) -> None:
    """Show how old leads are when they are called, on both clocks."""
    business, wall = plan.mean("response_business_p50_minutes"), plan.mean("response_wall_p50_minutes")
    if np.isnan(business.mean):
        heading("No lead was handed over", "There is nothing to call.")
        return
    if np.isinf(business.mean):
        heading("Half of the leads or more are never called", "Leads that nobody called count as infinitely old.")
    else:
        heading(
            f"Half of the leads are called within {wait(business.mean)} of business time, "
            f"{span(wall.mean)} for the buyer",
            "The contract’s clock stops at night; the buyer’s does not. A lead is called when a rep takes it up.",
        )
    promise = speed_by_business_clock(plan.scenario.sla.values())
    hours = None if promise is None else plan.scenario.clause_minutes(promise) / 60.0
    show(
        style.response_curves(
            business_hours=BUSINESS_GRID / 60,
            business=plan.experiment.stacked("called_business"),
            wall_hours=WALL_GRID / 60,
            wall=plan.experiment.stacked("called_wall"),
            promise_hours=hours,
        ),
        caption=f"Bands: 95% of {plan.years_told}. Business hours count from handoff, wall hours from the "
        "moment the lead raised its hand. Leads never called stay below the line for ever.",
        alt="Two curves of leads called by age: "
        + (
            "neither reaches half of the leads."
            if np.isinf(business.mean)
            else f"half within {wait(business.mean)} on the business clock and {span(wall.mean)} on the wall clock."
        ),
    )
    rows = [
        (
            f"{words} of leads are called within",
            _spread(plan, f"response_business_{p}_minutes", wait),
            _spread(plan, f"response_wall_{p}_minutes", span),
        )
        for words, p in (("half", "p50"), ("nine tenths", "p90"))
    ]
    table(["", "business clock", "buyer’s clock"], rows)
    system, never = plan.mean("system_delay_minutes"), plan.mean("never_called_share")
    made = plan.experiment.stacked("attempts_made").mean(axis=0)
    deep = min(4, len(made) - 1)
    display_html(
        f'<p class="s">Of that, {span(system.mean)} is the system’s delay before a rep can see the lead; the rest is '
        f"waiting for a rep, nights and weekends included. {_never_called(never)} "
        f"{percent(made[deep])} get {deep} attempts or more; one that is reached, or ruled out, needs no more.</p>"
    )


def show_funnel(plan: Planning) -> None:
    """Show the funnel by source with money beside the counts."""
    sources = list(plan.scenario.marketing.sources)
    revenue, spend = plan.by_source("expected_revenue"), plan.by_source("spend")
    best = int(np.argmax([r.mean for r in revenue])) if sources else 0
    if not sources or plan.total("leads").mean == 0:
        heading("No lead arrives", "The sources of this plan bring nothing.")
        return
    nothing = revenue[best].mean == 0
    heading(
        "No source brings revenue"
        if nothing
        else f"{_label(sources[best])} brings most: {money(revenue[best].mean)} a year",
        "Leads created in the year, whenever they close: means over simulated years, revenue with its range.",
    )
    low, high = (np.array([getattr(r, end) for r in revenue]) for end in ("low", "high"))
    show(
        style.revenue_by_source(
            [_label(s) for s in sources],
            revenue=np.array([r.mean for r in revenue]),
            low=low,
            high=high,
            spend=np.array([s.mean for s in spend]),
        ),
        alt="Bars of expected revenue and media spend by source, largest first: "
        + ", ".join(
            f"{_label(sources[i])} {money(revenue[i].mean)} against {money(spend[i].mean)}"
            for i in np.argsort([-r.mean for r in revenue])
        ),
    )
    counted_visits = plan.total("visits").mean > 0
    counts = (*(("visits",) if counted_visits else ()), "leads", "handed", "reached", "qualified", "won")
    numbers = {name: plan.by_source(name) for name in counts}
    rows = [
        [
            _label(source),
            *(_count(numbers[name][i].mean) if numbers[name][i].mean else "–" for name in counts),
            money(spend[i].mean),
            (money(revenue[i].mean), range_of(revenue[i], money)),
            _worth(revenue[i].mean, numbers["handed"][i].mean),
        ]
        for i, source in enumerate(sources)
    ]
    total = plan.total("expected_revenue")
    rows.append(
        [
            "all",
            *(_count(plan.total(name).mean) for name in counts),
            money(plan.total("spend").mean),
            (money(total.mean), range_of(total, money)),
            _worth(total.mean, plan.total("handed").mean),
        ]
    )
    names = ["source", *counts, "spend", "expected revenue", "per handed lead"]
    table(names, rows, numeric=names[1:])
    silent = [_label(name) for name in sources if plan.scenario.marketing.sources[name].visits_per_month is None]
    if silent and len(silent) < len(sources):
        say(f"Visits are counted where leads are a share of them; not of {escape(', '.join(silent))}.")


def show_revenue(plan: Planning) -> None:
    """Show revenue in its two views, its spread, and where money and hours leak away."""
    goal, reached, experiment = plan.scenario.goal, results.goal_reached(plan.experiment), plan.experiment
    expected = plan.mean("expected_revenue")
    title = f"The year’s leads are worth {money(expected.mean)} on average"
    if np.isfinite(reached.mean):
        title += f"; the goal of {money(goal.from_marketing)} is reached in {percent(reached.mean)} of simulated years"
    heading(
        title,
        "On average, and what one year might bring, are two questions: the range of the mean says how well the "
        "mean is known, the spread says how far a single year strays from it.",
    )
    revenue = experiment.series("cohort_revenue")
    if results.one_year(experiment) is not None:
        show(
            style.revenue_spread(revenue, goal=goal.from_marketing or None, expected=expected.mean),
            alt=f"Histogram of revenue in {plan.years_told} around {money(expected.mean)}.",
            caption="Each count is one simulated year: the deals that its own leads brought, whenever they closed.",
        )
    else:
        display_html(
            f'<p class="s">The spread of a single year is shown from {results.ONE_YEAR_FROM} simulated years on; '
            f"this page has {plan.years}.</p>"
        )
    show_money(plan)


_OF_EVERY_YEAR = ("the same, cash of the first year only", "months until a customer has paid that back")
"""Rows that say nothing new where a deal is paid once."""


def show_money(plan: Planning) -> None:
    """Show the money table."""
    once = plan.scenario.economics.is_one_off
    quota = results.quota_reached(plan.experiment)
    rows: list[tuple[object, ...]] = [
        ("revenue from this year’s leads, whenever they close", *_money(plan, "expected_revenue")),
        ("revenue booked this year, whenever the lead came", *_money(plan, "booked_revenue")),
        (
            (
                f"contribution {plan.scenario.economics.counted}",
                f"margin less media and the reps’ hours on these leads{'' if once else ', discounted'}",
            ),
            *_money(plan, "contribution"),
        ),
        ("the same, cash of the first year only", *_money(plan, "contribution_year_one")),
        ("the same, with all people and tools", *_money(plan, "contribution_loaded")),
        ("cost of one won deal, all people and tools", *_told(results.cost_per_won(plan.experiment), money)),
        (
            "margin of a deal to that cost" if once else "margin over a customer’s life to that cost",
            *_told(results.margin_to_cost(plan.experiment), _tenths),
        ),
        ("months until a customer has paid that back", *_ratio(plan, "payback_months")),
        ("days from a lead to its deal, half are faster", *_hours(plan, "cycle_days")),
        ("revenue expected for each rep hour on these leads", *_money(plan, "revenue_per_rep_hour")),
        ("media spent on leads that nobody called", *_money(plan, "spend_unworked")),
        ("rep hours on second records", *_hours(plan, "hours_on_duplicates")),
        ("rep hours on leads outside the ideal profile", *_hours(plan, "hours_on_bad_fits")),
    ]
    if once:
        rows = [row for row in rows if row[0] not in _OF_EVERY_YEAR]
    if np.isfinite(quota.mean):
        rows.insert(
            2,
            ("chance that bookings reach the account executives’ quota", percent(quota.mean), range_of(quota, percent)),
        )
    table(["", "mean", "95% range"], rows, numeric=["mean", "95% range"])


def _clause_row(plan: Planning, name: str) -> str:
    clause, attained, kept = plan.scenario.sla[name], plan.clauses[name].attained, plan.clauses[name].kept
    css, verdict = _verdict(plan, name)
    colour = {"kept": style.BLUE, "risk": "#85550c", "broken": style.ORANGE}.get(css, style.GREY)
    said = (
        f"attained {percent(attained.mean)}, range {range_of(attained, percent)}; promised {share_text(clause.target)}"
    )
    bar = style.clause_bar(
        mean=attained.mean,
        low=attained.low,
        high=attained.high,
        target=clause.target,
        colour=colour,
        label=escape(said),
    )
    below = f"{percent(attained.mean)}, {range_of(attained, percent)}" if np.isfinite(attained.mean) else "no case"
    months_kept = months(kept, plan.months) if np.isfinite(kept.mean) else "no case"
    return (
        f'<tr><th scope="row">{escape(name.replace("_", " ").capitalize())}<span>{clause.side}</span></th>'
        f'<td>{escape(clause.text)}</td><td class="bar">{bar}<span>{below}</span></td>'
        f'<td class="n">{months_kept}<span>{_month_words(kept, plan.months)}</span></td>'
        f'<td class="{css}">{escape(verdict)}</td></tr>'
    )


def _verdict(plan: Planning, name: str) -> tuple[str, str]:
    """Return a colour class and the verdict on a clause, with what any number of people could reach."""
    clause, kept, ceiling = plan.scenario.sla[name], plan.clauses[name].kept, plan.clauses[name].ceiling
    if not np.isfinite(kept.mean):
        return "", "no case"
    word, css = (
        ("kept", "kept") if kept.mean >= _SAFE else ("at risk", "risk") if kept.mean >= _HALF else ("broken", "broken")
    )
    if css != "kept" and isinstance(clause, VolumeClause) and _past_cliff(plan, clause):
        return css, f"● {word}; but fewer leads would earn more"
    if css == "kept" or ceiling is None or clause.about_flow or clause.side == "marketing":
        return css, f"● {word}"
    if ceiling < clause.target:
        return css, f"● {word}; at most {percent(ceiling)} is possible, with any number of people"
    return css, f"● {word}; {percent(ceiling)} is achievable with enough reps"


def _past_cliff(plan: Planning, clause: VolumeClause) -> bool:
    """Tell whether a promise of leads lies where one more lead costs money."""
    if plan.advice is None or clause.leads_per_rep is None:
        return False
    cliff = plan.advice.curves[0].cliff
    return cliff.in_sight and cliff.handed_per_month.mean < clause.promised_amount


def _month_words(kept: object, total: int) -> str:
    words = month_range(kept, total)  # type: ignore[arg-type]
    return words if words == "no range" else f"range {words}"


def _spread(plan: Planning, name: str, in_words: Callable[[float], str]) -> tuple[str, str]:
    value = plan.mean(name)
    return (in_words(value.mean), "" if np.isinf(value.mean) else f"range {range_of(value, in_words)}")


def _money(plan: Planning, name: str) -> tuple[str, str]:
    return _told(plan.mean(name), money)


def _told(value: Interval, show: Callable[[float], str]) -> tuple[str, str]:
    return show(value.mean), range_of(value, show)


def _ratio(plan: Planning, name: str) -> tuple[str, str]:
    return _told(plan.mean(name), _tenths)


def _tenths(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.1f}"


def _hours(plan: Planning, name: str) -> tuple[str, str]:
    value = plan.mean(name)
    return ("–" if np.isnan(value.mean) else f"{value.mean:,.0f}"), range_of(value, lambda x: f"{x:,.0f}")


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _worth(revenue: float, handed: float) -> str:
    """Return what one handed lead is worth."""
    return money(revenue / handed) if handed else "–"


def _few(count: float) -> str:
    return f"{count:,.0f}" if count >= 10 else f"{count:.1f}"


def _never_called(share: Interval) -> str:
    """Return a sentence on the leads that nobody has called after 30 days."""
    if share.mean < 0.0005:
        return "Every lead has had a call within 30 days."
    return f"{percent(share.mean)} of leads ({range_of(share, percent)}) have had no call after 30 days."


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
