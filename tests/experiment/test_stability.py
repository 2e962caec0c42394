"""Whether a plan settles: trends of made-up backlogs, and plans that overflow by arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide.volume import more_leads
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.stability import stability
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from tests.experiment.stubs import of, replication, two_clauses

HANDED = 1200.0  # a hundred a month


def years_with(backlogs: Sequence[Sequence[float]], speed: Sequence[Sequence[float]] | None = None) -> Replications:
    """Years whose backlog by month is given; speed is attained by month as given, else always."""
    months = len(backlogs[0])
    measures = []
    for number, backlog in enumerate(backlogs):
        attained = [1.0] * months if speed is None else speed[number]
        year = replication(number, {"quality": [1.0] * months, "speed": attained}, handed_count=HANDED)
        waiting = np.stack([np.asarray(backlog, dtype=np.float64), np.zeros(months)])
        measures.append(dataclasses.replace(year, waiting_by_month=waiting))
    return of(two_clauses(months), measures)


@pytest.mark.parametrize(
    ("grows", "verdict"),
    [(0.0, "steady"), (0.5, "steady"), (3.0, "filling"), (20.0, "not settling")],
)
def test_the_verdict_goes_by_the_share_of_leads_that_is_left_behind(grows: float, verdict: str) -> None:
    noise = np.random.default_rng(7).normal(0, 0.5, (10, 12))
    found = stability(years_with((noise + grows * np.arange(12) + 30).tolist()))
    assert found.verdict == verdict
    assert found.growth.mean == pytest.approx(grows, abs=0.1)
    assert found.left_share == pytest.approx(grows / 100, abs=1e-3)
    assert found.backlog[3].mean == pytest.approx(30 + 3 * grows, abs=1.0)


def test_a_backlog_that_has_found_its_level_by_midyear_is_filling_and_not_endless() -> None:
    backlog = [0, 60, 120, 180, 240, 300, 300, 300, 300, 300, 300, 300]
    found = stability(years_with([[month + year for month in backlog] for year in range(5)]))
    assert found.verdict == "filling"
    assert found.late_growth.mean == pytest.approx(0.0)


def test_a_trend_that_chance_may_have_made_is_no_trend() -> None:
    up, down = [20.0 * month for month in range(12)], [-15.0 * month + 200 for month in range(12)]
    assert stability(years_with([up, down, up, down])).verdict == "steady"


@pytest.mark.parametrize("backlogs", [[[1.0, 90.0, 200.0]] * 5, [[30.0 * month for month in range(12)]]])
def test_three_months_or_one_year_tell_nothing(backlogs: list[list[float]]) -> None:
    assert stability(years_with(backlogs)).verdict == "unknown"


@pytest.mark.parametrize(
    ("speed", "told"),
    [
        ([1, 1, 1, 0, 1, 0, 0, 0], "2024-06"),
        ([0, 0, 0, 0, 0, 0, 0, 1], None),
        ([0, 0, 0, 0, 0, 0, 0, 0], "2024-01"),
    ],
)
def test_the_promise_is_lost_after_the_last_month_that_half_of_the_years_keep(
    speed: list[float], told: str | None
) -> None:
    years = years_with([[1.0] * 8] * 4, [speed] * 2 + [[float(not kept) for kept in speed]] * 2)
    assert stability(years).lost_from is None  # every month is kept by half of these years
    years = years_with([[1.0] * 8] * 3, [speed] * 3)
    assert years.scenario.run.starts_on.isoformat() == "2024-01-01"
    assert stability(years).to_json()["promise_lost_from"] == told


@pytest.mark.parametrize(
    ("changes", "more", "verdict"),
    [
        ({}, 1.0, "not settling"),
        ({}, 0.92, "filling"),
        ({"sales.sdr.headcount": 11}, 1.0, "steady"),
        ({"sales.sdr.cadence.drop_after": "14 days"}, 1.0, "steady"),
    ],
    ids=["as it is", "a twelfth fewer leads", "three more reps", "old leads dropped"],
)
@pytest.mark.slow
def test_the_overloaded_plan_settles_where_it_is_given_room(
    params: Path, changes: dict[str, Any], more: float, verdict: str
) -> None:
    plan = override(load(params / "overloaded.yaml"), changes)
    plan = override(plan, more_leads(plan, more))
    assert stability(Simulation(1).of(20).run(plan)).verdict == verdict
