"""What the planning report advises, as numbers: levers, hires, money left on the table, the next leads, the cliff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from smarketing_sim.decide.beliefs import BeliefRange, Regret, belief_ranges, regret
from smarketing_sim.decide.flow import NextLeads, next_leads
from smarketing_sim.decide.left_on_table import LeftOnTable, left_on_table
from smarketing_sim.decide.ranking import KEPT_FROM, Effect, Ranking, best_free, rank_levers
from smarketing_sim.decide.surface import Surface, response_surface
from smarketing_sim.decide.volume import Curve, volume_curves
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import goal_reached
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario

YEARS = 8
"""Simulated years of each change: they pair with the plan's, so few suffice."""
HIRES = (1, 2, 3)
AT_WAGES = "at their wages"
VOLUMES = (0.6, 0.75, 0.85, 0.95, 1.05, 1.15, 1.3, 1.5)
DRAWS = 24
GOAL_YEARS = 50


@dataclass(frozen=True, eq=False)
class Hire:
    """So many more reps: chance that a month keeps every sales promise, and the gain in contribution."""

    count: int
    kept: Interval
    contribution: Interval


@dataclass(frozen=True, eq=False)
class Action:
    """The cheapest thing to do that keeps every sales promise.

    Parameters
    ----------
    label
        What to do, in words.
    price
        What it costs, in words.
    kept
        Chance that a month keeps every sales promise then.
    contribution
        What it adds to contribution.
    """

    label: str
    price: str
    kept: Interval
    contribution: Interval


@dataclass(frozen=True, eq=False)
class GoalShift:
    """What the best free change does to revenue and to the goal, in the same years as the plan.

    Parameters
    ----------
    years
        How many.
    more
        What it adds to the revenue expected from a year's leads.
    today, then
        Chance that a year reaches marketing's part of the goal, without and with it.
    """

    years: int
    more: Interval
    today: Interval
    then: Interval


@dataclass(frozen=True, eq=False)
class Advice:
    """What was found out about changes to a plan.

    Parameters
    ----------
    ranking
        Its levers.
    hires
        One, two and three more reps.
    table
        What it leaves on the table.
    next_leads
        What more leads of each source bring.
    curves
        Contribution by volume: as it is, and with the best free change where there is one.
    regret
        That change under every published belief about speed; None where there is none.
    beliefs
        Money figures over all beliefs.
    goal
        The best free change and the goal; None where there is no such change.
    surface
        Plans by headcount and volume; None where there is nothing to promise or nobody to keep it.
    """

    ranking: Ranking
    hires: tuple[Hire, ...]
    table: LeftOnTable
    next_leads: dict[str, NextLeads]
    curves: tuple[Curve, ...]
    regret: Regret | None
    beliefs: tuple[BeliefRange, ...]
    goal: GoalShift | None = None
    surface: Surface | None = None

    @property
    def years(self) -> int:
        """Simulated years of each change."""
        return len(self.ranking.today.measures)

    @property
    def first_rule(self) -> Effect | None:
        """The free change to begin with; None where what keeps most promises may add nothing to contribution."""
        best = best_free(self.ranking)
        return best if best is not None and best.contribution.low > 0.0 else None

    @property
    def surest_gain(self) -> Effect | None:
        """The change at no cost that adds most to contribution, of those that add something for certain."""
        sure = [one for one in self.ranking.free if one.lever.at_no_cost and one.contribution.low > 0.0]
        return max(sure, key=lambda one: one.contribution.mean, default=None)

    @property
    def action(self) -> Action | None:
        """The cheapest change that keeps every sales promise: free, then the day's other work, then people."""
        return next((one for one in self._candidates() if one.kept.mean >= KEPT_FROM), None)

    def _candidates(self) -> Iterator[Action]:
        best = best_free(self.ranking)
        yield from () if best is None else (_action(best),)
        yield from self._levers("other work")
        for hire in self.hires:
            label = f"Hire {hire.count} more {'rep' if hire.count == 1 else 'reps'}"
            yield Action(label, AT_WAGES, hire.kept, hire.contribution)
        yield from self._levers("people or money")
        yield from self._levers("promise")

    def _levers(self, cost: str) -> Iterator[Action]:
        """Yield the levers that cost so much, best contribution first."""
        mine = [one for one in (*self.ranking.free, *self.ranking.priced) if one.lever.cost == cost]
        yield from map(_action, sorted(mine, key=lambda effect: -effect.contribution.mean))


