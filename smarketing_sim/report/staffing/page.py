"""How many people? The least headcount that keeps the sales promises, beside what is free, as a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.decide.staffing import Staffing, Step, staff
from smarketing_sim.decide.staffing_answer import notes, to_json
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, heading, record, say, show, table
from smarketing_sim.report.staffing.charts import staffing_chart
from smarketing_sim.scenario.units import share_text
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import counted, gain, money, percent, range_of, readable

PARAMETERS: dict[str, type] = {"keep": float}
"""Parameters of the notebook beside those of every report."""


def prepare(namespace: Mapping[str, Any]) -> Staffing:
    """Check a notebook's parameters and find the headcount.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.

    Raises
    ------
    InputError
        If a parameter cannot be used, the scenario has problems, or sales promises nothing.
    RunFailed
        If a simulated year failed.
    """
    with ask(namespace, **PARAMETERS) as question:
        answer = staff(question.scenario, question.simulation, keep=question.params["keep"])
    if question.params["tables_dir"]:
        write_tables(answer, Path(question.params["tables_dir"]))
    return answer


def show_answer(answer: Staffing) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    named = ", ".join(name.replace("_", " ") for name in answer.promise.clauses)
    lead = (
        f"Kept means: all sales promises ({named}) are kept in a month, and that in {percent(answer.promise.keep)} "
        f"of months. Lead volume does not change with headcount. {_free_words(answer)}"
    )
    display_html(answer_html(finding(answer), lead, _cards(answer)))


def finding(answer: Staffing) -> str:
    """Return the page's answer in one sentence."""
    search, keep, free = answer.search, percent(answer.promise.keep), answer.free
    if search.headcount is None:
        reach = "" if answer.unlimited is None else (
            f"; with unlimited reps it would be {percent(answer.unlimited.p_kept.mean)}"
        )  # fmt: skip
        none = "No headcount" if search.decided else "It is not sure that any headcount"
        return f"{none} up to {answer.terms.cap} keeps all sales promises in {keep} of months{reach}."
    between = f"between {search.at_least} and {search.at_most} reps"
    needed = counted(search.headcount, "rep") if search.decided else between
    text = f"It takes {needed} to keep all sales promises in {keep} of months"
    if free is not None and free.enough and (search.at_least or 0) > answer.terms.today:
        return f"{text}; today’s {answer.terms.today} are enough, at no cost, with “{free.lever.label}”."
    return f"{text}; today there are {answer.terms.today}."


def show_curve(answer: Staffing) -> None:
    """Show what every headcount that was tried keeps, brings and costs."""
    today = answer.step(answer.terms.today)
    best = max(answer.curve, key=lambda step: step.contribution.mean)
    title = f"Of these headcounts, {counted(best.headcount, 'rep')} bring{'s' if best.headcount == 1 else ''} most"
    if today is not None and best is not today:
        title += f": {gain(best.difference.mean)} vs today’s {answer.terms.today}"
    heading(
        title,
        "The least headcount that keeps a promise and the one that brings most are two questions. Contribution charges "
        "the part of each rep’s day that goes to leads; wages a year are whole.",
    )
    free = None if answer.free is None else (answer.free.lever.label, answer.free.p_kept)
    show(
        staffing_chart(
            [step.headcount for step in answer.curve],
            [step.p_kept for step in answer.curve],
            [step.difference for step in answer.curve],
            keep=answer.promise.keep,
            today=answer.terms.today,
            free=free,
            title=_curve_title(answer),
        ),
        alt="Chance kept by headcount: "
        + ", ".join(f"{step.headcount} reps {percent(step.p_kept.mean)}" for step in answer.curve)
        + ".",
        caption="Dots with ranges. Headcounts near the answer were simulated for more years, so their ranges are "
        "narrower. The upright line marks today.",
    )
    names = ["reps", "chance kept", "contribution", "vs today", "wages a year", "simulated years"]
    table(names, [_row(answer, step) for step in answer.curve], numeric=names[1:])
    for note in notes(answer):
        display_html(f'<p class="s">{escape(note[0].upper() + note[1:])}.</p>')


def show_free(answer: Staffing) -> None:
    """Show the best change that costs nothing."""
    free, keep = answer.free, percent(answer.promise.keep)
    if free is None:
        heading("Nothing free was found to try first", "No candidate change applies to this plan.")
        return
    reach = {True: "reaches", False: "does not reach", None: "may reach"}[free.enough]
    heading(
        f"Before anybody is hired: “{free.lever.label}” {reach} the {keep} without a hire",
        "The best of all changes that cost nothing, by the chance that sales keeps its promises. It was found in "
        f"simulated years of its own and judged in {counted(free.years, 'other')}.",
    )
    names = [f"with today’s {answer.terms.today}", "chance kept", "contribution vs today"]
    today = answer.step(answer.terms.today)
    rows: list[tuple[object, ...]] = []
    if today is not None:
        rows.append(("as it is", (percent(today.p_kept.mean), range_of(today.p_kept, percent)), "–"))
    rows.append(
        (
            free.lever.label,
            (percent(free.p_kept.mean), range_of(free.p_kept, percent)),
            (gain(free.difference.mean), range_of(free.difference, gain)),
        )
    )
    table(names, rows, numeric=names[1:])


