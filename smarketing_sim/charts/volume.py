"""The chart of contribution by the number of leads."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from smarketing_sim.charts import style
from smarketing_sim.decide.volume import Curve
from smarketing_sim.measure.statistics import t_interval
from smarketing_sim.words.numbers import money, money_unit

_COLOURS = (style.ORANGE, style.BLUE, style.INK, style.GREY)


def volume_cliff(curves: Sequence[Curve], *, today: float) -> Figure:
    """Draw contribution by leads handed over a month, with its range, and where one more lead lowers it.

    Parameters
    ----------
    curves
        At least one; the plan as it is first.
    today
        Leads handed over in a month of the plan.
    """
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 3.1), layout="constrained")
        axes = figure.subplots()
        for curve, colour in zip(curves, _COLOURS, strict=False):
            handed = curve.handed_per_month.mean(axis=0)
            ranges = [t_interval(column) for column in curve.contribution.T]
            means = np.array([one.mean for one in ranges])
            axes.plot(handed, means, color=colour, linewidth=2, label=curve.label)
            axes.fill_between(handed, [one.low for one in ranges], [one.high for one in ranges], color=colour,
                              alpha=0.15, linewidth=0)  # fmt: skip
            if curve.cliff.in_sight:
                place = curve.cliff.handed_per_month.mean
                axes.plot([place], [np.interp(place, handed, means)], marker="o", color=colour, markersize=7)
        axes.axvline(today, color=style.INK, linewidth=1, linestyle=(0, (3, 3)))
        axes.annotate("the plan", (today, axes.get_ylim()[0]), xytext=(4, 5), textcoords="offset points", fontsize=8.5)
        axes.set(xlabel="leads handed over in a mean month", ylabel=f"contribution, {money_unit()}")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value)))
        axes.xaxis.set_major_locator(MaxNLocator(8))
        axes.grid(axis="y", color=style.RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.legend(loc="best")
    return figure
