"""The answer of ``smarketing design`` as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from smarketing_sim.cli.text.terminal import rendered
from smarketing_sim.report.follow_up.words import age_words, choice_words, edge_words
from smarketing_sim.words.markup import plain_text
from smarketing_sim.words.numbers import counted, gain, money, percent, ranged

_BEST = 6


def design_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing design`` as text: the optimum, its gain, the worth of an hour, the best few."""
    years = counted(answer["replications"], "simulated year")
    lines = [
        f"{plain_text(answer['scenario'])}: {_verdict(answer)} {choice_words(**answer['optimum'])}.",
        f"Contribution {ranged(answer['contribution'], money)}, vs today's plan {ranged(answer['gain'], gain)}, in "
        f"{years} that did not choose it ({gain(answer['gain_in_search']['mean'])} in those that did).",
        *_order(answer),
        "",
        *_hour(answer),
        "",
        *_ages(answer),
        "",
        _grid(answer),
        "",
        f"{counted(answer['experiments'], 'paired experiment')} of {years}; ranges are 95%, each for itself. "
        + ("No neighbour on the grid brings more." if answer["settled"] else "The search ended at its limit."),
        *_edge(answer),
    ]
    return "\n".join(lines)


def _verdict(answer: dict[str, Any]) -> str:
    low = answer["gain"]["low"]
    if low is not None and low > 0.0:
        return "what brings most is"
    return "no follow-up tried is sure to bring more than today's; the best is"


def _edge(answer: dict[str, Any]) -> list[str]:
    text = edge_words(**{name: answer["optimum"][name] for name in ("within", "attempts", "threshold")})
    return [text] if text else []


def _order(answer: dict[str, Any]) -> list[str]:
    """Return what the order of the queue alone brings, where the promise on speed steers it."""
    if answer["optimum"]["within"] is None:
        return []
    alone = ranged(answer["gain_of_deadline_order_alone"], gain)
    return [f"Working the earliest deadline first and nothing else: {alone}."]


def _hour(answer: dict[str, Any]) -> list[str]:
    wage = f"an hour costs {money(answer['wage_per_hour'])}"
    lines = [f"Worth of an hour of the reps, from 5% less time to 5% more, before its wage ({wage}):"]
    for when, suffix in (("today", "_today"), ("at the optimum", "")):
        each, following, last = (
            answer[f"shadow_price_per_{hour}{suffix}"] for hour in ("hour", "next_hour", "last_hour")
        )
        steps = f"; the next 5% bring {money(following['mean'])} an hour, the last 5% {money(last['mean'])}"
        lines.append(f"  {when:<16}{ranged(each, money)}{'' if each['mean'] is None else steps}")
    return [*lines, "(A hire is a far larger step, with a price of its own: see smarketing staff.)"]


def _ages(answer: dict[str, Any]) -> list[str]:
    listed = answer["last_attempt_that_pays"]
    if None in listed.values():
        return ["Up to which attempt follow-up pays is not known: no worth of an hour was found."]
    return [
        "Last attempt that pays at the worth of an hour at the optimum, by the age of the lead at the first:",
        *(f"  {age_words(float(age)):<16}{last or 'none'}" for age, last in listed.items()),
        "(The worth of the next hour. An attempt more on every lead makes hours dearer, which only the grid counts.)",
    ]


def _grid(answer: dict[str, Any]) -> str:
    table = Table(title="the best that were tried", title_justify="left", box=None, pad_edge=False)
    for heading in ("within", "attempts", "score from", "contribution", "behind the best", "chance kept", "reps busy"):
        table.add_column(heading)
    for place, one in enumerate(answer["grid"][:_BEST]):
        table.add_row(
            one["within"] or "no promise",
            str(one["attempts"]),
            "any" if one["threshold"] is None else f"{one['threshold']:g}",
            ranged(one["contribution"], money),
            ranged(one["behind"], money) if place else "–",
            ranged(one["p_kept"], percent),
            percent(one["utilisation"]["mean"]),
        )
    return rendered(table)
