"""Numbers in a reader's words: money, shares, spans of time, ranges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.currency import DOLLARS, currency_name

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
_told_in = DOLLARS


def tell_money_in(currency: str) -> None:
    """Let every amount from here on be told in a currency: what one process tells is the money of one plan."""
    global _told_in  # noqa: PLW0603 - every sentence of a page or an answer says amounts in one currency
    _told_in = currency


def money_mark() -> str:
    """Return what stands before an amount, such as ``$`` or ``NOK`` and a space."""
    return _SIGNS.get(_told_in, f"{_told_in} ")


def money_unit() -> str:
    """Return the unit of amounts for an axis or a caption, such as ``US dollars``."""
    return currency_name(_told_in)


def money(amount: float | None) -> str:
    """Return money with three significant figures at most, such as $2.4m, $310 or NOK 2.4m."""
    if amount is None or not math.isfinite(amount):
        return "–"
    size = abs(amount)
    mark = ("−" if round(amount) < 0 else "") + money_mark()
    for scale, name in ((1e9, "bn"), (1e6, "m")):
        if size >= 0.9995 * scale:
            text = f"{size / scale:.2f}" if size < 9.995 * scale else f"{size / scale:,.1f}"
            return f"{mark}{text[:-1] if text.endswith('0') and size < 9.995 * scale else text}{name}"
    return f"{mark}{size / 1e3:,.0f}k" if size >= 9_950 else f"{mark}{size:,.0f}"


def gain(amount: float | None) -> str:
    """Return a difference in money with its sign, such as +$1.3m."""
    text = money(amount)
    return f"+{text}" if amount is not None and amount > 0.0 and round(amount) != 0 else text


def lower_first(text: str) -> str:
    """Return words as they stand inside a sentence."""
    return text[:1].lower() + text[1:]


def readable(name: str) -> str:
    """Return a name of a scenario for people: ``demo_request`` is ``Demo request``."""
    return name.replace("_", " ").capitalize()


def few(count: float) -> str:
    """Return a mean count; below ten with a tenth."""
    return f"{count:,.0f}" if count >= 10 else f"{count:.1f}"


def upper_first(text: str) -> str:
    """Return words as they stand at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def percent(share: float | None) -> str:
    """Return a share in per cent; one decimal where a whole number would hide a difference from 0 or 100."""
    if share is None or math.isnan(share):
        return "–"
    if math.isinf(share):
        return "without limit"
    points = 100.0 * share
    edge = 0 < abs(points) < 0.95 or 99.05 < points < 100
    return signed(f"{points:.1f}" if edge else f"{points:.0f}") + "%"


def points(share: float | None, *, decimals: int = 1) -> str:
    """Return a difference of two shares in percentage points, without its sign where it is a gain."""
    if share is None or math.isnan(share):
        return "–"
    return signed(f"{100.0 * share:.{decimals}f}") + " points"


def more_points(share: float | None, *, decimals: int = 1) -> str:
    """Return a difference of two shares in percentage points, with its sign, such as ``+1.2 points``."""
    text = points(share, decimals=decimals)
    return f"+{text}" if share is not None and share > 0.0 and text.strip("0. points") else text


def span(minutes: float | None) -> str:
    """Return minutes in the unit a reader would use."""
    if minutes is None or math.isnan(minutes):
        return "–"
    if math.isinf(minutes):
        return "never"
    if abs(minutes) < 89.5:
        return signed(f"{minutes:.0f}") + (" minute" if round(abs(minutes)) == 1 else " minutes")
    return (
        signed(f"{minutes / 60:.1f}") + " hours"
        if abs(minutes) < 71.95 * 60
        else signed(f"{minutes / 1440:.1f}") + " days"
    )


def business_span(minutes: float | None) -> str:
    """Return minutes of business time as a reader would say them: in hours, for days of it differ by company."""
    is_long = minutes is not None and math.isfinite(minutes) and abs(minutes) >= 71.95 * 60
    return signed(f"{minutes / 60:,.0f}") + " hours" if minutes is not None and is_long else span(minutes)


def wait(minutes: float | None) -> str:
    """Return minutes of business time that somebody waits; nobody is called in no time at all."""
    return "less than a minute" if minutes is not None and 0.0 <= minutes <= 0.5 else business_span(minutes)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 simulated year`` or ``200 simulated years``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def range_of(interval: Interval, show: object) -> str:
    """Return the range of an interval, or say why there is none."""
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return "no range"
    return f"{show(interval.low)} to {show(interval.high)}"  # type: ignore[operator]


def months(kept: Interval, total: int) -> str:
    """Return a share of months as months of a number of months, in tenths: ``10.7 of 12``; all and none are whole."""
    if not math.isfinite(kept.mean):
        return "no case"
    return f"{_months(kept.mean, total)} of {total}"


def month_range(kept: Interval, total: int) -> str:
    """Return the range of a share of months in tenths of months, such as ``10.5–10.9``."""
    if not (math.isfinite(kept.low) and math.isfinite(kept.high)):
        return "no range"
    low, high = _months(kept.low, total), _months(kept.high, total)
    return low if low == high else f"{low}–{high}"


def _months(share: float, total: int) -> str:
    return f"{share * total:.0f}" if share in (0.0, 1.0) else f"{share * total:.1f}"


def signed(number: str) -> str:
    """Return a formatted number with a true minus sign, and none on a zero."""
    return number.replace("-", "−" if number.strip("-0.") else "")


def ranged(interval: Mapping[str, float | None], show: Callable[[float | None], str]) -> str:
    """Return a number with its range, or say that there is no case."""
    if interval["mean"] is None:
        return "no case"
    if interval["low"] is None:
        return f"{show(interval['mean'])} (no range)"
    return f"{show(interval['mean'])} ({show(interval['low'])} to {show(interval['high'])})"
