"""What follow-up pays? Speed, depth and threshold, the worth of an hour, and what each attempt brings, as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.decide.design import Design, design, to_json
from smarketing_sim.decide.shadow_price import AGES_MINUTES, HourPrice
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.follow_up.charts import attempts_map
from smarketing_sim.report.follow_up.words import (
    age_rows,
    age_words,
    attempt_rows,
    attempts_title,
    choice_words,
    edge_words,
    level_words,
    order_words,
    place_words,
    rule_words,
    step_words,
    tried_row,
    why_fewer,
)
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, fold, heading, record, say, show, table
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import counted, gain, money, money_unit, percent, range_of, upper_first
from smarketing_sim.words.tables import table_html


@dataclass(frozen=True, eq=False)
class FollowUp:
    """A plan, the follow-up that brings most in it, and the simulated years of each way that was tried."""

    scenario: Scenario
    design: Design
    years: int


def prepare(namespace: Mapping[str, Any]) -> FollowUp:
    """Check a notebook's parameters and find the follow-up that brings most.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.

    Raises
    ------
    InputError
        If a parameter cannot be used, the scenario has problems, no lead is handed over, or nobody is there to call.
    RunFailed
        If a simulated year failed.
    """
    with ask(namespace) as question:
        answer = FollowUp(
            question.scenario, design(question.scenario, question.simulation), question.params["replications"]
        )
    if question.params["tables_dir"]:
        write_tables(answer, Path(question.params["tables_dir"]))
    return answer


def show_answer(answer: FollowUp) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    design = answer.design
    lead = (
        f"{order_words(design)}{rule_words(design)}{level_words(design)}{counted(len(design.tried), 'way')} to "
        f"follow up were tried, each in the same {counted(answer.years, 'simulated year')}; the best was judged beside "
        f"today’s plan in {counted(answer.years, 'other')}, for where it was chosen it looks better than it is "
        f"({gain(design.gain_in_search.mean)} there). "
        "Headcount and hours stay."
    )
    display_html(answer_html(finding(answer), lead, _cards(answer)))


def finding(answer: FollowUp) -> str:
    """Return the page's answer in one sentence."""
    design = answer.design
    text = _chosen(design)
    if design.gain.low > 0.0:
        return f"What pays is {text}: {gain(design.gain.mean)} vs today’s plan."
    if design.optimum == design.start and design.gain.mean == 0.0:
        return f"Today’s follow-up brings most of all that were tried: {text}."
    beside = f"{gain(design.gain.mean)}, {range_of(design.gain, gain)}"
    return f"No follow-up tried is sure to bring more than today’s; the best is {text} ({beside})."


def show_hour(answer: FollowUp) -> None:
    """Show what one more hour of the reps is worth, today and at the optimum."""
    design, outbound = answer.design, answer.scenario.economics.outbound_per_hour
    if not math.isfinite(design.price.per_hour.mean):
        heading(
            "What a rep hour is worth could not be found",
            "It is found by giving the team a little more and a little less time, and here every rep has a share of "
            "the day of their own, or no time at all.",
        )
        return
    prices = (design.price_today.per_hour.mean, design.price.per_hour.mean, design.price.wage_per_hour)
    now, then, wage = map(money, prices)
    heading(
        f"One more rep hour is worth {now} today, {then} with this follow-up; it costs {wage}",
        "Reps share one queue: an attempt on one lead makes all others wait. The worth of an hour is what 5% more and "
        "5% less time for marketing’s leads change, before wages, in the same simulated years. It is not the price of "
        "a hire, which is a far larger step: the chapter on staffing tells that.",
    )
    names = ["", "worth of one more hour", "range", "the next 5%", "the last 5%", "its wage", "reps busy"]
    rows = [
        _price_row(label, price) for label, price in (("today", design.price_today), ("at the optimum", design.price))
    ]
    table(names, rows, numeric=names[1:])
    idle = f"worth {money(outbound)} each in outbound work" if outbound else "worth nothing"
    display_html(
        f'<p class="s">{escape(f"Assumed: hours that marketing’s leads leave idle are {idle}")} '
        "(<code>economics.outbound_per_hour</code>). Where an hour is worth more than its wage, "
        "more time for these leads pays.</p>"
    )


