"""What is known, and how well: the evidence ledger, whose text stands in ``evidence.yaml`` beside this module."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from smarketing_sim.scenario.documents import read_document

_FILE = Path(__file__).with_name("evidence.yaml")


@dataclass(frozen=True)
class Evidence:
    """One row of the evidence ledger.

    Parameters
    ----------
    id
        Such as ``E13``.
    finding, source, year
        What was found, by whom, when; ``year`` is text, because some are spans or guesses, and None where unknown.
    seen
        P where the primary text or abstract was read, S where only others' reports of it were.
    grade
        A to C, F for folklore, or ``opinion`` or ``practice``.
    caution
        What to keep in mind when using it.
    """

    id: str
    finding: str
    source: str
    year: str | None
    seen: str
    grade: str
    caution: str


@dataclass(frozen=True)
class Folklore:
    """A claim of the field as it is told, and what is behind it."""

    told: str
    reality: str


@functools.cache
def ledger() -> dict[str, Any]:
    """Return the file as it is: evidence, folklore, and the numbers of the decay curves."""
    return read_document(_FILE).data


@functools.cache
def evidence() -> Mapping[str, Evidence]:
    """Return every row of the evidence ledger by its id, in the order of the ledger."""
    return MappingProxyType({key: Evidence(id=key, **row) for key, row in ledger()["evidence"].items()})


@functools.cache
def folklore() -> tuple[Folklore, ...]:
    """Return the claims that the product names as folklore."""
    return tuple(Folklore(**row) for row in ledger()["folklore"])
