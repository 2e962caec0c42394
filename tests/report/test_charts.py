"""Figures: drawn from any numbers, the same bytes for the same numbers, every bar with words for who cannot see it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from smarketing_sim.charts import style
from smarketing_sim.report.notebook.display import figure_svg

AGES = np.arange(0.0, 80.0, 0.5)
RISING = np.linspace(0.0, 1.0, len(AGES))


def _curves(business: np.ndarray, wall: np.ndarray, promise: float | None = 6.0) -> Figure:
    return style.response_curves(
        business_hours=AGES, business=business, wall_hours=AGES, wall=wall, promise_hours=promise
    )


def _bars(count: int, revenue: float) -> Figure:
    money = np.full(count, revenue)
    names = [f"source {i}" for i in range(count)]
    return style.revenue_by_source(names, revenue=money, low=0.5 * money, high=2 * money, spend=money / 3)


def _unknown_range() -> Figure:
    one = np.array([100.0])
    return style.revenue_by_source(["only"], revenue=one, low=np.array([np.nan]), high=np.array([np.nan]), spend=one)


FIGURES: dict[str, Callable[[], Figure]] = {
    "map": lambda: style.waiting_map(np.arange(168.0)),
    "map of zeros": lambda: style.waiting_map(np.zeros(168)),
    "map with holes": lambda: style.waiting_map(np.where(np.arange(168) % 2, np.nan, 1.0)),
    "curves": lambda: _curves(np.stack([RISING, RISING**2]), np.stack([RISING**3] * 2)),
    "curves of one year": lambda: _curves(RISING[None], RISING[None], None),
    "curves of nobody called": lambda: _curves(np.zeros((3, len(AGES))), np.zeros((3, len(AGES)))),
    "curves where one year had no lead": lambda: _curves(
        np.stack([RISING, np.full(len(AGES), np.nan)]), np.stack([RISING, np.full(len(AGES), np.nan)])
    ),
    "bars": lambda: _bars(7, 2e5),
    "one source": lambda: _bars(1, 2e5),
    "no revenue": lambda: _bars(3, 0.0),
    "unknown range": _unknown_range,
    "spread": lambda: style.revenue_spread(np.linspace(1e6, 4e6, 200), goal=3e6, expected=2.5e6),
    "spread without a goal": lambda: style.revenue_spread(np.linspace(1e6, 4e6, 200), goal=None, expected=2e6),
    "spread of nothing": lambda: style.revenue_spread(np.zeros(200), goal=None, expected=0.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_without_a_warning_and_twice_with_the_same_bytes(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = FIGURES[name](), FIGURES[name]()
        assert isinstance(first, Figure)
        drawn = figure_svg(first)
        assert drawn == figure_svg(second)
    ElementTree.fromstring(drawn)


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_with_numbers_names_its_unit(name: str) -> None:
    axes = FIGURES[name]().axes[0]
    assert axes.get_xlabel()


@pytest.mark.slow
def test_drawing_leaves_the_readers_own_look_alone() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    for draw in FIGURES.values():
        draw()
    assert dict(mpl.rcParams) == before


def test_other_numbers_give_another_figure() -> None:
    assert figure_svg(_bars(2, 100.0)) != figure_svg(_bars(2, 200.0))


def _bar(**changes: float | str) -> ElementTree.Element:
    given: dict[str, object] = {"mean": 0.8, "low": 0.7, "high": 0.9, "target": 0.9, "colour": "#000", "label": "said"}
    return ElementTree.fromstring(style.clause_bar(**(given | changes)))  # type: ignore[arg-type]


def test_a_clause_bar_says_what_it_shows() -> None:
    svg = _bar(label="attained 80%")
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == "attained 80%"
    assert len(svg.findall("circle")) == 1
    assert len(svg.findall("line")) == 3


def test_a_clause_bar_without_a_case_shows_the_promise_alone() -> None:
    svg = _bar(mean=np.nan, low=np.nan, high=np.nan)
    assert not svg.findall("circle")
    assert len(svg.findall("line")) == 2
    assert "nan" not in ElementTree.tostring(svg, encoding="unicode")


@pytest.mark.parametrize(("mean", "target"), [(0.0, 0.0), (1.0, 1.0), (-0.2, 0.9), (3.0, 1.0), (0.5, 1.4)])
def test_a_clause_bar_stays_inside_its_frame(mean: float, target: float) -> None:
    svg = _bar(mean=mean, low=mean - 1, high=mean + 1, target=target)
    places = [float(node.attrib[name]) for node in svg for name in ("x1", "x2", "cx") if name in node.attrib]
    assert min(places) >= 8.0
    assert max(places) <= 172.0
