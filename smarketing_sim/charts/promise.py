"""Charts of what can be promised: the tightest limit kept by leads per rep, and the pacing line of a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from smarketing_sim.charts import style
from smarketing_sim.decide.flow import PacingLine

_APART = 0.07


def limits_chart(
    lines: Mapping[str, Sequence[tuple[float, int]]],
    *,
    own: str,
    limits: Sequence[str],
    today: float,
    promised: float | None,
    title: str,
) -> Figure:
    """Draw the tightest limit that is kept by leads per rep, one line for each depth of the cadence.

    Parameters
    ----------
    lines
        By depth in words: leads per rep a month, and the place of the limit among ``limits``; ``len(limits)`` for none.
    own
        Which of them is the plan's own depth.
    limits
        Limits in words, tightest first.
    today
        Leads per rep a month of the plan.
    promised
        Place of the promised limit among ``limits``; None for none.
    title
        The finding.
    """
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 3.9), layout="constrained")
        axes = figure.subplots()
        shades = sns.light_palette(style.BLUE, n_colors=len(lines) + 2)[2:]
        for number, ((label, points), shade) in enumerate(zip(lines.items(), shades, strict=True)):
            shift = _APART * (number - (len(lines) - 1) / 2.0)
            mine = label == own
            axes.plot(
                [leads for leads, _ in points], [place + shift for _, place in points], marker="o", markersize=5,
                linewidth=2.4 if mine else 1.6, color=style.ORANGE if mine else shade, label=label,
            )  # fmt: skip
        axes.axvline(today, color=style.INK, linewidth=1, linestyle=(0, (3, 3)))
        axes.annotate("today", (today, -0.55), xytext=(4, 0), textcoords="offset points", fontsize=8.5, va="center")
        if promised is not None:
            axes.axhline(promised, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
            axes.annotate("promised", (1.0, promised), xycoords=("axes fraction", "data"), xytext=(4, 0), va="center",
                          textcoords="offset points", fontsize=8.5, annotation_clip=False)  # fmt: skip
        axes.set_yticks(range(len(limits) + 1), [*limits, "none of these"])
        axes.set(ylim=(-0.9, len(limits) + 0.5), xlabel="leads handed over per rep and month")
        axes.set_ylabel("tightest limit that is kept")
        axes.xaxis.set_major_locator(MaxNLocator(8))
        axes.grid(axis="y", color=style.RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.set_title(title, loc="left")
        axes.legend(title="attempts on a lead", loc="upper left", fontsize=8.5)
    return figure


def pacing_chart(line: PacingLine, *, title: str) -> Figure:
    """Draw the running count of leads handed over in a month, with single months around it, beside the promise.

    Parameters
    ----------
    line
        By calendar day; without a promise only what is expected is drawn.
    title
        The finding.
    """
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 2.9), layout="constrained")
        axes, days = figure.subplots(), np.arange(0, 32)
        expected, low, high, promised = (
            np.concatenate([[0.0], values]) for values in (line.expected, line.low, line.high, line.promised)
        )
        axes.fill_between(days, low, high, color=style.BLUE, alpha=0.15, linewidth=0, label="nine months of ten")
        axes.plot(days, expected, color=style.BLUE, linewidth=2, label="expected")
        if np.isfinite(promised[-1]):
            axes.plot(days, promised, color=style.ORANGE, linewidth=1.6, linestyle=(0, (4, 3)), label="promised")
        axes.set(xlabel="day of the month", ylabel="leads handed over so far", xlim=(0, 31), ylim=(0, None))
        axes.set_xticks([1, 5, 10, 15, 20, 25, 31])
        axes.grid(axis="y", color=style.RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.set_title(title, loc="left")
        axes.legend(loc="upper left")
    return figure
