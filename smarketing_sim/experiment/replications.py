"""Replications: the same scenario in many simulated years, and one of them as a job that can be run again alone."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.errors import InputError
from smarketing_sim.ledger import Ledger
from smarketing_sim.measure.statistics import replications_for
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand

CEILING_REPLICATIONS = 20
FIRST_LOOK = 10


@dataclass(frozen=True)
class OfMean:
    """A half-width as a share of the mean."""

    share: float


Precision = float | OfMean


@dataclass(frozen=True)
class Failure:
    """A replication that failed, with the error it failed with; the others were finished."""

    replication: int
    error: str
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Replications:
    """One scenario, simulated many times.

    Parameters
    ----------
    scenario, seed, engine
        What was run.
    measures
        One item a replication that finished, in order.
    failures
        The replications that did not.
    ledgers
        Their ledgers, where they were asked for.
    """

    scenario: Scenario
    seed: int
    engine: str
    measures: tuple[Measures, ...]
    failures: tuple[Failure, ...] = ()
    ledgers: tuple[Ledger, ...] = field(default=(), repr=False)

    def series(self, name: str) -> Floats:
        """Return one headline measure by replication."""
        return np.array([m.headline[name] for m in self.measures])

    def stacked(self, name: str) -> Floats:
        """Return one array measure, replications first."""
        return np.stack([getattr(m, name) for m in self.measures])


Outcome = tuple[Measures, Ledger | None] | Failure


@dataclass(frozen=True)
class Replication:
    """One simulated year of a scenario, as a job."""

    scenario: Scenario = field(repr=False)
    seed: int
    replication: int
    engine: str
    keep_ledger: bool = False

    def run(self) -> Outcome:
        """Run it."""
        return replicate(self.scenario, self.seed, self.replication, self.engine, self.keep_ledger)


def outcome_of(year: Replication, result: Callable[[], Outcome]) -> Outcome:
    """Return what a year came to; a worker that died again is a failed replication."""
    try:
        return result()
    except InputError:
        raise
    except Exception as error:
        return failure_of(year.replication, error)


def failure_of(replication: int, error: BaseException) -> Failure:
    """Return an error as a result."""
    return Failure(replication, f"{type(error).__name__}: {error}", traceback.format_exc())


def replicate(scenario: Scenario, seed: int, replication: int, engine: str, keep_ledger: bool) -> Outcome:
    """Run one replication; any of them can be run again alone.

    An error of ours in the input is raised, for it would meet every replication; anything else becomes a Failure.
    """
    try:
        demand = sample_demand(scenario, seed=seed, replication=replication)
        ceiling = simulate_unlimited(scenario, demand) if replication < CEILING_REPLICATIONS else None
        ledger = simulate(scenario, demand, engine=engine)
        del demand  # a ledger keeps only what it shows of it
        return measure(ledger, scenario, unlimited=ceiling), ledger if keep_ledger else None
    except InputError:
        raise
    except Exception as error:  # a failed replication is a result; the others go on
        return failure_of(replication, error)


def years_needed(outcomes: Sequence[Outcome], precision: Mapping[str, Precision]) -> int:
    """Return how many replications the wanted half-widths need, by what has been seen so far."""
    seen = [outcome[0].headline for outcome in outcomes if not isinstance(outcome, Failure)]
    if not seen:
        return 0
    unknown = [name for name in precision if name not in seen[0]]
    if unknown:
        raise InputError(f"{unknown[0]} is not a measure; known are {', '.join(seen[0])}")
    series = {name: np.array([headline[name] for headline in seen]) for name in precision}
    return max(
        (replications_for(series[name], _width(wanted, series[name])) for name, wanted in precision.items()), default=0
    )


def _width(wanted: Precision, values: Floats) -> float:
    return wanted.share * abs(float(np.nanmean(values))) if isinstance(wanted, OfMean) else wanted


def collected(scenario: Scenario, seed: int, engine: str, outcomes: Sequence[Outcome]) -> Replications:
    """Return what came of a scenario's years, those that failed apart."""
    done = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
    failures = tuple(outcome for outcome in outcomes if isinstance(outcome, Failure))
    ledgers = tuple(ledger for _, ledger in done if ledger is not None)
    return Replications(scenario, seed, engine, tuple(m for m, _ in done), failures, ledgers)
