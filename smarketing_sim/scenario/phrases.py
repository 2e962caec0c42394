"""Answers as people say them: ``two business hours for 95%``, ``Monday to Friday 8-16``, ``15 percent``, ``40 dials``.

What cannot be read stays as it is, for the schema to refuse, or is refused here with a form that can.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from typing import Any

from smarketing_sim.scenario.calendars import WEEKDAYS, expand_days
from smarketing_sim.scenario.documents import parse_value
from smarketing_sim.scenario.units import WALL_MINUTES, Span, as_share, parse_amount, parse_hours

_NONE = ("none", "-", "")
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_WORDS = re.compile("[A-Za-z]+")
_PERCENT = re.compile(r"(?<=\d)\s*(?:percent|per cent|pct)\b", re.IGNORECASE)
_OF_WHAT = re.compile(r"\s+of\s+(?:all\s+)?(?:the\s+|our\s+)?(?:leads|them|cases)\b", re.IGNORECASE)
_FOR_SHARE = re.compile(r"^(.*?)(?:\s+for\s+(\S.*))?$", re.IGNORECASE)
_SHARE_FIRST = re.compile(r"^([\d.]+\s*%)\s+(?:get\s+)?((?:\d|within|in\b).*)$", re.IGNORECASE)
_FIRST_ATTEMPT = re.compile(r"^(?:(?:a\s+)?(?:first\s+)?(?:attempt|call)\s+)?(?:within|in)\s+", re.IGNORECASE)
_NAMED = re.compile(r"([\w -]*?)\s*[=: ]\s*((?:[A-Z]{3}\s|[$€£])?\s*[0-9.]+(?:\s*%|k|m)?)")
_ATTEMPTS = re.compile(r"^\s*(\d+)\s+(more\s+)?attempts?\s+(?:in|within)\s+(.+)$", re.IGNORECASE)
_COUNTED = re.compile(r"^\s*(\d[\d.,\s]*?)\s+[a-z][a-z ]*$", re.IGNORECASE)
_DAYS_AND_HOURS = re.compile(r"^([a-z]+(?:-[a-z]+)?)\s+(\d{1,2})(?::(\d\d))?\s*-\s*(\d{1,2})(?::(\d\d))?$")
_MONTHS = [month.lower() for month in calendar.month_name]
_SPOKEN_DAYS = re.compile(r"(\d{1,2})(?:\s*(?:-|–|to)\s*(\d{1,2}))?\s+([A-Z][a-z]+)\s+(\d{4})")
_DAYS_OFF = re.compile(r"\d{4}-\d\d-\d\d(?:\.\.\d{4}-\d\d-\d\d)?")


def folded(name: object) -> str:
    """Return a source's name as it is when letters and spaces are taken to be alike."""
    return "_".join(str(name).lower().split())


def or_none(value: object) -> object:
    """Read ``none``, ``enough`` and ``never`` as None."""
    return None if isinstance(value, str) and value.strip().lower() in (*_NONE, "enough", "never") else value


def number(value: object) -> object:
    """Read ``40 dials`` or ``60 leads a month`` as the number."""
    if not isinstance(value, str) or _PERCENT.search(value):
        return value
    words = _COUNTED.match(_in_digits(value))
    read = None if words is None else parse_amount(words[1])
    return value if read is None else read[0]


def rate(value: object) -> object:
    """Read ``10,6`` as 10.6, as most of Europe writes it; three digits behind a comma may be thousands."""
    decimal = isinstance(value, str) and re.fullmatch(r"\s*\d+,(\d{1,2}|\d{4,})\s*", value)
    return float(str(value).replace(",", ".")) if decimal else number(value)


def share(value: object) -> object:
    """Read ``15 percent`` or ``half`` as a share is written."""
    if not isinstance(value, str):
        return value
    return "50%" if value.strip().lower() == "half" else _PERCENT.sub("%", value)


def by_source(value: object) -> object:
    """Read ``organic 150, demo request 90`` as a mapping; a single value stays as it is."""
    if not isinstance(value, str):
        _hold_apart(list(value) if isinstance(value, Mapping) else [])
        return {name: number(count) for name, count in value.items()} if isinstance(value, Mapping) else value
    found: list[tuple[str, object]] = []
    for part in filter(None, (piece.strip() for piece in re.split("[,;]", _PERCENT.sub("%", value)))):
        words = _NAMED.fullmatch(part)
        if words is None or not words[1].strip():
            raise ValueError("must be sources with their numbers, such as 'organic 150, demo request 90'")
        found.append((folded(words[1]), parse_value(words[2], name="answers")))
    _hold_apart([name for name, _ in found])
    return dict(found)


def each_by_source(value: object) -> object:
    """Read ``22%`` or ``$200`` for all sources, or ``organic 22%, demo request 34%``, by folded name."""
    if isinstance(value, str) and not re.search(r"\d", value):
        raise ValueError("must be one figure for all sources, or one for each, such as 'organic 22%, demo request 34%'")
    alone = isinstance(value, str) and re.match(r"\s*([-+0-9.]|[A-Z]{3}\s|[$€£])", value)
    said = value if alone else by_source(value)
    return {folded(name): figure for name, figure in said.items()} if isinstance(said, Mapping) else said


