"""Beliefs: what would change the decision, told apart from what the simulation does not know yet."""

from __future__ import annotations

import numpy as np
import pytest

from smarketing_sim.decide.beliefs import belief_ranges, regret, screen, tornado
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.ranges import ranges_of, with_values, words
from smarketing_sim.scenario.schema import Scenario
from tests.builders import make_scenario
from tests.conftest import PARAMS
from tests.experiment.stubs import SMALL, small


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return load(PARAMS / "baseline.yaml")


def test_every_range_of_the_baseline_is_read_in_the_unit_of_its_value(baseline: Scenario) -> None:
    ranges = {one.path: one for one in ranges_of(baseline)}
    assert len(ranges) == sum(belief.range is not None for belief in baseline.beliefs.values())
    talk = ranges["sales.sdr.channels.phone.talk"]
    assert (talk.now, talk.low, talk.high) == (20.0, 12.0, 30.0)
    visits = ranges["marketing.sources.organic.visits_per_month"]
    assert (visits.now, visits.low, visits.high) == (18900.0, 15000.0, 23000.0)
    assert all(one.low <= one.now <= one.high for one in ranges.values())


def test_both_ends_of_every_range_make_a_valid_plan(baseline: Scenario) -> None:
    for one in ranges_of(baseline):
        for part in (0.0, 1.0):
            with_values(baseline, {one.path: one.at(part)})


def test_moving_one_personas_share_makes_the_others_make_up_for_it(baseline: Scenario) -> None:
    moved = with_values(baseline, {"personas.large.share": 0.15})
    assert moved.personas["large"].share == pytest.approx(0.15)
    assert sum(persona.share for persona in moved.personas.values()) == pytest.approx(1.0)
    assert moved.personas["small"].share / moved.personas["mid"].share == pytest.approx(55 / 35)


def test_a_range_the_wrong_way_round_is_told() -> None:
    with pytest.raises(InputError, match="lowest"):
        ranges_of(make_scenario(SMALL | {"marketing.reachable_share": {"value": 0.7, "range": [0.9, 0.5]}}))


def test_an_end_that_cannot_be_is_told_with_its_path() -> None:
    plan = make_scenario(SMALL | {"marketing.reachable_share": {"value": 0.7, "range": [0.2, 1.7]}})
    with pytest.raises(InputError, match=r"marketing\.reachable_share\.range = 1\.7: ends where the value cannot be"):
        ranges_of(plan)


def test_paths_are_told_as_people_read_them() -> None:
    assert words("marketing.sources.organic.qualify_prob") == "organic: qualify prob"
    assert words("sales.sdr.headcount") == "rep headcount"


def test_the_best_choice_has_no_regret_and_the_safest_the_smallest_worst_one() -> None:
    choices = {"fewer reps": {"sales.sdr.headcount": 1}, "more reps": {"sales.sdr.headcount": 6}}
    found = regret(small(), choices, Simulation(4), presets=["steep", "flat_day"])
    table = np.array([[cell.mean for cell in row] for row in found.regret])
    assert np.all(table >= 0)
    assert np.all(table.min(axis=1) == 0)
    assert found.choices[int(np.argmin(table.max(axis=0)))] == found.safest
    for preset, row in enumerate(table):
        assert found.best[preset] == found.choices[int(np.argmin(row))]


def test_a_belief_that_money_does_not_feel_swings_nothing_and_one_it_feels_swings_by_its_range() -> None:
    """What account executives cost is no part of contribution; media cost is, dollar for dollar."""
    path = "marketing.sources.web.cost_per_handed"
    plan = make_scenario(
        SMALL
        | {"sales.ae.annual_cost": {"value": 100_000, "range": [50_000, 200_000]}}
        | {path: {"value": 10, "range": [0, 30]}}
    )
    swings = {swing.belief.path: swing for swing in tornado(plan, {"sales.sdr.headcount": 4}, Simulation(2))}
    assert swings["sales.ae.annual_cost"].width == 0.0
    assert swings[path].low.mean == pytest.approx(-0.5 * swings[path].high.mean)
    assert swings[path].high.mean < 0
    assert next(iter(swings)) == path


def test_screening_finds_a_linear_effect_exactly_and_sees_that_it_hangs_on_nothing_else() -> None:
    """Media cost enters contribution as a straight line, so every elementary effect of it in a year is the same."""
    path = "marketing.sources.web.cost_per_handed"
    plan = make_scenario(SMALL | {path: {"value": 10, "range": [0, 30]}})
    (effect,) = screen(plan, Simulation(), rounds=4)
    (swing,) = tornado(plan, {}, Simulation(1))
    assert effect.mean.mean == pytest.approx(swing.low.mean - swing.high.mean)
    assert effect.spread == pytest.approx(0.0, abs=1e-6)


def test_money_over_beliefs_spans_what_the_beliefs_span_and_no_more() -> None:
    path = "marketing.sources.web.cost_per_handed"
    plan = make_scenario(SMALL | {path: {"value": 10, "range": [0, 30]}})
    found = {one.measure: one for one in belief_ranges(plan, Simulation(2), draws=64)}
    spend, revenue = found["spend"], found["expected_revenue"]
    assert revenue.low == revenue.high == pytest.approx(revenue.mean.mean)
    widest = 3 * spend.mean.mean  # 64 points know a twentieth of the range to about a sixty-fourth of it
    assert spend.low == pytest.approx(0.05 * widest, abs=widest / 64)
    assert spend.high == pytest.approx(0.95 * widest, abs=widest / 64)


@pytest.mark.slow
def test_beliefs_that_contradict_each_other_are_left_out_and_not_a_fault(baseline: Scenario) -> None:
    short = override(baseline, {"run.horizon_months": 1, "run.warm_up_weeks": 0, "run.cool_down_weeks": 2})
    assert len(belief_ranges(short, Simulation(1), draws=8)) == 5


def test_a_plan_without_ranges_is_told_how_to_write_one() -> None:
    with pytest.raises(InputError, match="range"):
        tornado(small(), {}, Simulation(1))
    assert belief_ranges(small(), Simulation(1)) == []
