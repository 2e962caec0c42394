"""Two scenarios under common random numbers."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.experiment.compare import HEADLINES, compare, compare_all, per_replication
from smarketing_sim.experiment.results import clause_results
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import t_interval
from smarketing_sim.scenario.building import override
from tests.builders import make_scenario
from tests.experiment.stubs import of, replication, small, two_clauses

NAN = float("nan")
NONE = {"mean": None, "low": None, "high": None}


def test_a_scenario_against_itself_differs_by_exactly_nothing() -> None:
    experiment = Simulation(4).run(small())
    answer = compare(experiment, Simulation(4).run(small()))
    assert answer["changed"] == []
    for name, pair in answer["measures"].items():
        assert pair["difference"] in ({"mean": 0.0, "low": 0.0, "high": 0.0}, NONE), name
        assert pair["a"] == pair["b"]
        assert (pair["difference"] == NONE) == (pair["a"]["mean"] is None), name
    json.dumps(answer, allow_nan=False)


def test_no_range_leaves_what_is_possible() -> None:
    """Two years of very few leads differ so much that Student's range would go far beyond nothing and everything."""
    few = small(marketing__sources__web={"leads_per_month": 2, "cost_per_handed": 10})
    a, b = Simulation(2, 4).run(few), Simulation(2, 4).run(override(few, {"sales.sdr.headcount": 1}))
    raw, loose = per_replication(a), 0
    for name, pair in compare(a, b)["measures"].items():
        for side in ("a", "b"):
            low, high = pair[side]["low"], pair[side]["high"]
            if low is None or name.startswith("contribution"):
                continue
            loose += t_interval(raw[name]).low < 0
            assert low >= 0, name
            if name.startswith(("p_", "attainment.")) and name != "attainment.volume":
                assert high <= 1, name
        gap = pair["difference"]
        if gap["low"] is not None and name.startswith("p_"):
            assert -1 <= gap["low"] <= gap["high"] <= 1, name
    assert loose > 3
    assert clause_results(a)["volume"].attained.low >= 0


def test_the_same_luck_tells_more_than_twice_as_many_years_of_other_luck() -> None:
    slower = small(sales__sdr__pace=0.95)
    a, b, other = Simulation(12).run(small()), Simulation(12).run(slower), Simulation(12, 99).run(slower)
    for name in ("expected_revenue", "attainment.speed", "sdr_utilisation"):
        first, second, unpaired = (per_replication(e)[name] for e in (a, b, other))
        assert np.var(second - first, ddof=1) < np.var(unpaired - first, ddof=1) / 2, name


def test_a_difference_is_b_less_a_with_the_interval_of_its_pairs() -> None:
    scenario = two_clauses()
    sides = [
        [replication(r, {"quality": [1, 1], "speed": [share, 1]}, won_count=w) for r, (share, w) in enumerate(rows)]
        for rows in (((0.5, 1), (0.7, 2), (1.0, 6)), ((0.7, 2), (0.9, 5), (1.0, 7)))
    ]
    answer = compare(*(of(scenario, side) for side in sides))["measures"]
    assert answer["won_count"]["difference"] == t_interval([1, 3, 1]).as_dict()
    assert answer["attainment.speed"]["difference"]["mean"] == pytest.approx(0.2 / 3)
    assert (answer["p_kept.speed"]["a"]["mean"], answer["p_kept.speed"]["b"]["mean"]) == pytest.approx((2 / 3, 5 / 6))
    assert answer["p_all_kept"]["difference"]["mean"] == pytest.approx(1 / 6)
    assert set(HEADLINES) <= set(answer)


def test_only_experiments_with_the_same_luck_are_paired() -> None:
    scenario = two_clauses()
    some = [replication(r, {"quality": [1, 1], "speed": [1, 1]}) for r in range(3)]
    a = of(scenario, some)
    for b in (of(scenario, some, seed=2), of(scenario, some[:2]), of(scenario, [some[0], some[2], some[1]])):
        with pytest.raises(InputError, match="only the same simulated years can be paired; these are years 0 to"):
            compare(a, b)


