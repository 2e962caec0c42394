"""What must marketing promise? The volume cliff, the goal back to leads, and how they should flow, as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smarketing_sim.charts.volume import volume_cliff
from smarketing_sim.decide.marketing_promise import MarketingPromise, marketing_promise, to_json
from smarketing_sim.experiment import results
from smarketing_sim.files import write_parquet
from smarketing_sim.report.marketing_promise.sections import show_burst, show_next, show_pacing, show_split
from smarketing_sim.report.marketing_promise.words import (
    cliff_rows,
    cliff_words,
    goal_rows,
    goal_words,
    is_lowest,
    leads,
    moves_words,
    needed,
    needed_words,
    pays_up_to,
    pays_up_to_range,
    quoted,
    ranged,
    source_rows,
)
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, heading, record, say, show, table
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import counted, money, percent, upper_first

PARAMETERS: dict[str, type] = {"chance": float}
"""Parameters of the notebook beside those of every report."""


def prepare(namespace: Mapping[str, Any]) -> MarketingPromise:
    """Check a notebook's parameters and find out what marketing must promise.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.

    Raises
    ------
    InputError
        If a parameter cannot be used, the scenario has problems, or no lead is handed over.
    RunFailed
        If a simulated year failed.
    """
    with ask(namespace, **PARAMETERS) as question:
        promise = marketing_promise(question.scenario, question.simulation, chance=question.params["chance"])
    if question.params["tables_dir"]:
        write_tables(promise, Path(question.params["tables_dir"]))
    return promise


def show_answer(promise: MarketingPromise) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    goal = promise.as_it_is.goal
    paper = "" if goal is None or not math.isfinite(goal.on_paper_per_month) else (
        f"For the goal, a spreadsheet that knows no queue asks for {leads(goal.on_paper_per_month)} leads a month. "
    )  # fmt: skip
    lead = (
        f"{moves_words(promise)}{paper}Every source and campaign grows or shrinks alike, in the same "
        f"{counted(len(promise.today.measures), 'simulated year')} at each number of leads."
    )
    display_html(answer_html(finding(promise), lead, _cards(promise)))


def finding(promise: MarketingPromise) -> str:
    """Return the page's answer in a sentence or two."""
    return cliff_words(promise.as_it_is) + goal_words(promise)


def show_cliff(promise: MarketingPromise) -> None:
    """Show contribution by the number of leads, where one more stops paying, and what moves that point."""
    here, others = promise.as_it_is, promise.courses[1:]
    furthest = max(others, key=lambda course: course.curve.cliff.handed_per_month.mean)
    further = furthest.curve.cliff.handed_per_month.mean > here.curve.cliff.handed_per_month.mean
    text = f"; {quoted(furthest)} moves it furthest, to {pays_up_to(furthest.curve)}" if further else ""
    beside = (
        "Shown with it: the best of the plan’s own free alternatives, and"
        if len(others) > 1
        else "No free alternative of the plan’s own brings more, so shown with it:"
    )
    heading(
        f"Even {leads(here.curve.cliff.handed_per_month.mean)} leads a month are too many to pay{text}"
        if is_lowest(here.curve)
        else f"An extra lead pays up to {pays_up_to(here.curve)} a month{text}",
        "Beyond that point an extra lead makes the others wait, and that costs more than it brings. "
        f"{beside} {others[-1].label}.",
    )
    show(
        volume_cliff([course.curve for course in promise.courses], today=here.today_per_month),
        alt="Curves of contribution by leads handed over a month. An extra lead pays up to: "
        + "; ".join(f"{course.label} {pays_up_to(course.curve)}" for course in promise.courses)
        + ".",
        caption="Bands: 95% range. Dots: the number of leads above which one more lowers contribution.",
    )
    names = ["plan", "one more lead pays up to, a month", "contribution there", "vs today’s plan"]
    table(names, cliff_rows(promise), numeric=names[1:])


def show_goal(promise: MarketingPromise) -> None:
    """Show how many leads the goal takes, by source, in count and in money."""
    goal, here = promise.scenario.goal, promise.as_it_is
    if here.goal is None:
        heading("No goal is set, so none can be traced back to leads", "It goes under goal: in the plan’s file.")
        return
    way = promise.way_to_goal
    text = "No number of leads tried reaches" if way is None else f"{needed_words(way)} leads a month reach"
    paper = here.goal.on_paper_per_month
    asks = f"; a spreadsheet asks for {leads(paper)}" if math.isfinite(paper) else ""
    by = "" if way in (None, here) else f" with {quoted(way)}"
    heading(
        f"{upper_first(text)} {money(goal.from_marketing)}{by}{asks}",
        f"The least of the numbers tried at which a single year reaches marketing’s goal with a chance of "
        f"{percent(promise.chance)}. The spreadsheet divides the goal by what a lead is worth that is called at once; "
        "it knows no queue. Where no number reaches the goal that often, the best chance of all is given.",
    )
    names = ["plan", "leads a month for the goal", "chance to reach it", "most revenue of all tried", "at leads"]
    table(names, goal_rows(promise), numeric=names[1:])
    if way is None:
        return
    columns = ["source", "leads a month", "each worth on paper", "together", "media cost"]
    caption = f"What {'the goal takes' if way is here else f'the goal takes with {quoted(way)}'}, by source, a month"
    table(columns, source_rows(way), caption=caption, numeric=columns[1:])
    display_html(
        '<p class="s">Sources share the leads as in the plan’s file, and worth on paper follows from the file alone: '
        "no chance is in these, so no range is given. What campaigns cost is not in the media cost.</p>"
    )


