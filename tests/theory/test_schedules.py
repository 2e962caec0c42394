"""Schedules that can be worked out by hand, and unlimited reps against an exact sum over the hours of the week."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo

import numpy as np
import pytest

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.ledger import Ledger
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.timeline import timeline
from tests.builders import OFFICE_HOURS, Overrides, make_demand, make_scenario
from tests.theory.estimates import hold, of_independent

OFFICE_DAYS = {"mon-fri": ["09:00-17:00"]}
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def local(text: str, *, fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2025-{text}").replace(tzinfo=NEW_YORK, fold=fold)


def worked(
    starts_on: str, overrides: Overrides, handed: list[dt.datetime], *, hours: float = 3.0, reached: bool = True
) -> Ledger:
    """One rep, every attempt takes the same hours; instants are New York's."""
    scenario = make_scenario(
        {
            "run": {"starts_on": f"2025-{starts_on}", "horizon_months": 1, "warm_up_weeks": 0, "cool_down_weeks": 0},
            "calendar.zone": "America/New_York",
            **overrides,
            "sales.sdr.channels.phone": {"talk": f"{hours} hours", "no_answer": f"{hours} hours"},
        }
    )
    epoch = timeline(scenario).epoch
    minutes = [(at - epoch).total_seconds() / 60 for at in handed]
    return simulate(scenario, make_demand(scenario, handed_at=minutes, connect_before=np.inf if reached else -1.0))


def starts(ledger: Ledger) -> list[dt.datetime]:
    """Starts of the attempts, as New York's clocks show them."""
    return [at.to_pydatetime().astimezone(NEW_YORK) for at in ledger.as_timestamps("attempts")["started_at"]]


def same_instants(found: list[dt.datetime], expected: list[dt.datetime]) -> bool:
    return [at.astimezone(dt.UTC) for at in found] == [at.astimezone(dt.UTC) for at in expected]


def test_queue_waits_over_a_weekend_and_a_holiday_with_overtime_on_friday() -> None:
    office = {"sales.sdr.shift": {"mon-fri": ["09:00-17:00"]}, "calendar.holidays": ["2025-01-20"]}
    ledger = worked("01-06", office, [local("01-17T14:30")] * 4)
    assert same_instants(
        starts(ledger),
        [
            local("01-17T14:30"),  # Friday, until 17:30: half an hour of overtime
            local("01-21T09:00"),  # Monday is a holiday
            local("01-21T12:00"),
            local("01-21T15:00"),  # until 18:00
        ],
    )
    time = ledger.rep_time
    overtime = time[time["state"] == "overtime"]
    assert (overtime["ended_at"] - overtime["started_at"]).tolist() == [30.0, 60.0]


@pytest.mark.parametrize(
    ("starts_on", "friday", "monday", "elapsed_hours"),
    [("03-03", "03-07", "03-10", 62), ("10-27", "10-31", "11-03", 64)],
)
def test_weekend_of_a_clock_change_is_an_hour_shorter_or_longer(
    starts_on: str, friday: str, monday: str, elapsed_hours: int
) -> None:
    ledger = worked(starts_on, {"sales.sdr.shift": {"mon-fri": ["09:00-17:00"]}}, [local(f"{friday}T15:00")] * 3)
    assert same_instants(starts(ledger), [local(f"{friday}T15:00"), local(f"{monday}T09:00"), local(f"{monday}T12:00")])
    first_end, second_start = ledger.attempts["ended_at"][0], ledger.attempts["started_at"][1]
    assert second_start - first_end == elapsed_hours * 60


NIGHT = {"sales.sdr.shift": {"sat-sun": ["00:00-06:00"]}}


def test_night_shift_of_the_spring_change_has_five_hours() -> None:
    ledger = worked("03-03", NIGHT, [local("03-09T00:00")] * 7, hours=1.0)
    clock = ["03-09T00:00", "03-09T01:00", "03-09T03:00", "03-09T04:00", "03-09T05:00", "03-15T00:00", "03-15T01:00"]
    assert same_instants(starts(ledger), [local(at) for at in clock])


