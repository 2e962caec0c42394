"""What marketing must promise: contribution and revenue by the number of leads, and where one more costs money.

The number of leads is changed by one factor on every source and campaign; raising it keeps every lead there was, so
the points of a curve are paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.lead_worth import lead_values
from smarketing_sim.measure.statistics import Interval, wilson
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario

FACTORS = tuple(round(0.5 + 0.125 * step, 3) for step in range(13))
"""Volumes at which a curve is simulated, as shares of today's: half to twice."""

_RESAMPLES = 1000
_RESAMPLING_SEED = 20_260_101


@dataclass(frozen=True, eq=False)
class Curve:
    """A plan at several volumes, the same simulated years at each.

    Parameters
    ----------
    label
        What the plan is called.
    factors
        Volumes as shares of today's, rising; shape (volumes,).
    handed_per_month
        Leads handed over in a mean month, duplicates left out; shape (years, volumes).
    contribution, revenue, goal_revenue
        Contribution, expected revenue, and revenue in the view that the goal is set in; shape (years, volumes).
    """

    label: str
    factors: Floats
    handed_per_month: Floats
    contribution: Floats
    revenue: Floats
    goal_revenue: Floats

    @cached_property
    def cliff(self) -> Cliff:
        """The volume above which one more lead lowers contribution."""
        return _cliff(self)

    def goal_chance(self, goal: float) -> list[Interval]:
        """Return by volume the chance that a single year reaches a revenue goal."""
        reached = (self.goal_revenue >= goal).sum(axis=0)
        return [wilson(float(count), float(len(self.goal_revenue))) for count in reached]


@dataclass(frozen=True)
class Cliff:
    """Where more leads stop paying.

    Parameters
    ----------
    factor
        The volume with the highest contribution, as a share of today's.
    handed_per_month
        The same in leads handed over in a mean month; its range is by drawing the simulated years again.
    in_sight
        Whether contribution falls beyond it within the volumes simulated; where not, the cliff is further away.
    """

    factor: Interval
    handed_per_month: Interval
    in_sight: bool


def more_leads(
    scenario: Scenario, factor: float, *, sources: Sequence[str] | None = None, campaigns: bool = True
) -> dict[str, Any]:
    """Return overrides that multiply the leads of some sources, all where none is named, and of their campaigns."""
    chosen = scenario.marketing.sources if sources is None else {n: scenario.marketing.sources[n] for n in sources}
    overrides: dict[str, Any] = {}
    for name, source in chosen.items():
        column = source.volume_column
        overrides[f"marketing.sources.{name}.{column}"] = [factor * v for v in getattr(source, column)]
    for name, campaign in scenario.marketing.campaigns.items():
        if campaigns and campaign.source in chosen:
            path = f"marketing.campaigns.{name}"
            overrides[f"{path}.first_week_leads"] = factor * campaign.first_week_leads
            overrides[f"{path}.cost"] = factor * campaign.cost
    return overrides


def volume_curves(
    plans: Mapping[str, Scenario],
    simulation: Simulation,
    *,
    factors: Sequence[float] = FACTORS,
) -> list[Curve]:
    """Simulate plans at several volumes; those that read the same leads share them at every volume.

    Parameters
    ----------
    plans
        Scenarios by what they are called.
    factors
        Volumes as shares of today's, rising.
    simulation
        How it is simulated.
    """
    points = [override(plan, more_leads(plan, factor)) for plan in plans.values() for factor in factors]
    found = simulation.panel(points)
    width = len(factors)
    return [
        _curve(label, np.array(factors, dtype=np.float64), found[width * row : width * (row + 1)])
        for row, label in enumerate(plans)
    ]


def _curve(label: str, factors: Floats, simulated: Sequence[Replications]) -> Curve:
    def by_volume(name: str) -> Floats:
        return np.stack([experiment.series(name) for experiment in simulated], axis=1)

    run, view = simulated[0].scenario.run, simulated[0].scenario.goal.view
    return Curve(
        label,
        factors,
        by_volume("handed_count") / max(run.horizon_months, 1),
        by_volume("contribution"),
        by_volume("expected_revenue"),
        by_volume(f"{view}_revenue"),
    )


