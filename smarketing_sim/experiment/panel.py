"""Several scenarios under the same luck: those that read the same leads share them, and every year is paired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field

from smarketing_sim.engine import choose_engine, simulate, simulate_unlimited
from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.jobs import sharing_demand
from smarketing_sim.experiment.runs import Experiment, Progress, check_numbers, died
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand


@dataclass(frozen=True)
class _Year:
    """One simulated year of scenarios that meet the same leads."""

    points: tuple[int, ...]
    scenarios: tuple[Scenario, ...] = field(repr=False)
    seed: int
    replication: int
    engine: str
    ceilings: bool

    def run(self) -> list[Measures]:
        demand = sample_demand(self.scenarios[0], seed=self.seed, replication=self.replication)
        return [
            measure(
                simulate(scenario, demand, engine=self.engine),
                scenario,
                unlimited=simulate_unlimited(scenario, demand) if self.ceilings else None,
            )
            for scenario in self.scenarios
        ]


def simulate_all(
    scenarios: Sequence[Scenario],
    *,
    replications: int,
    seed: int = 1,
    engine: str | None = None,
    executor: Executor | None = None,
    ceilings: bool = False,
    progress: Progress | None = None,
) -> list[Experiment]:
    """Simulate several scenarios in the same simulated years.

    Parameters
    ----------
    scenarios
        What to simulate.
    replications
        Simulated years of each.
    seed, engine, executor, progress
        As for :func:`~smarketing_sim.experiment.runs.run`; progress counts years of all scenarios.
    ceilings
        Whether to find out what unlimited reps would attain.

    Returns
    -------
    list of Experiment
        In the order of the scenarios; year r of one pairs with year r of any other.

    Raises
    ------
    InputError
        If a scenario or a number asked for cannot be run.
    RunFailed
        If a simulated year failed: pairs with holes in them prove nothing.
    """
    check_numbers(replications=replications, seed=seed)
    engine = choose_engine(engine)
    years = [
        _Year(group, tuple(scenarios[point] for point in group), seed, replication, engine, ceilings)
        for group in sharing_demand(scenarios)
        for replication in range(replications)
    ]
    found: list[list[Measures]] = [[] for _ in scenarios]
    done = 0
    for year, measures in zip(years, _in_order(years, executor), strict=True):
        for point, one in zip(year.points, measures, strict=True):
            found[point].append(one)
        done += len(measures)
        if progress is not None:
            progress(done, len(scenarios) * replications)
    return [Experiment(one, seed, engine, tuple(seen)) for one, seen in zip(scenarios, found, strict=True)]


def _in_order(years: Sequence[_Year], executor: Executor | None) -> Iterator[list[Measures]]:
    if executor is None:
        for year in years:
            with _told(year):
                measures = year.run()
            yield measures
        return
    futures = [executor.submit(_Year.run, year) for year in years]
    try:
        for year, future in zip(years, futures, strict=True):
            # A worker that dies takes its whole pool along; run again alone, a year shows whether it was to blame.
            again = executor.submit(_Year.run, year) if died(future) else future
            with _told(year):
                measures = again.result()
            yield measures
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def _told(year: _Year) -> Iterator[None]:
    """Tell which simulated year failed; a fault of the input is told as it is."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise RunFailed(f"simulated year {year.replication} failed: {type(error).__name__}: {error}") from error
