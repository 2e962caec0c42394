"""Figures: tables in, a figure out. One look, colours that colour-blind readers can tell apart, units on every axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from smarketing_sim.arrays import Floats
from smarketing_sim.words.numbers import money, money_unit

BLUE, ORANGE, GREY, INK, RULE = "#1f5f9e", "#b0480f", "#8a949e", "#3a4653", "#dfe4e9"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LOOK: Any = {
    "font.family": "DejaVu Sans", "font.size": 9.0, "axes.edgecolor": GREY, "axes.labelcolor": INK,
    "axes.labelsize": 9.0, "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.spines.top": False,
    "axes.spines.right": False, "axes.titlesize": 9.5, "legend.frameon": False,
    "text.parse_math": False,  # a dollar sign in a name is one
}  # fmt: skip


def _figure(width: float, height: float, axes: Axes | None = None) -> tuple[Figure, Axes]:
    """Return axes to draw on and their figure; a new one where none are given."""
    if axes is not None:
        return axes.get_figure(root=True), axes  # type: ignore[return-value]
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots()


def waiting_map(waiting: Floats, *, zone: str = "", darkest: float | None = None, axes: Axes | None = None) -> Figure:
    """Draw the mean number of leads waiting by hour of the week.

    Parameters
    ----------
    waiting
        Shape (168,), Monday first.
    zone
        The time zone that the hours are told in.
    darkest
        How many leads are the darkest colour; the most of these where left out.
    axes
        Here as in the charts below, those to draw on; left out, a figure of their own is made.
    """
    with mpl.rc_context(LOOK):
        figure, axes = _figure(8.2, 2.7, axes)
        grid = pd.DataFrame(np.reshape(waiting, (7, 24)), index=list(DAYS))
        sns.heatmap(grid, ax=axes, cmap=sns.light_palette(ORANGE, as_cmap=True), linewidths=0.5, linecolor="white",
                    vmin=0, vmax=darkest, cbar_kws={"label": "leads waiting", "pad": 0.015, "aspect": 14})  # fmt: skip
        axes.set(xlabel=f"hour of the day, {zone}".removesuffix(", "), ylabel="")
        axes.set_xticks(np.arange(0, 25, 3), [f"{h}:00" for h in range(0, 25, 3)], rotation=0)
        axes.tick_params(left=False, bottom=False, labelrotation=0)
    return figure


def response_curves(
    *,
    business_hours: Floats,
    business: Floats,
    wall_hours: Floats,
    wall: Floats,
    promise_hours: float | None,
    axes: Axes | None = None,
) -> Figure:
    """Draw the share of leads called within each age on both clocks, with the range over simulated years.

    Parameters
    ----------
    business_hours, wall_hours
        Ages, shape (ages,).
    business, wall
        Shares by simulated year, shape (years, ages).
    promise_hours
        The promised limit in business hours, drawn as a line; None for none.
    """
    with mpl.rc_context(LOOK):
        figure, axes = _figure(8.2, 3.1, axes)
        lines = ((business_hours, business, BLUE, "business clock: what the contract counts"),
                 (wall_hours, wall, ORANGE, "wall clock: what the buyer lives by"))  # fmt: skip
        for hours, shares, colour, label in lines:
            shown = hours <= 72
            low, high = np.nanquantile(shares, (0.025, 0.975), axis=0)
            axes.fill_between(hours[shown], 100 * low[shown], 100 * high[shown], color=colour, alpha=0.15, linewidth=0)
            sns.lineplot(x=hours[shown], y=100 * np.nanmean(shares, axis=0)[shown], ax=axes, color=colour, label=label,
                         linewidth=2, errorbar=None)  # fmt: skip
        if promise_hours is not None:
            axes.axvline(promise_hours, color=INK, linewidth=1, linestyle=(0, (3, 3)))
            axes.text(promise_hours + 0.7, 3, f"{promise_hours:g} business hours promised", fontsize=8.5)
        axes.set(xlabel="hours since the lead was handed over (business) or raised its hand (wall)",
                 ylabel="leads called, %", xlim=(0, 72), ylim=(0, 102))  # fmt: skip
        axes.xaxis.set_major_locator(MultipleLocator(12))
        axes.grid(axis="y", color=RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.legend(loc="lower right")
    return figure


def revenue_by_source(
    sources: Sequence[str],
    *,
    revenue: Floats,
    low: Floats,
    high: Floats,
    spend: Floats,
    axes: Axes | None = None,
) -> Figure:
    """Draw expected revenue, with its range, and media spend of each source; arrays of shape (sources,)."""
    with mpl.rc_context(LOOK):
        order = np.argsort(-revenue)
        figure, axes = _figure(8.2, 0.42 * len(sources) + 0.9, axes)
        if not sources:
            return figure
        labels = [sources[i] for i in order]
        frame = pd.DataFrame({
            "source": labels * 2, "usd": np.concatenate([revenue[order], spend[order]]),
            "what": ["expected revenue, with range"] * len(labels) + ["media and programme spend"] * len(labels),
        })  # fmt: skip
        sns.barplot(frame, x="usd", y="source", hue="what", ax=axes, palette=[BLUE, GREY], errorbar=None, width=0.72)
        place = np.arange(len(labels)) - 0.18
        gap = np.abs(np.stack([revenue - low, high - revenue])[:, order])
        axes.errorbar(revenue[order], place, xerr=np.nan_to_num(gap), fmt="none", ecolor=INK, elinewidth=1, capsize=2)
        axes.set(xlabel=f"{money_unit()} a year", ylabel="")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value)))
        axes.grid(axis="x", color=RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(left=False)
        axes.legend(title=None, loc="lower right")
    return figure


def revenue_spread(revenue: Floats, *, goal: float | None, expected: float, axes: Axes | None = None) -> Figure:
    """Draw what single simulated years bring; ``revenue`` has shape (years,), in the plan's currency."""
    with mpl.rc_context(LOOK):
        figure, axes = _figure(8.2, 2.5, axes)
        sns.histplot(
            x=revenue, ax=axes, color=BLUE, alpha=0.55, edgecolor="white", bins=min(30, max(8, len(revenue) // 8))
        )
        top = axes.get_ylim()[1]
        axes.axvline(expected, color=INK, linewidth=1.4)
        axes.annotate(
            f"expected {money(expected)}",
            (expected, top),
            xytext=(4, -10),
            textcoords="offset points",
            fontsize=8.5,
        )
        if goal:
            axes.axvline(goal, color=ORANGE, linewidth=1.4, linestyle=(0, (4, 3)))
            axes.annotate(
                f"goal {money(goal)}",
                (goal, top),
                xytext=(4, -24),
                textcoords="offset points",
                fontsize=8.5,
                color=ORANGE,
            )
        axes.set(xlabel=f"revenue from one year’s leads, {money_unit()}", ylabel="simulated years")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value)))
        axes.grid(axis="y", color=RULE, linewidth=0.7)
        axes.set_axisbelow(True)
    return figure


