"""Business time against a minute-by-minute count with pandas, and the laws every clock obeys."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.engine.policy import RepClock
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import GRID_PER_MINUTE, grid
from smarketing_sim.world.calendar import Calendar, Special, contract_calendar, open_days, special_days
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.edges import Edges
from smarketing_sim.world.roster import roster
from smarketing_sim.world.timeline import Timeline, add_months, timeline, timeline_of

ZONES = ("America/New_York", "Australia/Lord_Howe", "America/Santiago", "Europe/Berlin", "Asia/Kolkata", "UTC")
WEEKS: dict[str, dict[str, Any]] = {
    "office": {"mon-fri": ["09:00-12:00", "13:00-17:30"], "sat": ["10:00-14:00"]},
    "all day": {"mon-sun": ["00:00-24:00"]},
    "nights": {"mon-sun": ["00:00-06:00", "22:00-24:00"]},
}
DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}


@functools.lru_cache
def line_of(zone: str, starts_on: dt.date = dt.date(2026, 1, 1), months: int = 12) -> Timeline:
    return timeline_of(starts_on, 2, months, 1, zone)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Some intervals on quarter minutes."""
    edges = sorted(draw(st.sets(st.integers(0, 4000), min_size=0, max_size=24)))
    return Calendar.from_intervals([(a / 4, b / 4) for a, b in zip(edges[::2], edges[1::2], strict=False)])


instants = st.integers(-int(10 * GRID_PER_MINUTE), int(1100 * GRID_PER_MINUTE)).map(lambda n: n / GRID_PER_MINUTE)
spans = st.integers(0, int(1100 * GRID_PER_MINUTE)).map(lambda n: n / GRID_PER_MINUTE)


@given(calendars(), instants, spans)
def test_adding_minutes_is_undone_by_counting_them(calendar: Calendar, at: float, minutes: float) -> None:
    later = float(calendar.add(at, minutes))
    left = calendar.open_before[-1] - float(calendar.elapsed(at))
    if minutes > left:
        assert later == np.inf
    else:
        assert later >= at
        assert float(calendar.between(at, later)) == minutes


@given(calendars(), instants, spans)
def test_adding_minutes_stops_at_the_first_instant_that_will_do(calendar: Calendar, at: float, minutes: float) -> None:
    later = float(calendar.add(at, minutes))
    if np.isfinite(later) and later > at:
        assert float(calendar.between(at, later - 1 / GRID_PER_MINUTE)) < minutes


@given(calendars(), instants, spans, spans)
def test_adding_twice_is_adding_the_sum(calendar: Calendar, at: float, one: float, other: float) -> None:
    assert float(calendar.add(float(calendar.add(at, one)), other)) == float(calendar.add(at, one + other)) or np.isinf(
        calendar.add(at, one)
    )


@given(calendars(), st.lists(instants, min_size=2, max_size=30), spans)
def test_the_business_clock_never_runs_back_nor_faster_than_the_wall_clock(
    calendar: Calendar, ats: list[float], minutes: float
) -> None:
    at = np.sort(ats)
    elapsed = calendar.elapsed(at)
    assert np.all(np.diff(elapsed) >= 0)
    assert np.all(np.diff(elapsed) <= np.diff(at))
    later = calendar.add(at, minutes)
    assert np.all(later[1:] >= later[:-1])


@given(calendars(), instants)
def test_the_next_opening_is_open_and_stays_where_it_is(calendar: Calendar, at: float) -> None:
    opening = float(calendar.next_open(at))
    assert opening >= at
    if np.isfinite(opening):
        assert float(calendar.next_open(opening)) == opening
        assert np.any((calendar.opens_at <= opening) & (opening < calendar.closes_at))
        assert float(calendar.between(at, opening)) == 0
    else:
        assert not np.any(calendar.closes_at > at)


@given(calendars(), st.lists(instants, min_size=1, max_size=20), spans)
def test_the_scalar_clock_of_the_engine_agrees_to_the_last_bit(
    calendar: Calendar, ats: list[float], minutes: float
) -> None:
    clock = RepClock(calendar)
    edges = [*calendar.opens_at.tolist(), *calendar.closes_at.tolist()]
    for at in [*ats, *edges]:
        assert clock.next_open(at) == float(calendar.next_open(at))
        for length in (minutes, 0.0, 0.25):
            assert clock.add(at, length) == float(calendar.add(at, length))


