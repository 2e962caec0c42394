from __future__ import annotations

import datetime as dt
import zoneinfo
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from smarketing_sim.scenario.calendars import WEEKDAYS, ArrivalProfile, ContractCalendar, zone_of
from smarketing_sim.scenario.units import Span


def calendar(**fields: Any) -> ContractCalendar:
    return ContractCalendar(**{"zone": "America/New_York", "hours": {"mon-fri": ["09:00-17:00"]}, **fields})


def day_of(**fields: Any) -> float:
    return calendar(**fields).business_minutes["day"]


def test_a_run_of_weekdays_opens_each_of_them() -> None:
    hours = calendar(hours={"sat": "10:00-12:00", "mon-thu": ["09:00-12:00", "13:00-17:00"]}).hours
    assert list(hours) == ["mon", "tue", "wed", "thu", "sat"]
    assert hours["tue"] == ((540, 720), (780, 1020))
    assert hours["sat"] == ((600, 720),)


def test_a_business_day_is_the_mean_of_the_days_that_open() -> None:
    assert day_of() == 480
    assert day_of(hours={"mon": "09:00-17:00", "fri": "09:00-13:00", "sat": []}) == 360
    assert day_of(hours={}) == 0


def test_a_night_shift_is_written_in_two_parts() -> None:
    hours = calendar(hours={"mon-sun": ["00:00-06:00", "22:00-24:00"]}).hours
    assert hours["sun"] == ((0, 360), (1320, 1440))
    assert calendar(hours={"mon": ["09:00-12:00", "12:00-13:00"]}).hours["mon"] == ((540, 720), (720, 780))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"mon": ["22:00-06:00"]}, "split a night shift at midnight"),
        ({"mon": ["09:00-13:00", "12:00-17:00"]}, "must not overlap"),
        ({"mon": ["13:00-17:00", "09:00-12:00"]}, "in order"),
        ({"mon-fri": [], "wed": []}, "wed twice"),
        ({"fri-mon": []}, "runs backwards"),
        ({"monday": []}, "not a weekday"),
        ({"mon-": []}, "not a weekday"),
        ({"mon-wed-fri": []}, "not a weekday"),
        ({"": []}, "not a weekday"),
        (["09:00-17:00"], "must map weekdays"),
        ("09:00-17:00", "must map weekdays"),
    ],
)
def test_hours_that_mean_no_one_week_are_refused(hours: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        calendar(hours=hours)


def test_an_unknown_zone_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ValidationError, match="did you mean 'America/New_York'"):
        calendar(zone="America/NewYork")


@pytest.mark.parametrize("zone", ["", "EDT5", "../etc/passwd", 5, None, "america/new_york"])
def test_what_is_no_iana_zone_is_refused(zone: object) -> None:
    with pytest.raises(ValidationError, match="not a known time zone"):
        calendar(zone=zone)


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-13-01", "01/02/2026", "tomorrow", None, 5, True, "0001-01-01", "9999-12-31"]
)
def test_a_day_that_is_not_in_the_calendar_is_refused(day: object) -> None:
    with pytest.raises(ValidationError, match=r"must be a date|out of range"):
        calendar(holidays=[day])


def test_holidays_are_dates() -> None:
    dates = calendar(holidays=["2026-12-25", dt.date(2027, 1, 1)]).holidays.dates
    assert [(days.first, days.last, days.hours) for days in dates] == [
        (dt.date(2026, 12, 25), dt.date(2026, 12, 25), ()),
        (dt.date(2027, 1, 1), dt.date(2027, 1, 1), ()),
    ]


@pytest.mark.parametrize(
    "profile",
    [{"hours": [1] * 23}, {"hours": [0] * 24}, {"weekdays": dict.fromkeys(WEEKDAYS, 0)}, {"hours": [-1] + [1] * 23},
     {"weekdays": {"sat-sun": -0.1}}, {"weekdays": {"mon": True}}],
)  # fmt: skip
def test_an_arrival_profile_without_any_arrival_is_refused(profile: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ArrivalProfile(**profile)


def test_a_zone_is_that_of_the_locked_package_whatever_the_system_knows(tmp_path: Path) -> None:
    (tmp_path / "America").mkdir()
    lisbon = files("tzdata").joinpath("zoneinfo", "Europe", "Lisbon").read_bytes()
    (tmp_path / "America" / "New_York").write_bytes(lisbon)
    (tmp_path / "Mars").write_bytes(lisbon)
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    zone_of.cache_clear()
    noon = dt.datetime(2026, 1, 1, 12)
    try:
        assert noon.replace(tzinfo=zoneinfo.ZoneInfo("America/New_York")).utcoffset() == dt.timedelta(0)
        assert noon.replace(tzinfo=zone_of("America/New_York")).utcoffset() == dt.timedelta(hours=-5)
        for name in ("Mars", "localtime", "../zones"):
            with pytest.raises(KeyError):
                zone_of(name)
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Oslo", "Europe/Oslo"),
        ("new york", "America/New_York"),
        ("Olso", "Europe/Oslo"),
        ("Europe/Olso", "Europe/Oslo"),
    ],
)
def test_a_city_alone_is_answered_with_its_zone(typed: str, meant: str) -> None:
    with pytest.raises(ValidationError, match=f"did you mean '{meant}'"):
        calendar(zone=typed)


def test_a_day_given_as_closed_is_no_business_day() -> None:
    hours = {"mon-fri": ["09:00-17:00"], "sat": ["00:00-00:00"], "sun": ["12:00-12:00"]}
    assert day_of(hours=hours) == day_of() == 480.0
    assert day_of(hours={"mon-fri": ["09:00-09:00"]}) == 0.0


@pytest.mark.parametrize(
    ("hours", "open_minutes"),
    [
        ({"mon-fri": ["09:00-17:00"]}, 2400),
        ({"tue-thu": ["09:00-17:00"]}, 1440),
        ({"mon-sun": ["00:00-24:00"]}, 10080),
        ({"mon-thu": ["08:00-16:00"], "fri": ["08:00-12:00"]}, 2160),
        ({}, 0),
    ],
)
def test_a_business_week_is_what_is_open_in_a_week(hours: dict[str, Any], open_minutes: float) -> None:
    business = calendar(hours=hours).business_minutes
    for text in ("1 business week", "1 working week"):
        assert Span.parse(text).minutes(business) == open_minutes
    assert Span.parse("1 week").minutes(business) == 10080
