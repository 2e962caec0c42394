"""Random draws for leads, in whatever order and choice they are asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from smarketing_sim.world.arrivals import Layer
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.streams import Streams

Fill = Callable[..., Floats]


@dataclass(frozen=True, eq=False)
class Part:
    """The points of one rate layer, as leads or as their duplicates.

    Parameters
    ----------
    layer
        The layer.
    prefix
        What comes before each purpose in the names of the streams.
    """

    layer: Layer
    prefix: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What stands before and behind each purpose in the names of the streams."""
        return self.prefix, f"{self.layer.flow.key}/{self.layer.number}"


@dataclass(frozen=True, eq=False)
class Luck:
    """Draws for some leads, each of them a point of a part.

    Every array has shape (leads,) or, where a number of attempts is given, (leads, attempts). A lead has the same luck
    whichever others are asked for: each stream is drawn from its beginning, for leads and points between them alike.

    Parameters
    ----------
    streams
        Where all is drawn from.
    parts
        The parts.
    points
        Point of each lead, counted over all points of the parts, one part after another; in any order.
    """

    streams: Streams
    parts: Sequence[Part]
    points: npt.NDArray[np.int64]

    @classmethod
    def of_everyone(cls, streams: Streams, layers: Sequence[Layer]) -> Luck:
        """Return the luck of every lead of some layers, one layer after another."""
        starts = np.cumsum([0, *(layer.drawn_count for layer in layers)])
        kept = [start + layer.kept for start, layer in zip(starts.tolist(), layers, strict=False)]
        return cls(streams, [Part(layer) for layer in layers], np.concatenate([np.zeros(0, dtype=np.int64), *kept]))

    @property
    def count(self) -> int:
        """How many leads."""
        return len(self.points)

    def of(self, leads: npt.NDArray[np.int64]) -> Luck:
        """Return the luck of some of the leads."""
        return replace(self, points=self.points[leads])

    def second(self, leads: npt.NDArray[np.int64], again: npt.NDArray[np.bool_]) -> Luck:
        """Return the luck of some of the leads, with a second one of its own wherever a lead comes again."""
        parts = [*self.parts, *(Part(part.layer, "duplicate ") for part in self.parts)]
        return Luck(self.streams, parts, self.points[leads] + self._starts[-1] * again)

    @functools.cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        """First point of each part, and how many points there are."""
        return np.cumsum([0, *(part.layer.drawn_count for part in self.parts)])

    @functools.cached_property
    def _meant(self) -> list[tuple[tuple[str, str], slice]]:
        """Keys of the parts that have leads here, each with its points up to the last of these."""
        points, meant = np.sort(self.points), []
        ends = np.searchsorted(points, self._starts).tolist()
        for part, start, first, end in zip(self.parts, self._starts.tolist(), ends, ends[1:], strict=False):
            if first < end:
                meant.append((part.key, slice(start, points[end - 1] + 1)))
        return meant

    @functools.cached_property
    def _drawn_at(self) -> Floats:
        """Room for one draw of every point, asked for once."""
        return np.empty(self._starts[-1])

    def uniform(self, purpose: str, attempts: int | None = None) -> Floats:
        """Return uniforms in [0, 1)."""
        return self._drawn(np.random.Generator.random, purpose, attempts)

    def normal(self, purpose: str, attempts: int | None = None) -> Floats:
        """Return standard normals."""
        return self._drawn(np.random.Generator.standard_normal, purpose, attempts)

    def exponential(self, purpose: str, mean: float) -> Floats:
        """Return exponentials of a mean."""
        return self._drawn(np.random.Generator.standard_exponential, purpose, None) * mean

    def lognormal(
        self, purpose: str, *, mean: float | Floats, cv: float | Floats, attempts: int | None = None
    ) -> Floats:
        """Return lognormals of a mean and a ratio of standard deviation to mean."""
        sigma = np.sqrt(np.log1p(np.square(cv)))
        if not np.any(sigma):
            return np.full(self.count if attempts is None else (self.count, attempts), 1.0) * mean
        exponent = self.normal(purpose, attempts)
        exponent *= sigma
        exponent -= 0.5 * np.square(sigma)
        np.exp(exponent, out=exponent)
        exponent *= mean
        return exponent

    def _drawn(self, fill: Fill, purpose: str, attempts: int | None) -> Floats:
        opened = iter(self.streams.open_each(_names(purpose, tuple(key for key, _ in self._meant), attempts)))
        rooms = [self._drawn_at[span] for _, span in self._meant]
        drawn = np.empty((self.count, 1 if attempts is None else attempts))
        for column in drawn.T:
            for room in rooms:
                fill(next(opened), out=room)
            column[:] = self._drawn_at.take(self.points)
        return drawn[:, 0] if attempts is None else drawn


@functools.lru_cache(maxsize=1024)
def _names(purpose: str, keys: tuple[tuple[str, str], ...], attempts: int | None) -> tuple[str, ...]:
    """Return the names of the streams of some parts, attempt by attempt."""
    behind = [""] if attempts is None else [f"/{number}" for number in range(1, attempts + 1)]
    return tuple(f"{before}{purpose}/{after}{attempt}" for attempt in behind for before, after in keys)
