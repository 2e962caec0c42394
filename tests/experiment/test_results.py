"""From replications to the numbers people read, on replications whose numbers are known."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

from smarketing_sim.experiment.chance_kept import all_kept_months, kept_all_year, kept_in_a_month, kept_months
from smarketing_sim.experiment.results import ONE_YEAR_FROM, cost_per_won, fallen_out, margin_to_cost, to_json
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import clustered_share, t_interval, wilson
from smarketing_sim.scenario.schema import Scenario
from tests.builders import make_scenario
from tests.experiment.stubs import answer_of, clause, of, replication, small, two_clauses

NAN = float("nan")
INTERVAL = {"mean": 0, "low": 0, "high": 0}
CLAUSE = dict.fromkeys(("id", "promised_by", "kind", "target", "ceiling"), 0)
SPECIFIED: dict[str, Any] = {
    **dict.fromkeys(("scenario", "digest", "seed", "replications", "engine"), 0),
    "clauses": {**CLAUSE, "attainment": INTERVAL, "p_kept": INTERVAL, "p_kept_year": INTERVAL},
    "p_all_kept": {"month": INTERVAL, "year": INTERVAL},
    "goal": {"target": 0, "p_reached": INTERVAL},
    "revenue": {"expected": INTERVAL, "booked": INTERVAL, "one_year": {"p10": 0, "p50": 0, "p90": 0}},
    "contribution": INTERVAL,
    "utilisation": {"sdr": INTERVAL, "ae": INTERVAL},
    "load_check": {"planned": 0, "with_early_stopping": 0},
    "response_minutes": {"business": {"p50": INTERVAL, "p90": INTERVAL}, "wall": {"p50": INTERVAL, "p90": INTERVAL}},
}  # fmt: skip


def missing(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Dotted paths of the specification that an answer lacks."""
    if isinstance(found, list):
        return [name for item in found for name in missing(wanted, item, path)] or ([] if found else [path])
    if not isinstance(wanted, dict):
        return [path] if isinstance(found, dict) else []
    if not isinstance(found, dict):
        return [path]
    return [
        name
        for key in wanted
        for name in ([f"{path}.{key}"] if key not in found else missing(wanted[key], found[key], f"{path}.{key}"))
    ]


def plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and plain(item) for key, item in value.items())
    return all(map(plain, value)) if isinstance(value, list) else type(value) in (str, int, float, bool, type(None))


def test_the_answer_has_every_key_of_the_specification_in_plain_types() -> None:
    scenario = two_clauses()
    stubs = [replication(r, {"quality": [1, 1], "speed": [0.5, 1]}) for r in range(ONE_YEAR_FROM)]
    answer = answer_of(scenario, stubs)
    assert missing(SPECIFIED, answer) == []
    assert plain(answer)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert [(c["id"], c["promised_by"], c["kind"]) for c in answer["clauses"]] == [
        ("sla.quality", "marketing", "quality"), ("sla.speed", "sales", "speed")]  # fmt: skip


def test_the_answer_of_a_real_run_has_every_key_and_numbers_in_range() -> None:
    answer = to_json(Simulation(2).run(small()))
    absent = missing(SPECIFIED, answer)
    assert absent == [".revenue.one_year"]  # fewer than 200 years
    json.dumps(answer, allow_nan=False)
    for item in answer["clauses"]:
        assert 0 <= item["p_kept"]["low"] <= item["p_kept"]["mean"] <= item["p_kept"]["high"] <= 1
        assert item["attainment"]["mean"] > 0
        assert (item["ceiling"] is None) == (item["kind"] in ("volume", "pacing"))
    assert 0.3 < answer["utilisation"]["sdr"]["mean"] < 1


def test_a_month_keeps_all_clauses_only_where_every_clause_with_a_case_is_kept() -> None:
    scenario = two_clauses()
    stubs = [
        replication(0, {"quality": [0.9, 0.95], "speed": [1.0, 0.9]}),
        replication(1, {"quality": [0.9, 0.9], "speed": [0.8, 1.0]}),
        replication(2, {"quality": [NAN, 0.5], "speed": [1.0, NAN]}),
        replication(3, {"quality": [NAN, NAN], "speed": [NAN, NAN]}),
    ]
    experiment = of(scenario, stubs)
    np.testing.assert_array_equal(kept_months(experiment, "speed"), [[1, 1], [0, 1], [1, NAN], [NAN, NAN]])
    kept = all_kept_months(experiment)
    np.testing.assert_array_equal(kept, [[1, 1], [0, 1], [1, 0], [NAN, NAN]])
    np.testing.assert_array_equal(all_kept_months(experiment, ("sales",)), [[1, 1], [0, 1], [1, NAN], [NAN, NAN]])
    answer = to_json(experiment)
    assert answer["p_all_kept"]["month"] == clustered_share(kept).as_dict()
    assert answer["p_all_kept"]["month"]["mean"] == pytest.approx(4 / 6)
    assert answer["p_all_kept"]["year"] == wilson(1, 3).as_dict()
    assert clause(answer, "speed")["p_kept"]["mean"] == pytest.approx(4 / 5)
    assert clause(answer, "speed")["p_kept_year"] == wilson(2, 3).as_dict()
    assert clause(answer, "quality")["p_kept_year"] == wilson(2, 3).as_dict()


