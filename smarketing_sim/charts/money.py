"""The chart of how a year's revenue becomes contribution."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from smarketing_sim.charts import style
from smarketing_sim.words.numbers import gain, money, money_unit


def waterfall(steps: Sequence[tuple[str, float]], *, total: str) -> Figure:
    """Draw amounts that add up, each from where the one before it ended.

    Parameters
    ----------
    steps
        What each amount is, and how much; the first one begins at zero.
    total
        What they come to is called.
    """
    names, amounts = [name for name, _ in steps] + [total], np.array([amount for _, amount in steps])
    ends = np.cumsum(amounts)
    starts = np.concatenate([[0.0], ends[:-1], [0.0]])
    lengths = np.concatenate([amounts, ends[-1:]])
    colours = [style.BLUE if place in (0, len(steps)) else style.GREY if length >= 0 else style.ORANGE
               for place, length in enumerate(lengths)]  # fmt: skip
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 0.36 * len(names) + 0.7), layout="constrained")
        axes = figure.subplots()
        axes.barh(range(len(names)), lengths, left=starts, color=colours, height=0.62)
        for place, (start, length) in enumerate(zip(starts, lengths, strict=True)):
            told = money(length) if place in (0, len(steps)) else gain(length)
            axes.annotate(told, (max(start, start + length), place), xytext=(5, 0), textcoords="offset points",
                          va="center", fontsize=8.5)  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.margins(x=0.12)
        axes.axvline(0.0, color=style.GREY, linewidth=0.8)
        axes.set(xlabel=f"{money_unit()}, on average")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value)))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.grid(axis="x", color=style.RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(left=False)
    return figure
