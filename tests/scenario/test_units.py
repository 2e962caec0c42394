from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from smarketing_sim.scenario.units import (
    GRID_PER_MINUTE,
    Count,
    Hours,
    Minutes,
    Money,
    Share,
    Span,
    grid,
    parse_hours,
    to_grid,
)

OFFICE = {"minute": 1.0, "hour": 60.0, "day": 480.0, "week": 2400.0}
UNITS = ("minute", "hour", "day", "week", "month")
spans = st.builds(Span, st.floats(0, 1e3, allow_nan=False), st.sampled_from(UNITS[:4]), st.booleans()) | st.builds(
    Span, st.floats(0, 1e3, allow_nan=False), st.sampled_from(UNITS)
)


def value_of(kind: object, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


def text_of(kind: object, value: object) -> object:
    return TypeAdapter(kind).dump_python(value, mode="json")


@given(spans)
def test_a_span_keeps_every_digit_when_written_and_read_again(span: Span) -> None:
    assert Span.parse(str(span)) == span


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_two_spans_that_differ_are_written_differently(one: int, other: int) -> None:
    assert (str(Span(float(one), "minute")) == str(Span(float(other), "minute"))) == (one == other)


@given(st.floats(0, 1e7, allow_nan=False))
def test_elapsed_minutes_survive_a_document(minutes: float) -> None:
    on_grid = grid(minutes)
    assert value_of(Minutes, text_of(Minutes, on_grid)) == on_grid


@given(st.integers(0, 1440), st.integers(0, 1440))
def test_opening_hours_survive_a_document(one: int, other: int) -> None:
    hours = (min(one, other), max(one, other))
    assert value_of(Hours, text_of(Hours, hours)) == hours == value_of(Hours, hours)


@given(st.floats(0, 1e9, allow_nan=False))
def test_the_grid_has_a_scalar_and_an_array_form_that_agree(minutes: float) -> None:
    assert to_grid(minutes) == grid(minutes)
    assert grid(minutes) * GRID_PER_MINUTE == round(grid(minutes) * GRID_PER_MINUTE)
    assert abs(grid(minutes) - minutes) <= 0.5 / GRID_PER_MINUTE


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("6 business hours", 360),
        ("1 business day", 480),
        ("2 business weeks", 4800),
        ("90 min", 90),
        ("12 days", 17280),
        ("1 week", 10080),
        ("1 month", 43830),
        ("1.5h", 90),
        ("0 min", 0),
        ("1e1 hours", 600),
        (" 3  business  days ", 1440),
        ("10 working days", 4800),
        ("1 working day", 480),
        ("6 working hours", 360),
        ("1 working week", 2400),
        ("3 workdays", 1440),
        ("1 workday", 480),
    ],
)
def test_a_span_has_the_minutes_of_its_own_clock(text: str, minutes: float) -> None:
    assert Span.parse(text).minutes(OFFICE) == minutes


@pytest.mark.parametrize(
    "value",
    [
        "6",
        6,
        6.0,
        "six hours",
        "6 hour s",
        "-6 hours",
        "+6 hours",
        "6 fortnights",
        "business hours",
        "6 business months",
        "6 working months",
        "6 working business days",
        "6 work",
        "",
        None,
        True,
        [6, "hours"],
        "6,5 hours",
        "1_000 min",
        "0x10 min",
        "6 Hours",
        "nan min",
        "inf days",
        "1e400 days",
        "1e9 days",
        "1e300 business days",
        "6 hours 30 minutes",
        "٦ hours",
        "6 hours\n7 hours",
    ],
)
def test_a_span_without_one_plain_meaning_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"unit of time|business span|too long"):
        Span.parse(value)


def test_elapsed_time_takes_no_business_clock() -> None:
    with pytest.raises(ValidationError, match="no business clock"):
        value_of(Minutes, "2 business hours")


@pytest.mark.parametrize(
    ("value", "share"),
    [("35 %", 0.35), ("35%", 0.35), ("0 %", 0.0), ("100 %", 1.0), ("0.5 %", 0.005), (0.35, 0.35), (1, 1.0), (0, 0.0)],
)
def test_a_share_is_read_with_or_without_its_sign(value: object, share: float) -> None:
    assert value_of(Share, value) == share


@pytest.mark.parametrize(
    "value", ["35", "101 %", "-1 %", -0.1, 35, 1.01, True, None, "half", "35 percent", [0.5], float("nan")]
)
def test_a_share_outside_zero_to_one_or_without_its_sign_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        value_of(Share, value)


def test_a_whole_number_for_a_share_is_told_how_to_write_a_percentage() -> None:
    with pytest.raises(ValidationError, match="write '35%'"):
        value_of(Share, 35)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("$4.2k", 4200.0),
        ("$3.0m", 3e6),
        ("$14k", 14000.0),
        ("14K", 14000.0),
        ("164", 164.0),
        (164, 164.0),
        ("$ 5", 5.0),
        ("5 USD", 5.0),
        ("$1,000", 1000.0),
        ("$12,500.5", 12500.5),
        ("1 250 000", 1.25e6),
        ("$2.5bn", 2.5e9),
        ("$4.250k", 4250.0),
    ],
)
def test_money_is_read_as_people_write_it(value: object, amount: float) -> None:
    assert value_of(Money, value) == amount


@pytest.mark.parametrize(
    "value",
    [
        "€5",
        "$1,00",
        "$1,0000",
        "$4.250",
        "1,3",
        "$5 USD",
        "$-5",
        "-$5",
        -5,
        "5b",
        "$",
        "",
        None,
        True,
        "$1e400",
        "five",
        float("inf"),
    ],
)
def test_money_of_another_kind_or_below_zero_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        value_of(Money, value)


@pytest.mark.parametrize("value", [1.5, "8", True, None, -1, float("inf"), float("nan"), [8]])
def test_a_count_is_a_whole_number_from_zero(value: object) -> None:
    with pytest.raises(ValidationError):
        value_of(Count, value)


@pytest.mark.parametrize(
    "value",
    [
        "9-17",
        "09:00",
        "09:00-25:00",
        "09:60-10:00",
        "17:00-09:00",
        "22:00-06:00",
        540,
        None,
        ["09:00", "17:00"],
        [540, 1020],
        [None, None],
        "24:01-24:02",
        "09:00 to 17:00",
    ],
)
def test_opening_hours_that_are_no_stretch_of_one_day_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"time of day|between|close before"):
        parse_hours(value)


def test_a_day_that_closes_at_midnight_is_told_how_that_is_written() -> None:
    with pytest.raises(ValueError, match="is written 24:00: 22:00-24:00"):
        parse_hours("22:00-00:00")
    assert parse_hours("22:00-24:00") == (1320, 1440)
    assert parse_hours("00:00-00:00") == (0, 0)
