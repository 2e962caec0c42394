"""Which follow-up pays: the speed, depth and handoff threshold with the highest contribution, by paired simulation.

Speed steers only where the queue looks at it, so plans are compared as if reps worked the earliest deadline of the
contract first; what the plan's own queue order brings stands beside the optimum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from smarketing_sim.decide.shadow_price import (
    AGES_MINUTES,
    AttemptValues,
    HourPrice,
    attempt_values,
    neighbours_in_time,
    price_between,
)
from smarketing_sim.errors import InputError
from smarketing_sim.experiment import results
from smarketing_sim.experiment.panel import simulate_all
from smarketing_sim.experiment.runs import Experiment, Progress
from smarketing_sim.measure.statistics import Interval, paired_difference, t_interval
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.world.calendar import contract_calendar, timeline
from smarketing_sim.world.contract import after

LIMITS = ("1 business hour", "2 business hours", "4 business hours", "6 business hours", "1 business day",
          "2 business days")  # fmt: skip
DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
THRESHOLDS = (30.0, 40.0, 45.0, 50.0, 55.0, 60.0, 70.0)
MOST_EXPERIMENTS = 56


@dataclass(frozen=True)
class Choice:
    """One way to follow up.

    Parameters
    ----------
    within
        Limit of the first attempt that steers the queue; None where the contract has no promise on speed.
    attempts
        Most attempts on a lead.
    threshold
        Score from which leads are handed over; None where the score does not decide.
    """

    within: str | None
    attempts: int
    threshold: float | None


@dataclass(frozen=True, eq=False)
class Tried:
    """A choice that was simulated.

    Parameters
    ----------
    choice
        What was chosen.
    contribution_usd
        Its contribution.
    behind_usd
        By how much it is behind the optimum, paired: optimum − this.
    kept
        Chance that a month keeps every promise of sales.
    utilisation
        How busy the reps are.
    """

    choice: Choice
    contribution_usd: Interval
    behind_usd: Interval
    kept: Interval
    utilisation: Interval


@dataclass(frozen=True, eq=False)
class Design:
    """The best way to follow up, and what lies around it.

    Parameters
    ----------
    optimum
        The choice with the highest contribution.
    days
        Calendar days from the first attempt to the last, as planned.
    contribution_usd, gain_usd
        Its contribution, and its paired difference from the plan as it is.
    price
        Worth of an hour of the reps at the optimum, and today's.
    values
        What each attempt brings and costs at that price.
    tried
        Every choice simulated, best first.
    experiments
        How many scenarios were simulated.
    settled
        Whether every neighbour on the grid was looked at; else the search ended at its limit.
    """

    optimum: Choice
    days: int
    contribution_usd: Interval
    gain_usd: Interval
    price: HourPrice
    price_today: HourPrice
    values: AttemptValues
    tried: tuple[Tried, ...]
    experiments: int
    settled: bool


def design(
    scenario: Scenario,
    *,
    replications: int,
    seed: int = 1,
    engine: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Design:
    """Find the speed, depth and handoff threshold with the highest contribution.

    From the plan's own values the search goes to the best neighbour on the grid, one step in one dimension at a time,
    until none is better in the same simulated years.

    Parameters
    ----------
    scenario
        The plan; its headcount and hours stay.
    replications, seed, engine, executor
        As for :func:`~smarketing_sim.experiment.panel.simulate_all`.
    progress
        Called with (experiments done, at most).

    Raises
    ------
    InputError
        If no lead is handed over or nobody is there to call.
    """
    _hold_workable(scenario)
    how: dict[str, Any] = {"replications": replications, "seed": seed, "engine": engine, "executor": executor}
    search = _Search(scenario, how, progress)
    plan, less, more = search.simulate([scenario, *reversed(neighbours_in_time(scenario))])
    best, settled = search.climb()
    chosen = applied(scenario, best)
    later_more, later_less = search.simulate(list(neighbours_in_time(chosen)))
    found = search.found[best]
    price = price_between(later_less, later_more, found)
    return Design(
        optimum=best,
        days=cadence_days(chosen),
        contribution_usd=t_interval(found.series("contribution_usd")),
        gain_usd=paired_difference(found.series("contribution_usd"), plan.series("contribution_usd")),
        price=price,
        price_today=price_between(less, more, plan),
        values=attempt_values(chosen, cost_per_hour_usd=price.wage_per_hour_usd + price.per_hour_usd.mean,
                              attempts=max(DEPTHS)),
        tried=tuple(_tried(choice, experiment, found) for choice, experiment in search.ranked()),
        experiments=search.experiments,
        settled=settled,
    )  # fmt: skip


def applied(scenario: Scenario, choice: Choice) -> Scenario:
    """Return the plan with a choice put into it; the queue works the earliest deadline first."""
    overrides: dict[str, Any] = {"sales.sdr.cadence.max_attempts": choice.attempts}
    if choice.within is not None:
        overrides["sales.sdr.queue.order"] = "deadline"
        speed = (name for name, clause in scenario.sla.items() if isinstance(clause, SpeedClause))
        overrides |= {f"sla.{name}.within": choice.within for name in speed}
    if choice.threshold is not None:
        overrides["marketing.handoff.score_at_least"] = choice.threshold
    return scenario.with_overrides(overrides)


def cadence_days(scenario: Scenario) -> int:
    """Return the calendar days between a first attempt and the last one planned after it, rounded up, on average."""
    cadence, calendar, line = scenario.sales.sdr.cadence, contract_calendar(scenario), timeline(scenario)
    starts = line.day_starts_at[(line.day_starts_at >= line.horizon_starts_at)][:365]
    at = first = calendar.next_open(starts[starts < line.horizon_ends_at])
    for number in range(1, cadence.max_attempts):
        at = after(
            at, cadence.gap(number), calendar=calendar, business_day_minutes=scenario.calendar.business_day_minutes
        )
    known = np.isfinite(at)
    return int(np.ceil(np.mean(at[known] - first[known]) / 1440.0 - 1e-9)) if known.any() else 0


def to_json(found: Design) -> dict[str, Any]:
    """Return a design as plain JSON types."""
    return {
        "optimum": {**asdict(found.optimum), "days": found.days},
        "contribution": found.contribution_usd.as_dict(),
        "gain": found.gain_usd.as_dict(),
        "shadow_price_per_hour": found.price.per_hour_usd.as_dict(),
        "shadow_price_per_hour_today": found.price_today.per_hour_usd.as_dict(),
        "wage_per_hour": found.price.wage_per_hour_usd,
        "last_attempt_that_pays": dict(zip(map(str, AGES_MINUTES), found.values.last_that_pays, strict=True)),
        "grid": [
            {
                **asdict(one.choice),
                "contribution": one.contribution_usd.as_dict(),
                "behind": one.behind_usd.as_dict(),
                "p_kept": one.kept.as_dict(),
                "utilisation": one.utilisation.as_dict(),
            }
            for one in found.tried
        ],
        "experiments": found.experiments,
        "settled": found.settled,
    }


class _Search:
    """A walk over the grid: what was simulated, and how much of it."""

    def __init__(self, scenario: Scenario, how: Mapping[str, Any], progress: Progress | None) -> None:
        self.scenario, self._how, self._progress = scenario, how, progress
        self.found: dict[Choice, Experiment] = {}
        self.experiments = 0
        self._grid = _grid(scenario)

    def simulate(self, scenarios: list[Scenario]) -> list[Experiment]:
        done = self.experiments
        told = self._progress and (lambda part, all_of_it: self._tell(done, len(scenarios) * part / all_of_it))
        found = simulate_all(scenarios, progress=told, **self._how)
        self.experiments += len(scenarios)
        return found

    def climb(self) -> tuple[Choice, bool]:
        """Walk to a choice that no neighbour beats; False where the limit of experiments came first."""
        here = _start(self.scenario, self._grid)
        self._try([here])
        while True:
            around = list(_neighbours(here, self._grid))
            new = [choice for choice in around if choice not in self.found]
            if self.experiments + len(new) + 2 > MOST_EXPERIMENTS:
                return here, False
            self._try(new)
            best = max([here, *around], key=self._mean)
            if best == here:
                return here, True
            here = best

    def ranked(self) -> list[tuple[Choice, Experiment]]:
        return sorted(self.found.items(), key=lambda item: -self._mean(item[0]))

    def _try(self, choices: list[Choice]) -> None:
        found = self.simulate([applied(self.scenario, choice) for choice in choices])
        self.found.update(zip(choices, found, strict=True))

    def _mean(self, choice: Choice) -> float:
        return float(self.found[choice].series("contribution_usd").mean())

    def _tell(self, done: int, part: float) -> None:
        if self._progress is not None:
            self._progress(int(done + part), MOST_EXPERIMENTS)


Value = TypeVar("Value")
Grid = tuple[tuple[str | None, ...], tuple[int, ...], tuple[float | None, ...]]


def _grid(scenario: Scenario) -> Grid:
    """Return the values of each dimension, the plan's own among them."""
    has_speed = any(isinstance(clause, SpeedClause) for clause in scenario.sla.values())
    handoff, attempts = scenario.marketing.handoff, scenario.sales.sdr.cadence.max_attempts
    deepest = max(DEPTHS) if scenario.sales.sdr.cadence.gaps else 1
    depths = sorted({depth for depth in (*DEPTHS, attempts) if depth <= max(deepest, attempts)})
    scored = handoff.on != "action"
    thresholds = tuple(sorted({*THRESHOLDS, handoff.score_at_least})) if scored else (None,)
    return LIMITS if has_speed else (None,), tuple(depths), thresholds


