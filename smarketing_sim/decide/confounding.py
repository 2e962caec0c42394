"""The confounding lab: best leads called first make speed look better than it is.

A team that calls its best leads first calls good leads fast and poor ones late. Whoever then compares leads called fast
with leads called late compares good leads with poor ones, and credits speed for both. In the simulation the truth is
known: the same leads can be called at other ages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.decide.call_times import at_any_time, leads_called_at
from smarketing_sim.engine import simulate
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.ledger import Table
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.statistics import Interval, paired_difference, t_interval
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import Demand, sample_demand
from smarketing_sim.world.streams import Streams

Codes = npt.NDArray[np.int64]

ORDERS = {"triaged": "score", "in_turn": "oldest_due"}
"""Whom a rep calls next: the best score, or whoever has waited longest."""
ESTIMATES = ("naive", "adjusted", "truth")
FAST_MINUTES = 60.0
_DECILES = 10


@dataclass(frozen=True, eq=False)
class Lab:
    """What three ways to look at the same calls say about speed.

    Parameters
    ----------
    scenario, seed, engine
        The plan, and how it was simulated.
    multipliers
        Chance to qualify of leads called fast over that of leads called later: by order of ``ORDERS``, estimate of
        ``ESTIMATES`` and replication; shape (orders, estimates, replications).
    fast_shares
        Share of called leads that were called fast; shape (orders, replications).
    """

    scenario: Scenario
    seed: int
    engine: str
    multipliers: Floats
    fast_shares: Floats

    def multiplier(self, estimate: str, order: str = "triaged") -> Interval:
        """Return how many times as likely to qualify a lead called fast looks, or is (``truth``)."""
        return t_interval(self._of(estimate, order))

    def overstated(self, estimate: str, order: str = "triaged") -> Interval:
        """Return by how much an estimate exceeds the truth of the same year, paired."""
        return paired_difference(self._of(estimate, order), self._of("truth", order))

    def fast_share(self, order: str = "triaged") -> Interval:
        """Return the share of called leads that were called fast."""
        return t_interval(self.fast_shares[list(ORDERS).index(order)])

    def _of(self, estimate: str, order: str) -> Floats:
        values: Floats = self.multipliers[list(ORDERS).index(order), ESTIMATES.index(estimate)]
        return values


@dataclass(frozen=True, eq=False)
class _Seen:
    """What call data show: the leads of a ledger, which of them count, and their age, speed and stratum."""

    leads: Table
    called: Bools
    ages: Floats
    fast: Bools
    strata: Codes


@dataclass(frozen=True)
class _Year:
    """One simulated year under each order."""

    scenarios: tuple[Scenario, ...] = field(repr=False)
    seed: int
    replication: int
    engine: str

    def run(self) -> Floats:
        """Return naive, adjusted and true multiplier, and the share called fast; shape (orders, 4)."""
        demand = sample_demand(self.scenarios[0], seed=self.seed, replication=self.replication)
        return np.array([self._looked_at(scenario, demand) for scenario in self.scenarios])

    def _looked_at(self, scenario: Scenario, demand: Demand) -> tuple[float, float, float, float]:
        case = case_of(simulate(scenario, demand, engine=self.engine), scenario)
        called = case.contract_cohort & ~np.isnan(case.leads["first_attempt_at"])
        ages = (case.leads["first_attempt_at"] - case.leads["mql_at"])[called]
        fast, qualified = ages <= FAST_MINUTES, ~np.isnan(case.leads["qualified_at"][called])
        if not fast.any() or fast.all():
            return np.nan, np.nan, np.nan, float(fast.mean()) if len(fast) else np.nan
        naive, strata = _ratio(qualified[fast].mean(), qualified[~fast].mean()), _strata(case, called)
        adjusted = standardised_ratio(qualified, fast, strata)
        seen = _Seen(case.leads, called, ages, fast, strata)
        truth = self._truth(at_any_time(scenario), demand, seen)
        return naive, adjusted, truth, float(fast.mean())

    def _truth(self, any_time: Scenario, demand: Demand, seen: _Seen) -> float:
        """Return the multiplier of the same leads, called at the ages of fast leads and of later leads like them.

        Each lead draws its place among the ages once, so that only the ages differ.
        """
        place = Streams(self.seed, self.replication).open("called at other ages").random(len(seen.ages))
        known, chances = comparable(seen.fast, seen.strata), []
        rows = np.flatnonzero(seen.called)[known]
        if not len(rows):
            return np.nan
        for band in (seen.fast, ~seen.fast):
            first_at = np.full(len(seen.called), np.nan)
            drawn = _ages_of_like(seen.ages[band], seen.strata[band], of=seen.strata[known], place=place[known])
            first_at[rows] = seen.leads["mql_at"][rows] + drawn
            qualified_at = leads_called_at(any_time, demand, first_at)["qualified_at"]
            chances.append(np.mean(~np.isnan(qualified_at[rows])))
        return _ratio(*chances)


def confounding_lab(
    scenario: Scenario,
    simulation: Simulation,
) -> Lab:
    """Compare what call data seem to say about speed with what speed does.

    Parameters
    ----------
    scenario
        The plan; it is simulated with the best score called first, and with the longest wait first.
    replications
        Simulated years of each.
    simulation
        How it is simulated.

    Raises
    ------
    InputError
        If a number asked for cannot be run.
    RunFailed
        If a simulated year failed.

    Notes
    -----
    Naive: qualified share of leads first called within an hour of becoming an MQL over that of leads called later;
    leads never called are in neither. Adjusted: both shares as they would be if fast and later leads had the same
    sources and deciles of the score (:func:`standardised_ratio`). Truth: the same leads called twice, at the ages at
    which fast leads of their source and decile were called, and at those of later ones.
    """
    scenarios = tuple(override(scenario, {"sales.sdr.queue.order": order}) for order in ORDERS.values())
    years = [_Year(scenarios, simulation.seed, number, simulation.engine_name) for number in simulation.numbers]
    found = np.stack(simulation.collect(years), axis=-1)
    return Lab(scenario, simulation.seed, simulation.engine_name, found[:, : len(ESTIMATES)], found[:, -1])


def standardised_ratio(outcome: Bools, fast: Bools, strata: Codes) -> float:
    """Return the ratio of chances, fast over later, if both kinds of lead were spread over the strata like all leads.

    This is weighting each lead by the inverse of the chance of its kind in its stratum (Hernán, Robins, Causal
    Inference: What If, 2020, chapters 2 and 12). A stratum with leads of one kind only is left out, for it compares
    nothing.

    Parameters
    ----------
    outcome, fast
        By lead; shape (leads,).
    strata
        Number of each lead's stratum, from 0; shape (leads,).
    """
    count = int(strata.max(initial=0)) + 1
    known = comparable(fast, strata)
    weight = np.bincount(strata[known], minlength=count)
    sizes = [np.bincount(strata[kind & known], minlength=count) for kind in (fast, ~fast)]
    hits = [np.bincount(strata[kind & known & outcome], minlength=count) for kind in (fast, ~fast)]
    chances = [np.sum(weight * hit / np.maximum(size, 1)) for hit, size in zip(hits, sizes, strict=True)]
    return _ratio(*chances)


def comparable(fast: Bools, strata: Codes) -> Bools:
    """Tell which leads belong to a stratum that has both fast and later leads; shape (leads,)."""
    sizes = [np.bincount(strata[kind], minlength=int(strata.max(initial=0)) + 1) for kind in (fast, ~fast)]
    both: Bools = ((sizes[0] > 0) & (sizes[1] > 0))[strata]
    return both


def to_json(lab: Lab) -> dict[str, Any]:
    """Return the lab's findings as plain JSON types."""
    orders = {
        order: {
            "fast_share": lab.fast_share(order).as_dict(),
            **{estimate: lab.multiplier(estimate, order).as_dict() for estimate in ESTIMATES},
            "naive_overstates_by": lab.overstated("naive", order).as_dict(),
            "adjusted_overstates_by": lab.overstated("adjusted", order).as_dict(),
        }
        for order in ORDERS
    }
    return {
        **lab.scenario.identity,
        "seed": lab.seed,
        "replications": lab.multipliers.shape[-1],
        "engine": lab.engine,
        "fast_minutes": FAST_MINUTES,
        "orders": orders,
    }


def _strata(case: Case, called: Bools) -> Codes:
    """Return the stratum of each called lead: its source, and the decile of its score among the leads called."""
    score, source = case.leads["score"][called], case.leads["source"][called].astype(np.int64)
    edges = np.quantile(score, np.arange(1, _DECILES) / _DECILES)
    return source * _DECILES + np.searchsorted(edges, score)


def _ages_of_like(ages: Floats, strata: Codes, *, of: Codes, place: Floats) -> Floats:
    """Return for each lead of some strata the age at its place, from 0 to 1, among the ages of its stratum."""
    order = np.lexsort((ages, strata))
    begins = np.searchsorted(strata[order], of, side="left")
    counts = np.searchsorted(strata[order], of, side="right") - begins
    drawn: Floats = ages[order][begins + (place * counts).astype(np.int64)]
    return drawn


def _ratio(above: Any, below: Any) -> float:
    return float(above / below) if below > 0 else np.nan
