"""The chapter on beliefs: its words at the edges, hostile names, and one real publication."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.beliefs import page as chapter
from smarketing_sim.report.beliefs.page import Doubt, doubt_of
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.ranges import ranges_of
from smarketing_sim.scenario.schema import Belief, Scenario
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT

from .test_planning import UNFINISHED, _hostile_scenario, _Page, _Shown, scenario_with
from .test_who_broke_it import JARGON

SHOWN = (
    chapter.show_answer,
    chapter.show_regret,
    chapter.show_tornado,
    chapter.show_screen,
    chapter.show_spans,
    chapter.show_reading,
    chapter.record_results,
)
FEW = {"alternatives.evening_rota": None, "alternatives.two_business_hours": None}


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[Doubt], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert all(figure["alt"] for figure in page.figures)


@pytest.mark.slow
def test_the_page_names_every_belief_about_speed_and_the_safest_choice(
    tmp_path: Path, shown: Callable[[Doubt], _Shown]
) -> None:
    doubt = doubt_of(scenario_with(tmp_path, FEW), Simulation(2, 1))
    page = shown(doubt)
    hold_words(page)
    for word in ("Steep", "Strong", "Medium", "Mild", "Flat day", doubt.regret.safest):
        assert word in page.text
    assert len(page.figures) == 2
    [record] = page.records
    assert record["results"]["best"] == list(doubt.regret.best)
    assert len(record["headline"]) == 4
    assert len(chapter.key_figures(doubt).splitlines()) == 5 + 3


def believing_little(scenario: Scenario) -> Scenario:
    """Return a plan with every seventh of its beliefs: each is simulated at both ends, and again in every round."""
    return scenario.model_copy(update={"beliefs": dict(list(scenario.beliefs.items())[::7])})


EDGES: dict[str, tuple[dict[str, Any], str]] = {
    "no alternative": ({f"alternatives.{name}": None for name in ("new_leads_first", "two_more_reps",
                        "two_business_hours", "one_more_ae", "more_inbound_time",
                        "evening_rota")}, "names no alternative"),
    "no leads": ({**FEW, **{f"marketing.sources.{n}.visits_per_month": 0
                            for n in ("organic", "paid_search", "demo_request")}}, "beliefs"),
    "no reps": ({**FEW, "sales.sdr.headcount": 0, "alternatives.two_more_reps": None}, "beliefs"),
    "a belief of its own": ({**FEW, "decay.preset": "none"}, "own belief is none"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_plans_at_the_edge_of_sense_give_a_page_that_makes_sense(
    edge: str, tmp_path: Path, shown: Callable[[Doubt], _Shown]
) -> None:
    overrides, said = EDGES[edge]
    plan = believing_little(scenario_with(tmp_path, overrides))
    assert len(ranges_of(plan)) > 5
    page = shown(doubt_of(plan, Simulation(1, 1)))
    assert said in page.text
    hold_words(page)


def test_a_plan_without_ranges_is_told_to_write_some(shown: Callable[[Doubt], _Shown]) -> None:
    from tests.experiment.stubs import small

    page = shown(doubt_of(small(), Simulation(1, 1)))
    assert "No value of this plan has a range" in page.text


@pytest.mark.slow
def test_hostile_names_stay_text_on_the_page(
    tmp_path: Path, shown: Callable[[Doubt], _Shown], hostile: list[str]
) -> None:
    plan = _hostile_scenario(tmp_path, hostile[:25])
    ranges = {"marketing.reachable_share": Belief(source=hostile[0], range=(0.5, 0.9), note=hostile[1])}
    page = shown(doubt_of(plan.model_copy(update={"beliefs": ranges}), Simulation(1, 1)))
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img", "iframe", "a"})
    names = {name for _, attributes in page.elements for name in attributes}
    assert not any(name.startswith("on") or name in {"href", "src", "srcdoc"} for name in names)


@pytest.mark.slow
def test_the_chapter_is_published_as_a_page(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    made = publish_report(
        ROOT / "notebooks" / "beliefs.ipynb", load(path, FEW), params_file=path, root=tmp_path / "reports",
        replications=1, seed=1, workers=1,
    )  # fmt: skip
    page = _Page((made.path / "report.html").read_text("utf-8"))
    run = json.loads((made.path / "run.json").read_text("utf-8"))
    assert run["finding"] in page.text
    assert {"tables/regret.parquet", "tables/beliefs.parquet"} <= set(run["artefacts"])
