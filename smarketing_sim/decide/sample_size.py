"""How many cases a trial with two arms takes, from textbooks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

from smarketing_sim.arrays import Floats

LEVEL = 0.05
"""Chance that a two-sided test finds a difference where there is none."""


def leads_per_arm(effect: float, variances: tuple[float, float], *, power: float, level: float = LEVEL) -> float:
    """Return how many leads each arm takes to find a difference of means.

    Parameters
    ----------
    effect
        The difference that is there.
    variances
        Of single leads in the two arms.
    power
        Chance that the trial finds it.
    level
        Chance that a two-sided test finds a difference where there is none.

    Returns
    -------
    float
        n = (z₁₋ₗ/₂ + z_p)² (σ₁² + σ₂²) ÷ δ², rounded up; infinite without an effect (Fleiss, Levin, Paik, Statistical
        Methods for Rates and Proportions, 3rd ed. 2003, chapter 4; Kohavi, Tang, Xu, Trustworthy Online Controlled
        Experiments, 2020, chapter 17).
    """
    if not effect > 0.0:
        return math.inf if effect <= 0.0 else math.nan
    z = float(stats.norm.ppf(1.0 - level / 2.0) + stats.norm.ppf(power))
    return float(max(2, math.ceil(z * z * sum(variances) / effect**2)))


def design_effect(values: Floats, clusters: npt.NDArray[np.int64]) -> float:
    """Return how many times as large the variance of a mean is when whole clusters are drawn instead of single cases.

    Parameters
    ----------
    values
        One number for each case; shape (cases,).
    clusters
        Its cluster, such as its day, as a number from 0; shape (cases,).

    Returns
    -------
    float
        The linearised variance of a ratio over clusters, over s² ÷ n (Kish, Survey Sampling, 1965, chapters 5 and 6);
        NaN for fewer than two clusters or without variance.
    """
    sizes = np.bincount(clusters, minlength=1)
    used = sizes > 0
    variance = float(values.var(ddof=1)) if len(values) > 1 else math.nan
    if used.sum() < 2 or not variance > 0.0:
        return math.nan
    residuals = np.bincount(clusters, weights=values - values.mean())[used]
    between = used.sum() / (used.sum() - 1) * float(residuals @ residuals) / len(values) ** 2
    return float(between / (variance / len(values)))
