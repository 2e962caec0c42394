"""The chapter on what is free: its words at the edges, hostile names, and one real publication."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smarketing_sim.decide.ranking import Ranking, rank_levers
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.free_levers import page as chapter
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import gain
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT

from .test_planning import NO_LEADS, NO_SLA, UNFINISHED, _Page, _Shown, scenario_with

JARGON = re.compile(r"P\(kept\)|Wilson|Shapley|replication|luck|Bonferroni|variance|half[- ]width", re.IGNORECASE)
SHOWN = (
    chapter.show_answer,
    chapter.show_ranking,
    chapter.show_priced,
    chapter.show_left_out,
    chapter.show_reading,
    chapter.record_results,
)
BUSY: dict[str, Any] = {"sales.sdr.headcount": 2, "marketing.sources.organic.visits_per_month": 18_000}


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[Ranking], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert all(figure["alt"] for figure in page.figures)


@pytest.mark.slow
def test_the_page_tells_every_change_what_it_brings_and_what_it_costs(
    tmp_path: Path, shown: Callable[[Ranking], _Shown]
) -> None:
    ranking = rank_levers(scenario_with(tmp_path, BUSY), Simulation(6))
    page = shown(ranking)
    hold_words(page)
    for effect in (*ranking.free, *ranking.priced):
        assert effect.lever.label in html.unescape(page.text)
    assert "hours a year from other work" in page.text
    assert "costs people or money: $20k once and $220k a year on top of what the plan counts" in page.text
    assert "costs another promise" in page.text
    assert "the same as" in page.text
    [record] = page.records
    assert record["finding"] in page.text
    assert record["digest"] == ranking.today.scenario.digest
    assert 1 <= len(record["headline"]) <= 4
    assert len(record["results"]["levers"]) == len(ranking.free)
    assert chapter.key_figures(ranking).splitlines()[0].startswith("today")


@pytest.mark.slow
def test_the_finding_is_about_a_change_that_is_sure_to_help(tmp_path: Path) -> None:
    ranking = rank_levers(scenario_with(tmp_path, BUSY), Simulation(12))
    told = re.match(r"At no cost, “(.*)” brings \$.* more: all sales promises are kept in", chapter.finding(ranking))
    assert told is not None
    [found] = [effect for effect in ranking.free if effect.lever.label == told[1]]
    assert found.lever.at_no_cost
    assert found.contribution.low > 0.0


EDGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "one year": ({}, 1, "no range"),
    "two years": ({}, 2, "free change"),
    "no leads": (NO_LEADS, 2, "Nothing that is free is sure to help"),
    "no reps": ({"sales.sdr.headcount": 0}, 2, "Nothing that is free is sure to help"),
    "no contract": (NO_SLA, 2, "no promise"),
    "no alternatives": ({"alternatives": None}, 2, "No alternative that costs something is named"),
    "waiting is free": ({"decay.preset": "none"}, 2, "that waiting costs nothing"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_a_plan_at_the_edge_of_sense_gives_a_page_that_makes_sense(
    edge: str, tmp_path: Path, shown: Callable[[Ranking], _Shown]
) -> None:
    overrides, years, said = EDGES[edge]
    page = shown(rank_levers(scenario_with(tmp_path, overrides), Simulation(years)))
    hold_words(page)
    assert said in page.text


@pytest.mark.slow
@pytest.mark.parametrize("start", [0, 25, 50, 75])
def test_hostile_labels_stay_text_on_the_page(
    start: int, tmp_path: Path, shown: Callable[[Ranking], _Shown], hostile: list[str]
) -> None:
    free, paid = hostile[start], hostile[start + 1]
    named = {
        "free": {"label": free, "set": {"sales.sdr.queue.new_before_retries": True}},
        "paid": {"label": paid, "set": {"sales.sdr.headcount": 9}},
        "none": {"label": hostile[start + 2], "set": {"sales.sdr.reps.99.skill": 2}},
    }
    plan = override(scenario_with(tmp_path), {"alternatives": named})
    page = shown(rank_levers(plan, Simulation(1)))
    tags = {tag for tag, _ in page.elements}
    assert tags <= {"h1", "h2", "p", "div", "small", "b", "table", "thead", "tbody", "tr", "th", "td", "span", "ul",
                    "li", "details", "summary", "code", "caption"}  # fmt: skip
    assert not any(name.startswith("on") or name in {"href", "src", "style"} for _, a in page.elements for name in a)


def _parameters(path: Path, **given: Any) -> dict[str, Any]:
    return {"params_path": str(path), "replications": 2, "seed": 5, "workers": 1, "tables_dir": "", **given}


def test_preparing_ranks_the_plan_and_writes_its_tables(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    ranking = chapter.prepare(_parameters(path, tables_dir=str(tmp_path / "tables")))
    assert (ranking.today.seed, len(ranking.today.measures)) == (5, 2)
    levers = pd.read_parquet(tmp_path / "tables" / "levers.parquet")
    assert list(levers["id"]) == [effect.lever.id for effect in (*ranking.free, *ranking.priced)]
    assert {"contribution.mean", "p_kept.low", "kept.high", "other_hours_per_year.mean"} <= set(levers)
    left = pd.read_parquet(tmp_path / "tables" / "left_out.parquet")
    assert list(left["id"]) == [lever.id for lever in ranking.left_out]


def test_a_misspelt_parameter_and_an_alternative_that_cannot_be_read_stop_the_page(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    with pytest.raises(InputError, match="did you mean 'replications'"):
        chapter.prepare(_parameters(path, replicatons=3))
    odd = tmp_path / "odd.yaml"
    odd.write_text("extends: tiny.yaml\nalternatives: {odd: {label: Odd, set: {sales.sdr.headcont: 3}}}\n")
    with pytest.raises(InputError, match=r"alternatives\.odd\.set\.sales\.sdr\.headcont.*did you mean 'headcount'"):
        chapter.prepare(_parameters(odd))


@pytest.mark.slow
def test_the_notebook_is_published_as_a_page(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    plan: Scenario = load(path, {})
    published = publish_report(
        ROOT / "notebooks" / "free_levers.ipynb", plan, params_file=path, root=root, replications=3, seed=1, workers=1
    )
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert "What is free? · Tiny plan" in page.text
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) == 1
    assert all(image.get("alt", "").strip() for image in images)
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "free_levers"
    assert record["finding"] in html.unescape((root / "index.html").read_text("utf-8"))
    assert "tables/levers.parquet" in record["artefacts"]


@pytest.mark.parametrize(
    ("usd", "told"), [(1.3e6, "+$1.3m"), (-52_000.0, "−$52k"), (0.0, "$0"), (0.2, "$0"), (None, "–"), (math.nan, "–")]
)
def test_a_difference_is_told_with_its_sign(usd: float | None, told: str) -> None:
    assert gain(usd) == told
