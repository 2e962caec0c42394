"""From attempts in the order they were made to rows of a table: by lead, and on each lead in turn."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.engine.followed import Attempts
from smarketing_sim.jit import entry
from smarketing_sim.world.calendar import Floats

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
    _place(np.ascontiguousarray(np.concatenate([answered, row]), dtype=np.uint32), len(answered), first, order)
    return order


@entry
def _place(lead: Numbers, automatic: int, first: Numbers, order: Numbers) -> None:
    made = len(lead) - automatic
    for number in range(len(lead)):
        place = first[lead[number]]
        order[place] = made + number if number < automatic else number - automatic
        first[lead[number]] = place + 1


def attempts_before(
    made: Attempts, order: Numbers, first: int, count: int, available_at: Floats
) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Return for some rows of the table how many attempts a rep made on the lead before, and when the last one ended.

    Parameters
    ----------
    made
        The attempts made by hand.
    order
        Which of them stands in each row of the table.
    first, count
        Which rows.
    available_at
        When each lead could be called, which stands in for an attempt before where there is none.

    Returns
    -------
    made_before
        0 for a first attempt, and for an automatic one.
    ended_at
        NaN for an automatic one.
    """
    before, ended_at = np.empty(count, dtype=np.uint8), np.empty(count)
    columns = made.row, made.number, made.ended_at
    _look_back(columns, order, first, np.ascontiguousarray(available_at), before, ended_at)
    return before, ended_at


@entry
def _look_back(
    made: tuple[npt.NDArray[Any], npt.NDArray[Any], Floats], order: Numbers, first: int, available_at: Floats,
    made_before: npt.NDArray[np.uint8], last_ended_at: Floats
) -> None:  # fmt: skip
    row, number, ended_at = made
    for place in range(len(made_before)):
        here = order[first + place]
        made_before[place] = 0
        if here >= len(row):
            last_ended_at[place] = np.nan
        elif number[here] == 1:
            last_ended_at[place] = available_at[row[here]]
        else:
            made_before[place] = number[here] - 1
            last_ended_at[place] = ended_at[order[first + place - 1]]
