"""The search for the least headcount: bracketed on few simulated years, then decided on more.

More reps keep a promise more often on average only, so neighbours are looked at and no order is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from smarketing_sim.measure.statistics import Interval

Observe = Callable[[Sequence[int], int], Mapping[int, Interval]]
"""Simulate so many years of some headcounts, and return the chance kept of each with its interval."""

_RUNGS = 4
_CLOSE = 4


@dataclass(frozen=True)
class Terms:
    """What is searched for, and how.

    Parameters
    ----------
    keep
        The chance that is wanted.
    lowest, cap
        Least and largest headcount.
    start, today
        Where the search begins, and the headcount of today's plan.
    first_years
        Simulated years that bracket the answer; nothing is decided on them.
    looks
        Simulated years after which the interval may decide, rising.
    """

    keep: float
    lowest: int
    cap: int
    start: int
    today: int
    first_years: int
    looks: tuple[int, ...]

    def inside(self, headcounts: Sequence[int]) -> list[int]:
        """Return some headcounts once and in order, those out of bounds left out."""
        return sorted({count for count in headcounts if self.lowest <= count <= self.cap})


@dataclass(frozen=True)
class Seen:
    """What is known of one headcount: the chance kept, by so many simulated years."""

    years: int
    p_kept: Interval


@dataclass(frozen=True)
class Found:
    """What a search found.

    Parameters
    ----------
    headcount
        The least headcount whose chance, as estimated, is the one wanted; None where there is none up to the cap.
    decided
        Whether the intervals decide it: that of this headcount lies above, that of one fewer below. Without a
        headcount: whether the best that was tried lies below.
    at_least, at_most
        Between which headcounts the answer lies: equal where it is decided. None without a headcount.
    closest
        The headcount, or the best that was tried where there is none.
    seen
        All that was tried, by headcount.
    """

    headcount: int | None
    decided: bool
    at_least: int | None
    at_most: int | None
    closest: int
    seen: Mapping[int, Seen]


def least_headcount(observe: Observe, terms: Terms, *, budget: int) -> Found:
    """Return the least headcount that keeps a promise with the chance wanted.

    Parameters
    ----------
    observe
        Gives chances; years asked for again are the same years.
    terms
        What is searched for.
    budget
        How many headcounts may be asked for in all, one asked for again among them.
    """
    seen: dict[int, Seen] = {}
    wanted = terms.inside(
        [*(terms.today + hires for hires in range(4)), *(_clipped(terms, terms.start + more) for more in (0, 1, 2, 4))]
    )
    years = terms.first_years
    while wanted and len(wanted) <= budget:
        budget -= len(wanted)
        seen |= {count: Seen(years, p_kept) for count, p_kept in observe(wanted, years).items()}
        wanted, years = _next(seen, terms)
    return _conclude(seen, terms)


def _next(seen: Mapping[int, Seen], terms: Terms) -> tuple[list[int], int]:
    """Return which headcounts to look at next, over how many years; none where the search is over."""
    found = _candidate(seen, terms)
    unknown = _above(seen, terms) if found is None else _around(seen, terms, found)
    if unknown:
        return unknown, terms.first_years
    still_open = [count for count in _pair(seen, terms, found) if not _decides(seen, terms, count)]
    done = min((seen[count].years for count in still_open), default=terms.looks[-1])
    target = next((look for look in terms.looks if look > done), 0)
    return [count for count in still_open if seen[count].years < target], target


def _candidate(seen: Mapping[int, Seen], terms: Terms) -> int | None:
    return min((count for count in seen if seen[count].p_kept.mean >= terms.keep), default=None)


def _pair(seen: Mapping[int, Seen], terms: Terms, found: int | None) -> list[int]:
    """Return the headcounts that the answer hangs on: the least that will do and one fewer, or the best of those."""
    if found is None:
        return [_best(seen)]
    return terms.inside([found - 1, found])


def _above(seen: Mapping[int, Seen], terms: Terms) -> list[int]:
    """Return larger headcounts than any so far, further and further apart."""
    top = max(seen)
    return [
        count for count in terms.inside([_clipped(terms, top + 4 ** (n + 1)) for n in range(_RUNGS)]) if count > top
    ]


def _around(seen: Mapping[int, Seen], terms: Terms, found: int) -> list[int]:
    """Return headcounts that close the bracket below one that will do; then its neighbours on both sides."""
    below = max((count for count in seen if count < found), default=None)
    if below is None:
        return [
            count for count in terms.inside([_clipped(terms, found - 4**n) for n in range(_RUNGS)]) if count < found
        ]
    gap = found - below
    if gap > _CLOSE:
        return [below + gap // 2]
    if gap > 1:
        return list(range(below + 1, found))
    return [count for count in terms.inside([found - 2, found + 1]) if count not in seen]


def _clipped(terms: Terms, count: int) -> int:
    return min(max(count, terms.lowest), terms.cap)


def _best(seen: Mapping[int, Seen]) -> int:
    return max(seen, key=lambda count: (seen[count].p_kept.mean, -count))


def _conclude(seen: Mapping[int, Seen], terms: Terms) -> Found:
    found = _candidate(seen, terms)
    if found is None:
        best = _best(seen)
        return Found(None, max(seen) == terms.cap and _decides(seen, terms, best), None, None, best, seen)
    enough = _decides(seen, terms, found)
    fewer_fails = found == terms.lowest or _decides(seen, terms, found - 1)
    at_least, at_most = found if fewer_fails else found - 1, found if enough else found + 1
    return Found(found, enough and fewer_fails, at_least, at_most, found, seen)


def _decides(seen: Mapping[int, Seen], terms: Terms, count: int) -> bool:
    """Tell whether the interval of a headcount lies above the chance wanted or below it, after a look or more."""
    one = seen.get(count)
    if one is None or one.years < terms.looks[0]:
        return False
    return one.p_kept.low >= terms.keep or one.p_kept.high < terms.keep