def test_the_interval_of_a_month_counts_replications_and_not_months() -> None:
    # 5 good years and 5 bad ones: 60 months kept of 120, but no more than ten independent pieces of luck
    kept = np.repeat([[1.0], [0.0]], 5, axis=0) * np.ones(12)
    month = kept_in_a_month(kept)
    naive = wilson(60, 120)
    assert month.mean == 0.5
    assert month.high - month.low > 3 * (naive.high - naive.low)


def test_always_kept_is_still_not_certain() -> None:
    always = kept_in_a_month(np.ones((20, 12)))
    assert (always.mean, always.high) == (1.0, 1.0)
    assert always.low == pytest.approx(1.0 - 2.0930 / 40, abs=1e-5)
    assert kept_all_year(np.ones((20, 12))) == wilson(20, 20)


def test_the_attainment_of_a_replication_is_a_quotient_of_sums() -> None:
    stubs = [replication(r, {"quality": [NAN, 0.5], "speed": [share, 1.0]}) for r, share in enumerate((0.5, 0.9))]
    answer = answer_of(two_clauses(), stubs)
    assert clause(answer, "quality")["attainment"]["mean"] == pytest.approx(0.5)
    assert clause(answer, "speed")["attainment"]["mean"] == pytest.approx((0.75 + 0.95) / 2)
    assert clause(answer, "speed")["attainment"]["high"] == 1.0  # a share is never more than all


def test_what_has_no_case_is_null() -> None:
    none = {"mean": None, "low": None, "high": None}
    stubs = [replication(r, {"quality": [NAN, NAN], "speed": [NAN, NAN]}, ae_utilisation=NAN) for r in range(3)]
    answer = answer_of(two_clauses(), stubs)
    for name in ("quality", "speed"):
        item = clause(answer, name)
        assert (item["attainment"], item["p_kept"], item["p_kept_year"], item["ceiling"]) == (none, none, none, None)
    assert answer["p_all_kept"] == {"month": none, "year": none}
    assert answer["utilisation"]["ae"] == none
    assert (answer["goal"]["target"], answer["goal"]["p_reached"]) == (None, none)
    json.dumps(answer, allow_nan=False)


def test_a_single_infinite_response_makes_the_mean_unknown_instead_of_smaller() -> None:
    stubs = [replication(r, {}, response_wall_p90_minutes=np.inf if r == 7 else 60.0) for r in range(10)]
    answer = answer_of(make_scenario(), stubs)
    assert answer["response_minutes"]["wall"]["p90"] == {"mean": None, "low": None, "high": None}
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(("years", "given"), [(ONE_YEAR_FROM - 1, False), (ONE_YEAR_FROM, True), (201, True)])
def test_a_single_year_is_told_from_two_hundred_simulated_years_on(years: int, given: bool) -> None:
    stubs = [replication(r, {}, cohort_revenue=1000.0 * r) for r in range(years)]
    spread = answer_of(make_scenario(), stubs)["revenue"]["one_year"]
    assert (spread is not None) == given
    if spread is not None:
        wanted = np.quantile(1000.0 * np.arange(years), (0.1, 0.5, 0.9))
        assert [spread["p10"], spread["p50"], spread["p90"]] == pytest.approx(wanted.tolist())


@pytest.mark.parametrize(("view", "reached"), [("cohort", 3), ("booked", 1)])
def test_the_goal_is_held_against_single_years_in_its_own_view(view: str, reached: int) -> None:
    scenario = make_scenario({"goal": {"revenue": 100, "view": view}})
    years = [(100.0, 1.0), (101.0, 99.0), (99.0, 100.0), (500.0, 0.0)]
    stubs = [
        replication(r, {}, cohort_revenue=a, booked_revenue=b, expected_revenue=1e9) for r, (a, b) in enumerate(years)
    ]
    goal = answer_of(scenario, stubs)["goal"]
    assert goal["target"] == 100
    assert goal["p_reached"] == wilson(reached, 4).as_dict()


def test_money_comes_with_a_t_interval_over_replications() -> None:
    values = [1.0, 5.0, 9.0]
    stubs = [replication(r, {}, expected_revenue=v, contribution=-v) for r, v in enumerate(values)]
    answer = answer_of(make_scenario(), stubs)
    assert t_interval(values).low < 0.0  # where income cannot be
    assert answer["revenue"]["expected"] == t_interval(values).as_dict() | {"low": 0.0}
    assert {key: answer["contribution"][key] for key in INTERVAL} == t_interval([-v for v in values]).as_dict()


