"""How old leads are when they are called, and where in the week they wait."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarketing_sim.engine import simulate
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.ledger import OUTCOMES, REASONS
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.response import (
    ResponseSums,
    WaitingSums,
    called_within,
    quantiles,
    waiting_by_hour,
    waiting_by_month,
)
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.due_times import after
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import small_scenarios
from tests.measure.ledgers import at, lead, make_case, office

HOUR = 60.0


def test_response_runs_from_handoff_in_business_time_and_from_the_mql_on_the_wall_clock() -> None:
    scenario = office()
    friday, monday = at(scenario, "2024-01-05 16:30"), at(scenario, "2024-01-08 10:00")
    leads = [lead(friday, mql_at=friday - 10, created_at=friday - 10), lead(friday)]
    sums = ResponseSums.of(make_case(scenario, leads, [{"lead_id": 0, "started_at": monday}]))
    assert np.concatenate(sums.business_minutes).tolist() == [90.0, np.inf]
    assert np.concatenate(sums.wall_minutes).tolist() == [monday - friday + 10, np.inf]


def test_where_no_hour_is_open_nobody_is_called_within_no_time_at_all() -> None:
    scenario = make_scenario({"calendar.hours": {"mon": []}, "sales.sdr.shift": {"mon": []}})
    [year] = Simulation(1).run(scenario).measures
    assert year.headline["handed_count"] > 0
    assert year.headline["response_business_p50_minutes"] == year.headline["response_wall_p50_minutes"] == np.inf


def test_the_delay_of_the_system_is_told_apart() -> None:
    scenario = office()
    handed = at(scenario, "2024-01-05 16:30")
    leads = [lead(handed, mql_at=handed - delay, created_at=0.0) for delay in (10, 30)]
    assert ResponseSums.of(make_case(scenario, leads)).system_delay_minutes == 20
    assert np.isnan(ResponseSums.of(make_case(scenario, [])).system_delay_minutes)


def test_leads_never_called_make_quantiles_older_instead_of_vanishing() -> None:
    minutes = np.array([1.0, 2.0, np.inf, np.inf])
    assert quantiles(minutes) == (2.0, np.inf)
    assert np.isnan(quantiles(np.array([]))).all()
    assert called_within(minutes, np.array([0.0, 1.0, 1.5, 9.0])).tolist() == [0.0, 0.25, 0.25, 0.5]
    assert np.isnan(called_within(np.array([]), np.array([1.0]))).all()


@given(st.lists(st.floats(0, 1e6) | st.just(np.inf), min_size=1), st.floats(0, 1))
def test_a_quantile_is_the_inverse_of_the_share_called(minutes: list[float], prob: float) -> None:
    rising = np.sort(minutes)
    assert quantiles(rising, (prob,)) == (np.quantile(rising, prob, method="inverted_cdf"),)


def test_the_black_hole_is_thirty_days_without_a_response() -> None:
    scenario = office()
    handed = at(scenario, "2024-01-03 10:00")
    limit = handed + 30 * 1440
    calls = [{"lead_id": 0, "started_at": limit}, {"lead_id": 1, "started_at": limit + 1}]
    leads = [lead(handed), lead(handed), lead(handed), lead(limit + 1)]  # the last is not due yet
    sums = ResponseSums.of(make_case(scenario, leads, calls, ends_at=limit + 10))
    assert sums.never_called_share == pytest.approx(2 / 3)
    assert np.isnan(ResponseSums.of(make_case(scenario, [])).never_called_share)


def test_attempts_made_is_the_share_with_at_least_so_many() -> None:
    scenario = office(sales__sdr__cadence={"max_attempts": 3, "gaps": ["1 day"]})
    handed = at(scenario, "2024-01-03 10:00")
    calls = [
        {"lead_id": who, "attempt": n, "started_at": handed + n}
        for who, most in ((0, 1), (1, 3))
        for n in range(1, most + 1)
    ]
    case = make_case(scenario, [lead(handed)] * 4, calls)
    assert ResponseSums.of(case).attempts_made.tolist() == [1.0, 0.5, 0.25, 0.25]
    assert np.isnan(ResponseSums.of(make_case(scenario, [])).attempts_made).tolist() == [True] * 4


def waiting(case: Case) -> tuple[np.ndarray, np.ndarray]:
    return waiting_by_hour(case, case.total(WaitingSums.of))


def test_a_waiting_lead_is_counted_for_the_minutes_it_waits() -> None:
    scenario = office(sales__sdr__cadence={"max_attempts": 2, "gaps": ["1 day"]})
    monday = at(scenario, "2024-01-08 09:45")
    calls = [
        {"lead_id": 0, "due_at": monday, "started_at": monday + 75},
        {"lead_id": 0, "attempt": 2, "due_at": monday + 1440, "started_at": monday + 1455},
    ]
    new, retries = waiting(make_case(scenario, [lead(monday)], calls))
    weeks = np.full(168, 60 / 7)
    weeks[: 4 * 24], weeks[4 * 24 :] = 9, 8  # 60 days, from a Monday on
    assert (new * weeks)[8:12].tolist() == pytest.approx([0.0, 0.25, 1.0, 0.0])
    assert (retries * weeks)[24 + 8 : 24 + 11].tolist() == pytest.approx([0.0, 0.25, 0.0])
    assert (new * weeks).sum() == pytest.approx(1.25)


def test_a_lead_waits_in_the_months_in_which_it_waits_and_a_month_has_its_own_hours() -> None:
    scenario = office(sales__sdr__cadence={"max_attempts": 2, "gaps": ["1 day"]})
    joins, called = at(scenario, "2024-01-31 12:00"), at(scenario, "2024-02-01 18:00")
    calls = [{"lead_id": 0, "due_at": joins, "started_at": called, "ended_at": called}]
    case = make_case(scenario, [lead(joins, connected_at=called, qualified_at=called)], calls)
    new, retries = waiting_by_month(case, case.total(WaitingSums.of))
    assert new.tolist() == pytest.approx([12 / (31 * 24), 18 / (29 * 24)])
    assert retries.tolist() == [0.0, 0.0]


def test_follow_ups_that_are_never_made_are_waiting_all_the_same() -> None:
    scenario = office(sales__sdr__cadence={"max_attempts": 2, "gaps": ["1 day"]})
    monday = at(scenario, "2024-01-08 09:00")
    end = at(scenario, "2024-03-01 00:00")
    leads = [
        lead(monday),
        lead(monday, outcome="lost", reason="gone_cold", resolved_at=monday + 1440 + 120),
        lead(monday, connected_at=monday + 10, qualified_at=monday + 10),  # open, but nobody is to call
    ]
    calls = [{"lead_id": n, "started_at": monday, "ended_at": monday} for n in range(3)]
    _, retries = waiting(make_case(scenario, leads, calls))
    weeks = np.full(168, 8.0)
    weeks[: 4 * 24] = 9
    assert (retries * weeks).sum() == pytest.approx((end - monday - 1440) / 60 + 2)


def naive_waits(case: Case) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(joined, left) of new leads and of follow-ups, one lead at a time."""
    new: list[tuple[float, float]] = []
    retries: list[tuple[float, float]] = []
    cadence, business = case.scenario.sales.sdr.cadence, case.scenario.calendar.business_minutes
    calls = [dict(zip(case.attempts, cells, strict=True)) for cells in zip(*case.attempts.values(), strict=True)]
    for cells in zip(*case.leads.values(), strict=True):
        row = dict(zip(case.leads, cells, strict=True))
        mine = [c for c in calls if c["lead_id"] == row["lead_id"] and not c["automatic"]]
        for call in mine:
            (new if call["attempt"] == 1 else retries).append((call["due_at"], call["started_at"]))
        left = case.ends_at if np.isnan(row["resolved_at"]) else min(row["resolved_at"], case.ends_at)
        if not mine and not np.isnan(row["handed_at"]):
            new.append((row["handed_at"], left))
        is_open = OUTCOMES[row["outcome"]] == "open" or row["reason"] == REASONS.index("gone_cold")
        if mine and is_open and np.isnan(row["connected_at"]) and len(mine) < cadence.max_attempts:
            ended = max(c["ended_at"] for c in mine)
            due = float(after(ended, cadence.gap(len(mine)), calendar=case.contract, business_minutes=business))
            retries.append((due, left))
    return new, retries


