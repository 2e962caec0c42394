"""Units at the edge: text such as ``6 business hours``, ``35%`` or ``$4.2k`` becomes a plain number, once.

Inside the package a duration is float64 minutes, a share lies in [0, 1] and money is in the plan's currency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import core_schema

GRID_PER_MINUTE = float(2**20)
MAX_SPAN_MINUTES = 100 * 525_960.0
WALL_MINUTES = {"minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 10080.0, "month": 43830.0}
_UNIT_NAMES = {
    "min": "minute", "mins": "minute", "minute": "minute", "minutes": "minute",
    "h": "hour", "hour": "hour", "hours": "hour", "d": "day", "day": "day", "days": "day",
    "week": "week", "weeks": "week", "month": "month", "months": "month",
}  # fmt: skip
_NUMBER = r"([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_SPAN = re.compile(rf"^\s*{_NUMBER}\s*((?:business|working)\s+|work\s*)?([a-z]+)\s*$")
_PERCENT = re.compile(rf"^\s*([+-]?){_NUMBER}\s*%\s*$")
_MARK = r"([^\W\d_]{1,3}\$?|[^\w\s.,+-]{1,3})?"
_AMOUNT = re.compile(
    rf"^\s*(-?)\s*{_MARK}\s*([0-9]{{1,3}}(?:[,\s][0-9]{{3}})+(?:\.[0-9]+)?|{_NUMBER})\s*(?:(k|m|bn)(?![a-z]))?\s*{_MARK}\s*$",
    re.IGNORECASE,
)
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
MAX_MONEY = 1e15
_CLOCK = re.compile(r"^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$")


def to_grid(minutes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Round minutes to the time grid of 2⁻²⁰ minutes, so that sums of times are exact (half to even)."""
    rounded: npt.NDArray[np.float64] = np.rint(np.asarray(minutes, dtype=np.float64) * GRID_PER_MINUTE)
    return rounded / GRID_PER_MINUTE


def grid(minutes: float) -> float:
    """Round one number of minutes to the time grid; the scalar twin of :func:`to_grid`."""
    return round(minutes * GRID_PER_MINUTE) / GRID_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time with the clock it is measured on.

    Parameters
    ----------
    amount
        How many units.
    unit
        ``minute``, ``hour``, ``day``, ``week`` or ``month`` (1/12 of a year, wall clock only).
    business
        True for the contract's business clock, False for the wall clock the buyer lives by.
    """

    amount: float
    unit: str
    business: bool = False

    def minutes(self, business_minutes: Mapping[str, float]) -> float:
        """Return the minutes on this span's own clock, where each unit has so many minutes of business time."""
        return grid(self.amount * (business_minutes if self.business else WALL_MINUTES)[self.unit])

    def __str__(self) -> str:
        plural = "" if self.amount == 1 else "s"
        amount = repr(self.amount).removesuffix(".0")
        return f"{amount} {'business ' if self.business else ''}{self.unit}{plural}"

    @classmethod
    def parse(cls, value: object) -> Span:
        """Read ``6 business hours``, ``10 working days`` or ``90 min``; raise ValueError with the rule otherwise."""
        if isinstance(value, Span):
            return value
        match = _SPAN.match(value) if isinstance(value, str) else None
        unit = _UNIT_NAMES.get(match[3]) if match else None
        if match is None or unit is None:
            raise ValueError("must be a number with a unit of time, such as '6 business hours', '12 days' or '10 min'")
        if match[2] and unit == "month":
            raise ValueError("a business span is counted in minutes, hours, days or weeks")
        if float(match[1]) * WALL_MINUTES[unit] > MAX_SPAN_MINUTES:
            raise ValueError("is too long; a span has at most 100 years")
        return cls(float(match[1]), unit, bool(match[2]))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "examples": ["6 business hours", "12 days", "10 min"]}


def _elapsed_minutes(value: object) -> float:
    span = Span.parse(value)
    if span.business:
        raise ValueError("is elapsed time, so it takes no business clock; write for example '10 min' or '2 days'")
    return span.minutes(WALL_MINUTES)


def share_text(share: float) -> str:
    """Return a share that somebody chose as it is typed, such as ``90%`` or ``97.5%``."""
    return f"{100.0 * share:.4g}%"


def as_share(value: object) -> object:
    """Read ``35%`` or 0.35 as a share; raise ValueError with the rule otherwise."""
    if isinstance(value, str) and (match := _PERCENT.match(value)):
        number = float(match[2]) / 100.0
        return -number if match[1] == "-" else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a share, such as '35%' or 0.35")
    if value > 1:
        hint = f"; for a percentage write '{value:g}%'" if value <= 100 else ", that is at most 100%"
        raise ValueError(f"must be a share between 0 and 1{hint}")
    return value


