"""From attempts in the order they were made to rows of a table: by lead, and on each lead in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.engine.followed import Attempts
from smarketing_sim.jit import entry

Numbers = npt.NDArray[np.uint32]


def table_order(row: npt.NDArray[Any], answered: npt.NDArray[Any], first: Numbers) -> Numbers:
    """Return which attempt stands in each row of the table: one made by hand, or after them all an automatic one.

    Parameters
    ----------
    row
        Lead of each attempt made by hand, in the order they were made.
    answered
        Leads that got an automatic first touch, which stands before the others.
    first
        Row of the table where each lead's attempts begin; changed.
    """
    order = np.empty(len(row) + len(answered), dtype=np.uint32)
    _place(answered.astype(np.uint32), len(row), first, order)
    _place(np.ascontiguousarray(row, dtype=np.uint32), 0, first, order)
    return order


@entry
def _place(lead: Numbers, number: int, first: Numbers, order: Numbers) -> None:
    """Put attempts on some leads, numbered from a number on, each at the next place of its lead."""
    for attempt in range(len(lead)):
        place = first[lead[attempt]]
        order[place] = number + attempt
        first[lead[attempt]] = place + 1


@dataclass(frozen=True, eq=False)
class AttemptRows:
    """Some rows of the table, which are read together: an attempt lies far from the one before it.

    Parameters
    ----------
    number
        Attempt 1, 2, … of the lead; 0 for an automatic one.
    started_at, ended_at
        Instants; NaN for an automatic one.
    made_before
        How many attempts a rep made on the lead before; 0 for an automatic one.
    last_ended_at
        When the last of them ended, or where there is none, when the lead could be called; NaN for an automatic one.
    """

    number: npt.NDArray[np.int32]
    started_at: Floats
    ended_at: Floats
    made_before: npt.NDArray[np.uint8]
    last_ended_at: Floats


def attempt_rows(made: Attempts, order: Numbers, available_at: Floats, first: int, count: int) -> AttemptRows:
    """Return some rows of the table.

    Parameters
    ----------
    made
        The attempts made by hand.
    order
        Which of them stands in each row of the table.
    available_at
        When each lead could be called.
    first, count
        Which rows.
    """
    number, made_before = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.uint8)
    rows = AttemptRows(number, np.empty(count), np.empty(count), made_before, np.empty(count))
    columns = made.row, made.number, made.started_at, made.ended_at
    _read(columns, order, first, np.ascontiguousarray(available_at), tuple(vars(rows).values()))
    return rows


@entry
def _read(
    made: tuple[npt.NDArray[Any], ...], order: Numbers, first: int, available_at: Floats,
    rows: tuple[npt.NDArray[Any], ...]
) -> None:  # fmt: skip
    lead, number, started_at, ended_at = made
    numbers, starts, ends, before, last = rows
    latest = ended_at[order[first - 1]] if first > 0 and order[first - 1] < len(lead) else np.nan
    for row in range(len(numbers)):
        here = order[first + row]
        if here >= len(lead):
            numbers[row], before[row] = 0, 0
            starts[row] = ends[row] = last[row] = np.nan
        else:
            available = available_at[lead[here]]  # looked up for each attempt: a branch would be guessed wrong
            numbers[row], before[row], starts[row] = number[here], number[here] - 1, started_at[here]
            last[row] = available if number[here] == 1 else latest
            ends[row] = latest = ended_at[here]
