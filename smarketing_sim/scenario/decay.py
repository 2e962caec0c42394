"""How fast a lead goes cold: the curves, and the published beliefs among them.

The beliefs' numbers stand in ``evidence.yaml`` beside this module, each with the finding that it was fitted to.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError, Problem
from smarketing_sim.scenario.evidence import ledger

Outcome = Literal["contact", "qualify", "win"]
Interpolation = Literal["linear", "log_age"]

_NEWTON_STEPS = 60


@dataclass(frozen=True)
class MixtureCurve:
    """v(t) = w 2^(-t/h1) + (1 - w) 2^(-t/h2): a hot share that cools fast and a rest that cools slowly; 0 < w < 1."""

    hot_share: float
    hot_half_life_hours: float
    cold_half_life_hours: float

    @property
    def _rates(self) -> tuple[float, float]:
        per_minute = math.log(2.0) / 60.0
        return per_minute / self.hot_half_life_hours, per_minute / self.cold_half_life_hours

    def _change(self, age: Floats) -> Floats:
        """Return v - 1 at each age in minutes, as exact near 0 as anywhere."""
        hot_rate, cold_rate = self._rates
        return self.hot_share * np.expm1(-hot_rate * age) + (1.0 - self.hot_share) * np.expm1(-cold_rate * age)

    def value(self, age: Floats) -> Floats:
        """Return v at each age in minutes."""
        hot_rate, cold_rate = self._rates
        change = self._change(age)
        level = np.log1p(np.maximum(change, -0.5))
        late = np.flatnonzero(change <= -0.5)
        hot_log = -hot_rate * age[late] + math.log(self.hot_share)
        level[late] = np.logaddexp(hot_log, -cold_rate * age[late] + math.log(1.0 - self.hot_share))
        return np.exp(level)

    def deadline(self, u: Floats) -> Floats:
        """Return the age in minutes at which v falls to 1 - u.

        log v is convex and falls, so Newton's method that starts left of the root climbs to it and never passes it.
        Each age takes its own steps and no more, so it does not depend on what else is asked.
        """
        hot_rate, cold_rate = self._rates
        hot, cold = self.hot_share, 1.0 - self.hot_share
        goal = np.log1p(-u)
        by_hot = (math.log(hot) - goal) / hot_rate
        by_cold = (math.log(cold) - goal) / cold_rate
        by_mean = -goal / (hot * hot_rate + cold * cold_rate)
        found = np.maximum(np.maximum(by_hot, by_cold), by_mean)
        age, rows = found, np.arange(len(u))
        for _ in range(_NEWTON_STEPS):
            step = self._step(age, goal)
            later = np.maximum(age + step, 0.0)
            found[rows] = later
            moves = np.flatnonzero(np.abs(step) > 1e-13 * later)
            if not len(moves):
                break
            age, goal, rows = later[moves], goal[moves], rows[moves]
        return found

    def _step(self, age: Floats, goal: Floats) -> Floats:
        """Return how far a step of Newton's method goes from each age towards the one at which log v is its goal."""
        hot_rate, cold_rate = self._rates
        hot, cold = self.hot_share * np.exp(-hot_rate * age), (1.0 - self.hot_share) * np.exp(-cold_rate * age)
        value, change = hot + cold, self._change(age)
        level = np.where(change > -0.5, np.log1p(np.maximum(change, -0.5)), np.log(value))
        step: Floats = (level - goal) * value / (hot * hot_rate + cold * cold_rate)
        return step


@dataclass(frozen=True)
class PointCurve:
    """A curve through points, straight in age or in the logarithm of age, flat before the first and after the last.

    Parameters
    ----------
    points
        (age in minutes, value); the same age twice is a step, whose instant still has the higher value.
    interpolation
        ``linear`` in age, or ``log_age``.
    """

    points: tuple[tuple[float, float], ...]
    interpolation: Interpolation

    @functools.cached_property
    def _columns(self) -> tuple[Floats, Floats]:
        columns = np.asarray(self.points, dtype=np.float64)
        return columns[:, 0], columns[:, 1]

    def _scale(self, age: Floats) -> Floats:
        return np.log(age) if self.interpolation == "log_age" else age

    def value(self, age: Floats) -> Floats:
        """Return v at each age in minutes."""
        ages, values = self._columns
        right = np.searchsorted(ages, age, side="left")
        inside = (right > 0) & (right < ages.size)
        found = values[np.minimum(right, ages.size - 1)]
        r = right[inside]
        x0, x1 = self._scale(ages)[r - 1], self._scale(ages)[r]
        weight = (self._scale(age[inside]) - x0) / (x1 - x0)
        found[inside] = values[r - 1] + weight * (values[r] - values[r - 1])
        return found

    def deadline(self, u: Floats) -> Floats:
        """Return the first age in minutes behind which v is below 1 - u; infinite where it never is."""
        ages, values = self._columns
        goal = 1.0 - u
        right = np.searchsorted(-values, -goal, side="right")
        found = np.where(right == 0, 0.0, math.inf)
        inside = (right > 0) & (right < ages.size)
        r = right[inside]
        x = self._scale(ages)
        weight = (values[r - 1] - goal[inside]) / (values[r - 1] - values[r])
        place = x[r - 1] + weight * (x[r] - x[r - 1])
        found[inside] = np.exp(place) if self.interpolation == "log_age" else place
        return found


