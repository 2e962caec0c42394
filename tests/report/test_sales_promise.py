"""The chapter on what sales can promise: the words of the answer, plans at the edge, and one real publication."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smarketing_sim.decide.frontier import LIMITS, VOLUMES
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.sales_promise import page as chapter
from smarketing_sim.report.sales_promise import words as offer
from smarketing_sim.report.sales_promise.words import Offer, offer_of, promised_words, trade_words
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.experiment.stubs import small

from .test_planning import UNFINISHED, _Page, _Shown, scenario_with

JARGON = re.compile(r"P\(kept\)|Wilson|Shapley|replication|luck|frontier|ceiling|variance", re.IGNORECASE)
SHOWN = (
    chapter.show_answer,
    chapter.show_frontier,
    chapter.show_today,
    chapter.show_ceiling,
    chapter.show_reading,
    chapter.record_results,
)


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[Offer], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def answer_of(scenario: Scenario, years: int, keep: float = 0.8) -> Offer:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return offer_of(scenario, Simulation(years), keep=keep)


def hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert len(page.figures) == 1
    assert all(figure["alt"] for figure in page.figures)


@pytest.fixture(scope="module")
def plain() -> Offer:
    return answer_of(small(), 3)


@pytest.mark.slow
def test_the_page_tells_every_limit_with_its_contribution(plain: Offer, shown: Callable[[Offer], _Shown]) -> None:
    page = shown(plain)
    hold_words(page)
    assert list(plain.by_depth) == [2, 3, 4, 6, 8]  # the plan's own depth among those that are always asked about
    assert all(len(row) == len(VOLUMES) for row in plain.by_depth.values())
    assert plain.own is plain.by_depth[3][VOLUMES.index(1.0)]
    assert plain.own.within is not None
    assert f"within {plain.own.within} with 3 attempts on a lead" in page.text
    assert "3, as today" in page.text
    best = plain.best
    assert best is not None
    assert best.contribution.mean == max(one.contribution.mean for one in plain.today.values() if one.within)
    [record] = page.records
    assert record["finding"] in page.text
    assert len(record["headline"]) <= 4
    assert len(record["results"]["promises"]) == 5 * len(VOLUMES)
    assert chapter.key_figures(plain).splitlines()[0].startswith("leads per rep")


@pytest.mark.parametrize(
    ("promised", "kept", "told"),
    [
        ("4 business hours", "4 business hours", "which it can keep"),
        ("1 business day", "4 business hours", "it could promise less time"),
        ("3 business hours", "4 business hours", "more than it can keep"),
        ("3.5 business hours", "4 business hours", "between the limits that were tried"),
        ("30 business minutes", "1 business hour", "between the limits that were tried"),
        ("5 business days", None, "more than it can keep"),
        ("8 business days", None, "between the limits that were tried"),
        ("2 hours", "4 business hours", "on the buyer’s clock"),
    ],
)
def test_the_promise_is_judged_only_where_the_limits_tried_allow_it(
    plain: Offer, promised: str, kept: str | None, told: str
) -> None:
    own = replace(plain.own, within=kept)
    others = tuple(own if one is plain.own else one for one in plain.frontier.promises)
    plan = override(plain.scenario, {"sla.speed.within": promised})
    asked = replace(plain, scenario=plan, frontier=replace(plain.frontier, promises=others))
    assert told in promised_words(asked)


def test_the_promised_limit_is_told_with_the_loads_it_holds_at(plain: Offer) -> None:
    kept = [
        one for one in plain.by_depth[3] if one.within and LIMITS.index(one.within) <= LIMITS.index("4 business hours")
    ]
    assert kept
    assert f"with 3 attempts up to {offer.leads_words(kept[-1])} leads per rep" in trade_words(plain)
    assert trade_words(replace(plain, scenario=small(sla={}))).startswith("Speed, depth and the number of leads")


def test_without_any_limit_kept_the_answer_is_that_none_can_be_promised(
    plain: Offer, shown: Callable[[Offer], _Shown]
) -> None:
    none = replace(plain.frontier, promises=tuple(replace(one, within=None) for one in plain.frontier.promises))
    page = shown(replace(plain, frontier=none))
    hold_words(page)
    assert f"no limit up to {LIMITS[-1]} can be promised with 3 attempts" in page.text
    assert "At today’s leads no depth allows a promise on speed" in page.text


SPEED: dict[str, Any] = {"speed": {"target": 0.9, "within": "4 hours"}}
EDGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "one year": ({}, 1, "no range"),
    "no promise on speed": (
        {"sla": {"depth": {"target": 0.8, "attempts": 2, "within": "5 days"}}}, 2, "the contract promises no speed",
    ),
    "no contract": ({"sla": {}}, 2, "no promise"),
    "one attempt": (
        {"sales__sdr__cadence": {"max_attempts": 1, "gaps": []}, "sla": SPEED}, 2, "1 attempt on a lead",
    ),
    "drowned": ({"sales__sdr__headcount": 1}, 2, "none"),
    "idle": ({"sales__sdr__headcount": 40}, 2, "leads per rep"),
    "a system that is slow": ({"marketing__handoff__system_delay": "3 days"}, 2, "leads per rep"),
    "leads that go astray": (
        {"sales__sdr__routing": {"misroute": {"share": 0.5, "mend": "1 business day"}}}, 2,
        "No number of reps could keep",
    ),
    "no account executives": ({"sales__ae__headcount": 0}, 2, "−$"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_plans_at_the_edge_of_sense_give_a_page_that_makes_sense(
    edge: str, shown: Callable[[Offer], _Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offer, "DEPTHS", (2,))
    overrides, years, said = EDGES[edge]
    page = shown(answer_of(small(**overrides), years))
    hold_words(page)
    assert said.lower() in page.text.lower()


@pytest.mark.parametrize(
    ("overrides", "keep", "said"),
    [
        ({"sales__sdr__headcount": 0}, 0.9, "add reps first"),
        ({"marketing__sources__web__leads_per_month": 0}, 0.9, "no lead is handed over"),
        ({"run__horizon_months": 0}, 0.9, r"run\.horizon_months = 0: no month is reported"),
        ({}, 1.0, r"keep = 1\.0: must lie between 0 and 1"),
    ],
    ids=["no reps", "no leads", "no months", "no such chance"],
)
def test_a_question_that_cannot_be_answered_is_one_clear_message(
    overrides: dict[str, Any], keep: float, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        answer_of(small(**overrides), 2, keep)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.slow
def test_preparing_writes_the_tables_and_refuses_a_wrong_chance(
    tmp_path: Path, shown: Callable[[Offer], _Shown]
) -> None:
    tables = tmp_path / "tables"
    given = {"params_path": str(write_tiny(tmp_path)), "replications": 2, "seed": 5, "workers": 1, "tables_dir": ""}
    answer = chapter.prepare({**given, "tables_dir": str(tables), "keep": 0.7})
    hold_words(shown(answer))
    assert answer.frontier.keep == 0.7
    assert len(pd.read_parquet(tables / "promises.parquet")) == len(answer.frontier.promises)
    assert list(pd.read_parquet(tables / "ceiling.parquet")["within"]) == list(LIMITS)
    with pytest.raises(InputError, match="keep = 'much': must be a number"):
        chapter.prepare({**given, "keep": "much"})


@pytest.mark.slow
def test_hostile_names_stay_text(tmp_path: Path, shown: Callable[[Offer], _Shown]) -> None:
    plan = scenario_with(tmp_path, {"name": "<script>x</script>"})
    assert "script" not in {tag for tag, _ in shown(answer_of(plan, 2)).elements}


@pytest.mark.slow
def test_the_notebook_is_published_as_a_chapter(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    published = publish_report(
        ROOT / "notebooks" / "sales_promise.ipynb", load(path, {}), params_file=path, root=root, replications=2, seed=1,
        workers=1,
    )  # fmt: skip
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert "What can sales promise? · Tiny plan" in page.text
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert [bool(a.get("alt", "").strip()) for tag, a in page.elements if tag == "img"] == [True]
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "sales_promise"
    assert {"tables/promises.parquet", "tables/ceiling.parquet"} <= set(record["artefacts"])
