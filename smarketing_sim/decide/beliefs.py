"""Whether a different belief would change the decision.

Two kinds of not knowing are kept apart: the simulation's own error, which more simulated years take away, and beliefs
that may be off, which they do not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy.stats import qmc

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError, NothingToDecide, Problem
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference, t_interval
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.decay import decay_presets
from smarketing_sim.scenario.ranges import Range, ranges_of, with_values
from smarketing_sim.scenario.schema import Scenario

MONEY = {
    "contribution": "Contribution",
    "expected_revenue": "Expected revenue",
    "contribution_year_one": "Contribution in the first year",
    "spend": "Media spend",
    "spend_unworked": "Media spend on leads nobody called",
}
_SEED = 20_260_102
_POINTS = 32
_PATIENCE = 1000
Result = TypeVar("Result")


# ---------------------------------------------------------------------- the decay of interest: regret


@dataclass(frozen=True, eq=False)
class Regret:
    """What each choice costs under each belief about how fast a lead goes cold.

    Parameters
    ----------
    choices, presets
        Names of both; the plan as it is comes first.
    contribution
        Contribution by preset and choice.
    regret
        By how much a choice is behind the best one under that belief, paired; the best one's is zero.
    best
        The best choice under each preset.
    safest
        The choice whose largest regret is smallest.
    """

    choices: tuple[str, ...]
    presets: tuple[str, ...]
    contribution: tuple[tuple[Interval, ...], ...]
    regret: tuple[tuple[Interval, ...], ...]
    best: tuple[str, ...]
    safest: str

    @property
    def changes(self) -> bool:
        """Whether the best choice changes with the belief."""
        return len(set(self.best)) > 1


def regret(
    scenario: Scenario,
    choices: Mapping[str, Mapping[str, Any]],
    simulation: Simulation,
    *,
    presets: Sequence[str] | None = None,
) -> Regret:
    """Simulate every choice under every published belief about speed.

    Parameters
    ----------
    scenario
        The plan as it is.
    choices
        What could be done: overrides by name.
    presets
        Decay presets; all that are shipped where left out.
    simulation
        How it is simulated.
    """
    known = tuple(presets or decay_presets())
    named: dict[str, Mapping[str, Any]] = {"As it is": {}, **choices}
    plans = [override(scenario, {**overrides, **_belief(preset)}) for preset in known for overrides in named.values()]
    found = simulation.panel(plans)
    table = [found[len(named) * row : len(named) * (row + 1)] for row in range(len(known))]
    values = [[one.series("contribution") for one in row] for row in table]
    tops = [int(np.argmax([series.mean() for series in row])) for row in values]
    behind = [[paired_difference(row[top], series) for series in row] for row, top in zip(values, tops, strict=True)]
    worst = [max(row[place].mean for row in behind) for place in range(len(named))]
    names = tuple(named)
    return Regret(
        names,
        known,
        tuple(tuple(map(t_interval, row)) for row in values),
        tuple(map(tuple, behind)),
        tuple(names[top] for top in tops),
        names[int(np.argmin(worst))],
    )


def _belief(preset: str) -> dict[str, Any]:
    return {"decay.preset": preset, "decay.points": None, "decay.outcomes": None}


# ---------------------------------------------------------------------- all beliefs: one at a time, and together


@dataclass(frozen=True)
class Swing:
    """What one belief alone does to the plan, and to the gain of a change.

    Parameters
    ----------
    belief
        The belief.
    low, high
        Contribution at its lowest and highest value minus that of the plan as it is.
    gain_low, gain_high
        What the change brings at both; it no longer pays where the range of one lies below zero.
    """

    belief: Range
    low: Interval
    high: Interval
    gain_low: Interval
    gain_high: Interval

    @property
    def width(self) -> float:
        """How far contribution moves in all."""
        return max(self.low.mean, self.high.mean, 0.0) - min(self.low.mean, self.high.mean, 0.0)

    @property
    def turns(self) -> bool:
        """Whether the change stops paying somewhere in the belief's range."""
        return min(self.gain_low.high, self.gain_high.high) < 0.0


def tornado(
    scenario: Scenario,
    change: Mapping[str, Any],
    simulation: Simulation,
) -> list[Swing]:
    """Move one belief at a time to the ends of its range, for the plan and for a change to it; widest swing first.

    Raises
    ------
    InputError
        If no belief of the scenario has a range.
    """
    beliefs = _ranges(scenario)
    ends = [{one.path: one.at(part)} for one in beliefs for part in (0.0, 1.0)]
    moved = [with_values(scenario, values) for values in [{}, *ends]]
    plans = [plan for base in moved for plan in (base, override(base, change))]
    found = simulation.panel(plans)
    plain = [one.series("contribution") for one in found[::2]]
    gains = [paired_difference(b.series("contribution"), a.series("contribution"))
             for a, b in zip(found[::2], found[1::2], strict=True)]  # fmt: skip
    swings = [
        Swing(
            one,
            paired_difference(plain[2 * place + 1], plain[0]),
            paired_difference(plain[2 * place + 2], plain[0]),
            gains[2 * place + 1],
            gains[2 * place + 2],
        )
        for place, one in enumerate(beliefs)
    ]
    return sorted(swings, key=lambda swing: -swing.width)


