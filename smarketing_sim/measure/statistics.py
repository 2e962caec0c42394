"""Intervals: every number that the simulation shows comes with one, or with NaN where too little is known.

The unit of luck is the replication, one simulated year: months, leads and reps of the same year share their luck and
never count as independent cases.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError


@dataclass(frozen=True)
class Interval:
    """An estimate with its bounds; NaN where there is no case, or too few for a bound.

    Parameters
    ----------
    mean
        The estimate itself.
    low, high
        The bounds of the interval.
    """

    mean: float
    low: float
    high: float

    @property
    def from_zero(self) -> Interval:
        """The same without what lies below zero, for counts, times, shares and incomes; NaN stays."""
        return self.clipped(0.0, math.inf)

    def clipped(self, low: float, high: float) -> Interval:
        """Return the same without what lies outside of what is possible; NaN stays."""
        return Interval(self.mean, float(np.clip(self.low, low, high)), float(np.clip(self.high, low, high)))

    @property
    def of_share(self) -> Interval:
        """The same for a share of a whole, which lies between 0 and 1."""
        return self.clipped(0.0, 1.0)

    def as_dict(self) -> dict[str, float | None]:
        """Return the three numbers for JSON, with None for what is not a finite number."""
        named = {"mean": self.mean, "low": self.low, "high": self.high}
        return {name: number if math.isfinite(number) else None for name, number in named.items()}


def t_interval(values: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the mean over replications with Student's t interval.

    Parameters
    ----------
    values
        One number for each replication; NaN means that the replication had no case, and is left out.
    level
        Confidence, such as 0.95.

    Returns
    -------
    Interval
        Without bounds for a single replication or where a value is infinite; NaN throughout without a value.
    """
    known = _known(values)
    count = known.size
    if not count:
        return Interval(math.nan, math.nan, math.nan)
    if count == 1 or not np.isfinite(known).all():
        with np.errstate(invalid="ignore"):
            return Interval(float(known.mean()), math.nan, math.nan)
    mean = float(known.sum()) / count
    apart = known - mean
    error = math.sqrt(float((apart * apart).sum()) / (count - 1)) / math.sqrt(count)  # half the time of ``std``
    return _around(mean, error, count, level)


def wilson(successes: float, trials: float, *, level: float = 0.95) -> Interval:
    """Return a share with Wilson's score interval (Wilson 1927), which keeps its width at 0 and 1.

    Parameters
    ----------
    successes, trials
        Counts of independent cases; they need not be whole.
    level
        Confidence, such as 0.95.
    """
    if trials <= 0:
        return Interval(math.nan, math.nan, math.nan)
    share = successes / trials
    z = float(special.ndtri(0.5 + level / 2.0))
    shrink = 1.0 + z * z / trials
    centre = (share + z * z / (2.0 * trials)) / shrink
    half = z / shrink * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(share, low, high)


