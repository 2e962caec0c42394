"""The chapter on what marketing must promise: the words of the answer, plans at the edge, and one real publication."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from smarketing_sim.decide import marketing_promise as decision
from smarketing_sim.decide.flow import BurstCost, NextLeads
from smarketing_sim.decide.marketing_promise import MarketingPromise, marketing_promise
from smarketing_sim.decide.volume import Curve, leads_for_goal
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.marketing_promise import page as chapter
from smarketing_sim.report.marketing_promise import sections as marketing_sections
from smarketing_sim.report.marketing_promise.words import cliff_words, pays_up_to, pays_up_to_range
from smarketing_sim.report.notebook import display
from smarketing_sim.report.notebook.progress import VARIABLE
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import money
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.experiment.stubs import small

from .test_planning import UNFINISHED, _Page, _Shown

JARGON = re.compile(r"P\(kept\)|Wilson|Shapley|replication|\bluck\b|parabola|cohort|variance", re.IGNORECASE)
SHOWN = (
    chapter.show_answer,
    chapter.show_cliff,
    chapter.show_goal,
    chapter.show_split,
    chapter.show_pacing,
    chapter.show_burst,
    chapter.show_next,
    chapter.show_reading,
    chapter.record_results,
)
NEW_FIRST = {"one": {"label": "New leads first", "set": {"sales.sdr.queue.new_before_retries": True}}}
FAIR = {"fair": {"source": "web", "starts_on": "2024-03-11", "first_week_leads": 200, "weeks": 1, "cost": 500}}


@pytest.fixture(autouse=True)
def _few_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "AROUND_THE_CLIFF", (0.6, 1.3))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[..., _Shown]:
    """Return a function that shows sections of an answer, all of them by default, each warning an error."""

    def show_all(found: MarketingPromise, *sections: Callable[[MarketingPromise], None]) -> _Shown:
        bundles: list[tuple[dict[str, Any], dict[str, Any]]] = []
        monkeypatch.setattr(display, "_emit", lambda bundle, metadata=None: bundles.append((bundle, metadata or {})))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for section in sections or SHOWN:
                section(found)
        return _Shown(bundles)

    return show_all


def answer_of(scenario: Scenario, years: int, chance: float = 0.5) -> MarketingPromise:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return marketing_promise(scenario, Simulation(years), chance=chance)


def hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert all(figure["alt"] for figure in page.figures)


@pytest.fixture(scope="module")
def busy() -> MarketingPromise:
    plan = small(
        sales__sdr__headcount=2, alternatives=NEW_FIRST, marketing__campaigns=FAIR, goal__marketing_share=0.8,
        goal__revenue=30_000,
    )  # fmt: skip
    return answer_of(plan, 4)


@pytest.mark.slow
def test_the_page_tells_the_cliff_the_goal_the_split_the_flow_and_the_next_leads(
    busy: MarketingPromise, shown: Callable[..., _Shown]
) -> None:
    page = shown(busy)
    hold_words(page)
    assert [course.label for course in busy.courses] == ["as it is", "New leads first", "2 more reps"]
    for course in busy.courses:
        assert pays_up_to(course.curve) in page.text
    assert f"a spreadsheet asks for {busy.as_it_is.goal.on_paper_per_month:,.0f}" in page.text  # type: ignore[union-attr]
    assert "Marketing’s leads must bring $24k of the goal of $30k" in page.text
    assert "quotas of 2 account executives together" in page.text
    assert f"of the {95 * 3 * 15 / 31:,.0f} leads promised by then" in page.text
    assert "200 leads come in campaigns" in page.text
    assert "media for one" in page.text
    [record] = page.records
    assert record["finding"] in page.text
    assert len(record["headline"]) <= 4
    assert json.loads(json.dumps(record["results"], allow_nan=False))["courses"][0]["label"] == "as it is"
    assert len(chapter.key_figures(busy).splitlines()) == 4


def test_the_volumes_lie_around_a_full_team_and_today_is_among_them(busy: MarketingPromise) -> None:
    for course in busy.courses:
        factors = course.curve.factors
        assert 1.0 in factors
        assert list(factors) == sorted(set(factors))
        assert course.curve.contribution.shape == (4, len(factors))


def curve_of(contribution: np.ndarray, revenue: np.ndarray | None = None) -> Curve:
    factors = np.array([0.5, 1.0, 1.5, 2.0])
    handed = np.broadcast_to(100.0 * factors, contribution.shape)
    money_ = contribution if revenue is None else revenue
    return Curve("plan", factors, handed, contribution, money_, money_)


CLIFFS: dict[str, tuple[list[float], str, str, str]] = {
    "rising": ([1.0, 2.0, 3.0, 4.0], "beyond 200", "no range", "pays at every number tried, up to 200 a month"),
    "falling": ([4.0, 3.0, 2.0, 1.0], "below 50", "no range", "Even 50 leads a month, the fewest tried, are too many"),
    "highest below today": ([3.0, 2.5, 1.0, 0.0], "below 50", "no range", "Even 50 leads"),
    "highest above today": ([1.0, 2.0, 3.0, 2.0], "150", "150 to 150", "An extra lead pays up to 150 a month"),
}


@pytest.mark.parametrize("cliff", CLIFFS)
def test_the_cliff_is_told_whatever_the_curve(busy: MarketingPromise, cliff: str) -> None:
    heights, told, ranged, sentence = CLIFFS[cliff]
    course = replace(busy.as_it_is, curve=curve_of(np.tile(heights, (3, 1))))
    assert pays_up_to(course.curve) == told
    assert pays_up_to_range(course.curve) == ranged
    assert sentence in cliff_words(course)
    assert "the plan delivers 100" in cliff_words(course)


def test_a_plan_whose_cliff_cannot_be_told_from_today_stands_at_the_edge(busy: MarketingPromise) -> None:
    tops = np.array([[0.8], [1.0], [1.3]])
    course = replace(busy.as_it_is, curve=curve_of(5.0 - (np.array([0.5, 1.0, 1.5, 2.0]) - tops) ** 2))
    assert "the plan stands at the edge" in cliff_words(course)


def with_revenue(found: MarketingPromise, by_course: list[list[float]]) -> MarketingPromise:
    """Return an answer whose courses bring these revenues at half, once, one and a half and twice today's leads."""
    courses = []
    for course, revenue in zip(found.courses, by_course, strict=True):
        curve = curve_of(np.tile([1.0, 2.0, 3.0, 2.0], (4, 1)), np.tile(revenue, (4, 1)))
        courses.append(replace(course, curve=curve, goal=leads_for_goal(course.scenario, curve)))
    return replace(found, courses=tuple(courses))