@dataclass(frozen=True)
class Effect:
    """How much a belief matters when all others may be off as well.

    Parameters
    ----------
    belief
        The belief.
    mean
        Mean size of what moving it across its whole range does to contribution.
    spread
        How much that depends on the other beliefs: its standard deviation.
    """

    belief: Range
    mean: Interval
    spread: float


def screen(
    scenario: Scenario,
    simulation: Simulation,
    *,
    rounds: int = 8,
) -> list[Effect]:
    """Screen all beliefs by elementary effects, largest mean size first.

    Morris, Factorial sampling plans for preliminary computational experiments, Technometrics 33 (1991), in the radial
    form of Campolongo, Saltelli and Cariboni (Computer Physics Communications 182, 2011): each round starts at a point
    of a Sobol sequence and moves one belief at a time across half of its range. All points share a simulated year, so
    what differs is the belief.

    Parameters
    ----------
    scenario
        The plan.
    rounds
        How many points to start from; each takes one simulated year for every belief and one more.
    simulation
        How it is simulated.
    """
    beliefs = _ranges(scenario)
    count = len(beliefs)
    taken = list(itertools.islice(_possible(count, lambda at: _radial(scenario, beliefs, at)), rounds))
    plans = [plan for _, radial in taken for plan in radial]
    found = simulation.of(1).panel(plans)
    value = np.array([one.series("contribution")[0] for one in found]).reshape(rounds, count + 1)
    steps = np.array(
        [[one.step(part, _across(part)) for one, part in zip(beliefs, at, strict=True)] for at, _ in taken]
    )
    effects = (value[:, 1:] - value[:, :1]) / steps
    screened = [
        Effect(one, t_interval(np.abs(effects[:, place])), float(np.nanstd(effects[:, place], ddof=1)))
        for place, one in enumerate(beliefs)
    ]
    return sorted(screened, key=lambda effect: -effect.mean.mean)


def _radial(scenario: Scenario, beliefs: Sequence[Range], at: Floats) -> list[Scenario]:
    here = {one.path: one.at(part) for one, part in zip(beliefs, at, strict=True)}
    moves = [{one.path: one.at(_across(part))} for one, part in zip(beliefs, at, strict=True)]
    return [with_values(scenario, {**here, **move}) for move in [{}, *moves]]


def _across(part: float) -> float:
    """Return the place half a range away."""
    return part + 0.5 if part < 0.5 else part - 0.5


def _possible(dimensions: int, make: Callable[[Floats], Result]) -> Iterator[tuple[Floats, Result]]:
    """Yield points of a Sobol sequence with what is made of them; beliefs that contradict each other are left out.

    Raises
    ------
    InputError
        If hardly any point is possible.
    """
    sequence, left_out = qmc.Sobol(dimensions, rng=np.random.default_rng(_SEED)), 0
    while True:
        for point in sequence.random(_POINTS):
            try:
                made = make(point)
            except InputError as conflict:
                left_out += 1
                if left_out > _PATIENCE:
                    raise InputError(f"the ranges of beliefs contradict each other: {conflict}") from None
                continue
            yield point, made


@dataclass(frozen=True)
class BeliefRange:
    """A money figure when every belief may lie anywhere in its range.

    Parameters
    ----------
    measure, label
        The headline measure, and what people call it.
    mean
        Mean of the plan as it is, with the simulation's own range.
    low, high
        Where the middle 90% of drawn beliefs put it.
    """

    measure: str
    label: str
    mean: Interval
    low: float
    high: float


def belief_ranges(
    scenario: Scenario,
    simulation: Simulation,
    *,
    draws: int = 64,
) -> list[BeliefRange]:
    """Return money figures over beliefs drawn evenly from their ranges; none where none has one.

    Each draw is simulated for a few years, the same for all, and what differs between their means is due to beliefs.

    Parameters
    ----------
    scenario
        The plan.
    draws
        How many sets of beliefs.
    replications
        Simulated years of each.
    simulation
        How it is simulated.
    """
    beliefs = ranges_of(scenario)
    if not beliefs:
        return []

    def drawn(point: Floats) -> Scenario:
        return with_values(scenario, {one.path: one.at(part) for one, part in zip(beliefs, point, strict=True)})

    plans = [scenario, *(plan for _, plan in itertools.islice(_possible(len(beliefs), drawn), draws))]
    found = simulation.panel(plans)
    left_out = {"contribution_year_one"} if scenario.economics.is_one_off else set()
    return [_belief_range(name, label, found[0], found[1:]) for name, label in MONEY.items() if name not in left_out]


def _belief_range(name: str, label: str, plan: Replications, drawn: Sequence[Replications]) -> BeliefRange:
    low, high = np.nanquantile([one.series(name).mean() for one in drawn], [0.05, 0.95])
    return BeliefRange(name, label, t_interval(plan.series(name)), float(low), float(high))


def _ranges(scenario: Scenario) -> list[Range]:
    beliefs = ranges_of(scenario)
    if not beliefs:
        rule = "no value of this scenario has a range; write one as {value: 0.2, range: [0.1, 0.3]}"
        raise NothingToDecide([Problem(rule, path="beliefs")])
    return beliefs
