"""Sample sizes against textbooks and against trials played out; effects against the belief they come from."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from smarketing_sim.decide.sample_size import design_effect, leads_per_arm
from smarketing_sim.decide.trial import DESIGNS, OUTCOMES, POWERS, Trial, plan_trial, to_json
from smarketing_sim.engine import simulate
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.cohorts import case_of
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.experiment.stubs import small

YEARS = 6
FAST = {"run__horizon_months": 2, "decay__preset": "custom", "decay__outcomes": ["contact"]}
LATE = {"sales__sdr__headcount": 2, "marketing__sources__web__leads_per_month": 450}
CURVE = [["0 min", 1.0], ["60 min", 0.9], ["1 day", 0.3], ["5 days", 0.1], ["60 days", 0.1]]


def slow_plan(**overrides: Any) -> Scenario:
    """A team that is late, and leads that do not wait."""
    return small(**(FAST | {"decay__points": CURVE, **LATE} | overrides))


@pytest.fixture(scope="module")
def found() -> Trial:
    return plan_trial(slow_plan(), Simulation(YEARS, 2), within="30 min")


# ------------------------------------------------------------------ theory


def test_sample_size_of_two_shares_is_that_of_textbooks() -> None:
    """50% against 60%: (1.96 + 0.8416)² · (0.25 + 0.24) ÷ 0.1² = 384.6; with power 0.9 it is 514.9."""
    variances = (0.25, 0.24)
    assert leads_per_arm(0.1, variances, power=0.8) == 385
    assert leads_per_arm(0.1, variances, power=0.9) == 515


def test_half_the_difference_takes_four_times_the_leads() -> None:
    one, half = (leads_per_arm(effect, (0.2, 0.2), power=0.8) for effect in (0.02, 0.01))
    assert half == pytest.approx(4 * one, abs=4)


@pytest.mark.parametrize("power", POWERS)
def test_trials_of_that_size_find_the_difference_as_often_as_promised(power: float) -> None:
    shares, trials = (0.10, 0.14), 4000
    size = int(leads_per_arm(shares[1] - shares[0], tuple(p * (1 - p) for p in shares), power=power))
    random = np.random.default_rng(11)
    seen = [random.binomial(size, share, trials) / size for share in shares]
    error = np.sqrt(sum(p * (1 - p) for p in seen) / size)
    hits = np.abs(seen[1] - seen[0]) / error > stats.norm.ppf(0.975)
    assert np.sqrt(power * (1 - power) / trials) < 0.01
    assert hits.mean() == pytest.approx(power, abs=0.03)


@pytest.mark.parametrize("effect", [0.0, -0.1])
def test_without_an_effect_no_trial_is_long_enough(effect: float) -> None:
    assert math.isinf(leads_per_arm(effect, (0.2, 0.2), power=0.8))
    assert math.isnan(leads_per_arm(math.nan, (0.2, 0.2), power=0.8))


def test_design_effect_of_equal_clusters_is_one_plus_size_less_one_times_correlation() -> None:
    """Kish: 1 + (m − 1) ρ."""
    random, clusters, size, shared = np.random.default_rng(5), 4000, 10, 0.3
    values = np.sqrt(shared) * random.normal(size=(clusters, 1)) + np.sqrt(1 - shared) * random.normal(
        size=(clusters, size)
    )
    days = np.repeat(np.arange(clusters), size)
    assert design_effect(values.ravel(), days) == pytest.approx(1 + (size - 1) * shared, rel=0.05)
    assert design_effect(random.permutation(values.ravel()), days) == pytest.approx(1.0, abs=0.07)


def test_clusters_of_one_cost_nothing_and_one_cluster_tells_nothing() -> None:
    values = np.random.default_rng(1).normal(size=50)
    assert design_effect(values, np.arange(50)) == pytest.approx(1.0)
    assert math.isnan(design_effect(values, np.zeros(50, dtype=np.int64)))
    assert math.isnan(design_effect(np.ones(50), np.arange(50)))


# ------------------------------------------------------------------ effects


def test_more_leads_are_reached_by_as_much_as_the_belief_says(found: Trial) -> None:
    """Leads reached fall by v(age): their share is the mean of v over the ages, times the cadence's reach."""
    scenario, beliefs = slow_plan(), []
    curve = scenario.decay.curve
    assert curve is not None
    for year in range(YEARS):
        case = case_of(simulate(scenario, sample_demand(scenario, seed=2, replication=year)), scenario)
        rows = case.handed_rows
        ages = (case.leads["first_attempt_at"] - case.leads["mql_at"])[rows]
        beliefs.append(np.where(np.isnan(ages), 0.0, curve.value(np.nan_to_num(ages))).mean())
    contact = found.outcomes[0]
    ceiling = 1.0 - np.prod([1 - scenario.sales.reach.hazard(n) for n in (1, 2, 3)])
    error = np.sqrt(ceiling * np.mean(beliefs) / (YEARS * found.leads_per_week.mean * 8.7))
    assert error < 0.02
    assert contact.now.mean == pytest.approx(ceiling * np.mean(beliefs), abs=4 * error)


