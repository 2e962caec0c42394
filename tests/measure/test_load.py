"""How much work is planned, and how busy people are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarketing_sim.engine import simulate
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.load import (
    WORKING,
    WorkSums,
    ae_utilisation,
    expected_attempts,
    load_check,
    minutes_per_lead,
    planned_load,
    scheduled_minutes,
    sdr_utilisation,
)
from smarketing_sim.measure.theory import Twin, WaitSums, steady_team
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.builders import OFFICE_HOURS, Overrides, make_scenario
from tests.engine.scenarios import small_scenarios
from tests.measure.ledgers import at, lead, make_case, office

SELLING = 168 * 0.35 * 60
TEN = {"phone": {"preparation": "4 min", "no_answer": "6 min", "voicemail": "6 min", "talk": "6 min"}}


def test_the_same_words_ask_six_percent_or_a_hundred_and_forty_two() -> None:
    five = planned_load(leads_count=5, attempts=4, minutes_per_attempt=10, selling_minutes=SELLING)
    hundred = planned_load(leads_count=100, attempts=5, minutes_per_attempt=10, selling_minutes=SELLING)
    assert (round(100 * five), round(100 * hundred)) == (6, 142)


def test_stopping_at_a_connection_asks_for_a_hundred_and_nine() -> None:
    scenario = make_scenario({
        "marketing.reachable_share": 1.0, "sales.reach.connect_probs": [0.13], "sales.sdr.channels": TEN,
        "sales.sdr.cadence": {"max_attempts": 5, "gaps": ["1 day"]},
    })  # fmt: skip
    planned, with_stops = minutes_per_lead(scenario)
    assert planned == pytest.approx(50)
    load = planned_load(leads_count=100, attempts=1, minutes_per_attempt=with_stops, selling_minutes=SELLING)
    assert round(100 * load) == 109


def test_no_selling_time_is_an_infinite_load_unless_there_is_nothing_to_do() -> None:
    assert planned_load(leads_count=1, attempts=1, minutes_per_attempt=1, selling_minutes=0) == np.inf
    assert np.isnan(planned_load(leads_count=0, attempts=1, minutes_per_attempt=1, selling_minutes=0))


TWO_CHANNELS: Overrides = {
    "marketing.reachable_share": 0.8,
    "sales.reach.connect_probs": [0.4, 0.3, 0.2],
    "sales.sdr.channels": {
        "phone": {
            "preparation": "3 min",
            "no_answer": "4 min",
            "voicemail": "6 min",
            "voicemail_share": 0.5,
            "talk": "20 min",
        },
        "mail": {
            "preparation": "1 min",
            "no_answer": "2 min",
            "voicemail": "2 min",
            "talk": "5 min",
            "connect_factor": 0.5,
        },
    },
    "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["1 day"], "channels": ["phone", "mail", "phone"]},
}


def test_minutes_of_a_lead_follow_the_channel_of_each_attempt() -> None:
    scenario = make_scenario(TWO_CHANNELS)
    after_one, after_two = 0.8 * 0.6, 0.8 * 0.6 * 0.85
    assert expected_attempts(scenario).tolist() == pytest.approx([1.0, after_one + 0.2, after_two + 0.2])
    planned, with_stops = minutes_per_lead(scenario)
    assert planned == pytest.approx(8 + 3 + 8)
    talks = (0.8 * 0.4, after_one * 0.15, after_two * 0.2)
    silent = (1 - talks[0], after_one + 0.2 - talks[1], after_two + 0.2 - talks[2])
    assert with_stops == pytest.approx(
        talks[0] * 23 + silent[0] * 8 + talks[1] * 6 + silent[1] * 3 + talks[2] * 23 + silent[2] * 8
    )


def test_the_load_with_early_stopping_is_what_the_simulation_works_where_age_plays_no_part() -> None:
    scenario = make_scenario(TWO_CHANNELS | {"marketing.sources.web.leads_per_month": 1500, "sales.sdr.headcount": 2,
                                             "run.cool_down_weeks": 2})  # fmt: skip
    case = case_of(simulate(scenario, sample_demand(scenario, seed=3)), scenario)
    worked = case.attempts["ended_at"] - case.attempts["started_at"]
    handed = case.line.month_of(case.leads["handed_at"]) >= 0
    by_lead = np.bincount(
        np.searchsorted(case.leads["lead_id"], case.attempts["lead_id"]), weights=worked, minlength=len(handed)
    )
    mine = by_lead[handed]
    error = mine.std(ddof=1) / np.sqrt(len(mine))
    assert error <= 0.3
    assert abs(mine.mean() - minutes_per_lead(scenario)[1]) <= 4 * error


def busy(scenario: Scenario, **minutes: float) -> Case:
    """One rep with some minutes in each state, one after another on a Wednesday."""
    rows, now = [], at(scenario, "2024-01-03 09:00")
    for state, length in minutes.items():
        rows.append({"state": state.replace("_", " "), "started_at": now, "ended_at": now + length})
        now += length
    return make_case(scenario, [lead(at(scenario, "2024-01-03 08:00"))], rep_time=rows)


def test_utilisation_is_work_inside_the_schedule_over_the_time_meant_for_leads() -> None:
    minutes = {"idle": 300.0, "working": 100.0, "overtime": 40.0, "other_work": 80.0}
    assert sdr_utilisation(busy(office(), **minutes)) == pytest.approx(100 / 480)
    quarter = office(sales__sdr__marketing_time={"share": 0.25, "form": "interleaved"})
    assert scheduled_minutes(busy(quarter, **minutes)) == pytest.approx(120)
    assert sdr_utilisation(busy(quarter, **minutes)) == pytest.approx(100 / 120)
    # With blocks and a rota the hours that are not for leads are not in the rep's calendar at all.
    for form in ("blocks", "dedicated_rota"):
        scenario = office(sales__sdr__marketing_time={"share": 0.25, "form": form})
        assert sdr_utilisation(busy(scenario, **minutes)) == pytest.approx(100 / 480)


def test_every_rep_is_weighed_by_its_own_share() -> None:
    scenario = office(sales__sdr={"headcount": 2, "marketing_time": {"share": 0.5},
                                  "reps": {"2": {"marketing_time": {"share": 0.1}}}})  # fmt: skip
    t = at(scenario, "2024-01-03 09:00")
    rows = [{"rep_id": n, "state": "working", "started_at": t, "ended_at": t + 60} for n in (1, 2)]
    assert scheduled_minutes(make_case(scenario, [], rep_time=rows)) == pytest.approx(36)


def test_only_the_horizon_counts_and_a_stretch_across_its_edge_in_part() -> None:
    scenario = office(run__warm_up_weeks=1)
    start = at(scenario, "2024-01-01 00:00")
    rows = [{"state": "working", "started_at": start - 100, "ended_at": start + 20}]
    case = make_case(scenario, [], rep_time=rows)
    assert case.minutes_by_state[WORKING] == 20


def test_a_team_without_hours_has_no_utilisation() -> None:
    case = make_case(office(), [lead(at(office(), "2024-01-03 08:00"))])
    assert np.isnan(sdr_utilisation(case))
    assert load_check(case, case.total(WorkSums.of)) == (np.inf, np.inf)


@pytest.mark.parametrize("form", ["interleaved", "blocks", "dedicated_rota"])
def test_a_saturated_team_is_fully_used_whatever_the_form_of_its_time(form: str) -> None:
    scenario = make_scenario(
        {
            "calendar.hours": OFFICE_HOURS,
            "marketing.sources.web.leads_per_month": 4000,
            "sales.sdr.headcount": 5,
            "sales.sdr.marketing_time": {"share": 0.4, "form": form},
            "sales.sdr.channels.phone": {
                "preparation": "5 min",
                "no_answer": "7 min",
                "voicemail": "7 min",
                "talk": "7 min",
            },
        }
    )
    case = case_of(simulate(scenario, sample_demand(scenario, seed=1)), scenario)
    assert sdr_utilisation(case) == pytest.approx(1.0, abs=0.02)
    hours = 5 * 23 * 7 * 60 * 0.4  # 23 weekdays in January 2024
    assert scheduled_minutes(case) == pytest.approx(hours, rel=0.02)


def naive_ae(case: Case) -> float:
    ae = case.scenario.sales.ae
    starts, ends, total = case.line.horizon_starts_at, case.line.horizon_ends_at, 0.0
    for opened, closed in zip(
        case.leads["opportunity_at"].tolist(), case.leads["deal_closed_at"].tolist(), strict=True
    ):
        if not np.isnan(opened):
            total += max(min(ends if np.isnan(closed) else closed, ends) - max(opened, starts), 0.0)
    return total / (ae.headcount * (ae.open_limit or 0) * (ends - starts))


@settings(max_examples=25)
@given(small_scenarios(), st.integers(0, 3), st.integers(1, 4))
def test_account_executives_are_as_busy_as_their_open_deals_say(overrides: Overrides, seed: int, limit: int) -> None:
    scenario = make_scenario(
        overrides
        | {
            "run.horizon_months": 1,
            "sales.ae.headcount": 2,
            "sales.ae.open_limit": limit,
            "marketing.sources.events.qualify_prob": 0.6,
        }
    )
    case = case_of(simulate(scenario, sample_demand(scenario, seed=seed)), scenario)
    busy_share = ae_utilisation(case, case.total(WorkSums.of))
    assert busy_share == pytest.approx(naive_ae(case))
    assert 0.0 <= busy_share <= 1.0 + 1e-9


def test_without_a_limit_account_executives_have_no_utilisation() -> None:
    case = make_case(office(), [])
    assert np.isnan(ae_utilisation(case, case.total(WorkSums.of)))


def one_server(**more: Any) -> Scenario:
    """Poisson arrivals round the clock, one attempt of 30 minutes with a spread like an exponential: nearly M/M/1."""
    return make_scenario(
        {
            "run.horizon_months": 6,
            "run.warm_up_weeks": 4,
            "run.cool_down_weeks": 1,
            "marketing.sources.web.leads_per_month": 0.7 * 2 * 24 * 365.25 / 12,
            "sales.sdr.minutes_cv": 1.0,
            "sales.sdr.channels.phone": {
                "preparation": "0 min",
                "no_answer": "30 min",
                "voicemail": "30 min",
                "talk": "30 min",
            },
        }
        | more
    )


def twin(case: Case) -> Twin:
    return steady_team(case, case.total(WaitSums.of))


def test_the_twin_agrees_with_the_simulation_where_its_assumptions_hold() -> None:
    scenario = one_server()
    twins = [
        twin(case_of(simulate(scenario, sample_demand(scenario, seed=2, replication=r)), scenario)) for r in range(8)
    ]
    gap = np.array([one.simulated_wait_minutes - one.mean_wait_minutes for one in twins])
    error = gap.std(ddof=1) / np.sqrt(len(gap))
    assert error <= 6.0  # of a wait of 70 minutes
    assert abs(gap.mean()) <= 4 * error
    assert np.mean([one.utilisation for one in twins]) == pytest.approx(0.7, abs=0.03)
    assert all(one.servers == pytest.approx(1.0, abs=1e-6) for one in twins)


def test_the_twin_of_more_work_than_hands_waits_for_ever_of_instant_work_not_at_all_and_of_none_says_nothing() -> None:
    scenario = office()
    t = at(scenario, "2024-01-03 09:00")
    rows = [{"state": "working", "started_at": t, "ended_at": t + 60}]
    calls = [{"lead_id": 0, "started_at": t, "ended_at": t + 60}]
    full = twin(make_case(scenario, [lead(t)], calls, rep_time=rows))
    assert (full.utilisation, full.mean_wait_minutes, full.simulated_wait_minutes) == (1.0, np.inf, 0.0)
    instant = [{"lead_id": 0, "started_at": t}]
    idle = [{"state": "idle", "started_at": t, "ended_at": t + 60}]
    none = twin(make_case(scenario, [lead(t)], instant, rep_time=idle))
    assert (none.utilisation, none.mean_wait_minutes, none.simulated_wait_minutes) == (0.0, 0.0, 0.0)
    empty = twin(make_case(scenario, []))
    assert np.isnan([empty.utilisation, empty.mean_wait_minutes, empty.simulated_wait_minutes]).all()
