"""Countries and their parts whose public holidays are known; the days are those of the installed ``holidays``."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from smarketing_sim.errors import nearest_name

_LIKE = 0.8
"""How alike a name must be to be offered: a wrong country is worse than none."""
_SUNDAY = ("Söndag", "Sunday")
_SMALL_WORDS = {"and", "of", "the"}


def _known_country(value: object) -> str:
    """Hold that a country, or a part of one such as ``DE-BY``, is one whose holidays are known."""
    names = _codes()
    code, dash, part = value.partition("-") if isinstance(value, str) else ("", "", "")
    if code not in names.values():
        typed = str(value).lower().replace(" ", "_")
        close = difflib.get_close_matches(typed, names, n=1, cutoff=_LIKE)
        hint = names.get(typed) or (names[close[0]] if close else None)
        raise ValueError(
            "is not a country whose public holidays are known; write the two letters of ISO 3166, such as NO or GB"
            + (f"; did you mean '{hint}'?" if hint else "")
        )
    parts = _parts(code)
    if dash and part not in parts.values():
        near = nearest_name(part.lower(), parts)
        known = ", ".join(dict.fromkeys(parts.values()))
        raise ValueError(
            f"is not a part of {country_name(code)} whose holidays are known"
            + (f"; did you mean '{code}-{parts[near]}'?" if near else f"; it has {known}" if parts else "; it has none")
        )
    return str(value)


def country_code(said: object) -> object:
    """Return the two letters of a country that is said by its name or its letters; anything else as it is."""
    return _codes().get(said.strip().lower().replace(" ", "_"), said) if isinstance(said, str) else said


@functools.cache
def _codes() -> dict[str, str]:
    """Return the two letters of each country by its two and its three letters and its names, all in small ones."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - needed where a country is named

    return {
        word: codes[0] for name, (_, *codes) in COUNTRIES.items() for word in (name, *(code.lower() for code in codes))
    }


@functools.cache
def _parts(country: str) -> dict[str, str]:
    """Return the parts of a country by code and name, in small letters."""
    from holidays import country_holidays  # noqa: PLC0415

    known = country_holidays(country)
    listed = {part.lower(): part for part in known.subdivisions}
    return {name.lower(): part for name, part in known.subdivisions_aliases.items()} | listed


def country_name(code: str) -> str:
    """Return the name of a country, and of a part of one behind a comma."""
    country, _, part = code.partition("-")
    name = next(name for name, two in _codes().items() if two == country)
    words = " ".join(word if word in _SMALL_WORDS else word.capitalize() for word in name.split("_"))
    return f"{words}, {part}" if part else words


@functools.lru_cache(maxsize=1024)
def public_holidays(code: str, year: int) -> frozenset[dt.date]:
    """Return the days of a year on which business rests by law, moved ones where they are kept."""
    from holidays import PUBLIC, country_holidays  # noqa: PLC0415

    country, _, part = code.partition("-")
    # The first of January of the year after may be kept on the last day of this one.
    days = country_holidays(country, subdiv=part or None, years=(year - 1, year, year + 1), categories=(PUBLIC,))
    # Swedish law calls every Sunday a holiday, and the library lists them; opening hours say which weekdays are closed.
    return frozenset(day for day, name in days.items() if day.year == year and name not in _SUNDAY)


def unknown_years(code: str, first: int, last: int) -> list[int]:
    """Return the years of some in a row whose public holidays are not known."""
    return [year for year in range(first, last + 1) if not public_holidays(code, year)]


Country = Annotated[
    str, BeforeValidator(_known_country), WithJsonSchema({"type": "string", "examples": ["NO", "DE-BY"]})
]
