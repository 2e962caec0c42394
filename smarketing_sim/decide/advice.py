"""What the planning report advises, as numbers: levers, hires, money left on the table, the next leads, the cliff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smarketing_sim.decide import judging
from smarketing_sim.decide.beliefs import BeliefRange, Regret, belief_ranges, regret
from smarketing_sim.decide.flow import NextLeads, next_leads
from smarketing_sim.decide.hiring import HEADCOUNT
from smarketing_sim.decide.judging import HIRE, Certainty, Judged, certainty, judge
from smarketing_sim.decide.left_on_table import LeftOnTable, left_on_table
from smarketing_sim.decide.ranking import KEPT_FROM, Effect, Ranking, best_free, rank_levers
from smarketing_sim.decide.surface import Surface, response_surface
from smarketing_sim.decide.volume import Curve, volume_curves
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import goal_reached
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference
from smarketing_sim.scenario.schema import Scenario

NEXT_PLAN_YEARS = 64
"""Simulated years of plans with more leads of one source, shared out over the sources."""
YEARS = 8
"""Simulated years in which changes are looked for: they pair with the plan's, so few suffice."""
VOLUMES = (0.6, 0.75, 0.85, 0.95, 1.05, 1.15, 1.3, 1.5)
DRAWS = 24
_AT_WAGES = "for wages"
_BY_PRICE = ("nothing", "other work", "working hours", "systems", _AT_WAGES, "people or money", "promise")


