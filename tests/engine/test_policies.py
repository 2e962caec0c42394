"""Each rule of queue and routing, on leads made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.engine.policy import by_weight, in_turn
from smarketing_sim.ledger import Ledger
from tests.builders import Overrides, make_demand, make_scenario

DAY = 1440.0
OFFICE = {"mon-fri": ["09:00-17:00"]}
NINE = 9 * 60.0


def run(handed_at: Any, overrides: Overrides | None = None, **columns: Any) -> Ledger:
    scenario = make_scenario(overrides)
    return simulate(scenario, make_demand(scenario, handed_at=handed_at, **columns))


def served(ledger: Ledger) -> list[tuple[int, int]]:
    """(lead, rep) of every attempt in the order they began."""
    calls = ledger.tables["attempts"]
    order = np.lexsort((calls["rep_id"], calls["started_at"]))
    return list(zip(calls["lead_id"][order].tolist(), calls["rep_id"][order].tolist(), strict=True))


def leads_in_order(ledger: Ledger) -> list[int]:
    return [lead for lead, _ in served(ledger)]


# ---------------------------------------------------------------- queue order

BUSY_FIRST = {"handed_at": [0.0, 1.0, 2.0, 3.0], "talk_unit": [10.0, 1.0, 1.0, 1.0]}


@pytest.mark.parametrize(
    ("order", "expected"),
    [("oldest_due", [0, 1, 2, 3]), ("newest", [0, 3, 2, 1]), ("score", [0, 2, 3, 1]), ("value_decay", [0, 3, 1, 2])],
)
def test_free_rep_takes_the_lead_that_the_order_names(order: str, expected: list[int]) -> None:
    ledger = run(
        **BUSY_FIRST,
        overrides={"sales.sdr.queue.order": order},
        score=[1.0, 10.0, 30.0, 20.0],
        qualify_prob=[0.1, 0.3, 0.2, 0.4],
        win_prob=1.0,
        mean_value=100.0,
        qualify_luck=1.0,
    )
    assert leads_in_order(ledger) == expected


def test_contract_deadline_first_serves_the_tighter_promise() -> None:
    sla = {
        "speed": {"target": 0.9, "within": "1 day"},
        "speed_vip": {"kind": "speed", "target": 0.9, "within": "1 hour", "applies_to": {"score_at_least": 80}},
    }
    overrides = {"sales.sdr.queue.order": "deadline", "sla": sla}
    assert leads_in_order(run(**BUSY_FIRST, overrides=overrides, score=[0.0, 10.0, 20.0, 90.0])) == [0, 3, 1, 2]


def test_value_decay_prefers_a_fresh_lead_to_a_cold_one_of_more_worth() -> None:
    overrides = {"sales.sdr.queue.order": "value_decay", "decay.preset": "steep", "run.horizon_months": 1}
    ledger = run(
        [0.0, 1.0, 5 * DAY - 1.0],
        overrides,
        talk_unit=[5 * DAY, 1.0, 1.0],
        qualify_luck=1.0,
        qualify_prob=[0.5, 0.5, 0.1],
        win_prob=1.0,
        mean_value=100.0,
    )
    assert leads_in_order(ledger) == [0, 2, 1]


@pytest.mark.parametrize(("new_first", "expected"), [(False, [0, 1, 0, 2]), (True, [0, 1, 2, 0])])
def test_new_leads_go_before_retries_only_where_agreed(new_first: bool, expected: list[int]) -> None:
    overrides = {
        "sales.sdr.cadence": {"max_attempts": 2, "gaps": ["2 min"]},
        "sales.sdr.queue.new_before_retries": new_first,
    }
    ledger = run([0.0, 2.0, 5.0], overrides, talk_unit=[1.0, 10.0, 1.0], connect_before=[-1.0, np.inf, np.inf])
    assert leads_in_order(ledger) == expected


def test_leads_of_one_instant_are_served_by_id() -> None:
    assert leads_in_order(run([5.0, 5.0, 5.0], lead_id=[8, 2, 5])) == [2, 5, 8]


# ---------------------------------------------------------------- patience


@pytest.mark.parametrize(("patience", "is_served"), [(10.0, True), (10.0 - 2**-20, False), (11.0, True)])
def test_lead_served_at_the_very_instant_of_its_deadline_is_served(patience: float, is_served: bool) -> None:
    ledger = run([0.0, 0.0], talk_unit=[10.0, 1.0], patience_minutes=[np.inf, patience]).tables["leads"]
    assert ledger["first_attempt_at"][1] == 10.0 if is_served else np.isnan(ledger["first_attempt_at"][1])
    assert ledger["resolved_at"][1] == (11.0 if is_served else patience)


@pytest.mark.parametrize("engine", [simulate, simulate_unlimited])
@pytest.mark.parametrize(("patience", "attempts"), [(31.0, 2), (31.0 - 2**-20, 1)])
def test_follow_up_due_at_the_very_instant_of_the_deadline_is_made(engine: Any, patience: float, attempts: int) -> None:
    scenario = make_scenario({"sales.sdr.cadence": {"max_attempts": 2, "gaps": ["30 min"]}})
    demand = make_demand(scenario, handed_at=[0.0], patience_minutes=patience, connect_before=-1.0)
    assert engine(scenario, demand).tables["leads"]["attempt_count"][0] == attempts


@pytest.mark.parametrize("engine", [simulate, simulate_unlimited])
def test_lead_is_not_gone_before_the_call_it_is_in_has_ended(engine: Any) -> None:
    scenario = make_scenario({"sales.sdr.cadence": {"max_attempts": 2, "gaps": ["30 min"]}})
    demand = make_demand(scenario, handed_at=[0.0], patience_minutes=5.0, connect_before=-1.0, no_answer_unit=20.0)
    assert engine(scenario, demand).tables["leads"]["resolved_at"][0] == 20.0


# ---------------------------------------------------------------- routing


def team(rule: str, headcount: int = 3, **routing: Any) -> Overrides:
    return {"sales.sdr.headcount": headcount, "sales.sdr.routing": {"rule": rule, **routing}}


def test_round_robin_rotates_whoever_is_free() -> None:
    ledger = run(np.arange(7) * 100.0, team("round_robin"), talk_unit=[1, 250, 1, 1, 1, 1, 1])
    assert [rep for _, rep in sorted(served(ledger))] == [1, 2, 3, 1, 2, 3, 1]


@pytest.mark.parametrize(("if_absent", "reps", "waits"), [("wait", [1, 2, 1], True), ("skip", [1, 1, 1], False)])
def test_round_robin_waits_for_an_absent_rep_or_skips(if_absent: str, reps: list[int], waits: bool) -> None:
    overrides = {**team("round_robin", 2, if_absent=if_absent), "sales.sdr.reps.2.shift": {"thu": ["09:00-17:00"]}}
    ledger = run([NINE, NINE + 10, NINE + 20], overrides)
    assert [rep for _, rep in sorted(served(ledger))] == reps
    assert (ledger.tables["leads"]["first_attempt_at"][1] == 3 * DAY + NINE) == waits


@given(st.lists(st.sampled_from([1, 2, 3, 5, 9, 50]), min_size=1, max_size=9), st.integers(1, 150))
def test_weighted_shares_stay_within_one_lead(weights: list[int], leads: int) -> None:
    credit, taken = [0.0] * len(weights), [0] * len(weights)
    for number in range(1, leads + 1):
        place = by_weight(credit, weights, [True] * len(weights))
        assert place is not None
        taken[place] += 1
        for rep, weight in enumerate(weights):
            assert abs(taken[rep] - number * weight / sum(weights)) < 1.0


def test_weights_steer_the_engine() -> None:
    overrides = {**team("weighted"), "sales.sdr.reps": {"1": {"weight": 2.0}, "3": {"weight": 0.0}}}
    reps = [rep for _, rep in served(run(np.arange(30) * 10.0, overrides))]
    assert [reps.count(n) for n in (1, 2, 3)] == [20, 10, 0]


def test_five_unlike_weights_stay_within_one_lead() -> None:
    """The most credit first, the simple rule, is more than a lead off here."""
    weights, credit, taken = [1, 5, 5, 50, 50], [0.0] * 5, [0] * 5
    for number in range(1, 112):
        taken[by_weight(credit, weights, [True] * 5) or 0] += 1
        assert max(abs(taken[n] - number * weights[n] / 111) for n in range(5)) < 1.0
    assert taken == weights


@given(st.integers(0, 4), st.lists(st.booleans(), min_size=1, max_size=5))
def test_in_turn_skips_only_those_who_cannot(first: int, able: list[bool]) -> None:
    place = in_turn(first % len(able), able)
    assert (place is None) == (not any(able))
    assert place is None or able[place]


@pytest.mark.parametrize("rule", ["round_robin", "weighted"])
def test_cap_is_never_exceeded_while_another_rep_has_room(rule: str) -> None:
    overrides = {**team(rule, 3, open_leads_cap=2), "sales.sdr.reps": {"1": {"weight": 50.0}}}
    random = np.random.default_rng(3)
    count = 60
    ledger = run(
        np.cumsum(random.integers(1, 30, count)).astype(float), overrides, talk_unit=random.integers(1, 120, count)
    )
    leads, calls = ledger.tables["leads"], ledger.tables["attempts"]
    rep_of = dict(zip(calls["lead_id"].tolist(), calls["rep_id"].tolist(), strict=True))
    for lead in range(count):
        now = leads["handed_at"][lead]
        held = [
            sum(
                1
                for other in range(count)
                if rep_of[other] == rep
                and other != lead
                and leads["handed_at"][other] < now < leads["resolved_at"][other]
            )
            for rep in (1, 2, 3)
        ]
        assert held[rep_of[lead] - 1] < 2 or min(held) >= 2


RETRIES = {"sales.sdr.cadence": {"max_attempts": 3, "gaps": ["20 min"]}}


def test_sticky_owner_keeps_the_lead_and_a_pool_does_not() -> None:
    random = np.random.default_rng(4)
    handed = np.cumsum(random.integers(1, 9, 40)).astype(float)
    owners = []
    for sticky in (True, False):
        ledger = run(
            handed,
            {**team("pool", 3, sticky_owner=sticky), **RETRIES},
            connect_before=-1.0,
            no_answer_unit=random.integers(1, 9, (40, 3)),
        )
        calls = ledger.tables["attempts"]
        owners.append([len(set(calls["rep_id"][calls["lead_id"] == lead].tolist())) for lead in range(40)])
        first = calls["rep_id"][calls["attempt"] == 1]
        np.testing.assert_array_equal(ledger.tables["leads"]["owner_id"], first)
    assert set(owners[0]) == {1}
    assert max(owners[1]) > 1


def test_territory_is_worked_by_its_own_reps_and_the_rest_by_all() -> None:
    routing = team("territory", 3, territories={"east": {"reps": [3], "takes": {"source": "web"}}})
    sources = {"other": {"leads_per_month": 1, "qualify_prob": 0, "win_prob": 0}}
    source = (np.arange(60) % 6 > 0).astype(int)
    ledger = run(
        np.arange(60.0),
        {**routing, **RETRIES, "marketing.sources": sources},
        source=source,
        connect_before=-1.0,
        no_answer_unit=5.0,
    )
    calls = ledger.tables["attempts"]
    in_east = source[calls["lead_id"]] == 0
    assert set(calls["rep_id"][in_east].tolist()) == {3}
    assert set(calls["rep_id"][~in_east].tolist()) == {1, 2, 3}


# ---------------------------------------------------------------- late and lost leads

LATE = {"sla": {"speed": {"target": 0.9, "within": "100 min"}}}


def test_escalation_moves_a_late_lead_to_the_front() -> None:
    handed, talk = [0.0, 10.0, 60.0], [80.0, 1.0, 1.0]
    order = {"sales.sdr.queue.order": "newest"}
    assert leads_in_order(run(handed, {**LATE, **order}, talk_unit=talk)) == [0, 2, 1]
    escalation = {"sales.sdr.routing.escalation": {"front_at_share": 0.6, "reassign_at_breach": False}}
    assert leads_in_order(run(handed, {**LATE, **order, **escalation}, talk_unit=talk)) == [0, 1, 2]


def test_breach_hands_the_lead_of_an_absent_rep_to_any_rep() -> None:
    absent = {"sales.sdr.reps.2.shift": {"thu": ["09:00-17:00"]}, **LATE}
    for reassign, expected in ((True, (1, NINE + 110)), (False, (2, 3 * DAY + NINE))):
        escalation = {"escalation": {"front_at_share": 0.5, "reassign_at_breach": reassign}}
        ledger = run([NINE, NINE + 10], {**team("round_robin", 2, **escalation), **absent})
        assert (served(ledger)[1][1], ledger.tables["leads"]["first_attempt_at"][1]) == expected


def test_misrouted_lead_that_comes_too_late_is_escalated_at_once() -> None:
    routing = {"misroute": {"share": 0.5, "mend": "200 min"}, "escalation": {"front_at_share": 0.5}}
    overrides = {**LATE, "sales.sdr.routing": routing, "sales.sdr.queue.order": "newest"}
    ledger = run([0.0, 190.0, 210.0], overrides, misroute_luck=[0.1, 0.9, 0.9], talk_unit=[1.0, 30.0, 1.0])
    assert leads_in_order(ledger) == [1, 0, 2]


def test_misrouted_lead_waits_until_it_is_mended() -> None:
    overrides = {"sales.sdr.routing.misroute": {"share": 0.5, "mend": "200 min"}}
    leads = run([0.0, 0.0], overrides, misroute_luck=[0.4, 0.6]).tables["leads"]
    assert leads["first_attempt_at"].tolist() == [200.0, 0.0]


def test_leads_that_wait_for_a_leaver_go_back_to_the_pool() -> None:
    overrides = {**team("round_robin", 2), "sales.sdr.shift": OFFICE, "sales.sdr.reps.2.leaves_on": "2024-01-02"}
    ledger = run([NINE] * 6, overrides, talk_unit=300.0)
    assert sorted(served(ledger)) == [(0, 1), (1, 2), (2, 1), (3, 2), (4, 1), (5, 1)]


@pytest.mark.parametrize("rule", ["round_robin", "weighted"])
def test_nobody_is_given_a_lead_after_leaving_or_before_joining(rule: str) -> None:
    overrides = {
        **team(rule, 3),
        "sales.sdr.shift": OFFICE,
        "sales.sdr.reps.2.leaves_on": "2024-01-02",
        "sales.sdr.reps.3.starts_on": "2024-01-08",
    }
    handed = np.array([1, 2, 3, 8, 9]) * DAY + NINE
    ledger = run(handed, overrides)
    assert [rep for _, rep in sorted(served(ledger))][:3] == [1, 1, 1]
    assert {rep for _, rep in sorted(served(ledger))[3:]} <= {1, 3}
    np.testing.assert_array_equal(ledger.tables["leads"]["first_attempt_at"], handed)


def test_follow_ups_of_a_leaver_go_on_in_the_pool() -> None:
    overrides = {
        **team("pool", 2, sticky_owner=True),
        "sales.sdr.reps.1.leaves_on": "2024-01-02",
        "sales.sdr.cadence": {"max_attempts": 2, "gaps": ["2 days"]},
    }
    assert served(run([NINE], overrides, connect_before=-1.0)) == [(0, 1), (0, 2)]


def test_dropped_lead_is_not_called_above_its_age() -> None:
    overrides = {"sales.sdr.cadence.drop_after": "10 min"}
    leads = run([0.0, 0.0, 0.0], overrides, talk_unit=[10.0, 1.0, 1.0]).tables["leads"]
    assert leads["attempt_count"].tolist() == [1, 1, 0]
    assert leads["resolved_at"][2] == 10.0


def test_zero_reps_leave_every_lead_open() -> None:
    ledger = run([0.0, 5.0], {"sales.sdr.headcount": 0})
    assert ledger.tables["leads"]["censored"].all()
    assert len(ledger.tables["attempts"]["lead_id"]) == 0


def test_no_leads_leave_reps_idle_all_month() -> None:
    time = run([]).tables["rep_time"]
    assert (time["started_at"].tolist(), time["ended_at"].tolist()) == ([0.0], [31 * DAY])
