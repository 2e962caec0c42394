"""Opening hours, meetings and profiles as people write them; ``world.calendar`` turns them into intervals."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import zoneinfo
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema, model_validator

from smarketing_sim.errors import nearest_name, shorten
from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.units import Factor, Hours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YEARS = range(1900, 2201)
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


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _in_order(day: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    for earlier, later in itertools.pairwise(day):
        if later[0] < earlier[1]:
            raise ValueError("the hours of a day must be in order and must not overlap")
    return tuple(hours for hours in day if hours[1] > hours[0])  # 00:00-00:00 is a way to say closed


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


def _date(value: object) -> object:
    try:
        day = value if isinstance(value, dt.date) else dt.datetime.strptime(str(value), "%Y-%m-%d").date()
    except ValueError:
        raise ValueError("must be a date such as 2026-01-31") from None
    if day.year not in _YEARS:
        raise ValueError(f"is out of range; dates lie between {_YEARS[0]} and {_YEARS[-1]}")
    return day


def _weekday(value: str) -> str:
    if value not in WEEKDAYS:
        raise ValueError(f"is not a weekday; write one of {', '.join(WEEKDAYS)}")
    return value


Date = Annotated[
    dt.date,
    BeforeValidator(_date),
    PlainSerializer(lambda day: day.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Zone = Annotated[str, BeforeValidator(_known_zone)]
Weekday = Annotated[str, AfterValidator(_weekday)]
DayHours = Annotated[tuple[Hours, ...], BeforeValidator(_as_list), AfterValidator(_in_order)]
WeekHours = Annotated[dict[str, DayHours], BeforeValidator(_expand_week)]
WeekWeights = Annotated[dict[str, Factor], BeforeValidator(_expand_week)]


class ContractCalendar(Part):
    """Opening hours of the contract: the business clock that clauses run on."""

    zone: Zone
    """IANA time zone, such as America/New_York."""
    hours: WeekHours
    """Opening hours by weekday; a day that is not named is closed."""
    holidays: tuple[Date, ...] = ()
    """Days on which the whole company is closed."""

    @property
    def business_day_minutes(self) -> float:
        """Mean open minutes of the weekdays that open at all: the length of one business day."""
        lengths = [sum(closes - opens for opens, closes in day) for day in self.hours.values() if day]
        return sum(lengths) / len(lengths) if lengths else 0.0


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