def clustered_share(kept: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the pooled share of periods in which a promise was kept, with an interval clustered by replication.

    The months of one simulated year share a backlog, a roster and a run of demand: twelve months are fewer than twelve
    independent trials, and an interval that pools them as such is too narrow. So the replication is the unit: the share
    is a ratio of sums over replications with its linearised variance (Cochran, Sampling Techniques, 3rd ed. 1977,
    chapter 6) and Student's t with one degree of freedom less than replications. Where replications hardly differ,
    above all where every month was kept or none, that variance is near zero although much is unknown; it is taken to
    be no less than if a single replication had missed half of its periods, which makes a standard error of 1 / (2 n).
    So a range never gets wider as one more month is kept.

    Parameters
    ----------
    kept
        Shape (replications, periods): true, false, or NaN for a period without a case.
    level
        Confidence, such as 0.95.

    Returns
    -------
    Interval
        Within [0, 1]; NaN throughout where no period has a case, and without bounds for a single replication.
    """
    table = np.atleast_2d(np.asarray(kept, dtype=np.float64))
    cases = np.sum(~np.isnan(table), axis=1)
    kept_count = np.nansum(table, axis=1)[cases > 0]
    case_count = cases[cases > 0].astype(np.float64)
    if not case_count.size:
        return Interval(math.nan, math.nan, math.nan)
    share, error = _ratio(kept_count, case_count)
    if case_count.size == 1:
        return Interval(share, math.nan, math.nan)
    return _around(share, max(error, 0.5 / case_count.size), case_count.size, level).of_share


def paired_difference(a: npt.ArrayLike, b: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the mean of a - b over replications that share their luck, with Student's t interval.

    Parameters
    ----------
    a, b
        The same measure of two scenarios, replication by replication; a pair with a NaN is left out.
    level
        Confidence, such as 0.95.
    """
    first, second = _paired(a, b)
    return t_interval(first - second, level=level)


def ratio_of_sums(numerators: npt.ArrayLike, denominators: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return Σ numerators ÷ Σ denominators with its linearised interval, Student's t (Cochran 1977, chapter 6).

    Parameters
    ----------
    numerators, denominators
        One number each for each replication; a pair with a NaN is left out.
    level
        Confidence, such as 0.95.

    Returns
    -------
    Interval
        NaN throughout where the denominators sum to zero; without bounds for a single replication.
    """
    above, below = _paired(numerators, denominators)
    known = ~(np.isnan(above) | np.isnan(below))
    above, below = above[known], below[known]
    if not below.sum():
        return Interval(math.nan, math.nan, math.nan)
    ratio, error = _ratio(above, below)
    return _around(ratio, error, below.size, level) if below.size > 1 else Interval(ratio, math.nan, math.nan)


def quantile_interval(values: npt.ArrayLike, prob: float, *, level: float = 0.95) -> Interval:
    """Return a quantile of the spread over replications, with an interval from order statistics.

    Whatever the distribution, the number of values below the quantile is binomial; the bounds are the values at the
    ranks that hold it with at least the confidence asked for (David, Nagaraja, Order Statistics, section 7.1).

    Parameters
    ----------
    values
        One number for each replication; NaN is left out.
    prob
        0.1, 0.5 or 0.9 for p10, p50 or p90.
    level
        Confidence, such as 0.95.

    Returns
    -------
    Interval
        ``mean`` holds the quantile; a bound is NaN where there are too few values for it.
    """
    from scipy import stats  # noqa: PLC0415 - takes long to load, and who only simulates never needs it

    known = np.sort(_known(values))
    if not known.size:
        return Interval(math.nan, math.nan, math.nan)
    low_rank = int(stats.binom.ppf((1.0 - level) / 2.0, known.size, prob))
    high_rank = int(stats.binom.ppf((1.0 + level) / 2.0, known.size, prob)) + 1
    low = float(known[low_rank - 1]) if low_rank >= 1 else math.nan
    high = float(known[high_rank - 1]) if high_rank <= known.size else math.nan
    return Interval(float(np.quantile(known, prob)), low, high)


def replications_for(values: npt.ArrayLike, half_width: float, *, level: float = 0.95) -> int:
    """Return how many replications a t interval of at most this half width needs, given a pilot's spread.

    Parameters
    ----------
    values
        The pilot, one number for each replication; NaN is left out.
    half_width
        Half the width wanted, in the unit of the values.
    level
        Confidence, such as 0.95.

    Raises
    ------
    InputError
        For a pilot of fewer than two replications or with an infinite value, or a half width that is not above 0.
    """
    known = _known(values)
    if known.size < 2 or not np.all(np.isfinite(known)):
        raise InputError("at least two replications, with finite values, are needed to tell how many more are")
    if not half_width > 0.0:
        raise InputError("the half width of an interval must be above 0")
    spread = float(known.std(ddof=1))
    z = float(special.ndtri(0.5 + level / 2.0))
    count = max(2, math.ceil((z * spread / half_width) ** 2))
    while _critical(count - 1, level) * spread / math.sqrt(count) > half_width:
        count += 1
    return count


def _known(values: npt.ArrayLike) -> Floats:
    flat = np.asarray(values, dtype=np.float64).reshape(-1)
    return flat[~np.isnan(flat)]


def _paired(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"pairs are needed: {first.shape} against {second.shape}")
    return first, second


def _ratio(above: Floats, below: Floats) -> tuple[float, float]:
    ratio = float(above.sum() / below.sum())
    residual = above - ratio * below
    spare = max(1, below.size - 1)
    return ratio, math.sqrt(below.size / spare * float(residual @ residual)) / abs(float(below.sum()))


def _around(mean: float, error: float, count: int, level: float) -> Interval:
    half = _critical(count - 1, level) * error
    return Interval(mean, mean - half, mean + half)


@functools.lru_cache(maxsize=1024)
def _critical(freedom: int, level: float) -> float:
    return float(special.stdtrit(freedom, 0.5 + level / 2.0))
