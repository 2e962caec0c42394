"""Simulated years that are kept: none is simulated twice, and plans that read the same leads share them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from smarketing_sim.engine import choose_engine, simulate, simulate_unlimited
from smarketing_sim.experiment.compare import compare
from smarketing_sim.experiment.replications import CEILING_REPLICATIONS, Replications
from smarketing_sim.experiment.results import to_json
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.schema import Scenario, years_digest
from smarketing_sim.world.demand import Demand, reads_digest, sample_demand

Plan = tuple[int, str]
"""What tells the years of one plan from another's: the seed, and all that shapes them and what is counted of them."""

_PLANS = 64
_KEPT_LEADS = 250_000
"""Leads of the first years are kept up to this number, a hundred megabytes, whatever the size of the plan."""


@dataclass(frozen=True)
class Progress:
    """Simulated years finished, of those planned for the next answer."""

    done: int
    planned: int


@dataclass(frozen=True, eq=False)
class Answer:
    """What some simulated years say about a plan.

    Parameters
    ----------
    experiment
        The plan and its years.
    scorecard
        The answer of ``smarketing run`` with the same seed and years, as plain JSON types.
    comparison
        The answer of ``smarketing compare`` with the pinned plan as A; None where none is pinned.
    final
        Whether all years that were asked for are in it.
    """

    experiment: Replications
    scorecard: dict[str, Any]
    comparison: dict[str, Any] | None
    final: bool

    @property
    def years(self) -> int:
        """Simulated years behind it."""
        return len(self.experiment.measures)


class Years:
    """The years that were simulated, by plan, and the leads of the first of them; one thread at a time may use it.

    Parameters
    ----------
    engine
        Which engine; None takes the fastest one installed.
    """

    def __init__(self, engine: str | None = None) -> None:
        self.engine = choose_engine(engine)
        self._demands: dict[tuple[str, int, int], Demand] = {}
        self._plans: OrderedDict[Plan, list[Measures]] = OrderedDict()

    def known(self, scenario: Scenario, seed: int) -> list[Measures]:
        """Return the years of a plan that were simulated, in order from the first; a new list grows with the next."""
        key = (seed, years_digest(scenario))
        years = self._plans.setdefault(key, [])
        self._plans.move_to_end(key)
        if len(self._plans) > _PLANS:
            self._plans.popitem(last=False)
        return years

    def add(self, scenario: Scenario, seed: int) -> None:
        """Simulate the next year of a plan, exactly as ``experiment.replications.replicate`` would."""
        known = self.known(scenario, seed)
        demand = self._demand(scenario, seed, len(known))
        ceiling = simulate_unlimited(scenario, demand) if len(known) < CEILING_REPLICATIONS else None
        known.append(measure(simulate(scenario, demand, engine=self.engine), scenario, unlimited=ceiling))

    def experiment(self, scenario: Scenario, seed: int, count: int) -> Replications:
        """Return the first years of a plan, which must have been simulated."""
        return Replications(scenario, seed, self.engine, tuple(self.known(scenario, seed)[:count]))

    def forget_leads(self, scenarios: Sequence[Scenario]) -> None:
        """Let go of all leads but those that some plans read."""
        read = {reads_digest(scenario) for scenario in scenarios}
        self._demands = {key: demand for key, demand in self._demands.items() if key[0] in read}

    def _demand(self, scenario: Scenario, seed: int, replication: int) -> Demand:
        key = (reads_digest(scenario), seed, replication)
        if key in self._demands:
            return self._demands[key]
        demand = sample_demand(scenario, seed=seed, replication=replication)
        if sum(len(kept.lead_id) for kept in self._demands.values()) + len(demand.lead_id) <= _KEPT_LEADS:
            self._demands[key] = demand
        return demand


def refine(
    years: Years, scenario: Scenario, *, pinned: Scenario | None, seed: int, looks: Sequence[int]
) -> Iterator[Progress | Answer]:
    """Yield one answer for each number of simulated years, and word of progress after each year between them.

    Parameters
    ----------
    years
        What was simulated before; new years are added to it.
    scenario
        The plan that is asked about.
    pinned
        The plan to compare it with, year by year; None for none.
    seed
        Root seed.
    looks
        Numbers of simulated years to answer with, rising; those below what is known already are passed over.
    """
    plans = [scenario] if pinned is None else [scenario, pinned]
    years.forget_leads(plans)
    have = min(len(years.known(plan, seed)) for plan in plans)
    first = max((look for look in looks if look <= have), default=0)
    for look in (look for look in looks if look >= first):
        for year in range(look):
            short = [plan for plan in plans if len(years.known(plan, seed)) <= year]
            for plan in short:
                years.add(plan, seed)
            if short:
                yield Progress(year + 1, look)
        yield _answer(years, scenario, pinned, seed, look, final=look == looks[-1])


def _answer(years: Years, scenario: Scenario, pinned: Scenario | None, seed: int, look: int, *, final: bool) -> Answer:
    found = years.experiment(scenario, seed, look)
    against = None if pinned is None else compare(years.experiment(pinned, seed, look), found)
    return Answer(found, to_json(found), against, final)
