"""The grid of a sweep: values read as --set reads them, and every problem told before any work."""

from __future__ import annotations

import time

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.experiment.grid import (
    Axis,
    Grid,
    cost,
    each_alone,
    make_grid,
    make_points,
    parse_vary,
    split_values,
)
from tests.builders import make_scenario
from tests.experiment.stubs import small

LISTS: list[tuple[str, list[str]]] = [
    ("8,10,12", ["8", "10", "12"]),
    ("1 business hour, 6 business hours", ["1 business hour", "6 business hours"]),
    ("[1,2],[3, 4]", ["[1,2]", "[3, 4]"]),
    ("{a: [1,2], b: 3},null", ["{a: [1,2], b: 3}", "null"]),
    ("'a,b',c", ["'a,b'", "c"]),
    ("'it''s, so',x", ["'it''s, so'", "x"]),
    (r'"a\",b",c', [r'"a\",b"', "c"]),
    ("6 o'clock,7 o'clock", ["6 o'clock", "7 o'clock"]),
    ('["mon,tue", "]"],x', ['["mon,tue", "]"]', "x"]),
    ("a,,b", ["a", "", "b"]),
    ("a]b,c", ["a]b", "c"]),
]


def told(*settings: str, overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(InputError) as raised:
        make_points(make_grid(small(**(overrides or {})), parse_vary(settings)))
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(("text", "parts"), LISTS, ids=[text for text, _ in LISTS])
def test_values_split_at_commas_outside_brackets_and_quotes(text: str, parts: list[str]) -> None:
    assert split_values(text) == parts


def test_values_are_read_as_set_reads_them() -> None:
    (first, second) = parse_vary(["a.b=true,1,2.5,x y", "c=[1,2],null"])
    assert first == Axis("a.b", (True, 1, 2.5, "x y"), ("true", "1", "2.5", "x y"))
    assert second.values == ([1, 2], None)


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ((1, 2), [1, 2]),
        ((1, 2.5), [1.0, 2.5]),
        ((True, False), [True, False]),
        ((True, 1), ["a", "b"]),
        ((1, "x"), ["a", "b"]),
        (([1], None), ["a", "b"]),
    ],
)
def test_a_table_column_holds_one_type(values: tuple[object, ...], column: list[object]) -> None:
    found = Axis("p", values, ("a", "b")).column
    assert found == column
    assert len({type(value) for value in found}) == 1


def test_the_last_axis_varies_fastest() -> None:
    grid = make_grid(small(), parse_vary(["sales.sdr.headcount=2,3", "sales.ae.headcount=1,2,4"]))
    points = make_points(grid)
    assert [(s.sales.sdr.headcount, s.sales.ae.headcount) for s in points] == [
        (2, 1), (2, 2), (2, 4), (3, 1), (3, 2), (3, 4)
    ]  # fmt: skip
    assert grid.count == len(points)


def test_every_problem_of_every_vary_is_told_at_once() -> None:
    problems = told("sales.sdr.headcont=1,2", "sales.sdr.headcount=3,lots", "sla.speed.target=50%,150%")
    assert len(problems) == 3
    assert problems[0] == "--vary: sales.sdr.headcont: is not a known key; did you mean 'headcount'?"
    assert problems[1].startswith("--vary: sales.sdr.headcount = 'lots'")
    assert problems[2].startswith("--vary: sla.speed.target = ")


WRONG: list[tuple[tuple[str, ...], str]] = [
    ((), "at least one is needed"),
    (("sales.sdr.headcount",), "must be path=a,b,c"),
    (("sales.sdr.headcount= ",), "must be path=a,b,c"),
    (("=1,2",), "must be path=a,b,c"),
    (("sales.sdr.headcount=1,,2",), "no value is given"),
    (("sales.sdr.headcount=1,[2",), "not valid YAML"),
    (("sales.sdr.headcount=1,2", "sales.sdr.headcount=3"), "is varied twice"),
    (("sales.sdr.headcount=1,2,1",), "simulates the same as '1'; give each value once"),
    (("sla.speed.target=90%,80%,0.9",), "= '0.9': simulates the same as '90%'"),
    (("name=a,b",), "simulates the same as 'a'"),
    (("sales.sdr.headcount.x=1",), "sales.sdr.headcount"),
]


@pytest.mark.parametrize(("settings", "rule"), WRONG, ids=[" ".join(settings) for settings, _ in WRONG])
def test_a_wrong_vary_is_one_problem_that_names_it(settings: tuple[str, ...], rule: str) -> None:
    (problem,) = told(*settings)
    assert rule in problem
    assert "--vary" in problem


def test_parts_that_agree_only_together_are_a_grid_and_those_that_do_not_are_told_with_their_values() -> None:
    two = make_scenario(
        {
            "personas": {
                "anyone": None,
                "a": {"share": 0.4, "deal_value": 1},
                "b": {"share": 0.6, "deal_value": 1},
            }
        }
    )
    axes = parse_vary(["personas.a.share=0.3,0.5", "personas.b.share=0.7,0.5"])
    with pytest.raises(InputError) as raised:
        make_points(make_grid(two, axes))
    files = [problem.file for problem in raised.value.problems]
    assert files == [
        "--vary personas.a.share=0.3 --vary personas.b.share=0.5",
        "--vary personas.a.share=0.5 --vary personas.b.share=0.7",
    ]
    assert len(make_points(make_grid(two, parse_vary(["personas={a: {share: 1, deal_value: 2}, b: null}"])))) == 1


def test_more_bad_points_than_anybody_reads_are_counted() -> None:
    two = make_scenario(
        {
            "personas": {
                "anyone": None,
                "a": {"share": 0.5, "deal_value": 1},
                "b": {"share": 0.5, "deal_value": 1},
            }
        }
    )
    shares = ",".join(f"0.{n}" for n in range(100, 160))
    with pytest.raises(InputError) as raised:
        make_points(make_grid(two, parse_vary([f"personas.a.share={shares}"])))
    assert len(raised.value.problems) == 51
    assert str(raised.value.problems[-1]) == "60 of 60 scenarios of this sweep cannot be simulated"


def test_a_thousand_million_points_are_counted_without_making_one() -> None:
    axis = Axis("p", tuple(range(1000)), tuple(map(str, range(1000))))
    began = time.process_time()
    assert Grid(small(), (axis,) * 3).count == 10**9
    assert cost(Grid(small(), (axis,) * 3), 20) == 20 * 10**9
    assert time.process_time() - began < 0.1


def test_a_large_company_costs_more_than_a_small_one() -> None:
    axes = parse_vary(["sales.sdr.headcount=2,3"])
    assert cost(make_grid(small(), axes), 5) == 10
    # 100,000 leads a month in 2 months and 4 weeks: 292,308 leads, twelve parts of 25,000
    assert cost(make_grid(small(marketing__sources={"web": {"leads_per_month": 100_000}}), axes), 5) == 120


def test_plans_that_stand_for_a_sweep_have_its_largest_values_and_are_never_many() -> None:
    axes = parse_vary([f"sales.sdr.headcount={','.join(map(str, range(1, 2001)))}"])
    plans = each_alone(Grid(small(), axes))
    assert len(plans) <= 200
    assert max(plan.sales.sdr.headcount for plan in plans) == 2000
