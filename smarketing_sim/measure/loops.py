"""Loops over leads with their attempts, and over reps' time: machine code where Numba is installed.

The human attempts on a lead stand one after another, as many as its ``attempt_count``, in the order of the leads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.jit import entry
from smarketing_sim.ledger import Column, Table

Rows = npt.NDArray[np.intp]
Codes = npt.NDArray[np.int32]


def plain(column: Column) -> Column:
    """Return a column as one writable piece of memory: for any other kind of array, a loop would be compiled anew."""
    return column if column.flags.carray else column.copy()


@dataclass(frozen=True, eq=False)
class Calls:
    """What the attempts on each lead come to.

    Parameters
    ----------
    responded_at
        The earliest one that counts as a response; NaN where there is none.
    last_ended_at
        When the last one ended; minus infinity where there is none.
    minutes
        Minutes of those begun in the horizon.
    in_order
        Whether those on each lead are in clock order.
    """

    responded_at: Floats
    last_ended_at: Floats
    minutes: Floats
    in_order: bool


def calls(
    attempt_count: Codes, started: Floats, ended: Floats, responds: Bools | None, horizon: tuple[float, float]
) -> Calls:
    """Go through the attempts on each lead, once for all that is asked about them.

    Parameters
    ----------
    attempt_count
        Human attempts on each lead.
    started, ended, responds
        When each attempt was started and ended, and whether it counts as a response; None where all do.
    horizon
        Start and end of the part that is reported.
    """
    first, last, minutes = np.empty((3, len(attempt_count)))
    counts = np.zeros(0, dtype=np.bool_) if responds is None else plain(responds)
    attempts = plain(started), plain(ended), counts
    in_order = _go_through(plain(attempt_count), attempts, *horizon, (first, last, minutes))
    return Calls(first, last, minutes, bool(in_order))


def take_nth(attempt_count: Codes, started: Floats, number: int, *, rows: Rows) -> Floats:
    """Return the n-th attempt on each of some leads, in the order in which they stand; NaN where there is none."""
    at = np.full(len(attempt_count), np.nan)
    if len(started):
        _take_nth(plain(attempt_count), plain(started), number, at)
    return at if len(rows) == len(at) else at[rows]


def steps_up_to(edges: Floats, at: Floats) -> Rows:
    """Return how many rising edges lie before each instant or on it: at once where instants hardly ever step back."""
    steps = np.empty(len(at), dtype=np.intp)
    _count_steps(edges, plain(at), steps)
    return steps


def minutes_by_rep(rep_time: Table, horizon: tuple[float, float], states: int) -> tuple[list[int], Floats]:
    """Return the reps, and the minutes in the horizon of each by the code of a state; shape (reps, states)."""
    rep_id, state, started, ended = (plain(rep_time[name]) for name in ("rep_id", "state", "started_at", "ended_at"))
    begins = np.flatnonzero(np.append(True, rep_id[1:] != rep_id[:-1])[: len(rep_id)])
    minutes = np.zeros((len(begins), states))
    _add_minutes(rep_id, state, started, ended, *horizon, minutes)
    return rep_id[begins].tolist(), minutes


@entry
def _go_through(
    attempt_count: Codes, attempts: tuple[Floats, Floats, Bools], starts_at: float, ends_at: float,
    found: tuple[Floats, Floats, Floats]
) -> bool:  # fmt: skip
    """Write down :class:`Calls` of each lead, and tell whether attempts are in clock order.

    Without ``responds``, every attempt is a response.
    """
    started, ended, responds = attempts
    first, last, minutes = found
    upto, in_order = 0, True
    for lead in range(len(attempt_count)):
        begins, upto = upto, upto + attempt_count[lead]
        earliest, before, latest, spent = np.inf, -np.inf, -np.inf, 0.0
        for attempt in range(begins, upto):
            at, until = started[attempt], ended[attempt]
            in_order &= at >= before
            before, latest = at, max(latest, until)
            if len(responds) == 0 or responds[attempt]:
                earliest = min(earliest, at)
            spent += until - at if starts_at <= at < ends_at else 0.0
        first[lead] = earliest if earliest < np.inf else np.nan
        last[lead], minutes[lead] = latest, spent
    return in_order


@entry
def _take_nth(attempt_count: Codes, started: Floats, number: int, at: Floats) -> None:
    """Write down the n-th attempt on each lead."""
    before, last = 0, len(started) - 1
    for lead in range(len(attempt_count)):
        nth = started[min(before + number - 1, last)]  # looked up for each lead: a branch would be guessed wrong
        at[lead] = nth if attempt_count[lead] >= number else np.nan
        before += attempt_count[lead]


@entry
def _count_steps(edges: Floats, at: Floats, steps: Rows) -> None:
    step = 0
    for place in range(len(at)):
        while step > 0 and edges[step - 1] > at[place]:
            step -= 1
        while step < len(edges) and edges[step] <= at[place]:
            step += 1
        steps[place] = step


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
