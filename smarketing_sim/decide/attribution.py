"""Who broke it? The gap between two plans, split over the causes that differ, so that the parts sum to the gap."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.coalitions import Pair
from smarketing_sim.decide.shapley import shapley_values
from smarketing_sim.errors import InputError, Problem
from smarketing_sim.experiment.chance_kept import all_kept_months
from smarketing_sim.experiment.compare import mean_of_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.scenario.causes import CAUSES, NOT_MODELLED
from smarketing_sim.scenario.currency import hold_one_currency
from smarketing_sim.scenario.schema import Scenario

MEASURE = "contribution"
MEASURES = (MEASURE, "expected_revenue", "sales_months_kept_share")
_HORIZON = ("run.starts_on", "run.horizon_months")
Causes = tuple[str, ...]


@dataclass(frozen=True)
class Merger:
    """Causes that could not be told apart, because a plan with one and without the other is no valid scenario.

    Parameters
    ----------
    causes
        The causes, counted as one.
    because
        The rule that such a plan breaks.
    """

    causes: Causes
    because: str


@dataclass(frozen=True)
class Mixtures:
    """Every plan between two plans.

    Parameters
    ----------
    pair
        The two plans.
    groups
        What is told apart, in the order of ``CAUSES``: single causes, or several that only go together.
    scenarios
        Item ``m`` has from the second plan the groups whose bits are set in ``m``.
    mergers
        Why groups hold more than one cause.
    """

    pair: Pair
    groups: tuple[Causes, ...]
    scenarios: tuple[Scenario, ...]
    mergers: tuple[Merger, ...]


@dataclass(frozen=True, eq=False)
class Attribution:
    """A gap and its parts.

    Parameters
    ----------
    mixtures
        What was simulated.
    seed, engine
        How.
    worth
        By measure, of every mixture in every replication; shape (mixtures, replications).
    """

    mixtures: Mixtures
    seed: int
    engine: str
    worth: dict[str, Floats]

    @property
    def replications(self) -> int:
        """Simulated years of each mixture."""
        return int(self.worth[MEASURE].shape[1])

    @property
    def runs(self) -> int:
        """Simulated years in all."""
        return int(self.worth[MEASURE].size)

    def side(self, number: int, measure: str = MEASURE) -> Interval:
        """Return a measure of the first (0) or second (1) plan."""
        return t_interval(self.worth[measure][-number])

    def gap(self, measure: str = MEASURE) -> Interval:
        """Return what the second plan has more than the first."""
        return t_interval(self._parts(measure).sum(axis=0)) if self.mixtures.groups else t_interval([])

    def parts(self, measure: str = MEASURE) -> dict[Causes, Interval]:
        """Return the part of the gap that is due to each group of causes; they sum to the gap in every replication.

        Groups come in the order of ``CAUSES``; a cause in which the plans do not differ has a part of exactly zero.
        """
        found = dict(zip(self.mixtures.groups, self._parts(measure), strict=True))
        merged = set(itertools.chain.from_iterable(found))
        groups = sorted([*found, *((cause,) for cause in CAUSES if cause not in merged)], key=_place)
        nothing = Interval(0.0, 0.0, 0.0)
        return {group: t_interval(found[group]) if group in found else nothing for group in groups}

    def paths(self, group: Causes) -> tuple[str, ...]:
        """Return the paths that differ, of a group of causes."""
        return tuple(path for cause in group for path in self.mixtures.pair.differences.get(cause, ()))

    def _parts(self, measure: str) -> Floats:
        return shapley_values(self.worth[measure])


def explain(
    a: Scenario,
    b: Scenario,
    simulation: Simulation,
) -> Attribution:
    """Split the gap between two plans, b − a, over the causes that differ.

    Every subset of these causes is taken from ``b`` and the rest from ``a``; all of these plans are simulated in the
    same years. The part of a cause is what it changes, averaged over every order in which the causes could be changed
    (:mod:`~smarketing_sim.decide.shapley`).

    Parameters
    ----------
    a, b
        The plan that is compared from, and the plan that is asked about.
    replications
        Simulated years of each mixture, of which there are 2 to the power of the number of causes.
    simulation
        How it is simulated.

    Raises
    ------
    InputError
        If the plans are the same in all that the simulation can feel, or are about different times.
    RunFailed
        If a simulated year failed.
    """
    mixtures = mix(a, b)
    found = simulation.panel(mixtures.scenarios)
    worth = [_measured(experiment) for experiment in found]
    stacked = {name: np.stack([one[name] for one in worth]) for name in MEASURES}
    return Attribution(mixtures, simulation.seed, found[0].engine, stacked)


def mix(a: Scenario, b: Scenario) -> Mixtures:
    """Return every plan between two plans; causes that only go together are counted as one.

    Raises
    ------
    InputError
        If the plans are the same, or are about different times.
    """
    _hold_comparable(a, b)
    pair, mergers = Pair(a, b), dict[Causes, str]()
    groups: list[Causes] = [(cause,) for cause in pair.differences]
    while True:
        tried = [_mixed(pair, groups, mask) for mask in range(2 ** len(groups))]
        broken = {mask: fault for mask, fault in enumerate(tried) if isinstance(fault, InputError)}
        if not broken:
            break
        first, second = _most_at_odds(len(groups), set(broken))
        together = tuple(sorted(groups[first] + groups[second], key=CAUSES.index))
        fault = next(fault for mask, fault in broken.items() if _separates(mask, first, second))
        mergers[together] = str(fault.problems[0])
        groups = sorted([*(g for n, g in enumerate(groups) if n not in {first, second}), together], key=_place)
    merged = tuple(Merger(group, because) for group, because in mergers.items() if group in groups)
    return Mixtures(pair, tuple(groups), tuple(s for s in tried if isinstance(s, Scenario)), merged)


def to_json(attribution: Attribution) -> dict[str, Any]:
    """Return the answer of ``smarketing explain`` as plain JSON types: no times, durations or paths of files."""
    pair, listed = attribution.mixtures.pair, attribution.parts()
    others = {
        measure: {
            "gap": attribution.gap(measure).as_dict(),
            "causes": [_row(group, part) for group, part in attribution.parts(measure).items()],
        }
        for measure in MEASURES[1:]
    }
    return {
        "a": {**pair.a.identity, MEASURE: attribution.side(0).as_dict()},
        "b": {**pair.b.identity, MEASURE: attribution.side(1).as_dict()},
        "seed": attribution.seed,
        "replications": attribution.replications,
        "engine": attribution.engine,
        "measure": MEASURE,
        "gap": attribution.gap().as_dict(),
        "causes": [{**_row(group, part), "paths": list(attribution.paths(group))} for group, part in listed.items()],
        "other_measures": others,
        "merged": [
            {"causes": list(merger.causes), "because": merger.because} for merger in attribution.mixtures.mergers
        ],
        "not_modelled": list(NOT_MODELLED),
        "scenarios": len(attribution.mixtures.scenarios),
        "runs": attribution.runs,
    }


def group_name(group: Causes) -> str:
    """Return what a group of causes is called."""
    return " with ".join(group)


def _row(group: Causes, part: Interval) -> dict[str, Any]:
    return {"cause": group_name(group), "part": part.as_dict()}


def _hold_comparable(a: Scenario, b: Scenario) -> None:
    hold_one_currency((a.currency, b.currency))
    here, there = a.run.model_dump(mode="json"), b.run.model_dump(mode="json")
    apart = [path for path in _HORIZON if here[path.partition(".")[2]] != there[path.partition(".")[2]]]
    if apart:
        values = {path: (here[path.partition(".")[2]], there[path.partition(".")[2]]) for path in apart}
        raise InputError(
            Problem(
                f"is {before} in the first plan; both plans must be about the same months, so set it alike in both",
                path=path,
                value=after,
            )
            for path, (before, after) in values.items()
        )
    if a.digest == b.digest:
        rule = "these plans are the same in all that can be simulated, so there is no gap; name two that differ"
        raise InputError([Problem(rule, value=a.name)])


def _mixed(pair: Pair, groups: Sequence[Causes], mask: int) -> Scenario | InputError:
    try:
        return pair.mixed({cause for bit, group in enumerate(groups) if mask >> bit & 1 for cause in group})
    except InputError as error:
        return error


def _most_at_odds(count: int, broken: set[int]) -> tuple[int, int]:
    """Return the two groups whose separation breaks the largest share of plans, one way or the other."""

    def share(pair: tuple[int, int]) -> float:
        one_way = [mask for mask in range(2**count) if mask >> pair[0] & 1 and not mask >> pair[1] & 1]
        return float(np.mean([mask in broken for mask in one_way]))

    pairs = itertools.combinations(range(count), 2)
    return max(pairs, key=lambda pair: max(share(pair), share(pair[::-1])))


def _separates(mask: int, first: int, second: int) -> bool:
    return mask >> first & 1 != mask >> second & 1


def _place(group: Causes) -> int:
    return CAUSES.index(group[0])


def _measured(experiment: Replications) -> dict[str, Floats]:
    """Return each measure by replication; NaN where no month has a promise of sales to keep."""
    kept = mean_of_months(all_kept_months(experiment, ("sales",)))
    worth = (experiment.series("contribution"), experiment.series("expected_revenue"), kept)
    return dict(zip(MEASURES, worth, strict=True))