@pytest.mark.parametrize(
    ("revenue", "told"),
    [
        ([[0.0, 9e9, 9e9, 9e9]] * 3, "The goal takes 100 a month"),
        ([[9e9] * 4] * 3, "The goal takes 50 or fewer a month"),
        (
            [[0.0] * 4, [0.0, 0.0, 9e9, 9e9], [9e9] * 4],
            "out of reach as it is; with “New leads first” it takes 150 a month",
        ),
        ([[0.0] * 4] * 3, "No number of leads tried reaches the goal with a chance of 50%"),
    ],
    ids=["as it is", "at the fewest", "with a lever", "never"],
)
def test_the_goal_is_traced_to_the_first_plan_that_reaches_it(
    busy: MarketingPromise, revenue: list[list[float]], told: str, shown: Callable[..., _Shown]
) -> None:
    found = with_revenue(busy, revenue)
    assert told in chapter.finding(found)
    page = shown(found, chapter.show_answer, chapter.show_goal)
    hold_words(page)
    assert told in page.text
    assert ("each worth on paper" in page.text) == (found.way_to_goal is not None)


def test_leads_by_source_add_up_in_count_and_in_money(busy: MarketingPromise, shown: Callable[..., _Shown]) -> None:
    found = with_revenue(busy, [[0.0, 9e9, 9e9, 9e9]] * 3)
    goal = found.as_it_is.goal
    assert goal is not None
    worth, cost = (sum(getattr(one, name) for one in goal.by_source.values()) for name in ("worth", "cost"))
    text = shown(found, chapter.show_goal).text
    assert money(worth) in text
    assert money(cost) in text


def test_quotas_that_no_number_of_leads_fills_are_flagged(busy: MarketingPromise) -> None:
    poor, rich = with_revenue(busy, [[0.0] * 4] * 3), with_revenue(busy, [[0.0, 9e9, 9e9, 9e9]] * 3)
    assert "no number of leads tried fills them" in marketing_sections._split_title(poor, 50_000.0)
    assert "fills them" not in marketing_sections._split_title(rich, 50_000.0)


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        ((5.0, 1.0, 9.0), "Bursts cost $5"),
        ((-5.0, -9.0, -1.0), "Bursts cost nothing"),
        ((5.0, -1.0, 9.0), "cannot be told"),
        ((5.0, np.nan, np.nan), "cannot be told"),
    ],
)
def test_the_cost_of_a_burst_is_claimed_only_where_it_is_sure(
    busy: MarketingPromise, cost: tuple[float, float, float], told: str, shown: Callable[..., _Shown]
) -> None:
    burst = BurstCost(Interval(*cost), Interval(*cost), Interval(0.1, 0.0, 0.2), 10.0)
    page = shown(replace(busy, burst=burst), chapter.show_burst)
    hold_words(page)
    assert told in page.text


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ((5.0, 1.0, 9.0), "those from web bring most: +$5 each"),
        ((-5.0, -9.0, -1.0), "for 1 of 1 source they clearly cost more"),
        ((5.0, -1.0, 9.0), "clearly bring more than they cost"),
        ((np.nan,) * 3, "No source hands leads over evenly"),
    ],
)
def test_the_next_leads_are_praised_only_where_that_is_sure(
    busy: MarketingPromise, each: tuple[float, float, float], told: str, shown: Callable[..., _Shown]
) -> None:
    page = shown(replace(busy, next_leads={"web": NextLeads(Interval(*each), 50.0)}), chapter.show_next)
    hold_words(page)
    assert told in page.text


