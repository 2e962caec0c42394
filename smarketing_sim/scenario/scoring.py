"""What a score of a given quality can see: the probit model that ties propensity, score and handoff together.

A lead's latent propensity q and its score z are standard normal with correlation ρ; it would qualify with chance
Φ(a + b q). The score's AUC fixes ρ, and the source's chance to qualify after today's handoff fixes a.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

_Z = np.linspace(-6.0, 6.0, 481)
_DENSITY = np.exp(-0.5 * _Z**2)
SCORE_AT_HANDOFF = 50.0
SCORE_PER_SD = 15.0


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """The solved probit model of one source.

    Parameters
    ----------
    intercept
        a, on the probit scale.
    correlation
        ρ between propensity and score.
    threshold
        z at which today's handed share lies above; the score there is 50.
    """

    intercept: float
    correlation: float
    threshold: float


def inside_profile_prob(*, qualify_prob: float, in_profile_share: float, out_of_profile_factor: float) -> float:
    """Return the chance to qualify inside the ideal client profile, from the mean over leads inside and outside it."""
    inside = in_profile_share + (1.0 - in_profile_share) * out_of_profile_factor
    return min(0.999, qualify_prob / inside) if inside > 0 else 0.0


@functools.lru_cache(maxsize=512)
def best_auc(*, qualify_prob: float, handed_share: float, spread: float) -> float:
    """Return the AUC of a score that sees the propensity itself; 1 where every lead, or none, qualifies."""
    if qualify_prob <= 0.0 or qualify_prob >= 1.0:
        return 1.0
    return _auc(_intercept(qualify_prob, 1.0, spread, _threshold(handed_share)), 1.0, spread)


def share_at(score: float, *, handed_share: float) -> float:
    """Return the share of leads at or above a score, where so many are at or above that of today's handoff."""
    return float(ndtr(-_threshold(handed_share) - (score - SCORE_AT_HANDOFF) / SCORE_PER_SD))


@functools.lru_cache(maxsize=512)
def solve(*, qualify_prob: float, handed_share: float, auc: float, spread: float) -> ScoreModel:
    """Find the probit model with a given AUC and a given chance to qualify above today's handoff point.

    Raises
    ------
    ValueError
        If even a score that saw the propensity itself would not reach the AUC.
    """
    threshold = _threshold(handed_share)
    if qualify_prob <= 0.0 or qualify_prob >= 1.0 or auc <= 0.5:
        return ScoreModel(_intercept(qualify_prob, 0.0, spread, threshold), 0.0, threshold)

    def excess(correlation: float) -> float:
        return _auc(_intercept(qualify_prob, correlation, spread, threshold), correlation, spread) - auc

    best = best_auc(qualify_prob=qualify_prob, handed_share=handed_share, spread=spread)
    if not best >= auc:
        raise ValueError(
            f"no score can reach an AUC of {auc:g} when leads differ by a spread of {spread:g}; the best is {best:.3f}"
        )
    correlation = float(brentq(excess, 0.0, 1.0, xtol=1e-7))
    return ScoreModel(_intercept(qualify_prob, correlation, spread, threshold), correlation, threshold)


def _threshold(handed_share: float) -> float:
    return float(ndtri(1.0 - handed_share)) if 0.0 < handed_share < 1.0 else (-9.0 if handed_share >= 1 else 9.0)


def _qualify_given_score(intercept: float, correlation: float, spread: float) -> npt.NDArray[np.float64]:
    hidden = 1.0 + spread**2 * (1.0 - correlation**2)
    seen: npt.NDArray[np.float64] = ndtr((intercept + spread * correlation * _Z) / np.sqrt(hidden))
    return seen


def _intercept(qualify_prob: float, correlation: float, spread: float, threshold: float) -> float:
    if qualify_prob <= 0.0 or qualify_prob >= 1.0:
        return -40.0 if qualify_prob <= 0.0 else 40.0
    weight = _DENSITY * (threshold <= _Z) if threshold < 6.0 else _DENSITY
    weight = weight if weight.sum() > 0 else _DENSITY

    def excess(intercept: float) -> float:
        seen = _qualify_given_score(intercept, correlation, spread)
        return float(np.dot(weight, seen) / weight.sum()) - qualify_prob

    lowest = -12.0 - 6 * spread
    return float(brentq(excess, lowest if excess(lowest) < 0 else -40.0 + lowest, 12.0 + 6 * spread, xtol=1e-9))


def _auc(intercept: float, correlation: float, spread: float) -> float:
    seen = _qualify_given_score(intercept, correlation, spread)
    good, bad = _DENSITY * seen, _DENSITY * (1.0 - seen)
    below = np.cumsum(bad) - 0.5 * bad
    return float(np.dot(good, below) / (good.sum() * bad.sum()))
