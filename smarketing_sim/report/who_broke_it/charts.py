"""The chart of a gap and its parts."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from smarketing_sim.charts import style
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.words.numbers import money


def parts_chart(names: Sequence[str], parts: Sequence[Interval], *, gap: Interval, title: str, axis: str) -> Figure:
    """Draw what each cause adds to a gap, with its range, and the gap itself below them.

    Parameters
    ----------
    names, parts
        What the causes are called, and their parts, in the plan's currency.
    gap
        Their sum, with its own range.
    title, axis
        The finding, and what is measured.
    """
    with mpl.rc_context(style.LOOK):
        rows = [*zip(names, parts, strict=True), ("the whole gap", gap)]
        figure = Figure(figsize=(8.2, 0.38 * len(rows) + 1.0), layout="constrained")
        axes = figure.subplots()
        for place, (_, part) in enumerate(rows):
            whole = place == len(rows) - 1
            colour = style.INK if whole else style.BLUE if part.mean >= 0 else style.ORANGE
            axes.barh(place, part.mean, height=0.62, color=colour, alpha=0.85)
            if np.isfinite(part.low) and part.high > part.low:
                axes.plot(
                    [part.low, part.high], [place, place], color=style.GREY if whole else style.INK, linewidth=1.2
                )
        axes.axvline(0.0, color=style.INK, linewidth=0.8)
        axes.axhline(len(rows) - 1.5, color=style.RULE, linewidth=1.0)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.invert_yaxis()
        axes.set_title(title, loc="left")
        axes.set_xlabel(axis)
        axes.xaxis.set_major_locator(MaxNLocator(7))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value)))
        axes.grid(axis="x", color=style.RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(left=False)
    return figure
