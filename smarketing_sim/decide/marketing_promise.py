"""What marketing must promise: the cliff and what moves it, the goal back to leads, and how they should flow.

The plan as it is stands beside the best of its own alternatives that are free, and beside two more reps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from smarketing_sim.decide.flow import BurstCost, NextLeads, PacingLine, burst_cost, next_leads, pacing_line
from smarketing_sim.decide.hiring import with_headcount
from smarketing_sim.decide.levers import Lever, levers_of
from smarketing_sim.decide.preconditions import hold_handed, hold_months
from smarketing_sim.decide.ranking import ranked
from smarketing_sim.decide.safe_volume import safe_volume
from smarketing_sim.decide.volume import Curve, LeadsForGoal, leads_for_goal, volume_curves
from smarketing_sim.errors import InputError
from smarketing_sim.experiment import results
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.schema import Scenario

MOST_LEVERS = 2
MORE_REPS = 2
AROUND_THE_CLIFF = (0.5, 0.65, 0.8, 0.9, 1.0, 1.15, 1.4, 1.8)
"""Volumes to simulate, as shares of the one at which the reps or those who close are about full."""
_FULL_LOAD = 0.8
_FEWER = 0.5
_NEAREST = 0.04
_REACH = (0.3, 20.0)
_WEIGHTS = (1.0, 6.0, 2.0, 2.0, 1.0)


@dataclass(frozen=True, eq=False)
class Course:
    """A plan at several volumes: as it is, with a lever, or with more reps.

    Parameters
    ----------
    label
        What it is called.
    scenario
        The plan at today's volume.
    curve
        Contribution and revenue by volume.
    goal
        How many leads the goal takes; None where there is no goal.
    """

    label: str
    scenario: Scenario
    curve: Curve
    goal: LeadsForGoal | None

    @property
    def today_per_month(self) -> float:
        """Leads handed over in a mean month at today's volume."""
        return float(np.interp(1.0, self.curve.factors, self.curve.handed_per_month.mean(axis=0)))


@dataclass(frozen=True, eq=False)
class MarketingPromise:
    """What marketing must promise, and what it can.

    Parameters
    ----------
    today
        The plan as it is, simulated.
    chance
        The chance that is wanted to reach the goal in a single year.
    courses
        The plan as it is first, then its best free levers, then more reps.
    next_leads
        What the next leads of each source bring.
    burst
        What it costs that leads come in campaigns; None where there is none.
    pacing
        How the running count of a month grows.
    """

    today: Replications
    chance: float
    courses: tuple[Course, ...]
    next_leads: dict[str, NextLeads]
    burst: BurstCost | None
    pacing: PacingLine

    @property
    def scenario(self) -> Scenario:
        """The plan."""
        return self.today.scenario

    @property
    def as_it_is(self) -> Course:
        """The plan without any change."""
        return self.courses[0]

    @property
    def way_to_goal(self) -> Course | None:
        """The first course that reaches the goal with the chance that is wanted; None where none does."""
        return next((one for one in self.courses if one.goal is not None and one.goal.factor is not None), None)


def marketing_promise(
    scenario: Scenario,
    simulation: Simulation,
    *,
    chance: float = 0.5,
) -> MarketingPromise:
    """Find out what marketing must promise.

    Parameters
    ----------
    scenario
        The plan.
    chance
        Wanted chance that a single year reaches the goal.
    simulation
        How it is simulated.

    Raises
    ------
    InputError
        If no month is reported, no lead is handed over, a named alternative cannot be read, or a number cannot be used.
    RunFailed
        If a simulated year failed.
    """
    if not 0.0 < chance < 1.0:
        raise InputError(f"chance = {chance}: must lie between 0 and 1, such as 0.5")
    hold_months(scenario)
    step = simulation.parts(_WEIGHTS)
    levers = [lever for lever in levers_of(scenario) if lever.named and lever.free and lever.scenario is not None]
    changed = [lever.scenario for lever in levers if lever.scenario is not None]
    today, *tried = next(step).panel([scenario, *changed])
    hold_handed(today)
    plans = _plans(scenario, [e.lever for e in ranked(today, levers, tried).free if e.contribution.mean > 0.0])
    curves = volume_curves(plans, next(step), factors=volumes_for(today))
    found = MarketingPromise(
        today,
        chance,
        tuple(_courses(plans, curves, chance, next(step))),
        next_leads(scenario, next(step)),
        burst_cost(scenario, next(step)),
        pacing_line(scenario, replications=simulation.replications, seed=simulation.seed),
    )
    simulation.finish()
    return found


