"""The scorecard in words: every number of an answer with its range, and what changed against the pinned plan."""

from __future__ import annotations

from collections.abc import Callable

from smarketing_sim.lab.changed_values import moved_by_hand, only_promises
from smarketing_sim.lab.simulated_years import Answer
from smarketing_sim.lab.state import State, lever_on
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import (
    business_span,
    counted,
    gain,
    money,
    more_points,
    percent,
    ranged,
    readable,
    span,
    wait,
)
from smarketing_sim.words.settling import backlog_words, unsettled_words
from smarketing_sim.words.tables import table_html

_Words = Callable[[float | None], str]

_CALLED = "half of the leads are called within, business clock"


def scorecard_html(answer: Answer) -> str:
    """Return clauses, goal, revenue, contribution and utilisation as HTML; all text from the plan is escaped."""
    card = answer.scorecard
    names = [clause["id"].removeprefix("sla.") for clause in card["clauses"]]
    clauses = [
        (
            (readable(name), f"{clause['promised_by']}: {clause['text']}"),
            ranged(clause["attainment"], percent),
            ranged(clause["p_kept"], percent),
        )
        for name, clause in zip(names, card["clauses"], strict=True)
    ]
    headings = ("who promises what", "attained (range)", "chance kept in a month (range)")
    contract = table_html(headings, clauses) if clauses else "<p>No contract is written in this plan.</p>"
    money_table = table_html(("what it comes to", "mean (range)"), figures(answer))
    told = (unsettled_words(card["stability"]), _contribution_told(answer), _years_told(answer))
    message = "".join(f"<p>{escape(text)}</p>" for text in told if text)
    return f'<div class="lab-card">{contract}{money_table}{message}</div>'


def figures(answer: Answer) -> list[tuple[str, str]]:
    """Return the figures below the contract as (label, number with its range)."""
    card = answer.scorecard
    rows = [("all clauses kept in a month", ranged(card["p_all_kept"]["month"], percent))]
    if card["goal"]["target"] is not None:
        goal = f"chance that a year reaches the goal of {money(card['goal']['target'])}"
        rows.append((goal, ranged(card["goal"]["p_reached"], percent)))
    return [
        *rows,
        ("revenue expected from the year’s leads", ranged(card["revenue"]["expected"], money)),
        (_contribution(answer), ranged(card["contribution"], money)),
        (_CALLED, ranged(card["response_minutes"]["business"]["p50"], wait)),
        ("reps’ time in use (utilisation)", ranged(card["utilisation"]["sdr"], percent)),
        ("account executives’ time in use", ranged(card["utilisation"]["ae"], percent)),
        ("a deal waits for an account executive", ranged(card["measures"]["ae_wait_minutes"], span)),
        ("revenue that fades while deals wait", ranged(card["measures"]["faded_revenue"], money)),
        ("backlog", backlog_words(card["stability"])),
    ]


def comparison_html(answer: Answer) -> str:
    """Return what differs from the pinned plan, with its range, as HTML; empty where none is pinned."""
    if answer.comparison is None:
        return ""
    measures = answer.comparison["measures"]
    shown: list[tuple[str, str, _Words, _Words]] = [
        *((name, f"chance kept in a month: {readable(name.removeprefix('p_kept.'))}", percent, more_points)
          for name in measures if name.startswith("p_kept.")),
        ("expected_revenue", "revenue expected from the year’s leads", money, gain),
        ("contribution", _contribution(answer), money, gain),
        ("response_business_p50_minutes", _CALLED, wait, business_span),
        ("sdr_utilisation", "reps’ time in use", percent, more_points),
    ]  # fmt: skip
    rows = [
        (label, show(measures[name]["a"]["mean"]), show(measures[name]["b"]["mean"]),
         ranged(measures[name]["difference"], show_difference))
        for name, label, show, show_difference in shown
    ]  # fmt: skip
    title = f"Against the pinned plan, in the same {counted(answer.years, 'simulated year')} with the same leads"
    table = table_html(("", "pinned", "now", "difference (range)"), rows, caption=title)
    return f'<div class="lab-card">{table}</div>'


def changes_html(state: State) -> str:
    """Return what was moved, and what it costs beside the contribution, as HTML."""
    levers = [lever for name, lever in state.base.alternatives.items() if lever_on(state, name)]
    moved = [lever.label for lever in levers] + moved_by_hand(state, {path for lever in levers for path in lever.set})
    if state.setting.lead_factor != 1.0:
        moved.append(f"leads of every source and campaign: {percent(state.setting.lead_factor)} of the plan’s")
    once, yearly = sum(a.one_off for a in levers), sum(a.yearly for a in levers)
    costs = [f"{money(usd)} {when}" for usd, when in ((once, "once"), (yearly, "a year")) if usd > 0]
    beside = f" Not in the contribution: {' and '.join(costs)} for these levers." if costs else ""
    beside += " Only the promise changed; what the reps do stays as it was." if only_promises(state) else ""
    return f"<p>{escape('Now: ' + ('; '.join(moved) or 'the plan as it was opened') + '.' + beside)}</p>"


def _years_told(answer: Answer) -> str:
    years = counted(answer.years, "simulated year")
    return f"{'' if answer.final else 'A first look: '}{years}; ranges are 95%."


def _contribution(answer: Answer) -> str:
    return f"contribution {answer.experiment.scenario.economics.counted}"


def _contribution_told(answer: Answer) -> str:
    later = "" if answer.experiment.scenario.economics.is_one_off else ", discounted"
    return (
        f"{_contribution(answer).capitalize()}: the margin on the year’s leads{later}, less media and the wages "
        "for the share of the reps’ day that is meant for leads. More reps, more wages."
    )
