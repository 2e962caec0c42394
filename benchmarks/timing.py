"""Times in turn: contestants run one after another, round by round, and only ratios within a round are believed."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Contestant:
    """Something to time: ``prepare`` is not timed, and what it returns is handed to ``run``."""

    run: Callable[..., Any]
    prepare: Callable[[], Any] | None = None

    def seconds(self) -> float:
        """Run once and return the wall time."""
        arguments = () if self.prepare is None else (self.prepare(),)
        started = time.perf_counter()
        self.run(*arguments)
        return time.perf_counter() - started


@dataclass(frozen=True)
class Ratio:
    """A ratio over rounds."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Ratio:
        """Summarise the ratios of all rounds."""
        return cls(min(values), statistics.median(values), max(values))


def interleaved(
    *contestants: Contestant | Callable[[], Any], pairs: int = 5, warm_up: bool = True
) -> list[tuple[float, ...]]:
    """Time contestants in turn.

    Parameters
    ----------
    contestants
        Functions without arguments, or with a preparation that is not timed.
    pairs
        How many rounds.
    warm_up
        Whether everyone runs once before, untimed.

    Returns
    -------
    list of tuple
        Seconds by round, in the order of the contestants.
    """
    runners = [c if isinstance(c, Contestant) else Contestant(c) for c in contestants]
    if warm_up:
        for runner in runners:
            runner.seconds()
    was_on = gc.isenabled()
    rounds = []
    try:
        for _ in range(pairs):
            gc.collect()
            gc.disable()
            rounds.append(tuple(runner.seconds() for runner in runners))
            gc.enable()
    finally:
        (gc.enable if was_on else gc.disable)()
    return rounds


def ratios(rounds: Sequence[tuple[float, ...]], above: int = 0, below: int = 1) -> Ratio:
    """Return the ratio of two contestants over the rounds."""
    return Ratio.of([seconds[above] / seconds[below] for seconds in rounds])


def machine_facts() -> dict[str, Any]:
    """Return what a reader needs to judge a figure, and nothing that tells whose machine it is."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": _cpu_model(),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("numpy", "numba", "simpy")},
    }


def _cpu_model() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
