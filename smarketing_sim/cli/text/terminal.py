"""Answers as text for a terminal: short lines, ranges beside every number."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from rich.console import Console
from rich.table import Table

from smarketing_sim.measure.names import unit_of
from smarketing_sim.words.numbers import counted, money, percent, ranged, signed, span, wait
from smarketing_sim.words.promises import promises_differ
from smarketing_sim.words.settling import backlog_words, unsettled_words

_WIDE = 1000


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
        ("rep utilisation", ranged(answer["utilisation"]["sdr"], percent)),
        ("AE utilisation", ranged(answer["utilisation"]["ae"], percent)),
        ("a deal waits for an AE", ranged(answer["measures"]["ae_wait_minutes"], span)),
        ("revenue that fades while deals wait", ranged(answer["measures"]["faded_revenue"], money)),
        ("backlog", backlog_words(answer["stability"])),
        *_load_lines(answer["load_check"]),
        (
            "half the leads are called within",
            ranged(answer["response_minutes"]["business"]["p50"], wait) + " of business time",
        ),
        ("on the buyer's clock", ranged(answer["response_minutes"]["wall"]["p50"], span)),
    ]
    if answer["goal"]["target"] is None:
        del lines[1]
    spread = answer["revenue"]["one_year"]
    if spread is not None:
        lines.append(("revenue of one year, 8 years in 10", f"{money(spread['p10'])} to {money(spread['p90'])}"))
    first = unsettled_words(answer["stability"])
    text = rendered(table) + "\n" + "\n".join(f"{label:<42}{value}" for label, value in lines)
    return f"{first}\n{text}" if first else text


def _load_lines(load: dict[str, float | None]) -> list[tuple[str, str]]:
    """Return what a plan asks of the reps' time, and where that settles once cold leads are counted."""
    warm = f"{percent(load['planned'])} with every attempt, {percent(load['with_early_stopping'])} if no lead went cold"
    lines = [("work planned, of the time there is", warm)]
    if load.get("settled") is None:
        return lines
    most = load["settles_up_to_volume"]
    more = "" if most is None else f"; up to {percent(most - 1.0)} more leads" if most > 1.0 else (
        f"; it would settle with {percent(most)} of these leads"
    )  # fmt: skip
    return [*lines, ("the same with cold leads, by analysis", f"{percent(load['settled'])}{more}")]


def compare_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing compare`` as text."""
    years = counted(answer["replications"], "simulated year")
    title = f"A {answer['a']['scenario']} · B {answer['b']['scenario']} · {years}, paired"
    return "\n".join(filter(None, [_differences(title, "B", answer["measures"]), promises_differ(answer["changed"])]))


def compare_all_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing compare`` for more than two scenarios as text."""
    years = counted(answer["replications"], "simulated year")
    parts = [f"A {answer['base']['scenario']} · {years}, paired; each row's ranges hold for all tables at once"]
    for letter, other in zip(islice(_letters(), 1, None), answer["others"], strict=False):
        table = _differences(f"{letter} {other['scenario']}", letter, other["measures"])
        parts.append("\n".join(filter(None, [table, promises_differ(other["changed"])])))
    return "\n\n".join(parts)


def best_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing compare --best`` as text."""
    show = _shown(answer["measure"])
    named = [f"{letter} {row['scenario']}" for letter, row in zip(_letters(), answer["scenarios"], strict=False)]
    sure = "with 95% confidence" if answer["guaranteed"] else "so far, without a guarantee; allow more --replications"
    title = f"best by {answer['measure']}, {sure}: {named[answer['choice']]}"
    table = Table(box=None, pad_edge=False)
    for heading in ("scenario", "mean", "simulated years", "out after"):
        table.add_column(heading, overflow="fold")
    for name, row in zip(named, answer["scenarios"], strict=True):
        out = "still in" if row["eliminated_after"] is None else counted(row["eliminated_after"], "year")
        table.add_row(name, show(row["mean"]), f"{row['replications']:,}", out)
    return f"{title}\n{rendered(table)}"


def sweep_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing sweep`` as text: one row for each scenario."""
    years = counted(answer["replications"], "simulated year")
    title = f"{answer['scenario']}: {counted(len(answer['points']), 'scenario')} of {years} each"
    table = Table(box=None, pad_edge=False)
    paths = [axis["path"] for axis in answer["vary"]]
    clauses = list(dict.fromkeys(n for point in answer["points"] for n in point["measures"] if n.startswith("p_")))
    for path in paths:
        table.add_column(path)
    for name in clauses:
        table.add_column("all kept" if name == "p_all_kept" else f"{name.removeprefix('p_kept.')} kept")
    table.add_column("rep utilisation")
    table.add_column("revenue expected")
    for point in answer["points"]:
        found = point["measures"]
        kept = [_tight(found[name], percent) if name in found else "" for name in clauses]
        busy, revenue = _tight(found["sdr_utilisation"], percent), _tight(found["expected_revenue"], money)
        table.add_row(*(str(point["values"][path]) for path in paths), *kept, busy, revenue)
    return f"{title}\n{rendered(table, width=_WIDE)}"


def _differences(title: str, letter: str, measures: dict[str, Any]) -> str:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("measure", "A", letter, f"{letter} − A", "range of the difference"):
        table.add_column(heading)
    for name, row in measures.items():
        show = _shown(name)
        gap = row["difference"]
        known = gap["low"] is not None
        bounds = f"{show(gap['low'])} to {show(gap['high'])}" if known else "unknown"
        table.add_row(name, show(row["a"]["mean"]), show(row["b"]["mean"]), show(gap["mean"]), bounds)
    return rendered(table)


def _letters() -> Iterator[str]:
    """Yield A to Z, then numbers."""
    yield from "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from map(str, count(27))


def _tight(interval: dict[str, float | None], show: Any) -> str:
    """Return a number with its range in few characters."""
    if interval["mean"] is None:
        return "no case"
    if interval["low"] is None:
        return str(show(interval["mean"]))
    low, high = show(interval["low"]), show(interval["high"])
    return f"{show(interval['mean'])} ({low.removesuffix('%')}–{high.removesuffix('%')})"


def _shown(name: str) -> Any:
    return {"money": money, "minutes": span, "count": _count, "share": percent}[unit_of(name)]


def _count(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else signed(f"{value:,.0f}")


def rendered(table: Table, *, width: int = 140) -> str:
    """Return a table as plain text; names from a file are text here, never markup."""
    console = Console(file=io.StringIO(), width=width, color_system=None, markup=False, emoji=False, highlight=False)
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))
