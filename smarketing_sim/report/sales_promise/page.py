"""What can sales promise? The tightest limit kept by leads per rep and depth of follow-up, as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.charts.promise import limits_chart
from smarketing_sim.decide.frontier import LIMITS, Promise, to_json
from smarketing_sim.files import write_parquet
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, fold, heading, record, say, show, table
from smarketing_sim.report.sales_promise.words import (
    Offer,
    depth_words,
    leads_words,
    offer_of,
    place_of,
    promised_place,
    promised_words,
    speed_of,
    trade_words,
)
from smarketing_sim.scenario.queue_orders import ORDERS
from smarketing_sim.scenario.units import share_text
from smarketing_sim.words.numbers import counted, money, percent, range_of
from smarketing_sim.words.tables import table_html

PARAMETERS: dict[str, type] = {"keep": float}
"""Parameters of the notebook beside those of every report."""


def prepare(namespace: Mapping[str, Any]) -> Offer:
    """Check a notebook's parameters and find out what can be promised.

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
    with ask(namespace, **PARAMETERS) as question:
        offer = offer_of(question.scenario, question.simulation, keep=question.params["keep"])
    if question.params["tables_dir"]:
        write_tables(offer, Path(question.params["tables_dir"]))
    return offer


def show_answer(offer: Offer) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    frontier, assumed = offer.frontier, speed_of(offer) is None
    lead = (
        f"A limit is kept in a month when at least {share_text(frontier.target)} of leads get their first attempt "
        f"within it{' (assumed: the contract promises no speed)' if assumed else ''}; it can be promised when "
        f"that happens in {percent(frontier.keep)} of the months of {counted(offer.years, 'simulated year')}. "
        f"{promised_words(offer)}Headcount, hours and the order of the queue stay as they are."
    )
    display_html(answer_html(finding(offer), lead, _cards(offer)))


def finding(offer: Offer) -> str:
    """Return the page's answer in one sentence."""
    own, best = offer.own, offer.best
    leads, attempts = leads_words(own), counted(offer.depth, "attempt")
    other = ""
    if best is not None and best is not own and best.within != own.within:
        other = f"; with {counted(best.attempts, 'attempt')}, within {best.within}"
    if own.within is None:
        text = f"no limit up to {LIMITS[-1]} can be promised with {attempts} on a lead"
    else:
        text = f"sales can promise a first attempt within {own.within} with {attempts} on a lead"
    return f"At today’s {leads} leads per rep, {text}{other}."


def show_frontier(offer: Offer) -> None:
    """Show the tightest limit that is kept by leads per rep, a line for each depth."""
    heading(
        trade_words(offer),
        "Speed, depth and the number of leads are bought from one another. Each line is a number of attempts on a "
        "lead: with more attempts, or more leads for a rep, the limit that can be kept grows longer.",
    )
    lines = {
        depth_words(offer, depth): [(one.leads_per_rep.mean, place_of(one)) for one in promises]
        for depth, promises in offer.by_depth.items()
    }
    show(
        limits_chart(
            lines,
            own=depth_words(offer, offer.depth),
            limits=LIMITS,
            today=offer.own.leads_per_rep.mean,
            promised=promised_place(offer),
            title=f"Tightest limit kept in {percent(offer.frontier.keep)} of months, by leads per rep",
        ),
        alt="Lines of the tightest limit that is kept by leads per rep. Today: "
        + "; ".join(f"{counted(d, 'attempt')} {one.within or 'none'}" for d, one in offer.today.items())
        + ".",
        caption="Lower is faster; at the top, not even the longest limit is kept. Lines are set a little apart so that "
        "those at the same limit can be seen.",
    )
    names = ["leads per rep", *(depth_words(offer, depth) for depth in offer.by_depth)]
    rows = [
        (leads_words(row[0]), *((one.within or "none", money(one.contribution.mean)) for one in row))
        for row in zip(*offer.by_depth.values(), strict=True)
    ]
    table(names, rows, caption="Tightest limit kept, and the contribution of the plan below it", numeric=names[1:])


def show_today(offer: Offer) -> None:
    """Show what can be promised at today's leads, depth by depth, with every range."""
    best = offer.best
    heading(
        f"At today’s leads, {counted(best.attempts, 'attempt')} bring most: {money(best.contribution.mean)}"
        if best is not None
        else "At today’s leads no depth allows a promise on speed",
        "What each number of attempts lets sales promise, how often that is kept, and what the plan then brings.",
    )
    names = ["attempts on a lead", "tightest limit kept", "chance kept", "promise on depth kept", "contribution"]
    table(names, [_row(offer, one) for one in offer.today.values()], numeric=names[1:])
    names[0] = "attempts, leads per rep"
    rows = [_row(offer, one, leads=True) for one in offer.frontier.promises]
    fold(f"All {len(rows)} combinations with their ranges", table_html(names, rows, numeric=names[1:]))


