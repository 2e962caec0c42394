"""Rising instants, and how many of them lie before others: looked up in a table where many are asked for at once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.jit import INSTALLED, entry, part

Counts = npt.NDArray[np.intp]
Table = tuple[Floats, Counts, float, float]
_MOST_CELLS, _MANY = 2**16, 256


@dataclass(frozen=True, eq=False)
class Edges:
    """Rising instants.

    Parameters
    ----------
    at
        The edges, strictly rising, shape (edges,).
    """

    at: Floats

    def before(self, at: Floats) -> Counts:
        """Return how many edges lie before each instant; all of them for NaN."""
        return self._counted(at, up_to=False)

    def up_to(self, at: Floats) -> Counts:
        """Return how many edges lie before each instant or on it; all of them for NaN."""
        return self._counted(at, up_to=True)

    def table_for(self, count: int) -> Table | None:
        """Return what compiled code looks so many instants up in; None where bisection is as fast."""
        return self._table if INSTALLED and count >= _MANY else None

    def _counted(self, at: Floats, *, up_to: bool) -> Counts:
        table = self.table_for(at.size)
        if table is None:
            return np.searchsorted(self.at, at, side="right" if up_to else "left")
        found = np.empty(at.shape, dtype=np.intp)
        _count(flat(at), table, up_to, found.ravel())
        return found

    @functools.cached_property
    def _table(self) -> Table | None:
        """The edges, how many lie before each cell, number of the first cell, cells a minute; None where too many.

        The minute line is cut into cells so short that none holds two edges: what a cell does not settle, one
        comparison with the next edge does.
        """
        if not len(self.at):
            return None
        per_minute = 2.0 ** -np.floor(np.log2(np.diff(self.at).min(initial=2.0**20)))
        first, last = np.floor(self.at[[0, -1]] * per_minute)
        if last - first >= _MOST_CELLS:
            return None
        starts = np.arange(first, last + 1.0) / per_minute
        return flat(self.at), np.searchsorted(self.at, starts, side="left"), float(first), float(per_minute)


def flat(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return values as one writable row: for any other kind of array, a loop would be compiled anew."""
    return np.require(values, requirements=("C", "W")).ravel()


@part
def count_edges(table: Table, at: float, up_to: bool) -> int:
    """Return how many edges lie before an instant, or on it if ``up_to``; the instant is not NaN."""
    edges, before_cell, first, per_minute = table
    cell = min(max(at * per_minute - first, 0.0), len(before_cell) - 1.0)
    index: int = before_cell[int(cell)]
    edge = edges[index]
    return index + int(edge < at or (up_to and edge == at))


@entry
def _count(at: Floats, table: Table, up_to: bool, out: Counts) -> None:
    for row in range(len(at)):
        out[row] = len(table[0]) if np.isnan(at[row]) else count_edges(table, at[row], up_to)