def show_attempts(answer: FollowUp) -> None:
    """Show what attempt n brings at age a, and up to which attempt follow-up pays."""
    design, values = answer.design, answer.design.values
    if not math.isfinite(values.cost_per_hour):
        heading("What an attempt brings cannot be told", "It takes the worth of an hour, and none was found.")
        return
    heading(
        attempts_title(values),
        "What attempt n is expected to bring on a lead that nobody has reached: the chance that it gets through, times "
        "what a lead that is reached and still interested is worth, less the minutes at the wage and worth of an hour "
        "at the optimum."
        + (" That later attempts find a lead older still is left out." if _ages_on(answer.scenario) else ""),
    )
    ages = [age_words(age) for age in AGES_MINUTES]
    show(
        attempts_map(
            values.profit,
            ages=ages,
            depth=design.optimum.attempts,
            title="Blue pays, orange costs more than it brings",
        ),
        alt="Map of what each attempt brings by the age of the lead at its first attempt. Last attempt that pays: "
        + "; ".join(f"{age} {last or 'none'}" for age, last in zip(ages, values.last_that_pays, strict=True))
        + ".",
        caption=f"{upper_first(money_unit())} an attempt. Dashed: "
        f"the {counted(design.optimum.attempts, 'attempt')} that "
        f"{'brings' if design.optimum.attempts == 1 else 'bring'} most when all leads get the same.",
    )
    names = ["age at the first attempt", "still interested", "first attempt brings", "last attempt that pays", "range"]
    table(names, age_rows(design), numeric=names[1:])
    display_html(f'<p class="s">{escape(why_fewer(design))}</p>')
    columns = ["attempt", *ages, "give or take"]
    fold("Every attempt at every age in numbers", table_html(columns, attempt_rows(design), numeric=columns[1:]))


def show_neighbours(answer: FollowUp) -> None:
    """Show how much less the neighbours of the optimum bring, and all that was tried."""
    design = answer.design
    beside = design.neighbours
    if not beside:
        heading(
            "No step away from it could be tried", "This plan leaves no limit, number of attempts or score to choose."
        )
        return
    surely = sum(one.behind.low > 0.0 for one in beside)
    ended = "" if design.settled else " The search ended at its limit, so a step further might bring more."
    edge = edge_words(**asdict(design.optimum))
    heading(
        f"One step away: {surely} of {counted(len(beside), 'way')} clearly bring less, none brings more",
        "The neighbours on the grid of limits, numbers of attempts and scores, in the same simulated years."
        f"{ended}{f' {edge}' if edge else ''}",
    )
    names = ["one step", "contribution vs the best", "range", "chance kept", "reps busy"]
    table(names, [tried_row(step_words(one, design), one, design) for one in beside], numeric=names[1:])
    names[0] = "first within, attempts, score"
    rows = [tried_row(place_words(one), one, design) for one in design.tried]
    fold(f"All {len(rows)} ways that were tried, best first", table_html(names, rows, numeric=names[1:]))


