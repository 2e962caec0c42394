"""How many people? The least headcount that keeps the promises with a chosen chance, beside the best free change."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from smarketing_sim.decide.erlang import steady_headcount
from smarketing_sim.decide.headcount import Found, Terms, least_headcount
from smarketing_sim.decide.hiring import with_headcount
from smarketing_sim.decide.promise_kept import SIDES, Promise, Unlimited, promise_of, unlimited_of
from smarketing_sim.decide.ranking import Lever, best_free, levers_of, ranked
from smarketing_sim.decide.sequential import Years
from smarketing_sim.errors import InputError, NothingToDecide, Problem
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import mean_of
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference
from smarketing_sim.scenario.schema import Scenario

MOST_EXPERIMENTS = 59

_FEW_YEARS = 25
_LEVER_YEARS = 12
_MOST_LEVERS = 26
_BESIDE = 7  # experiments kept back for today's plan, the free change and unlimited reps
_LARGEST_TEAM = 2000


@dataclass(frozen=True)
class Step:
    """What one headcount brings and costs.

    Parameters
    ----------
    headcount, years
        Reps, and over how many simulated years they were tried.
    p_kept, contribution
        Chance kept, and contribution of the horizon.
    difference
        Contribution beside today's headcount in the same years.
    people_cost
        Whole wages of these reps for a year.
    """

    headcount: int
    years: int
    p_kept: Interval
    contribution: Interval
    difference: Interval
    people_cost: float


@dataclass(frozen=True, eq=False)
class FreeAlternative:
    """The best change that costs nothing, with today's headcount.

    Parameters
    ----------
    lever
        The change.
    years
        Simulated years of the figures below; other years than those in which it was found to be the best.
    p_kept, difference
        Chance kept, and contribution vs today's plan in the same years.
    enough
        Whether it reaches the chance wanted without a hire; None where the years cannot tell.
    """

    lever: Lever
    years: int
    p_kept: Interval
    difference: Interval
    enough: bool | None


@dataclass(frozen=True, eq=False)
class Staffing:
    """How many people a plan needs.

    Parameters
    ----------
    scenario, seed, engine
        What was asked about, and how it was simulated.
    promise, terms, search
        What "kept" means, the bounds of the search, and what it found.
    curve
        Every headcount that was tried, in order.
    free
        The best change that costs nothing; None where there is none.
    unlimited
        What reps without limit would reach, where no headcount is enough.
    experiments
        How many experiments it took, those on free changes among them.
    """

    scenario: Scenario
    seed: int
    engine: str
    promise: Promise
    terms: Terms
    search: Found
    curve: tuple[Step, ...]
    free: FreeAlternative | None
    unlimited: Unlimited | None
    experiments: int

    @property
    def headcount(self) -> int | None:
        """The answer; None where no headcount up to the cap is enough."""
        return self.search.headcount

    @property
    def p_kept(self) -> Interval:
        """The chance kept with this headcount, or with the best that was tried."""
        return self.search.seen[self.search.closest].p_kept

    @property
    def p_kept_one_fewer(self) -> Interval | None:
        """The chance kept with one fewer; None where there is no answer, or no smaller team."""
        fewer = None if self.headcount is None else self.search.seen.get(self.headcount - 1)
        return None if fewer is None else fewer.p_kept

    def step(self, headcount: int) -> Step | None:
        """Return what one headcount brings, where it was tried."""
        return next((step for step in self.curve if step.headcount == headcount), None)


def staff(
    scenario: Scenario,
    simulation: Simulation,
    *,
    keep: float = 0.95,
    period: str = "month",
    clauses: str = "sales",
    cap: int | None = None,
) -> Staffing:
    """Find the least headcount that keeps the promises with a chosen chance; arrivals stay as they are.

    The search begins where a steady queue would be enough, brackets the answer on few simulated years, and adds years
    until the interval lies above ``keep`` for the answer and below it for one rep fewer. It may look several times,
    so each interval is widened until all looks together hold with 95% (Bonferroni). A promise on volume keeps the
    headcount that stands in the contract.

    Parameters
    ----------
    scenario
        Today's plan.
    keep
        The chance that is wanted, between 0 and 1.
    period
        ``month``: all clauses are kept in a month; ``year``: in every month of a year.
    clauses
        ``sales``: the clauses promised by sales; ``all``: marketing's too.
    cap
        Largest headcount; four times today's, and at least twenty more, where left out.
    replications
        Simulated years of one headcount, at most.
    simulation
        How it is simulated.
    progress
        Called with (finished, planned) simulated years of all plans; the search may end early.

    Raises
    ------
    InputError
        If a number cannot be used, or no clause has a case.
    RunFailed
        If a simulated year failed.
    """
    looks = _looks(simulation.replications)
    promise = promise_of(scenario, keep=keep, period=period, clauses=clauses, level=1.0 - 0.05 / len(looks))
    lowest, most = _bounds(scenario, cap)
    years = Years(simulation, planned=planned_years(simulation.replications))
    today, lever = _best_free_change(scenario, years, keep, after=simulation.replications)
    terms = Terms(
        keep=keep,
        lowest=lowest,
        cap=most,
        start=steady_headcount(today, sides=SIDES[clauses], most=most),
        today=scenario.sales.sdr.headcount,
        first_years=min(_FEW_YEARS, looks[0]),
        looks=looks,
    )
    beside = [scenario, *([] if lever is None or lever.scenario is None else [lever.scenario])]
    observe = _observer(scenario, promise, years, looks[0], beside)
    search = least_headcount(observe, terms, budget=MOST_EXPERIMENTS - _BESIDE - years.experiments)
    free = None if lever is None else _free_alternative(scenario, lever, promise, years, looks)
    unlimited = None
    if search.headcount is None:
        unlimited = unlimited_of(promise, years.simulate([scenario], first=0, count=looks[0], unlimited=True)[0])
    curve = tuple(_step(scenario, headcount, promise, years) for headcount in sorted(search.seen))
    return Staffing(
        scenario, simulation.seed, today.engine, promise, terms, search, curve, free, unlimited, years.experiments
    )


def smallest_team(scenario: Scenario) -> int:
    """Return the least headcount a plan can have: a rep who is named in it must be there."""
    sdr = scenario.sales.sdr
    territories = (rep for territory in sdr.routing.territories.values() for rep in territory.reps)
    return max([1, *(int(rep) for rep in sdr.reps), *territories])


def _bounds(scenario: Scenario, cap: int | None) -> tuple[int, int]:
    today, lowest = scenario.sales.sdr.headcount, smallest_team(scenario)
    most = min(max(4 * today, today + 20), _LARGEST_TEAM) if cap is None else cap
    if not lowest <= most <= _LARGEST_TEAM:
        why = "" if lowest == 1 else f", because the plan names rep {lowest}"
        raise InputError([Problem(f"must be from {lowest}{why}, to {_LARGEST_TEAM:,}", path="cap", value=most)])
    return lowest, most


def _looks(replications: int) -> tuple[int, ...]:
    """Return three numbers of years, each about three times the one before, the last one all there may be."""
    steps = (replications / 10.0, replications / math.sqrt(10.0), replications)
    return tuple(sorted({min(replications, max(_FEW_YEARS, round(step))) for step in steps}))


def planned_years(replications: int) -> int:
    """Return about how many simulated years of all plans a search takes."""
    return _MOST_LEVERS * _LEVER_YEARS + 12 * _FEW_YEARS + 2 * replications


def _best_free_change(
    scenario: Scenario, years: Years, keep: float, *, after: int
) -> tuple[Replications, Lever | None]:
    """Return today's plan and the best change that costs nothing, found in years that nothing else is judged by."""
    levers = [lever for lever in levers_of(scenario) if lever.at_no_cost]
    tried = [lever for lever in levers if lever.scenario is not None][:_MOST_LEVERS]
    plans = [scenario, *(lever.scenario for lever in tried if lever.scenario is not None)]
    today, *found = years.simulate(plans, first=after, count=_LEVER_YEARS)
    best = best_free(ranked(today, tried, found), keep=keep)
    return today, None if best is None else best.lever


