"""Which waiting lead is called first: an order is one entry here, which schema, engines, levers, lab and page read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from smarketing_sim.arrays import Floats


class LeadColumns(Protocol):
    """What is known of leads before anybody calls them, by row."""

    @property
    def score(self) -> Floats:
        """Marketing's score; today's handoff point is 50."""

    @property
    def created_at(self) -> Floats:
        """When it came."""

    @property
    def handed_at(self) -> Floats:
        """When it was handed over."""


@dataclass(frozen=True)
class QueueOrder:
    """An order of the queue.

    Parameters
    ----------
    words
        Which lead it calls first, after "the".
    ranked_by
        What it looks at: when the next attempt is ``due``; the same from the other end, ``newest``; until when the
        contract wants it, ``promise``; a number that a ``lead`` has from the beginning; or its ``value`` times decay,
        worked out anew each time.
    lead_key
        For ``lead``: that number, from the columns of all leads; the smallest goes first.
    """

    words: str
    ranked_by: Literal["due", "newest", "promise", "lead", "value"]
    lead_key: Callable[[LeadColumns], Any] | None = None


ORDERS: dict[str, QueueOrder] = {
    "oldest_due": QueueOrder("longest due", "due"),
    "newest": QueueOrder("newest", "newest"),
    "deadline": QueueOrder("soonest deadline", "promise"),
    "score": QueueOrder("best score", "lead", lambda leads: -leads.score),
    "value_decay": QueueOrder("most valuable and freshest", "value"),
}
"""Orders by the name that a scenario file gives them."""
