"""The charts of what beliefs do: one at a time, and all at once."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from smarketing_sim.charts import style
from smarketing_sim.decide.beliefs import BeliefRange, Swing
from smarketing_sim.scenario.ranges import words
from smarketing_sim.words.numbers import money, money_unit


def tornado_chart(swings: Sequence[Swing]) -> Figure:
    """Draw by how much contribution moves at both ends of each belief's range, widest first."""
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 0.36 * len(swings) + 1.0), layout="constrained")
        axes = figure.subplots()
        for place, swing in enumerate(swings):
            ends = ((swing.low.mean, style.ORANGE), (swing.high.mean, style.BLUE))
            for value, colour in sorted(ends, key=lambda end: -abs(end[0])):
                axes.barh(place, value, height=0.66, color=colour, alpha=0.85)
        axes.axvline(0.0, color=style.INK, linewidth=0.8)
        axes.set_yticks(range(len(swings)), [words(swing.belief.path) for swing in swings])
        axes.invert_yaxis()
        handles = [axes.barh(0, 0, color=colour) for colour in (style.ORANGE, style.BLUE)]
        axes.legend(handles, ["lowest value of its range", "highest value"], loc="lower left")
        _finish(axes, f"contribution, difference from the plan, {money_unit()}")
    return figure


def belief_span_chart(beliefs: Sequence[BeliefRange]) -> Figure:
    """Draw each money figure with the simulation's own range, and with the span over all beliefs behind it."""
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 0.5 * len(beliefs) + 1.0), layout="constrained")
        axes = figure.subplots()
        for place, one in enumerate(beliefs):
            spans = (
                ((one.low, one.high), style.GREY, 9, "middle 90% over all beliefs"),
                ((one.mean.low, one.mean.high), style.BLUE, 4, "the simulation’s own range"),
            )
            for ends, colour, width, label in spans:
                axes.plot(ends, [place, place], color=colour, linewidth=width, solid_capstyle="butt",
                          alpha=0.45 if width == 9 else 1.0, label=label if place == 0 else None)  # fmt: skip
            axes.plot([one.mean.mean], [place], marker="|", color=style.INK, markersize=14, markeredgewidth=2)
        axes.set_yticks(range(len(beliefs)), [one.label for one in beliefs])
        axes.set_ylim(len(beliefs) - 0.4, -0.6)
        axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.25), ncols=2)
        _finish(axes, money_unit())
    return figure


def _finish(axes: mpl.axes.Axes, label: str) -> None:
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(7))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value)))
    axes.grid(axis="x", color=style.RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(left=False)
