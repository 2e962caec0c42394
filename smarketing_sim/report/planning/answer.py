"""The answer first: one sentence, then the few numbers that a leader needs."""

from __future__ import annotations

import datetime as dt

import numpy as np

from smarketing_sim.charts.years import busiest_hour, half_called
from smarketing_sim.decide.advice import Action, Advice, worst_month
from smarketing_sim.decide.bottleneck import Bottleneck
from smarketing_sim.decide.judging import IDLE_PLACES, SUREST_FIRST, certainty
from smarketing_sim.decide.ranking import KEPT_FROM, Effect
from smarketing_sim.decide.safe_volume import SafeVolume, safe_volume
from smarketing_sim.decide.settled_load import run_json
from smarketing_sim.experiment import results
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import display_html, record
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.contract import Clause, DepthClause, FeedbackClause, SpeedClause
from smarketing_sim.scenario.money import Goal
from smarketing_sim.words.markup import escape, unbroken
from smarketing_sim.words.numbers import (
    counted,
    gain,
    lower_first,
    money,
    month_range,
    months,
    percent,
    range_of,
    span,
    upper_first,
    wait,
)
from smarketing_sim.words.settling import backlog_words, unsettled_words
from smarketing_sim.world.timeline import add_months

_SIDES = ("sales", "marketing")
_IDLE = 0.7
"""Below this share of their time in use, more reps are no answer to a want of time."""
_LITTLE = 0.25
"""Where all people and tools leave less than this share of the contribution, the page says so at its top."""
_ALONE = 0.02
"""Where a side keeps all it promises in hardly fewer months than its weakest promise, that one is named."""
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def show_answer(report: Report) -> None:
    """Show the answer in one sentence, what to do, what stands behind it, and the headline numbers."""
    cards = "".join(_card(label, value, note) for label, value, note in headline_cards(report))
    lead = " ".join(_context(report))
    first, rest = answer(report)
    then = f'<p class="do">{escape(rest)}</p>' if rest else ""
    display_html(f'<h1>{unbroken(first)}</h1>{then}<p class="lead">{escape(lead)}</p><div class="cards">{cards}</div>')


def answer(report: Report) -> tuple[str, str]:
    """Return the report's answer: whether the plan settles or else whether the contract is kept; and what to do."""
    settled = unsettled_words(report.stability.to_json())
    first, *rest = [
        text
        for text in (settled, contract_kept(report), what_marketing_could_promise(report), what_to_do(report))
        if text
    ]
    return first, " ".join(rest)


def contract_kept(report: Report) -> str:
    """Return for both sides in how many months they keep what they promise, and for the contract as a whole."""
    if not report.scenario.sla:
        expected = report.mean("expected_revenue")
        return f"No contract is written yet; this plan brings {money(expected.mean)}, {range_of(expected, money)}."
    promised = {one.side for one in report.scenario.sla.values()}
    sides = [side for side in _SIDES if side in promised]
    parts = "; ".join(_side_words(report, side, short=place > 0) for place, side in enumerate(sides))
    judged = [side for side in _SIDES if np.isfinite(_kept(report, side).mean)]
    whole, total = _kept(report, *judged), report.months
    all_of_it = f", so the whole contract holds in {_months_words(whole, total, short=True)}" if len(judged) > 1 else ""
    return f"{upper_first(parts)}{all_of_it}.{_out_of_reach(report)}"


def _kept(report: Report, *sides: str) -> Interval:
    """Return the chance that a month keeps every promise of some sides."""
    return kept_in_a_month(all_kept_months(report.years, sides))


def _side_words(report: Report, side: str, *, short: bool) -> str:
    """Return in how many months a side keeps what it promises, and which promise it is that breaks."""
    kept, total = _kept(report, side), report.months
    if not np.isfinite(kept.mean):
        handed = report.total("handed").mean > 0
        why = "no month has open hours to judge a lead by" if handed else "no lead is handed over"
        return f"{side} has no case, for {why}"
    clauses = {name: report.clauses[name].kept.mean for name, one in report.scenario.sla.items() if one.side == side}
    weak = min(clauses, key=lambda name: clauses[name] if np.isfinite(clauses[name]) else np.inf)
    which = "all it promises" if len(clauses) > 1 else f"its {promise_name(report.scenario.sla[weak])} promise"
    if len(clauses) > 1 and kept.mean < KEPT_FROM and clauses[weak] - kept.mean < _ALONE:
        which = f"its {promise_name(report.scenario.sla[weak])} promise"
    return f"{side} keeps {which} in {_months_words(kept, total, short=short)}"


