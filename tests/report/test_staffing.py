"""The chapter on how many people: its words whatever the answer, hostile names, and one real publication."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smarketing_sim.cli.text.staff import staff_text
from smarketing_sim.decide import staffing
from smarketing_sim.decide.staffing import Staffing, staff
from smarketing_sim.decide.staffing_answer import to_json
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.staffing import page as chapter
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT

from .test_planning import UNFINISHED, _hostile_scenario, _Page, _Shown, scenario_with

JARGON = re.compile(r"P\(kept\)|Wilson|Shapley|replication|luck|Bonferroni|Erlang|variance", re.IGNORECASE)
SHOWN = (
    chapter.show_answer,
    chapter.show_curve,
    chapter.show_free,
    chapter.show_unlimited,
    chapter.show_reading,
    chapter.record_results,
)
YEARS = 8
BUSY: dict[str, Any] = {"sales.sdr.headcount": 2}


@pytest.fixture
def _few_levers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staffing, "_MOST_LEVERS", 3)


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[Staffing], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert all(figure["alt"] for figure in page.figures)


@pytest.mark.slow
@pytest.mark.usefixtures("_few_levers")
def test_the_page_tells_the_headcount_what_is_free_and_the_curve(
    tmp_path: Path, shown: Callable[[Staffing], _Shown]
) -> None:
    answer = staff(scenario_with(tmp_path, BUSY), Simulation(25), keep=0.8)
    page = shown(answer)
    hold_words(page)
    assert answer.headcount is not None
    assert "to keep all sales promises in 80% of months" in page.text
    assert "Before anybody is hired" in page.text
    assert answer.free is not None
    assert answer.free.lever.label in page.text
    for step in answer.curve:
        assert f"{step.headcount} reps" in page.figures[0]["alt"]
    [record] = page.records
    assert record["finding"] in page.text
    assert record["digest"] == answer.scenario.digest
    assert len(record["headline"]) <= 4
    assert record["results"]["headcount"] == answer.headcount
    assert chapter.key_figures(answer).splitlines()[0].startswith("reps")


EDGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "one year": ({}, {"replications": 1}, "between"),
    "two years": ({}, {"replications": 2}, "reps to keep"),
    "impossible": ({"sla.speed.within": "1 min"}, {"cap": 9}, "stands in the way is the speed promise"),
    "too low a cap": (BUSY, {"cap": 1}, "up to 1 keeps all sales promises"),
    "no reps": ({"sales.sdr.headcount": 0}, {}, "today there are 0"),
    "one rep is enough": (
        {f"marketing.sources.{name}.visits_per_month": 40 for name in ("organic", "paid_search", "demo_request")},
        {"keep": 0.2}, "1 rep",
    ),
    "a rep with terms of their own": ({"sales.sdr.reps.5.skill": 1.2}, {"keep": 0.2}, "the plan names rep 5"),
    "only speed": (
        {f"sla.{name}": None for name in ("depth", "volume", "quality", "feedback")}, {}, "sales promises (speed)",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("_few_levers")
@pytest.mark.parametrize("edge", EDGES)
def test_a_plan_at_the_edge_of_sense_gives_a_page_and_a_text_that_make_sense(
    edge: str, tmp_path: Path, shown: Callable[[Staffing], _Shown]
) -> None:
    overrides, how, said = EDGES[edge][0], dict(EDGES[edge][1]), EDGES[edge][2]
    years = how.pop("replications", YEARS)
    answer = staff(scenario_with(tmp_path, overrides), Simulation(years), **{"keep": 0.8, **how})
    page = shown(answer)
    hold_words(page)
    assert said.lower() in page.text.lower()
    text = staff_text(to_json(answer))
    assert not UNFINISHED.search(text), UNFINISHED.search(text)


def test_where_no_free_change_exists_the_page_says_so(
    tmp_path: Path, shown: Callable[[Staffing], _Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staffing, "_MOST_LEVERS", 0)
    answer = staff(scenario_with(tmp_path), Simulation(YEARS), keep=0.8)
    page = shown(answer)
    hold_words(page)
    assert "Nothing free was found to try first" in page.text
    assert "none was found" in staff_text(to_json(answer))


@pytest.mark.slow
@pytest.mark.usefixtures("_few_levers")
@pytest.mark.parametrize("start", [0, 25])
def test_hostile_names_stay_text_on_the_page(
    start: int, tmp_path: Path, shown: Callable[[Staffing], _Shown], hostile: list[str]
) -> None:
    plan = override(
        _hostile_scenario(tmp_path, hostile[start : start + 25]),
        {"alternatives": {"one": {"label": hostile[start], "set": {"sales.sdr.queue.new_before_retries": True}}}},
    )
    answer = staff(plan, Simulation(2), keep=0.8, cap=9)
    page = shown(answer)
    tags = {tag for tag, _ in page.elements}
    assert tags <= {"h1", "h2", "p", "div", "small", "b", "table", "thead", "tbody", "tr", "th", "td", "span", "ul",
                    "li", "caption"}  # fmt: skip
    assert not any(name.startswith("on") or name in {"href", "src", "style"} for _, a in page.elements for name in a)
    assert all(c.isprintable() or c == "\n" for c in staff_text(to_json(answer)))


def _parameters(path: Path, **given: Any) -> dict[str, Any]:
    asked = {"params_path": str(path), "replications": 4, "seed": 5, "workers": 1, "tables_dir": "", "keep": 0.8}
    return {**asked, **given}


@pytest.mark.usefixtures("_few_levers")
def test_preparing_answers_the_question_and_writes_its_table(tmp_path: Path) -> None:
    answer = chapter.prepare(_parameters(write_tiny(tmp_path), tables_dir=str(tmp_path / "tables")))
    assert (answer.seed, answer.promise.keep) == (5, 0.8)
    table = pd.read_parquet(tmp_path / "tables" / "headcounts.parquet")
    assert list(table["headcount"]) == [step.headcount for step in answer.curve]
    assert list(table["p_kept.mean"]) == [step.p_kept.mean for step in answer.curve]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"replicatons": 3}, "did you mean 'replications'"),
        ({"keep": 1.5}, "keep = 1.5: must lie above 0 and below 1"),
        ({"keep": "much"}, "keep = 'much': must be a number"),
    ],
)
def test_a_parameter_that_cannot_be_used_stops_the_page(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        chapter.prepare(_parameters(write_tiny(tmp_path), **given))


@pytest.mark.slow
def test_the_notebook_is_published_as_a_page(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    published = publish_report(
        ROOT / "notebooks" / "staffing.ipynb", load(path, {}), params_file=path, root=root, replications=3, seed=1,
        workers=1,
    )  # fmt: skip
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert "How many people? · Tiny plan" in page.text
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) == 1
    assert all(image.get("alt", "").strip() for image in images)
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "staffing"
    assert record["finding"] in html.unescape((root / "index.html").read_text("utf-8"))
    assert "tables/headcounts.parquet" in record["artefacts"]
