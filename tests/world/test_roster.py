"""The roster against a schedule made by hand: shifts, meetings, blocks, turns of duty, hiring and leaving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.roster import Rep, roster
from tests.builders import make_scenario

DAY = 1440.0
# Two weeks from Monday 1 January 2024 in UTC, without warm-up: day n begins at n × 1440 minutes.
OFFICE: Mapping[str, Any] = {
    "run": {"starts_on": "2024-01-01", "horizon_months": 1, "warm_up_weeks": 0, "cool_down_weeks": 0},
    "calendar": {"zone": "Etc/UTC", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["2024-01-01"]},
}


def team(**sdr: Any) -> list[Rep]:
    plan = make_scenario({**OFFICE, **{f"sales.sdr.{name}": value for name, value in sdr.items()}})
    return roster(plan, sample_demand(plan, seed=1))


def hours(rep: Rep, day: int) -> list[tuple[float, float]]:
    """When a rep is there on a day, in hours of its clock, looked up minute by minute."""
    minutes = DAY * day + np.arange(0.0, DAY + 1.0)
    there = np.diff(rep.calendar.elapsed(minutes)) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]])))
    return [(first / 60.0, last / 60.0) for first, last in edges.reshape(-1, 2)]


def test_shifts_leave_out_breaks_holidays_and_weekends() -> None:
    (rep,) = team(headcount=1, shift={"mon-fri": ["09:00-12:00", "13:00-17:00"]})
    assert hours(rep, 0) == []  # a holiday
    assert hours(rep, 1) == [(9.0, 12.0), (13.0, 17.0)]
    assert hours(rep, 5) == hours(rep, 6) == []


def test_weekly_meetings_are_taken_out_of_the_day_they_are_on() -> None:
    """Lost, everybody answers the phone through the Tuesday round."""
    meetings = [{"day": "tue", "hours": "10:00-11:30"}, {"day": "thu", "hours": "08:00-09:30"}]
    (rep,) = team(headcount=1, meetings=meetings)
    assert hours(rep, 1) == [(9.0, 10.0), (11.5, 17.0)]
    assert hours(rep, 2) == [(9.0, 17.0)]
    assert hours(rep, 3) == [(9.5, 17.0)]


@pytest.mark.parametrize(("block", "there"), [("first", (9.0, 11.0)), ("last", (15.0, 17.0))])
def test_a_block_is_its_share_of_the_day_at_one_end(block: str, there: tuple[float, float]) -> None:
    time = {"share": 0.25, "form": "blocks", "block_starts": block}
    (rep,) = team(headcount=1, marketing_time=time)
    assert hours(rep, 1) == [there]


def test_time_between_calls_is_owed_to_other_work_as_the_share_says() -> None:
    """At two fifths of the day for leads, two minutes with a lead are followed by three for others."""
    (rep,) = team(headcount=1, marketing_time={"share": 0.4, "form": "interleaved"})
    assert (rep.other_per_minute, rep.lead_share) == (pytest.approx(1.5), pytest.approx(0.4))
    (rep,) = team(headcount=1, marketing_time={"share": 0.4, "form": "blocks", "block_starts": "first"})
    assert (rep.other_per_minute, rep.lead_share) == (0.0, 1.0)  # the calendar holds the hours for leads alone


def test_whole_days_in_turn_are_shared_out_over_the_team() -> None:
    reps = team(headcount=2, marketing_time={"share": 0.5, "form": "dedicated_rota"})
    working_days = [1, 2, 3, 4, 7, 8, 9, 10, 11]
    on_duty = [[bool(hours(rep, day)) for rep in reps] for day in working_days]
    assert all(sum(day) == 1 for day in on_duty)
    assert abs(sum(day[0] for day in on_duty) - sum(day[1] for day in on_duty)) <= 1


def test_a_rep_is_there_from_the_first_day_to_the_day_before_the_last() -> None:
    (rep,) = team(headcount=1, reps={"1": {"starts_on": "2024-01-03", "leaves_on": "2024-01-10"}})
    there = [day for day in range(14) if hours(rep, day)]
    assert there == [2, 3, 4, 7, 8]


def test_a_rep_of_another_zone_works_by_the_clocks_there() -> None:
    (rep,) = team(headcount=1, zone="Asia/Tokyo", shift={"mon-fri": ["09:00-17:00"]})
    assert hours(rep, 1) == [(0.0, 8.0)]