@dataclass(frozen=True)
class DecayPreset:
    """A belief about how the value of a first attempt falls with the lead's age.

    Parameters
    ----------
    id, name
        For files and for people.
    evidence
        The row of the evidence ledger that it was fitted to; None for a user's own curve.
    outcome
        What the study measured, and so what a late first attempt spoils.
    curve
        v(t), the value of a first attempt at age t as a share of an immediate one.
    """

    id: str
    name: str
    evidence: str | None
    outcome: Outcome
    curve: MixtureCurve | PointCurve

    def value(self, age_minutes: npt.ArrayLike) -> Floats:
        """Return v, in [0, 1] and never rising, at each age in minutes; 1-D or scalar in, the same shape out."""
        age = np.maximum(np.asarray(age_minutes, dtype=np.float64), 0.0)
        return self.curve.value(age.reshape(-1)).reshape(age.shape)

    def deadline(self, u: npt.ArrayLike) -> Floats:
        """Return an age limit in minutes for each uniform, such that P(deadline > t) = v(t).

        A lead served at the very instant of its deadline is served; at a step of the curve many deadlines fall on
        one instant, and there P(deadline >= t) = v(t).

        Parameters
        ----------
        u
            Uniforms on [0, 1), one per lead; a higher one gives a later deadline.

        Returns
        -------
        ndarray
            Minutes, the shape of ``u``; infinite where the curve never falls that far.
        """
        uniform = np.asarray(u, dtype=np.float64)
        return self.curve.deadline(uniform.reshape(-1)).reshape(uniform.shape)

    @classmethod
    def from_points(
        cls,
        points: Iterable[Sequence[float]],
        *,
        interpolation: Interpolation = "linear",
        outcome: Outcome = "contact",
        name: str = "Own curve",
    ) -> DecayPreset:
        """Return a curve of a user's own.

        Parameters
        ----------
        points
            Pairs of age in minutes and value, by rising age; the same age twice is a step down.
        interpolation, outcome, name
            As in :class:`PointCurve` and :class:`DecayPreset`.

        Raises
        ------
        InputError
            Where ages do not rise, values leave [0, 1], or the curve rises anywhere.
        """
        pairs = tuple(_pair(index, point) for index, point in enumerate(points))
        problems = list(_curve_problems(pairs, interpolation))
        if problems:
            raise InputError(problems)
        return cls("custom", name, None, outcome, PointCurve(pairs, interpolation))


def _pair(index: int, point: Sequence[float]) -> tuple[float, float]:
    if len(point) != 2:
        raise InputError([Problem("a point is a pair of age in minutes and value", path=str(index), value=list(point))])
    return float(point[0]), float(point[1])


def _curve_problems(points: tuple[tuple[float, float], ...], interpolation: str) -> Iterable[Problem]:
    if not points:
        yield Problem("a decay curve needs at least one point")
    for index, (age, value) in enumerate(points):
        path = str(index)
        if not (math.isfinite(age) and age >= 0.0):
            yield Problem("an age is a number of minutes, 0 or more", path=path, value=age)
        if not 0.0 <= value <= 1.0:
            yield Problem("a decay curve stays between 0 and 1", path=path, value=value)
        if interpolation == "log_age" and age == 0.0:
            yield Problem("the logarithm of age needs ages above 0", path=path, value=age)
    for index, ((age, value), (later, less)) in enumerate(itertools.pairwise(points), start=1):
        if later < age or (index >= 2 and later == age == points[index - 2][0]):
            yield Problem("ages must rise; the same age may stand twice, as a step", path=str(index), value=later)
        if less > value:
            yield Problem("decay curves never rise", path=str(index), value=less)


@functools.cache
def decay_presets() -> Mapping[str, DecayPreset]:
    """Return the shipped decay curves by id, from the steepest belief to the flattest."""
    return MappingProxyType({key: _preset(key, row) for key, row in ledger()["decay_presets"].items()})


def _preset(key: str, row: dict[str, Any]) -> DecayPreset:
    curve: MixtureCurve | PointCurve
    if "mixture" in row:
        curve = MixtureCurve(**row["mixture"])
    else:
        own = DecayPreset.from_points(row["points"], interpolation=row["interpolation"])
        curve = own.curve
    return DecayPreset(key, row["name"], row["evidence"], row["outcome"], curve)
