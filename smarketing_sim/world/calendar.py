"""Business time: opening hours as intervals on the minute line, with zones, daylight saving and holidays.

All instants are float64 minutes since the epoch of the run (UTC). Two clocks run on it: the wall clock, which is the
minute line itself, and a business clock, which stands still while its calendar is closed.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.jit import entry, part
from smarketing_sim.scenario.calendars import WEEKDAYS, ContractCalendar, zone_of
from smarketing_sim.scenario.schema import Scenario, once_per_scenario
from smarketing_sim.world.edges import Edges, Table, count_edges, flat
from smarketing_sim.world.timeline import Timeline, instant, timeline

Hours = tuple[tuple[int, int], ...]
Special = tuple[tuple[dt.date, Hours], ...]


@dataclass(frozen=True, eq=False)
class Calendar:
    """Open intervals in order, none touching the next.

    Parameters
    ----------
    opens_at, closes_at
        Minutes since the epoch, shape (intervals,); an instant t is open when opens_at <= t < closes_at.
    """

    opens_at: Floats
    closes_at: Floats

    @classmethod
    def from_intervals(cls, intervals: Sequence[tuple[float, float]] | Floats) -> Self:
        """Build a calendar from intervals in any order; empty ones are dropped, touching ones joined."""
        pairs = np.asarray(intervals, dtype=np.float64).reshape(-1, 2)
        opens, closes = pairs[pairs[:, 1] > pairs[:, 0]].T
        order = np.lexsort((closes, opens))
        opens, closed_by = opens[order], np.maximum.accumulate(closes[order])
        first = np.flatnonzero(np.append(True, opens[1:] > closed_by[:-1])[: len(opens)])
        last = np.append(first[1:], len(opens))[: len(first)] - 1
        return cls(opens[first], closed_by[last])

    @functools.cached_property
    def open_before(self) -> Floats:
        """Open minutes before each interval, with the total as one more item; shape (intervals + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.closes_at - self.opens_at)])

    @functools.cached_property
    def _edges(self) -> tuple[Edges, Edges, Edges]:
        """Openings, closings, and the open minutes up to each closing."""
        return Edges(self.opens_at), Edges(self.closes_at), Edges(self.open_before[1:])

    @functools.cached_property
    def _hours(self) -> tuple[Floats, Floats, Floats]:
        """Openings, closings, and the open minutes before each, for compiled code."""
        return flat(self.opens_at), flat(self.closes_at), flat(self.open_before)

    def elapsed(self, at: npt.ArrayLike) -> Floats:
        """Return the open minutes between the start of the calendar and ``at``."""
        instants = np.asarray(at, dtype=np.float64)
        if not len(self.opens_at):
            return np.zeros_like(instants)
        if len(self.opens_at) == 1:
            return np.asarray(np.clip(instants, self.opens_at[0], self.closes_at[0]) - self.opens_at[0])
        table = self._edges[0].table_for(instants.size)
        if table is not None:
            found = np.empty(instants.shape)
            _elapse(flat(instants), table, self._hours, found.ravel())
            return found
        instants = np.maximum(instants, self.opens_at[0])
        index = self._edges[0].up_to(instants) - 1
        into = np.minimum(instants, self.closes_at.take(index)) - self.opens_at.take(index)
        elapsed: Floats = self.open_before.take(index) + into
        return elapsed

    def add(self, at: npt.ArrayLike, open_minutes: npt.ArrayLike) -> Floats:
        """Return the first instant, not before ``at``, at which ``open_minutes`` more have passed; inf if never."""
        instants, minutes = np.asarray(at, dtype=np.float64), np.asarray(open_minutes, dtype=np.float64)
        if not len(self.opens_at):
            return np.where(minutes > 0, np.inf, instants)
        table, by_open_time = (self._edges[n].table_for(max(instants.size, minutes.size)) for n in (0, 2))
        if table is not None and by_open_time is not None:
            found = np.empty(np.broadcast_shapes(instants.shape, minutes.shape))
            starts, owed = (flat(np.broadcast_to(one, found.shape) if one.shape != found.shape else one)
                            for one in (instants, minutes))  # fmt: skip
            _arrive(starts, owed, (table, by_open_time), self._hours, found.ravel())
            return found
        goal = self.elapsed(instants) + minutes
        index = self._edges[2].before(goal)
        inside = np.minimum(index, len(self.opens_at) - 1)
        arrives = self.opens_at.take(inside) + (goal - self.open_before.take(inside))
        later = np.where(index < len(self.opens_at), np.maximum(arrives, instants), np.inf)
        return np.where(minutes > 0, later, instants)

    def next_open(self, at: npt.ArrayLike) -> Floats:
        """Return ``at`` where it is open, else the next opening; inf if there is none."""
        instants = np.asarray(at, dtype=np.float64)
        opens: Floats = np.append(self.opens_at, np.inf).take(self._edges[1].up_to(instants))
        return np.maximum(opens, instants)

    def between(self, first: npt.ArrayLike, last: npt.ArrayLike) -> Floats:
        """Return the open minutes between two instants; negative where the second is earlier."""
        return self.elapsed(last) - self.elapsed(first)

    def clipped(self, starts_at: float, ends_at: float) -> Calendar:
        """Return the part of the calendar between two instants."""
        opens, closes = np.maximum(self.opens_at, starts_at), np.minimum(self.closes_at, ends_at)
        keep = closes > opens
        return Calendar(opens[keep], closes[keep])


