"""What an engine finds out: the outcome of every lead's follow-up and every attempt, as arrays by row of the demand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.jit import entry
from smarketing_sim.ledger import OUTCOMES, REASONS, RESULTS

OPEN, WON, LOST, RECYCLED = range(len(OUTCOMES))
UNREACHABLE, BAD_FIT, NO_NEED, TIMING, COMPETITOR, DUPLICATE, GONE_COLD, BELOW_HANDOFF = range(len(REASONS))
NO_ANSWER, VOICEMAIL, TALK, BAD_NUMBER, SENT = range(len(RESULTS))
NO_REASON = -1
NEVER = float("nan")
NO_ROW = 2**32 - 1  # rows are unsigned: numba then need not ask whether they count from the end


@dataclass(frozen=True, eq=False, kw_only=True)
class Attempts:
    """Every human attempt, one item each; the attempts of one lead in the order they were made.

    Parameters
    ----------
    row
        Row of the lead in the demand.
    number
        Attempt 1, 2, … of the lead.
    rep_id
        Who made it; 0 where hands are unlimited.
    started_at, ended_at
        Instants.
    result
        Codes of ``RESULTS``.
    due_at
        When each was due; None where it is not written down, for it follows from the attempt before.
    """

    row: npt.NDArray[Any]
    number: npt.NDArray[Any]
    rep_id: npt.NDArray[Any]
    started_at: Floats
    ended_at: Floats
    result: npt.NDArray[Any]
    due_at: Floats | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Followed:
    """What came of the follow-up, one item per lead of the demand; NaN where a thing has not happened.

    Parameters
    ----------
    first_attempt_at
        When the first attempt began.
    decided_at
        When follow-up came to its end: with a talk, or without one.
    connected, qualified
        Whether it ended with a talk, and whether that qualified the lead.
    attempt_count
        Attempts made.
    outcome, reason
        Codes of ``OUTCOMES`` and ``REASONS``; a qualified lead is still open here.
    owner
        The rep who holds or held the lead, 0 for nobody.
    warm
        Whether the attempt that decides it came while the lead was interested.
    attempts
        The attempts themselves.
    """

    first_attempt_at: Floats
    decided_at: Floats
    connected: npt.NDArray[np.bool_]
    qualified: npt.NDArray[np.bool_]
    attempt_count: npt.NDArray[Any]
    outcome: npt.NDArray[Any]
    reason: npt.NDArray[Any]
    owner: npt.NDArray[Any]
    warm: npt.NDArray[np.bool_]
    attempts: Attempts

    @property
    def connected_at(self) -> Floats:
        """When a lead was talked with."""
        return _where(self.connected, self.decided_at)

    @property
    def qualified_at(self) -> Floats:
        """When a lead qualified."""
        return _where(self.qualified, self.decided_at)

    @property
    def resolved_at(self) -> Floats:
        """When a lead was closed without an opportunity."""
        return _where(self.outcome != OPEN, self.decided_at)

    def part(self, rows: slice | npt.NDArray[Any]) -> Followed:
        """Return what came of some leads; the attempts stay all there."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return Followed(**{name: c if name == "attempts" else c[rows] for name, c in columns.items()})


def _where(happened: npt.NDArray[np.bool_], at: Floats) -> Floats:
    """Return instants where a thing happened, else NaN."""
    found = np.empty(len(at))
    _take_over(happened, at, found)
    return found


@entry
def _take_over(happened: npt.NDArray[np.bool_], at: Floats, out: Floats) -> None:
    for row in range(len(out)):
        instant = at[row]  # read for every lead: a branch would be guessed wrong
        out[row] = instant if happened[row] else np.nan
