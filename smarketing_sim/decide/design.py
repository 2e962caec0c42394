"""Which follow-up pays: the speed, depth and handoff threshold with the highest contribution, by paired simulation.

Speed steers only where the queue looks at it, so plans are compared as if reps worked the earliest deadline of the
contract first; what the plan's own queue order brings stands beside the optimum. The best of many looks better than it
is in the years that chose it, so what it gains is told from others.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from smarketing_sim.decide.follow_ups import DEPTHS, Choice, grid_of, nearest_to, neighbours_of
from smarketing_sim.decide.preconditions import hold_handed, hold_months
from smarketing_sim.decide.shadow_price import (
    AGES_MINUTES,
    AttemptValues,
    HourPrice,
    attempt_values,
    neighbours_in_time,
    price_between,
)
from smarketing_sim.errors import NothingToDecide, Problem
from smarketing_sim.experiment import results
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference, t_interval
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import contract_calendar
from smarketing_sim.world.due_times import after
from smarketing_sim.world.timeline import timeline

MOST_EXPERIMENTS = 56
_AFTER_THE_CLIMB = 5  # the best one with more and with less time; and it, the plan and its order in fresh years


@dataclass(frozen=True, eq=False)
class Tried:
    """A choice that was simulated.

    Parameters
    ----------
    choice
        What was chosen.
    contribution
        Its contribution.
    behind
        By how much it is behind the optimum, paired: optimum − this.
    kept
        Chance that a month keeps every sales promise.
    utilisation
        How busy the reps are.
    """

    choice: Choice
    contribution: Interval
    behind: Interval
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
    contribution, gain, kept
        Its contribution, the paired difference from the plan as it is, and the chance that a month keeps every sales
        promise; in fresh simulated years.
    gain_in_search
        The same difference in the years that chose it.
    start, order
        The plan's own values on the grid, and what working the earliest deadline first adds to the plan with them, in
        the fresh years.
    price
        Worth of an hour of the reps at the optimum, and today's.
    values
        What each attempt brings and costs at that price.
    tried, neighbours
        Every choice simulated, the optimum first; and those of them one step away from the optimum.
    experiments
        How many scenarios were simulated.
    settled
        Whether every neighbour on the grid was looked at; else the search ended at its limit.
    """

    optimum: Choice
    days: int
    contribution: Interval
    gain: Interval
    kept: Interval
    gain_in_search: Interval
    start: Choice
    order: Interval
    price: HourPrice
    price_today: HourPrice
    values: AttemptValues
    tried: tuple[Tried, ...]
    neighbours: tuple[Tried, ...]
    experiments: int
    settled: bool