def parse_amount(value: object) -> tuple[float, str] | None:
    """Read ``$4.2k``, ``NOK 850,000`` or ``164`` as an amount and the sign or code of its currency, if it has one.

    Returns
    -------
    tuple or None
        None where the value is no amount, or can be read in two ways, as ``kr 850.000``.
    """
    if isinstance(value, InDoubt):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, ""
    match = _AMOUNT.match(value) if isinstance(value, str) else None
    if match is None or (match[2] and match[6]) or _in_doubt(match[3], match[5]):
        return None
    amount = round(float(re.sub(r"[,\s]", "", match[3])) * _SCALES[(match[5] or "").lower()], 6)
    return (-amount if match[1] else amount), match[2] or match[6] or ""


def _in_doubt(number: str, scale: str | None) -> bool:
    """Tell whether a point may part thousands: nobody says an amount of money to three decimals."""
    return scale is None and _THOUSANDS.fullmatch(number) is not None


class InDoubt(float):
    """A number that somebody wrote like ``850.000``: as an amount of money it can be read in two ways.

    No program writes the last zero, so what this package writes is never in doubt.
    """

    @classmethod
    def read(cls, text: str) -> float:
        """Return a number as it is written, in doubt where a point may part thousands."""
        return cls(text) if _THOUSANDS.fullmatch(text) and text[-1] == "0" else float(text)


def _amount(value: object) -> object:
    read = parse_amount(value)
    if isinstance(value, InDoubt):
        said = f"{value:.3f}"
        raise ValueError(f"{said} can be read in two ways; write {said.replace('.', ',')} or {value:g}")
    if read is None:
        raise ValueError("must be an amount of money, such as '$4.2k', 'NOK 850,000', '3.0m' or 164")
    if read[1] not in ("", "$", "USD"):
        raise ValueError(f"is in '{read[1]}', which is no currency that this plan knows")
    return read[0]


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    return value


def _whole(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise ValueError("must be a whole number")
    return int(value)


def parse_hours(value: object) -> tuple[int, int]:
    """Read ``09:00-17:30`` as minutes since local midnight; ``24:00`` closes a day."""
    if isinstance(value, tuple):
        value = hours_text(value)
    match = _CLOCK.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a time of day from-to, such as '09:00-17:00'")
    opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if int(match[2]) > 59 or int(match[4]) > 59 or closes > 1440:
        raise ValueError("must lie between 00:00 and 24:00")
    if closes == 0 < opens:
        raise ValueError(f"closes at midnight, which is written 24:00: {match[1]}:{match[2]}-24:00")
    if closes < opens:
        raise ValueError("must not close before it opens; split a night shift at midnight")
    return opens, closes


def hours_text(hours: tuple[int, int]) -> str:
    """Return minutes since local midnight as :func:`parse_hours` reads them."""
    return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in hours)


def _either(*examples: str | float) -> WithJsonSchema:
    """Tell an editor that a number or a text with its unit will do."""
    return WithJsonSchema({"type": ["number", "string"], "examples": list(examples)})


def _some_time(span: Span) -> Span:
    if span.amount <= 0:
        raise ValueError("must be longer than no time at all")
    return span


Limit = Annotated[Span, AfterValidator(_some_time)]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Ratio = Annotated[float, BeforeValidator(_number), Field(ge=0, le=20, allow_inf_nan=False)]
NotNegative = Annotated[float, BeforeValidator(_number), Field(ge=0, allow_inf_nan=False)]
Factor = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1e6, allow_inf_nan=False)]
Positive = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0)]
Share = Annotated[float, BeforeValidator(as_share), Field(ge=0, le=1, allow_inf_nan=False), _either("35%", 0.35)]
Money = Annotated[
    float, BeforeValidator(_amount), Field(allow_inf_nan=False), Field(ge=0, le=MAX_MONEY), _either("$4.2k", 4200)
]
Minutes = Annotated[
    float,
    BeforeValidator(_elapsed_minutes),
    PlainSerializer(lambda minutes: f"{minutes!r} min", return_type=str),
    WithJsonSchema({"type": "string", "examples": ["10 min", "2 days"]}),
]
Hours = Annotated[
    tuple[int, int],
    BeforeValidator(parse_hours),
    PlainSerializer(hours_text, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["09:00-17:00"]}),
]