def _months_words(kept: Interval, total: int, *, short: bool = False) -> str:
    """Return in how many months something is kept, with the range; ``short`` does not say again of how many."""
    low_high, count = month_range(kept, total), months(kept, total)
    words = count.removesuffix(f" of {total}") if short else f"{count} months"
    return words if low_high == "no range" else f"{words} ({low_high})"


def _out_of_reach(report: Report) -> str:
    """Return the promise that no number of reps could keep as a sentence; empty where there is none."""
    for name, clause in report.scenario.sla.items():
        ceiling = report.clauses[name].ceiling
        if clause.side == "sales" and ceiling is not None and ceiling < clause.target:
            who = f" No number of reps could keep the {promise_name(clause)} promise"
            return f"{who}: at most {percent(ceiling)} is possible."
    return ""


def what_marketing_could_promise(report: Report) -> str:
    """Return the number of leads that marketing could promise, where it is its number that breaks the contract most."""
    marketing, sales, safe = _kept(report, "marketing"), _kept(report, "sales"), safe_volume(report.years)
    weakest = marketing.mean < KEPT_FROM and not sales.mean < marketing.mean
    return safe_words(report, safe) if safe is not None and weakest and safe.safe < safe.promised else ""


def safe_words(report: Report, safe: SafeVolume | None) -> str:
    """Return how many leads marketing could promise as a sentence; empty where it promises no number."""
    if safe is None:
        return ""
    if safe.seasonal:
        least, most = (
            f"{end:,} in {month_name(report, safe.by_month.index(end))}"
            for end in (min(safe.by_month), max(safe.by_month))
        )
        return (
            f"Marketing promises {safe.promised:,.0f} leads in every month, and its leads follow the season: promise "
            f"month by month, from {least} to {most}, and {percent(KEPT_FROM)} of years keep each of them."
        )
    return (
        f"Marketing promises {safe.promised:,.0f} leads a month; a promise of {safe.safe:,} would be kept in "
        f"{percent(safe.kept.mean)} of months ({range_of(safe.kept, percent)})."
    )


def what_to_do(report: Report) -> str:
    """Return what to do as a sentence; empty where nothing was tried or promised."""
    advice, kept = report.advice, _kept(report, "sales")
    if advice is None or not np.isfinite(kept.mean):
        return ""
    today, rule, share = certainty(kept), advice.first_rule, percent(KEPT_FROM)
    if today in ("keeps", "very probably keeps"):
        over = report.scenario.economics.counted
        more = "" if rule is None else f" “{rule.lever.label}” still adds {money(rule.contribution.mean)} {over}."
        why = "" if rule is None else why_not_the_largest(report, rule)
        return f"Sales {today} every promise in {share} of months as it is.{more}{why}"
    if advice.action is None:
        near = advice.closest
        how = "" if near is None else f"; “{near.lever.label}” comes closest, {_months_words(near.kept, report.months)}"
        return f"Nothing we tried surely keeps every sales promise in {share} of months{how}."
    action = advice.action
    time = report.scenario.sales.sdr.marketing_time.share
    wages = f", {percent(time)} of their wages counted" if time < 1.0 and action.at_wages else ""
    effect, surely = action.effect, f"{action.certainty} every sales promise in {share} of months"
    return (
        f"{_may_be_enough(report, advice)}What {surely}{'' if action.at_wages else ', '}"
        f"{'' if action.at_wages else action.price}: "
        f"{lower_first(effect.lever.label)} ({gain(effect.contribution.mean)} of contribution{wages})."
        f"{_idle_words(report, action)}{why_not_the_largest(report, effect)}"
    )