def test_leads_left_out_are_told_as_a_rate_a_year() -> None:
    experiment = of(two_clauses(), [replication(r, {"quality": [1, 1], "speed": [1, 1]}) for r in range(2)])
    experiment.measures[0].clauses["speed"].left_out_count[:] = [3, 1]
    assert clause(to_json(experiment), "speed")["left_out_per_year"] == pytest.approx(4 / 2 * 6)


def test_nothing_finished_is_an_answer_too() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = answer_of(two_clauses(), [])
    assert answer["replications"] == 0
    assert answer["revenue"]["expected"]["mean"] is None
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    "scenario",
    [
        small(sales__sdr__headcount=0),
        small(marketing__sources__web__leads_per_month=0),
        small(run__horizon_months=0),
        small(sales__ae__headcount=0),
        small(sla={}, marketing__sources__web__leads_per_month=0, run__horizon_months=0, sales__sdr__headcount=0),
    ],
    ids=["no reps", "no leads", "no horizon", "no AE", "nothing at all"],
)
def test_the_edges_of_a_plan_are_answered_in_plain_json(scenario: Scenario) -> None:
    answer = to_json(Simulation(3).run(scenario))
    json.dumps(answer, allow_nan=False)
    assert answer["replications"] == 3


def test_no_reps_break_every_promise_of_sales_and_zero_leads_none() -> None:
    nobody = to_json(Simulation(2).run(small(sales__sdr__headcount=0)))
    assert clause(nobody, "speed")["attainment"]["mean"] == 0
    assert clause(nobody, "speed")["p_kept"]["mean"] == 0
    assert clause(nobody, "quality")["attainment"]["mean"] is None  # unworked leads are left out, and shown
    assert clause(nobody, "quality")["unworked_per_year"] > 3000
    assert nobody["utilisation"]["sdr"]["mean"] is None
    assert nobody["load_check"]["planned"] is None
    nothing = to_json(Simulation(2).run(small(marketing__sources__web__leads_per_month=0)))
    assert clause(nothing, "speed")["p_kept"]["mean"] is None
    assert clause(nothing, "volume")["p_kept"]["mean"] == 0
    assert nothing["revenue"]["expected"]["mean"] == 0


def test_overload_is_reported_as_it_is() -> None:
    answer = to_json(Simulation(2).run(small(marketing__sources__web__leads_per_month=2500)))
    assert answer["load_check"]["planned"] > 1.5
    assert answer["utilisation"]["sdr"]["mean"] == pytest.approx(1, abs=0.03)
    assert answer["response_minutes"]["business"]["p90"]["mean"] is None  # most are never called at all
    assert clause(answer, "speed")["p_kept"]["mean"] == 0
    assert clause(answer, "speed")["ceiling"] == pytest.approx(1, abs=0.01)  # people are what is lacking


def test_no_team_does_better_than_unlimited_reps_would() -> None:
    experiment = Simulation(4).run(small(marketing__sources__web__leads_per_month=600))
    for name in ("speed", "depth", "feedback"):
        for m in experiment.measures:
            assert m.clauses[name].attainment <= m.ceiling[name] + 0.01, name
    assert experiment.measures[0].clauses["speed"].attainment < experiment.measures[0].ceiling["speed"]


def test_what_a_won_deal_costs_is_all_costs_over_all_deals() -> None:
    """Lost, the page says a cost that its own totals do not give: a mean of yearly ratios is more than their ratio."""
    found = Simulation(12).run(small(economics__tools_annual=24_000))
    plan, years = found.scenario, found.measures
    wages = plan.sales.sdr.headcount * plan.sales.sdr.annual_cost + plan.sales.ae.headcount * plan.sales.ae.annual_cost
    costs = sum(m.headline["spend"] for m in years) + 12 * (wages + 24_000) * plan.run.horizon_months / 12
    won = sum(m.headline["won_count"] for m in years)
    revenue = sum(m.headline["expected_revenue"] for m in years)
    assert cost_per_won(found).mean == pytest.approx(costs / won)
    margin = plan.economics.gross_margin * plan.economics.lifetime_factor * revenue
    assert margin_to_cost(found).mean == pytest.approx(margin / costs)


def test_a_bad_year_is_one_whose_deals_fell_out_badly() -> None:
    """Lost, a bad year is told without the luck of its deals, which is most of what makes it bad."""
    found = Simulation(3).run(small())
    terms = found.scenario.economics
    for year, told in zip(found.measures, fallen_out(found), strict=True):
        money = year.headline
        lost = money["expected_revenue"] - money["cohort_revenue"]
        assert told == pytest.approx(money["contribution"] - terms.gross_margin * terms.lifetime_factor * lost)
