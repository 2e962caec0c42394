"""How each rep's hours were spent: idle, working, overtime, other work."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.engine.followed import Attempts
from smarketing_sim.engine.jit import entry
from smarketing_sim.engine.jit import part as inlined
from smarketing_sim.ledger import STATES, Column
from smarketing_sim.scenario.units import GRID_PER_MINUTE
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.roster import Rep

IDLE, WORKING, OVERTIME, OTHER = range(len(STATES))
Ints = npt.NDArray[np.int64]
_NOTHING = -1


def rep_time_table(reps: list[Rep], made: Attempts, *, ends_at: float) -> dict[str, Column]:
    """Return the ``rep_time`` columns (without replication) from the attempts made.

    Parameters
    ----------
    reps
        The team.
    made
        The attempts, each rep's in the order they were made.
    ends_at
        End of observation; other work is shown up to it.
    """
    numbers = np.array([rep.number for rep in reps], dtype=np.int32)
    if not reps:
        return {"rep_id": numbers, "state": numbers, "started_at": np.zeros(0), "ended_at": np.zeros(0)}
    by_rep = np.argsort(made.rep_id, kind="stable")
    edges = np.searchsorted(made.rep_id[by_rep], np.append(numbers, len(reps) + 1))
    opens, closes = (
        np.concatenate([getattr(rep.calendar, name) for rep in reps]) for name in ("opens_at", "closes_at")
    )
    hours = np.cumsum([0] + [len(rep.calendar.opens_at) for rep in reps])
    owed = np.array([rep.other_per_minute for rep in reps])
    room = 2 * len(opens) + 3 * len(by_rep) + len(reps)
    starts, ends, states = np.empty(room), np.empty(room), np.empty(room, dtype=np.int32)
    counts = np.zeros(len(reps) + 1, dtype=np.int64)
    started, ended = made.started_at[by_rep], made.ended_at[by_rep]
    _lay_out(started, ended, edges, opens, closes, hours, owed, ends_at, starts, ends, states, counts)
    count = counts[-1]
    return {
        "rep_id": np.repeat(numbers, np.diff(counts)),
        "state": states[:count],
        "started_at": starts[:count],
        "ended_at": ends[:count],
    }


@entry
def _lay_out(
    started: Floats, ended: Floats, edges: Ints, opens: Floats, closes: Floats, hours: Ints, owed_per_minute: Floats,
    ends_at: float, starts: Floats, ends: Floats, states: npt.NDArray[Any], counts: Ints
) -> None:  # fmt: skip
    """Write each rep's time as pieces of one state each, in order; ``counts`` says where each rep's begin and end."""
    for rep in range(len(owed_per_minute)):
        mine = (opens[hours[rep] : hours[rep + 1]], closes[hours[rep] : hours[rep + 1]])
        first = counts[rep]
        out = (*mine, starts[first:], ends[first:], states[first:])
        place = (0, 0, mine[0][0] if len(mine[0]) > 0 else 0.0)
        for made in range(edges[rep], edges[rep + 1]):
            place = _spend(place, started[made], np.inf, IDLE, _NOTHING, out)
            place = _spend(place, ended[made], np.inf, WORKING, OVERTIME, out)
            owed = np.rint((ended[made] - started[made]) * owed_per_minute[rep] * GRID_PER_MINUTE) / GRID_PER_MINUTE
            place = _spend(place, ends_at, owed, OTHER, _NOTHING, out)
        if len(mine[0]) > 0:
            place = _spend(place, mine[1][-1], np.inf, IDLE, _NOTHING, out)
        counts[rep + 1] = first + place[0]


@inlined
def _spend(
    place: tuple[int, int, float], until: float, open_minutes: float, inside: int, outside: int, out: tuple[Any, ...]
) -> tuple[int, int, float]:
    """Write pieces up to an instant, or until so many open minutes passed; return (pieces, hours, where that led)."""
    count, hours, at = place
    opens, closes, starts, ends, states = out
    while at < until and open_minutes > 0.0:
        while hours < len(closes) and closes[hours] <= at:
            hours += 1
        is_open = hours < len(opens) and opens[hours] <= at
        edge = np.inf if hours == len(opens) else (closes[hours] if is_open else opens[hours])
        end = min(until, edge)
        if is_open:
            end = min(end, at + open_minutes)
            open_minutes -= end - at
        state = inside if is_open else outside
        if state != _NOTHING:
            if count > 0 and states[count - 1] == state and ends[count - 1] == at:
                ends[count - 1] = end
            else:
                starts[count], ends[count], states[count] = at, end, state
                count += 1
        at = end
    return count, hours, at
