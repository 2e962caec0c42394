"""Numbers in a reader's words, on the page and in the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from smarketing_sim.cli.text.terminal import compare_text, run_text
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.words.numbers import (
    business_span,
    gain,
    money,
    money_unit,
    month_range,
    months,
    percent,
    range_of,
    ranged,
    span,
    wait,
)
from smarketing_sim.words.settling import backlog_words, unsettled_words

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0.0, "$0"), (310.4, "$310"), (999.6, "$1,000"), (9_949.0, "$9,949"), (9_951.0, "$10k"), (999_499.0, "$999k"),
        (999_501.0, "$1.0m"), (2_400_000.0, "$2.4m"), (2_450_000.0, "$2.45m"), (12_340_000.0, "$12.3m"),
        (999_400_000.0, "$999.4m"), (1_234_500_000.0, "$1.23bn"), (-0.3, "$0"), (-310.0, "−$310"), (-2.4e6, "−$2.4m"),
        (None, "–"), (NAN, "–"), (INF, "–"),
    ],
)  # fmt: skip
def test_money_shows_three_figures_and_a_true_minus(usd: float | None, text: str) -> None:
    assert money(usd) == text


@pytest.mark.parametrize(
    ("currency", "texts", "unit"),
    [
        ("NOK", ("NOK 850k", "−NOK 310", "+NOK 2.4m"), "Norwegian kroner"),
        ("EUR", ("€850k", "−€310", "+€2.4m"), "euros"),
        ("GBP", ("£850k", "−£310", "+£2.4m"), "British pounds"),
        ("CAD", ("CAD 850k", "−CAD 310", "+CAD 2.4m"), "Canadian dollars"),
    ],
)
def test_money_is_told_in_the_currency_of_the_plan(
    money_in: Callable[[str], None], currency: str, texts: tuple[str, str, str], unit: str
) -> None:
    money_in(currency)
    assert (money(850_000.0), money(-310.0), gain(2.4e6)) == texts
    assert money_unit() == unit


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"), (1.0, "100%"), (0.5, "50%"), (0.004, "0.4%"), (0.0094, "0.9%"), (0.0096, "1%"),
        (0.991, "99.1%"),
        (0.9904, "99%"), (1.42, "142%"), (-0.05, "−5%"), (-0.004, "−0.4%"), (-0.00001, "0.0%"),
        (None, "–"), (NAN, "–"),
        (INF, "without limit"),
    ],
)  # fmt: skip
def test_percent_never_rounds_a_share_to_none_or_all(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0.0, "0 minutes"), (1.0, "1 minute"), (45.4, "45 minutes"), (89.4, "89 minutes"), (90.0, "1.5 hours"),
        (360.0, "6.0 hours"), (4_319.0, "3.0 days"), (4_320.0, "3.0 days"), (-30.0, "−30 minutes"),
        (-180.0, "−3.0 hours"),
        (-0.2, "0 minutes"), (-14_400.0, "−10.0 days"), (None, "–"), (NAN, "–"), (INF, "never"),
    ],
)  # fmt: skip
def test_a_span_is_told_in_the_unit_that_a_reader_would_use(minutes: float | None, text: str) -> None:
    assert span(minutes) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (45.4, "45 minutes"), (360.0, "6.0 hours"), (4_317.0, "72 hours"), (4_800.0, "80 hours"),
        (-120_000.0, "−2,000 hours"), (None, "–"), (NAN, "–"), (INF, "never"),
    ],
)  # fmt: skip
def test_business_time_is_never_told_in_days_of_24_hours(minutes: float | None, text: str) -> None:
    assert business_span(minutes) == text


def test_a_range_that_is_unknown_is_said_to_be_unknown() -> None:
    assert range_of(Interval(0.5, 0.25, 0.75), percent) == "25% to 75%"
    assert range_of(Interval(0.5, NAN, NAN), percent) == "no range"
    assert range_of(Interval(INF, INF, INF), span) == "no range"


def test_shares_of_months_are_told_in_tenths_and_all_or_none_as_a_whole() -> None:
    """Lost, 10.7 of 12 reads as 11, and a promise kept in 89% of months as one kept in nine of ten."""
    assert months(Interval(0.5, 0.25, 0.75), 12) == "6.0 of 12"
    assert months(Interval(0.225, 0.21, 0.24), 12) == "2.7 of 12"
    assert months(Interval(0.89, NAN, NAN), 12) == "10.7 of 12"
    assert months(Interval(1.0, 0.9, 1.0), 12) == "12 of 12"
    assert month_range(Interval(0.5, 0.25, 0.75), 12) == "3.0–9.0"
    assert month_range(Interval(1.0, 0.99, 1.0), 12) == "11.9–12"
    assert month_range(Interval(0.0, 0.0, 0.0), 12) == "0"
    assert month_range(Interval(0.5, NAN, NAN), 12) == "no range"


def _interval(mean: float | None, low: float | None = None, high: float | None = None) -> dict[str, float | None]:
    return {"mean": mean, "low": low, "high": high}


def _stability(verdict: str, *, growth: float = 106.4, lost: str | None = None) -> dict[str, Any]:
    trend = _interval(growth, 0.9 * growth, 1.1 * growth)
    return {"verdict": verdict, "growth_per_month": trend, "left_behind_share": 0.18, "promise_lost_from": lost}


@pytest.mark.parametrize(
    ("stability", "told"),
    [
        (_stability("steady"), "steady: the backlog does not grow over the year, or hardly"),
        (_stability("unknown"), "unknown: that takes at least four months and two simulated years"),
        (
            _stability("filling", lost="2026-11"),
            "filling: the backlog grows by 106 leads a month (96 to 117), 18% of those handed over, and sales’ "
            "promises are lost from November 2026 on",
        ),
        (_stability("filling", growth=0.6), "filling: the backlog grows by 0.6 leads a month (0.5 to 0.7)"),
    ],
)
def test_the_backlog_is_told_with_its_trend_and_when_the_promise_is_lost(stability: Any, told: str) -> None:
    assert backlog_words(stability) == told
    assert unsettled_words(stability) == ""


def test_a_plan_that_does_not_settle_says_so_in_the_first_line() -> None:
    answer = _run_answer(stability=_stability("not settling", lost="2026-04"))
    assert run_text(answer).splitlines()[0] == (
        "This plan does not settle: the backlog grows by 106 leads a month (96 to 117), 18% of those handed over, and "
        "sales’ promises are lost from April 2026 on."
    )
    assert run_text(_run_answer()).startswith("Plan")


def _run_answer(**changes: object) -> dict[str, object]:
    nothing = _interval(None)
    clause = {
        "id": "sla.speed", "promised_by": "sales", "text": "first attempt", "attainment": _interval(0.8, 0.7, 0.9),
        "p_kept": _interval(0.5), "p_kept_year": nothing, "ceiling": None,
    }  # fmt: skip
    answer: dict[str, object] = {
        "scenario": "Plan [bold]x[/bold]", "replications": 3, "clauses": [clause], "p_all_kept": {"month": nothing},
        "goal": {"target": 3e6, "p_reached": _interval(0.2, 0.1, 0.3)},
        "revenue": {"expected": _interval(2e6, 1e6, 3e6), "booked": nothing, "one_year": None}, "contribution": nothing,
        "utilisation": {"sdr": nothing, "ae": nothing}, "load_check": {"planned": None, "with_early_stopping": None},
        "response_minutes": {"business": {"p50": nothing}, "wall": {"p50": nothing}},
        "stability": _stability("steady"), "measures": {"ae_wait_minutes": nothing, "faded_revenue": nothing},
    }  # fmt: skip
    return answer | changes


def test_the_terminal_shows_each_number_with_its_range_or_says_why_not() -> None:
    text = run_text(_run_answer())
    assert "80% (70% to 90%)" in text
    assert "50% (no range)" in text
    assert "no case" in text
    assert "$2.0m ($1.0m to $3.0m)" in text
    assert not any(word in text for word in ("nan", "None", "inf"))


def test_the_terminal_leaves_out_a_goal_that_nobody_set() -> None:
    assert "goal" in run_text(_run_answer())
    assert "goal" not in run_text(_run_answer(goal={"target": None, "p_reached": _interval(None)}))


def test_the_terminal_shows_one_year_only_where_it_is_known() -> None:
    revenue = {"expected": _interval(1e6), "booked": _interval(1e6), "one_year": {"p10": 5e5, "p50": 1e6, "p90": 2e6}}
    assert "8 years in 10        $500k to $2.0m" in run_text(_run_answer(revenue=revenue))


def test_names_from_a_file_cannot_style_the_terminal() -> None:
    text = run_text(_run_answer(scenario="Plan [red]x[/red] [/b] :smile:"))
    assert "Plan [red]x[/red] [/b] :smile:" in text


def test_a_comparison_shows_each_measure_in_its_own_unit() -> None:
    def row(a: float | None, b: float | None, gap: dict[str, float | None]) -> dict[str, object]:
        return {"a": _interval(a), "b": _interval(b), "difference": gap}

    text = compare_text(
        {
            "a": {"scenario": "A"}, "b": {"scenario": "B"}, "replications": 4, "changed": [],
            "measures": {
                "expected_revenue": row(2e6, 1e6, _interval(-1e6, -2e6, -5e5)),
                "p50_minutes": row(600.0, 420.0, _interval(-180.0, -240.0, -120.0)),
                "won_count": row(1200.0, 1000.0, _interval(-200.0)),
                "share": row(0.5, None, _interval(None)),
            },
        }
    )  # fmt: skip
    lines = {line.split()[0]: " ".join(line.split()) for line in text.splitlines()[2:]}
    assert lines["expected_revenue"] == "expected_revenue $2.0m $1.0m −$1.0m −$2.0m to −$500k"
    assert lines["p50_minutes"] == "p50_minutes 10.0 hours 7.0 hours −3.0 hours −4.0 hours to −2.0 hours"
    assert lines["won_count"] == "won_count 1,200 1,000 −200 unknown"
    assert lines["share"] == "share 50% – – unknown"


def test_an_unknown_mean_is_no_case() -> None:
    assert ranged(_interval(None), percent) == "no case"


def test_a_share_of_months_without_a_case_is_told_as_such() -> None:
    assert months(Interval(NAN, NAN, NAN), 12) == "no case"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0.0, "less than a minute"), (0.5, "less than a minute"), (0.51, "1 minute"), (90.0, "1.5 hours"),
        (float("inf"), "never"), (None, "–"),
    ],
)  # fmt: skip
def test_a_wait_of_no_time_is_told_as_less_than_a_minute(minutes: float | None, told: str) -> None:
    """Lost, half of the leads are called within 0 minutes."""
    assert wait(minutes) == told