def shares_by_source(value: object) -> object:
    """Read a share for all sources, or one for each; a wrong one is told with its source."""
    said = each_by_source(share(value))
    if not isinstance(said, Mapping):
        return said
    found = {name: share(figure) for name, figure in said.items()}
    for name, figure in found.items():
        try:
            as_share(figure)
        except ValueError as fault:
            raise ValueError(f"{fault}; look at {name.replace('_', ' ')}, {figure}") from None
    return found


def working_hours(value: object) -> object:
    """Read ``mon-fri 09:00-17:00`` or ``Monday to Friday 8-16`` as days and hours, and hold that both are real."""
    text = re.sub(r"\s*(?:\bto\b|–)\s*", "-", str(value).strip().lower())
    words = _DAYS_AND_HOURS.match(re.sub(r"\b(" + "|".join(WEEKDAYS) + r")[a-z]*day\b", r"\1", text))
    if words is None:
        raise ValueError("must be days and hours, such as 'mon-fri 09:00-17:00'")
    days, first, first_minute, last, last_minute = words.groups("00")
    hours = f"{int(first):02d}:{first_minute}-{int(last):02d}:{last_minute}"
    expand_days(days)
    opens, closes = parse_hours(hours)
    if closes == opens:
        raise ValueError("must be open for some time")
    return (days, hours)


def speed(value: object) -> object:
    """Read ``2 business hours for 95%``, or ``95% of leads within 2 business hours``."""
    if not isinstance(value, str):
        return value
    text, target = _promised(value)
    try:
        within = Span.parse(_FIRST_ATTEMPT.sub("", text))
    except ValueError as fault:
        raise ValueError(f"{fault}, and for which share of leads: '6 business hours for 90%'") from None
    return {"within": within, **target}


def depth(value: object) -> object:
    """Read ``4 attempts in 10 business days for 85%``, where 3 more attempts are four, or none."""
    if or_none(value) is None:
        return None
    if not isinstance(value, str):
        return value
    text, target = _promised(value)
    words = _ATTEMPTS.match(text)
    if words is None:
        forms = "'4 attempts in 10 business days for 85%' or '3 more attempts in 10 days'"
        raise ValueError(f"must be attempts in a time, such as {forms}, or none")
    attempts = int(words[1]) + (1 if words[2] else 0)
    return {"attempts": attempts, "within": Span.parse(words[3]), **target}


def leads_promised(value: object) -> object:
    """Read ``90 leads a month`` as their number, or none."""
    value = number(or_none(value))
    if not isinstance(value, str):
        return value
    amount, currency = parse_amount(value) or (0.0, "")
    if amount <= 0.0 or currency:
        raise ValueError("must be leads a month, such as 90, or none")
    return amount


def days(value: object) -> object:
    """Read ``2 months`` as days; a number is days already."""
    if not isinstance(value, str):
        return value
    span = Span.parse(f"{value} days" if re.fullmatch(r"\s*[0-9.]+\s*", value) else _in_digits(value))
    if span.business:
        raise ValueError("is told by the calendar; answer for example '60 days' or '2 months'")
    return span.minutes(WALL_MINUTES) / WALL_MINUTES["day"]


def age(value: object) -> object:
    """Read ``six weeks`` as a span is written; ``never`` is None."""
    value = or_none(value)
    return _in_digits(value) if isinstance(value, str) else value


def closed(value: object) -> object:
    """Read ``2027-07-12..2027-07-16, 24 December 2027`` as a list of days and runs of days, or none."""
    if or_none(value) is None:
        return ()
    if not isinstance(value, str):
        return value
    listed = [_SPOKEN_DAYS.sub(_as_written, piece.strip()).replace(" to ", "..") for piece in value.split(",")]
    if not all(map(_DAYS_OFF.fullmatch, listed)):
        raise ValueError("must be days and runs of days, such as 2027-07-12..2027-07-16, 2027-12-24; or none")
    return listed


def _as_written(days: re.Match[str]) -> str:
    """Return ``12-16 July 2027`` as a run of days is written."""
    first, last, month, year = days.groups()
    if month.lower() not in _MONTHS:
        return days[0]
    ends = [f"{year}-{_MONTHS.index(month.lower()):02d}-{int(day):02d}" for day in (first, last) if day]
    return "..".join(ends)


def one_off(value: object) -> object:
    """Read ``One-off`` and ``once`` as ``one_off``."""
    text = value.strip().lower().replace("-", "_").replace(" ", "_") if isinstance(value, str) else value
    return "one_off" if text == "once" else text


def _promised(text: str) -> tuple[str, dict[str, Any]]:
    """Return what is promised, and for which share of leads, where that is said before or behind."""
    text = _OF_WHAT.sub("", _PERCENT.sub("%", _in_digits(text))).strip()
    first = _SHARE_FIRST.match(text)
    promise, target = (first[2], first[1]) if first else _FOR_SHARE.match(text).groups()  # type: ignore[union-attr]
    return promise, {} if target is None else {"target": target}


def _in_digits(text: str) -> str:
    """Return a text with its numbers up to twelve in digits."""

    def digits(word: re.Match[str]) -> str:
        return str(_NUMBERS.index(word[0].lower()) + 1) if word[0].lower() in _NUMBERS else word[0]

    return _WORDS.sub(digits, text)


def _hold_apart(names: list[str]) -> None:
    """Refuse names that are one but for capital letters and spaces: the leads of one of them would be lost."""
    alike = [folded(name) for name in names]
    twice = next((name for name in alike if alike.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"names {twice.replace('_', ' ')} more than once; add its leads up, or tell the two apart")
