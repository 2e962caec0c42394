"""Random draws by lead: each is a function of (seed, replication, purpose, attempt) and of the lead's id alone.

So a lead has the same luck whoever else comes, whichever others are asked for and in whatever order; and what nobody
reads is never drawn. The function is that of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, with Stafford's variant 13
of its constants): a sum of a word and a key, its bits mixed one to one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from smarketing_sim.arrays import Floats
from smarketing_sim.jit import INSTALLED, entry, part
from smarketing_sim.world.streams import Streams

Words = npt.NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


@dataclass(frozen=True, eq=False)
class Luck:
    """Draws for some leads.

    Every array has shape (leads,) or, where a number of attempts is given, (leads, attempts).

    Parameters
    ----------
    streams
        Whose keys tell one purpose and attempt from another.
    lead_ids
        The leads, in any order.
    """

    streams: Streams
    lead_ids: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many leads."""
        return len(self.lead_ids)

    def of(self, leads: npt.NDArray[np.int64]) -> Luck:
        """Return the luck of some of the leads."""
        return Luck(self.streams, self.lead_ids[leads])

    def uniform(self, purpose: str, attempts: int | None = None) -> Floats:
        """Return uniforms between 0 and 1, both left out."""
        numbers = [()] if attempts is None else [(number,) for number in range(1, attempts + 1)]
        keys = np.array([self.streams.key(purpose, *number) for number in numbers], dtype=np.uint64)
        drawn = uniforms(self._words, keys)
        return drawn[:, 0] if attempts is None else drawn

    def normal(self, purpose: str, attempts: int | None = None) -> Floats:
        """Return standard normals."""
        normals: Floats = ndtri(self.uniform(purpose, attempts))
        return normals

    def exponential(self, purpose: str, mean: float) -> Floats:
        """Return exponentials of a mean."""
        return -np.log(self.uniform(purpose)) * mean

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

    @functools.cached_property
    def _words(self) -> Words:
        """A word of each lead: neighbouring ids have words with nothing in common."""
        return mixed(self.lead_ids.astype(np.uint64) * _GOLDEN)


def uniforms(words: Words, keys: Words) -> Floats:
    """Return a uniform between 0 and 1 for each word and key, both ends left out; shape (words, keys).

    The middle of one of 2⁵² equal parts, so that every one of them is exact in a double.
    """
    if not INSTALLED:
        parts = (mixed(words[:, None] + keys) >> _12).astype(np.float64)
        return (parts + 0.5) * 2.0**-52
    drawn = np.empty((len(words), len(keys)))
    _draw(words, keys, drawn)
    return drawn


def mixed(words: Words) -> Words:
    """Return each word with its bits mixed: another for each, and with as many bits changed as not."""
    words = (words ^ (words >> _30)) * _FIRST
    words = (words ^ (words >> _27)) * _SECOND
    return words ^ (words >> _31)


@entry
def _draw(words: Words, keys: Words, drawn: Floats) -> None:
    for row in range(len(words)):
        for column in range(len(keys)):
            word = _mixed(words[row] + keys[column])
            drawn[row, column] = (np.int64(word >> _12) + 0.5) * 2.0**-52


_mixed = part(mixed)
