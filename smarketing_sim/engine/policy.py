"""Which lead next, and whose it is: queue order and routing as small pure pieces.

Keys are tuples (front, later, primary, rank); the smallest goes first and ties end with the lead's rank by id.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from smarketing_sim.world.calendar import Calendar

Key = tuple[int, int, float, int]


# What a queue order looks at first, from (due, contract deadline, score); value_decay is filled in at each dequeue.
PRIMARY: dict[str, Callable[[float, float, float], float]] = {
    "oldest_due": lambda due_at, deadline_at, score: due_at,
    "newest": lambda due_at, deadline_at, score: -due_at,
    "deadline": lambda due_at, deadline_at, score: deadline_at,
    "score": lambda due_at, deadline_at, score: -score,
    "value_decay": lambda due_at, deadline_at, score: 0.0,
}


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
    """Return whose turn it is after each eligible rep earned its weight; ``credit`` is kept up to date.

    Of those with credit it is the one who would be a whole lead behind soonest. While the same reps are eligible, each
    one's count then differs from its share by less than one lead (Baruah and others, Algorithmica 15, 1996).
    """
    able = [place for place, is_able in enumerate(eligible) if is_able and weights[place] > 0]
    total = sum(weights[place] for place in able)
    if not able:
        return in_turn(0, eligible)
    for place in able:
        credit[place] += weights[place]
    in_credit = [place for place in able if credit[place] > 0] or able
    best = min(in_credit, key=lambda place: ((total - credit[place]) / weights[place], place))
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

    def opened_at(self, at: float) -> float:
        """Return when the hours that hold ``at``, or the last ones before it, began; minus infinity if none did."""
        index = bisect_right(self._opens, at) - 1
        return self._opens[index] if index >= 0 else -np.inf

    def add(self, at: float, open_minutes: float) -> float:
        """Return the first instant, not before ``at``, at which the open minutes have passed; inf if never."""
        if open_minutes <= 0:
            return at
        index = bisect_right(self._opens, at) - 1
        elapsed = 0.0 if index < 0 else self._before[index] + min(at, self._closes[index]) - self._opens[index]
        goal = elapsed + open_minutes
        index = bisect_left(self._before, goal) - 1
        return max(self._opens[index] + (goal - self._before[index]), at) if index < len(self._opens) else np.inf
