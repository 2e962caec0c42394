"""Loops over leads with their attempts, and over reps' time: machine code where Numba is installed.

The human attempts on a lead stand one after another, as many as its ``attempt_count``, in the order of the leads.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from smarketing_sim.jit import entry
from smarketing_sim.ledger import STATES, Column, Table
from smarketing_sim.world.calendar import Floats

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Codes = npt.NDArray[np.int32]


def plain(column: Column) -> Column:
    """Return a column as one writable piece of memory: for any other kind of array, a loop would be compiled anew."""
    return column if column.flags.carray else column.copy()


def find_responses(attempt_count: Codes, started: Floats, responds: Bools | None) -> tuple[Floats, bool]:
    """Return the first response to each lead, NaN where there is none, and whether attempts are in clock order.

    Parameters
    ----------
    attempt_count
        Human attempts on each lead.
    started, responds
        When each attempt was started, and whether it counts as a response; None where all do.
    """
    first = np.empty(len(attempt_count))
    counts = np.zeros(0, dtype=np.bool_) if responds is None else plain(responds)
    in_order = _find_responses(plain(attempt_count), plain(started), counts, first)
    return first, bool(in_order)


def follow(attempt_count: Codes, started: Floats, ended: Floats, horizon: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return when the last attempt on each lead ended, and the minutes of those begun in the horizon.

    A lead without an attempt has minus infinity, and no minutes.
    """
    last, minutes = np.empty(len(attempt_count)), np.empty(len(attempt_count))
    _follow(plain(attempt_count), plain(started), plain(ended), *horizon, last, minutes)
    return last, minutes


def take_nth(attempt_count: Codes, started: Floats, number: int, *, rows: Rows) -> Floats:
    """Return the n-th attempt on each of some leads, in the order in which they stand; NaN where there is none."""
    before = np.cumsum(attempt_count, dtype=np.intp) - attempt_count
    at = np.empty(len(rows))
    _take_nth(plain(attempt_count), plain(started), before, rows, number, at)
    return at


def minutes_by_rep(rep_time: Table, horizon: tuple[float, float]) -> tuple[list[int], Floats]:
    """Return the reps, and the minutes in the horizon of each by state; shape (reps, states)."""
    rep_id, state, started, ended = (plain(rep_time[name]) for name in ("rep_id", "state", "started_at", "ended_at"))
    begins = np.flatnonzero(np.append(True, rep_id[1:] != rep_id[:-1])[: len(rep_id)])
    minutes = np.zeros((len(begins), len(STATES)))
    _add_minutes(rep_id, state, started, ended, *horizon, minutes)
    return rep_id[begins].tolist(), minutes


@entry
def _find_responses(attempt_count: Codes, started: Floats, responds: Bools, first: Floats) -> bool:
    """Write down the first response to each lead, and tell whether all attempts on each are in clock order.

    Without ``responds``, every attempt is a response.
    """
    ends, in_order = 0, True
    for lead in range(len(attempt_count)):
        starts, ends = ends, ends + attempt_count[lead]
        earliest, before = np.inf, -np.inf
        for attempt in range(starts, ends):
            at = started[attempt]
            in_order &= at >= before
            before = at
            if at < earliest and (len(responds) == 0 or responds[attempt]):
                earliest = at
        first[lead] = earliest if earliest < np.inf else np.nan
    return in_order


@entry
def _take_nth(attempt_count: Codes, started: Floats, before: Rows, rows: Rows, number: int, at: Floats) -> None:
    """Write down the n-th attempt on each of some leads, given how many there are before those on each lead."""
    for place in range(len(rows)):
        lead = rows[place]
        at[place] = started[before[lead] + number - 1] if attempt_count[lead] >= number else np.nan


@entry
def _follow(
    attempt_count: Codes, started: Floats, ended: Floats, starts_at: float, ends_at: float, last: Floats,
    minutes: Floats
) -> None:  # fmt: skip
    """Write down when the last attempt on each lead ended, and the minutes of those begun between two instants."""
    ends = 0
    for lead in range(len(attempt_count)):
        starts, ends = ends, ends + attempt_count[lead]
        latest, spent = -np.inf, 0.0
        for attempt in range(starts, ends):
            at, until = started[attempt], ended[attempt]
            latest = max(latest, until)
            if starts_at <= at < ends_at:
                spent += until - at
        last[lead], minutes[lead] = latest, spent


@entry
def _add_minutes(
    rep_id: Codes, state: Codes, started: Floats, ended: Floats, starts_at: float, ends_at: float, minutes: Floats
) -> None:
    """Add up minutes between two instants by rep, one after another, and state."""
    rep = 0
    for row in range(len(rep_id)):
        if row > 0 and rep_id[row] != rep_id[row - 1]:
            rep += 1
        inside = min(ended[row], ends_at) - max(started[row], starts_at)
        minutes[rep, state[row]] += max(inside, 0.0)