def show_reading(promise: MarketingPromise) -> None:
    """Show how to read the answer, what would change it, and what it leaves out."""
    decay = promise.scenario.decay.preset.replace("_", " ")
    heading("How to read this, what would change it, and what it leaves out")
    say(
        "\n".join(
            [
                "- A promise of many leads is only worth making to a team that can work them. Move the point first, by "
                "what is free, and promise more then.",
                "- If more reps hardly move the point, somebody else is full: look at the account executives and how "
                "many deals each can hold open.",
                f"- How steep the fall is follows from the order of the queue and from how fast interest fades (this "
                f"plan believes in “{escape(decay)}”). Where waiting costs nothing, more leads cost media alone.",
                "- The goal is looked for among the numbers of leads that were tried, so it is a little coarse. The "
                "chance is that of a single year, and years stray: a year may miss a goal that the mean reaches.",
                "- More leads are as good as today’s and cost as much each. Real sources run dry; a source that has to "
                "pay more for each further lead turns earlier.",
                "- Deals that sales sources itself, and customers who buy again, are not simulated.",
            ]
        )
    )


def record_results(promise: MarketingPromise) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = [card.as_dict() for card in _cards(promise)]
    facts = {"finding": finding(promise), "digest": promise.scenario.digest, "headline": cards}
    record({**facts, "results": to_json(promise)})


def key_figures(promise: MarketingPromise) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    lines = [(course.label, pays_up_to(course.curve), needed_words(course)) for course in promise.courses]
    text = "\n".join(f"{label:<44}{cliff:>14}{goal:>22}" for label, cliff, goal in lines)
    return f"{text}\nleads by the 15th {leads(float(promise.pacing.expected[14])):>8}"


def write_tables(promise: MarketingPromise, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: every curve by year, the next leads, and the pacing line."""
    curves = [
        {"plan": course.label, "factor": float(factor), "replication": year,
         "handed_per_month": float(course.curve.handed_per_month[year, place]),
         "contribution": float(course.curve.contribution[year, place]),
         "revenue": float(course.curve.goal_revenue[year, place])}
        for course in promise.courses
        for place, factor in enumerate(course.curve.factors)
        for year in range(len(course.curve.contribution))
    ]  # fmt: skip
    more = [
        {"source": name, "mean": one.contribution.mean, "low": one.contribution.low,
         "high": one.contribution.high, "handed_count": one.handed_count}
        for name, one in promise.next_leads.items()
    ]  # fmt: skip
    line = promise.pacing
    pacing = {"day": np.arange(1, 32), "expected": line.expected, "low": line.low, "high": line.high,
              "promised": line.promised}  # fmt: skip
    columns = ["source", "mean", "low", "high", "handed_count"]
    write_parquet(pd.DataFrame(curves), folder / "curves.parquet")
    write_parquet(pd.DataFrame(more, columns=columns), folder / "next_leads.parquet")
    write_parquet(pd.DataFrame(pacing), folder / "pacing.parquet")


# ---------------------------------------------------------------------- words and rows


def _cards(promise: MarketingPromise) -> list[Card]:
    label = "leads a month up to which one more pays"
    cards = [Card(f"{label}, {course.label}", pays_up_to(course.curve), _cliff_note(promise, number))
             for number, course in enumerate(promise.courses[:2])]  # fmt: skip
    goal = promise.as_it_is.goal
    if goal is None:
        return cards
    way, reached = promise.way_to_goal, results.goal_reached(promise.today)
    amount = money(goal.goal)
    if way is None:
        cards.append(Card(f"leads a month for the goal of {amount}", "none", "of all numbers tried"))
    else:
        note = way.label if way is not promise.as_it_is else f"with a chance of {percent(promise.chance)}"
        cards.append(Card(f"leads a month for the goal of {amount}", leads(needed(way)), note))
    cards.append(Card("chance to reach the goal, as planned", percent(reached.mean), ranged(reached, percent)))
    return cards


def _cliff_note(promise: MarketingPromise, number: int) -> str:
    words = pays_up_to_range(promise.courses[number].curve)
    return words if words == "no range" else f"range {words}"


__all__ = [
    "PARAMETERS",
    "finding",
    "key_figures",
    "prepare",
    "record_results",
    "show_answer",
    "show_burst",
    "show_cliff",
    "show_goal",
    "show_next",
    "show_pacing",
    "show_reading",
    "show_split",
    "write_tables",
]
