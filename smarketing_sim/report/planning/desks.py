"""What to do, for the people who act on it: levers, money left on the table, a block for sales and for marketing."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.charts import volume
from smarketing_sim.decide.advice import Advice, GoalShift, worst_month
from smarketing_sim.decide.flow import next_count
from smarketing_sim.decide.left_on_table import LABELS, NO_QUEUE
from smarketing_sim.decide.levers import COSTS
from smarketing_sim.decide.ranking import SALES, Effect
from smarketing_sim.decide.safe_volume import safe_volume
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.measure.statistics import Interval, ratio_of_sums
from smarketing_sim.report.notebook.display import display_html, heading, show, table
from smarketing_sim.report.planning.answer import (
    bottleneck_words,
    closed_words,
    month_name,
    safe_words,
    what_to_do,
    why_not_the_largest,
)
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import (
    counted,
    gain,
    lower_first,
    money,
    month_range,
    months,
    percent,
    range_of,
    upper_first,
)
from smarketing_sim.words.tables import table_html

_LONGEST_OPTIONS = 120


def show_what_to_do(report: Report) -> None:
    """Show what could be changed, free changes first."""
    advice = report.advice
    if advice is None:
        return
    judged, tried = advice.judged.effects, [*advice.ranking.free, *advice.ranking.priced]
    if not tried:
        return
    idle = [one for one in tried if not np.any(one.gained_by_year) and one.kept.mean == advice.ranking.kept.mean]
    rule, pays = advice.first_rule, advice.surest_gain
    title, goal = "No free change adds contribution for certain", advice.goal if rule is not None else None
    if rule is not None:
        title = f"First, and free: {lower_first(rule.lever.label)}, {gain(rule.contribution.mean)}"
    elif pays is not None:
        title = f"{upper_first(pays.lever.label)}: free, and {gain(pays.contribution.mean)}"
        if any(one.lever.at_no_cost and one.kept.mean > pays.kept.mean for one in judged):
            title += "; other free changes keep more promises"
    why = "" if rule is None else why_not_the_largest(report, rule)
    why = "" if why in what_to_do(report) else why  # it stands in the page's answer
    heading(
        title,
        f"What brought most in {counted(advice.years, 'simulated year')}, and of each price what kept the promises, "
        f"judged in {counted(advice.judged.year_count, 'other one')} against the plan as it is in those; contribution "
        f"{report.scenario.economics.counted}. Ranges hold for all of them at once. The one to begin with keeps the "
        f"promises as surely as any; of several that the same years cannot tell apart, it is the simplest."
        f"{_goal_words(report, goal)}{why}",
    )
    names = ["change", "contribution", "months in which sales keeps every promise", "costs"]
    if judged:
        first = None if rule is None else rule.lever.id
        rows = [_lever_row(report, one) for one in sorted(judged, key=lambda one: one.lever.id != first)]
        today = ("as it is, in the same years", "–", _months(report, advice.judged.ranking.kept), "–")
        table(names, [*rows, today], numeric=names[1:3])
    rows = [_lever_row(report, effect) for effect in tried if effect not in idle]
    every = table_html(names, rows, numeric=names[1:3])
    if idle:
        changes = "; ".join(one.lever.label for one in idle)
        every += f'<p class="s">{escape(f"Without any effect on this plan: {changes}.")}</p>'
    summary = f"All {counted(len(tried), 'change')} that were tried, in {counted(advice.years, 'simulated year')}"
    display_html(f"<details><summary>{escape(summary)}</summary>{every}</details>")


def _goal_words(report: Report, goal: GoalShift | None) -> str:
    """Return what the change to begin with does to revenue and to the goal."""
    if goal is None or not np.isfinite(goal.then.mean):
        return ""
    aim = f"the goal of {money(report.scenario.goal.from_marketing)}"
    chance = (
        f", and {aim} is reached with a chance of {percent(goal.then.mean)} ({range_of(goal.then, percent)}) in place "
        f"of {percent(goal.today.mean)}."
    )
    if goal.today.low <= goal.then.mean <= goal.today.high:
        chance = f"; whether that moves the chance to reach {aim}, so few years cannot tell."
    return (
        f" Over {counted(goal.years, 'simulated year')} that one adds {money(goal.more.mean)} "
        f"({range_of(goal.more, money)}) to the revenue expected from a year’s leads{chance}"
    )


def show_left_on_table(report: Report) -> None:
    """Show what the same leads would bring if nothing ever waited: the same hours first."""
    if report.advice is None:
        return
    left = report.advice.table
    if left.scenario.sales.sdr.headcount == 0 or float(np.mean(left.perfect)) <= 0.0:
        return
    same = left.revenue(NO_QUEUE)
    loses = any(left.alone_today(part).mean < 0.0 for part in left.parts)
    why = " Alone, some lose money: what they add takes the reps’ time, or the account executives’, from all others."
    heading(
        f"{money(max(same.mean, 0.0))} a year is lost while leads wait for a rep; what else is left on the table",
        "Expected revenue of the same leads if one thing were made perfect: alone, with today’s team, and on top of no "
        f"lead ever waiting for a rep, the mean over all orders in which the others are mended.{why if loses else ''}",
    )
    rows = [
        (upper_first(LABELS[part]), _with_range(left.alone_today(part)),
         _with_range(left.revenue(part)) if place else "–")
        for place, part in enumerate(left.parts)
    ]  # fmt: skip
    names = ["made perfect", "alone, today", "then, once no lead waits"]
    table(names, rows, numeric=names[1:])
    if report.bottleneck is not None:
        display_html(f'<p class="s">{escape(bottleneck_words(report.bottleneck))}.</p>')


def show_for_sales(report: Report) -> None:
    """Show the head of sales which rule comes first, what hires bring, and which month breaks."""
    advice = report.advice
    kept = kept_in_a_month(all_kept_months(report.years, SALES))
    if advice is None or not np.isfinite(kept.mean):
        return
    rule, worst = advice.first_rule, worst_month(report.years)
    first = "no free rule stands out" if rule is None else f"“{rule.lever.label}” before any hire"
    weak = "" if worst is None else f"; {month_name(report, worst[0])} is the month most at risk"
    heading(f"For the head of sales: {first}{weak}", _worst_note(report, advice))
    rows: list[Sequence[object]] = [("as it is", *_months(report, advice.judged.ranking.kept), "–")]
    if rule is not None:
        rows.append((rule.lever.label, *_months(report, rule.kept), _with_range(rule.contribution)))
    rows += [(_who(hire), *_months(report, hire.kept), _with_range(hire.contribution)) for hire in advice.judged.hires]
    wages = f"contribution, after {percent(report.scenario.sales.sdr.marketing_time.share)} of a rep’s wages"
    names = ["", "months with every promise kept", "range", wages]
    table(names, rows, numeric=names[1:])


def show_for_marketing(report: Report) -> None:
    """Show the head of marketing what goes to waste, what a deal costs, what more leads bring, and where that ends."""
    advice = report.advice
    if advice is None or not advice.next_leads:
        return
    unworked, here, cliff = report.mean("spend_unworked"), advice.curves[0], advice.curves[0].cliff
    today = float(np.interp(1.0, here.factors, here.handed_per_month.mean(axis=0)))
    past = cliff.in_sight and cliff.handed_per_month.mean < today
    heading(
        f"For the head of marketing: above {cliff.handed_per_month.mean:,.0f} leads a month"
        f"{_a_rep(report, cliff.handed_per_month.mean)}, each extra lead loses money; the plan delivers "
        f"{today:,.0f}{_moved(advice)}"
        if cliff.in_sight
        else "For the head of marketing: more leads of all sources together pay, up to the "
        f"{cliff.handed_per_month.mean:,.0f} a month{_a_rep(report, cliff.handed_per_month.mean)}, the most that was "
        f"tried{_losing_words(advice)}",
        f"Media spent on leads that nobody called: {money(unworked.mean)} a year, range {range_of(unworked, money)}. "
        + ("More leads now make every other lead wait longer. " if past else "")
        + safe_words(report, safe_volume(report.years))
        + (
            ""
            if cliff.in_sight
            else " Whether sales keeps its promises then is another question; “Try it” has some of these volumes."
        ),
    )
    show(
        volume.volume_cliff(advice.curves, today=today),
        alt=_cliff_words(advice),
        caption=f"Contribution by leads handed over a month, all sources together, in {advice.years} simulated years. "
        "Bands: 95% range."
        + (
            " Dots: the volume above which one more lead lowers contribution."
            * any(c.cliff.in_sight for c in advice.curves)
        ),
    )
    names = [
        "source",
        "media for one won deal",
        "range",
        f"each of the next {next_count(report.scenario):,} leads a year adds to contribution",
        "range of it",
    ]
    rows = [_source_row(report, name, lead.contribution) for name, lead in advice.next_leads.items()]
    table(names, rows, numeric=names[1:])


def _losing_words(advice: Advice) -> str:
    """Return which sources lose money with more leads of theirs alone, as the end of a title; empty for none."""
    losing = [name.replace("_", " ") for name, more in advice.next_leads.items() if more.contribution.high < 0.0]
    return f"; more from {' or '.join(losing)} alone would not" if losing else ""


def _a_rep(report: Report, leads: float) -> str:
    reps = report.scenario.sales.sdr.headcount
    return f", {leads / reps:,.0f} a rep" if reps > 1 else ""


# ---------------------------------------------------------------------- words and rows


def _lever_row(report: Report, effect: Effect) -> Sequence[object]:
    return (
        (effect.lever.label, _how(effect)),
        _with_range(effect.contribution),
        _months(report, effect.kept),
        "time for leads" if effect.lever.share_step < 0.0 else COSTS[effect.lever.cost],
    )


def _how(effect: Effect) -> str:
    """Return the options that make a change on any command; empty where they would be long or need a file."""
    if any(isinstance(value, dict) for value in effect.lever.overrides.values()):
        return ""
    options = " ".join(f"--set {path}={_plain_value(value)}" for path, value in effect.lever.overrides.items())
    return options if len(options) <= _LONGEST_OPTIONS else ""


def _plain_value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value


def _months(report: Report, kept: Interval) -> tuple[str, str]:
    if not np.isfinite(kept.mean):
        return ("no case", "")
    return (months(kept, report.months), month_range(kept, report.months))


def _who(hire: Effect) -> str | tuple[str, str]:
    """Return a hire as its row is named; of an account executive, that the whole wage counts."""
    if "sales.ae.headcount" not in hire.lever.overrides:
        return hire.lever.label
    return hire.lever.label, f"the whole wage {'saved' if hire.lever.yearly < 0.0 else 'counted'}; no promise is theirs"


def _with_range(interval: Interval) -> tuple[str, str]:
    return gain(interval.mean), range_of(interval, gain)


def _worst_note(report: Report, advice: Advice) -> str:
    worst = worst_month(report.years)
    if worst is None:
        return ""
    chance = worst[1]
    return (
        f"In {month_name(report, worst[0])}{closed_words(report, worst[0])}, sales keeps every promise with a chance "
        f"of {percent(chance.mean)} ({range_of(chance, percent)}). The table has the mean of all months, in the "
        f"{counted(advice.judged.year_count, 'simulated year')} in which the changes were judged."
    )


def _source_row(report: Report, name: str, more: Interval) -> Sequence[object]:
    row = list(report.scenario.marketing.sources).index(name)
    spend, won = (_by_year(report, column)[:, row] for column in ("spend", "won"))
    deal = ratio_of_sums(spend, won)
    return (
        upper_first(name.replace("_", " ")),
        money(deal.mean),
        range_of(Interval(deal.mean, float(np.maximum(deal.low, 0.0)), deal.high), money),
        money(more.mean),
        range_of(more, money),
    )


def _by_year(report: Report, column: str) -> Floats:
    return report.years.stacked("funnel")[:, :, FUNNEL_COLUMNS.index(column)]


def _moved(advice: Advice) -> str:
    """Return where the change to begin with moves the volume above which one more lead costs money."""
    if len(advice.curves) == 1:
        return ""
    moved = advice.curves[1].cliff
    beyond = "" if moved.in_sight else "more than "
    return f". After “{advice.curves[1].label}” it is {beyond}{moved.handed_per_month.mean:,.0f}"


def _cliff_words(advice: Advice) -> str:
    ends = []
    for curve in advice.curves:
        cliff = curve.cliff
        where = (
            f"highest at {cliff.handed_per_month.mean:,.0f} leads a month" if cliff.in_sight else "rising throughout"
        )
        ends.append(f"{curve.label}: {where}")
    return "Curves of contribution by leads handed over a month. " + "; ".join(ends) + "."
