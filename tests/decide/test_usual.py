"""Does this look like your company? Implied numbers are what the simulated year holds."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from smarketing_sim.decide.fitting import FITTING_YEARS, fit, read
from smarketing_sim.decide.usual import BENCHMARKS, LABELS, self_check, to_json
from smarketing_sim.engine import simulate
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.interview import read_answers
from smarketing_sim.world.demand import sample_demand
from tests.experiment.stubs import small
from tests.scenario.test_interview import UNLIKE

DAY = dt.date(2026, 1, 1)


def implied(**overrides: object) -> dict[str, float]:
    (found,) = Simulation(3).panel([small(**overrides)])
    return {one.name: one.value.mean for one in self_check(found)}


def test_conversations_for_each_dial_are_those_of_the_ledger() -> None:
    plan = small(marketing__duplicates__share=0.0)
    dials = talks = 0
    for replication in range(3):
        ledger = simulate(plan, sample_demand(plan, seed=1, replication=replication))
        leads, days = ledger.leads, (0.0, 1440.0 * 61)
        start = 1440.0 * 7
        mine = leads[(leads.created_at >= start) & (leads.created_at < start + days[1]) & leads.handed_at.notna()]
        dials += int(mine.attempt_count.sum())
        talks += int(mine.connected_at.notna().sum())
    found = implied(marketing__duplicates__share=0.0)["conversations_per_dial"]
    assert found == pytest.approx(talks / dials, rel=0.05)  # the cohorts by creation and by handoff differ at the edge


def test_a_rep_twice_as_quick_makes_twice_the_dials_a_day() -> None:
    quick = {"phone": {"preparation": "5 min", "no_answer": "5 min", "voicemail": "5 min", "talk": "20 min"}}
    slow, fast = implied(), implied(sales__sdr__channels=quick)
    assert fast["dials_per_rep_day"] / slow["dials_per_rep_day"] == pytest.approx(2.0, rel=0.1)


def test_what_is_far_from_usual_is_marked_and_what_has_no_case_left_out() -> None:
    (found,) = Simulation(2).panel([small(marketing__sources__web__cost_per_handed=5000)])
    told = {one.name: one for one in self_check(found)}
    assert told["cost_per_handed"].unusual
    (idle,) = Simulation(2).panel([small(marketing__sources__web__leads_per_month=0)])
    assert "conversations_per_dial" not in {one.name for one in self_check(idle)}
    assert set(told) <= set(LABELS) == set(BENCHMARKS)
    assert to_json(list(told.values()))[0]["source"]


@pytest.mark.parametrize(
    ("terms", "usual"),
    [
        ({}, (0.02 * 0.8 * 12_000, 3 * 0.8 * 12_000)),
        ({"revenue": "one_off"}, (0.02 * 0.8 * 12_000, 0.8 * 12_000)),
        ({"gross_margin": 0.4}, (0.02 * 0.4 * 12_000, 3 * 0.4 * 12_000)),
    ],
    ids=["recurring", "paid once", "a thinner margin"],
)
def test_what_a_won_deal_usually_costs_goes_by_what_a_deal_leaves(
    terms: dict[str, object], usual: tuple[float, float]
) -> None:
    deals = {"few": {"share": 0.25, "deal_value": 18_000}, "most": {"share": 0.75, "deal_value": 10_000}}
    given = {f"economics__{key}": value for key, value in ({"gross_margin": 0.8} | terms).items()}
    (found,) = Simulation(2).panel([small(personas={"anyone": None} | deals, **given)])
    told = {one.name: one.benchmark for one in self_check(found)}["cost_per_won"]
    assert (told.low, told.high) == pytest.approx(usual)


@pytest.mark.parametrize("answers", [{}, UNLIKE], ids=["defaults", "unlike the baseline"])
def test_the_fitted_plan_takes_as_many_dials_for_a_conversation_as_was_said(answers: dict[str, object]) -> None:
    interview = read_answers(answers, today=DAY)
    found, given = fit("New", interview, Simulation(FITTING_YEARS)), interview.answers
    assert found.close
    (again,) = Simulation(4, 7).panel([read(found.text)])
    seen = {one.name: one.value.mean for one in self_check(again)}
    assert 1 / seen["conversations_per_dial"] == pytest.approx(given.dials_per_conversation, rel=0.15)
    assert seen["dials_per_rep_day"] == pytest.approx(given.dials_per_rep_day, rel=0.15)


def test_answers_that_no_reach_can_meet_are_not_called_close() -> None:
    found = fit("New", read_answers({"dials_per_conversation": 3, "attempts": 6}, today=DAY), Simulation(FITTING_YEARS))
    assert not found.close
    assert np.isfinite(found.seen.mean)