def design(
    scenario: Scenario,
    simulation: Simulation,
) -> Design:
    """Find the speed, depth and handoff threshold with the highest contribution.

    From the plan's own values the search goes to the best neighbour on the grid, one step in one dimension at a time,
    until none is better in the same simulated years. The best one is judged in as many others.

    Parameters
    ----------
    scenario
        The plan; its headcount and hours stay.
    simulation
        How it is simulated; the years after its last one judge what was found.

    Raises
    ------
    InputError
        If no month is reported, no lead is handed over, or nobody is there to call.
    """
    _hold_workable(scenario)
    search = _Search(scenario, simulation)
    plan, less, more = search.simulate([scenario, *reversed(neighbours_in_time(scenario))])
    hold_handed(plan)
    best, settled = search.climb()
    chosen = applied(scenario, best)
    later_more, later_less = search.simulate(list(neighbours_in_time(chosen)))
    found, start = search.found[best], search.start
    fresh = search.simulate([scenario, applied(scenario, start), chosen], fresh=True)
    today, ordered, judged = (years.series("contribution") for years in fresh)
    tried, around = tuple(_tried(*one, found) for one in search.ranked(best)), search.around(best)
    price = price_between(later_less, later_more, found)
    return Design(
        optimum=best,
        days=cadence_days(chosen),
        contribution=t_interval(judged),
        gain=paired_difference(judged, today),
        kept=_kept(fresh[-1]),
        gain_in_search=paired_difference(found.series("contribution"), plan.series("contribution")),
        start=start,
        order=paired_difference(ordered, today),
        price=price,
        price_today=price_between(less, more, plan),
        values=attempt_values(chosen, cost_per_hour=price.wage_per_hour + price.per_hour.mean,
                              attempts=max(DEPTHS)),
        tried=tried,
        neighbours=tuple(one for one in tried if one.choice in around),
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
    return override(scenario, overrides)


def cadence_days(scenario: Scenario) -> int:
    """Return the calendar days between a first attempt and the last one planned after it, rounded up, on average."""
    cadence, calendar, line = scenario.sales.sdr.cadence, contract_calendar(scenario), timeline(scenario)
    starts = line.day_starts_at[(line.day_starts_at >= line.horizon_starts_at)][:365]
    at = first = calendar.next_open(starts[starts < line.horizon_ends_at])
    for number in range(1, cadence.max_attempts):
        at = after(at, cadence.gap(number), calendar=calendar, business_minutes=scenario.calendar.business_minutes)
    known = np.isfinite(at)
    return int(np.ceil(np.mean(at[known] - first[known]) / 1440.0 - 1e-9)) if known.any() else 0


def last_that_pays(design: Design) -> list[int | None]:
    """Return by age the last attempt that pays; None throughout where no price of an hour was found."""
    known = np.isfinite(design.values.cost_per_hour)
    return [last if known else None for last in design.values.last_that_pays]


def to_json(design: Design) -> dict[str, Any]:
    """Return a design as plain JSON types."""
    return {
        "optimum": {**asdict(design.optimum), "days": design.days},
        "contribution": design.contribution.as_dict(),
        "gain": design.gain.as_dict(),
        "gain_in_search": design.gain_in_search.as_dict(),
        "p_kept": design.kept.as_dict(),
        "gain_of_deadline_order_alone": design.order.as_dict(),
        **{
            f"shadow_price_per_{hour}{when}": interval.as_dict()
            for when, price in (("", design.price), ("_today", design.price_today))
            for hour, interval in (
                ("hour", price.per_hour),
                ("next_hour", price.next_hour),
                ("last_hour", price.last_hour),
            )
        },
        "wage_per_hour": design.price.wage_per_hour if np.isfinite(design.price.wage_per_hour) else None,
        "last_attempt_that_pays": dict(zip(map(str, AGES_MINUTES), last_that_pays(design), strict=True)),
        "grid": [
            {
                **asdict(one.choice),
                "contribution": one.contribution.as_dict(),
                "behind": one.behind.as_dict(),
                "p_kept": one.kept.as_dict(),
                "utilisation": one.utilisation.as_dict(),
            }
            for one in design.tried
        ],
        "experiments": design.experiments,
        "settled": design.settled,
    }


class _Search:
    """A walk over the grid: what was simulated, and how much of it."""

    def __init__(self, scenario: Scenario, simulation: Simulation) -> None:
        self.scenario, self._simulation = scenario, simulation
        self.found: dict[Choice, Replications] = {}
        self.experiments = 0
        self._grid = grid_of(scenario)
        self.start = nearest_to(scenario, self._grid)

    def simulate(self, scenarios: list[Scenario], *, fresh: bool = False) -> list[Replications]:
        done, years = self.experiments, self._simulation
        tell = self._simulation.progress
        progress = tell and (lambda part, of: tell(int(done + len(scenarios) * part / of), MOST_EXPERIMENTS))
        if fresh:
            years = years.of(years.replications, first=years.first + years.replications)
        found = years.told_to(progress).panel(scenarios)
        self.experiments += len(scenarios)
        return found

    def climb(self) -> tuple[Choice, bool]:
        """Walk to a choice that no neighbour beats; False where the limit of experiments came first."""
        here = self.start
        self._try([here])
        while True:
            around = self.around(here)
            new = [choice for choice in around if choice not in self.found]
            if self.experiments + len(new) + _AFTER_THE_CLIMB > MOST_EXPERIMENTS:
                return here, False
            self._try(new)
            best = max([here, *around], key=self._mean)
            if best == here:
                return here, True
            here = best

    def around(self, here: Choice) -> list[Choice]:
        return list(neighbours_of(here, self._grid))

    def ranked(self, first: Choice) -> list[tuple[Choice, Replications]]:
        """Return what was simulated, best first; of those that bring the same, one goes before all others."""
        return sorted(self.found.items(), key=lambda item: (-self._mean(item[0]), item[0] != first))

    def _try(self, choices: list[Choice]) -> None:
        found = self.simulate([applied(self.scenario, choice) for choice in choices])
        self.found.update(zip(choices, found, strict=True))

    def _mean(self, choice: Choice) -> float:
        return float(self.found[choice].series("contribution").mean())


def _tried(choice: Choice, experiment: Replications, best: Replications) -> Tried:
    contribution = experiment.series("contribution")
    return Tried(
        choice,
        t_interval(contribution),
        paired_difference(best.series("contribution"), contribution),
        _kept(experiment),
        results.mean_of(experiment, "sdr_utilisation"),
    )


def _kept(experiment: Replications) -> Interval:
    return kept_in_a_month(all_kept_months(experiment, ("sales",)))


def _hold_workable(scenario: Scenario) -> None:
    hold_months(scenario)
    if scenario.sales.sdr.headcount == 0:
        rule = "nobody follows up, so there is nothing to design; add reps first"
        raise NothingToDecide([Problem(rule, path="sales.sdr.headcount", value=0)])
