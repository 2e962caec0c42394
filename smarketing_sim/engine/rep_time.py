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
    by_rep = np.argsort(made.rep_id, kind="stable")
    edges = np.searchsorted(made.rep_id[by_rep], [rep.number for rep in reps] + [len(reps) + 1])
    parts: list[tuple[Floats, Floats, npt.NDArray[Any]]] = []
    for rep, first, last in zip(reps, edges[:-1], edges[1:], strict=True):
        mine, hours = by_rep[first:last], rep.calendar
        room = 2 * len(hours.opens_at) + 3 * len(mine) + 1
        starts, ends, states = np.empty(room), np.empty(room), np.empty(room, dtype=np.int32)
        count = _lay_out(
            made.started_at[mine], made.ended_at[mine], hours.opens_at, hours.closes_at,
            rep.other_per_minute, ends_at, starts, ends, states)  # fmt: skip
        parts.append((starts[:count], ends[:count], states[:count]))
    counts = [len(part[0]) for part in parts]
    columns = [np.concatenate([part[i] for part in parts]) if parts else np.zeros(0) for i in range(3)]
    return {
        "rep_id": np.repeat(np.array([rep.number for rep in reps], dtype=np.int32), counts),
        "state": columns[2],
        "started_at": columns[0],
        "ended_at": columns[1],
    }


@entry
def _lay_out(
    started: Floats, ended: Floats, opens: Floats, closes: Floats, other_per_minute: float, ends_at: float,
    starts: Floats, ends: Floats, states: npt.NDArray[Any]
) -> int:  # fmt: skip
    """Write one rep's time as pieces of one state each, in order; return how many there are."""
    out = (opens, closes, starts, ends, states)
    place = (0, 0, opens[0] if len(opens) > 0 else 0.0)
    for made in range(len(started)):
        place = _spend(place, started[made], np.inf, IDLE, _NOTHING, out)
        place = _spend(place, ended[made], np.inf, WORKING, OVERTIME, out)
        owed = np.rint((ended[made] - started[made]) * other_per_minute * GRID_PER_MINUTE) / GRID_PER_MINUTE
        place = _spend(place, ends_at, owed, OTHER, _NOTHING, out)
    if len(closes) > 0:
        place = _spend(place, closes[-1], np.inf, IDLE, _NOTHING, out)
    return place[0]


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
