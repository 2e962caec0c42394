"""Whoever is hired starts on a day and ramps; whoever is there already does not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from smarketing_sim.decide.hiring import headcount_change, with_headcount
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.roster import roster
from tests.experiment.stubs import small


def test_reps_above_those_in_place_start_on_their_day_at_part_of_their_speed(params: Path) -> None:
    """By hand: at 40% in the first month and by a fifth of the whole more in each of the next three."""
    plan = load(params / "baseline.yaml", {"sales.sdr.headcount": "+2"})
    team = roster(plan, sample_demand(plan, seed=1))
    assert len(team) == 10
    assert [rep.number for rep in team if np.isfinite(rep.starts_at)] == [9, 10]
    starts_at = 26 * 7 * 1440.0
    for rep in team[8:]:
        assert rep.starts_at == pytest.approx(starts_at, abs=60.0)
        months = [rep.pace(starts_at + day * 1440.0) for day in (1, 35, 65, 95, 300)]
        assert months == pytest.approx([0.4, 0.6, 0.8, 1.0, 1.0])
    assert all(rep.pace(starts_at + 1440.0) == 1.0 for rep in team[:8])


def test_ramp_changes_what_hires_bring(params: Path) -> None:
    """Lost, a ramp of no month and one of twelve give identical results."""
    plan = load(params / "overloaded.yaml", {"sales.sdr.headcount": "+3"})
    at_once, slow = (
        Simulation(2).run(override(plan, {"sales.sdr.ramp.months": months})).series("expected_revenue")
        for months in (0, 12)
    )
    assert (at_once > slow).all()


def test_a_hire_costs_once_and_only_where_the_plan_has_it(params: Path) -> None:
    plan = load(params / "baseline.yaml", {"sales.sdr.headcount": "+2", "run.horizon_months": 3})
    dear = override(plan, {"sales.sdr.hires.one_off": 50_000})
    free, paid = (
        Simulation(1).run(one).series("contribution") for one in (override(plan, {"sales.sdr.hires.one_off": 0}), dear)
    )
    assert free - paid == pytest.approx(100_000)
    before = override(dear, {"sales.sdr.hires.starts_on": "2025-10-01"})
    assert Simulation(1).run(before).series("people_cost") == pytest.approx(
        Simulation(1).run(override(before, {"sales.sdr.hires.one_off": 0})).series("people_cost")
    )


def test_a_plan_that_does_not_say_who_is_in_place_has_its_own_reps_there() -> None:
    plan = small()
    assert headcount_change(plan, 2) == {"sales.sdr.headcount": 2}
    grown = with_headcount(plan, 5)
    days = [grown.sales.sdr.profile(rep).starts_on for rep in range(1, 6)]
    assert days == [None, None, None, dt.date(2024, 3, 4), dt.date(2024, 3, 4)]
    assert headcount_change(grown, 6) == {"sales.sdr.headcount": 6}


def test_hires_without_a_day_are_refused() -> None:
    with pytest.raises(InputError, match="name starts_on beside in_place"):
        small(sales__sdr__hires={"in_place": 2})
