"""How each rep's hours were spent: idle, working, overtime, other work."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from smarketing_sim.ledger import STATES, Column
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.calendar import Calendar, Floats
from smarketing_sim.world.roster import Rep

IDLE, WORKING, OVERTIME, OTHER = range(len(STATES))


def rep_time_table(
    reps: list[Rep], *, rep_id: npt.NDArray[np.int32], started_at: Floats, ended_at: Floats, ends_at: float
) -> dict[str, Column]:
    """Return the ``rep_time`` columns (without replication) from the attempts made.

    Parameters
    ----------
    reps
        The team.
    rep_id, started_at, ended_at
        The human attempts, in any order.
    ends_at
        End of observation; other work is shown up to it.
    """
    parts = []
    for rep in reps:
        mine = rep_id == rep.number
        order = np.lexsort((ended_at[mine], started_at[mine]))
        parts.append(_one(rep, started_at[mine][order], ended_at[mine][order], ends_at))
    counts = [len(part[0]) for part in parts]
    starts, ends, states = (np.concatenate([p[i] for p in parts]) if parts else np.zeros(0) for i in range(3))
    return {
        "rep_id": np.repeat(np.array([rep.number for rep in reps], dtype=np.int32), counts).astype(np.int32),
        "state": states.astype(np.int32),
        "started_at": starts.astype(np.float64),
        "ended_at": ends.astype(np.float64),
    }


def _one(rep: Rep, started: Floats, ended: Floats, ends_at: float) -> tuple[Floats, Floats, Floats]:
    """Cut a rep's time line where anything changes and name each piece."""
    back = np.minimum(rep.calendar.add(ended, to_grid((ended - started) * rep.other_per_minute)), ends_at)
    back = np.maximum(back, ended)
    edges = np.unique(np.concatenate([rep.calendar.opens_at, rep.calendar.closes_at, started, ended, back]))
    if len(edges) < 2:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    middle = (edges[:-1] + edges[1:]) / 2.0
    is_open = _inside(rep.calendar, middle)
    at_work, elsewhere = _within(started, ended, middle), _within(ended, back, middle)
    state = np.where(at_work, np.where(is_open, WORKING, OVERTIME), np.where(elsewhere, OTHER, IDLE))
    keep = is_open | at_work
    starts, ends, state = edges[:-1][keep], edges[1:][keep], state[keep]
    fresh = np.ones(len(starts), dtype=bool)
    fresh[1:] = (state[1:] != state[:-1]) | (starts[1:] != ends[:-1])
    last = np.append(fresh[1:], True)
    return starts[fresh], ends[last], state[fresh]


def _inside(calendar: Calendar, at: Floats) -> npt.NDArray[np.bool_]:
    return _within(calendar.opens_at, calendar.closes_at, at)


def _within(starts: Floats, ends: Floats, at: Floats) -> npt.NDArray[np.bool_]:
    """Tell which instants lie in one of some disjoint intervals in order."""
    index = np.searchsorted(starts, at, side="right") - 1
    if not len(starts):
        return np.zeros(len(at), dtype=bool)
    return (index >= 0) & (at < ends[np.maximum(index, 0)])
