"""What would a real trial need? Leads and weeks until a coin-flip trial of faster first calls can tell the difference.

Half of the leads, assigned at random, are called within a limit; the others as the plan has it. How much that changes
is what the scenario believes about waiting; how much single leads stray is what the simulation shows. Both together say
how many leads a trial takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.call_times import at_any_time, leads_called_at
from smarketing_sim.decide.sample_size import LEVEL, design_effect, leads_per_arm
from smarketing_sim.engine import simulate
from smarketing_sim.errors import InputError, Problem
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.ledger import Table
from smarketing_sim.measure.cohorts import case_of
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.due_times import after
from smarketing_sim.world.roster import standard_rep

Codes = npt.NDArray[np.int64]

OUTCOMES = ("contact", "qualified", "revenue")
DESIGNS = ("lead", "day")
"""What the coin is thrown for: each lead, or each day's leads together."""
POWERS = (0.8, 0.9)
WITHIN = "1 business hour"
_COLUMNS = ("now", "fast", "variance_now", "variance_fast", "design_now", "design_fast")
_WEEK_MINUTES = 7 * 1440.0


@dataclass(frozen=True)
class Outcome:
    """What a trial would measure on each lead.

    Parameters
    ----------
    name
        ``contact`` and ``qualified``, chances; or ``revenue``, in the plan's currency of won deals.
    now, fast, effect
        Its mean for leads called as planned and within the limit, and the difference.
    deviation_now, deviation_fast
        How far single leads stray: standard deviation.
    design_effect
        How many times as many leads it takes when whole days are drawn.
    """

    name: str
    now: Interval
    fast: Interval
    effect: Interval
    deviation_now: float
    deviation_fast: float
    design_effect: Interval


@dataclass(frozen=True)
class Need:
    """What a trial takes; the range is that of the effect, infinite where no trial could tell.

    Parameters
    ----------
    outcome, design, power
        One of ``OUTCOMES``, ``DESIGNS`` and ``POWERS``.
    leads_per_arm, weeks
        Leads in each half, and weeks until so many have been handed over.
    """

    outcome: str
    design: str
    power: float
    leads_per_arm: Interval
    weeks: Interval


@dataclass(frozen=True)
class Trial:
    """A trial of faster first calls.

    Parameters
    ----------
    scenario, seed, engine, replications
        The plan, and how it was simulated.
    within
        The limit of the fast half.
    leads_per_week
        Leads handed over a week.
    sooner_share
        Share of them that the limit would bring forward.
    outcomes, needs
        By outcome; by outcome, design and power.
    """

    scenario: Scenario
    seed: int
    engine: str
    replications: int
    within: Span
    leads_per_week: Interval
    sooner_share: Interval
    outcomes: tuple[Outcome, ...]
    needs: tuple[Need, ...]

    def need(self, outcome: str, *, design: str = "lead", power: float = 0.8) -> Need:
        """Return what a trial of one outcome takes."""
        return next(n for n in self.needs if (n.outcome, n.design, n.power) == (outcome, design, power))


@dataclass(frozen=True)
class _Year:
    """One simulated year: the same leads called as planned, and within the limit."""

    scenario: Scenario = field(repr=False)
    within: Span
    seed: int
    replication: int
    engine: str

    def run(self) -> tuple[Floats, float, float]:
        """Return ``_COLUMNS`` by outcome, the number of leads, and the share that is called sooner."""
        scenario, any_time = self.scenario, at_any_time(self.scenario)
        demand = sample_demand(scenario, seed=self.seed, replication=self.replication)
        case = case_of(simulate(scenario, demand, engine=self.engine), scenario)
        handed, now_at = case.leads["handed_at"], case.leads["first_attempt_at"]
        business = scenario.calendar.business_minutes
        due = after(handed, self.within, calendar=case.contract, business_minutes=business)
        fast_at = np.fmin(now_at, standard_rep(scenario).calendar.next_open(due))
        arms = [leads_called_at(any_time, demand, first_at) for first_at in (now_at, fast_at)]
        rows = case.handed_rows
        days = case.line.day_of(handed[rows])
        sooner = np.isnan(now_at[rows]) | (fast_at[rows] < now_at[rows])
        columns = np.array([_columns(arms, name, rows, days) for name in OUTCOMES])
        return columns, float(len(rows)), float(sooner.mean()) if len(rows) else math.nan