def _cliff(curve: Curve) -> Cliff:
    random = np.random.Generator(np.random.SFC64(_RESAMPLING_SEED))
    years = len(curve.contribution)
    found = _summit(curve.factors, curve.contribution.mean(axis=0))
    drawn = np.array([_summit(curve.factors, curve.contribution[random.integers(0, years, years)].mean(axis=0))
                      for _ in range(_RESAMPLES)])  # fmt: skip
    low, high = np.quantile(drawn, [0.025, 0.975]) if years > 1 else (np.nan, np.nan)
    handed = curve.handed_per_month.mean(axis=0)
    leads = [float(np.interp(factor, curve.factors, handed)) for factor in (found, low, high)]
    return Cliff(
        Interval(found, float(low), float(high)), Interval(*leads), bool(found < curve.factors[-1])
    )  # fmt: skip


def _summit(factors: Floats, height: Floats) -> float:
    """Return where a curve is highest, by the parabola through its highest point and the two beside it."""
    top = int(np.argmax(height))
    if top in {0, len(factors) - 1}:
        return float(factors[top])
    back, ahead = factors[top] - factors[top - 1], factors[top + 1] - factors[top]
    rise, fall = height[top] - height[top - 1], height[top] - height[top + 1]
    bend = back * fall + ahead * rise
    return float(factors[top] + 0.5 * (ahead**2 * rise - back**2 * fall) / bend) if bend > 0 else float(factors[top])


# ---------------------------------------------------------------------- the goal, back to leads


@dataclass(frozen=True, eq=False)
class LeadsForGoal:
    """How many leads a revenue goal takes.

    Parameters
    ----------
    goal
        The part of the goal that marketing's leads must bring.
    chance
        The chance asked for that a single year reaches it.
    factor
        The least volume simulated, as a share of today's, that reaches it with that chance; None where none does.
    reached
        The chance at that volume, or where none suffices the best chance of all volumes.
    best_factor
        The volume with the best chance.
    by_source
        For each source: leads a month that must be handed over, what they are worth, and what they cost; at
        ``factor``, or else at ``best_factor``.
    on_paper_per_month
        What a spreadsheet says, which knows no queue: goal ÷ worth of a lead that is worked at once.
    """

    goal: float
    chance: float
    factor: float | None
    reached: Interval
    best_factor: float
    by_source: dict[str, SourcePromise]
    on_paper_per_month: float


@dataclass(frozen=True)
class SourcePromise:
    """What one source must deliver: leads handed over a month, their worth on paper, and their media cost."""

    handed_per_month: float
    worth: float
    cost: float


def leads_for_goal(scenario: Scenario, curve: Curve, *, chance: float = 0.5) -> LeadsForGoal:
    """Go back from the revenue goal to leads by source, on a curve of the plan.

    Parameters
    ----------
    scenario
        The plan at today's volume.
    curve
        Its curve.
    chance
        With what chance a single year is to reach the goal.
    """
    goal = scenario.goal.from_marketing
    chances = curve.goal_chance(goal)
    enough = [place for place, found in enumerate(chances) if found.mean >= chance]
    best = int(np.argmax([found.mean for found in chances]))
    place = enough[0] if enough else best
    values, factor = lead_values(scenario), float(curve.factors[place])
    share = factor * expected_handed(scenario)
    handed = float(curve.handed_per_month[:, place].mean()) * share / max(share.sum(), 1e-12)
    by_source = {
        name: SourcePromise(float(count), float(count) * values[name], float(count) * source.cost_per_handed)
        for (name, source), count in zip(scenario.marketing.sources.items(), handed, strict=True)
    }
    mean_value = float(np.average(list(values.values()), weights=np.maximum(handed, 1e-12)))
    months = scenario.run.horizon_months
    return LeadsForGoal(
        goal, chance, factor if enough else None, chances[place], float(curve.factors[best]), by_source,
        goal / months / mean_value if months and mean_value > 0 else float("nan"),
    )  # fmt: skip


def expected_handed(scenario: Scenario) -> Floats:
    """Return expected leads handed over in a mean month by source; campaigns and those that come back not counted."""
    return np.array([source.mean_monthly_handed for source in scenario.marketing.sources.values()])