def volumes_for(today: Replications) -> tuple[float, ...]:
    """Return the volumes to simulate: around the one that fills the team, today's among them, rising."""
    loads = [float(np.mean(today.series(name))) for name in ("load_with_early_stopping", "ae_utilisation")]
    busiest = max((load for load in loads if np.isfinite(load) and load > 0), default=_FULL_LOAD)
    full = float(np.clip(_FULL_LOAD / busiest, *_REACH))
    around = [full * share for share in AROUND_THE_CLIFF]
    between = [_FEWER, float(np.sqrt(around[0]))] if around[0] > 1.0 else []
    others = (factor for factor in (*between, *around) if abs(factor - 1.0) > _NEAREST)
    return tuple(sorted({1.0, *(round(factor, 2) for factor in others)}))


def refined(plan: Scenario, curve: Curve, simulation: Simulation) -> Curve:
    """Return a curve with two more volumes, halfway to each side of its highest point."""
    top = int(np.argmax(curve.contribution.mean(axis=0)))
    around = curve.factors[max(top - 1, 0) : top + 2]
    more = [round(float(factor), 4) for factor in (around[1:] + around[:-1]) / 2.0]
    (found,) = volume_curves({curve.label: plan}, simulation, factors=more)
    factors = np.concatenate([curve.factors, found.factors])
    order = np.argsort(factors)
    tables = (
        np.concatenate([getattr(curve, name), getattr(found, name)], axis=1)[:, order]
        for name in ("handed_per_month", "contribution", "revenue", "goal_revenue")
    )
    return Curve(curve.label, factors[order], *tables)


def _plans(scenario: Scenario, levers: list[Lever]) -> dict[str, Scenario]:
    """Return the plans to draw, by what they are called; a lever that is called like one of ours is left out."""
    today, more = "as it is", f"{MORE_REPS} more reps"
    hired = with_headcount(scenario, scenario.sales.sdr.headcount + MORE_REPS)
    chosen = {one.label: one.scenario for one in levers if one.scenario is not None and one.label not in (today, more)}
    return {today: scenario, **dict(list(chosen.items())[:MOST_LEVERS]), more: hired}


def _courses(
    plans: dict[str, Scenario], curves: list[Curve], chance: float, simulation: Simulation
) -> Iterator[Course]:
    """Yield each plan with its curve, refined around its highest point, and what the goal takes."""
    for curve, step in zip(curves, simulation.parts([1.0] * len(curves)), strict=True):
        plan, finer = plans[curve.label], refined(plans[curve.label], curve, step)
        goal = leads_for_goal(plan, finer, chance=chance) if plan.goal.from_marketing > 0 else None
        yield Course(curve.label, plan, finer, goal)


def to_json(promise: MarketingPromise) -> dict[str, Any]:
    """Return what marketing must promise as plain JSON types."""
    goal = promise.scenario.goal
    return {
        **promise.scenario.identity,
        "seed": promise.today.seed,
        "replications": len(promise.today.measures),
        "engine": promise.today.engine,
        "goal": {
            "revenue": goal.revenue or None,
            "from_marketing": goal.from_marketing or None,
            "chance": promise.chance,
            "p_reached_today": results.goal_reached(promise.today).as_dict(),
            "p_quota_today": results.quota_reached(promise.today).as_dict(),
        },
        "safe_volume": None if (safe := safe_volume(promise.today)) is None else {
            "clause": f"sla.{safe.clause}", "promised_per_month": safe.promised, "safe_per_month": safe.safe,
            "p_kept": safe.kept.as_dict(),
        },
        "courses": [_course_json(course) for course in promise.courses],
        "next_leads": {
            name: {"contribution": more.contribution.as_dict(), "handed_count": more.handed_count}
            for name, more in promise.next_leads.items()
        },
        "burst": None if promise.burst is None else {
            name: value.as_dict() if isinstance(value, Interval) else value
            for name in ("contribution", "revenue", "kept_share", "burst_leads")
            for value in [getattr(promise.burst, name)]
        },
        "pacing": {
            name: [float(value) if np.isfinite(value) else None for value in getattr(promise.pacing, name)]
            for name in ("promised", "expected", "low", "high")
        },
    }  # fmt: skip


def _course_json(course: Course) -> dict[str, Any]:
    cliff, goal = course.curve.cliff, course.goal
    return {
        "label": course.label,
        "today_per_month": course.today_per_month,
        "cliff": {
            "factor": cliff.factor.as_dict(),
            "handed_per_month": cliff.handed_per_month.as_dict(),
            "in_sight": cliff.in_sight,
        },
        "goal": None if goal is None else {
            "factor": goal.factor,
            "p_reached": goal.reached.as_dict(),
            "on_paper_per_month": goal.on_paper_per_month if np.isfinite(goal.on_paper_per_month) else None,
            "by_source": {name: asdict(one) for name, one in goal.by_source.items()},
        },
    }  # fmt: skip