def test_night_shift_of_the_autumn_change_has_seven_hours() -> None:
    ledger = worked("10-27", NIGHT, [local("11-02T00:00")] * 8, hours=1.0)
    clock = [
        local("11-02T00:00"),
        local("11-02T01:00"),
        local("11-02T01:00", fold=1),
        local("11-02T02:00"),
        local("11-02T03:00"),
        local("11-02T04:00"),
        local("11-02T05:00"),
        local("11-08T00:00"),
    ]
    assert same_instants(starts(ledger), clock)


@pytest.mark.parametrize(
    ("starts_on", "first", "business", "wall"),
    [("03-03", "03-08T22:30", "03-09T06:30", "03-09T06:30"), ("10-27", "11-01T22:30", "11-02T04:30", "11-02T04:30")],
)
def test_gaps_count_elapsed_hours_across_a_clock_change(starts_on: str, first: str, business: str, wall: str) -> None:
    for gap, expected in (("6 business hours", business), ("6 hours", wall)):
        cadence = {"max_attempts": 2, "gaps": [gap]}
        ledger = worked(starts_on, {"sales.sdr.cadence": cadence}, [local(first)], hours=1.0, reached=False)
        assert same_instants(starts(ledger), [local(first), local(expected)])


def test_business_day_gap_lands_at_the_same_hour_of_the_next_open_day() -> None:
    office = {
        "calendar.hours": OFFICE_DAYS,
        "calendar.holidays": ["2025-01-20"],
        "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["1 business day"]},
    }
    ledger = worked("01-06", office, [local("01-16T14:00")], hours=1.0, reached=False)
    assert same_instants(starts(ledger), [local("01-16T14:00"), local("01-17T15:00"), local("01-21T16:00")])


def open_share(minutes: float) -> np.ndarray:
    """Share of each hour of the week from which the next opening of office hours is at most some minutes away."""
    edges = [
        (day * 1440 + a * 60, day * 1440 + b * 60) for day in range(8) for a, b in ((9, 12), (13, 17)) if day % 7 < 5
    ]
    shares = []
    for hour in range(168):
        good = sum(max(0, min(hour * 60 + 60, b) - max(hour * 60, a - minutes)) for a, b in edges)
        double = sum(
            max(0, min(hour * 60 + 60, e1[1]) - max(hour * 60, e2[0] - minutes)) for e1, e2 in itertools.pairwise(edges)
        )
        shares.append((good - double) / 60)
    return np.array(shares)


@pytest.mark.parametrize("limit", [30.0, 90.0, 960.0])
def test_unlimited_reps_attain_the_exact_sum_over_the_hours_of_the_week(limit: float) -> None:
    hours = [0.2] * 7 + [1.0, 2.0, 3.0, 3.0, 2.5, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0, 0.5] + [0.3] * 5
    scenario = make_scenario(
        {
            "run": {"starts_on": "2024-01-01", "horizon_months": 0, "warm_up_weeks": 0, "cool_down_weeks": 53},
            "marketing.profile": {"hours": hours, "weekdays": {"sat-sun": 0.4}},
            "sales.sdr.shift": OFFICE_HOURS,
            "marketing.sources.web.leads_per_month": 3_000,
        }
    )
    leads = simulate_unlimited(scenario, sample_demand(scenario, seed=41)).tables["leads"]
    whole = leads["handed_at"] < 52 * 10_080
    kept = (leads["first_attempt_at"] - leads["handed_at"])[whole] <= limit
    weight = np.outer([1.0] * 5 + [0.4] * 2, hours).ravel()
    expected = float(weight @ open_share(limit) / weight.sum())
    assert not np.isnan(leads["first_attempt_at"][whole]).any()
    hold(of_independent(kept), expected, cap=0.003)