@given(st.sets(st.integers(-4000, 4000), max_size=40), st.sampled_from([0.25, 1.0, 3.3, 60.0]), st.integers(0, 2**32))
def test_a_table_of_cells_finds_every_instant_where_bisection_does(steps: set[int], step: float, seed: int) -> None:
    at = np.array(sorted(steps)) * step
    anywhere = np.random.default_rng(seed).uniform(-4100 * step, 4100 * step, 400)
    around = [np.nextafter(at, -np.inf), at, np.nextafter(at, np.inf), [np.nan, np.inf, -np.inf, 0.0, -0.0]]
    asked = np.concatenate([anywhere, *around])
    edges = Edges(at)
    assert np.array_equal(edges.before(asked), np.searchsorted(at, asked, side="left"))
    assert np.array_equal(edges.up_to(asked), np.searchsorted(at, asked, side="right"))
    assert np.array_equal(edges.up_to(asked[:3]), np.searchsorted(at, asked[:3], side="right"))


def test_edges_too_close_for_a_table_are_still_found() -> None:
    edges, asked = Edges(np.array([0.0, 1e-9, 1e6])), np.linspace(-1.0, 2e6, 1000)
    assert np.array_equal(edges.up_to(asked), np.searchsorted(edges.at, asked, side="right"))


@given(calendars(), instants, instants)
def test_clipping_keeps_just_what_lies_between(calendar: Calendar, one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    assert calendar.clipped(low, high).open_before[-1] == float(calendar.between(low, high))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=12))
def test_intervals_in_any_order_become_their_union(pairs: list[tuple[int, int]]) -> None:
    calendar = Calendar.from_intervals(pairs)
    union = {minute for a, b in pairs for minute in range(a, b)}
    assert {
        m for a, b in zip(calendar.opens_at, calendar.closes_at, strict=True) for m in range(int(a), int(b))
    } == union
    assert np.all(calendar.opens_at[1:] > calendar.closes_at[:-1])


def closing(*days: dt.date) -> Special:
    return tuple((day, ()) for day in sorted(days))


def naive_open(line: Timeline, hours: dict[str, Any], closed: frozenset[dt.date], zone: str) -> np.ndarray:
    """Whether each minute of a run is open, by the local time that pandas gives it."""
    local = pd.date_range(line.epoch, periods=int(line.ends_at), freq="min").tz_convert(zone)
    weekday, minute = local.day_of_week.to_numpy(), (local.hour * 60 + local.minute).to_numpy()
    days = local.tz_localize(None).normalize()
    opened = np.zeros(len(local), dtype=bool)
    for key, texts in hours.items():
        first, _, last = key.partition("-")
        for text in texts:
            a, b = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
            on_day = (weekday >= DAYS[first]) & (weekday <= DAYS[last or first])
            opened |= on_day & (minute >= a) & (minute < b)
    return opened & ~np.asarray(days.isin(pd.DatetimeIndex(sorted(closed))))


@pytest.mark.slow
@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize("zone", ZONES)
def test_opening_hours_agree_with_a_count_of_every_minute_of_a_year(short: Scenario, zone: str, week: str) -> None:
    line = line_of(zone)
    closed = frozenset({dt.date(2026, 3, 9), dt.date(2026, 4, 5), dt.date(2026, 11, 2), dt.date(2026, 12, 25)})
    hours = override(short, {"calendar.hours": WEEKS[week]}).calendar.hours
    days = open_days(hours, zone=zone, special=closing(*closed), line=line)
    calendar = Calendar.from_intervals([piece for _, day in days for piece in day]).clipped(0.0, line.ends_at)
    expected = naive_open(line, WEEKS[week], closed, zone)
    minutes = np.arange(len(expected), dtype=float)
    assert np.array_equal(calendar.next_open(minutes) == minutes, expected)
    assert np.array_equal(calendar.elapsed(np.arange(len(expected) + 1.0)), np.concatenate([[0], np.cumsum(expected)]))


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_a_rep_in_another_zone_opens_by_the_clock_on_that_wall(short: Scenario, zone: str) -> None:
    line = line_of("Europe/Berlin")
    hours = override(short, {"calendar.hours": WEEKS["office"]}).calendar.hours
    days = open_days(hours, zone=zone, special=(), line=line)
    calendar = Calendar.from_intervals([piece for _, day in days for piece in day]).clipped(0.0, line.ends_at)
    expected = naive_open(line, WEEKS["office"], frozenset(), zone)
    assert np.array_equal(calendar.elapsed(np.arange(len(expected) + 1.0)), np.concatenate([[0], np.cumsum(expected)]))