def attained_and_promised(
    clauses: Sequence[str],
    *,
    attained: Sequence[tuple[float, float, float]],
    promised: Sequence[float],
    axes: Axes | None = None,
) -> Figure:
    """Draw what clauses attained, as (mean, low, high), with a tick at what was promised; shares."""
    with mpl.rc_context(LOOK):
        figure, axes = _figure(8.2, 0.5 * len(clauses) + 0.9, axes)
        mean, low, high = 100.0 * np.array(attained, dtype=np.float64).reshape(-1, 3).T
        kept = mean >= 100.0 * np.array(promised)
        for place, target in enumerate(promised):
            colour = BLUE if kept[place] else ORANGE
            axes.plot([low[place], high[place]], [place, place], color=colour, linewidth=5, alpha=0.35)
            axes.plot(mean[place], place, "o", color=colour, markersize=7)
            axes.plot(100.0 * target, place, "|", color=INK, markersize=20, markeredgewidth=1.6)
        axes.set_yticks(range(len(clauses)), list(clauses))
        axes.set_ylim(len(clauses) - 0.5, -0.5)
        axes.set(xlabel="share attained, %, with its 95% range; upright: what was promised", xlim=(0, None))
        axes.grid(axis="x", color=RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(left=False)
    return figure


def clause_bar(*, mean: float, low: float, high: float, target: float, colour: str, label: str) -> str:
    """Return a small inline SVG: what was attained, its range, and a tick at what was promised; shares from 0 to 1."""
    top = max(1.0, target, high if np.isfinite(high) else 0.0, mean if np.isfinite(mean) else 0.0)

    def x(share: float) -> str:
        return f"{8 + 164 * min(max(share, 0.0), top) / top:.1f}"

    track = '<line x1="8" x2="172" y1="13" y2="13" stroke="#dfe4e9" stroke-width="6" stroke-linecap="round"/>'
    band = ""
    if np.isfinite(low) and np.isfinite(high):
        look = f'stroke="{colour}" stroke-width="6" opacity=".4" stroke-linecap="round"'
        band = f'<line x1="{x(low)}" x2="{x(high)}" y1="13" y2="13" {look}/>'
    dot = f'<circle cx="{x(mean)}" cy="13" r="5" fill="{colour}"/>' if np.isfinite(mean) else ""
    tick = f'<line x1="{x(target)}" x2="{x(target)}" y1="3" y2="23" stroke="#1b2530" stroke-width="1.6"/>'
    size = 'viewBox="0 0 180 26" width="180" height="26"'
    return f'<svg {size} role="img" aria-label="{label}">{track}{band}{dot}{tick}</svg>'


def month_bars(chances: Sequence[float], *, quarters: Sequence[tuple[int, str]], colour: str, label: str) -> str:
    """Return a small inline SVG: a bar for each month's chance, from 0 to 1, and the quarters named below.

    Parameters
    ----------
    chances
        By month; NaN where the month had no case, which draws no bar.
    quarters
        The months, from 0, with which quarters begin, and what these are called.
    colour, label
        Of the bars; and what they show, for who cannot see them.
    """
    step = 120.0 / max(len(chances), 1)
    bars = [
        f'<rect x="{step * place + 0.5:.1f}" y="{22 - 20 * share:.1f}" width="{step - 1.0:.1f}" '
        f'height="{20 * share:.1f}" fill="{colour}"/>'
        for place, share in enumerate(chances) if np.isfinite(share)
    ]  # fmt: skip
    named = [f'<text x="{step * place + 0.5:.1f}" y="32" font-size="8">{name}</text>' for place, name in quarters]
    ground = '<rect x="0" y="2" width="120" height="20" fill="#eef1f4"/>'
    size = 'viewBox="0 0 120 34" width="120" height="34"'
    return f'<svg {size} role="img" aria-label="{label}">{ground}{"".join(bars)}{"".join(named)}</svg>'
