"""Named random streams: each (purpose, attempt) has one of its own, and so has what is drawn for a source as a whole.

Adding a source, a purpose or an attempt leaves every other stream as it was, which is what makes two scenarios
comparable lead by lead.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

import numpy as np


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
        """Return the generator of one stream, at its beginning: for what is drawn one after another."""
        return np.random.Generator(np.random.PCG64(self._sequence(purpose, *key)))

    def key(self, purpose: str, *key: str | int) -> int:
        """Return 64 bits that tell one stream from every other: for what is drawn by lead."""
        return int(self._sequence(purpose, *key).generate_state(1, np.uint64)[0])

    def _sequence(self, purpose: str, *key: str | int) -> np.random.SeedSequence:
        name = "/".join([purpose, *(str(part) for part in key)])
        return np.random.SeedSequence(entropy=self.seed, spawn_key=(self.replication, stable_hash(name)))