@dataclass(frozen=True, eq=False)
class Action:
    """The cheapest thing to do that keeps every sales promise, as far as fresh years tell.

    Parameters
    ----------
    effect
        The change, and what it does in years that did not choose it.
    price
        What it costs, in words.
    certainty
        How surely every sales promise is kept then.
    """

    effect: Effect
    price: str
    certainty: Certainty

    @property
    def at_wages(self) -> bool:
        """Whether it costs wages."""
        return self.price == _AT_WAGES


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
        Its levers, in the years in which they are looked for.
    judged
        The best of them and hires, in fresh years.
    table
        What it leaves on the table.
    next_leads
        What more leads of each source bring.
    curves
        Contribution by volume: as it is, and with the free change to begin with where there is one.
    regret
        That change under every published belief about speed; None where there is none.
    beliefs
        Money figures over all beliefs.
    surface
        Plans by headcount and volume; None where there is nothing to promise or nobody to keep it.
    """

    ranking: Ranking
    judged: Judged
    table: LeftOnTable
    next_leads: dict[str, NextLeads]
    curves: tuple[Curve, ...]
    regret: Regret | None
    beliefs: tuple[BeliefRange, ...]
    surface: Surface | None = None

    @property
    def years(self) -> int:
        """Simulated years in which changes are looked for."""
        return len(self.ranking.today.measures)

    @property
    def first_rule(self) -> Effect | None:
        """The free change to begin with, in fresh years: what keeps the promises, else what surely pays; or None."""
        return _first_rule(self.judged)

    @property
    def surest_gain(self) -> Effect | None:
        """The change at no cost that adds most to contribution, of those that add something for certain."""
        sure = [one for one in self.judged.effects if one.lever.at_no_cost and one.contribution.low > 0.0]
        return max(sure, key=lambda one: one.contribution.mean, default=None)

    @property
    def goal(self) -> GoalShift | None:
        """What the change to begin with does to revenue and to the goal; None where there is none."""
        rule, today = self.first_rule, self.judged.today
        if rule is None:
            return None
        then = self.judged.years[rule.lever.id]
        more = paired_difference(then.series("expected_revenue"), today.series("expected_revenue"))
        return GoalShift(len(then.measures), more, goal_reached(today), goal_reached(then))

    @property
    def action(self) -> Action | None:
        """The cheapest change that keeps or very probably keeps every sales promise; or None."""
        return _cheapest(self.judged)

    @property
    def cheaper(self) -> Action | None:
        """What costs less than ``action`` and by its mean keeps every sales promise: it may be enough; or None."""
        action = self.action
        if action is None:
            return None
        below = [one for one in _actions(self.judged) if _price(one.effect) < _price(action.effect)]
        return next((one for one in below if one.effect.kept.mean >= KEPT_FROM), None)

    @property
    def closest(self) -> Effect | None:
        """The change at no cost that keeps the sales promises most often; None where there is none."""
        free = [one for one in self.judged.effects if one.lever.at_no_cost and np.isfinite(one.kept.mean)]
        return max(free, key=lambda one: one.kept.mean, default=None)


def _cheapest(judged: Judged) -> Action | None:
    """Return the cheapest change that keeps or very probably keeps every sales promise; or None.

    Among those of one price, one that keeps them comes before one that very probably does.
    """
    able = [one for one in _actions(judged) if one.certainty in ("keeps", "very probably keeps")]
    return min(able, key=lambda one: (_price(one.effect), one.certainty != "keeps"), default=None)


def _first_rule(judged: Judged) -> Effect | None:
    """Return the free change to begin with: what keeps the promises, else what surely pays; or None."""
    action, best = _cheapest(judged), best_free(judged.ranking)
    if action is not None and action.effect.lever.at_no_cost:
        return action.effect
    return best if best is not None and best.contribution.low > 0.0 else None


def _actions(judged: Judged) -> list[Action]:
    """Return the finalists, cheapest first; of one price the best free change first, then by what they bring."""
    best = best_free(judged.ranking)
    hires = [one for one in judged.hires if one.lever.yearly >= 0.0]  # to do without somebody mends no promise
    by_gain = sorted([*judged.effects, *hires], key=lambda one: (one is not best, -one.contribution.mean))
    return [_action(one) for one in sorted(by_gain, key=_price)]


def _price(effect: Effect) -> tuple[int, str]:
    """Return what orders changes by what they cost: each hire is dearer than the one before."""
    lever = effect.lever
    is_hire = lever.id.startswith(HIRE)
    return (_BY_PRICE.index(_AT_WAGES if is_hire else lever.cost), lever.id if is_hire else "")


_PRICES = {
    "nothing": "without more people or money",
    "other work": "at the cost of the reps’ other work",
    "working hours": "for other working hours",
    "systems": "for faster systems",
    "people or money": "for people or money",
    "promise": "by promising something else",
}


def _action(effect: Effect) -> Action:
    is_rep = effect.lever.id.startswith(HIRE) and HEADCOUNT in effect.lever.overrides
    price = _AT_WAGES if is_rep else _PRICES[effect.lever.cost]
    return Action(effect, price, certainty(effect.kept))


def advise(
    scenario: Scenario,
    simulation: Simulation,
) -> Advice:
    """Find out what to do about a plan.

    Parameters
    ----------
    scenario
        The plan.
    simulation
        How it is simulated: of its years changes get the first ``YEARS``, and finalists others.
    """
    few = simulation.of(min(simulation.replications, YEARS))
    step = few.parts([1.0] * 8)
    ranking = rank_levers(scenario, next(step))
    fresh = next(step).of(min(simulation.replications, judging.YEARS), first=few.replications)
    judged = judge(scenario, ranking, fresh)
    table = left_on_table(scenario, next(step))
    enough = max(few.replications, NEXT_PLAN_YEARS // max(len(scenario.marketing.sources), 2))
    more = next_leads(scenario, next(step).of(min(simulation.replications, enough)))
    rule = _first_rule(judged)
    plans = {"as it is": scenario}
    if rule is not None and rule.lever.scenario is not None:
        plans[rule.lever.label] = rule.lever.scenario
    curves = volume_curves(plans, next(step), factors=VOLUMES)
    choices = {} if rule is None else {rule.lever.label: rule.lever.overrides}
    doubted = next(step)
    doubt = regret(scenario, choices, doubted.of(max(1, few.replications // 2))) if choices else None
    beliefs = belief_ranges(scenario, next(step).of(1), draws=DRAWS)
    surface = _surface(scenario, next(step))
    return Advice(ranking, judged, table, more, tuple(curves), doubt, tuple(beliefs), surface)


def _surface(scenario: Scenario, simulation: Simulation) -> Surface | None:
    """Return the grid of the page’s sliders."""
    if scenario.sales.sdr.headcount == 0 or not any(s.handed_share for s in scenario.marketing.sources.values()):
        return None
    return response_surface(scenario, simulation)


def worst_month(experiment: Replications) -> tuple[int, Interval] | None:
    """Return the month of the horizon, from 0, in which sales is least likely to keep every promise, and the chance."""
    kept = all_kept_months(experiment, ("sales",))
    if not kept.size or np.all(np.isnan(kept)):
        return None
    chances = np.array([np.nanmean(column) if not np.all(np.isnan(column)) else np.inf for column in kept.T])
    month = int(np.argmin(chances))
    return month, kept_in_a_month(kept[:, month : month + 1])
