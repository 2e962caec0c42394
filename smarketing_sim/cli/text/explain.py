"""The answer of ``smarketing explain`` as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from smarketing_sim.words.markup import plain_text
from smarketing_sim.words.numbers import counted, gain, money, points, ranged

_NONE = "the same in both"


_OTHERS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "expected_revenue": ("expected revenue", gain),
    "sales_months_kept_share": ("months with all sales promises kept", partial(points, decimals=0)),
}


def explain_text(answer: dict[str, Any]) -> str:
    """Return the answer of ``smarketing explain`` as text: a table for each measure, contribution first."""
    years = counted(answer["replications"], "simulated year")
    plans = counted(answer["scenarios"], "plan")
    lines = [
        *(f"{side.upper()} {_told(answer[side], answer['measure'])}" for side in ("a", "b")),
        f"{plans} with causes from either, {years} each, paired; the parts sum to the gap B − A",
    ]
    lines += ["", *_table("contribution", answer["gap"], answer["causes"], gain)]
    for measure, (label, show) in _OTHERS.items():
        found = answer["other_measures"][measure]
        if found["gap"]["mean"] is not None:
            lines += ["", *_table(label, found["gap"], found["causes"], show)]
    lines += [f"counted as one: {' and '.join(m['causes'])}; {plain_text(m['because'])}" for m in answer["merged"]]
    return "\n".join(lines)


def _told(side: dict[str, Any], measure: str) -> str:
    return f"{plain_text(side['scenario'])}, contribution {ranged(side[measure], money)}"


def _table(label: str, gap: dict[str, Any], causes: list[dict[str, Any]], show: Callable[[Any], str]) -> list[str]:
    rows = [(label + ", gap", ranged(gap, show))]
    rows += [(f"  {row['cause']}", _NONE if _is_nothing(row["part"]) else ranged(row["part"], show)) for row in causes]
    rows.append(("  motivation", "not modelled"))
    width = max(len(name) for name, _ in rows) + 2
    return [f"{name:<{width}}{value}" for name, value in rows]


def _is_nothing(part: dict[str, Any]) -> bool:
    return part == {"mean": 0.0, "low": 0.0, "high": 0.0}