def _may_be_enough(report: Report, advice: Advice) -> str:
    """Return the cheaper change that may keep every sales promise, to begin with; empty for none."""
    probable = advice.cheaper
    if probable is None:
        return ""
    kept, fresh = _months_words(probable.effect.kept, report.months), advice.judged.year_count
    return (
        f"Try first, {probable.price}: “{lower_first(probable.effect.lever.label)}” may be enough, {kept} in "
        f"{counted(fresh, 'simulated year')}. "
    )


def _idle_words(report: Report, action: Action) -> str:
    """Return that people are hired who will mostly wait, and for which month; empty where the team is busy."""
    busy, worst = report.mean("sdr_utilisation"), worst_month(report.years)
    if not action.at_wages or worst is None or not busy.mean < _IDLE:
        return ""
    closed = closed_words(report, worst[0])
    look = "who is there when it opens again" if closed else "who could cover it"
    return (
        f" But the reps are busy for only {percent(busy.mean)} of their time for these leads, and the promise breaks "
        f"above all in {month_name(report, worst[0])}{closed}: see {look} before you hire."
    )


def month_name(report: Report, number: int) -> str:
    """Return the name of a month of the horizon, from 0."""
    return f"{add_months(report.scenario.run.starts_on, number):%B}"


def closed_words(report: Report, number: int) -> str:
    """Return on how many business days of a month the company is closed, as an aside; empty where on none."""
    first, following = (add_months(report.scenario.run.starts_on, month) for month in (number, number + 1))
    closed = report.scenario.calendar.closed_days(first, following - dt.timedelta(days=1))
    return f", with {counted(closed, 'business day')} closed" if closed else ""


def why_not_the_largest(report: Report, chosen: Effect) -> str:
    """Return why the change that brings most at no cost is not the one to make; empty where it is."""
    most = None if report.advice is None else report.advice.surest_gain
    if most is None or most.lever.id == chosen.lever.id or most.contribution.mean <= chosen.contribution.mean:
        return ""
    brings = f" “{most.lever.label}” would bring {gain(most.contribution.mean)}"
    if most.kept.mean < KEPT_FROM:
        return f"{brings}, but keeps every sales promise in {_months_words(most.kept, report.months)}."
    if SUREST_FIRST.index(certainty(most.kept)) > SUREST_FIRST.index(certainty(chosen.kept)):
        return f"{brings}, but whether it keeps every sales promise is less sure."
    return f"{brings}; these years cannot tell the two apart, and the first is the simpler."


def promise_name(clause: Clause) -> str:
    """Return what people call a promise, such as ``six-hour`` or ``four-attempt``."""
    if isinstance(clause, SpeedClause):
        unit = (
            f"business-{clause.within.unit}"
            if clause.within.unit != "hour" and clause.within.business
            else clause.within.unit
        )
        return f"{_number(clause.within.amount)}-{unit}"
    if isinstance(clause, DepthClause):
        return f"{_number(clause.attempts)}-attempt"
    return "feedback" if isinstance(clause, FeedbackClause) else clause.kind


def headline_cards(report: Report) -> list[tuple[str, str, str]]:
    """Return the headline numbers as (label, value, note), the second one the chance to reach the goal."""
    cards, sides = [], [side for side in _SIDES if np.isfinite(_kept(report, side).mean)]
    if sides:
        whole = _kept(report, *sides)
        label = "months in which the whole contract holds" if len(sides) > 1 else "months in which all is kept"
        cards.append((label, months(whole, report.months), _range_words(whole, report.months)))
    goal, reached = report.scenario.goal, results.goal_reached(report.years)
    if np.isfinite(reached.mean):
        cards.append(
            (
                f"chance to reach {_goal_words(goal)}",
                percent(reached.mean),
                f"range {range_of(reached, percent)}",
            )
        )
    revenue = report.mean("expected_revenue")
    cards.append(("revenue expected from this year’s leads", money(revenue.mean), _one_year(report, revenue)))
    contribution = report.mean("contribution")
    cards.append(
        (
            f"contribution {report.scenario.economics.counted}",
            money(contribution.mean),
            f"range {range_of(contribution, money)}",
        )
    )
    return cards


