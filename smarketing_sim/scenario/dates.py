"""A day, and the hours of one, as people write them."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from smarketing_sim.scenario.units import Hours, parse_hours

YEARS = range(1900, 2201)


def parse_date(value: object) -> dt.date:
    """Read a date such as ``2026-01-31``; raise ValueError with the rule otherwise."""
    try:
        day = value if isinstance(value, dt.date) else _read_day(str(value))
    except ValueError:
        raise ValueError("must be a date such as 2026-01-31") from None
    if day.year not in YEARS:
        raise ValueError(f"is out of range; dates lie between {YEARS[0]} and {YEARS[-1]}")
    return day


@functools.lru_cache(maxsize=1024)
def _read_day(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%Y-%m-%d").date()


def parse_day_hours(value: object) -> tuple[tuple[int, int], ...]:
    """Read ``09:00-17:00``, or a list of such, as the hours of one day; raise ValueError with the rule otherwise."""
    listed = as_list(value)
    if not isinstance(listed, list | tuple):
        raise ValueError("must list the hours of a day, such as ['09:00-13:00']")
    return in_order(tuple(parse_hours(hours) for hours in listed))


def as_list(value: object) -> object:
    """Return a single text as a list of it."""
    return [value] if isinstance(value, str) else value


def in_order(day: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return the hours of a day, less those that never begin; raise ValueError where they overlap."""
    for earlier, later in itertools.pairwise(day):
        if later[0] < earlier[1]:
            raise ValueError("the hours of a day must be in order and must not overlap")
    return tuple(hours for hours in day if hours[1] > hours[0])  # 00:00-00:00 is a way to say closed


Date = Annotated[
    dt.date,
    BeforeValidator(parse_date),
    PlainSerializer(lambda day: day.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
DayHours = Annotated[tuple[Hours, ...], BeforeValidator(as_list), AfterValidator(in_order)]
