"""The charts of the pages on axes of one's own: each method draws, and returns matplotlib axes to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from smarketing_sim.charts import style
from smarketing_sim.experiment.results import clause_results, mean_of
from smarketing_sim.measure.response import BUSINESS_GRID, WALL_GRID
from smarketing_sim.scenario.contract import speed_by_business_clock
from smarketing_sim.scenario.units import share_text
from smarketing_sim.words.numbers import money, months, percent, tell_money_in, wait

if TYPE_CHECKING:
    from smarketing_sim.experiment.replications import Replications


class Plots:
    """Charts of simulated years.

    Parameters
    ----------
    years
        What is drawn.
    """

    def __init__(self, years: Replications) -> None:
        self._years = years
        tell_money_in(years.scenario.currency)

    def waiting(self, ax: Axes | None = None) -> Axes:
        """Draw when in the week leads wait: mean number by hour, new leads and follow-ups together."""
        axes = _axes(ax, 8.2, 2.9)
        waiting = (self._years.stacked("waiting_new") + self._years.stacked("waiting_retries")).mean(axis=0)
        style.waiting_map(waiting, axes=axes)
        hour = int(np.argmax(waiting))
        axes.set_title(f"Most leads wait on {style.DAYS[hour // 24]} at {hour % 24}:00: {waiting[hour]:.1f} at a time")
        return axes

    def response(self, ax: Axes | None = None) -> Axes:
        """Draw how old leads are when they are called, on both clocks, with 95% of the simulated years."""
        axes, plan = _axes(ax, 8.2, 3.3), self._years.scenario
        promise = speed_by_business_clock(plan.sla.values())
        style.response_curves(
            business_hours=BUSINESS_GRID / 60,
            business=self._years.stacked("called_business"),
            wall_hours=WALL_GRID / 60,
            wall=self._years.stacked("called_wall"),
            promise_hours=None if promise is None else plan.clause_minutes(promise) / 60.0,
            axes=axes,
        )
        half = mean_of(self._years, "response_business_p50_minutes").mean
        called = f"Half of the leads are called within {wait(half)} of business time"
        axes.set_title("Half of the leads or more are never called" if np.isinf(half) else called)
        return axes

    def revenue(self, ax: Axes | None = None) -> Axes:
        """Draw what single simulated years bring, around what is expected of them."""
        axes, goal = _axes(ax, 8.2, 2.9), self._years.scenario.goal.from_marketing
        expected = mean_of(self._years, "expected_revenue").mean
        revenue = self._years.series("cohort_revenue")
        style.revenue_spread(revenue, goal=goal or None, expected=expected, axes=axes)
        low, high = np.quantile(revenue, (0.1, 0.9))
        axes.set_title(f"Eight years in ten bring {money(low)} to {money(high)}; {money(expected)} is expected")
        return axes

    def clauses(self, ax: Axes | None = None) -> Axes:
        """Draw what each clause attained, with its range, beside what was promised."""
        found = list(clause_results(self._years).values())
        axes = _axes(ax, 8.2, 0.5 * max(len(found), 1) + 1.1)
        style.attained_and_promised(
            [one.name.replace("_", " ") for one in found],
            attained=[(one.attained.mean, one.attained.low, one.attained.high) for one in found],
            promised=[one.clause.target for one in found],
            axes=axes,
        )
        known = [one for one in found if np.isfinite(one.kept.mean)]
        if known:
            worst, total = min(known, key=lambda one: one.kept.mean), self._years.scenario.run.horizon_months
            least = f"{worst.name.replace('_', ' ').capitalize()} is kept in {months(worst.kept, total)} months"
            promised = f"{share_text(worst.clause.target)} promised"
            axes.set_title(f"{least}: {percent(worst.attained.mean)} attained, {promised}")
        return axes


def _axes(ax: Axes | None, width: float, height: float) -> Axes:
    if ax is not None:
        return ax
    with mpl.rc_context(style.LOOK):
        return plt.subplots(figsize=(width, height), layout="constrained")[1]