@settings(max_examples=30)
@given(small_scenarios(), st.integers(0, 3))
def test_the_hours_of_the_week_add_up_to_every_minute_that_leads_wait(overrides: Overrides, seed: int) -> None:
    """Little's law as an identity: number waiting x time = waits, and hour by hour a naive integral."""
    scenario = make_scenario(overrides)
    case = case_of(simulate(scenario, sample_demand(scenario, seed=seed)), scenario)
    starts, ends = case.line.horizon_starts_at, case.line.horizon_ends_at
    hours = np.arange(starts, ends, 60.0)
    of_week = case.line.hour_of_week(hours)
    for measured, waits in zip(waiting(case), naive_waits(case), strict=True):
        if not len(hours):
            assert np.isnan(measured).all()
            continue
        expected = np.zeros(168)
        for hour, which in zip(hours.tolist(), of_week.tolist(), strict=True):
            expected[which] += sum(
                max(min(b, hour + 60) - max(a, hour), 0.0) for a, b in waits if a < hour + 60 and b > hour
            )
        weeks = np.bincount(of_week, minlength=168)
        np.testing.assert_allclose(measured * weeks * 60.0, expected, atol=1e-3)
        total = sum(max(min(b, ends) - max(a, starts), 0.0) for a, b in waits)
        assert float((measured * weeks).sum()) * 60.0 == pytest.approx(total, abs=1e-2)
    edges = case.line.month_starts_at
    if len(hours):
        by_month = waiting_by_month(case, case.total(WaitingSums.of)) * np.diff(edges)
        for minutes, waits in zip(by_month, naive_waits(case), strict=True):
            naive = [sum(max(min(b, e) - max(a, s), 0.0) for a, b in waits) for s, e in pairwise(edges)]
            np.testing.assert_allclose(minutes, naive, atol=60.0, rtol=1e-3)