def plan_trial(
    scenario: Scenario,
    simulation: Simulation,
    *,
    within: str = WITHIN,
) -> Trial:
    """Find out how many leads and weeks a trial of faster first calls takes.

    Parameters
    ----------
    scenario
        The plan, with what it believes about waiting.
    within
        Limit of the fast half, such as ``1 business hour`` or ``10 min`` after handoff.
    replications
        Simulated years.
    simulation
        How it is simulated.

    Raises
    ------
    InputError
        If the limit is no span of time, or a number asked for cannot be run.
    RunFailed
        If a simulated year failed.

    Notes
    -----
    Both halves are followed up alike and by unlimited hands, so that they differ in the first call alone; a lead that
    the plan calls sooner than the limit is called when the plan calls it. In a real trial both halves share one team,
    and what the fast half gains the other loses; so the fast half needs hands of its own.
    """
    limit = _span(within)
    years = [_Year(scenario, limit, simulation.seed, number, simulation.engine_name) for number in simulation.numbers]
    found = simulation.collect(years)
    columns = np.stack([one[0] for one in found], axis=-1)
    outcomes = tuple(_outcome(name, values) for name, values in zip(OUTCOMES, columns, strict=True))
    line_weeks = _horizon_weeks(scenario)
    per_week = t_interval([leads / line_weeks if line_weeks else math.nan for _, leads, _ in found])
    needs = tuple(
        _need(outcome, design=design, power=power, leads_per_week=per_week.mean)
        for outcome in outcomes
        for design in DESIGNS
        for power in POWERS
    )
    sooner = t_interval([share for _, _, share in found])
    return Trial(
        scenario,
        simulation.seed,
        simulation.engine_name,
        simulation.replications,
        limit,
        per_week,
        sooner,
        outcomes,
        needs,
    )


def to_json(trial: Trial) -> dict[str, Any]:
    """Return a trial as plain JSON types; what no trial could tell is null."""
    return {
        **trial.scenario.identity,
        "seed": trial.seed,
        "replications": trial.replications,
        "engine": trial.engine,
        "within": str(trial.within),
        "level": LEVEL,
        "leads_per_week": trial.leads_per_week.as_dict(),
        "sooner_share": trial.sooner_share.as_dict(),
        "outcomes": [_outcome_json(outcome) for outcome in trial.outcomes],
        "needs": [
            {
                "outcome": need.outcome,
                "design": need.design,
                "power": need.power,
                "leads_per_arm": need.leads_per_arm.as_dict(),
                "weeks": need.weeks.as_dict(),
            }
            for need in trial.needs
        ],
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    deviations = {"deviation_now": outcome.deviation_now, "deviation_fast": outcome.deviation_fast}
    return {
        "outcome": outcome.name,
        "now": outcome.now.as_dict(),
        "fast": outcome.fast.as_dict(),
        "effect": outcome.effect.as_dict(),
        **{name: number if math.isfinite(number) else None for name, number in deviations.items()},
        "design_effect": outcome.design_effect.as_dict(),
    }


def _span(within: str) -> Span:
    try:
        return Span.parse(within)
    except ValueError as fault:
        raise InputError([Problem(str(fault), path="within", value=within)]) from None


def _columns(arms: Sequence[Table], name: str, rows: npt.NDArray[np.intp], days: Codes) -> tuple[float, ...]:
    """Return ``_COLUMNS`` of one outcome.

    The mean revenue is the expected one, which strays less; how far single leads stray is told by deals as they close.
    """
    means, singles = [], []
    for leads in arms:
        if name == "revenue":
            means.append(leads["expected_value"][rows])
            singles.append(np.nan_to_num(leads["value"][rows]))
        else:
            happened = ~np.isnan(leads["connected_at" if name == "contact" else "qualified_at"][rows])
            means.append(happened.astype(np.float64))
            singles.append(means[-1])
    if len(rows) < 2:
        return (math.nan,) * len(_COLUMNS)
    return (
        *(float(values.mean()) for values in means),
        *(float(values.var(ddof=1)) for values in singles),
        *(design_effect(values, days) for values in singles),
    )


def _outcome(name: str, columns: Floats) -> Outcome:
    """Join what the simulated years say about an outcome; ``columns`` has shape (columns, replications)."""
    by_name = dict(zip(_COLUMNS, columns, strict=True))
    return Outcome(
        name,
        now=t_interval(by_name["now"]).from_zero,
        fast=t_interval(by_name["fast"]).from_zero,
        effect=t_interval(by_name["fast"] - by_name["now"]),
        deviation_now=math.sqrt(t_interval(by_name["variance_now"]).mean),
        deviation_fast=math.sqrt(t_interval(by_name["variance_fast"]).mean),
        design_effect=t_interval((by_name["design_now"] + by_name["design_fast"]) / 2.0),
    )


def _need(outcome: Outcome, *, design: str, power: float, leads_per_week: float) -> Need:
    """Return what a trial takes: the larger the effect, the fewer leads; infinite where it may be none at all."""
    variances = (outcome.deviation_now**2, outcome.deviation_fast**2)
    times = max(1.0, outcome.design_effect.mean) if design == "day" else 1.0
    mean, low, high = outcome.effect.mean, outcome.effect.low, outcome.effect.high

    def arm(effect: float) -> float:
        return float(np.ceil(times * leads_per_arm(effect, variances, power=power)))

    arms = Interval(arm(0.0 if low <= 0.0 else mean), arm(high), arm(low))
    weeks = [2.0 * leads / leads_per_week if leads_per_week else math.inf for leads in (arms.mean, arms.low, arms.high)]
    return Need(outcome.name, design, power, arms, Interval(*weeks))


def _horizon_weeks(scenario: Scenario) -> float:
    return scenario.run.horizon_months * 43_830.0 / _WEEK_MINUTES