def show_unlimited(answer: Staffing) -> None:
    """Show what people without limit would reach, where no headcount is enough."""
    unlimited = answer.unlimited
    if unlimited is None:
        return
    clause = answer.scenario.sla[unlimited.obstacle]
    heading(
        f"What stands in the way is the {unlimited.obstacle.replace('_', ' ')} promise: {clause.text}",
        "What could be reached if every lead had a rep of its own, under the same hours and the same plan of attempts. "
        "What is out of reach here is out of reach for any number of reps.",
    )
    names = ["promise", "promised", "attained", "chance kept"]
    rows = [
        (
            readable(name),
            share_text(answer.scenario.sla[name].target),
            (percent(unlimited.attained[name].mean), range_of(unlimited.attained[name], percent)),
            (percent(kept.mean), range_of(kept, percent)),
        )
        for name, kept in unlimited.by_clause.items()
    ]
    table(names, rows, numeric=names[1:])


def show_reading(answer: Staffing) -> None:
    """Show how to read the answer, what would change it, and what it leaves out."""
    keep = percent(answer.promise.keep)
    heading("How to read this, what would change it, and what it leaves out")
    say(
        "\n".join(
            [
                f"- A headcount is enough when the whole range of its chance lies above {keep}, and too small when it "
                "lies below. The search may look several times, so ranges of chances are a little wider than 95% asks "
                "for: all looks together hold with 95%.",
                "- Queueing theory, which knows no bursts, holidays or waves of follow-up, would ask for "
                f"{counted(answer.terms.start, 'rep')}. What lies between is the price of uneven weeks.",
                "- More leads, longer talks or a tighter promise ask for more people; another order of the queue or "
                "fewer attempts for fewer. Set them in the plan’s file and ask again.",
                "- New people are as good as the old ones from their first day, unless the plan gives them a starting "
                "date. What hiring and training cost is not counted here.",
                "- People leave only where the plan says so, under attrition. Motivation, and sick days beyond the "
                "plan’s days off, are not modelled.",
            ]
        )
    )


def record_results(answer: Staffing) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = [card.as_dict() for card in _cards(answer)]
    facts = {"finding": finding(answer), "digest": answer.scenario.digest, "headline": cards}
    record({**facts, "results": to_json(answer)})


def key_figures(answer: Staffing) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    search = answer.search
    wanted = "none" if search.headcount is None else f"{search.headcount}{'' if search.decided else ', not sure'}"
    lines = [("reps", wanted)]
    lines += [(f"{step.headcount} reps", percent(step.p_kept.mean)) for step in answer.curve]
    if answer.free is not None:
        lines.append((answer.free.lever.id, percent(answer.free.p_kept.mean)))
    return "\n".join(f"{label:<32}{figure:>14}" for label, figure in lines)


def write_tables(answer: Staffing, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: one row for each headcount that was tried."""
    intervals = ("p_kept", "contribution", "difference")
    rows = [
        {
            "headcount": step.headcount,
            "replications": step.years,
            "people_cost": step.people_cost,
            **{
                f"{name}.{end}": getattr(getattr(step, name), end)
                for name in intervals
                for end in ("mean", "low", "high")
            },
        }
        for step in answer.curve
    ]
    write_parquet(pd.DataFrame(rows), folder / "headcounts.parquet")


def _cards(answer: Staffing) -> list[Card]:
    search, keep = answer.search, percent(answer.promise.keep)
    if search.headcount is None:
        needed = Card(f"Reps for {keep}", "none", f"up to {answer.terms.cap}; today {answer.terms.today}")
    else:
        sure = "sure" if search.decided else f"between {search.at_least} and {search.at_most}"
        needed = Card(f"Reps for {keep}", f"{search.headcount}", f"{sure}; today {answer.terms.today}")
    cards = [needed, _kept_card(search.closest, answer.p_kept)]
    if answer.p_kept_one_fewer is not None:
        cards.append(_kept_card(search.closest - 1, answer.p_kept_one_fewer))
    if answer.free is not None:
        label = f"chance kept with today’s {answer.terms.today} and the best free change"
        cards.append(Card(label, percent(answer.free.p_kept.mean), _range(answer.free.p_kept)))
    return cards


def _kept_card(headcount: int, kept: Interval) -> Card:
    return Card(f"chance kept with {headcount}", percent(kept.mean), _range(kept))


def _free_words(answer: Staffing) -> str:
    free = answer.free
    if free is None:
        return "Nothing free was found to try first."
    return (
        f"Before anybody is hired: “{free.lever.label}” costs nothing and keeps them in {percent(free.p_kept.mean)} of "
        f"months ({range_of(free.p_kept, percent)}) with today’s {answer.terms.today}."
    )


def _curve_title(answer: Staffing) -> str:
    search = answer.search
    if search.headcount is None:
        return f"{search.closest} reps keep all promises most often: in {percent(answer.p_kept.mean)} of months"
    text = f"{search.headcount} keep all promises in {percent(answer.p_kept.mean)} of months"
    fewer = answer.p_kept_one_fewer
    return text if fewer is None else f"{text}, {search.headcount - 1} in {percent(fewer.mean)}"


def _row(answer: Staffing, step: Step) -> tuple[object, ...]:
    marks = {answer.terms.today: "today", answer.headcount: "enough"}
    note = "today, enough" if answer.headcount == answer.terms.today == step.headcount else marks.get(step.headcount)
    return (
        (f"{step.headcount}", note) if note else f"{step.headcount}",
        (percent(step.p_kept.mean), range_of(step.p_kept, percent)),
        (money(step.contribution.mean), range_of(step.contribution, money)),
        "–" if step.headcount == answer.terms.today else (
            gain(step.difference.mean), range_of(step.difference, gain)
        ),
        money(step.people_cost),
        f"{step.years:,}",
    )  # fmt: skip


def _range(interval: Interval) -> str:
    words = range_of(interval, percent)
    return words if words == "no range" else f"range {words}"
