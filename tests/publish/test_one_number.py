"""One number for one question: the same plan, seed and years read the same wherever they are printed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.cli.text.terminal import run_text
from smarketing_sim.decide.settled_load import run_json, settled_load
from smarketing_sim.experiment.results import clause_results, mean_of
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.scenario.files import load
from smarketing_sim.words.numbers import money, percent, range_of
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
YEARS, SEED = 6, 3


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The plan as a command, a report and two chapters tell it."""
    folder = tmp_path_factory.mktemp("one")
    path = write_tiny(folder)
    plan = load(path)
    years = Simulation(YEARS, SEED).run(plan)
    told: dict[str, Any] = {
        "years": years,
        "terminal": run_text(json.loads(json.dumps(run_json(years, settled_load(years))))),
    }
    for name in ("planning_report", "free_levers", "beliefs"):
        made = publish_report(
            ROOT / "notebooks" / f"{name}.ipynb", plan, params_file=path, root=folder / "reports", replications=YEARS,
            seed=SEED, workers=1,
        )  # fmt: skip
        told[name] = _words(made.path / "report.html")
        told[f"{name}.json"] = json.loads((made.path / "run.json").read_text())["results"]
    told["hub"] = _words(folder / "reports" / "index.html")
    return told


def _words(page: Path) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(("measure", "show"), [("contribution", money), ("expected_revenue", money)])
def test_terminal_report_and_hub_print_one_number(ran: Mapping[str, Any], measure: str, show: Any) -> None:
    value = mean_of(ran["years"], measure)
    for where in ("terminal", "planning_report", "hub"):
        assert show(value.mean) in ran[where], where
        assert range_of(value, show) in ran[where].replace(" – ", " to "), where


def test_terminal_and_report_print_one_utilisation_and_one_share_attained(ran: Mapping[str, Any]) -> None:
    busy = mean_of(ran["years"], "sdr_utilisation")
    for where in ("terminal", "planning_report"):
        assert percent(busy.mean) in ran[where], where
    for clause in clause_results(ran["years"]).values():
        for where in ("terminal", "planning_report"):
            assert percent(clause.attained.mean) in ran[where], (clause.name, where)
            assert range_of(clause.attained, percent) in ran[where], (clause.name, where)


def test_the_chapters_begin_with_the_numbers_of_the_command(ran: Mapping[str, Any]) -> None:
    """To the last bit, in what they keep for machines."""
    answer = json.loads(json.dumps(run_json(ran["years"], None)))
    today = ran["free_levers.json"]["today"]
    assert today["contribution"].items() <= answer["contribution"].items()
    assert today["expected_revenue"] == answer["revenue"]["expected"]
    assert ran["planning_report.json"]["contribution"] == answer["contribution"]


def test_every_page_says_how_many_years_stand_behind_it(ran: Mapping[str, Any]) -> None:
    for where in ("planning_report", "free_levers", "beliefs"):
        assert f"{YEARS} simulated year" in ran[where], where