def show_reading(answer: FollowUp) -> None:
    """Show how to read the answer, what is assumed, what would change it, and what it leaves out."""
    decay = answer.scenario.decay.preset.replace("_", " ")
    heading("How to read this, what is assumed, and what would change it")
    say(
        "\n".join(
            [
                "- Everything is weighed by one measure, contribution: margin over the economic horizon, less media "
                "and the reps’ hours for these leads. A broken promise costs nothing by itself; the chance that it is "
                "kept is given too.",
                "- Speed steers the queue only where reps work the earliest deadline first, so all ways were tried in "
                "that order. In another order, a tighter limit changes what is promised and not what is done.",
                "- Steps whose range crosses zero cannot be told apart: take the one that is easiest to live with.",
                "- Where the next 5% of hours and the last 5% are worth very different sums, the plan stands near its "
                "cliff, and no one price of an hour holds.",
                "- Headcount and hours stay. If outbound calls in idle hours bring money, put it into "
                "`economics.outbound_per_hour`: an hour becomes dearer and fewer attempts pay.",
                f"- How fast interest fades decides what age is worth. This plan believes in “{escape(decay)}”; slower "
                "fading makes late attempts pay and speed worth less.",
                "- Leads below the score go to nurture and may come back; what else marketing could do with them is "
                "not modelled. Neither is a different number of attempts for good and for poor leads.",
            ]
        )
    )


def record_results(answer: FollowUp) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = [card.as_dict() for card in _cards(answer)]
    facts = {"finding": finding(answer), "digest": answer.scenario.digest, "headline": cards}
    record({**facts, "results": to_json(answer.design)})


def key_figures(answer: FollowUp) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    design = answer.design
    lines = [
        ("first attempt within", design.optimum.within or "no promise"),
        ("attempts", str(design.optimum.attempts)),
        ("gain", gain(design.gain.mean)),
        ("an hour today", money(design.price_today.per_hour.mean)),
        ("an hour at the optimum", money(design.price.per_hour.mean)),
        *(
            (f"attempts at {age_words(a)}", str(n))
            for a, n in zip(AGES_MINUTES, design.values.last_that_pays, strict=True)
        ),
    ]
    return "\n".join(f"{label:<28}{figure:>18}" for label, figure in lines)


def write_tables(answer: FollowUp, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: what was tried, and what each attempt brings."""
    tried = [
        {
            **asdict(one.choice),
            **{
                f"{name}.{end}": getattr(getattr(one, name), end)
                for name in ("contribution", "behind", "kept", "utilisation")
                for end in ("mean", "low", "high")
            },
        }
        for one in answer.design.tried
    ]
    values = answer.design.values
    attempts = [
        {"attempt": number + 1, "age_minutes": age, "profit": float(values.profit[number, place]),
         "connect_prob": float(values.connect_prob[number]), "minutes": float(values.minutes[number])}
        for number in range(len(values.minutes))
        for place, age in enumerate(AGES_MINUTES)
    ]  # fmt: skip
    write_parquet(pd.DataFrame(tried), folder / "tried.parquet")
    write_parquet(pd.DataFrame(attempts), folder / "attempts.parquet")


# ---------------------------------------------------------------------- words and rows


def _ages_on(scenario: Scenario) -> bool:
    return scenario.decay.clock == "each_attempt" and scenario.decay.preset != "none"


def _chosen(design: Design) -> str:
    return choice_words(**asdict(design.optimum), days=design.days)


def _cards(answer: FollowUp) -> list[Card]:
    design = answer.design
    cards = [
        Card("contribution vs today’s plan", gain(design.gain.mean), _range(design.gain, gain)),
        Card("worth of one more hour, today", money(design.price_today.per_hour.mean),
             _range(design.price_today.per_hour, money)),
        Card("worth of one more hour, at the optimum", money(design.price.per_hour.mean),
             _range(design.price.per_hour, money)),
    ]  # fmt: skip
    kept = design.kept
    if math.isfinite(kept.mean):
        cards.append(Card("chance that a month keeps every sales promise", percent(kept.mean), _range(kept, percent)))
    return cards


def _price_row(label: str, price: HourPrice) -> tuple[object, ...]:
    worth, wage = price.per_hour, money(price.wage_per_hour)
    steps = (money(price.next_hour.mean), money(price.last_hour.mean))
    busy = (percent(price.utilisation.mean), range_of(price.utilisation, percent))
    return label, money(worth.mean), range_of(worth, money), *steps, wage, busy


def _range(interval: Interval, tell: Any) -> str:
    words = range_of(interval, tell)
    return words if words == "no range" else f"range {words}"
