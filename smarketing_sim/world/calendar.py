"""Business time: opening hours as intervals on the minute line, with zones, daylight saving and holidays.

All instants are float64 minutes since the epoch of the run (UTC). Two clocks run on it: the wall clock, which is the
minute line itself, and a business clock, which stands still while its calendar is closed.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from smarketing_sim.jit import entry, part
from smarketing_sim.scenario.calendars import WEEKDAYS, zone_of
from smarketing_sim.scenario.schema import Scenario, once_per_scenario
from smarketing_sim.world.edges import Edges, Table, count_edges, flat

Floats = npt.NDArray[np.float64]
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
def _elapse(at: Floats, table: Table, hours: tuple[Floats, Floats, Floats], found: Floats) -> None:
    """Write down the open minutes up to each instant: :meth:`Calendar.elapsed` in one pass."""
    for row in range(len(at)):
        found[row] = np.nan if np.isnan(at[row]) else _elapsed(at[row], table, hours)


@entry
def _arrive(
    at: Floats, minutes: Floats, tables: tuple[Table, Table], hours: tuple[Floats, Floats, Floats], found: Floats
) -> None:
    """Write down when each number of open minutes has passed: :meth:`Calendar.add` in one pass."""
    opens, _, open_before = hours
    for row in range(len(at)):
        found[row] = at[row]
        if minutes[row] > 0.0:
            found[row] = np.inf
            goal = np.nan if np.isnan(at[row]) else _elapsed(at[row], tables[0], hours) + minutes[row]
            index = len(opens) if np.isnan(goal) else count_edges(tables[1], goal, False)
            if index < len(opens):
                found[row] = max(opens[index] + (goal - open_before[index]), at[row])


@dataclass(frozen=True, eq=False)
class Timeline:
    """The days of one run on the minute line, in the zone of the contract.

    Parameters
    ----------
    epoch
        The instant 0: local midnight of the first day of the warm-up, in UTC.
    first_day
        Its date.
    zone
        IANA name of the contract's zone.
    day_starts_at
        Local midnights from the first day to the day after the last, shape (days + 1,).
    month_starts_at
        Local midnights of the first of each month of the horizon and its end, shape (months + 1,).
    """

    epoch: dt.datetime
    first_day: dt.date
    zone: str
    day_starts_at: Floats
    month_starts_at: Floats

    @property
    def horizon_starts_at(self) -> float:
        """Start of the part that is reported."""
        return float(self.month_starts_at[0])

    @property
    def horizon_ends_at(self) -> float:
        """End of the part that is reported."""
        return float(self.month_starts_at[-1])

    @property
    def ends_at(self) -> float:
        """End of observation."""
        return float(self.day_starts_at[-1])

    @property
    def day_count(self) -> int:
        """Days of the run."""
        return len(self.day_starts_at) - 1

    @functools.cached_property
    def _days(self) -> tuple[Edges, npt.NDArray[np.int64]]:
        """When days begin, and the last that has begun before and at each; a date that a zone skips never begins."""
        starts = np.unique(self.day_starts_at)
        return Edges(starts), np.append(-1, np.searchsorted(self.day_starts_at, starts, side="right") - 1)

    @functools.cached_property
    def clock_changes(self) -> tuple[Floats, Floats]:
        """Instants at which the clocks are changed, and local minus elapsed minutes after each."""
        zone = zone_of(self.zone)
        midnight = dt.datetime.combine(self.first_day, dt.time())

        def shift_at(minute: int) -> float:
            at = dt.timedelta(minutes=minute)
            local = (self.epoch + at).astimezone(zone).replace(tzinfo=None)
            return (local - midnight - at).total_seconds() / 60.0

        hours = range(0, int(self.ends_at) + 120, 60)
        shift = [shift_at(minute) for minute in hours]
        changed = [i for i in range(1, len(shift)) if shift[i] != shift[i - 1]]
        exact = [next(m for m in range(hours[i - 1], hours[i] + 1) if shift_at(m) == shift[i]) for i in changed]
        return np.array(exact, dtype=np.float64), np.array([shift[0], *(shift[i] for i in changed)])

    def local_minutes(self, at: npt.ArrayLike) -> Floats:
        """Return minutes on the local clock since midnight of the first day."""
        instants = np.asarray(at, dtype=np.float64)
        changes, shift = self.clock_changes
        return instants + shift[np.searchsorted(changes, instants, side="right")]

    def hour_of_week(self, at: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the local hour of the week, 0 for Monday midnight to 167."""
        hours = np.floor_divide(self.local_minutes(at), 60.0).astype(np.int64)
        return (hours + 24 * self.first_day.weekday()) % 168

    def day_of(self, at: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the index of the local day of each instant."""
        edges, number = self._days
        return number.take(edges.up_to(np.asarray(at, dtype=np.float64)))

    def month_of(self, at: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the index of the horizon's month of each instant, -1 outside the horizon."""
        instants = np.asarray(at, dtype=np.float64)
        index = np.searchsorted(self.month_starts_at, instants, side="right") - 1
        return np.where((index >= len(self.month_starts_at) - 1) | np.isnan(instants), -1, index)


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the date some months on; a day that the month does not have becomes its last."""
    index = day.year * 12 + day.month - 1 + months
    first = dt.date(index // 12, index % 12 + 1, 1)
    following = dt.date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return first + dt.timedelta(days=min(day.day, (following - first).days) - 1)


def instant(day: dt.date, minute: int, zone: zoneinfo.ZoneInfo, epoch: dt.datetime) -> float:
    """Return a local date and minute of the day as minutes since the epoch; where clocks skip it, when they do."""
    whole_days, minute = divmod(minute, 1440)
    day += dt.timedelta(days=whole_days)
    local = dt.datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return (_first_at(local) - epoch).total_seconds() / 60.0


def _first_at(local: dt.datetime) -> dt.datetime:
    """Return when local clocks first show a time, or a later one where they are put forward past it; in UTC."""
    at = local.astimezone(dt.UTC)
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    if before is None or after is None or after <= before:
        return at
    seconds = int((after - before).total_seconds())
    earliest = at - dt.timedelta(seconds=seconds)
    passed = bisect.bisect_left(
        range(seconds),
        True,
        key=lambda second: (earliest + dt.timedelta(seconds=second)).astimezone(local.tzinfo).utcoffset() == after,
    )
    return earliest + dt.timedelta(seconds=passed)


@functools.lru_cache(maxsize=64)
def timeline_of(starts_on: dt.date, warm_up_weeks: int, months: int, cool_down_weeks: int, zone_name: str) -> Timeline:
    """Lay out the days of a run."""
    zone = zone_of(zone_name)
    first = starts_on - dt.timedelta(weeks=warm_up_weeks)
    last = add_months(starts_on, months) + dt.timedelta(weeks=cool_down_weeks)
    epoch = dt.datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(dt.UTC)
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    starts = np.array([instant(day, 0, zone, epoch) for day in days])
    edges = np.array([instant(add_months(starts_on, n), 0, zone, epoch) for n in range(months + 1)])
    return Timeline(epoch, first, zone_name, starts, edges)


def timeline(scenario: Scenario) -> Timeline:
    """Return the days of a scenario's run."""
    run = scenario.run
    return timeline_of(
        run.starts_on, run.warm_up_weeks, run.horizon_months, run.cool_down_weeks, scenario.calendar.zone
    )


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
    line, day = timeline(scenario), dt.timedelta(days=1)
    within = scenario.calendar.holidays.within(line.first_day - day, line.first_day + line.day_count * day)
    return tuple(sorted(within.items()))


@once_per_scenario
def contract_calendar(scenario: Scenario) -> Calendar:
    """Return the business clock of the contract over the run."""
    line = timeline(scenario)
    days = open_days(scenario.calendar.hours, zone=scenario.calendar.zone, special=special_days(scenario), line=line)
    return Calendar.from_intervals([interval for _, intervals in days for interval in intervals])
