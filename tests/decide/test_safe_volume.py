"""The largest promise of leads that nearly every month keeps, found another way by trying every number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from smarketing_sim.decide.safe_volume import safe_volume
from smarketing_sim.experiment.results import clause_results
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from tests.experiment.stubs import small


@pytest.mark.slow
def test_one_lead_more_would_be_kept_less_often_than_wanted(params: Path) -> None:
    plan = load(params / "article-sla.yaml")
    years = Simulation(30).run(plan)
    found = safe_volume(years)
    assert found is not None
    assert (found.clause, found.promised) == ("volume", 40.0)

    def kept(promised: int) -> float:
        changed = override(plan, {"sla.volume.leads_per_rep": promised / 8})
        return clause_results(Simulation(30).run(changed))["volume"].kept.mean

    assert kept(found.safe) == pytest.approx(found.kept.mean)
    assert kept(found.safe) >= 0.95 > kept(found.safe + 1)


def test_a_contract_without_a_number_of_leads_has_none_to_promise() -> None:
    assert safe_volume(Simulation(1).run(small(sla={"speed": {"target": 0.9, "within": "4 hours"}}))) is None


def test_a_part_of_the_promise_that_counts_as_kept_makes_a_larger_one_safe(params: Path) -> None:
    plan = load(params / "article-sla.yaml")
    whole, part = (
        safe_volume(Simulation(12).run(override(plan, {"sla.volume.target": target}))) for target in (1.0, 0.8)
    )
    assert whole is not None
    assert part is not None
    assert part.safe == int(np.floor(whole.safe / 0.8))


@pytest.mark.slow
def test_each_month_could_promise_what_nearly_every_year_brings_in_it(params: Path) -> None:
    season = [0.5, 1, 1, 1, 1, 1, 0.4, 1, 1, 1, 1, 2]
    years = Simulation(40).run(override(load(params / "article-sla.yaml"), {"marketing.season": season}))
    found = safe_volume(years)
    assert found is not None
    assert found.seasonal
    counts = np.array([year.clauses["volume"].numerator for year in years.measures])
    for month, safe in enumerate(found.by_month):
        assert np.mean(counts[:, month] >= safe) >= 0.95 > np.mean(counts[:, month] >= safe + 1)
    assert found.by_month.index(min(found.by_month)) == 6
    even = safe_volume(Simulation(40).run(load(params / "article-sla.yaml")))
    assert even is not None
    assert even.by_month != found.by_month
