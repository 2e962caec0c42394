"""The command staff as people type it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.decide import staffing
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.words.numbers import money

from .conftest import Said

Command = Callable[..., Said]
FEW = ("--replications", 12, "--workers", 1)


@pytest.fixture(autouse=True)
def _few_levers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staffing, "_MOST_LEVERS", 3)


def _answer(said: Said, code: int = 0) -> dict[str, Any]:
    assert said.code == code, said.err
    answer: dict[str, Any] = json.loads(said.out)
    return answer


@pytest.mark.slow
def test_staff_prints_one_object_the_same_for_any_number_of_workers(smarketing: Command, tiny: Path) -> None:
    words = ("staff", tiny, "--keep", 0.8, "--replications", 12, "--json")
    texts = [smarketing(*words, "--workers", count).out for count in (1, 2)]
    assert texts[0] == texts[1]
    answer = json.loads(texts[0])
    assert (answer["scenario"], answer["keep"], answer["period"]) == ("Tiny plan", 0.8, "month")
    assert answer["clauses"] == ["sla.speed", "sla.depth", "sla.feedback"]
    assert 1 <= answer["headcount"] <= 8
    assert answer["experiments"] < 60
    assert [step["headcount"] for step in answer["cost_curve"]]
    assert answer["free_alternative"]["p_kept"]["mean"] is not None
    assert str(Path.cwd()) not in texts[0]


@pytest.mark.slow
def test_people_read_the_headcount_what_is_free_and_the_curve(smarketing: Command, tiny: Path) -> None:
    said = smarketing("staff", tiny, "--keep", 0.8, *FEW)
    assert said.code == 0
    for words in ("the promises with a chance of 80%", "today there are 8", "did best in a first look", "8 (today)",
                  "wages a year", "paired experiments"):  # fmt: skip
        assert words in said.out
    assert "\x1b" not in said.out
    assert "None" not in said.out


@pytest.mark.slow
def test_no_headcount_leaves_with_one_and_names_the_clause(smarketing: Command, tiny: Path) -> None:
    words = ("staff", tiny, "--keep", 0.9, "--clauses", "all", "--cap", 9, *FEW)
    answer = _answer(smarketing(*words, "--json"), code=1)
    assert (answer["headcount"], answer["p_kept_one_fewer"], answer["promised_by"]) == (None, None, "all")
    assert answer["headcount_cap"] == 9
    assert answer["unlimited"]["obstacle"] == "sla.volume"
    people = smarketing(*words)
    assert people.code == 1
    assert "no headcount up to 9" in people.out
    assert "what stands in the way is sla.volume" in people.out


def test_keep_year_and_set_change_the_question(smarketing: Command, tiny: Path) -> None:
    said = smarketing("staff", tiny, "--keep", 0.5, "--keep-year", "--set", "sales.sdr.headcount=2", *FEW, "--json")
    answer = _answer(said)
    assert (answer["period"], answer["headcount_today"]) == ("year", 2)
    assert answer["scenario"] == "Tiny plan with rep headcount 2"


MISTAKES: list[tuple[tuple[object, ...], str]] = [
    (("tinny.yaml",), "tinny.yaml: there is no such file; did you mean 'tiny.yaml'?"),
    (("tiny.yaml", "--keep", 1), "keep = 1.0: must lie above 0 and below 1, such as 0.95"),
    (("tiny.yaml", "--keep", -0.5), "keep = -0.5: must lie above 0 and below 1"),
    (("tiny.yaml", "--clauses", "marketing"), "clauses = 'marketing': must be one of sales, all"),
    (("tiny.yaml", "--clauses", "sale"), "did you mean 'sales'?"),
    (("tiny.yaml", "--cap", 0), "cap = 0: must be from 1, to 2,000"),
    (("tiny.yaml", "--replications", 0), "replications = 0: must be between 1 and 100,000"),
    (("tiny.yaml", "--seed", -1), "seed = -1: must be a whole number from 0"),
    (("tiny.yaml", "--set", "sales.sdr.headcont=3"), "did you mean 'headcount'?"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=[" ".join(map(str, words)) for words, _ in MISTAKES])
def test_a_mistake_is_one_clear_message(smarketing: Command, tiny: Path, words: tuple[object, ...], said: str) -> None:
    found = smarketing("staff", *words)
    assert found.code == 2
    assert found.out == ""
    assert len(found.err.splitlines()) == 1, found.err
    assert said in found.err


def test_an_alternative_with_an_unknown_path_is_one_clear_message(smarketing: Command, tiny: Path) -> None:
    Path("odd.yaml").write_text(
        f"extends: {tiny}\nalternatives: {{odd: {{label: Odd, set: {{sales.sdr.headcont: 3}}}}}}\n"
    )
    found = smarketing("staff", "odd.yaml", *FEW)
    assert found.code == 2
    assert len(found.err.splitlines()) == 1
    assert "alternatives.odd.set.sales.sdr.headcont: is not a known key; did you mean 'headcount'?" in found.err


@pytest.mark.slow
def test_account_executives_promise_nothing_and_are_judged_by_what_they_bring(
    smarketing: Command, params: Path
) -> None:
    """By hand: what four bring less than five, and the wages of the one that is saved."""
    words = (params / "baseline.yaml", "--of", "ae", "--replications", 3)
    said = smarketing("staff", *words)
    assert said.code == 0, said.err
    assert "no clause of the contract is promised by account executives" in said.out
    answer = json.loads(smarketing("staff", *words, "--json").out)
    assert [plan["headcount"] for plan in answer["plans"]] == [3, 4, 5, 6, 7, 8]
    four, five = answer["plans"][1:3]
    plan = load(params / "baseline.yaml")
    before, after = (
        Simulation(3).run(override(plan, {"sales.ae.headcount": count})).series("contribution") for count in (5, 4)
    )
    assert four["contribution_difference"]["mean"] == pytest.approx(float((after - before).mean()) + 220_000)
    assert five["contribution_difference"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert money(four["faded_revenue"]["mean"]) in said.out


def test_a_plan_whose_deals_wait_for_nobody_has_no_account_executives_to_count(smarketing: Command, tiny: Path) -> None:
    said = smarketing("staff", tiny, "--of", "ae", "--set", "sales.ae.open_limit=null")
    assert said.code == 2
    assert "no deal waits for anybody" in said.err
    assert smarketing("staff", tiny, "--of", "aes").code == 2
