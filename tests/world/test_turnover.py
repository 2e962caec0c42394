"""Reps who leave at random: how many, how long the seat stands empty, who follows, what it costs."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from typing import Any

import numpy as np
import pytest

from smarketing_sim.engine import simulate
from smarketing_sim.measure.cohorts import case_of
from smarketing_sim.measure.economics import people_cost
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.roster import roster
from smarketing_sim.world.streams import Streams
from smarketing_sim.world.timeline import timeline
from smarketing_sim.world.turnover import Stay, stays
from tests.builders import OFFICE_HOURS, make_scenario

FIRST = dt.date(2024, 1, 1)


def plan(leave_per_year: float, *, months: int = 12, vacant: str = "6 weeks", **sdr: Any) -> Scenario:
    rule = {"leave_per_year": leave_per_year, "vacant": vacant}
    return make_scenario(
        {
            "run": {"starts_on": FIRST, "horizon_months": months, "warm_up_weeks": 0, "cool_down_weeks": 0},
            "calendar": {"zone": "UTC", "hours": OFFICE_HOURS},
            "sales.sdr": {"headcount": 4, "shift": OFFICE_HOURS, "attrition": rule, **sdr},
        }
    )


def held(scenario: Scenario, replications: int = 1) -> list[list[Stay]]:
    return [seat for number in range(replications) for seat in stays(scenario, Streams(3, number))]


def test_nobody_leaves_unless_told() -> None:
    assert held(plan(0.0)) == [[Stay(None, None)]] * 4


@pytest.mark.parametrize("share", [0.1, 0.35, 0.8])
def test_theory_the_share_told_leaves_within_a_year(share: float) -> None:
    seats = held(plan(share, months=24), 500)
    left = np.mean([seat[0].leaves_on is not None and (seat[0].leaves_on - FIRST).days <= 365 for seat in seats])
    assert left == pytest.approx(share, abs=3.5 * math.sqrt(share * (1 - share) / len(seats)) + 0.002)


def test_theory_a_seat_is_empty_for_the_vacancy_in_each_round() -> None:
    """Renewal: of a long time, vacancy ÷ (mean stay + vacancy) is empty."""
    scenario = plan(0.9, months=120, vacant="60 days")
    days = timeline(scenario).day_count
    empty = [
        (later.starts_on - earlier.leaves_on).days
        for seat in held(scenario, 120)
        for earlier, later in itertools.pairwise(seat)
        if later.starts_on is not None and earlier.leaves_on is not None
    ]
    assert set(empty) == {60}
    share = sum(empty) / (days * 4 * 120)
    assert share == pytest.approx(60 / (60 - 365.25 / math.log(0.1)), rel=0.05)


def test_the_same_reps_leave_on_the_same_days_whatever_the_plan() -> None:
    few, many = held(plan(0.6)), held(plan(0.6, headcount=7, ramp={"months": 3}))
    assert few == many[:4]
    assert any(seat[0].leaves_on for seat in few)


def test_a_successor_comes_after_the_vacancy_takes_the_seats_hours_and_ramps() -> None:
    late = {"mon-fri": ["12:00-20:00"]}
    scenario = plan(0.97, vacant="10 days", ramp={"months": 2, "start_share": 0.4}, reps={"2": {"shift": late}})
    reps, seats = roster(scenario, sample_demand(scenario, seed=3)), held(scenario)
    assert max(map(len, seats)) > 2
    assert [rep.number for rep in reps] == list(range(1, len(reps) + 1))
    for seat, turn in itertools.product(range(4), range(len(reps) // 4)):
        rep = reps[4 * turn + seat]
        assert rep.seat == seat + 1
        if turn >= len(seats[seat]):
            assert len(rep.calendar.opens_at) == 0
            continue
        stay = seats[seat][turn]
        first, last = ((day - FIRST).days * 1440.0 if day else None for day in (stay.starts_on, stay.leaves_on))
        assert first is None or rep.calendar.opens_at[0] >= first
        assert last is None or rep.calendar.closes_at[-1] <= last
        assert min(rep.calendar.opens_at % 1440.0) == (720.0 if seat == 1 else 540.0)
        assert len(rep.pace_by_month) == (1 if turn == 0 else 3)
        if first is not None:
            assert rep.starts_at == first
            assert [rep.pace(first + days * 1440.0) for days in (0, 30.5, 61)] == [0.4, 0.7, 1.0]


def test_an_empty_seat_costs_nothing_and_a_successor_costs_once() -> None:
    hires = {"in_place": 4, "starts_on": FIRST, "one_off": 1_000}
    scenario = plan(0.8, hires=hires, annual_cost=36_600, marketing_time={"share": 0.5})
    ledger = simulate(scenario, sample_demand(scenario, seed=3))
    ends, days, successors = FIRST + dt.timedelta(days=366), 0, 0
    for seat in held(scenario):
        days += sum(((stay.leaves_on or ends) - (stay.starts_on or FIRST)).days for stay in seat)
        successors += len(seat) - 1
    assert successors > 1
    assert days < 4 * 366 - 30
    shared, loaded = people_cost(case_of(ledger, scenario))
    assert loaded - shared == pytest.approx(50.0 * days)
    assert shared == pytest.approx(50.0 * days + 1_000 * successors)


def test_nobody_calls_for_a_rep_who_has_left() -> None:
    scenario = plan(0.95, months=6, vacant="30 days")
    ledger = simulate(scenario, sample_demand(scenario, seed=3))
    seats, attempts = held(scenario), ledger.tables["attempts"]
    assert max(attempts["rep_id"]) > 4
    for rep in np.unique(attempts["rep_id"]).tolist():
        stay, mine = seats[(rep - 1) % 4][(rep - 1) // 4], attempts["started_at"][attempts["rep_id"] == rep] / 1440.0
        if stay.starts_on is not None:
            assert mine.min() >= (stay.starts_on - FIRST).days
        if stay.leaves_on is not None:
            assert mine.max() < (stay.leaves_on - FIRST).days