def test_only_leads_that_the_limit_brings_forward_can_change(found: Trial) -> None:
    assert 0.5 < found.sooner_share.mean <= 1.0
    for outcome in found.outcomes:
        assert outcome.effect.low > 0.0
        assert outcome.effect.mean == pytest.approx(outcome.fast.mean - outcome.now.mean)


def test_a_shorter_limit_changes_more_and_takes_fewer_leads() -> None:
    short, long = (plan_trial(slow_plan(), Simulation(3), within=within) for within in ("10 min", "1 day"))
    assert short.outcomes[0].effect.mean > long.outcomes[0].effect.mean > 0.0
    assert short.need("contact").leads_per_arm.mean < long.need("contact").leads_per_arm.mean


def test_deeper_in_the_funnel_takes_longer(found: Trial) -> None:
    weeks = [found.need(name).weeks.mean for name in OUTCOMES]
    assert weeks == sorted(weeks)


def test_the_need_follows_from_effect_spread_and_flow(found: Trial) -> None:
    contact, need = found.outcomes[0], found.need("contact", design="day", power=0.9)
    single = leads_per_arm(contact.effect.mean, (contact.deviation_now**2, contact.deviation_fast**2), power=0.9)
    assert need.leads_per_arm.mean == math.ceil(single * max(1.0, contact.design_effect.mean))
    assert need.weeks.mean == pytest.approx(2 * need.leads_per_arm.mean / found.leads_per_week.mean)
    assert need.leads_per_arm.low <= need.leads_per_arm.mean <= need.leads_per_arm.high
    assert contact.deviation_now**2 == pytest.approx(contact.now.mean * (1 - contact.now.mean), rel=0.02)


def test_leads_of_a_day_share_their_fate_where_a_team_is_late(found: Trial) -> None:
    assert found.outcomes[0].design_effect.mean > 1.05
    assert found.need("contact", design="day").weeks.mean > found.need("contact").weeks.mean


@pytest.mark.parametrize(
    ("plan", "within"),
    [
        # A second record may answer before the first one is called, and then it is the first that brings nothing.
        (
            slow_plan(decay__preset="none", decay__points=None, decay__outcomes=None, marketing__duplicates__share=0.0),
            "30 min",
        ),
        (slow_plan(), "90 days"),
    ],
    ids=["waiting costs nothing", "a limit that all leads meet"],
)
def test_where_nothing_changes_no_trial_is_long_enough(plan: Scenario, within: str) -> None:
    found = plan_trial(plan, Simulation(3), within=within)
    assert [outcome.effect.mean for outcome in found.outcomes] == pytest.approx([0.0, 0.0, 0.0], abs=0.002)
    assert all(math.isinf(need.weeks.mean) for need in found.needs)
    answer = to_json(found)
    assert {need["weeks"]["mean"] for need in answer["needs"]} == {None}


def test_a_plan_without_leads_has_no_case() -> None:
    found = plan_trial(slow_plan(marketing__sources__web__leads_per_month=0), Simulation(2))
    assert math.isnan(found.outcomes[0].effect.mean)
    assert json.dumps(to_json(found), allow_nan=False)


def test_the_answer_is_plain_json(found: Trial) -> None:
    answer = to_json(found)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["within"] == "30 minutes"
    assert len(answer["needs"]) == len(OUTCOMES) * len(DESIGNS) * len(POWERS)


@pytest.mark.parametrize("within", ["soon", "5", "", "3 business months"])
def test_a_limit_that_is_no_time_is_refused(within: str) -> None:
    with pytest.raises(InputError, match=r"^within = "):
        plan_trial(slow_plan(), Simulation(2), within=within)
