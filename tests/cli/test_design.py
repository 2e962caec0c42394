"""The command design as people type it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Said

Command = Callable[..., Said]
FEW = ("--replications", 2, "--workers", 1)
SOURCES = ("organic", "paid_search", "demo_request")
NO_LEADS = [word for name in SOURCES for word in ("--set", f"marketing.sources.{name}.visits_per_month=0")]


def test_design_prints_one_object_the_same_for_any_number_of_workers(smarketing: Command, tiny: Path) -> None:
    words = ("design", tiny, "--replications", 2, "--json")
    texts = [smarketing(*words, "--workers", count).out for count in (1, 2)]
    assert texts[0] == texts[1]
    answer = json.loads(texts[0])
    assert (answer["scenario"], answer["seed"], answer["replications"]) == ("Tiny plan", 1, 2)
    assert {"digest", "engine"} <= set(answer)
    assert set(answer["optimum"]) == {"within", "attempts", "days", "threshold"}
    assert {"contribution", "gain", "shadow_price_per_hour", "shadow_price_per_hour_today", "grid"} <= set(answer)
    assert answer["experiments"] < 60
    first = answer["grid"][0]
    assert {name: first[name] for name in ("within", "attempts", "threshold")} == {
        name: answer["optimum"][name] for name in ("within", "attempts", "threshold")
    }
    assert all(one["behind"]["mean"] >= 0.0 for one in answer["grid"])
    assert str(Path.cwd()) not in texts[0]


def test_people_read_the_optimum_the_hour_the_ages_and_the_grid(smarketing: Command, tiny: Path) -> None:
    said = smarketing("design", tiny, *FEW)
    assert said.code == 0, said.err
    for words in ("sure to bring more than today's; the best is", "vs today's plan", "deadline first and nothing",
                  "Worth of an hour", "an hour costs $", "at the optimum", "Last attempt that pays", "1 week",
                  "the best that were tried", "chance kept", "paired experiments of 2 simulated years"):  # fmt: skip
        assert words in said.out
    assert "\x1b" not in said.out
    assert "None" not in said.out
    assert "nan" not in said.out


def test_set_and_seed_change_the_question(smarketing: Command, tiny: Path) -> None:
    words = ("--set", "sla.speed=null", "--set", "alternatives.two_business_hours=null", "--seed", 4, "--json")
    answer = json.loads(smarketing("design", tiny, *FEW, *words).out)
    assert answer["seed"] == 4
    assert answer["scenario"].startswith("Tiny plan with no sla: speed, no alternatives: two business hours")
    assert answer["optimum"]["within"] is None
    assert answer["gain_of_deadline_order_alone"] == {"mean": 0.0, "low": 0.0, "high": 0.0}


MISTAKES: list[tuple[tuple[object, ...], str]] = [
    (("tinny.yaml",), "tinny.yaml: there is no such file; did you mean 'tiny.yaml'?"),
    (("tiny.yaml", "--replications", 0), "replications = 0: must be between 1 and 100,000"),
    (("tiny.yaml", "--seed", -1), "seed = -1: must be a whole number from 0"),
    (("tiny.yaml", "--set", "sales.sdr.headcont=3"), "did you mean 'headcount'?"),
    (("tiny.yaml", "--set", "sales.sdr.headcount=0"), "sales.sdr.headcount = 0: nobody follows up"),
    (("tiny.yaml", "--set", "run.horizon_months=0"), "run.horizon_months = 0: must be at least 1"),
    (("tiny.yaml", *NO_LEADS), "marketing.sources: no lead is handed over, so there is nothing to decide"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=[" ".join(map(str, words)) for words, _ in MISTAKES])
def test_a_mistake_is_one_clear_message(smarketing: Command, tiny: Path, words: tuple[object, ...], said: str) -> None:
    found = smarketing("design", *words, "--workers", 1)
    assert found.code == 2
    assert found.out == ""
    assert len(found.err.splitlines()) == 1, found.err
    assert said in found.err
