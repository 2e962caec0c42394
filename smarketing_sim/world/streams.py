"""Named random streams: each (purpose, source, layer, attempt) draws from a stream of its own.

Adding a source, a purpose or an attempt leaves every other stream as it was, which is what makes two scenarios
comparable lead by lead.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]
_POOL = 4
_STATE_WORDS = 8


@functools.lru_cache(maxsize=65_536)
def stable_hash(name: str) -> int:
    """Return 64 bits of a name, the same on every machine and in every process."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True)
class Streams:
    """The streams of one replication.

    Parameters
    ----------
    seed
        Root seed, a whole number from 0.
    replication
        Number of the replication from 0.
    """

    seed: int
    replication: int

    def open(self, purpose: str, *key: str | int) -> np.random.Generator:
        """Return the generator of one stream, at its beginning."""
        name = "/".join([purpose, *(str(part) for part in key)])
        sequence = np.random.SeedSequence(entropy=self.seed, spawn_key=(self.replication, stable_hash(name)))
        return np.random.Generator(np.random.PCG64(sequence))

    def open_each(self, names: Sequence[str]) -> list[np.random.Generator]:
        """Return the generators that :meth:`open` gives for each name, much faster than one by one."""
        states = self._root.states(np.array([stable_hash(name) for name in names], dtype=np.uint64))
        # NumPy documents that a bit generator takes any ISeedSequence; its type stub names SeedSequence alone.
        return [np.random.Generator(np.random.PCG64(_Seeded(state))) for state in states]  # type: ignore[arg-type]

    @functools.cached_property
    def _root(self) -> _Root:
        return _Root.of(self.seed, self.replication)


class _Seeded(np.random.bit_generator.ISeedSequence):
    """A seed sequence whose state has been worked out."""

    def __init__(self, state: npt.NDArray[np.uint64]) -> None:
        self.state = state

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> npt.NDArray[Any]:
        return self.state


@dataclass(frozen=True, eq=False)
class _Root:
    """What ``SeedSequence(seed, spawn_key=(replication, key))`` has mixed before it meets the key.

    NumPy keeps that algorithm for good; here it goes on for many keys at once, which takes a tenth of the time.
    """

    pool: Words
    hashed_count: int

    @classmethod
    def of(cls, seed: int, replication: int) -> _Root:
        mixed = np.random.SeedSequence(entropy=seed, spawn_key=(replication,))
        words = max(_POOL, _word_count(seed)) + _word_count(replication)
        return cls(np.array(mixed.pool, dtype=np.uint32), _POOL * words)

    def states(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Return the state words of each key, shape (keys, 4)."""
        low, high, is_long = _hashed_keys(keys.tobytes(), self.hashed_count)
        pool = _mixed(self.pool, low)
        pool = np.where(is_long, _mixed(pool, high), pool)
        state = _hashed(np.tile(pool, 2), _powers(0x8B51F9DD, 0x58F38DED, 0, _STATE_WORDS + 1))
        return state.astype("<u4", copy=False).view("<u8").astype(np.uint64, copy=False)


@functools.lru_cache(maxsize=4096)
def _hashed_keys(keys: bytes, hashed_count: int) -> tuple[Words, Words, npt.NDArray[np.bool_]]:
    """Return what the lower and the upper word of each key add to a pool, and which keys have an upper word at all."""
    words = np.frombuffer(keys, dtype=np.uint64).astype("<u8").view("<u4").astype(np.uint32).reshape(-1, 2)
    factors = _powers(0x43B0D7E5, 0x931E8875, hashed_count, 2 * _POOL + 1)
    hashed = _hashed(np.repeat(words, _POOL, axis=1), factors) * np.uint32(0x4973F715)
    return hashed[:, :_POOL].copy(), hashed[:, _POOL:].copy(), words[:, 1:] > 0


def _mixed(pool: Words, hashed: Words) -> Words:
    mixed: Words = pool * np.uint32(0xCA01F9DD) - hashed
    return mixed ^ (mixed >> np.uint32(16))


def _hashed(words: Words, factors: Words) -> Words:
    hashed: Words = (words ^ factors[:-1]) * factors[1:]
    return hashed ^ (hashed >> np.uint32(16))


@functools.lru_cache(maxsize=64)
def _powers(first: int, factor: int, start: int, count: int) -> Words:
    return np.array([first * pow(factor, start + n, 2**32) % 2**32 for n in range(count)], dtype=np.uint32)


def _word_count(number: int) -> int:
    """Return how many words of 32 bits a number takes."""
    return max(1, -(-number.bit_length() // 32))
