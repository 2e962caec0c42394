"""What is free? Every change that costs neither people nor money, and the named alternatives, ranked by their worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.levers import Lever, levers_of
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.experiment.compare import mean_of_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import mean_of
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference, t_interval
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import contract_calendar
from smarketing_sim.world.timeline import timeline

SALES = ("sales",)
KEPT_FROM = 0.95
"""A change keeps the promises from this chance on that a month keeps them all."""
WHAT_COUNTS = ("contribution", "expected_revenue", "sdr_utilisation")


@dataclass(frozen=True, eq=False)
class Effect:
    """What a lever does: paired differences from today's plan, its own cost subtracted.

    Parameters
    ----------
    lever
        The change.
    contribution, expected_revenue, p_kept, sdr_utilisation
        Differences from today; ``p_kept`` of the share of months in which all clauses promised by sales are kept.
    kept
        That share itself.
    other_hours_per_year
        Hours a year that the team takes from its other work; below 0 where it gains some.
    kept_by_year, gained_by_year
        The share of months kept, and the contribution gained, by simulated year.
    """

    lever: Lever
    contribution: Interval
    expected_revenue: Interval
    p_kept: Interval
    sdr_utilisation: Interval
    kept: Interval
    other_hours_per_year: Interval
    kept_by_year: Floats = field(default_factory=lambda: np.zeros(0), repr=False)
    gained_by_year: Floats = field(default_factory=lambda: np.zeros(0), repr=False)


@dataclass(frozen=True, eq=False)
class Ranking:
    """The levers of a plan, best first.

    Parameters
    ----------
    today
        The plan as it is, simulated.
    level
        Confidence with which all intervals of one measure hold at once.
    free, priced
        What costs neither people nor money, and the rest; each by contribution, ties by the chance kept.
    left_out
        Levers that cannot be had, each with its reason.
    """

    today: Replications
    level: float
    free: tuple[Effect, ...]
    priced: tuple[Effect, ...]
    left_out: tuple[Lever, ...]

    @property
    def kept(self) -> Interval:
        """The share of months in which today's plan keeps all clauses promised by sales."""
        return kept_in_a_month(all_kept_months(self.today, SALES))


def rank_levers(
    scenario: Scenario,
    simulation: Simulation,
    *,
    level: float = 0.95,
) -> Ranking:
    """Simulate every lever of a scenario in the same years as today's plan, and rank them.

    Parameters
    ----------
    scenario
        Today's plan.
    simulation
        How it is simulated.
    level
        Confidence with which all intervals of one measure hold at once.

    Raises
    ------
    InputError
        If a named alternative names an unknown path, or a number asked for cannot be run.
    RunFailed
        If a simulated year failed.
    """
    levers = levers_of(scenario)
    plans = [scenario, *(lever.scenario for lever in levers if lever.scenario is not None)]
    today, *found = simulation.panel(plans)
    return ranked(today, levers, found, level=level)


def ranked(
    today: Replications, levers: Sequence[Lever], simulated: Sequence[Replications], *, level: float = 0.95
) -> Ranking:
    """Rank levers by what experiments found, one for each lever that can be had, in the same years as today's.

    The intervals of one measure hold at once, by Bonferroni's inequality as in
    :func:`~smarketing_sim.experiment.compare.compare_all`.
    """
    tried = [lever for lever in levers if lever.scenario is not None]
    each = 1.0 - (1.0 - level) / max(1, len(tried))
    effects = [_effect(today, lever, one, each) for lever, one in zip(tried, simulated, strict=True)]
    effects.sort(key=lambda e: (-_known(e.contribution), -_known(e.kept)))
    free = tuple(effect for effect in effects if effect.lever.free)
    priced = tuple(effect for effect in effects if not effect.lever.free)
    return Ranking(today, level, free, priced, tuple(lever for lever in levers if lever.scenario is None))


def best_free(ranking: Ranking, *, keep: float = KEPT_FROM) -> Effect | None:
    """Return the lever to pull first, of those that cost nothing at all.

    It keeps the sales promises with the chance wanted or, where none does, as surely as any; it brings as much as
    the best of these, as far as the same years tell of both; and of several such it is the simplest: one of the plan's
    own, else the first in the list of levers. Another share of the day is not among them: it moves hours from or to
    other work, whose worth is not counted here.
    """
    able = [effect for effect in ranking.free if effect.lever.at_no_cost]
    if not able:
        return None
    highest = max(able, key=lambda effect: (_known(effect.kept), _known(effect.contribution)))
    sure = [effect for effect in able if _known(effect.kept) >= keep]
    keeping = sure or [effect for effect in able if effect is highest or not _is_behind(effect, highest)]
    best = max(keeping, key=lambda effect: _known(effect.contribution))
    as_good = [effect for effect in keeping if effect is best or not _brings_less(effect, best)]
    order = {lever.id: place for place, lever in enumerate(levers_of(ranking.today.scenario))}
    return min(as_good, key=lambda effect: order.get(effect.lever.id, len(order)))


