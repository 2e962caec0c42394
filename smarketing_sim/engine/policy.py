"""Which lead next, and whose it is: queue order and routing as small pure pieces.

A place in a queue is a tuple (group, primary, id, …); the smallest goes first, and ties end with the lead's id.
"""

from __future__ import annotations

import functools
import heapq
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from smarketing_sim.world.calendar import Calendar

Place = tuple[int, float, int, int, int]  # group, primary, id, lead, ticket


# The number by which a queue order ranks, from (due, contract deadline, the lead's own); "value" is filled in at each
# dequeue.
PRIMARY: dict[str, Callable[[float, float, float], float]] = {
    "due": lambda due_at, deadline_at, lead_key: due_at,
    "newest": lambda due_at, deadline_at, lead_key: -due_at,
    "promise": lambda due_at, deadline_at, lead_key: deadline_at,
    "lead": lambda due_at, deadline_at, lead_key: lead_key,
    "value": lambda due_at, deadline_at, lead_key: 0.0,
}


class HeapQueue:
    """Waiting leads under an order that time does not change: a heap; a place whose ticket is void is skipped."""

    def __init__(self, tickets: list[int]) -> None:
        self._heap: list[Place] = []
        self._tickets = tickets

    def push(self, place: Place) -> None:
        """Add a lead; its older tickets are void."""
        heapq.heappush(self._heap, place)

    def best(self, now: float) -> Place | None:
        """Return the place of the first lead, or None."""
        heap, tickets = self._heap, self._tickets
        while heap:
            first = heap[0]
            if tickets[first[3]] == first[4]:
                return first
            heapq.heappop(heap)
        return None

    def leads(self) -> Iterator[int]:
        """Yield the leads that wait."""
        return (place[3] for place in sorted(self._heap) if self._tickets[place[3]] == place[4])


class IndexQueue(HeapQueue):
    """Waiting leads by value × decay, worked out again at each dequeue."""

    def __init__(self, tickets: list[int], index: Callable[[int, float], float]) -> None:
        super().__init__(tickets)
        self._index = index

    def best(self, now: float) -> Place | None:
        """Return the place of the lead with the highest index now, or None."""
        self._heap = [place for place in self._heap if self._tickets[place[3]] == place[4]]
        places = ((group, -self._index(lead, now), rank, lead, ticket) for group, _, rank, lead, ticket in self._heap)
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
    total = functools.reduce(operator.add, (weights[place] for place in able), 0.0)  # plain sums, in every Python
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
