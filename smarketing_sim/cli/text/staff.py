"""The answer of ``smarketing staff`` as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from smarketing_sim.cli.text.terminal import rendered
from smarketing_sim.words.markup import plain_text
from smarketing_sim.words.numbers import counted, gain, money, percent, ranged, span


def staff_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing staff`` as text: the headcount, the best free change beside it, the curve."""
    whose = "sales promises" if answer["promised_by"] == "sales" else "clauses of the contract"
    lines = [
        f"{plain_text(answer['scenario'])}: {_verdict(answer)}",
        f"{answer['reason']}.",
        f"Counted: all {whose} ({', '.join(answer['clauses'])}), kept in {_period(answer)}.",
        *(f"Note: {note}." for note in answer["notes"]),
        "",
        _free(answer),
        "",
        _curve(answer),
        "",
        f"{counted(answer['experiments'], 'paired experiment')}; a steady queue without bursts would ask for "
        f"{counted(answer['headcount_by_theory'], 'rep')}. Ranges of chances hold with 95% for all looks together.",
    ]
    return "\n".join(lines)


def ae_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing staff --of ae`` as text."""
    best, today = answer["headcount"], answer["headcount_today"]
    verdict = "no other headcount surely brings more after wages than today's"
    if best != today:
        gained = next(plan["contribution_difference"] for plan in answer["plans"] if plan["headcount"] == best)
        verdict = f"{best} bring most after wages, {ranged(gained, gain)} vs today's {today}"
    table = Table(box=None, pad_edge=False)
    for heading in ("account executives", "time in use", "a deal waits", "revenue that fades", "revenue expected",
                    "contribution vs today, after wages"):  # fmt: skip
        table.add_column(heading)
    for plan in answer["plans"]:
        table.add_row(
            str(plan["headcount"]) + (" (today)" if plan["headcount"] == today else ""),
            ranged(plan["ae_utilisation"], percent),
            ranged(plan["ae_wait_minutes"], span),
            ranged(plan["faded_revenue"], money),
            ranged(plan["expected_revenue"], money),
            ranged(plan["contribution_difference"], gain),
        )
    years = counted(answer["replications"], "simulated year")
    return (
        f"{answer['scenario']}: no clause of the contract is promised by account executives, so no chance to keep one "
        f"follows from their number; {verdict} ({years}).\n\n{rendered(table)}"
    )


def _verdict(answer: dict[str, Any]) -> str:
    keep, headcount, today = percent(answer["keep"]), answer["headcount"], answer["headcount_today"]
    if headcount is None:
        return f"no headcount up to {answer['headcount_cap']} was found that keeps the promises with a chance of {keep}"
    keeps = "keeps" if headcount == 1 else "keep"
    text = f"{counted(headcount, 'rep')} {keeps} the promises with a chance of {keep}; today there are {today}"
    return text if answer["decided"] else f"{text} (not sure to be the least: {answer['reason'].partition(':')[0]})"


def _period(answer: dict[str, Any]) -> str:
    return "a month" if answer["period"] == "month" else "every month of a year"


def _free(answer: dict[str, Any]) -> str:
    free, today = answer["free_alternative"], counted(answer["headcount_today"], "rep")
    if free is None:
        return "Changes at no cost: none was found."
    enough = {True: "enough without a hire", False: "not enough alone", None: "perhaps enough alone"}[free["enough"]]
    added = ranged(free["contribution_difference"], gain)
    return (
        f"At no cost, with today's {today}, did best in a first look: {plain_text(free['label'])}; {enough}.\n"
        f"  chance kept {ranged(free['p_kept'], percent)}; contribution vs today {added}"
    )


def _curve(answer: dict[str, Any]) -> str:
    table = Table(box=None, pad_edge=False)
    for heading in ("reps", "chance kept", "contribution", "vs today", "wages a year", "simulated years"):
        table.add_column(heading)
    for step in answer["cost_curve"]:
        table.add_row(
            str(step["headcount"]) + (" (today)" if step["headcount"] == answer["headcount_today"] else ""),
            ranged(step["p_kept"], percent),
            ranged(step["contribution"], money),
            ranged(step["contribution_difference"], gain),
            money(step["people_cost"]),
            str(step["replications"]),
        )
    return rendered(table)
