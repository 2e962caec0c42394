"""The chart of what each attempt brings, by the age of the lead."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

from smarketing_sim.arrays import Floats
from smarketing_sim.charts import style
from smarketing_sim.words.numbers import money

_PALE_FROM = 0.62


def attempts_map(profit: Floats, *, ages: Sequence[str], depth: int, title: str) -> Figure:
    """Draw what attempt n on a lead of some age brings, less what it costs: blue where it pays, orange where not.

    Parameters
    ----------
    profit
        Shape (attempts, ages), in the plan's currency.
    ages
        How old a lead is at its first attempt, in words.
    depth
        The number of attempts that brings most; a line is drawn after it.
    title
        The finding.
    """
    with mpl.rc_context(style.LOOK):
        count = len(profit)
        figure = Figure(figsize=(8.2, 0.36 * len(ages) + 1.25), layout="constrained")
        axes = figure.subplots()
        scale = TwoSlopeNorm(0.0, vmin=min(-1.0, float(profit.min())), vmax=max(1.0, float(profit.max())))
        colours = LinearSegmentedColormap.from_list("pays", [style.ORANGE, "white", style.BLUE])
        words = np.array([[money(value) for value in row] for row in profit.T])
        sns.heatmap(profit.T, ax=axes, cmap=colours, norm=scale, annot=words, fmt="", cbar=False, linewidths=0.8,
                    linecolor="white", annot_kws={"fontsize": 7.5})  # fmt: skip
        for text, value in zip(axes.texts, profit.T.ravel(), strict=True):
            text.set_color("white" if abs(2.0 * float(scale(value)) - 1.0) > _PALE_FROM else style.INK)
        axes.set_xticks(np.arange(count) + 0.5, [str(n) for n in range(1, count + 1)])
        axes.set_yticks(np.arange(len(ages)) + 0.5, ages, rotation=0)
        axes.axvline(depth, color=style.INK, linewidth=1.6, linestyle=(0, (3, 2)))
        axes.tick_params(left=False, bottom=False)
        axes.set(xlabel="attempt", ylabel="age at the first attempt")
        axes.set_title(title, loc="left")
    return figure
