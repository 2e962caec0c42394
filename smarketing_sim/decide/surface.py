"""A small grid of plans, reps by leads, with every limit on the first attempt judged at each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smarketing_sim.decide.frontier import LIMITS, clause_of, judged_by_limits
from smarketing_sim.decide.hiring import headcount_change
from smarketing_sim.decide.volume import more_leads
from smarketing_sim.experiment import results
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario

VOLUMES = (0.7, 0.85, 1.0, 1.15, 1.3)
STEPS = (-2, -1, 0, 1, 3)


@dataclass(frozen=True)
class Point:
    """What one plan of the grid comes to.

    Parameters
    ----------
    handed_per_month
        Leads handed over in a mean month, on average over the simulated years.
    kept, called
        By limit: the chance that a month keeps a promise of it, and the share of leads called within it.
    more
        What the plan brings beside the one in the middle, in the same years: 0 there.
    """

    handed_per_month: float
    kept: tuple[Interval, ...]
    called: tuple[Interval, ...]
    more: Interval


@dataclass(frozen=True)
class Surface:
    """Plans by headcount and volume.

    Parameters
    ----------
    scenario
        The plan in the middle.
    target
        The share of leads that a promise of speed covers.
    years
        Simulated years of each point.
    headcounts, volumes
        The grid, rising; volumes as shares of today's.
    limits
        Limits on the first attempt, rising.
    points
        By headcount, then volume.
    """

    scenario: Scenario
    target: float
    years: int
    headcounts: tuple[int, ...]
    volumes: tuple[float, ...]
    limits: tuple[str, ...]
    points: tuple[tuple[Point, ...], ...]


def response_surface(
    scenario: Scenario,
    simulation: Simulation,
    *,
    volumes: Sequence[float] = VOLUMES,
) -> Surface:
    """Simulate a plan at several headcounts and volumes, in the same years.

    Parameters
    ----------
    scenario
        The plan.
    volumes
        Leads as shares of today's, rising; 1 is among them.
    simulation
        How it is simulated.
    """
    speed = next((clause for clause in scenario.sla.values() if isinstance(clause, SpeedClause)), None)
    target = 0.9 if speed is None else speed.target
    present = scenario.sales.sdr.headcount
    headcounts = tuple(sorted({max(1, present + step) for step in STEPS}))
    plans = [
        override(scenario, {**more_leads(scenario, volume), **headcount_change(scenario, count)})
        for count in headcounts
        for volume in volumes
    ]
    found = simulation.panel(plans, judged_by=[judged_by_limits(plan, target) for plan in plans])
    middle = found[headcounts.index(max(1, present)) * len(volumes) + volumes.index(1.0)]
    points = iter([_point(experiment, middle) for experiment in found])
    grid = tuple(tuple(next(points) for _ in volumes) for _ in headcounts)
    return Surface(scenario, target, simulation.replications, headcounts, tuple(volumes), LIMITS, grid)


def _point(experiment: Replications, middle: Replications) -> Point:
    names, found = [clause_of(limit) for limit in LIMITS], results.clause_results(experiment)
    months = experiment.scenario.run.horizon_months
    return Point(
        float(experiment.series("handed_count").mean()) / max(months, 1),
        tuple(found[name].kept for name in names),
        tuple(found[name].attained for name in names),
        paired_difference(experiment.series("contribution"), middle.series("contribution")),
    )
