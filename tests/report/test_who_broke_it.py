"""The chapter on who broke it: its words at the edges, hostile names, and one real publication."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smarketing_sim.decide.attribution import explain
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.who_broke_it import page as chapter
from smarketing_sim.report.who_broke_it.page import Dispute
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.causes import CAUSES
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT

from .test_planning import UNFINISHED, _hostile_scenario, _Page, _Shown, scenario_with

JARGON = re.compile(r"P\(kept\)|Wilson|Shapley|replication|\bluck\b|variance|coalition", re.IGNORECASE)
SHOWN = (
    chapter.show_answer,
    chapter.show_parts,
    chapter.show_differences,
    chapter.show_reading,
    chapter.record_results,
)
NO_SLA: dict[str, Any] = {f"sla.{name}": None for name in ("speed", "depth", "volume", "quality", "feedback")}
WORSE = {"sales.sdr.headcount": 7, "sales.sdr.cadence.max_attempts": 2, "sales.sdr.annual_cost": 300_000}


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[Dispute], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def dispute_of(a: Scenario, b: Scenario, years: int = 3) -> Dispute:
    return Dispute(explain(a, b, Simulation(years)), moved=False)


def hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert all(figure["alt"] for figure in page.figures)


def test_the_page_names_every_cause_its_part_and_what_is_not_modelled(
    tmp_path: Path, shown: Callable[[Dispute], _Shown]
) -> None:
    plan = scenario_with(tmp_path)
    dispute = dispute_of(plan, override(plan, WORSE))
    page = shown(dispute)
    hold_words(page)
    for cause in (*CAUSES, "motivation", "not modelled"):
        assert cause in page.text
    assert page.text.count("the same in both") == 3 * 4
    assert "This plan brings $" in page.text
    assert " less; the largest cause is " in page.text
    assert "sales.sdr.cadence.max_attempts" in page.text
    [record] = page.records
    assert record["finding"] in page.text
    assert record["digest"] == dispute.plan.digest
    assert len(record["headline"]) == 4
    assert record["results"]["not_modelled"] == ["motivation"]
    assert chapter.key_figures(dispute).splitlines()[0].startswith("contribution, gap")


def test_the_largest_cause_is_the_one_with_the_largest_part_for_better_or_worse(tmp_path: Path) -> None:
    plan = scenario_with(tmp_path)
    dispute = dispute_of(plan, override(plan, WORSE))
    parts = {group: abs(part.mean) for group, part in dispute.attribution.parts().items()}
    assert dispute.largest[0] == max(parts, key=lambda group: parts[group])


EDGES: dict[str, tuple[dict[str, Any], dict[str, Any], int, str]] = {
    "one cause": ({}, {"sales.sdr.headcount": 2}, 2, "They differ in one cause alone"),
    "one year": ({}, WORSE, 1, "no range"),
    "no contract": (NO_SLA, {**NO_SLA, **WORSE}, 2, "expected revenue"),
    "no contract on one side": (NO_SLA, WORSE, 2, "contribution"),
    "no leads": ({}, {f"marketing.sources.{n}.visits_per_month": 0 for n in ("organic", "paid_search", "demo_request")},
                 2, "volume"),
    "no reps": ({}, {"sales.sdr.headcount": 0}, 2, "queue"),
    "words alone decide nothing": ({}, {"goal.revenue": 5}, 2, "These plans bring the same"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_plans_at_the_edge_of_sense_give_a_page_that_makes_sense(
    edge: str, tmp_path: Path, shown: Callable[[Dispute], _Shown]
) -> None:
    here, there, years, said = EDGES[edge]
    dropped = {"alternatives.two_business_hours": None}
    plan = scenario_with(tmp_path, dropped)
    page = shown(dispute_of(override(plan, here), override(plan, there), years))
    assert said in page.text
    hold_words(page)


def test_a_gap_that_is_not_sure_is_not_told_as_one(tmp_path: Path, shown: Callable[[Dispute], _Shown]) -> None:
    plan = scenario_with(tmp_path)
    page = shown(dispute_of(plan, override(plan, {"marketing.sources.organic.visits_per_month": 1100}), years=3))
    assert "No gap is sure" in page.text


@pytest.mark.parametrize("start", [0, 25])
def test_hostile_names_stay_text_on_the_page(
    start: int, tmp_path: Path, shown: Callable[[Dispute], _Shown], hostile: list[str]
) -> None:
    plans = [_hostile_scenario(tmp_path, hostile[at : at + 25]) for at in (start, start + 25)]
    page = shown(dispute_of(*plans, years=1))
    allowed = {"h1", "h2", "p", "div", "small", "b", "table", "caption", "thead", "tbody", "tr", "th", "td", "span"}
    assert {tag for tag, _ in page.elements} <= allowed | {"ul", "li", "details", "summary"}
    assert not any(n.startswith("on") or n in {"href", "src", "style"} for _, a in page.elements for n in a)


def _parameters(**given: Any) -> dict[str, Any]:
    return {"params_path": "plan.yaml", "replications": 2, "seed": 1, "workers": 1, "tables_dir": "", **given}


def test_preparing_moves_the_other_plan_to_the_same_months_and_says_so(
    tmp_path: Path, shown: Callable[[Dispute], _Shown]
) -> None:
    path = write_tiny(tmp_path)
    longer = write_tiny(tmp_path, "longer.yaml", "sales: {ae: {open_limit: 5}}\n")
    longer.write_text(longer.read_text().replace("horizon_months: 1", "horizon_months: 2"))
    given = _parameters(params_path=str(path), other_path=str(longer), tables_dir=str(tmp_path / "tables"))
    dispute = chapter.prepare(given)
    assert dispute.moved
    assert dispute.other.run == dispute.plan.run
    assert dispute.attribution.mixtures.groups == (("queue",),)
    assert "was moved to the months of this one" in shown(dispute).text
    parts = pd.read_parquet(tmp_path / "tables" / "parts.parquet")
    assert parts.groupby("measure").size().to_dict() == dict.fromkeys(parts["measure"].unique(), 7)
    mixtures = pd.read_parquet(tmp_path / "tables" / "mixtures.parquet")
    assert len(mixtures) == 2 * 2
    assert list(mixtures["queue"]) == [False, False, True, True]


def test_the_other_plan_is_found_from_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tiny(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chapter, "explain", lambda a, b, _: (a, b))
    found = chapter.prepare(_parameters(params_path=str(path), other_path="params/hubspot-sla.yaml")).attribution
    assert found[0].name == load(ROOT / "params" / "hubspot-sla.yaml", {}).name


def test_wrong_parameters_stop_the_page(tmp_path: Path) -> None:
    path = str(write_tiny(tmp_path))
    with pytest.raises(InputError, match="did you mean 'other_path'"):
        chapter.prepare(_parameters(params_path=path, other_path=path, other_pth=path))
    with pytest.raises(InputError, match="there is no such file"):
        chapter.prepare(_parameters(params_path=path, other_path="params/gone.yaml"))
    with pytest.raises(InputError, match="name two that differ"):
        chapter.prepare(_parameters(params_path=path, other_path=path))


@pytest.mark.slow
def test_the_notebook_is_published_as_a_chapter(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    published = publish_report(
        ROOT / "notebooks" / "who_broke_it.ipynb", load(path, {}), params_file=path, root=root, replications=1, seed=1,
        workers=1,
    )  # fmt: skip
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert "Who broke it? · Tiny plan" in page.text
    assert "HubSpot" in page.text
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert [bool(a.get("alt", "").strip()) for tag, a in page.elements if tag == "img"] == [True]
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "who_broke_it"
    assert {"tables/parts.parquet", "tables/mixtures.parquet"} <= set(record["artefacts"])
