"""What sales can promise at its headcount: how fast, how deep, for how many leads per rep.

One run shows every limit at once: the contract is judged as if it held a promise for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smarketing_sim.decide.preconditions import hold_handed, hold_months
from smarketing_sim.decide.volume import more_leads
from smarketing_sim.errors import InputError, NothingToDecide, Problem
from smarketing_sim.experiment import results
from smarketing_sim.experiment.chance_kept import kept_in_a_month, kept_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import DepthClause, SpeedClause
from smarketing_sim.scenario.schema import Scenario

LIMITS = ("1 business hour", "2 business hours", "3 business hours", "4 business hours", "6 business hours",
          "1 business day", "2 business days", "3 business days", "5 business days")  # fmt: skip
VOLUMES = (0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5)
DEPTHS = (2, 4, 6, 8)


@dataclass(frozen=True)
class Promise:
    """What can be promised at one volume and one depth of the cadence.

    Parameters
    ----------
    attempts
        Most attempts on a lead.
    leads_per_rep
        Leads handed over a month for each rep.
    within
        The tightest limit on the first attempt that is kept with the chance asked for; None where none is.
    kept
        Chance that a month keeps it; where none is kept, that of the widest limit.
    depth_kept
        Chance that a month keeps the promise on depth with so many attempts; NaN where the contract has none.
    contribution
        What the plan brings.
    """

    attempts: int
    leads_per_rep: Interval
    within: str | None
    kept: Interval
    depth_kept: Interval
    contribution: Interval


@dataclass(frozen=True, eq=False)
class Frontier:
    """What sales can promise, and what any number of reps could.

    Parameters
    ----------
    keep, target
        The chance asked for that a month keeps the promise, and the share of leads that it covers.
    promises
        By depth and volume, in that order.
    ceiling
        By limit the share of leads called in time with unlimited reps under the same hours.
    """

    keep: float
    target: float
    promises: tuple[Promise, ...]
    ceiling: dict[str, float | None]


def frontier(
    scenario: Scenario,
    simulation: Simulation,
    *,
    keep: float = 0.95,
    volumes: Sequence[float] = VOLUMES,
    depths: Sequence[int] = DEPTHS,
) -> Frontier:
    """Find the tightest limits that a plan keeps, by leads per rep and depth.

    Parameters
    ----------
    scenario
        The plan; its headcount, hours and queue stay.
    keep
        Wanted chance that a month keeps the promise; the mean over simulated months decides, and its range is given.
    volumes, depths
        Leads as shares of today's, and most attempts on a lead.
    simulation
        How it is simulated.

    Raises
    ------
    InputError
        If nobody is there to keep a promise, there is no lead to keep it for, or a number cannot be used.
    """
    if not 0.0 < keep < 1.0:
        raise InputError(f"keep = {keep}: must lie between 0 and 1, such as 0.95")
    if scenario.sales.sdr.headcount == 0:
        rule = "nobody is there to keep a promise; add reps first"
        raise NothingToDecide([Problem(rule, path="sales.sdr.headcount", value=0)])
    hold_months(scenario)
    target = next((c.target for c in scenario.sla.values() if isinstance(c, SpeedClause)), 0.9)
    points = [(depth, volume) for depth in depths for volume in volumes]
    (free,) = simulation.told_to(None).panel([scenario], judged_by=[judged_by_limits(scenario, target)], ceilings=True)
    hold_handed(free)
    plans = [_plan(scenario, *point) for point in points]
    found = simulation.panel(plans, judged_by=[judged_by_limits(plan, target) for plan in plans])
    ceilings = results.clause_results(free)
    return Frontier(
        keep,
        target,
        tuple(_promise(experiment, depth, keep) for experiment, (depth, _) in zip(found, points, strict=True)),
        {limit: ceilings[clause_of(limit)].ceiling for limit in LIMITS},
    )


def to_json(frontier: Frontier) -> dict[str, Any]:
    """Return a frontier as plain JSON types."""
    return {
        "keep": frontier.keep,
        "target": frontier.target,
        "promises": [
            {
                "attempts": one.attempts,
                "leads_per_rep": one.leads_per_rep.as_dict(),
                "within": one.within,
                "p_kept": one.kept.as_dict(),
                "p_depth_kept": one.depth_kept.as_dict(),
                "contribution": one.contribution.as_dict(),
            }
            for one in frontier.promises
        ],
        "ceiling": frontier.ceiling,
    }


def _plan(scenario: Scenario, depth: int, volume: float) -> Scenario:
    """Return the plan at a depth and a volume; a promise on depth asks for no more than there is."""
    overrides: dict[str, Any] = {**more_leads(scenario, volume), "sales.sdr.cadence.max_attempts": depth}
    if depth > 1 and not scenario.sales.sdr.cadence.gaps:
        overrides["sales.sdr.cadence.gaps"] = ["1 day"]
    for name, clause in scenario.sla.items():
        if isinstance(clause, DepthClause):
            overrides[f"sla.{name}.attempts"] = min(depth, clause.attempts)
    return override(scenario, overrides)


def judged_by_limits(plan: Scenario, target: float) -> Scenario:
    """Return terms that hold a promise for each of ``LIMITS``; they judge and steer nothing."""
    return override(
        plan, {f"sla.{clause_of(limit)}": {"kind": "speed", "target": target, "within": limit} for limit in LIMITS}
    )


def clause_of(limit: str) -> str:
    """Return the name of the promise of a limit."""
    return "asked_" + limit.replace(" ", "_")


def _promise(experiment: Replications, depth: int, keep: float) -> Promise:
    chances = {limit: _kept(experiment, clause_of(limit)) for limit in LIMITS}
    kept = [limit for limit, chance in chances.items() if chance.mean >= keep]
    deep = [name for name, clause in experiment.scenario.sla.items() if isinstance(clause, DepthClause)]
    per_rep = experiment.scenario.run.horizon_months * experiment.scenario.sales.sdr.headcount
    return Promise(
        depth,
        t_interval(experiment.series("handed_count") / per_rep).from_zero,
        kept[0] if kept else None,
        chances[kept[0] if kept else LIMITS[-1]],
        _kept(experiment, deep[0]) if deep else Interval(*3 * (float("nan"),)),
        t_interval(experiment.series("contribution")),
    )


def _kept(experiment: Replications, clause: str) -> Interval:
    return kept_in_a_month(kept_months(experiment, clause))
