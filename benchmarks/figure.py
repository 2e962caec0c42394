"""A figure: a ratio held against a target and against what it must never be worse than."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.timing import Ratio
from smarketing_sim.engine import ENGINES

Verdict = Literal["target", "within", "worse", "void"]
HISTORY = Path(__file__).with_name("history.jsonl")


class NotThere(Exception):
    """A part of the project, or a peer, that a figure needs is not installed or not written yet."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much work a figure may be."""

    quick: bool = False

    def of(self, full: int, quick: int) -> int:
        """Return one of two numbers."""
        return quick if self.quick else full


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table.

    Whether high or low is good follows from ``target`` and ``never``; a figure without them is only shown.
    """

    name: str
    what: str
    ratio: Ratio
    target: float | None = None
    never: float | None = None
    note: str = ""
    void: bool = False

    @property
    def verdict(self) -> Verdict | None:
        """Whether the target is met, or the figure is at least no worse than it may ever be."""
        if self.void:
            return "void"
        if self.target is None or self.never is None:
            return None
        sign = 1.0 if self.target <= self.never else -1.0
        if sign * self.ratio.median <= sign * self.target:
            return "target"
        return "within" if sign * self.ratio.median <= sign * self.never else "worse"

    def line(self) -> str:
        """Return the line that people read."""
        numbers = "  ".join(f"{value:>10.4g}" for value in (self.ratio.low, self.ratio.median, self.ratio.high))
        limits = "  ".join(
            f"{'-' if limit is None else format(limit, '.4g'):>8}" for limit in (self.target, self.never)
        )
        return f"{self.name:<13}{numbers}  {limits}  {self.verdict or '-':<7} {self.what}" + (
            f" ({self.note})" if self.note else ""
        )

    def record(self, machine: dict[str, Any]) -> dict[str, Any]:
        """Return what the history keeps."""
        return {
            "figure": self.name,
            "ratio": self.ratio.median,
            "min": self.ratio.low,
            "max": self.ratio.high,
            "target": self.target,
            "never": self.never,
            "verdict": self.verdict,
            "note": self.note,
            "machine": machine,
        }


def remember(figure: Figure, machine: dict[str, Any], *, history: Path = HISTORY) -> None:
    """Append a figure to the history."""
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(figure.record(machine)) + "\n")


def fast_engine() -> str:
    """Return the compiled engine's name.

    Raises
    ------
    NotThere
        Where it is not installed.
    """
    if "compiled" not in ENGINES:
        raise NotThere(f"the compiled engine is not there, only {', '.join(ENGINES)}")
    return "compiled"
