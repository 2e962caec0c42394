"""Named random streams: each (purpose, source, layer, attempt) draws from a stream of its own.

Adding a source, a purpose or an attempt leaves every other stream as it was, which is what makes two scenarios
comparable lead by lead.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


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
