"""Charts of a trial's length, and of what call data say about speed beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from smarketing_sim.charts import style
from smarketing_sim.measure.statistics import Interval

_WEEKS = {1: "1 week", 4: "1 month", 13: "3 months", 52: "1 year", 260: "5 years", 1040: "20 years", 5200: "100 years"}
_HEIGHT = 0.26


def weeks_chart(outcomes: Sequence[str], weeks: Mapping[str, Sequence[Interval]], *, title: str) -> Figure:
    """Draw how long a trial takes for each outcome, on a logarithmic scale, with ranges.

    Parameters
    ----------
    outcomes
        What is measured on each lead.
    weeks
        By what the coin is thrown for, one interval for each outcome; those without a finite mean are not drawn.
    title
        The finding.
    """
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 0.62 * len(outcomes) + 1.15), layout="constrained")
        axes = figure.subplots()
        for (label, intervals), colour, shift in zip(
            weeks.items(), (style.BLUE, style.ORANGE), (-0.5, 0.5), strict=False
        ):
            places = np.arange(len(outcomes)) + shift * _HEIGHT
            _dots(axes, places, intervals, colour=colour, label=label)
        finite = [end for found in weeks.values() for i in found for end in (i.low, i.mean, i.high) if np.isfinite(end)]
        axes.set(xscale="log", xlim=(0.7 * min([1.0, *finite]), 1.5 * max([60.0, *finite])), ylabel="")
        axes.set_yticks(range(len(outcomes)), outcomes)
        axes.set_ylim(len(outcomes) - 0.4, -0.6)
        axes.xaxis.set_major_locator(FixedLocator(list(_WEEKS)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _WEEKS.get(round(value), "")))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("length of the trial")
        axes.set_title(title, loc="left")
        _finish(axes)
    return figure


def multipliers_chart(estimates: Sequence[str], multipliers: Mapping[str, Sequence[Interval]], *, title: str) -> Figure:
    """Draw how many times as likely fast leads look to qualify, with ranges.

    Parameters
    ----------
    estimates
        Ways to look at the calls, the truth last.
    multipliers
        By whom the team calls first, one interval for each estimate.
    title
        The finding.
    """
    with mpl.rc_context(style.LOOK):
        figure = Figure(figsize=(8.2, 0.62 * len(estimates) + 1.15), layout="constrained")
        axes = figure.subplots()
        for (label, intervals), colour, shift in zip(
            multipliers.items(), (style.ORANGE, style.BLUE), (-0.5, 0.5), strict=False
        ):
            places = np.arange(len(estimates)) + shift * _HEIGHT
            _dots(axes, places, intervals, colour=colour, label=label)
        axes.axvline(1.0, color=style.INK, linewidth=0.8)
        axes.set_xlim(left=min(0.9, axes.get_xlim()[0]))
        axes.set_yticks(range(len(estimates)), estimates)
        axes.set_ylim(len(estimates) - 0.4, -0.6)
        axes.set_xlabel("times as likely to qualify when called within an hour")
        axes.set_title(title, loc="left")
        _finish(axes)
    return figure


def _dots(
    axes: Axes, places: Sequence[float] | np.ndarray, intervals: Sequence[Interval], *, colour: str, label: str
) -> None:
    """Draw a dot for each mean and a line for each range; what is not finite is left out."""
    drawn = [(place, i) for place, i in zip(places, intervals, strict=True) if np.isfinite(i.mean)]
    axes.plot([i.mean for _, i in drawn], [p for p, _ in drawn], "o", color=colour, markersize=6, label=label)
    for place, interval in drawn:
        high = interval.high if np.isfinite(interval.high) else interval.mean
        if np.isfinite(interval.low):
            axes.plot([interval.low, high], [place, place], color=colour, linewidth=1.8)


def _finish(axes: Axes) -> None:
    axes.grid(axis="x", color=style.RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(left=False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.32), ncols=2)
