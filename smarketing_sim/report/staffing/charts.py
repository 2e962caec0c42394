"""The chart of what each headcount keeps and brings."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from smarketing_sim.charts import style
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.words.numbers import gain, money_unit, percent


def staffing_chart(
    headcounts: Sequence[int],
    kept: Sequence[Interval],
    gains: Sequence[Interval],
    *,
    keep: float,
    today: int,
    free: tuple[str, Interval] | None,
    title: str,
) -> Figure:
    """Draw the chance kept and the contribution beside today's by headcount.

    Parameters
    ----------
    headcounts, kept, gains
        Reps in rising order, the chance kept, and contribution beside today's in the plan's currency.
    keep
        The chance that is wanted.
    today
        Today's headcount.
    free
        What the best change at no cost is called, and the chance kept with it and today's headcount; None for none.
    title
        The finding.
    """
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 4.6), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1.0))
        _intervals(above, headcounts, [Interval(100 * one.mean, 100 * one.low, 100 * one.high) for one in kept])
        above.axhline(100 * keep, color=style.INK, linewidth=1.0, linestyle=(0, (4, 3)))
        above.annotate(
            f"{percent(keep)}\nwanted",
            (1.0, 100 * keep),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
            fontsize=8.5,
        )
        if free is not None and np.isfinite(free[1].mean):
            _mark(above, today, free[1], f"today’s {today}, and: {free[0]}")
        above.set(ylabel="chance kept, %", ylim=(-4, 106))
        _intervals(below, headcounts, gains)
        below.axhline(0.0, color=style.INK, linewidth=0.9)
        below.set(ylabel=f"contribution vs\ntoday, {money_unit()}", xlabel="reps")
        below.yaxis.set_major_formatter(FuncFormatter(lambda value, _: gain(value)))
        below.yaxis.set_major_locator(MaxNLocator(5))
        below.xaxis.set_major_locator(MaxNLocator(12, integer=True))
        for axes in (above, below):
            axes.axvline(today, color=style.GREY, linewidth=0.9, alpha=0.6)
            axes.grid(axis="y", color=style.RULE, linewidth=0.7)
            axes.set_axisbelow(True)
        above.set_title(title, loc="left")
    return figure


def _intervals(axes: Axes, headcounts: Sequence[int], intervals: Sequence[Interval]) -> None:
    mean = np.array([one.mean for one in intervals])
    ends = np.array([[one.mean - one.low, one.high - one.mean] for one in intervals]).T
    axes.errorbar(
        headcounts,
        mean,
        yerr=np.abs(np.nan_to_num(ends.reshape(2, -1))),
        color=style.BLUE,
        ecolor=style.BLUE,
        elinewidth=1.4,
        capsize=3,
        linewidth=1.0,
        marker="o",
        markersize=5,
    )


def _mark(axes: Axes, headcount: int, kept: Interval, label: str) -> None:
    mean, low, high = (100 * end for end in (kept.mean, kept.low, kept.high))
    error = np.abs(np.nan_to_num([[mean - low], [high - mean]]))
    axes.errorbar(
        [headcount], [mean], yerr=error, color=style.ORANGE, marker="D", markersize=6, capsize=3, linestyle="none",
        label=label,
    )  # fmt: skip
    axes.legend(loc="lower right")
