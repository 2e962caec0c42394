"""How many account executives? No clause is promised by them, so the question is what one more brings, and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import mean_of
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario

STEPS = (-2, -1, 0, 1, 2, 3)
YEARS = 40
"""Simulated years of each headcount, at most."""
_PATH = "sales.ae.headcount"
_MEASURES = ("ae_utilisation", "ae_wait_minutes", "faded_revenue", "expected_revenue")


@dataclass(frozen=True, eq=False)
class AeHeadcounts:
    """A plan with fewer and more account executives, in the same simulated years.

    Parameters
    ----------
    today
        The plan as it is.
    plans
        The plan by headcount, today's among them.
    """

    today: Replications
    plans: dict[int, Replications]

    def gain(self, headcount: int) -> Interval:
        """Return what a headcount adds to contribution, the wages of those it adds subtracted."""
        ae, months = self.today.scenario.sales.ae, self.today.scenario.run.horizon_months
        wages = (headcount - ae.headcount) * ae.annual_cost * months / 12.0
        return paired_difference(
            self.plans[headcount].series("contribution") - wages, self.today.series("contribution")
        )

    @property
    def best(self) -> int:
        """The headcount that brings most after wages; today's where no other does for certain."""
        today = self.today.scenario.sales.ae.headcount
        sure = [count for count in self.plans if count != today and self.gain(count).low > 0.0]
        return max(sure, key=lambda count: self.gain(count).mean, default=today)


def ae_headcounts(scenario: Scenario, simulation: Simulation) -> AeHeadcounts:
    """Simulate a plan with fewer and more account executives.

    Raises
    ------
    InputError
        If nobody closes deals in this plan, or each can hold any number of them.
    """
    ae = scenario.sales.ae
    if ae.headcount == 0 or ae.open_limit is None:
        rule = "no deal waits for anybody, for this plan sets no limit of open deals; set sales.ae.open_limit"
        raise InputError([Problem(rule, path="sales.ae")])
    counts = [ae.headcount + step for step in STEPS if ae.headcount + step >= 1]
    found = simulation.of(min(simulation.replications, YEARS)).panel(
        [override(scenario, {_PATH: count}) for count in counts]
    )
    plans = dict(zip(counts, found, strict=True))
    return AeHeadcounts(plans[ae.headcount], plans)


def to_json(found: AeHeadcounts) -> dict[str, Any]:
    """Return it as plain JSON types."""
    today = found.today
    return {
        **today.scenario.identity,
        "of": "ae",
        "seed": today.seed,
        "replications": len(today.measures),
        "engine": today.engine,
        "promise": None,
        "headcount_today": today.scenario.sales.ae.headcount,
        "headcount": found.best,
        "plans": [
            {
                "headcount": count,
                **{name: mean_of(years, name).as_dict() for name in _MEASURES},
                "contribution_difference": found.gain(count).as_dict(),
            }
            for count, years in found.plans.items()
        ],
    }
