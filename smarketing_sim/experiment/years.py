"""Simulated years of one's own making, over any executor, in order whatever finishes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Protocol, TypeVar

from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.runs import Progress, died
from smarketing_sim.plain import one_line

Found_co = TypeVar("Found_co", covariant=True)
Result = TypeVar("Result")


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
    for result in _in_order(years, executor):
        found.append(result)
        if progress is not None:
            progress(len(found), len(years))
    return found


def _in_order(years: Sequence[Year[Result]], executor: Executor | None) -> Iterator[Result]:
    if executor is None:
        for year in years:
            with _told(year):
                result = year.run()
            yield result
        return
    futures = [executor.submit(year.run) for year in years]
    try:
        for year, future in zip(years, futures, strict=True):
            # A worker that dies takes its whole pool along; run again alone, a year shows whether it was to blame.
            again = executor.submit(year.run) if died(future) else future
            with _told(year):
                result = again.result()
            yield result
    finally:
        for future in futures:
            future.cancel()


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