def test_an_infinite_wait_in_one_year_makes_the_difference_unknown_and_not_small() -> None:
    scenario = two_clauses()
    rows = [replication(r, {"quality": [1, 1], "speed": [1, 1]}, response_wall_p50_minutes=10.0 + r) for r in range(3)]
    drowned = [
        *rows[:2],
        dataclasses.replace(rows[2], headline=rows[2].headline | {"response_wall_p50_minutes": np.inf}),
    ]
    pair = compare(of(scenario, rows), of(scenario, drowned))["measures"]["response_wall_p50_minutes"]
    assert pair == {"a": t_interval([10.0, 11.0, 12.0]).as_dict(), "b": NONE, "difference": NONE}


def test_what_was_changed_is_told_with_both_values() -> None:
    a, b = of(small(), []), of(small(sales__sdr__headcount=5), [])
    assert compare(a, b)["changed"] == [{"path": "sales.sdr.headcount", "a": 3, "b": 5}]


def test_a_clause_that_only_one_contract_has_is_left_out() -> None:
    speed_only = make_scenario({"sla": {"speed": {"target": 0.9, "within": "6 hours"}}, "run.horizon_months": 2})
    a = of(two_clauses(), [replication(0, {"quality": [1, 1], "speed": [NAN, NAN]})])
    b = of(speed_only, [replication(0, {"speed": [1, 1]})])
    for answer in (compare(a, b), compare(b, a)):
        assert "attainment.quality" not in answer["measures"]
        assert answer["measures"]["p_kept.speed"]["difference"] == NONE


# ---------------------------------------------------------------------------------------------- several at a time


def test_several_are_compared_with_one_base_by_ranges_that_hold_at_once() -> None:
    a, b, c = (Simulation(5).run(small(sales__sdr__headcount=count)) for count in (3, 4, 5))
    answer = compare_all(a, [b, c])
    assert [other["changed"][0]["b"] for other in answer["others"]] == [4, 5]
    for other, experiment in zip(answer["others"], (b, c), strict=True):
        single = compare(a, experiment)["measures"]
        assert list(other["measures"]) == list(single)
        gaps = per_replication(experiment)["sdr_utilisation"] - per_replication(a)["sdr_utilisation"]
        assert other["measures"]["sdr_utilisation"]["difference"] == t_interval(gaps, level=0.975).as_dict()
        for side in ("a", "b"):
            assert other["measures"]["sdr_utilisation"][side] == single["sdr_utilisation"][side]
    json.dumps(answer, allow_nan=False)


def test_one_other_is_compared_as_two_are() -> None:
    a, b = Simulation(3).run(small()), Simulation(3).run(small(sales__sdr__headcount=4))
    assert compare_all(a, [b])["others"][0]["measures"] == compare(a, b)["measures"]


@pytest.mark.slow
def test_all_differences_of_a_measure_are_covered_with_the_promised_chance() -> None:
    """Eight plans that are truly equal: ranges of 95% each would leave one out in a third of all tries."""
    scenario, rounds, missed = two_clauses(), 120, 0
    kept: dict[str, list[float]] = {"quality": [1, 1], "speed": [1, 1]}
    for seed in range(rounds):
        luck = np.random.default_rng(seed).normal(size=(9, 12))
        sides = [of(scenario, [replication(r, kept, won_count=w) for r, w in enumerate(row)]) for row in luck]
        gaps = [o["measures"]["won_count"]["difference"] for o in compare_all(sides[0], sides[1:])["others"]]
        missed += any(gap["low"] > 0 or gap["high"] < 0 for gap in gaps)
    assert missed / rounds < 0.05 + 3.1 * np.sqrt(0.05 * 0.95 / rounds)


def test_several_are_paired_only_under_the_same_luck_and_not_with_nothing() -> None:
    scenario = two_clauses()
    some = [replication(r, {"quality": [1, 1], "speed": [1, 1]}) for r in range(3)]
    with pytest.raises(InputError, match="same simulated years"):
        compare_all(of(scenario, some), [of(scenario, some), of(scenario, some, seed=2)])
    with pytest.raises(InputError, match="at least one other"):
        compare_all(of(scenario, some), [])