@part
def _elapsed(at: float, table: Table, hours: tuple[Floats, Floats, Floats]) -> float:
    opens, closes, open_before = hours
    instant = max(at, opens[0])
    index = count_edges(table, instant, True) - 1
    elapsed: float = open_before[index] + (min(instant, closes[index]) - opens[index])
    return elapsed


@entry
def _elapse(at: Floats, table: Table, hours: tuple[Floats, Floats, Floats], out: Floats) -> None:
    """Write down the open minutes up to each instant: :meth:`Calendar.elapsed` in one pass."""
    for row in range(len(at)):
        out[row] = np.nan if np.isnan(at[row]) else _elapsed(at[row], table, hours)


@entry
def _arrive(
    at: Floats, minutes: Floats, tables: tuple[Table, Table], hours: tuple[Floats, Floats, Floats], out: Floats
) -> None:
    """Write down when each number of open minutes has passed: :meth:`Calendar.add` in one pass."""
    opens, _, open_before = hours
    for row in range(len(at)):
        out[row] = at[row]
        if minutes[row] > 0.0:
            out[row] = np.inf
            goal = np.nan if np.isnan(at[row]) else _elapsed(at[row], tables[0], hours) + minutes[row]
            index = len(opens) if np.isnan(goal) else count_edges(tables[1], goal, False)
            if index < len(opens):
                out[row] = max(opens[index] + (goal - open_before[index]), at[row])


@functools.lru_cache(maxsize=512)
def _open_days(
    week: tuple[tuple[str, Hours], ...],
    zone_name: str,
    special: Special,
    *,
    first: dt.date,
    days: int,
    epoch: dt.datetime,
) -> tuple[tuple[dt.date, tuple[tuple[float, float], ...]], ...]:
    """Return every local day with its open intervals on the minute line."""
    zone = zone_of(zone_name)
    hours, within = dict(week), dict(special)
    listed = []
    for n in range(-1, days + 1):
        day = first + dt.timedelta(days=n)
        today = hours.get(WEEKDAYS[day.weekday()], ())
        if day in within:
            today = _both(today, within[day])
        spans = [(instant(day, a, zone, epoch), instant(day, b, zone, epoch)) for a, b in today]
        spans = [(opens, closes) for opens, closes in spans if opens < closes]  # clocks may skip hours, or a whole date
        if spans:
            listed.append((day, tuple(spans)))
    return tuple(listed)


def _both(some: Hours, others: Hours) -> Hours:
    """Return the hours of a day that lie in both of two lists."""
    shared = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return tuple((opens, closes) for opens, closes in shared if opens < closes)


def open_days(
    hours: Mapping[str, Hours], *, zone: str, special: Special, line: Timeline
) -> tuple[tuple[dt.date, tuple[tuple[float, float], ...]], ...]:
    """Return (date, open intervals) for each day of a run that has any, by the local hours of a zone.

    Parameters
    ----------
    hours
        Opening hours by weekday.
    zone
        Whose clocks and dates count.
    special
        Those of :func:`special_days`.
    line
        The days of the run.
    """
    week = tuple((day, tuple(hours[day])) for day in WEEKDAYS if day in hours)
    return _open_days(week, zone, special, first=line.first_day, days=line.day_count, epoch=line.epoch)


@once_per_scenario
def special_days(scenario: Scenario) -> Special:
    """Return the days of a run on which the company is closed, or opens only within some hours, wherever a rep is."""
    return _special(scenario.calendar, timeline(scenario))


def _special(calendar: ContractCalendar, line: Timeline) -> Special:
    day = dt.timedelta(days=1)
    within = calendar.holidays.within(line.first_day - day, line.first_day + line.day_count * day)
    return tuple(sorted(within.items()))


@once_per_scenario
def contract_calendar(scenario: Scenario) -> Calendar:
    """Return the business clock of the contract over the run."""
    return business_clock(scenario.calendar, timeline(scenario))


def business_clock(calendar: ContractCalendar, line: Timeline) -> Calendar:
    """Return the business clock of a contract over some days."""
    days = open_days(calendar.hours, zone=calendar.zone, special=_special(calendar, line), line=line)
    return Calendar.from_intervals([interval for _, intervals in days for interval in intervals])
