"""A sweep small enough to run in a blink, here or in a process that is to be killed."""

from __future__ import annotations

import itertools
import os
import signal
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.experiment.grid import Grid, make_grid, parse_vary
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.sweep import Sweep, sweep
from tests.experiment.stubs import small

YEARS = 3
VARY = ("sales.sdr.headcount=2,3", "sla.speed.within=1 business hour,4 business hours", "decay.preset=none,medium")


def tiny_grid(*vary: str) -> Grid:
    base = small(marketing__sources__web={"leads_per_month": 60, "cost_per_handed": 10})
    return make_grid(base, parse_vary(vary or VARY))


def tiny_sweep(folder: Path | None = None, executor: Executor | None = None, **how: Any) -> Sweep:
    return sweep(tiny_grid(), Simulation(YEARS, 7, executor=executor, **how), folder=folder)


def same_table(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    """Tell whether two tables are equal to the last bit."""
    numbers = ["mean", "low", "high"]
    return (
        list(a.columns) == list(b.columns)
        and a[numbers].to_numpy().tobytes() == b[numbers].to_numpy().tobytes()
        and a.drop(columns=numbers).equals(b.drop(columns=numbers))
    )


class Ruled(Executor):
    """Runs each job as it is handed over, unless a rule says with which error it comes back."""

    def __init__(self, rule: Any = None) -> None:
        self.rule, self.tried = rule, list[Any]()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tried.append(args[0])
        future: Future[Any] = Future()
        error = self.rule(args[0], self.tried) if self.rule else None
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(fn(*args))
        return future


def killed_at(folder: Path, point: int) -> None:
    """Sweep, and be killed before or after a call that changes the disk; if never, leave behind how many points."""
    reached = itertools.count(1)

    def reach_point() -> None:
        if next(reached) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            reach_point()
            result = real(*arguments, **options)
            reach_point()
            return result

        setattr(os, name, call)

    for name in ("fsync", "replace", "mkdir"):
        watch(name)
    tiny_sweep(folder)
    (folder / "points").write_text(str(next(reached) - 1))
