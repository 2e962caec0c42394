"""Does a plan settle? The trend of its backlog over the months of a year: a plan that fills up has no usual month."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.chance_kept import all_kept_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.world.timeline import add_months

Verdict = Literal["steady", "filling", "not settling", "unknown"]

FEWEST_MONTHS = 4
HARDLY_ANY = 0.01
"""A backlog that grows by less than this share of the leads handed over does so for nobody to see."""
WITHOUT_END = 0.05
"""One that grows by more than this share of them, at the end of the year too, is not about to stop."""
KEPT_BY_MOST = 0.5


@dataclass(frozen=True, eq=False)
class Stability:
    """Whether a plan settles, as far as its simulated years tell.

    Parameters
    ----------
    verdict
        ``steady``: the backlog does not grow, or hardly. ``filling``: it grows over the year. ``not settling``: it
        grows by a good part of all leads handed over, and in the second half of the year still. ``unknown``: fewer
        than four months, or a single year.
    backlog
        Leads waiting on average in each month, new leads and follow-ups together.
    growth, late_growth
        By how many leads the backlog grows a month over the whole period, and over its second half.
    left_share
        That growth as a share of the leads handed over.
    revenue
        Revenue expected from the leads created in each month.
    lost_from
        First day of the month after the last one in which sales kept every promise in at least half of the years;
        None where the last month still does, or sales promises nothing.
    """

    verdict: Verdict
    backlog: tuple[Interval, ...]
    growth: Interval
    late_growth: Interval
    left_share: float
    revenue: tuple[Interval, ...]
    lost_from: dt.date | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "verdict": self.verdict,
            "backlog_by_month": [month.as_dict() for month in self.backlog],
            "expected_revenue_by_month": [month.as_dict() for month in self.revenue],
            "growth_per_month": self.growth.as_dict(),
            "late_growth_per_month": self.late_growth.as_dict(),
            "left_behind_share": self.left_share if math.isfinite(self.left_share) else None,
            "promise_lost_from": None if self.lost_from is None else f"{self.lost_from:%Y-%m}",
        }


def stability(years: Replications) -> Stability:
    """Tell whether a plan settles.

    The trend is that of a straight line by least squares through the months of each simulated year; years are
    independent, the months of one are not, so the interval is Student's t over years.

    Parameters
    ----------
    years
        The plan's simulated years.
    """
    run = years.scenario.run
    months = run.horizon_months
    waiting = years.stacked("waiting_by_month").sum(axis=1) if years.measures else np.full((0, months), np.nan)
    revenue = years.stacked("expected_by_month") if years.measures else np.full((0, months), np.nan)
    growth, late = t_interval(_slopes(waiting)), t_interval(_slopes(waiting[:, months // 2 :]))
    handed = float(np.mean(years.series("handed_count"))) / months if years.measures and months else 0.0
    share = growth.mean / handed if handed > 0 else math.nan
    lost = _lost_from(all_kept_months(years, ("sales",)))
    return Stability(
        _verdict(months, growth, late, handed),
        tuple(t_interval(month).from_zero for month in waiting.T),
        growth,
        late,
        share,
        tuple(t_interval(month).from_zero for month in revenue.T),
        None if lost is None else add_months(run.starts_on, lost),
    )


def _slopes(by_month: Floats) -> Floats:
    """Return the least-squares slope of each year over its months; NaN where there are fewer than two."""
    months = by_month.shape[1]
    if months < 2:
        return np.full(len(by_month), np.nan)
    at = np.arange(months) - (months - 1) / 2.0
    slopes: Floats = by_month @ at / float(at @ at)
    return slopes


def _verdict(months: int, growth: Interval, late: Interval, handed: float) -> Verdict:
    if months < FEWEST_MONTHS or not math.isfinite(growth.low) or handed <= 0:
        return "unknown"
    if growth.low <= 0 or growth.mean < HARDLY_ANY * handed:
        return "steady"
    endless = min(growth.mean, late.mean) >= WITHOUT_END * handed and late.low > 0
    return "not settling" if endless else "filling"


def _lost_from(kept: Floats) -> int | None:
    """Return the month after the last one that was kept in at least half of the years with a case."""
    known = ~np.all(np.isnan(kept), axis=0) if kept.size else np.zeros(0, dtype=np.bool_)
    if not known.any():
        return None
    share = np.where(known, np.nanmean(np.where(known, kept, 0.0), axis=0), 0.0)
    good = np.flatnonzero(share >= KEPT_BY_MOST)
    after = int(good[-1]) + 1 if good.size else int(np.flatnonzero(known)[0])
    return after if after < len(share) and known[after:].any() else None
