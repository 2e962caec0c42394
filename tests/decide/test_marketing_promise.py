"""What marketing must promise: where to look, how finely, and which plans stand beside the one as it is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from smarketing_sim.decide.marketing_promise import marketing_promise, refined, to_json, volumes_for
from smarketing_sim.decide.volume import Curve, volume_curves
from smarketing_sim.experiment.simulation import Simulation
from tests.experiment.stubs import small

NEW_FIRST = {"label": "New leads first", "set": {"sales.sdr.queue.new_before_retries": True}}
HIRE = {"label": "One more", "set": {"sales.sdr.headcount": 3}}


def test_an_idle_team_is_asked_about_far_more_leads_and_a_drowned_one_about_fewer() -> None:
    plans = [small(sales__sdr__headcount=30, sales__ae__headcount=0), small(sales__sdr__headcount=1)]
    idle, full = (volumes_for(Simulation(1).panel([plan])[0]) for plan in plans)
    assert max(idle) > 8.0
    assert 1.0 in idle
    assert min(idle) < 1.0
    assert max(full) == 1.0
    assert min(full) < 0.4


def test_a_team_whose_closers_are_full_is_asked_about_the_leads_that_they_can_take() -> None:
    """Many idle reps, and one account executive who can hold two deals: the reps alone would send us far past it."""
    closers = {"headcount": 1, "open_limit": 2, "cycle_median": "20 days"}
    (today,) = Simulation(2).panel([small(sales__sdr__headcount=30, sales__ae=closers)])
    assert today.series("ae_utilisation").mean() > 0.8
    assert max(volumes_for(today)) < 2.0


def test_without_reps_there_is_no_load_and_the_volumes_lie_around_todays() -> None:
    (today,) = Simulation(1).panel([small(sales__sdr__headcount=0, sales__ae__headcount=0)])
    factors = volumes_for(today)
    assert 1.0 in factors
    assert min(factors) < 1.0 < max(factors)


def test_two_more_volumes_are_looked_at_halfway_to_each_side_of_the_highest_point() -> None:
    plan = small()
    (curve,) = volume_curves({"plan": plan}, Simulation(2), factors=(0.5, 1.0, 1.5))
    finer = refined(plan, curve, Simulation(2))
    top = float(curve.factors[np.argmax(curve.contribution.mean(axis=0))])
    added = sorted(set(finer.factors) - set(curve.factors))
    assert added
    assert all(abs(factor - top) == pytest.approx(0.25) for factor in added)
    assert list(finer.factors) == sorted(finer.factors)
    for name in ("handed_per_month", "contribution", "revenue", "goal_revenue"):
        kept = getattr(finer, name)[:, np.isin(finer.factors, curve.factors)]
        assert kept == pytest.approx(getattr(curve, name))


def test_the_top_of_a_parabola_is_found_between_volumes_unevenly_apart() -> None:
    factors = np.array([0.5, 0.65, 1.1, 1.2, 2.0])
    height = np.tile(5.0 - (factors - 0.93) ** 2, (3, 1))
    curve = Curve("plan", factors, 100.0 * np.tile(factors, (3, 1)), height, height, height)
    assert curve.cliff.factor.mean == pytest.approx(0.93)
    assert curve.cliff.handed_per_month.mean == pytest.approx(93.0)


def test_only_free_alternatives_that_bring_more_stand_beside_the_plan() -> None:
    plan = small(sales__sdr__headcount=2, alternatives={"free": NEW_FIRST, "hire": HIRE})
    found = marketing_promise(plan, Simulation(2))
    assert [course.label for course in found.courses] == ["as it is", "New leads first", "2 more reps"]
    assert found.courses[2].scenario.sales.sdr.headcount == 4
    slack = marketing_promise(
        small(sales__sdr__headcount=30, decay__preset="none", alternatives={"free": NEW_FIRST}), Simulation(2)
    )
    assert [course.label for course in slack.courses] == ["as it is", "2 more reps"]


def test_the_answer_is_plain_and_the_same_for_the_same_seed() -> None:
    plan = small(goal__marketing_share=0.5)
    first, again = (json.dumps(to_json(marketing_promise(plan, Simulation(2, 3))), allow_nan=False) for _ in "ab")
    assert first == again
    answer = json.loads(first)
    assert answer["goal"]["from_marketing"] == 0.5 * answer["goal"]["revenue"]
    assert {"courses", "next_leads", "burst", "pacing"} <= set(answer)
    assert len(answer["pacing"]["expected"]) == 31
