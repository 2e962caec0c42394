"""Simulated years of one's own making: their order, their failures, and workers that die."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.years import run_years


@dataclass(frozen=True)
class Squared:
    replication: int
    fault: type[Exception] | None = None

    def run(self) -> int:
        if self.fault is not None:
            raise self.fault("odd")
        return self.replication**2


class Breaking(Executor):
    """A pool whose first job takes the whole pool along, once."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        if self.submitted <= 3:
            future.set_exception(BrokenExecutor("a worker died"))
        else:
            future.set_result(fn(*args))
        return future


def test_results_come_in_order_here_and_on_workers() -> None:
    years, told = [Squared(n) for n in range(20)], list[tuple[int, int]]()
    assert run_years(years) == [n**2 for n in range(20)]
    with ThreadPoolExecutor(4) as executor:
        found = run_years(years, executor=executor, progress=lambda *at: told.append(at))
    assert found == [n**2 for n in range(20)]
    assert told[-1] == (20, 20)


@pytest.mark.parametrize("pool", [True, False], ids=["workers", "here"])
def test_a_year_that_fails_is_named(pool: bool) -> None:
    years = [Squared(0), Squared(7, ValueError)]
    with ThreadPoolExecutor(2) as executor, pytest.raises(RunFailed, match="simulated year 7 failed: ValueError: odd"):
        run_years(years, executor=executor if pool else None)


def test_a_fault_of_the_input_is_told_as_it_is() -> None:
    with pytest.raises(InputError, match=r"^odd$"):
        run_years([Squared(1, InputError)])


def test_years_whose_pool_broke_are_run_again() -> None:
    pool = Breaking()
    assert run_years([Squared(n) for n in range(3)], executor=pool) == [0, 1, 4]
    assert pool.submitted == 6
