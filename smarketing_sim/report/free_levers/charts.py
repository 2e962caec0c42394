"""The chart of what changes bring: contribution vs today's plan, and the months in which sales keeps its word."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from smarketing_sim.charts import style
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.words.numbers import gain, money_unit

MOST_LABEL = 50


def levers_chart(
    labels: Sequence[str],
    gains: Sequence[Interval],
    kept: Sequence[Interval],
    *,
    kept_today: float,
    months: int,
    title: str,
) -> Figure:
    """Draw changes one below the other: what each brings, and the months in which all sales promises are kept.

    Parameters
    ----------
    labels, gains, kept
        What the changes are called, their contribution beside today's, and the share of months kept.
    kept_today
        That share today; NaN where sales promises nothing, and then the months are not drawn.
    months
        Months of the horizon.
    title
        The finding.
    """
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 0.25 * len(labels) + 1.2), layout="constrained")
        promised = bool(np.isfinite(kept_today))
        widths = (1.7, 1.0) if promised else (1.0,)
        panels = figure.subplots(1, len(widths), sharey=True, squeeze=False, width_ratios=widths).ravel()
        colours = [_colour(one) for one in gains]
        _intervals(panels[0], gains, colours)
        panels[0].axvline(0.0, color=style.INK, linewidth=0.9)
        panels[0].set_xlabel(f"contribution vs today’s, {money_unit()}")
        panels[0].xaxis.set_major_locator(MaxNLocator(5))
        panels[0].xaxis.set_major_formatter(FuncFormatter(lambda value, _: gain(value)))
        panels[0].set_yticks(range(len(labels)), [_short(label) for label in labels])
        panels[0].set_ylim(len(labels) - 0.4, -0.6)
        if promised:
            _intervals(
                panels[1], [Interval(*(months * end for end in _ends(one))) for one in kept], [style.INK] * len(kept)
            )
            panels[1].axvline(months * kept_today, color=style.INK, linewidth=0.9, linestyle=(0, (4, 3)))
            panels[1].set(xlim=(-0.03 * months, 1.03 * months), xlabel=f"months of {months} with all kept")
            panels[1].xaxis.set_major_locator(MaxNLocator(6, integer=True))
        figure.suptitle(title, x=0.01, ha="left", fontsize=9.5)
    return figure


def _intervals(axes: Axes, intervals: Sequence[Interval], colours: Sequence[str]) -> None:
    for place, (one, colour) in enumerate(zip(intervals, colours, strict=True)):
        if np.isfinite(one.low) and np.isfinite(one.high):
            axes.plot([one.low, one.high], [place, place], color=colour, linewidth=2.4, alpha=0.45)
        if np.isfinite(one.mean):
            axes.plot([one.mean], [place], linestyle="none", marker="o", markersize=4.5, color=colour)
    axes.grid(axis="x", color=style.RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(left=False)


def _colour(difference: Interval) -> str:
    if difference.low > 0.0:
        return style.BLUE
    return style.ORANGE if difference.high < 0.0 else style.GREY


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.mean, interval.low, interval.high


def _short(label: str) -> str:
    return label if len(label) <= MOST_LABEL else label[: MOST_LABEL - 1] + "…"