_PRICES = {
    "nothing": "at no cost",
    "other work": "at the cost of the reps’ other work",
    "people or money": "for people or money",
    "promise": "by promising something else",
}


def _action(effect: Effect) -> Action:
    return Action(effect.lever.label, _PRICES[effect.lever.cost], effect.kept, effect.contribution)


def advise(
    scenario: Scenario,
    simulation: Simulation,
) -> Advice:
    """Find out what to do about a plan.

    Parameters
    ----------
    scenario
        The plan.
    replications
        Simulated years of the plan; the changes get at most ``YEARS`` of them.
    simulation
        How it is simulated.
    progress
        Called with (steps done, all of them).
    """
    few = simulation.of(min(simulation.replications, YEARS))
    step = few.parts([1.0] * 9)
    ranking = rank_levers(scenario, next(step))
    hires = _hires(scenario, ranking.today, next(step))
    table = left_on_table(scenario, next(step))
    more = next_leads(scenario, next(step))
    best = best_free(ranking)
    plans = {"as it is": scenario}
    if best is not None and best.lever.scenario is not None:
        plans[best.lever.label] = best.lever.scenario
    curves = volume_curves(plans, next(step), factors=VOLUMES)
    choices = {} if best is None else {best.lever.label: best.lever.overrides}
    doubted = next(step)
    doubt = regret(scenario, choices, doubted.of(max(1, few.replications // 2))) if choices else None
    beliefs = belief_ranges(scenario, next(step).of(1), draws=DRAWS)
    goal_years = next(step).of(min(simulation.replications, GOAL_YEARS))
    goal = None if best is None else _goal(scenario, best, goal_years)
    surface = _surface(scenario, next(step))
    return Advice(ranking, hires, table, more, tuple(curves), doubt, tuple(beliefs), goal, surface)


def _goal(scenario: Scenario, best: Effect, simulation: Simulation) -> GoalShift | None:
    """Find out what a change does to the goal, over more years than a ranking takes: a chance needs them."""
    if best.lever.scenario is None:
        return None
    today, then = simulation.panel([scenario, best.lever.scenario])
    return GoalShift(
        len(then.measures),
        paired_difference(then.series("expected_revenue"), today.series("expected_revenue")),
        goal_reached(today),
        goal_reached(then),
    )


def _surface(scenario: Scenario, simulation: Simulation) -> Surface | None:
    """Return the grid of the page’s sliders."""
    if scenario.sales.sdr.headcount == 0 or not any(s.handed_share for s in scenario.marketing.sources.values()):
        return None
    return response_surface(scenario, simulation)


def _hires(scenario: Scenario, today: Replications, simulation: Simulation) -> tuple[Hire, ...]:
    plans = [override(scenario, {"sales.sdr.headcount": scenario.sales.sdr.headcount + more}) for more in HIRES]
    known = today.series("contribution")
    return tuple(
        Hire(more, kept_in_a_month(all_kept_months(found, ("sales",))),
             paired_difference(found.series("contribution"), known))
        for more, found in zip(HIRES, simulation.panel(plans), strict=True)
    )  # fmt: skip


def worst_month(experiment: Replications) -> tuple[int, Interval] | None:
    """Return the month of the horizon, from 0, in which sales is least likely to keep every promise, and the chance."""
    kept = all_kept_months(experiment, ("sales",))
    if not kept.size or np.all(np.isnan(kept)):
        return None
    chances = np.array([np.nanmean(column) if not np.all(np.isnan(column)) else np.inf for column in kept.T])
    month = int(np.argmin(chances))
    return month, kept_in_a_month(kept[:, month : month + 1])