def named(label: str) -> dict[str, Any]:
    return {"one": {"label": label, "set": {"sales.sdr.queue.new_before_retries": True}}}


EDGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "one year": ({}, 1, "no range"),
    "no goal": ({"goal__revenue": 0}, 2, "No goal is set, so none can be traced back to leads"),
    "no goal, no quota": ({"goal__revenue": 0, "sales__ae__quota": 0}, 2, "Neither a goal nor a quota is set"),
    "no quota": ({"sales__ae__quota": 0}, 2, "no quota is set"),
    "no reps": ({"sales__sdr__headcount": 0}, 2, "the fewest tried, are too many to pay"),
    "no contract": ({"sla": {}, "marketing__campaigns": FAIR}, 2, "no number is promised"),
    "a promise of worth": (
        {"sla": {"volume": {"value_per_rep": 900, "contract_headcount": 3}}}, 2, "no number is promised",
    ),
    "no account executives": ({"sales__ae__headcount": 0}, 2, "No number of leads tried reaches the goal"),
    "deals are worth nothing": ({"personas__anyone__deal_value": 0}, 2, "are too many to pay"),
    "booked, no campaigns": ({"goal__view": "booked"}, 2, "No campaign is planned"),
    "only campaigns": (
        {"marketing__sources__web__leads_per_month": 0, "marketing__campaigns": FAIR}, 2, "No source hands",
    ),
    "called like ours": ({"alternatives": named("as it is"), "sales__sdr__headcount": 2}, 2, "as it is"),
    "hostile names": (
        {"alternatives": named("<script>$x^{$</script>"), "sales__sdr__headcount": 2}, 2, "moves it furthest",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_plans_at_the_edge_of_sense_give_a_page_that_makes_sense(edge: str, shown: Callable[..., _Shown]) -> None:
    overrides, years, said = EDGES[edge]
    found = answer_of(small(**overrides), years)
    page = shown(found)
    hold_words(page)
    assert len(page.figures) == 2
    assert said.lower() in page.text.lower()
    assert "script" not in {tag for tag, _ in page.elements}
    assert json.dumps(decision.to_json(found), allow_nan=False)


@pytest.mark.parametrize(
    ("overrides", "chance", "said"),
    [
        ({"marketing__sources__web__leads_per_month": 0}, 0.5, "no lead is handed over"),
        ({"run__horizon_months": 0}, 0.5, r"run\.horizon_months = 0: no month is reported"),
        ({}, 0.0, r"chance = 0\.0: must lie between 0 and 1"),
        (
            {"alternatives": {"odd": {"label": "Odd", "set": {"sales.sdr.headcont": 3}}}},
            0.5,
            "did you mean 'headcount'",
        ),
    ],
    ids=["no leads", "no months", "no such chance", "an alternative nobody knows"],
)
def test_a_question_that_cannot_be_answered_is_one_clear_message(
    overrides: dict[str, Any], chance: float, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        answer_of(small(**overrides), 2, chance)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.slow
def test_preparing_tells_progress_writes_tables_and_refuses_a_wrong_chance(
    tmp_path: Path, shown: Callable[..., _Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, tables = tmp_path / "progress", tmp_path / "tables"
    monkeypatch.setenv(VARIABLE, str(told))
    given = {"params_path": str(write_tiny(tmp_path)), "replications": 2, "seed": 5, "workers": 1, "tables_dir": ""}
    found = chapter.prepare({**given, "tables_dir": str(tables), "chance": 0.6})
    hold_words(shown(found))
    assert told.read_text() == "1000 1000"
    assert found.chance == 0.6
    assert set(pd.read_parquet(tables / "curves.parquet")["plan"]) == {course.label for course in found.courses}
    assert list(pd.read_parquet(tables / "pacing.parquet")["day"]) == list(range(1, 32))
    assert list(pd.read_parquet(tables / "next_leads.parquet")["source"]) == list(found.next_leads)
    with pytest.raises(InputError, match="chance = 'good': must be a number"):
        chapter.prepare({**given, "chance": "good"})


@pytest.mark.slow
def test_the_notebook_is_published_as_a_chapter(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    published = publish_report(
        ROOT / "notebooks" / "marketing_promise.ipynb", load(path, {}), params_file=path, root=root, replications=2,
        seed=1, workers=1,
    )  # fmt: skip
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert "What must marketing promise? · Tiny plan" in page.text
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert [bool(a.get("alt", "").strip()) for tag, a in page.elements if tag == "img"] == [True, True]
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "marketing_promise"
    assert {"tables/curves.parquet", "tables/next_leads.parquet", "tables/pacing.parquet"} <= set(record["artefacts"])
