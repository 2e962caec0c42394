"""The answer first: one sentence, then the few numbers that a leader needs."""

from __future__ import annotations

from typing import Any

import numpy as np

from smarketing_sim.charts.years import busiest_hour, half_called
from smarketing_sim.decide.advice import AT_WAGES
from smarketing_sim.decide.ranking import KEPT_FROM
from smarketing_sim.decide.settled_load import load_json
from smarketing_sim.experiment import results
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import display_html, record
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.contract import Clause, DepthClause, FeedbackClause, SpeedClause
from smarketing_sim.scenario.money import Goal
from smarketing_sim.scenario.schema import Scenario
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
    wait,
)
from smarketing_sim.words.settling import backlog_words, unsettled_words

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def show_answer(report: Report) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    cards = "".join(_card(label, value, note) for label, value, note in headline_cards(report))
    lead = " ".join(_context(report))
    display_html(
        f'<h1>{unbroken(answer(report))}</h1><p class="lead">{escape(lead)}</p><div class="cards">{cards}</div>'
    )


def answer(report: Report) -> str:
    """Return the report's answer, first whether the plan settles at all."""
    settled = unsettled_words(report.stability.to_json())
    return f"{settled} {_promise_kept(report)}".strip()


def _promise_kept(report: Report) -> str:
    name = first_promise(report.scenario)
    if name is None:
        expected = report.mean("expected_revenue")
        return f"No contract is written yet; this plan brings {money(expected.mean)}, {range_of(expected, money)}."
    promise, kept = promise_name(report.scenario.sla[name]), report.clauses[name].kept
    if not np.isfinite(kept.mean):
        why = (
            "no month has open hours to judge a lead by"
            if report.total("handed").mean > 0
            else "no lead is handed over"
        )
        return f"The {promise} promise has no case: {why} in this plan."
    ceiling = report.clauses[name].ceiling
    out_of_reach = ceiling is not None and ceiling < report.scenario.sla[name].target
    tail = f" No number of reps could keep it: at most {percent(ceiling)} is possible." if out_of_reach else ""
    share = f"{months(kept, report.months)} months, {_range_words(kept, report.months)}"
    return f"The {promise} promise is kept in {share}.{tail}{what_to_do(report)}"


def what_to_do(report: Report) -> str:
    """Return what to do as a sentence to follow another one; empty where nothing was tried or promised."""
    advice = report.advice
    if advice is None or not np.isfinite(advice.ranking.kept.mean):
        return ""
    if advice.ranking.kept.mean >= KEPT_FROM:
        rule = advice.first_rule
        over = report.scenario.economics.counted
        more = "" if rule is None else f"; “{rule.lever.label}” still adds {money(rule.contribution.mean)} {over}"
        return f" Sales keeps every promise as it is{more}."
    if advice.action is None:
        return " Nothing we tried keeps every sales promise: no free change, and not even three more reps."
    action, share = advice.action, report.scenario.sales.sdr.marketing_time.share
    wages = f", at {percent(share)} of the wages" if share < 1.0 and action.price == AT_WAGES else ""
    return (
        f" What keeps every sales promise in {percent(KEPT_FROM)} of months, {action.price}: "
        f"{lower_first(action.label)} ({gain(action.contribution.mean)} of contribution{wages})."
    )


def first_promise(scenario: Scenario) -> str | None:
    """Return the clause that the headline is about: the first one on speed, else the first that sales promises."""
    clauses = scenario.sla.items()
    speed = [name for name, clause in clauses if isinstance(clause, SpeedClause)]
    sales = [name for name, clause in clauses if clause.side == "sales"]
    return next(iter([*speed, *sales, *scenario.sla]), None)


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
    cards = []
    name = first_promise(report.scenario)
    if name is not None and np.isfinite(report.clauses[name].kept.mean):
        label = f"months in which the {promise_name(report.scenario.sla[name])} promise is kept"
        cards.append(
            (
                label,
                months(report.clauses[name].kept, report.months),
                _range_words(report.clauses[name].kept, report.months),
            )
        )
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
            "finding": answer(report),
            "digest": report.scenario.digest,
            "results": _results(report),
            "headline": [{"label": label, "value": value, "range": note} for label, value, note in cards[:4]],
        }
    )


def _results(report: Report) -> dict[str, Any]:
    """Return what ``smarketing run --json`` answers."""
    found = results.to_json(report.years)
    return {**found, "load_check": {**found["load_check"], **load_json(report.years)}}


def _context(report: Report) -> list[str]:
    """Return two or three sentences on what stands behind the answer."""
    sentences = []
    business, wall = half_called(report.years)
    if np.isinf(business):
        sentences.append("More than half of the leads are never called.")
    elif np.isfinite(business):
        sentences.append(
            f"Half of the leads are called within {wait(business)} of business time; for the "
            f"buyer, who does not stop the clock at night, that is {span(wall)}."
        )
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
    when, count = busiest_hour(report.years)
    if count >= 1.0:
        sentences.append(f"The queue is longest on {when}: {counted(round(count), 'lead')} on average.")
    return sentences or ["No activity in the simulated period."]


def _one_year(report: Report, revenue: Interval) -> str:
    spread = results.one_year(report.years)
    single = f"; one year may land {money(spread['p10'])} to {money(spread['p90'])}" if spread else ""
    return f"range {range_of(revenue, money)}{single}"


def _range_words(kept: Interval, total: int) -> str:
    low_high = month_range(kept, total)
    return "no range" if low_high == "no range" else f"range {low_high}"


def _number(amount: float) -> str:
    return _NUMBERS[int(amount)] if amount == int(amount) and amount <= 12 else f"{amount:g}"


def _card(label: str, value: str, note: str) -> str:
    return f'<div class="c"><small>{escape(label)}</small><b>{escape(value)}</b><small>{escape(note)}</small></div>'
