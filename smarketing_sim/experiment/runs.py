"""Replications: the same scenario in many simulated years, over any executor, in run order whatever finishes first."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from smarketing_sim.engine import choose_engine, simulate, simulate_unlimited
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.limits import check_numbers
from smarketing_sim.ledger import Ledger
from smarketing_sim.measure.statistics import replications_for
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.demand import sample_demand

CEILING_REPLICATIONS = 20
FIRST_LOOK = 10

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class OfMean:
    """A half-width as a share of the mean."""

    share: float


Precision = float | OfMean


@dataclass(frozen=True)
class Failure:
    """A replication that failed, with the error it failed with; the others were finished."""

    replication: int
    error: str
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Experiment:
    """One scenario, simulated many times.

    Parameters
    ----------
    scenario, seed, engine
        What was run.
    measures
        One item a replication that finished, in order.
    failures
        The replications that did not.
    ledgers
        Their ledgers, where they were asked for.
    """

    scenario: Scenario
    seed: int
    engine: str
    measures: tuple[Measures, ...]
    failures: tuple[Failure, ...] = ()
    ledgers: tuple[Ledger, ...] = field(default=(), repr=False)

    def series(self, name: str) -> Floats:
        """Return one headline measure by replication."""
        return np.array([m.headline[name] for m in self.measures])

    def stacked(self, name: str) -> Floats:
        """Return one array measure, replications first."""
        return np.stack([getattr(m, name) for m in self.measures])


Outcome = tuple[Measures, Ledger | None] | Failure
Job = tuple[Scenario, int, int, str, bool]


def run(
    scenario: Scenario,
    *,
    replications: int,
    seed: int = 1,
    engine: str | None = None,
    executor: Executor | None = None,
    precision: Mapping[str, Precision] | None = None,
    keep_ledgers: bool = False,
    progress: Progress | None = None,
) -> Experiment:
    """Simulate a scenario many times.

    Parameters
    ----------
    scenario
        What to simulate.
    replications
        How many simulated years; with ``precision``, how many at most.
    seed
        Root seed; replication r draws from (seed, r) alone, so the number of workers changes nothing.
    engine
        Which engine; None takes the fastest one installed.
    executor
        Any ``concurrent.futures`` executor; None runs here, one after another.
    precision
        Wanted half-width by headline measure, in its unit or as a share of its mean; more replications are run until
        each is reached.
    keep_ledgers
        Whether to bring every ledger back.
    progress
        Called with (finished, planned).

    Raises
    ------
    InputError
        If the scenario or a number asked for cannot be run.
    """
    check_numbers(replications=replications, seed=seed)
    engine = choose_engine(engine)
    outcomes: list[Outcome] = []
    planned = min(replications, FIRST_LOOK) if precision else replications
    while True:
        jobs: list[Job] = [(scenario, seed, r, engine, keep_ledgers) for r in range(len(outcomes), planned)]
        for outcome in _in_order(jobs, executor):
            outcomes.append(outcome)
            if progress is not None:
                progress(len(outcomes), planned)
        more = min(replications, _needed(outcomes, precision or {}))
        if more <= planned:
            break
        planned = more
    return _collect(scenario, seed, engine, outcomes)


def replicate(scenario: Scenario, seed: int, replication: int, engine: str, keep_ledger: bool) -> Outcome:
    """Run one replication; any of them can be run again alone.

    An error of ours in the input is raised, for it would meet every replication; anything else becomes a Failure.
    """
    try:
        demand = sample_demand(scenario, seed=seed, replication=replication)
        ceiling = simulate_unlimited(scenario, demand) if replication < CEILING_REPLICATIONS else None
        ledger = simulate(scenario, demand, engine=engine)
        del demand  # a ledger keeps only what it shows of it
        return measure(ledger, scenario, unlimited=ceiling), ledger if keep_ledger else None
    except InputError:
        raise
    except Exception as error:  # a failed replication is a result; the others go on
        return Failure(replication, f"{type(error).__name__}: {error}", traceback.format_exc())


def _in_order(jobs: list[Job], executor: Executor | None) -> Iterator[Outcome]:
    """Yield outcomes in the order of the jobs."""
    if executor is None:
        yield from (replicate(*job) for job in jobs)
        return
    futures = [_submit(executor, job) for job in jobs]
    try:
        for job, future in zip(jobs, futures, strict=True):
            # A worker that dies takes every job of its pool along; run again alone, a job shows whose fault it was.
            yield _outcome(job, _submit(executor, job) if died(future) else future)
    finally:
        for future in futures:
            future.cancel()


def _submit(executor: Executor, job: Job) -> Future[Outcome]:
    try:
        return executor.submit(replicate, *job)
    except BrokenExecutor as error:
        broken: Future[Outcome] = Future()
        broken.set_exception(error)
        return broken


def died(future: Future[Any]) -> bool:
    """Tell whether a job ended because its worker, or another one of the pool, died."""
    try:
        return isinstance(future.exception(), BrokenExecutor)
    except CancelledError:
        return False


def _outcome(job: Job, future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except InputError:
        raise
    except Exception as error:  # a worker that died again is a failed replication
        return Failure(job[2], f"{type(error).__name__}: {error}", traceback.format_exc())


def _needed(outcomes: list[Outcome], precision: Mapping[str, Precision]) -> int:
    """Return how many replications the wanted half-widths need, by what has been seen so far."""
    seen = [outcome[0].headline for outcome in outcomes if not isinstance(outcome, Failure)]
    if not seen:
        return 0
    unknown = [name for name in precision if name not in seen[0]]
    if unknown:
        raise InputError(f"{unknown[0]} is not a measure; known are {', '.join(seen[0])}")
    series = {name: np.array([headline[name] for headline in seen]) for name in precision}
    return max(
        (replications_for(series[name], _width(wanted, series[name])) for name, wanted in precision.items()), default=0
    )


def _width(wanted: Precision, values: Floats) -> float:
    return wanted.share * abs(float(np.nanmean(values))) if isinstance(wanted, OfMean) else wanted


def _collect(scenario: Scenario, seed: int, engine: str, outcomes: list[Outcome]) -> Experiment:
    done = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
    failures = tuple(outcome for outcome in outcomes if isinstance(outcome, Failure))
    ledgers = tuple(ledger for _, ledger in done if ledger is not None)
    return Experiment(scenario, seed, engine, tuple(m for m, _ in done), failures, ledgers)
