"""How plans are simulated: in how many years, from which seed, by which engine, on which workers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from smarketing_sim.engine import choose_engine
from smarketing_sim.experiment.default_years import QUICK_YEARS, check_numbers
from smarketing_sim.experiment.panel import panel_years
from smarketing_sim.experiment.replications import (
    FIRST_LOOK,
    Outcome,
    Precision,
    Replication,
    Replications,
    collected,
    outcome_of,
    years_needed,
)
from smarketing_sim.experiment.years import Progress, Result, Year, outcomes, run_years
from smarketing_sim.measure.summary import Measures
from smarketing_sim.scenario.schema import Scenario

_WHOLE = 1000
"""What a way in parts is told in."""


@dataclass(frozen=True)
class Simulation:
    """How plans are simulated.

    Parameters
    ----------
    replications
        Simulated years of each plan.
    seed
        Root seed; year r draws from (seed, r) alone, so the number of workers changes nothing.
    engine
        Which engine; None takes the fastest one installed.
    executor
        Any ``concurrent.futures`` executor; None runs here, one after another. It changes no number.
    progress
        Called with (finished, planned).
    first
        Number of the first year, so that years can be added to those that were simulated before.

    Raises
    ------
    InputError
        If so many years cannot be run from this seed, or there is no such engine.
    """

    replications: int = QUICK_YEARS
    seed: int = 1
    engine: str | None = None
    executor: Executor | None = field(default=None, repr=False)
    progress: Progress | None = field(default=None, repr=False)
    first: int = 0

    def __post_init__(self) -> None:
        check_numbers(replications=self.replications, seed=self.seed)
        object.__setattr__(self, "engine", choose_engine(self.engine))  # chosen once, and what is missing told once

    @property
    def engine_name(self) -> str:
        """The engine that is used."""
        return choose_engine(self.engine)

    @property
    def numbers(self) -> range:
        """The numbers of the years."""
        return range(self.first, self.first + self.replications)

    def of(self, replications: int, *, first: int = 0) -> Simulation:
        """Return the same with another number of years."""
        return dataclasses.replace(self, replications=replications, first=first)

    def told_to(self, progress: Progress | None) -> Simulation:
        """Return the same with its progress told to another one."""
        return dataclasses.replace(self, progress=progress)

    def parts(self, weights: Sequence[float]) -> Iterator[Simulation]:
        """Yield the same for each of some steps, by how long each takes; each tells of its own part of the way."""
        before, whole = 0.0, sum(weights)
        for weight in weights:
            yield self.told_to(self.progress and _part(self.progress, before / whole, weight / whole))
            before += weight

    def finish(self) -> None:
        """Tell that all is done, where less was to be simulated than seemed."""
        if self.progress is not None:
            self.progress(_WHOLE, _WHOLE)

    def run(
        self, scenario: Scenario, *, precision: Mapping[str, Precision] | None = None, keep_ledgers: bool = False
    ) -> Replications:
        """Simulate a plan; a year that fails is a result, and the others are finished.

        Parameters
        ----------
        scenario
            What to simulate.
        precision
            Wanted half-width by headline measure, in its unit or as a share of its mean: years are added until each is
            reached, or there are as many as this simulation has.
        keep_ledgers
            Whether to bring every ledger back.

        Raises
        ------
        InputError
            If the scenario cannot be run, or ``precision`` names no measure.
        """
        found: list[Outcome] = []
        planned = min(self.replications, FIRST_LOOK) if precision else self.replications
        while len(found) < planned:
            years = [
                Replication(scenario, self.seed, number, self.engine_name, keep_ledgers)
                for number in self.numbers[len(found) : planned]
            ]
            for year, result in zip(years, outcomes(years, self.executor), strict=True):
                found.append(outcome_of(year, result))
                if self.progress is not None:
                    self.progress(len(found), planned)
            planned = max(planned, min(self.replications, years_needed(found, precision or {})))
        return collected(scenario, self.seed, self.engine_name, found)

    def panel(
        self,
        scenarios: Sequence[Scenario],
        *,
        ceilings: bool = False,
        unlimited: bool = False,
        judged_by: Sequence[Scenario] | None = None,
    ) -> list[Replications]:
        """Simulate several plans in the same years; those that read the same leads share them.

        Parameters
        ----------
        scenarios
            What to simulate.
        ceilings
            Whether to find out what unlimited reps would attain.
        unlimited
            Whether to give every lead a rep of its own in place of the team.
        judged_by
            For each plan the one whose terms measure what happened; its own where left out.

        Returns
        -------
        list of Replications
            In the order of the plans, with the terms that measured them; year r of one pairs with year r of any other.

        Raises
        ------
        InputError
            If a plan cannot be run.
        RunFailed
            If a simulated year failed: pairs with holes in them prove nothing.
        """
        judges = scenarios if judged_by is None else judged_by
        years = panel_years(
            scenarios, judges, self.numbers, self.seed, self.engine_name, ceilings=ceilings, unlimited=unlimited
        )
        found: list[list[Measures]] = [[] for _ in scenarios]
        for year, measures in zip(years, self.collect(years), strict=True):
            for point, one in zip(year.points, measures, strict=True):
                found[point].append(one)
        return [
            Replications(one, self.seed, self.engine_name, tuple(seen)) for one, seen in zip(judges, found, strict=True)
        ]

    def collect(self, years: Sequence[Year[Result]]) -> list[Result]:
        """Run simulated years of one's own making, as :func:`~smarketing_sim.experiment.years.run_years` does."""
        return run_years(years, executor=self.executor, progress=self.progress)


def _part(progress: Progress, before: float, share: float) -> Progress:
    return lambda done, planned: progress(round(_WHOLE * (before + share * done / max(planned, 1))), _WHOLE)
