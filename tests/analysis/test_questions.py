"""Questions asked from Python: the answers are those of the commands, as tables, JSON and a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

import smarketing_sim as sm
from smarketing_sim.cli.text import terminal
from smarketing_sim.decide import attribution, ranking
from smarketing_sim.decide import design as follow_up
from smarketing_sim.decide.staffing import staff
from smarketing_sim.decide.staffing_answer import reason, to_json
from smarketing_sim.experiment.compare import compare, compare_all
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.words.numbers import gain
from tests.experiment.stubs import small

HOW: dict[str, Any] = {"seed": 2, "progress": False}
QUICK = {"sales.sdr.queue.new_before_retries": True}


def hold_answer(answer: sm.Answer) -> None:
    """Every answer is a sentence, a table with ranges and units, JSON, and HTML."""
    assert len(answer.headline.split()) > 4
    assert list(answer.to_frame().columns) == ["mean", "low", "high", "unit"]
    assert answer.headline in BeautifulSoup(answer._repr_html_(), "html.parser").get_text()
    assert str(answer).startswith(f"{answer.headline}\n")
    frame = answer.to_frame()
    frame.iloc[:, 0] = 0.0
    assert not answer.to_frame().equals(frame)


def test_two_plans_differ_by_what_the_command_says() -> None:
    plan, other = small(), sm.override(small(), QUICK)
    answer = sm.compare(plan, other, replications=3, **HOW)
    hold_answer(answer)
    expected = compare(Simulation(3, 2).run(plan), Simulation(3, 2).run(other))
    assert answer.to_dict() == expected
    difference = expected["measures"]["contribution"]["difference"]
    assert answer.to_frame().loc[(other.name, "contribution"), "mean"] == difference["mean"]
    assert gain(difference["mean"]) in answer.headline
    known = sm.compare(sm.simulate(plan, 3, **HOW), other, progress=False)  # so many years, from the same seed
    assert known.to_dict() == expected


def test_plans_that_promise_different_things_are_said_to_be_judged_apart() -> None:
    """Lost, shares of two promises are subtracted without a word."""
    apart = "The plans promise different things (sla.speed.within): each is judged by its own promise"
    plan = small()
    tighter, larger = override(plan, {"sla.speed.within": "30 minutes"}), override(plan, {"sales.sdr.headcount": "+1"})
    for others, told in (((tighter,), True), ((larger,), False), ((larger, tighter), True)):
        assert (apart in str(sm.compare(plan, *others, replications=2, **HOW))) is told
    answers = (compare(*(Simulation(2).run(one) for one in (plan, other))) for other in (tighter, larger))
    assert [apart in terminal.compare_text(answer) for answer in answers] == [True, False]


def test_ranges_of_several_plans_hold_at_once() -> None:
    """Three plans get wider ranges than two: Bonferroni."""
    plans = [small(), sm.override(small(), QUICK), sm.override(small(), {"sales.sdr.headcount": 4})]
    answer = sm.compare(*plans, replications=3, **HOW)
    base, *rest = (Simulation(3, 2).run(plan) for plan in plans)
    assert answer.to_dict() == compare_all(base, rest)
    with pytest.raises(sm.InputError, match="two plans"):
        sm.compare(plans[0])


def test_a_sweep_has_a_row_for_each_value_and_measure() -> None:
    answer = sm.sweep(small(), {"sales.sdr.headcount": [3, 4]}, replications=2, **HOW)
    hold_answer(answer)
    alone = Simulation(2, 2).run(sm.override(small(), {"sales.sdr.headcount": 4}))
    assert answer.to_frame().loc[(4, "contribution"), "mean"] == pytest.approx(alone.series("contribution").mean())
    with pytest.raises(sm.InputError, match="values by path"):
        sm.sweep(small(), {})
    with pytest.raises(sm.InputError, match="values by path"):
        sm.sweep(small(), {"sales.sdr.headcount": 8})
    with pytest.raises(sm.InputError, match=r"^sales\.sdr\.headcont: is not a known"):
        sm.sweep(small(), {"sales.sdr.headcont": [3]})


def test_a_plan_that_is_set_by_hand_names_the_way_to_change_it() -> None:
    with pytest.raises(sm.InputError, match="headcount cannot be set: a plan never changes; override gives another"):
        small().sales.sdr.headcount = 3


@pytest.mark.slow
def test_staffing_is_the_decisions_own() -> None:
    answer = sm.staff(small(), keep=0.8, replications=25, **HOW)
    hold_answer(answer)
    found = staff(small(), Simulation(25, 2), keep=0.8)
    assert answer.to_dict() == to_json(found)
    assert answer.headline.lower().endswith(reason(found).lower())
    assert str(found.headcount) in answer.headline.partition(":")[0]
    assert answer.to_frame().loc[(found.curve[0].headcount, "chance kept"), "mean"] == found.curve[0].p_kept.mean


@pytest.mark.slow
def test_the_follow_up_that_pays_is_the_decisions_own() -> None:
    answer = sm.design(small(), replications=1, **HOW)
    hold_answer(answer)
    assert answer.to_dict() == follow_up.to_json(follow_up.design(small(), Simulation(1, 2)))


def test_a_gap_is_split_as_by_the_command() -> None:
    pair = small(), sm.override(small(), {"sales.sdr.headcount": 4, "decay.preset": "none"})
    answer = sm.explain(*pair, replications=2, **HOW)
    hold_answer(answer)
    found = attribution.explain(*pair, Simulation(2, 2))
    assert answer.to_dict() == attribution.to_json(found)
    parts = answer.to_frame()["mean"]
    assert parts.drop("gap").sum() == pytest.approx(parts["gap"])


@pytest.mark.slow
def test_levers_are_ranked_as_on_the_page() -> None:
    answer = sm.levers(small(), replications=1, **HOW)
    hold_answer(answer)
    assert answer.to_dict() == ranking.to_json(ranking.rank_levers(small(), Simulation(1, 2)))
