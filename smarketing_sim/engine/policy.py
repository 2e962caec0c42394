"""Which lead next, and whose it is: queue order and routing as small pure pieces.

Keys are tuples (front, later, primary, rank); the smallest goes first and ties end with the lead's rank by id.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from smarketing_sim.scenario.sales import QueueOrder
from smarketing_sim.world.calendar import Calendar

Key = tuple[int, int, float, int]


def queue_key(
    order: QueueOrder, *, due_at: float, deadline_at: float, score: float, retry: bool, front: bool, rank: int
) -> Key:
    """Return the place of a lead in its queue; under value_decay the primary part is filled in at each dequeue."""
    later = int(order.new_before_retries and retry)
    primary = {
        "oldest_due": due_at,
        "newest": -due_at,
        "deadline": min(deadline_at, 1e300) if deadline_at < np.inf else 1e300,
        "score": -score,
        "value_decay": 0.0,
    }[order.order]
    return (0 if front else 1, later, primary, rank)


class HeapQueue:
    """Waiting leads under an order that time does not change: a heap; what is no longer valid is skipped."""

    def __init__(self, is_valid: Callable[[int, int], bool]) -> None:
        self._heap: list[tuple[Key, int, int]] = []
        self._is_valid = is_valid

    def push(self, key: Key, lead: int, ticket: int) -> None:
        """Add a lead under a ticket; an older ticket of the same lead is void."""
        heapq.heappush(self._heap, (key, lead, ticket))

    def best(self, now: float) -> tuple[Key, int] | None:
        """Return the first lead and its key, or None."""
        while self._heap:
            key, lead, ticket = self._heap[0]
            if self._is_valid(lead, ticket):
                return key, lead
            heapq.heappop(self._heap)
        return None

    def leads(self) -> Iterator[int]:
        """Yield the leads that wait."""
        return (lead for _, lead, ticket in sorted(self._heap) if self._is_valid(lead, ticket))


class IndexQueue(HeapQueue):
    """Waiting leads by value × decay, worked out again at each dequeue."""

    def __init__(self, is_valid: Callable[[int, int], bool], index: Callable[[int, float], float]) -> None:
        super().__init__(is_valid)
        self._index = index

    def best(self, now: float) -> tuple[Key, int] | None:
        """Return the lead with the highest index now, or None."""
        self._heap = [entry for entry in self._heap if self._is_valid(entry[1], entry[2])]
        places = (((k[0], k[1], -self._index(lead, now), k[3]), lead) for k, lead, _ in self._heap)
        return min(places, default=None)


def in_turn(first: int, eligible: Sequence[bool]) -> int | None:
    """Return the next eligible rep at or after place ``first``, going round; None if there is none."""
    count = len(eligible)
    return next((place % count for place in range(first, first + count) if eligible[place % count]), None)


def by_weight(credit: list[float], weights: Sequence[float], eligible: Sequence[bool]) -> int | None:
    """Return the rep with the most credit after each eligible one earned its weight; ``credit`` is kept up to date.

    This is smooth weighted round robin: a rep's share never strays from its weight by more than a lead.
    """
    total = sum(weight for weight, able in zip(weights, eligible, strict=True) if able)
    if total <= 0:
        return in_turn(0, eligible)
    best: int | None = None
    for place, able in enumerate(eligible):
        if able:
            credit[place] += weights[place]
            if best is None or credit[place] > credit[best]:
                best = place
    if best is not None:
        credit[best] -= total
    return best


class RepClock:
    """A rep's calendar for one instant at a time: the scalar twin of :class:`Calendar`."""

    def __init__(self, calendar: Calendar) -> None:
        self._opens: list[float] = calendar.opens_at.tolist()
        self._closes: list[float] = calendar.closes_at.tolist()
        self._before: list[float] = calendar.open_before.tolist()

    def next_open(self, at: float) -> float:
        """Return ``at`` where it is open, else the next opening; inf if there is none."""
        index = bisect_right(self._closes, at)
        return max(self._opens[index], at) if index < len(self._opens) else np.inf

    def add(self, at: float, open_minutes: float) -> float:
        """Return the first instant, not before ``at``, at which the open minutes have passed; inf if never."""
        if open_minutes <= 0:
            return at
        index = bisect_right(self._opens, at) - 1
        elapsed = 0.0 if index < 0 else self._before[index] + min(at, self._closes[index]) - self._opens[index]
        goal = elapsed + open_minutes
        index = bisect_left(self._before, goal) - 1
        return max(self._opens[index] + (goal - self._before[index]), at) if index < len(self._opens) else np.inf
