"""Experiments that grow: simulated years are added to those there are, and counted, as a question needs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.schema import Scenario


@dataclass
class Years:
    """Simulated years of several plans under the same luck: year r of one pairs with year r of any other.

    Parameters
    ----------
    simulation
        How they are simulated; its progress is told of the years of all plans together.
    planned
        How many years will be needed at most, for the progress told.
    experiments
        Plans that were simulated so far, one for each time that years of a plan were asked for.
    """

    simulation: Simulation
    planned: int = 0
    experiments: int = 0
    _finished: int = 0
    _seen: dict[str, Replications] = field(default_factory=dict)

    def reach(self, plans: Sequence[Scenario], count: int) -> list[Replications]:
        """Return the first ``count`` years of some plans, simulating what is missing."""
        for first in sorted({self.count(plan) for plan in plans if self.count(plan) < count}):
            missing = list({plan.digest: plan for plan in plans if self.count(plan) == first}.values())
            for found in self.simulate(missing, first=first, count=count - first):
                self._add(found)
        return [self._seen[plan.digest] for plan in plans]

    def count(self, plan: Scenario) -> int:
        """Return how many years of a plan were simulated so far."""
        seen = self._seen.get(plan.digest)
        return 0 if seen is None else len(seen.measures)

    def simulate(
        self, plans: Sequence[Scenario], *, first: int, count: int, unlimited: bool = False
    ) -> list[Replications]:
        """Simulate some years of some plans, and keep none of them."""
        simulation = self.simulation.of(count, first=first).told_to(self.simulation.progress and self._tell)
        found = simulation.panel(plans, unlimited=unlimited)
        self._finished += len(plans) * count
        self.experiments += len(plans)
        return found

    def _tell(self, done: int, _: int) -> None:
        if self.simulation.progress is not None:
            finished = self._finished + done
            self.simulation.progress(finished, max(self.planned, finished))

    def _add(self, years: Replications) -> None:
        known = self._seen.get(years.scenario.digest)
        whole = years if known is None else dataclasses.replace(known, measures=known.measures + years.measures)
        self._seen[years.scenario.digest] = whole
