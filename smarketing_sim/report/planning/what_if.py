"""Sliders in the published page: reps, leads and the limit on the first call, over a grid that was simulated before.

The page has no kernel and asks no server; a script of this package moves over the numbers that stand in the page.
"""

from __future__ import annotations

import json
import math
from typing import Any

from smarketing_sim.decide.surface import Point, Surface
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import WHAT_IF, display_html, heading
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import counted, money_mark, month_range, months
from smarketing_sim.words.tables import table_html

_DIGITS = 4


def show_what_if(report: Report) -> None:
    """Show the sliders, and behind a fold the simulated points as a table."""
    if report.advice is None or report.advice.surface is None:
        return
    surface = report.advice.surface
    heading(
        f"Try it: {surface.headcounts[0]} to {surface.headcounts[-1]} reps, more leads or fewer, a tighter limit",
        f"{len(surface.headcounts) * len(surface.volumes)} plans were simulated, {counted(surface.years, 'year')} "
        f"each; contribution is that of {report.years_in_words} of this plan, and what each of the others brings "
        "beside it in the same years. Between them the page draws straight lines and says so, unless they differ too "
        "much. All else stays as in this plan, the queue too.",
    )
    display_html(_controls(surface, report.mean("contribution")) + _table(surface, report.months))


def _controls(surface: Surface, contribution: Interval) -> str:
    """Return three sliders and a place for what they say; without scripts they stay hidden."""
    present = surface.scenario.sales.sdr.headcount
    lowest, highest = (round(100 * surface.volumes[end]) for end in (0, -1))
    limit = _promised(surface)
    rows = [
        _slider("Reps", surface.headcounts[0], surface.headcounts[-1], max(present, 1)),
        _slider("Leads, of today’s", lowest, highest, 100),
        _slider("First call within", 0, len(surface.limits) - 1, limit),
    ]
    numbers = escape(json.dumps(_numbers(surface, contribution), allow_nan=False))
    return f'<div class="what-if" {WHAT_IF}="{numbers}" hidden>{"".join(rows)}<p role="status"></p></div>'


def _slider(label: str, lowest: int, highest: int, value: int) -> str:
    return (
        f'<label><span>{escape(label)}</span><input type="range" min="{lowest}" max="{highest}" step="1" '
        f'value="{value}"><output></output></label>'
    )


def _promised(surface: Surface) -> int:
    """Return which limit the plan's own promise of speed has; the middle one where it has none of these."""
    own = next((str(c.within) for c in surface.scenario.sla.values() if isinstance(c, SpeedClause)), "")
    return surface.limits.index(own) if own in surface.limits else len(surface.limits) // 2


def _numbers(surface: Surface, contribution: Interval) -> dict[str, Any]:
    """Return the grid as the script reads it."""
    return {
        "headcounts": surface.headcounts,
        "volumes": surface.volumes,
        "limits": surface.limits,
        "target": surface.target,
        "mark": money_mark(),
        "months": surface.scenario.run.horizon_months,
        "points": [[_point(point, contribution) for point in row] for row in surface.points],
    }


def _point(point: Point, contribution: Interval) -> dict[str, Any]:
    return {
        "handed": round(point.handed_per_month, 1),
        "kept": [_ends(kept) for kept in point.kept],
        "called": [_number(called.mean) for called in point.called],
        "contribution": [_whole(end) for end in _ends(_together(contribution, point.more))],
    }


def _together(today: Interval, more: Interval) -> Interval:
    """Return the sum of a mean and of a difference that other years tell, each with its own doubt."""
    mean, half = today.mean + more.mean, math.hypot(today.high - today.mean, more.high - more.mean)
    return Interval(mean, mean - half, mean + half)


def _ends(interval: Interval) -> list[float | None]:
    return [_number(end) for end in (interval.mean, interval.low, interval.high)]


def _number(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _table(surface: Surface, total: int) -> str:
    """Return months kept by reps and leads at the promised limit, for those who cannot or will not move sliders."""
    limit = _promised(surface)
    names = ["reps", *(f"{point.handed_per_month:,.0f} leads a month" for point in surface.points[0])]
    rows = [
        (str(count), *((months(point.kept[limit], total), month_range(point.kept[limit], total)) for point in row))
        for count, row in zip(surface.headcounts, surface.points, strict=True)
    ]
    text = table_html(
        names, rows, numeric=names[1:], caption=f"Months in which a first call within {surface.limits[limit]} is kept"
    )
    return f"<details><summary>The simulated points as a table</summary>{text}</details>"
