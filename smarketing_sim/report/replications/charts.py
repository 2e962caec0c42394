"""The chart of how the margin of each headline shrinks with the number of simulated years."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from smarketing_sim.charts import style
from smarketing_sim.decide.years_needed import MOST_YEARS, running_margins
from smarketing_sim.report.replications.study import Headline

_ROW = 3
_FIRST = 3.0


def margins(headlines: Sequence[Headline], *, defaults: Sequence[int]) -> Figure:
    """Draw the margin of each headline against the number of simulated years, a panel each, both scales logarithmic.

    Parameters
    ----------
    headlines
        At least one, each with a spread.
    defaults
        Numbers of years that are marked.
    """
    with mpl.rc_context(style.LOOK):
        rows = -(-len(headlines) // _ROW)
        figure = Figure(figsize=(8.2, 2.2 * rows + 0.2), layout="constrained")
        panels = figure.subplots(rows, _ROW, sharex=True, squeeze=False).ravel()
        needed = [h.years.mean for h in headlines if h.years.mean <= MOST_YEARS]
        last = 1.3 * max(*defaults, *(len(h.values) for h in headlines), *needed)
        for panel, headline in zip(panels, headlines, strict=False):
            _panel(panel, headline, defaults, last)
        for empty in panels[len(headlines) :]:
            empty.set_axis_off()
        for lowest in panels[max(0, len(headlines) - _ROW) : len(headlines)]:
            lowest.set_xlabel("simulated years")
            lowest.tick_params(labelbottom=True)
    return figure


def _panel(axes: Axes, headline: Headline, defaults: Sequence[int], last: float) -> None:
    years = np.geomspace(_FIRST, last, 80)
    for default in defaults:
        axes.axvline(default, color=style.GREY, linewidth=0.8, alpha=0.6)
    axes.plot(years, headline.margin(years), color=style.BLUE, linewidth=1.6)
    counts, found = running_margins(headline.values)
    axes.plot(counts, found, linestyle="none", marker="o", markersize=2.6, color=style.INK, alpha=0.55)
    axes.axhline(headline.wanted, color=style.ORANGE, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.set(xscale="log", yscale="log", xlim=(_FIRST, last))
    axes.xaxis.set_major_locator(FixedLocator([5, 20, 50, 200, 1000, 5000, 20_000, 100_000]))
    axes.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_title(headline.label, loc="left")
    axes.set_ylabel(f"± {headline.unit}")
    axes.grid(axis="y", color=style.RULE, linewidth=0.7)
    axes.set_axisbelow(True)