@pytest.mark.parametrize(
    ("zone", "spring", "autumn", "shift"),
    [
        ("America/New_York", dt.date(2026, 3, 8), dt.date(2026, 11, 1), 60),
        ("Europe/Berlin", dt.date(2026, 3, 29), dt.date(2026, 10, 25), 60),
        ("Australia/Lord_Howe", dt.date(2026, 10, 4), dt.date(2026, 4, 5), 30),
        ("America/Santiago", dt.date(2026, 9, 6), dt.date(2026, 4, 4), 60),
    ],
)
def test_the_days_of_a_clock_change_are_an_hour_shorter_and_longer(
    zone: str, spring: dt.date, autumn: dt.date, shift: int
) -> None:
    line = line_of(zone)
    lengths = np.diff(line.day_starts_at)
    assert lengths[(spring - line.first_day).days] == 1440 - shift
    assert lengths[(autumn - line.first_day).days] == 1440 + shift
    assert sorted(set(lengths.tolist())) == [1440 - shift, 1440, 1440 + shift]


@pytest.mark.parametrize("first", [dt.date(2026, 1, 15), dt.date(2026, 7, 15), dt.date(2026, 9, 20)])
@pytest.mark.parametrize("zone", ZONES)
def test_local_time_agrees_with_pandas_over_two_years(zone: str, first: dt.date) -> None:
    line = line_of(zone, first, 24)
    at = np.arange(0.0, line.ends_at, 7.5)
    local = (pd.Timestamp(line.epoch) + pd.to_timedelta(at, unit="min")).tz_convert(zone).tz_localize(None)
    expected = (local - pd.Timestamp(line.first_day)) / pd.Timedelta(minutes=1)
    assert np.array_equal(line.local_minutes(at), expected.to_numpy())
    assert np.array_equal(line.hour_of_week(at), (local.day_of_week * 24 + local.hour).to_numpy())
    assert np.array_equal(line.day_of(at), (local.normalize() - pd.Timestamp(line.first_day)).days.to_numpy())


def test_a_run_that_begins_where_midnight_is_left_out_tells_the_right_hour() -> None:
    line = timeline_of(dt.date(2026, 9, 6), 0, 1, 0, "America/Santiago")
    assert line.local_minutes(0.0) == 60
    assert line.hour_of_week(0.0) == 6 * 24 + 1


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_months_are_those_of_the_local_calendar_and_none_outside_the_horizon(zone: str) -> None:
    line = line_of(zone)
    at = np.arange(0.0, line.ends_at, 30.0)
    local = (pd.Timestamp(line.epoch) + pd.to_timedelta(at, unit="min")).tz_convert(zone)
    expected = np.where(local.year == 2026, local.month - 1, -1)
    assert np.array_equal(line.month_of(at), expected)
    assert list(line.month_of([np.nan, -5.0, np.inf])) == [-1, -1, -1]
    assert (line.horizon_starts_at, line.ends_at) == (line.month_starts_at[0], line.day_starts_at[-1])


def test_a_holiday_closes_its_local_day_and_no_other(baseline: Scenario) -> None:
    line, calendar = timeline(baseline), contract_calendar(baseline)
    per_day = np.diff(calendar.elapsed(line.day_starts_at))
    days = [line.first_day + dt.timedelta(days=n) for n in range(line.day_count)]
    closed = [day.weekday() >= 5 or day in dict(special_days(baseline)) for day in days]
    assert np.array_equal(per_day, np.where(closed, 0.0, 480.0))