def _start(scenario: Scenario, grid: Grid) -> Choice:
    """Return the place on the grid nearest to the plan as it is."""
    limits, _, thresholds = grid
    within: str | None = None
    speed = next((clause for clause in scenario.sla.values() if isinstance(clause, SpeedClause)), None)
    if speed is not None:
        day = scenario.calendar.business_day_minutes
        wanted = speed.within.minutes(day)
        within = min(
            (limit for limit in limits if limit), key=lambda limit: abs(Span.parse(limit).minutes(day) - wanted)
        )
    threshold = scenario.marketing.handoff.score_at_least if thresholds != (None,) else None
    return Choice(within, scenario.sales.sdr.cadence.max_attempts, threshold)


def _neighbours(here: Choice, grid: Grid) -> Iterable[Choice]:
    limits, depths, thresholds = grid
    yield from (replace(here, within=within) for within in _beside(limits, here.within))
    yield from (replace(here, attempts=attempts) for attempts in _beside(depths, here.attempts))
    yield from (replace(here, threshold=threshold) for threshold in _beside(thresholds, here.threshold))


def _beside(values: tuple[Value, ...], value: Value) -> tuple[Value, ...]:
    place = values.index(value)
    return values[max(place - 1, 0) : place] + values[place + 1 : place + 2]


def _tried(choice: Choice, experiment: Experiment, best: Experiment) -> Tried:
    contribution = experiment.series("contribution_usd")
    return Tried(
        choice,
        t_interval(contribution),
        paired_difference(best.series("contribution_usd"), contribution),
        results.kept_in_a_month(results.all_kept_months(experiment, ("sales",))),
        results.mean_of(experiment, "sdr_utilisation"),
    )


def _hold_workable(scenario: Scenario) -> None:
    if scenario.sales.sdr.headcount == 0:
        raise InputError("sales.sdr.headcount = 0: nobody follows up, so there is nothing to design; add reps first")
