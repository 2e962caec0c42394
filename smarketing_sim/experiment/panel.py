"""Several scenarios under the same luck: those that read the same leads share them, and every year is paired."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from smarketing_sim.engine import choose_engine, simulate, simulate_unlimited
from smarketing_sim.experiment.jobs import sharing_demand
from smarketing_sim.experiment.limits import check_numbers
from smarketing_sim.experiment.runs import Experiment, Progress
from smarketing_sim.experiment.years import run_years
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand


@dataclass(frozen=True)
class _Year:
    """One simulated year of scenarios that meet the same leads."""

    points: tuple[int, ...]
    scenarios: tuple[Scenario, ...] = field(repr=False)
    judges: tuple[Scenario, ...] = field(repr=False)
    seed: int
    replication: int
    engine: str
    ceilings: bool
    unlimited: bool

    def run(self) -> list[Measures]:
        demand = sample_demand(self.scenarios[0], seed=self.seed, replication=self.replication)
        return [
            measure(
                simulate_unlimited(scenario, demand)
                if self.unlimited
                else simulate(scenario, demand, engine=self.engine),
                judge,
                unlimited=simulate_unlimited(scenario, demand) if self.ceilings else None,
            )
            for scenario, judge in zip(self.scenarios, self.judges, strict=True)
        ]


def simulate_all(
    scenarios: Sequence[Scenario],
    *,
    replications: int,
    first: int = 0,
    seed: int = 1,
    engine: str | None = None,
    executor: Executor | None = None,
    ceilings: bool = False,
    unlimited: bool = False,
    judged_by: Sequence[Scenario] | None = None,
    progress: Progress | None = None,
) -> list[Experiment]:
    """Simulate several scenarios in the same simulated years.

    Parameters
    ----------
    scenarios
        What to simulate.
    replications
        Simulated years of each.
    first
        Number of the first of them, so that years can be added to those that were simulated before.
    seed, engine, executor, progress
        As for :func:`~smarketing_sim.experiment.runs.run`; progress counts years, those of scenarios that
        share their leads as one.
    ceilings
        Whether to find out what unlimited reps would attain.
    unlimited
        Whether to give every lead a rep of its own in place of the team.
    judged_by
        For each scenario the one whose terms measure what happened; its own where left out.

    Returns
    -------
    list of Experiment
        In the order of the scenarios, with the terms that measured them; year r of one pairs with year r of any other.

    Raises
    ------
    InputError
        If a scenario or a number asked for cannot be run.
    RunFailed
        If a simulated year failed: pairs with holes in them prove nothing.
    """
    check_numbers(replications=replications, seed=seed)
    engine = choose_engine(engine)
    judges = scenarios if judged_by is None else judged_by
    years = [
        _Year(
            group,
            tuple(scenarios[point] for point in group),
            tuple(judges[point] for point in group),
            seed,
            replication,
            engine,
            ceilings,
            unlimited,
        )
        for group in sharing_demand(scenarios)
        for replication in range(first, first + replications)
    ]
    found: list[list[Measures]] = [[] for _ in scenarios]
    for year, measures in zip(years, run_years(years, executor=executor, progress=progress), strict=True):
        for point, one in zip(year.points, measures, strict=True):
            found[point].append(one)
    return [Experiment(one, seed, engine, tuple(seen)) for one, seen in zip(judges, found, strict=True)]