def test_six_business_hours_cross_a_weekend_and_a_clock_change(baseline: Scenario) -> None:
    calendar, epoch = contract_calendar(baseline), timeline(baseline).epoch

    def at(text: str) -> float:
        return float((pd.Timestamp(text, tz="America/New_York") - pd.Timestamp(epoch)) / pd.Timedelta(minutes=1))

    assert float(calendar.add(at("2026-03-06 15:00"), 360)) == at("2026-03-09 13:00")
    assert at("2026-03-09 13:00") - at("2026-03-06 15:00") == 69 * 60
    assert float(calendar.add(at("2026-10-30 15:00"), 360)) == at("2026-11-02 13:00")
    assert at("2026-11-02 13:00") - at("2026-10-30 15:00") == 71 * 60
    assert float(calendar.add(at("2026-11-25 20:00"), 480)) == at("2026-11-27 17:00")
    assert float(calendar.next_open(at("2026-11-26 12:00"))) == at("2026-11-27 09:00")


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), st.integers(0, 400))
def test_months_later_is_what_pandas_says(day: dt.date, months: int) -> None:
    assert add_months(day, months) == (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def test_a_calendar_that_never_opens_never_moves_on() -> None:
    never = Calendar.from_intervals([(5, 5)])
    assert list(never.elapsed([0.0, 9.0])) == [0.0, 0.0]
    assert list(never.add([0.0, 9.0], 1.0)) == [np.inf, np.inf]
    assert list(never.add([0.0, 9.0], 0.0)) == [0.0, 9.0]
    assert float(never.next_open(3.0)) == np.inf
    assert grid(1 / 3) == float(np.rint(2**20 / 3) / 2**20)


@pytest.mark.parametrize("week", WEEKS)
def test_many_instants_at_once_meet_the_same_clock_as_each_alone(short: Scenario, week: str) -> None:
    calendar = contract_calendar(override(short, {"calendar.hours": WEEKS[week]}))
    random = np.random.default_rng(3)
    edges = np.concatenate([calendar.opens_at, calendar.closes_at])
    around = [np.nextafter(edges, -np.inf), edges, np.nextafter(edges, np.inf), [np.nan, np.inf, -np.inf]]
    at = np.concatenate([random.uniform(-5000.0, edges.max() + 5000.0, 1000), *around])
    minutes = random.choice([0.0, 0.25, 60.0, 480.0, 1e6, np.inf, np.nan, -5.0], len(at))
    np.testing.assert_array_equal(calendar.elapsed(at), [float(calendar.elapsed(one)) for one in at])
    np.testing.assert_array_equal(calendar.elapsed(at[::-1].reshape(1, -1))[0], calendar.elapsed(at)[::-1])
    for one in (minutes, np.full(len(at), 90.0)):
        alone = [float(calendar.add(*pair)) for pair in zip(at, one, strict=True)]
        np.testing.assert_array_equal(calendar.add(at, one), alone)
    np.testing.assert_array_equal(calendar.add(at, 90.0), calendar.add(at, np.full(len(at), 90.0)))


ODD_CLOCKS = {
    "skips 30 December": ("Pacific/Apia", dt.date(2011, 7, 1)),
    "skips 30 December, too": ("Pacific/Fakaofo", dt.date(2011, 7, 1)),
    "skips New Year's Eve": ("Pacific/Kiritimati", dt.date(1994, 7, 1)),
    "skips a Saturday in August": ("Kwajalein", dt.date(1993, 1, 1)),
    "begins at half past three": ("Asia/Kolkata", dt.date(2026, 1, 1)),
    "is a quarter off": ("Asia/Kathmandu", dt.date(2026, 1, 1)),
    "is a quarter off and changes": ("Pacific/Chatham", dt.date(2026, 1, 1)),
    "changes by half an hour": ("Australia/Lord_Howe", dt.date(2026, 1, 1)),
    "has no midnight in spring": ("America/Sao_Paulo", dt.date(2018, 7, 1)),
    "has no midnight in March": ("Asia/Beirut", dt.date(2026, 1, 1)),
    "has no midnight in April": ("Africa/Cairo", dt.date(2026, 1, 1)),
    "has no midnight in Cuba": ("America/Havana", dt.date(2020, 1, 1)),
}
TWICE = {"has one day of 47 hours": ("Kwajalein", dt.date(1969, 1, 1))}
EARLY: dict[str, Any] = {"mon-sun": ["00:15-02:45", "03:00-06:00", "09:00-17:00", "22:00-24:00"]}


@pytest.mark.slow
@pytest.mark.parametrize("week", [*WEEKS, "early"])
@pytest.mark.parametrize("clock", ODD_CLOCKS)
def test_hours_that_clocks_skip_are_not_made_up_for(short: Scenario, clock: str, week: str) -> None:
    zone, starts_on = ODD_CLOCKS[clock]
    line, texts = line_of(zone, starts_on), {**WEEKS, "early": EARLY}[week]
    hours = override(short, {"calendar.hours": texts}).calendar.hours
    days = open_days(hours, zone=zone, special=(), line=line)
    calendar = Calendar.from_intervals([piece for _, day in days for piece in day]).clipped(0.0, line.ends_at)
    expected = naive_open(line, texts, frozenset(), zone)
    if week == "early":  # a time that comes twice is over when it has come once
        expected &= ~comes_again(line, zone)
        opened = calendar.next_open(np.arange(len(expected), dtype=float)) == np.arange(len(expected))
        assert np.all(opened >= expected)
        assert np.sum(opened & ~expected) <= np.sum(comes_again(line, zone))
        return
    assert np.array_equal(calendar.elapsed(np.arange(len(expected) + 1.0)), np.concatenate([[0], np.cumsum(expected)]))


def test_the_hours_of_a_day_that_comes_twice_are_worked_once(short: Scenario) -> None:
    zone, starts_on = TWICE["has one day of 47 hours"]
    line, hours = line_of(zone, starts_on), override(short, {"calendar.hours": WEEKS["office"]}).calendar.hours
    days = dict(open_days(hours, zone=zone, special=(), line=line))
    assert sum(closes - opens for opens, closes in days[dt.date(1969, 9, 30)]) == 450  # a Tuesday


def comes_again(line: Timeline, zone: str) -> np.ndarray:
    """Whether the local time of each minute was there before."""
    local = pd.date_range(line.epoch, periods=int(line.ends_at), freq="min").tz_convert(zone).tz_localize(None)
    return np.asarray(local.duplicated())


@pytest.mark.parametrize("clock", ODD_CLOCKS | TWICE)
def test_local_days_and_hours_agree_with_pandas_on_odd_clocks(clock: str) -> None:
    zone, starts_on = (ODD_CLOCKS | TWICE)[clock]
    line = line_of(zone, starts_on)
    assert np.all(np.diff(line.day_starts_at) >= 0)
    at = np.arange(0.0, line.ends_at, 7.5)
    local = (pd.Timestamp(line.epoch) + pd.to_timedelta(at, unit="min")).tz_convert(zone).tz_localize(None)
    expected = (local.normalize() - pd.Timestamp(line.first_day)).days.to_numpy()
    assert np.array_equal(line.day_of(at), expected)
    assert np.array_equal(line.day_of(at[:100]), expected[:100])
    assert np.array_equal(line.hour_of_week(at), (local.day_of_week * 24 + local.hour).to_numpy())
    months = (local.year * 12 + local.month).to_numpy() - (starts_on.year * 12 + starts_on.month)
    assert np.array_equal(line.month_of(at), np.where((months >= 0) & (months < 12), months, -1))
    assert list(line.day_of([-5.0, np.nan])) == [-1, line.day_count]


@pytest.mark.parametrize("first", [dt.date(2011, 12, 29), dt.date(2011, 12, 30), dt.date(2011, 12, 31)])
def test_a_run_may_begin_or_end_beside_a_date_that_never_was(first: dt.date) -> None:
    begins, ends = (
        timeline_of(first, 0, 1, 0, "Pacific/Apia"),
        timeline_of(add_months(first, -1), 0, 1, 0, "Pacific/Apia"),
    )
    for line in (begins, ends):
        at = np.arange(0.0, line.ends_at, 30.0)
        local = (pd.Timestamp(line.epoch) + pd.to_timedelta(at, unit="min")).tz_convert("Pacific/Apia")
        days = (local.tz_localize(None).normalize() - pd.Timestamp(line.first_day)).days.to_numpy()
        assert np.array_equal(line.day_of(at), days)


def test_part_of_a_day_opens_only_where_both_hours_and_holidays_say_so(short: Scenario) -> None:
    parts = [
        {"2026-01-05": ["08:00-10:00", "11:00-12:30"]},
        {"2026-01-06": ["17:00-20:00"]},
        {"2026-01-10": "09:00-12:00"},
    ]
    scenario = override(
        short, {"calendar.hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]}, "calendar.holidays": parts}
    )
    line, calendar = timeline(scenario), contract_calendar(scenario)
    per_day = np.diff(calendar.elapsed(line.day_starts_at))
    assert per_day[dt.date(2026, 1, 5).day - 1] == 60 + 60  # Monday: 09:00 to 10:00, and 11:00 to 12:00
    assert per_day[dt.date(2026, 1, 6).day - 1] == 0  # Tuesday evening
    assert per_day[dt.date(2026, 1, 10).day - 1] == 0  # a Saturday
    assert per_day[dt.date(2026, 1, 7).day - 1] == 420


def test_part_of_a_day_is_by_the_clock_of_each_rep(short: Scenario) -> None:
    scenario = override(
        short,
        {
            "calendar.holidays": [{"2026-01-07": ["09:00-13:00"]}],
            "sales.sdr.leave_days_per_year": 0,
            "sales.sdr.meetings": [],
            "sales.sdr.marketing_time": {"share": 1.0},
            "sales.sdr.shift": {"mon-fri": ["08:00-18:00"]},
            "sales.sdr.reps": {"2": {"zone": "America/Los_Angeles"}},
        },
    )
    day = pd.Timestamp("2026-01-07")

    def on(rep: Calendar, zone: str) -> list[tuple[float, float]]:
        epoch = pd.Timestamp(timeline(scenario).epoch)
        starts, ends = ((day + pd.Timedelta(days=n)).tz_localize(zone) for n in (0, 1))
        edges = ((one - epoch) / pd.Timedelta(minutes=1) for one in (starts, ends))
        part, begins = rep.clipped(*edges), (starts - epoch) / pd.Timedelta(minutes=1)
        return list(zip((part.opens_at - begins) / 60, (part.closes_at - begins) / 60, strict=True))

    here, there = roster(scenario, sample_demand(scenario, seed=1))[:2]
    assert on(contract_calendar(scenario), "America/New_York") == [(9, 13)]
    assert on(here.calendar, "America/New_York") == [(9, 13)]
    assert on(there.calendar, "America/Los_Angeles") == [(9, 13)]


def test_holidays_of_a_country_follow_the_first_day_of_the_run(short: Scenario) -> None:
    norway = override(short, {"calendar.holidays": {"country": "NO"}})
    for year, easter_monday in (
        (2026, dt.date(2026, 4, 6)),
        (2027, dt.date(2027, 3, 29)),
        (2031, dt.date(2031, 4, 14)),
    ):
        moved = override(
            norway,
            {"run.starts_on": dt.date(year, 3, 1).isoformat(), "run.horizon_months": 2, "marketing.campaigns": None},
        )
        per_day = np.diff(contract_calendar(moved).elapsed(timeline(moved).day_starts_at))
        assert per_day[(easter_monday - dt.date(year, 3, 1)).days] == 0
        assert per_day[(easter_monday - dt.date(year, 3, 1)).days + 1] == 480


def test_warm_up_and_cool_down_have_their_holidays_too(baseline: Scenario) -> None:
    closed = dict(special_days(override(baseline, {"calendar.holidays": {"country": "NO"}})))
    line = timeline(baseline)
    assert dt.date(2025, 12, 25) in closed
    assert dt.date(2027, 1, 1) in closed
    assert min(closed) >= line.first_day - dt.timedelta(days=1)