def _brings_less(effect: Effect, best: Effect) -> bool:
    """Tell whether a lever surely brings less than the best one in the same years; without a range the means tell."""
    gap = paired_difference(best.gained_by_year, effect.gained_by_year)
    return gap.low > 0.0 if math.isfinite(gap.low) else _known(effect.contribution) < _known(best.contribution)


def _is_behind(effect: Effect, highest: Effect) -> bool:
    """Tell whether a lever keeps less than the one with the highest chance; without a range the means tell."""
    gap = paired_difference(highest.kept_by_year, effect.kept_by_year)
    return gap.low > 0.0 if math.isfinite(gap.low) else _known(effect.kept) < _known(highest.kept)


def to_json(ranking: Ranking) -> dict[str, Any]:
    """Return a ranking as plain JSON types."""
    today, best = ranking.today, best_free(ranking)
    return {
        **today.scenario.identity,
        "seed": today.seed,
        "replications": len(today.measures),
        "engine": today.engine,
        "level": ranking.level,
        "today": {**{name: mean_of(today, name).as_dict() for name in WHAT_COUNTS}, "p_kept": ranking.kept.as_dict()},
        "levers": [_effect_json(effect) for effect in ranking.free],
        "not_free": [_effect_json(effect) for effect in ranking.priced],
        "left_out": [{"id": one.id, "label": one.label, "reason": one.left_out} for one in ranking.left_out],
        "best_free": None if best is None else best.lever.id,
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    lever = effect.lever
    return {
        "id": lever.id,
        "label": lever.label,
        "set": dict(lever.overrides),
        "free": lever.free,
        "cost": lever.cost,
        "one_off": lever.one_off,
        "yearly": lever.yearly,
        "other_hours_per_year": effect.other_hours_per_year.as_dict(),
        "difference": {
            name: getattr(effect, name).as_dict()
            for name in ("contribution", "expected_revenue", "p_kept", "sdr_utilisation")
        },
        "p_kept": effect.kept.as_dict(),
    }


def _effect(today: Replications, lever: Lever, years: Replications, level: float) -> Effect:
    before, after = all_kept_months(today, SALES), all_kept_months(years, SALES)
    bill = lever.one_off + lever.yearly * today.scenario.run.horizon_months / 12.0
    contribution, revenue, utilisation = (
        paired_difference(years.series(name) - paid, today.series(name), level=level)
        for name, paid in zip(WHAT_COUNTS, (bill, 0.0, 0.0), strict=True)
    )
    return Effect(
        lever=lever,
        contribution=contribution,
        expected_revenue=revenue,
        p_kept=paired_difference(mean_of_months(after), mean_of_months(before), level=level).clipped(-1.0, 1.0),
        sdr_utilisation=utilisation,
        kept=kept_in_a_month(after, level=level),
        other_hours_per_year=t_interval(_team_hours(today) * lever.share_step, level=level),
        kept_by_year=mean_of_months(after),
        gained_by_year=years.series("contribution") - bill - today.series("contribution"),
    )


def _team_hours(today: Replications) -> Floats:
    """Return the team's working hours a year, other work included, by simulated year."""
    scenario, line = today.scenario, timeline(today.scenario)
    years, time = scenario.run.horizon_months / 12.0, scenario.sales.sdr.marketing_time
    opened = float(contract_calendar(scenario).between(line.horizon_starts_at, line.horizon_ends_at)) / 60.0
    present = today.series("twin_reps_present")
    whole = present if time.form == "interleaved" else present / time.share  # else only hours for leads are scheduled
    return whole * opened / years if years else np.full_like(present, np.nan)


def _known(interval: Interval) -> float:
    return interval.mean if math.isfinite(interval.mean) else -math.inf


__all__ = ["KEPT_FROM", "Effect", "Lever", "Ranking", "best_free", "levers_of", "rank_levers", "ranked", "to_json"]
