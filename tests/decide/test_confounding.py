"""The confounding lab: what triage does to call data, held against theory and against leads that are alike."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from smarketing_sim.decide import confounding
from smarketing_sim.decide.call_times import at_any_time, leads_called_at
from smarketing_sim.decide.confounding import ESTIMATES, Lab, comparable, confounding_lab, standardised_ratio, to_json
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.experiment.stubs import small

YEARS = 20
# Interest that outlives an hour falls once, to 0.6: speed is worth 1 / 0.6, whatever the ages before and after.
FADING: dict[str, Any] = {
    "decay__preset": "custom", "decay__outcomes": ["contact"],
    "decay__points": [["0 min", 1.0], ["60 min", 1.0], ["61 min", 0.6], ["90 days", 0.6]],
    "marketing__scoring": {"auc": 0.85, "spread": 2.0}, "marketing__sources__web__leads_per_month": 900,
    "marketing__sources__web__qualify_prob": 0.3, "sales__sdr__headcount": 4, "run__horizon_months": 4,
    "sales__sdr__cadence__max_attempts": 1, "sales__reach__connect_probs": [0.9],
}  # fmt: skip


def busy(**overrides: Any) -> Scenario:
    return small(**(FADING | overrides))


def standard_error(found: Interval) -> float:
    return (found.high - found.low) / 2.0 / float(stats.t.ppf(0.975, YEARS - 1))


@pytest.fixture(scope="module")
def lab() -> Lab:
    return confounding_lab(busy(), Simulation(YEARS, 4))


# ------------------------------------------------------------------ theory


def paradox() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two strata in which speed does nothing; good leads are called fast. (outcome, fast, strata)"""
    counts = {(0, True): (80, 100), (0, False): (16, 20), (1, True): (2, 20), (1, False): (10, 100)}
    rows = [(hit < hits, fast, stratum) for (stratum, fast), (hits, size) in counts.items() for hit in range(size)]
    outcome, fast, strata = (np.array(column) for column in zip(*rows, strict=True))
    return outcome, fast, strata


def test_strata_in_which_speed_does_nothing_give_one_though_the_whole_looks_otherwise() -> None:
    outcome, fast, strata = paradox()
    assert outcome[fast].mean() / outcome[~fast].mean() > 3.0
    assert standardised_ratio(outcome, fast, strata) == pytest.approx(1.0)


def test_standardising_is_weighting_by_the_inverse_chance_of_being_called_fast() -> None:
    random = np.random.default_rng(8)
    strata = random.integers(0, 5, 4000)
    fast = random.random(4000) < (0.2 + 0.15 * strata)
    outcome = random.random(4000) < (0.1 + 0.1 * strata) * np.where(fast, 1.5, 1.0)
    chance = np.array([fast[strata == s].mean() for s in range(5)])[strata]
    weighted = [np.sum(outcome / chance, where=fast), np.sum(outcome / (1 - chance), where=~fast)]
    assert standardised_ratio(outcome, fast, strata) == pytest.approx(weighted[0] / weighted[1])


def test_a_stratum_with_one_kind_of_lead_only_is_left_out() -> None:
    outcome, fast, strata = paradox()
    more = [np.concatenate([a, b]) for a, b in zip(paradox(), (np.ones(50, bool), np.ones(50, bool), np.full(50, 2)),
                                                   strict=True)]  # fmt: skip
    assert standardised_ratio(*more) == pytest.approx(standardised_ratio(outcome, fast, strata))
    assert comparable(more[1], more[2]).sum() == len(fast)


def test_leads_take_the_ages_of_their_own_stratum() -> None:
    ages, strata = np.array([5.0, 1.0, 3.0, 100.0, 200.0]), np.array([0, 0, 0, 2, 2])
    place = np.array([0.0, 0.34, 0.999, 0.0, 0.5])
    drawn = confounding._ages_of_like(ages, strata, of=np.array([0, 0, 0, 2, 2]), place=place)
    assert list(drawn) == [1.0, 3.0, 5.0, 100.0, 200.0]


def test_a_lead_called_at_an_age_is_reached_by_its_interest_at_that_age() -> None:
    scenario = busy(sales__reach__connect_probs=[1.0])
    demand = sample_demand(scenario, seed=1)
    by_id = np.argsort(demand.lead_id)
    mql, until = demand.mql_at[by_id], demand.interest_until[by_id]
    reached = {}
    for age in (30.0, 300.0):
        leads = leads_called_at(at_any_time(scenario), demand, mql + age)
        known = ~np.isnan(leads["first_attempt_at"])
        assert np.count_nonzero(known) > 3000
        assert leads["first_attempt_at"][known] == pytest.approx((mql + age)[known])
        reached[age] = ~np.isnan(leads["connected_at"][known])
        assert np.array_equal(reached[age], age <= until[known])
    assert reached[300.0].sum() < reached[30.0].sum()


# ------------------------------------------------------------------ the lab


def test_the_truth_is_what_the_plan_believes_about_age(lab: Lab) -> None:
    for order in ("triaged", "in_turn"):
        truth = lab.multiplier("truth", order)
        error = standard_error(truth)
        assert error < 0.03
        assert truth.mean == pytest.approx(1.0 / 0.6, abs=4 * error)


def test_triage_overstates_speed_and_comparing_like_with_like_mends_most_of_it(lab: Lab) -> None:
    naive, adjusted = lab.overstated("naive"), lab.overstated("adjusted")
    assert naive.low > 0.4
    assert abs(adjusted.mean) < 4 * standard_error(adjusted) < 0.15
    assert lab.multiplier("naive").low > lab.multiplier("truth").high


def test_where_leads_are_called_in_turn_call_data_are_nearly_honest(lab: Lab) -> None:
    assert lab.overstated("naive", "in_turn").high < 0.4 * lab.overstated("naive").low


def test_a_score_that_sees_nothing_confounds_nothing() -> None:
    blind = confounding_lab(busy(marketing__scoring={"auc": 0.5, "spread": 2.0}), Simulation(YEARS))
    excess = blind.overstated("naive")
    assert abs(excess.mean) < 4 * standard_error(excess) < 0.2


def test_a_team_that_is_never_fast_gives_no_case_and_no_warning() -> None:
    with np.errstate(all="raise"):
        found = confounding_lab(busy(marketing__handoff__system_delay="3 hours"), Simulation(2))
    assert np.isnan(found.multiplier("truth").mean)
    assert found.fast_share().mean == 0.0
    assert json.dumps(to_json(found), allow_nan=False)


def test_fast_and_later_leads_that_are_never_alike_give_no_truth(recwarn: pytest.WarningsRecorder) -> None:
    few = confounding_lab(busy(marketing__sources__web__leads_per_month=4, run__horizon_months=1), Simulation(6, 1))
    assert np.isnan(few.multipliers[0, 2]).any()
    assert not recwarn.list


def test_nobody_called_is_no_case() -> None:
    found = confounding_lab(busy(sales__sdr__headcount=0), Simulation(2))
    assert np.isnan(found.multiplier("naive").mean)
    assert np.isnan(found.fast_share().mean)


def test_the_answer_is_plain_json_and_the_same_again(lab: Lab) -> None:
    answer = to_json(lab)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert set(ESTIMATES) < set(answer["orders"]["triaged"])
    again = confounding_lab(busy(), Simulation(YEARS, 4))
    assert np.array_equal(again.multipliers, lab.multipliers)


def test_no_years_are_refused() -> None:
    with pytest.raises(InputError, match="replications = 0"):
        confounding_lab(busy(), Simulation(0))