def _observer(
    scenario: Scenario, promise: Promise, years: Years, first_look: int, beside: Sequence[Scenario]
) -> Callable[[Sequence[int], int], dict[int, Interval]]:
    """Return what the search asks; today's plan and the free change come along, for they read the same leads."""

    def still_open(plan: Scenario) -> bool:
        known = years.reach([plan], 0)[0]
        return plan is not scenario and promise.decided(promise.kept(known)) is None

    def observe(headcounts: Sequence[int], count: int) -> dict[int, Interval]:
        teams = [_team(scenario, headcount) for headcount in headcounts]
        along = [plan for plan in beside if count <= first_look or still_open(plan)]
        found = years.reach([*teams, *along], count)[: len(teams)]
        kept = {headcount: promise.kept(one) for headcount, one in zip(headcounts, found, strict=True)}
        if all(np.isnan(one.mean) for one in kept.values()):
            named = ", ".join(f"sla.{name}" for name in promise.clauses)
            rule = "no simulated month has a lead to judge by, so no headcount follows"
            raise NothingToDecide([Problem(rule, path=named)])
        return kept

    return observe


def _team(scenario: Scenario, headcount: int) -> Scenario:
    return with_headcount(scenario, headcount)


def _free_alternative(
    scenario: Scenario, lever: Lever, promise: Promise, years: Years, looks: Sequence[int]
) -> FreeAlternative:
    """Return what the best free change reaches, over as many years as it takes to tell whether it is enough."""
    plan = lever.scenario or scenario
    for look in looks:
        [found] = years.reach([plan], look)
        enough = promise.decided(promise.kept(found))
        if enough is not None:
            break
    [today] = years.reach([scenario], 0)
    return FreeAlternative(lever, len(found.measures), promise.kept(found), _difference(found, today), enough)


def _step(scenario: Scenario, headcount: int, promise: Promise, years: Years) -> Step:
    today, found = years.reach([scenario, _team(scenario, headcount)], 0)
    return Step(
        headcount=headcount,
        years=len(found.measures),
        p_kept=promise.kept(found),
        contribution=mean_of(found, "contribution"),
        difference=_difference(found, today),
        people_cost=headcount * scenario.sales.sdr.annual_cost,
    )


def _difference(years: Replications, today: Replications) -> Interval:
    """Return the contribution beside today's, in the years that both were simulated in."""
    shared = min(len(years.measures), len(today.measures))
    after, before = (one.series("contribution")[:shared] for one in (years, today))
    return paired_difference(after, before)