def _goal_words(goal: Goal) -> str:
    whole = goal.marketing_share == 1.0
    return f"{'the goal of' if whole else 'marketing’s part of the goal,'} {money(goal.from_marketing)}"


def record_results(report: Report) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = headline_cards(report)
    record(
        {
            "finding": " ".join(answer(report)).strip(),
            "digest": report.scenario.digest,
            "results": run_json(report.years, report.settled_load),
            "headline": [{"label": label, "value": value, "range": note} for label, value, note in cards[:4]],
        }
    )


def _context(report: Report) -> list[str]:
    """Return two or three sentences on what stands behind the answer."""
    sentences = []
    business, wall = half_called(report.years)
    if np.isinf(business):
        sentences.append("More than half of the leads are never called.")
    elif np.isfinite(business):
        system = report.mean("system_delay_minutes").mean
        buyer = f"for the buyer, who does not stop the clock at night, that is {span(wall)}"
        if wall - business <= 2.0 * system:
            part = "nearly all" if system > 0.9 * wall else span(system)
            buyer = f"for the buyer that is {span(wall)}, {part} of it before a rep could see the lead"
        sentences.append(f"Half of the leads are called within {wait(business)} of business time; {buyer}.")
    if report.stability.verdict == "filling":
        sentences.append(f"The plan is {backlog_words(report.stability.to_json())}.")
    planned, busy = report.mean("load_with_early_stopping"), report.mean("sdr_utilisation")
    if np.isinf(planned.mean):
        sentences.append("Nobody is there to call these leads.")
    elif np.isfinite(busy.mean) and planned.mean > 1.0:
        sentences.append(
            f"The plan needs {percent(planned.mean)} of the rep time available for these leads, so some are called "
            "late and some not at all."
        )
    elif np.isfinite(busy.mean):
        sentences.append(f"The reps are busy for {percent(busy.mean)} of the time that they have for these leads.")
    places = report.mean("ae_utilisation")
    if places.high < IDLE_PLACES:
        sentences.append(f"Account executives use {percent(places.mean)} of their places for open deals.")
    loaded = report.mean("contribution_loaded")
    if loaded.high < 0.0:
        terms = report.scenario.economics
        over = "" if terms.is_one_off else f" {terms.counted}"
        sentences.append(f"All people and tools counted, the plan loses {money(-loaded.mean)}{over}.")
    elif loaded.mean < _LITTLE * report.mean("contribution").mean:
        sentences.append(f"All people and tools counted, {money(loaded.mean)} of the contribution is left.")
    if report.bottleneck is not None:
        sentences.append(f"{bottleneck_words(report.bottleneck)}.")
    when, count = busiest_hour(report.years)
    if count >= 1.0:
        sentences.append(f"The queue is longest on {when}: {counted(round(count), 'lead')} on average.")
    return sentences or ["No activity in the simulated period."]


def bottleneck_words(found: Bottleneck) -> str:
    """Return whose time is short and what waits behind them, as a sentence without its full stop."""
    amount = f"{money(found.lost.mean)} a year ({range_of(found.lost, money)})"
    if found.stage == "reps":
        return f"Reps are the bottleneck: {amount} of expected revenue is lost while leads wait for one"
    return f"Account executives are full: {amount} of expected revenue fades while deals wait for one"


def _one_year(report: Report, revenue: Interval) -> str:
    spread = results.one_year(report.years)
    single = f"; eight years of ten bring {money(spread['p10'])} to {money(spread['p90'])}" if spread else ""
    return f"range {range_of(revenue, money)}{single}"


def _range_words(kept: Interval, total: int) -> str:
    low_high = month_range(kept, total)
    return "no range" if low_high == "no range" else f"range {low_high}"


def _number(amount: float) -> str:
    return _NUMBERS[int(amount)] if amount == int(amount) and amount <= 12 else f"{amount:g}"


def _card(label: str, value: str, note: str) -> str:
    return f'<div class="c"><small>{escape(label)}</small><b>{escape(value)}</b><small>{escape(note)}</small></div>'
