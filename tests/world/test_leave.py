"""Leave of the roster: as many working days as set, in blocks, the same for the same luck."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import special_days
from smarketing_sim.world.demand import Demand, sample_demand
from smarketing_sim.world.roster import Rep, roster
from smarketing_sim.world.timeline import timeline


@pytest.fixture(scope="module")
def demand(baseline: Scenario) -> Demand:
    return sample_demand(baseline, seed=1)


def days_at_work(scenario: Scenario, rep: Rep) -> set[dt.date]:
    line = timeline(scenario)
    return {line.first_day + dt.timedelta(days=int(day)) for day in line.day_of(rep.calendar.opens_at)}


def working_days(scenario: Scenario) -> list[dt.date]:
    line = timeline(scenario)
    days = [line.first_day + dt.timedelta(days=n) for n in range(line.day_count)]
    return [day for day in days if day.weekday() < 5 and day not in dict(special_days(scenario))]


def leave(scenario: Scenario, rep: Rep) -> list[int]:
    """Return which of the working days a rep is away."""
    present = days_at_work(scenario, rep)
    return [index for index, day in enumerate(working_days(scenario)) if day not in present]


@pytest.mark.parametrize("days_per_year", [0, 1, 5, 23, 100])
def test_every_rep_takes_just_the_days_of_leave_that_are_set(
    baseline: Scenario, demand: Demand, days_per_year: int
) -> None:
    scenario = override(baseline, {"sales.sdr.leave_days_per_year": days_per_year})
    expected = round(days_per_year * timeline(scenario).day_count / 365.25)
    assert [len(leave(scenario, rep)) for rep in roster(scenario, demand)] == [expected] * 8


def test_leave_comes_in_blocks_of_up_to_five_working_days(baseline: Scenario, demand: Demand) -> None:
    scenario = override(baseline, {"sales.sdr.leave_days_per_year": 10})
    for rep in roster(scenario, demand):
        away = np.array(leave(scenario, rep))
        blocks = np.split(away, np.flatnonzero(np.diff(away) > 1) + 1)
        assert len(blocks) <= -(-len(away) // 5) + 1
        assert max(len(block) for block in blocks) >= min(5, len(away))


def test_reps_are_away_at_different_times(baseline: Scenario, demand: Demand) -> None:
    assert len({tuple(leave(baseline, rep)) for rep in roster(baseline, demand)}) == 8


def test_leave_is_the_same_for_the_same_luck_and_other_for_another(baseline: Scenario, demand: Demand) -> None:
    def of(drawn: Demand) -> list[list[int]]:
        return [leave(baseline, rep) for rep in roster(baseline, drawn)]

    assert of(demand) == of(sample_demand(baseline, seed=1))
    assert of(demand) != of(sample_demand(baseline, seed=1, replication=1))


@pytest.mark.parametrize("headcount", [1, 5, 12, 40])
def test_more_reps_never_renumber_nor_move_the_leave_of_those_there(
    baseline: Scenario, demand: Demand, headcount: int
) -> None:
    scenario = override(baseline, {"sales.sdr.headcount": headcount, "alternatives": {}})
    eight, team = roster(baseline, demand), roster(scenario, demand)
    assert [rep.number for rep in team] == list(range(1, headcount + 1))
    for one, other in zip(eight, team, strict=False):
        assert np.array_equal(one.calendar.opens_at, other.calendar.opens_at)
        assert np.array_equal(one.calendar.closes_at, other.calendar.closes_at)


def test_one_reps_override_moves_nobody_else(baseline: Scenario, demand: Demand) -> None:
    changed = roster(
        override(baseline, {"sales.sdr.reps.3": {"leave_days_per_year": 0, "shift": {"mon": "10:00-11:00"}}}),
        demand,
    )
    for one, other in zip(roster(baseline, demand), changed, strict=True):
        same = np.array_equal(one.calendar.opens_at, other.calendar.opens_at)
        assert same == (one.number != 3)


def test_as_much_leave_as_a_year_has_days_to_work_leaves_none(baseline: Scenario, demand: Demand) -> None:
    scenario = override(baseline, {"sales.sdr.leave_days_per_year": 260})
    assert all(len(rep.calendar.opens_at) == 0 for rep in roster(scenario, demand))


def test_the_team_of_a_scenario_does_not_remember_the_leave_of_an_earlier_year(baseline: Scenario) -> None:
    years = [sample_demand(baseline, seed=1, replication=r) for r in (0, 1)]
    first, second = ([leave(baseline, rep) for rep in roster(baseline, year)] for year in years)
    assert first == [leave(baseline, rep) for rep in roster(baseline, years[0])]
    assert first != second


def test_leave_begins_after_hiring_and_ends_with_leaving(baseline: Scenario, demand: Demand) -> None:
    scenario = override(baseline, {"sales.sdr.reps.2": {"starts_on": "2026-03-02", "leaves_on": "2026-09-01"}})
    there = days_at_work(scenario, roster(scenario, demand)[1])
    assert min(there) >= dt.date(2026, 3, 2)
    assert max(there) < dt.date(2026, 9, 1)
