"""The baseline lands where decisions are interesting: a band that no change of the model may leave unseen."""

from __future__ import annotations

import functools

import numpy as np

from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import clause_results
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from tests.conftest import PARAMS

YEARS = 4


@functools.cache
def simulated(alternative: str = "") -> Replications:
    scenario = load(PARAMS / "baseline.yaml")
    changes = scenario.alternatives[alternative].set if alternative else {}
    return Simulation(YEARS, 1).run(override(scenario, changes))


def test_the_baseline_team_is_about_nine_tenths_busy_and_keeps_three_quarters_of_its_speed_promise() -> None:
    assert 0.88 <= simulated().series("sdr_utilisation").mean() <= 0.92
    assert 0.68 <= clause_results(simulated())["speed"].attained.mean <= 0.88
    assert clause_results(simulated())["quality"].attained.mean > 0.65


def test_calling_new_leads_first_keeps_the_speed_promise_and_lifts_revenue_by_about_half() -> None:
    assert clause_results(simulated("new_leads_first"))["speed"].attained.mean > 0.99
    before, after = (simulated(name).series("expected_revenue") for name in ("", "new_leads_first"))
    assert 1.25 <= np.mean(after) / np.mean(before) <= 1.85
    assert np.all(after > before)
