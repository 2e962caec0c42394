"""Several plans under the same luck, as jobs: those that read the same leads share them, and every year is paired."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.experiment.jobs import sharing_demand
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand


@dataclass(frozen=True)
class PanelYear:
    """One simulated year of scenarios that meet the same leads.

    Parameters
    ----------
    points
        Places of the scenarios in the list they came from.
    scenarios, judges
        What is simulated, and whose terms measure what happened.
    seed, replication, engine
        Which year, by which engine.
    ceilings, unlimited
        Whether to find out what unlimited reps would attain, and whether they take the team's place.
    """

    points: tuple[int, ...]
    scenarios: tuple[Scenario, ...] = field(repr=False)
    judges: tuple[Scenario, ...] = field(repr=False)
    seed: int
    replication: int
    engine: str
    ceilings: bool
    unlimited: bool

    def run(self) -> list[Measures]:
        """Sample the leads once, and simulate and measure each scenario."""
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


def panel_years(
    scenarios: Sequence[Scenario],
    judges: Sequence[Scenario],
    numbers: Iterable[int],
    seed: int,
    engine: str,
    *,
    ceilings: bool,
    unlimited: bool,
) -> list[PanelYear]:
    """Return the jobs of several plans: for each group that reads the same leads, one a year."""
    numbers = list(numbers)
    return [
        PanelYear(
            group,
            tuple(scenarios[point] for point in group),
            tuple(judges[point] for point in group),
            seed,
            number,
            engine,
            ceilings,
            unlimited,
        )
        for group in sharing_demand(scenarios)
        for number in numbers
    ]
