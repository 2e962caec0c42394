"""Sliders in a published page: our script alone runs, and its numbers are the simulated ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import nbformat
import pytest

from smarketing_sim.decide.advice import advise
from smarketing_sim.decide.surface import Surface, response_surface
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.publish.pages import render_page, scripts_of
from smarketing_sim.report.planning.answer import headline_cards
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.report.planning.what_if import _controls, show_what_if
from smarketing_sim.scenario.building import override
from smarketing_sim.words.numbers import money
from tests.experiment.stubs import small
from tests.publish.conftest import MOMENT

MARK = re.compile(r'data-what-if="([^"]*)"')


@pytest.fixture(scope="module")
def planning() -> Report:
    return Report(Simulation(2).run(small()), advise(small(), Simulation(2, 1)))


@pytest.fixture
def surface(planning: Report) -> Surface:
    assert planning.advice is not None
    assert planning.advice.surface is not None
    return planning.advice.surface


def numbers(html: str) -> dict[str, Any]:
    found = MARK.search(html)
    assert found is not None
    told: dict[str, Any] = json.loads(unescape(found[1]))
    return told


@pytest.mark.slow
def test_the_page_carries_the_simulated_numbers(
    planning: Report, surface: Surface, show_sections: Callable[..., Any]
) -> None:
    told = numbers(show_sections([show_what_if], planning).html)
    assert told["headcounts"] == list(surface.headcounts)
    assert len(told["points"]) == len(surface.headcounts)
    plan = t_interval(planning.years.series("contribution"))
    for row, points in zip(told["points"], surface.points, strict=True):
        for one, point in zip(row, points, strict=True):
            assert one["contribution"][0] == round(plan.mean + point.more.mean)
            doubts = (plan.high - plan.mean) ** 2 + (point.more.high - point.more.mean) ** 2
            assert one["contribution"][2] - one["contribution"][0] == pytest.approx(doubts**0.5, abs=1.01)
            assert one["kept"][0][0] == pytest.approx(point.kept[0].mean, abs=1e-4)


def test_at_the_plan_the_sliders_say_what_the_headline_says(
    planning: Report, surface: Surface, show_sections: Callable[..., Any]
) -> None:
    """Lost, one page gives the contribution of one plan as $3.91m and as $3.83m."""
    told = numbers(show_sections([show_what_if], planning).html)
    middle = told["points"][surface.headcounts.index(planning.scenario.sales.sdr.headcount)][surface.volumes.index(1.0)]
    (card,) = [card for card in headline_cards(planning) if card[0].startswith("contribution")]
    mean, low, high = map(money, middle["contribution"])
    assert (mean, f"range {low} to {high}") == card[1:]


def test_the_sliders_begin_at_the_plan_and_its_own_promise(
    planning: Report, surface: Surface, show_sections: Callable[..., Any]
) -> None:
    html = show_sections([show_what_if], planning).html
    values = [int(value) for value in re.findall(r'<input type="range"[^>]* value="(\d+)"', html)]
    speed = next(clause for clause in planning.scenario.sla.values() if clause.kind == "speed")
    promised = (
        surface.limits.index(str(speed.within)) if str(speed.within) in surface.limits else len(surface.limits) // 2
    )
    assert values == [planning.scenario.sales.sdr.headcount, 100, promised]


def test_every_slider_has_a_label_and_what_it_says_is_read_aloud(
    planning: Report, show_sections: Callable[..., Any]
) -> None:
    html = show_sections([show_what_if], planning).html
    assert len(re.findall(r"<label><span>[^<]+</span><input type=\"range\"", html)) == 3
    assert '<p role="status"></p>' in html


def test_a_page_with_sliders_lets_our_script_run_and_one_without_lets_nothing(
    planning: Report, show_sections: Callable[..., Any]
) -> None:
    """Lost, the sliders are dead, or every page may run scripts."""
    html = show_sections([show_what_if], planning).html
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", data={"text/html": html})])
    cell["id"] = "a"
    notebook = nbformat.v4.new_notebook(cells=[cell])
    script, of_tables = scripts_of(notebook)
    page = render_page(notebook, title="t", published_at=MOMENT, scripts=scripts_of(notebook))
    assert script in page
    assert of_tables in page
    assert "script-src 'sha256-" in page
    cell["outputs"] = []
    assert scripts_of(notebook) == []


def test_a_plan_with_nobody_to_keep_a_promise_shows_no_sliders(show_sections: Callable[..., Any]) -> None:
    nobody = override(small(), {"sales.sdr.headcount": 0})
    plan = Report(Simulation(1).run(nobody), advise(nobody, Simulation(1, 1)))
    assert show_sections([show_what_if], plan).html == ""


def test_a_name_from_the_scenario_cannot_leave_the_numbers() -> None:
    """Lost, a plan could end the attribute that the numbers stand in."""
    found = response_surface(small(), Simulation(1), volumes=(1.0, 2.0))
    hostile = '"><script>alert(1)</script>'
    html = _controls(replace(found, limits=(hostile, *found.limits[1:])), Interval(0.0, 0.0, 0.0))
    assert "<script" not in html
    assert numbers(html)["limits"][0] == hostile
