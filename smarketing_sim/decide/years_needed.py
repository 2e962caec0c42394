"""How many simulated years a wanted precision needs, judged by the spread of a pilot, and what sharpens an answer."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from smarketing_sim.arrays import Floats
from smarketing_sim.measure.statistics import Interval, replications_for, t_interval

FEWEST_FOR_RANGE = 20
MOST_YEARS = 100_000
UNKNOWN = Interval(math.nan, math.nan, math.nan)

_RESAMPLES = 2000
_SAME = 1e-9


def spread(values: Floats) -> Interval:
    """Return the standard deviation of one simulated year, with range; NaN is left out."""
    known = values[~np.isnan(values)]
    if known.size < 2 or not np.all(np.isfinite(known)):
        return UNKNOWN
    return Interval(float(known.std(ddof=1)), *_range(lambda x, axis: np.std(x, axis=axis, ddof=1), known))


def years_for(values: Floats, margin: float) -> Interval:
    """Return how many simulated years a 95% range of at most ± ``margin`` needs; the range is that of the spread.

    NaN where the pilot has no spread to judge by.
    """
    known, seen = values[~np.isnan(values)], spread(values)
    if math.isnan(seen.mean):
        return UNKNOWN
    centred = known - known.mean()
    scales = [bound / seen.mean if seen.mean else math.nan for bound in (seen.low, seen.high)]
    ends = (float(replications_for(s * centred, margin)) if math.isfinite(s) else math.nan for s in scales)
    return Interval(float(replications_for(known, margin)), *ends)


def years_to_tell(differences: Floats) -> Interval:
    """Return how many paired years make the range of a difference at most ± half the difference.

    The range then stays clear of zero in 39 of 40 repetitions. Infinite where the pilot's own range holds zero; the
    range goes by that of the difference.
    """
    found = t_interval(differences)
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        return UNKNOWN
    if found.low <= 0.0 <= found.high:
        return Interval(math.inf, math.nan, math.nan)
    near, far = sorted((abs(found.low), abs(found.high)))
    return Interval(*(float(replications_for(differences, size / 2.0)) for size in (abs(found.mean), far, near)))


def sharpness(apart: Sequence[Floats], together: Floats) -> Interval:
    """Return the variance of a sum of independent series over that of another series of the same years, with range.

    An estimate from ``together`` is as sharp as one from that many times as many years of ``apart``. The range is from
    resampling years (bootstrap, bias-corrected and accelerated: Efron, Tibshirani, An Introduction to the Bootstrap
    1993, chapter 14).

    Parameters
    ----------
    apart
        One or two series by simulated year.
    together
        What is estimated in their place, such as their difference year by year.

    Returns
    -------
    Interval
        Infinite where ``together`` is the same in every year, NaN where nothing strays; no range below
        ``FEWEST_FOR_RANGE`` years.
    """
    table = np.stack([*apart, together])
    table = table[:, ~np.isnan(table).any(axis=0)]
    if table.shape[1] < 2 or not np.all(np.isfinite(table)):
        return UNKNOWN
    *widths, width = np.ptp(table, axis=1)
    if width <= _SAME * max(widths):
        return Interval(math.inf if max(widths) > 0.0 else math.nan, math.nan, math.nan)
    return Interval(float(_gain(*table, axis=0)), *_range(_gain, *table))


def running_margins(values: Floats) -> tuple[Floats, Floats]:
    """Return the numbers of years from 3 on, and the half width of the 95% range after the first so many."""
    counts = np.arange(3, len(values) + 1)
    found = [t_interval(values[:count]) for count in counts]
    return counts.astype(np.float64), np.array([(interval.high - interval.low) / 2.0 for interval in found])


def _gain(*series: Floats, axis: int) -> Any:
    *apart, together = (np.var(values, axis=axis, ddof=1) for values in series)
    return sum(apart) / together


def _range(statistic: Callable[..., Any], *series: Floats) -> tuple[float, float]:
    if series[0].size < FEWEST_FOR_RANGE:
        return math.nan, math.nan
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # years that are all alike have no range, and NaN says so
        options: dict[str, Any] = {"n_resamples": _RESAMPLES, "rng": np.random.default_rng(1), "method": "BCa"}
        found = stats.bootstrap(series, statistic, paired=len(series) > 1, **options).confidence_interval
    return float(found.low), float(found.high)
