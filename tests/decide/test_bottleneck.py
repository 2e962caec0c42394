"""Whose time is short: named by what waits behind them, found another way by taking the wait away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide.bottleneck import bottleneck
from smarketing_sim.decide.left_on_table import left_on_table
from smarketing_sim.experiment.results import mean_of
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "changes", "stage"),
    [
        ("baseline", {"sales.sdr.headcount": "-1"}, "reps"),
        ("baseline", {"sales.ae.headcount": "-1"}, "account executives"),
        ("overloaded", {}, "reps"),
        ("overloaded", {"decay.preset": "none"}, "account executives"),
        ("article-sla", {"sales.sdr.shift": {"mon-sun": ["00:00-24:00"]}}, None),
    ],
)
def test_the_binding_stage_is_named(name: str, changes: dict[str, Any], stage: str | None, params: Path) -> None:
    """Lost, a plan whose account executives choke it reads as one whose leads wait, or as one where nothing does."""
    plan, simulation = override(load(params / f"{name}.yaml"), changes), Simulation(6)
    years, table = simulation.run(plan), left_on_table(plan, simulation)
    found = bottleneck(years, table)
    assert (None if found is None else found.stage) == stage
    if "no_ae_limit" in table.alone:
        faded = years.series("faded_revenue")
        # What has faded is a number on the grid of times; undone, its rounding grows with the wait.
        assert faded == pytest.approx(table.alone["no_ae_limit"], rel=1e-5, abs=0.1)


def test_a_deal_waits_for_an_account_executive_from_the_meeting_until_there_is_room(params: Path) -> None:
    plan = override(load(params / "baseline.yaml"), {"sales.ae.headcount": 4, "run.horizon_months": 3})
    years = Simulation(2).run(plan, keep_ledgers=True)
    for year, ledger in zip(years.measures, years.ledgers, strict=True):
        leads = {name: ledger.tables["leads"][name] for name in ("created_at", "met_at", "opportunity_at")}
        starts, ends = 26 * 7 * 1440.0, (26 * 7 + 90) * 1440.0
        mine = (leads["created_at"] >= starts) & (leads["created_at"] < ends)
        waits = (leads["opportunity_at"] - leads["met_at"])[mine]
        assert year.headline["ae_wait_minutes"] == pytest.approx(np.nanmean(waits), rel=0.02)
    assert mean_of(years, "ae_wait_minutes").mean > 0
