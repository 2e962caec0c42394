"""The baseline lands where decisions are interesting: a band that no change of the model may leave unseen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide.usual import self_check
from smarketing_sim.decide.volume import more_leads
from smarketing_sim.experiment.chance_kept import all_kept_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import clause_results, cost_per_won
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.stability import stability
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from tests.conftest import PARAMS

pytestmark = pytest.mark.slow

YEARS = 10


_known: dict[tuple[str, str], Replications] = {}


def simulated(plan: str = "baseline", changes: dict[str, Any] | None = None, leads: float = 1.0) -> Replications:
    scenario = override(load(PARAMS / f"{plan}.yaml"), changes or {})
    scenario = override(scenario, more_leads(scenario, leads))
    if (plan, scenario.digest) not in _known:
        _known[plan, scenario.digest] = Simulation(YEARS, 1).run(scenario)
    return _known[plan, scenario.digest]


def kept(plan: str = "baseline", changes: dict[str, Any] | None = None, leads: float = 1.0) -> float:
    """How often sales keeps all that it promises in a month."""
    return float(np.nanmean(all_kept_months(simulated(plan, changes, leads), ("sales",))))


def test_the_baseline_is_a_typical_company_that_is_busy_and_steady() -> None:
    years = simulated()
    assert 0.84 <= years.series("sdr_utilisation").mean() <= 0.89
    assert stability(years).verdict == "steady"
    assert not [implied.name for implied in self_check(years) if implied.unusual]
    assert 25_000 <= cost_per_won(years).mean <= 40_000
    assert all(0.7 <= result.kept.mean <= 1.0 for result in clause_results(years).values())


def test_its_sales_promises_hold_in_most_months_and_break_with_a_tenth_more_leads_or_one_rep_fewer() -> None:
    assert 0.85 <= kept() <= 0.95
    assert kept(leads=1.1) < 0.6
    assert kept(leads=1.25) < 0.1
    assert kept(changes={"sales.sdr.headcount": 7}) < 0.5


def test_giving_leads_up_sooner_keeps_its_promises_for_nothing() -> None:
    assert kept(changes={"sales.sdr.cadence.drop_after": "10 days"}) > 0.97


def test_the_overloaded_plan_collapses_and_what_it_brings_depends_on_when_one_looks() -> None:
    years = simulated("overloaded")
    found = stability(years)
    assert found.verdict == "not settling"
    assert found.lost_from is not None
    assert found.backlog[-1].mean > 5 * found.backlog[0].mean
    assert found.revenue[-1].mean < 0.2 * found.revenue[0].mean
    brought = [
        simulated("overloaded", {"run.warm_up_weeks": weeks}).series("expected_revenue").mean() for weeks in (0, 26, 52)
    ]
    assert brought[0] > 1.5 * brought[1] > 1.5 * brought[2]


def test_dropping_old_leads_rescues_the_overloaded_plan() -> None:
    before, after = (simulated("overloaded", changes) for changes in ({}, {"sales.sdr.cadence.drop_after": "14 days"}))
    assert stability(after).verdict == "steady"
    assert before.series("contribution").mean() < 0.0
    assert after.series("contribution").mean() > 2e6
