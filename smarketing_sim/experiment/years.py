"""Simulated years of any making, over any executor, in order whatever finishes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.printable import one_line

Found_co = TypeVar("Found_co", covariant=True)
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Called with (finished, planned)."""


class Year(Protocol[Found_co]):
    """One simulated year of something; it can be pickled, and knows all it needs."""

    @property
    def replication(self) -> int:
        """Its number."""

    def run(self) -> Found_co:
        """Simulate it."""


def run_years(
    years: Sequence[Year[Result]], *, executor: Executor | None = None, progress: Progress | None = None
) -> list[Result]:
    """Run simulated years.

    Parameters
    ----------
    years
        What is run; results come in this order.
    executor
        Any ``concurrent.futures`` executor; None runs here, one after another.
    progress
        Called with (finished, planned).

    Raises
    ------
    InputError
        If the input of a year cannot be used.
    RunFailed
        If a year failed: pairs with holes in them prove nothing.
    """
    found: list[Result] = []
    for year, result in zip(years, outcomes(years, executor), strict=True):
        with _told(year):
            found.append(result())
        if progress is not None:
            progress(len(found), len(years))
    return found


def outcomes(years: Sequence[Year[Result]], executor: Executor | None) -> Iterator[Callable[[], Result]]:
    """Yield for each year, in order, what returns its result, or raises what it failed with."""
    if executor is None:
        yield from (year.run for year in years)
        return
    futures = [submitted(executor, year) for year in years]
    try:
        for year, future in zip(years, futures, strict=True):
            # A worker that dies takes every job of its pool along; run again alone, one shows whose fault it was.
            yield (submitted(executor, year) if died(future) else future).result
    finally:
        for future in futures:
            future.cancel()


def submitted(executor: Executor, year: Year[Result]) -> Future[Result]:
    """Hand a year over; where a pool broke or a cluster is gone, the future has failed with that."""
    try:
        return executor.submit(type(year).run, year)
    except Exception as error:
        refused: Future[Result] = Future()
        refused.set_exception(error)
        return refused


def died(future: Future[Any]) -> bool:
    """Tell whether a job ended because its worker, or another one of the pool, died."""
    try:
        return isinstance(future.exception(), BrokenExecutor)
    except CancelledError:
        return False


@contextmanager
def _told(year: Year[Result]) -> Iterator[None]:
    """Tell which simulated year failed; a fault of the input is told as it is."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise RunFailed(
            f"simulated year {year.replication} failed: {type(error).__name__}: {one_line(error)}"
        ) from error
