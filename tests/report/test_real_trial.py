"""The chapter on what a real trial needs: its words at the edges, and one real publication."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smarketing_sim.decide.confounding import confounding_lab
from smarketing_sim.decide.trial import OUTCOMES, plan_trial
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.notebook.progress import VARIABLE
from smarketing_sim.report.real_trial import page as chapter
from smarketing_sim.report.real_trial.page import Study
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.experiment.stubs import small

from .test_planning import UNFINISHED, _Page, _Shown, scenario_with

JARGON = re.compile(r"P\(kept\)|Wilson|Shapley|replication|\bluck\b|variance|deviation|stratum|power\b", re.IGNORECASE)
SHOWN = (
    chapter.show_answer,
    chapter.show_needs,
    chapter.show_confounding,
    chapter.show_reading,
    chapter.record_results,
)
LATE: dict[str, Any] = {"sales__sdr__headcount": 2, "marketing__sources__web__leads_per_month": 450}


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[Study], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def study_of(scenario: Scenario, years: int, within: str = "30 min") -> Study:
    return Study(plan_trial(scenario, Simulation(years), within=within), confounding_lab(scenario, Simulation(years)))


def hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert len(page.figures) == 2
    assert all(figure["alt"] for figure in page.figures)


def test_the_page_tells_weeks_leads_and_the_truth(shown: Callable[[Study], _Shown]) -> None:
    study = study_of(small(**LATE), 6, within="2 business hours")
    page = shown(study)
    hold_words(page)
    need = study.trial.need("contact", power=0.9)
    assert f"{need.leads_per_arm.mean:,.0f} leads, {math.ceil(need.weeks.mean)} week" in page.text
    assert (
        f"A trial that counts leads reached takes {math.ceil(study.trial.need('contact').weeks.mean)} week" in page.text
    )
    assert f"in truth {study.lab.multiplier('truth').mean:.1f} times" in page.text
    assert "Assigning whole days keeps the halves apart" in page.text
    [record] = page.records
    assert record["finding"] in page.text
    assert len(record["headline"]) == 4
    assert set(record["results"]) == {"trial", "confounding"}
    assert len(chapter.key_figures(study).splitlines()) == 6


EDGES: dict[str, tuple[Scenario, int, str]] = {
    "one year": (small(**LATE), 1, "no range"),
    "waiting costs nothing": (small(decay__preset="none", **LATE), 3, "makes no detectable difference here"),
    "no reps": (small(sales__sdr__headcount=0), 2, "call data can say nothing about speed"),
    "no leads": (small(marketing__sources__web__leads_per_month=0), 2, "call data can say nothing about speed"),
    "nothing to gain": (small(sales__sdr__headcount=40), 3, "makes no detectable difference here"),
}


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_plans_at_the_edge_of_sense_give_a_page_that_makes_sense(edge: str, shown: Callable[[Study], _Shown]) -> None:
    scenario, years, said = EDGES[edge]
    page = shown(study_of(scenario, years))
    assert said in page.text
    hold_words(page)


@pytest.mark.parametrize(
    ("weeks", "told"),
    [(0.3, "1 week"), (11.2, "12 weeks"), (103.9, "104 weeks"), (160.0, "3.1 years"), (800.0, "15 years"),
     (1e6, "over 1,000 years"), (math.inf, "for ever"), (math.nan, "–")],
)  # fmt: skip
def test_lengths_are_told_in_weeks_and_years(weeks: float, told: str) -> None:
    assert chapter._long(weeks) == told


def _parameters(**given: Any) -> dict[str, Any]:
    return {"params_path": "plan.yaml", "replications": 2, "seed": 1, "workers": 1, "tables_dir": "", **given}


def test_preparing_counts_both_parts_as_one_and_writes_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, tables = tmp_path / "progress", tmp_path / "tables"
    monkeypatch.setenv(VARIABLE, str(told))
    path = write_tiny(tmp_path)
    given = _parameters(params_path=str(path), within="10 min", tables_dir=str(tables), seed=3)
    study = chapter.prepare(given)
    assert told.read_text() == "1000 1000"
    assert (study.trial.seed, study.lab.seed, str(study.trial.within)) == (3, 3, "10 minutes")
    needs = pd.read_parquet(tables / "needs.parquet")
    assert list(needs["outcome"].unique()) == list(OUTCOMES)
    assert len(pd.read_parquet(tables / "multipliers.parquet")) == 2 * 3 * 2


def test_wrong_parameters_stop_the_page(tmp_path: Path) -> None:
    path = str(write_tiny(tmp_path))
    with pytest.raises(InputError, match="within = 'soon'"):
        chapter.prepare(_parameters(params_path=path, within="soon"))
    with pytest.raises(InputError, match="within = 5: must be text"):
        chapter.prepare(_parameters(params_path=path, within=5))


def test_the_shortest_company_gives_a_page(tmp_path: Path, shown: Callable[[Study], _Shown]) -> None:
    hold_words(shown(study_of(scenario_with(tmp_path), 2)))


@pytest.mark.slow
def test_the_notebook_is_published_as_a_chapter(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    published = publish_report(
        ROOT / "notebooks" / "real_trial.ipynb", load(path, {}), params_file=path, root=root, replications=2, seed=1,
        workers=1,
    )  # fmt: skip
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert "What would a real trial need? · Tiny plan" in page.text
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert [bool(a.get("alt", "").strip()) for tag, a in page.elements if tag == "img"] == [True, True]
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "real_trial"
    assert {"tables/needs.parquet", "tables/multipliers.parquet"} <= set(record["artefacts"])
