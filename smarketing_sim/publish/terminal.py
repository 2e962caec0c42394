"""Answers as text for a terminal: short lines, ranges beside every number."""

from __future__ import annotations

import io
import math
from typing import Any

from rich.console import Console
from rich.table import Table

from smarketing_sim.publish.words import counted, money, percent, signed, span


def run_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing run`` as text."""
    years = answer["replications"]
    table = Table(
        title=f"{answer['scenario']}: {counted(years, 'simulated year')}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for heading in ("clause", "promise", "attained", "chance kept, a month", "all year", "possible"):
        table.add_column(heading, overflow="fold")
    for clause in answer["clauses"]:
        table.add_row(
            f"{clause['id']}\n({clause['promised_by']})",
            clause["text"],
            ranged(clause["attainment"], percent),
            ranged(clause["p_kept"], percent),
            ranged(clause["p_kept_year"], percent),
            "" if clause["ceiling"] is None else percent(clause["ceiling"]),
        )
    lines = [
        ("all clauses kept in a month", ranged(answer["p_all_kept"]["month"], percent)),
        (
            f"chance to reach the goal of {money(answer['goal']['target'])}",
            ranged(answer["goal"]["p_reached"], percent),
        ),
        ("revenue expected from the year's leads", ranged(answer["revenue"]["expected"], money)),
        ("revenue booked in the year", ranged(answer["revenue"]["booked"], money)),
        ("contribution", ranged(answer["contribution"], money)),
        ("SDR utilisation", ranged(answer["utilisation"]["sdr"], percent)),
        ("AE utilisation", ranged(answer["utilisation"]["ae"], percent)),
        (
            "work planned, of time there is",
            f"{percent(answer['load_check']['planned'])}; "
            f"{percent(answer['load_check']['with_early_stopping'])} with stops at a connection",
        ),
        (
            "half the leads are called within",
            ranged(answer["response_minutes"]["business"]["p50"], span) + " of business time",
        ),
        ("on the buyer's clock", ranged(answer["response_minutes"]["wall"]["p50"], span)),
    ]
    if answer["goal"]["target"] is None:
        del lines[1]
    spread = answer["revenue"]["one_year"]
    if spread is not None:
        lines.append(("revenue of one year, 8 years in 10", f"{money(spread['p10'])} to {money(spread['p90'])}"))
    return _rendered(table) + "\n" + "\n".join(f"{label:<42}{value}" for label, value in lines)


def compare_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing compare`` as text."""
    years = counted(answer["replications"], "simulated year")
    title = f"A {answer['a']['scenario']} · B {answer['b']['scenario']} · {years}, paired"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("measure", "A", "B", "B − A", "range of the difference"):
        table.add_column(heading)
    for name, row in answer["measures"].items():
        show = _shown(name)
        gap = row["difference"]
        known = gap["low"] is not None
        bounds = f"{show(gap['low'])} to {show(gap['high'])}" if known else "unknown"
        table.add_row(name, show(row["a"]["mean"]), show(row["b"]["mean"]), show(gap["mean"]), bounds)
    return _rendered(table)


def ranged(interval: dict[str, float | None], show: Any) -> str:
    """Return a number with its range, or say that there is no case."""
    if interval["mean"] is None:
        return "no case"
    if interval["low"] is None:
        return f"{show(interval['mean'])} (no range)"
    return f"{show(interval['mean'])} ({show(interval['low'])} to {show(interval['high'])})"


def _shown(name: str) -> Any:
    if name.endswith("_usd"):
        return money
    if name.endswith("_minutes"):
        return span
    return _count if name.endswith("_count") else percent


def _count(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else signed(f"{value:,.0f}")


def _rendered(table: Table) -> str:
    """Return a table as plain text; names from a file are text here, never markup."""
    console = Console(file=io.StringIO(), width=140, color_system=None, markup=False, emoji=False, highlight=False)
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))
