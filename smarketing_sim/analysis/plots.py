"""The charts of the pages on axes of one's own: each method draws, and returns matplotlib axes to go on with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smarketing_sim.charts import style
from smarketing_sim.charts import years as charts
from smarketing_sim.words.numbers import tell_money_in

if TYPE_CHECKING:
    from smarketing_sim.experiment.replications import Replications


class Plots:
    """Charts of simulated years, each titled with its finding.

    Parameters
    ----------
    years
        What is drawn.
    """

    def __init__(self, years: Replications) -> None:
        self._years = years
        tell_money_in(years.scenario.currency)

    def waiting(self, ax: Axes | None = None, *, darkest: float | None = None) -> Axes:
        """Draw when in the week leads wait: mean number by hour, new leads and follow-ups together.

        Two plans can be held side by side where both get the same ``darkest``: how many leads are the darkest colour.
        """
        return self._drawn(partial(charts.waiting, darkest=darkest), charts.waiting_finding, ax, 2.9)

    def response(self, ax: Axes | None = None) -> Axes:
        """Draw how old leads are when they are called, on both clocks, with 95% of the simulated years."""
        return self._drawn(charts.response, charts.response_finding, ax, 3.3)

    def funnel(self, ax: Axes | None = None) -> Axes:
        """Draw by source what its leads of a year are expected to bring, and what was spent on them."""
        sources = len(self._years.scenario.marketing.sources)
        return self._drawn(charts.funnel, charts.funnel_finding, ax, 0.42 * max(sources, 1) + 1.1)

    def revenue(self, ax: Axes | None = None) -> Axes:
        """Draw what single simulated years bring, around what is expected of them."""
        return self._drawn(charts.revenue, charts.revenue_finding, ax, 2.9)

    def clauses(self, ax: Axes | None = None) -> Axes:
        """Draw what each clause attained, with its range, beside what was promised."""
        count = len(self._years.scenario.sla)
        return self._drawn(charts.clauses, charts.clauses_finding, ax, 0.5 * max(count, 1) + 1.1)

    def _drawn(
        self,
        draw: Callable[[Replications, Axes], Figure],
        finding: Callable[[Replications], str],
        ax: Axes | None,
        height: float,
    ) -> Axes:
        if ax is None:
            # In a notebook, loading the backend makes pyplot show figures; loaded below, that would be forgotten again.
            plt.draw_if_interactive()  # type: ignore[no-untyped-call]
            with mpl.rc_context(style.LOOK):
                ax = plt.subplots(figsize=(8.2, height), layout="constrained")[1]
        draw(self._years, ax)
        ax.set_title(finding(self._years))
        return ax
