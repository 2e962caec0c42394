"""Days on which a company is closed or opens for part of the day: a country's public holidays, and dates of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import core_schema

from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.countries import Country, country_name, public_holidays
from smarketing_sim.scenario.dates import parse_date, parse_day_hours
from smarketing_sim.scenario.units import hours_text

MOST_DAYS = 366
MOST_DATES = 2000
_TOLD_ONE_BY_ONE = 6

OpenHours = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DaysOff:
    """A day, or some in a row, on which the company is closed or opens for part of the day.

    Parameters
    ----------
    first, last
        The first and the last of the days.
    hours
        The hours within which it opens on each of them, in minutes since local midnight; none where it is closed.
    """

    first: dt.date
    last: dt.date
    hours: OpenHours = ()

    @classmethod
    def parse(cls, value: object) -> DaysOff:
        """Read ``2026-12-25``, ``2026-07-13..2026-07-17`` or ``{2026-12-24: [09:00-13:00]}``; ValueError otherwise."""
        if isinstance(value, DaysOff):
            return value
        if not isinstance(value, dict):
            return cls(*_days(value))
        if len(value) != 1:
            raise ValueError("must hold one day with its hours; begin each day with a dash of its own")
        ((days, hours),) = value.items()
        return cls(*_days(days), parse_day_hours(hours))

    @property
    def text(self) -> str:
        """The days as a file says them."""
        first, last = self.first.isoformat(), self.last.isoformat()
        return first if first == last else f"{first}..{last}"

    def plain(self) -> str | dict[str, list[str]]:
        """Return them, with their hours, as a file says them."""
        return {self.text: [hours_text(hours) for hours in self.hours]} if self.hours else self.text

    def __str__(self) -> str:
        first, last = self.first, self.last
        if first == last:
            return _told(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{_told(last)}"
        return f"{_told(first)} – {_told(last)}"

    def __iter__(self) -> Iterator[dt.date]:
        return (self.first + dt.timedelta(days=n) for n in range((self.last - self.first).days + 1))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(cls.plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        days = r"^\d{4}-\d{2}-\d{2}( *\.\. *\d{4}-\d{2}-\d{2})?$"
        hours = {"type": ["array", "string"], "items": {"type": "string", "examples": ["09:00-13:00"]}}
        return {
            "anyOf": [
                {"type": "string", "pattern": days, "examples": ["2026-12-25", "2026-07-13..2026-07-17"]},
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "patternProperties": {days: hours},
                    "additionalProperties": False,
                },
            ]
        }


def _days(value: object) -> tuple[dt.date, dt.date]:
    """Read a date, or two with ``..`` between them, both included."""
    first, dots, last = value.partition("..") if isinstance(value, str) else (value, "", "")
    begins = parse_date(first.strip() if isinstance(first, str) else first)
    ends = parse_date(last.strip()) if dots else begins
    if ends < begins:
        raise ValueError(f"runs backwards; write {ends}..{begins}")
    if (ends - begins).days >= MOST_DAYS:
        raise ValueError(f"has {(ends - begins).days + 1:,} days; one range has at most {MOST_DAYS}")
    return begins, ends


def _told(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


Dates = Annotated[tuple[DaysOff, ...], Field(max_length=MOST_DATES)]


class Holidays(Part):
    """Days on which the whole company is closed, or opens for part of the day."""

    country: Country | None = None
    """Whose public holidays close it, in every year of the run: `NO`, or `DE-BY` for a part, by ISO 3166."""
    dates: Dates = ()
    """Days of its own; with hours, it opens only within them, on each rep's own clock. They go before the country's."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: object) -> object:
        if not isinstance(value, dict | list | tuple | Holidays):
            raise ValueError("must be a list of days, or a group such as {country: NO, dates: [2026-12-24]}")
        if isinstance(value, dict) and value.get("country") and "subdivision" in value:
            part = value["subdivision"]
            whole = value["country"] if part is None else f"{value['country']}-{part}"
            value = {key: item for key, item in value.items() if key != "subdivision"} | {"country": whole}
        if isinstance(value, dict) and value.get("dates", ()) is None:
            value = {**value, "dates": ()}
        return {"dates": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _of_one_mind(self) -> Self:
        hours: dict[dt.date, OpenHours] = {}
        for days in self.dates:
            for day in days:
                if hours.setdefault(day, days.hours) != days.hours:
                    raise ValueError(f"names {day} more than once, with other hours")
        return self

    @model_serializer(mode="wrap")
    def _as_list(self, handler: SerializerFunctionWrapHandler) -> Any:
        plain = handler(self)
        return plain if self.country else plain["dates"]

    def within(self, first: dt.date, last: dt.date) -> Mapping[dt.date, OpenHours]:
        """Return the hours within which the company opens, none where it is closed, by day of some in a row.

        What is said of a date goes before the country's holidays.
        """
        years = range(first.year, last.year + 1) if self.country else ()
        of_country = {day: () for year in years for day in public_holidays(self.country or "", year)}
        own = {day: days.hours for days in self.dates for day in days}
        return {day: hours for day, hours in (of_country | own).items() if first <= day <= last}

    def __str__(self) -> str:
        closed = [days for days in self.dates if not days.hours]
        closures = [f"on public holidays ({country_name(self.country)})"] if self.country else []
        if len(closed) > _TOLD_ONE_BY_ONE:
            count = len({day for days in closed for day in days})
            first, last = min(days.first for days in closed), max(days.last for days in closed)
            closures.append(f"on {count} days from {_told(first)} to {_told(last)}")
        elif closed:
            closures.append(f"on {_listed([str(days) for days in closed])}")
        opened = [f"{days!s} from {_clock(days.hours)} only" for days in self.dates if days.hours]
        parts = ([f"closed {_listed(closures)}"] if closures else []) + (
            [f"open on {_listed(opened)}"] if opened else []
        )
        return "; ".join(parts) or "closed on no holiday"


def _clock(hours: OpenHours) -> str:
    return _listed([hours_text(one).replace("-", " to ") for one in hours])


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]
