"""Every peer and every engine tells the same story of the benchmark model, lead by lead."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from benchmarks.adapter import demand_for, scenario_for, thin_of
from benchmarks.model import END, GRID, HORIZON, Thin, Year, sample_year
from benchmarks.peers import heap_loop, naive_simpy
from smarketing_sim.engine import ENGINES, simulate

YEARS = {
    "busy": {"seed": 1, "rate": 30.0, "reps": 1, "days": 12},
    "by score": {"seed": 2, "rate": 60.0, "reps": 3, "days": 8, "order": "score"},
    "overloaded": {"seed": 3, "rate": 90.0, "reps": 1, "days": 6},
    "to the very end": {"seed": 4, "rate": 2.0, "reps": 1, "days": 250},
    "no lead": {"seed": 5, "rate": 0.0, "reps": 1, "days": 1},
}


@pytest.fixture(params=YEARS)
def year(request: pytest.FixtureRequest) -> Year:
    return sample_year(**YEARS[request.param])


def told_by_project(year: Year, engine: str) -> Thin:
    scenario = scenario_for(rate=60.0, reps=year.reps)
    return thin_of(simulate(scenario, demand_for(scenario, year), engine=engine))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.slow
def test_an_engine_tells_what_naive_simpy_tells(year: Year, engine: str) -> None:
    assert told_by_project(year, engine).mismatches(naive_simpy.run(year)) == 0


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_the_c_loop_tells_what_naive_simpy_tells(year: Year) -> None:
    assert heap_loop.run(year).mismatches(naive_simpy.run(year)) == 0


def test_ciw_tells_what_naive_simpy_tells(year: Year) -> None:
    pytest.importorskip("ciw")
    from benchmarks.peers import ciw_model

    assert ciw_model.run(year).mismatches(naive_simpy.run(year)) == 0


@pytest.mark.slow
def test_salabim_tells_what_naive_simpy_tells(year: Year) -> None:
    pytest.importorskip("salabim")
    from benchmarks.peers import salabim_model

    assert salabim_model.run(year).mismatches(naive_simpy.run(year)) == 0


def test_a_changed_lead_is_a_mismatch() -> None:
    year = sample_year(**YEARS["busy"])
    told, late = naive_simpy.run(year), naive_simpy.run(year)
    late.first_at[3] += 1 / GRID
    late.connected_at[np.flatnonzero(np.isnan(late.connected_at))[0]] = 5.0
    assert told.mismatches(late) == 2


def test_a_busy_year_has_every_fate() -> None:
    year = sample_year(**YEARS["overloaded"])
    told = naive_simpy.run(year)
    assert np.isnan(told.first_at).any(), "nobody lost patience"
    assert told.won.any()
    assert (told.attempt_count == 6).any()
    assert (told.attempt_count > told.attempts_in_12).any()


def test_minutes_lie_on_the_grid_although_some_are_single_numbers() -> None:
    year = sample_year(seed=6, days=20)
    reached = year.connect_before[np.isfinite(year.connect_before)]
    for minutes in (year.created_at, year.deadline, year.handling_minutes, year.cycle_minutes, reached):
        units = minutes.astype(np.float64) * GRID
        np.testing.assert_array_equal(units, np.rint(units))


def test_the_model_has_the_means_it_names() -> None:
    year = sample_year(seed=7, rate=600.0)
    age = np.array([0.0, 30.0, 180.0, 1e9])
    chance = (0.30 * np.exp(-age / 180) + 0.07) * 0.995  # the mean multiplier of the four sources
    found = (year.connect_before[:, 0, None] >= age).mean(axis=0)
    se = np.sqrt(chance * (1 - chance) / year.lead_count)
    assert np.all(np.abs(found - chance * (0.32 + 0.3 + 0.23 + 0.14) / 0.995) < 4 * se)
    assert se.max() < 0.0015
    assert year.handling_minutes.mean() == pytest.approx(8.0, abs=4 * 5.3 / np.sqrt(year.handling_minutes.size))
    assert year.fit.mean() == pytest.approx(0.4, abs=4 * 0.2 / np.sqrt(year.lead_count))
    assert (year.deadline - year.created_at).mean() == pytest.approx(4800 * 0.92, rel=4 * 1.2 / np.sqrt(150_000))
    assert year.created_at[-1] < HORIZON < END
    hours = np.bincount((year.created_at % 480 // 60).astype(int)) / year.lead_count
    np.testing.assert_allclose(hours * 8, [0.9, 1.3, 1.4, 1.1, 0.7, 1.0, 1.0, 0.6], atol=4 * 8 * 0.001)


def test_the_team_and_the_chance_to_connect_do_not_change_the_leads() -> None:
    one, other = sample_year(seed=8, days=5), sample_year(seed=8, days=5, reps=9, order="score", p0=0.33)
    for name in ("created_at", "deadline", "fit", "handling_minutes", "value"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (other.connect_before >= one.connect_before).all()
