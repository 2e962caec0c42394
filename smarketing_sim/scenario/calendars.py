"""Opening hours, meetings and profiles as people write them; ``world.calendar`` turns them into intervals."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from smarketing_sim.errors import nearest_name, shorten
from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.dates import DayHours
from smarketing_sim.scenario.holidays import Holidays
from smarketing_sim.scenario.units import WALL_MINUTES, Factor, Hours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZONE_DATA = files("tzdata")


def expand_days(key: object) -> list[str]:
    """Expand ``mon-fri`` or ``sat`` to weekday names."""
    first, dash, last = str(key).partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise ValueError(f"{shorten(str(key))} is not a weekday or a run of them; write mon, tue, … or mon-fri")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise ValueError(f"'{key}' runs backwards; write the days from mon to sun")
    return list(WEEKDAYS[start : end + 1])


def _expand_week(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError("must map weekdays to values, such as {mon-fri: ['09:00-17:00']}")
    week: dict[str, Any] = {}
    for key, item in value.items():
        for day in expand_days(key):
            if day in week:
                raise ValueError(f"names {day} twice")
            week[day] = item
    return {day: week[day] for day in WEEKDAYS if day in week}


@functools.cache
def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return a time zone as the installed ``tzdata`` has it: what a system knows differs, and changes with its updates.

    Raises
    ------
    KeyError
        If there is no such zone.
    """
    if name not in _zones():
        raise KeyError(name)
    with _ZONE_DATA.joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return zoneinfo.ZoneInfo.from_file(data, key=name)


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(_ZONE_DATA.joinpath("zones").read_text("utf-8").split())


@functools.cache
def zones_by_country() -> dict[str, tuple[str, ...]]:
    """Return the time zones of each country by its two letters, the one that most of it keeps first."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _ZONE_DATA.joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country] = (*found.get(country, ()), zone)
    return found


def _known_zone(value: object) -> object:
    zones = _zones()
    if not isinstance(value, str) or value not in zones:
        cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones, reverse=True)}
        city = nearest_name(str(value).lower().replace(" ", "_"), cities)
        near = nearest_name(str(value), zones) if "/" in str(value) or city is None else cities[city]
        raise ValueError("is not a known time zone" + (f"; did you mean '{near}'?" if near else ""))
    return value


def _weekday(value: str) -> str:
    if value not in WEEKDAYS:
        raise ValueError(f"is not a weekday; write one of {', '.join(WEEKDAYS)}")
    return value


Zone = Annotated[str, BeforeValidator(_known_zone)]
Weekday = Annotated[str, AfterValidator(_weekday)]
WeekHours = Annotated[dict[str, DayHours], BeforeValidator(_expand_week)]
WeekWeights = Annotated[dict[str, Factor], BeforeValidator(_expand_week)]


class ContractCalendar(Part):
    """Opening hours of the contract: the business clock that clauses run on."""

    zone: Zone
    """IANA time zone, such as America/New_York."""
    hours: WeekHours
    """Opening hours by weekday; a day that is not named is closed."""
    holidays: Holidays = Holidays()
    """Days on which the whole company is closed, or opens for part of the day; a list alone is a list of `dates`."""

    @property
    def business_minutes(self) -> dict[str, float]:
        """Minutes of business time by unit: a day is the mean of the weekdays that open at all, a week their sum."""
        lengths = [sum(closes - opens for opens, closes in day) for day in self.hours.values() if day]
        week = float(sum(lengths))
        return {**WALL_MINUTES, "day": week / len(lengths) if lengths else 0.0, "week": week}

    def closed_days(self, first: dt.date, last: dt.date) -> int:
        """Return on how many days from a first to a last the company is closed that would open by their weekday."""
        days = self.holidays.within(first, last)
        return sum(not hours and bool(self.hours.get(WEEKDAYS[day.weekday()])) for day, hours in days.items())


class WeeklyMeeting(Part):
    """A meeting, every week, that takes reps off the phone."""

    day: Weekday
    """Weekday, such as mon."""
    hours: Hours
    """Local time of the rep, such as 09:00-09:30."""


class ArrivalProfile(Part):
    """When in the week leads arrive, in the contract's local time; only relative sizes matter."""

    hours: tuple[Factor, ...] = (1.0,) * 24
    """Weight of each hour of the day, midnight first."""
    weekdays: WeekWeights = {}
    """Weight of a weekday against 1, such as {sat-sun: 0.4}."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(self.hours) != 24:
            raise ValueError(f"hours must list 24 weights, one for each hour of the day, not {len(self.hours)}")
        if sum(self.hours) <= 0 or all(self.weekdays.get(day, 1.0) == 0 for day in WEEKDAYS):
            raise ValueError("at least one hour and one weekday must have a weight above 0")
        return self