def show_ceiling(offer: Offer) -> None:
    """Show what reps without limit would reach."""
    reached = {limit: share for limit, share in offer.frontier.ceiling.items() if share is not None}
    if not reached:
        heading("What unlimited reps would reach has no case", "No lead falls under a promise on speed.")
        return
    out_of_reach = [limit for limit, share in reached.items() if share < offer.frontier.target]
    heading(
        f"No number of reps could keep {out_of_reach[-1]}"
        if out_of_reach
        else f"With unlimited reps, {percent(reached[LIMITS[0]])} of leads would be called within {LIMITS[0]}",
        "If every lead had a rep of its own, under the same hours: what is missing then is hours, routing and the "
        "system’s delay, and no hire mends it. Nobody waits for a rep here, so years hardly differ and no range is "
        "given.",
    )
    names = ["first attempt within", "leads called in time with unlimited reps"]
    rows = [(limit, percent(share)) for limit, share in reached.items()]
    html = table_html(names, rows, numeric=names[1:])
    display_html(html) if out_of_reach else fold("Limit by limit", html)


def show_reading(offer: Offer) -> None:
    """Show how to read the answer, what would change it, and what it leaves out."""
    order = ORDERS[offer.scenario.sales.sdr.queue.order].words
    heading("How to read this, what would change it, and what it leaves out")
    say(
        "\n".join(
            [
                "- The mean over simulated months decides whether a limit can be promised; its range is given with it. "
                "Where the range reaches below the chance that is wanted, take the next limit to be safe.",
                f"- The plan’s own order of the queue is used (the {order} first). An order that puts new leads first "
                "usually allows a tighter limit at the same headcount, and makes follow-ups wait.",
                "- The limits were asked about, not acted upon: none of them changes whom reps call next.",
                "- With another number of leads every source and campaign grows or shrinks alike, and so does what is "
                "spent on them. A promise on depth asks for no more attempts than the cadence has.",
                "- What is tight is not what pays. Contribution is given for each limit; which follow-up pays has a "
                "chapter of its own.",
                "- People who tire or cherry-pick, and promises that differ by source, are not modelled here.",
            ]
        )
    )


def record_results(offer: Offer) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = [card.as_dict() for card in _cards(offer)]
    facts = {"finding": finding(offer), "digest": offer.scenario.digest, "headline": cards}
    record({**facts, "results": to_json(offer.frontier)})


def key_figures(offer: Offer) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    lines = [("leads per rep", leads_words(offer.own))]
    lines += [(counted(depth, "attempt"), one.within or "none") for depth, one in offer.today.items()]
    return "\n".join(f"{label:<16}{figure:>20}" for label, figure in lines)


def write_tables(offer: Offer, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: every combination, and what reps without limit would reach."""
    promises = [
        {
            "attempts": one.attempts,
            "within": one.within,
            **{
                f"{name}.{end}": getattr(getattr(one, name), end)
                for name in ("leads_per_rep", "kept", "depth_kept", "contribution")
                for end in ("mean", "low", "high")
            },
        }
        for one in offer.frontier.promises
    ]
    ceiling = [{"within": limit, "share": share} for limit, share in offer.frontier.ceiling.items()]
    write_parquet(pd.DataFrame(promises), folder / "promises.parquet")
    write_parquet(pd.DataFrame(ceiling), folder / "ceiling.parquet")


# ---------------------------------------------------------------------- words and rows


def _cards(offer: Offer) -> list[Card]:
    own, best = offer.own, offer.best
    leads = range_of(own.leads_per_rep, lambda value: f"{value:.1f}")
    cards = [
        Card("leads per rep a month, today", leads_words(own), leads if leads == "no range" else f"range {leads}"),
        Card(f"tightest limit with today’s {counted(offer.depth, 'attempt')}", own.within or "none", _kept_note(own)),
    ]
    if best is not None and best is not own:
        label = f"tightest limit with {counted(best.attempts, 'attempt')}, which bring{'s' * (best.attempts == 1)} most"
        cards.append(Card(label, best.within or "none", _kept_note(best)))
    if best is not None:
        text = range_of(best.contribution, money)
        cards.append(Card("contribution there", money(best.contribution.mean), _ranged(text)))
    return cards


def _kept_note(one: Promise) -> str:
    if math.isnan(one.kept.mean):
        return "no case"
    of = "" if one.within else f" within {LIMITS[-1]}"
    return f"kept in {percent(one.kept.mean)} of months{of}, {_ranged(range_of(one.kept, percent))}"


def _ranged(words: str) -> str:
    return words if words == "no range" else f"range {words}"


def _row(offer: Offer, one: Promise, *, leads: bool = False) -> tuple[object, ...]:
    name = f"{one.attempts}, {leads_words(one)} leads" if leads else depth_words(offer, one.attempts)
    known = "no case" if math.isnan(one.kept.mean) else (percent(one.kept.mean), range_of(one.kept, percent))
    deep = (
        "no promise"
        if math.isnan(one.depth_kept.mean)
        else (percent(one.depth_kept.mean), range_of(one.depth_kept, percent))
    )
    contribution = (money(one.contribution.mean), range_of(one.contribution, money))
    return name, one.within or f"none up to {LIMITS[-1]}", known, deep, contribution
