"""Experiments that grow: simulated years are added to those there are, and counted, as a question needs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from smarketing_sim.experiment.panel import simulate_all
from smarketing_sim.experiment.runs import Experiment, Progress
from smarketing_sim.scenario.schema import Scenario


@dataclass
class Years:
    """Simulated years of several plans under the same luck: year r of one pairs with year r of any other.

    Parameters
    ----------
    seed, engine, executor
        As for :func:`~smarketing_sim.experiment.panel.simulate_all`.
    progress
        Called with (finished, planned), years of all plans together.
    planned
        How many years will be needed at most, for the progress told.
    experiments
        Plans that were simulated so far, one for each time that years of a plan were asked for.
    """

    seed: int
    engine: str | None = None
    executor: Executor | None = None
    progress: Progress | None = None
    planned: int = 0
    experiments: int = 0
    _finished: int = 0
    _seen: dict[str, Experiment] = field(default_factory=dict)

    def reach(self, plans: Sequence[Scenario], count: int) -> list[Experiment]:
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
    ) -> list[Experiment]:
        """Simulate some years of some plans, and keep none of them."""
        found = simulate_all(
            plans,
            replications=count,
            first=first,
            seed=self.seed,
            engine=self.engine,
            executor=self.executor,
            unlimited=unlimited,
            progress=None if self.progress is None else self._tell,
        )
        self._finished += len(plans) * count
        self.experiments += len(plans)
        return found

    def _tell(self, done: int, _: int) -> None:
        if self.progress is not None:
            finished = self._finished + done
            self.progress(finished, max(self.planned, finished))

    def _add(self, found: Experiment) -> None:
        known = self._seen.get(found.scenario.digest)
        whole = found if known is None else dataclasses.replace(known, measures=known.measures + found.measures)
        self._seen[found.scenario.digest] = whole
