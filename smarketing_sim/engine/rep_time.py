"""How each rep's hours were spent: idle, working, overtime, other work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.engine.followed import Attempts
from smarketing_sim.jit import entry
from smarketing_sim.jit import part as inlined
from smarketing_sim.ledger import STATES, Column
from smarketing_sim.scenario.units import GRID_PER_MINUTE
from smarketing_sim.world.roster import Rep

IDLE, WORKING, OVERTIME, OTHER = range(len(STATES))
Ints = npt.NDArray[np.int64]
_NOTHING = -1
_AT_ONCE = 2**18  # attempts laid out at once: no usual team makes more in a year


def rep_time_table(reps: list[Rep], made: Attempts, *, ends_at: float) -> dict[str, Column]:
    """Return the ``rep_time`` columns (without replication) from the attempts made; see :func:`rep_time_pieces`."""
    pieces = list(rep_time_pieces(reps, made, ends_at=ends_at))
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def rep_time_pieces(reps: list[Rep], made: Attempts, *, ends_at: float) -> Iterator[dict[str, Column]]:
    """Yield the ``rep_time`` columns (without replication) of a few reps at a time; of a usual team, all at once.

    Parameters
    ----------
    reps
        The team, numbered from 1.
    made
        The attempts, each rep's in the order they were made.
    ends_at
        End of observation; other work is shown up to it.
    """
    count = np.zeros(len(reps) + 1, dtype=np.int64)
    if reps:
        _count_by_rep(made.rep_id, count)
    starts, some = 0, 0
    for rep, mine in enumerate(count[1:].tolist()):
        if some and some + mine > _AT_ONCE:
            yield _piece(reps[starts:rep], made, count[starts + 1 : rep + 1], ends_at)
            starts, some = rep, 0
        some += mine
    yield _piece(reps[starts:], made, count[starts + 1 :], ends_at)


def _piece(reps: list[Rep], made: Attempts, count: Ints, ends_at: float) -> dict[str, Column]:
    """Return the columns of some reps, one after another, given how many attempts each made."""
    numbers = np.array([rep.number for rep in reps], dtype=np.int32)
    if not reps:
        return {"rep_id": numbers, "state": numbers, "started_at": np.zeros(0), "ended_at": np.zeros(0)}
    edges = np.append(0, np.cumsum(count))
    started, ended = np.empty(edges[-1]), np.empty(edges[-1])
    _sort_by_rep(made.rep_id, made.started_at, made.ended_at, reps[0].number, edges[:-1].copy(), started, ended)
    opens, closes = (
        np.concatenate([getattr(rep.calendar, name) for rep in reps]) for name in ("opens_at", "closes_at")
    )
    hours = np.cumsum([0] + [len(rep.calendar.opens_at) for rep in reps])
    owed = np.array([rep.other_per_minute for rep in reps])
    room = 2 * len(opens) + 3 * len(started) + len(reps)
    starts, ends, states = np.empty(room), np.empty(room), np.empty(room, dtype=np.int32)
    counts = np.zeros(len(reps) + 1, dtype=np.int64)
    _lay_out(started, ended, edges, opens, closes, hours, owed, ends_at, starts, ends, states, counts)
    total = counts[-1]
    return {
        "rep_id": np.repeat(numbers, np.diff(counts)),
        "state": states[:total],
        "started_at": starts[:total],
        "ended_at": ends[:total],
    }


@entry
def _count_by_rep(rep_id: npt.NDArray[Any], count: Ints) -> None:
    for attempt in range(len(rep_id)):
        count[rep_id[attempt]] += 1


@entry
def _sort_by_rep(
    rep_id: npt.NDArray[Any], started_at: Floats, ended_at: Floats, first: int, place: Ints, started: Floats,
    ended: Floats
) -> None:  # fmt: skip
    """Write the attempts of some reps, from the first one on, to the places kept for each; their order stays."""
    for attempt in range(len(rep_id)):
        rep = rep_id[attempt] - first
        if 0 <= rep < len(place):
            started[place[rep]], ended[place[rep]] = started_at[attempt], ended_at[attempt]
            place[rep] += 1


@entry
def _lay_out(
    started: Floats, ended: Floats, edges: Ints, opens: Floats, closes: Floats, hours: Ints, owed_per_minute: Floats,
    ends_at: float, starts: Floats, ends: Floats, states: npt.NDArray[Any], counts: Ints
) -> None:  # fmt: skip
    """Write each rep's time as pieces of one state each, in order; ``counts`` says where each rep's begin and end."""
    for rep in range(len(owed_per_minute)):
        mine = (opens[hours[rep] : hours[rep + 1]], closes[hours[rep] : hours[rep + 1]])
        out = (*mine, starts, ends, states)
        begins_at = mine[0][0] if len(mine[0]) > 0 else 0.0
        place, piece = (0, begins_at), (counts[rep], _NOTHING, begins_at)
        for made in range(edges[rep], edges[rep + 1]):
            place, piece = _spend(place, piece, started[made], np.inf, (IDLE, _NOTHING), out)
            place, piece = _spend(place, piece, ended[made], np.inf, (WORKING, OVERTIME), out)
            if owed_per_minute[rep] > 0.0:
                owed = np.rint((ended[made] - started[made]) * owed_per_minute[rep] * GRID_PER_MINUTE) / GRID_PER_MINUTE
                place, piece = _spend(place, piece, ends_at, owed, (OTHER, _NOTHING), out)
        if len(mine[0]) > 0:
            place, piece = _spend(place, piece, mine[1][-1], np.inf, (IDLE, _NOTHING), out)
        counts[rep + 1] = _begin(piece, _NOTHING, place[1], out)[0]


@inlined
def _spend(
    place: tuple[int, float], piece: tuple[int, int, float], until: float, open_minutes: float, kinds: tuple[int, int],
    out: tuple[Any, ...]
) -> tuple[tuple[int, float], tuple[int, int, float]]:  # fmt: skip
    """Spend time up to an instant, or until so many open minutes passed; return where that led.

    The place is among the hours, with the instant; the piece is the one that lasts: its number, state and beginning.
    ``kinds`` are the states inside the hours and outside them.
    """
    (hours, at), (opens, closes) = place, out[:2]
    while at < until and open_minutes > 0.0:
        while hours < len(closes) and closes[hours] <= at:
            hours += 1
        is_open = hours < len(opens) and opens[hours] <= at
        edge = np.inf if hours == len(opens) else (closes[hours] if is_open else opens[hours])
        end = min(until, edge)
        if is_open:
            end = min(end, at + open_minutes)
            open_minutes -= end - at
        state = kinds[0] if is_open else kinds[1]
        if state != piece[1]:
            piece = _begin(piece, state, at, out)
        at = end
    return (hours, at), piece


@inlined
def _begin(piece: tuple[int, int, float], state: int, at: float, out: tuple[Any, ...]) -> tuple[int, int, float]:
    """Write down the piece that lasted until now, and begin another."""
    count, lasted, since = piece
    starts, ends, states = out[2:]
    if lasted != _NOTHING:
        starts[count], ends[count], states[count] = since, at, lasted
        count += 1
    return count, state, at
