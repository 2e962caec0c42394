"""What a plan must have before a decision about its leads means anything."""

from __future__ import annotations

from smarketing_sim.errors import InputError, NothingToDecide, Problem
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.scenario.schema import Scenario


def hold_months(scenario: Scenario) -> None:
    """Raise InputError where no month of a plan is reported."""
    if scenario.run.horizon_months == 0:
        rule = "no month is reported, so there is nothing to decide; give at least 1"
        raise InputError([Problem(rule, path="run.horizon_months", value=0)])


def hold_handed(years: Replications) -> None:
    """Raise NothingToDecide where no lead was handed over in any simulated year."""
    if not years.series("handed_count").any():
        rule = "no lead is handed over, so there is nothing to decide; add leads, or hand over more of them"
        raise NothingToDecide([Problem(rule, path="marketing.sources")])
