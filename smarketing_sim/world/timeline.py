"""The days and months of a run, or of a ledger, as minutes since its epoch; zones and daylight saving counted."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import zoneinfo
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError
from smarketing_sim.scenario.calendars import zone_of
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.edges import Edges


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
    first = starts_on - dt.timedelta(weeks=warm_up_weeks)
    return _laid_out(
        first, add_months(starts_on, months) + dt.timedelta(weeks=cool_down_weeks), starts_on, months, zone_name
    )


def observed(epoch: dt.datetime, ends_at: float, starts_on: dt.date, months: int, zone_name: str) -> Timeline:
    """Lay out the days that a ledger was kept, and the months of it that are reported.

    Parameters
    ----------
    epoch, ends_at
        The instant 0, a midnight in the zone, and the end of observation in minutes since.
    starts_on, months
        First day of what is reported, and how many months.
    zone_name
        Whose clocks and dates count.

    Raises
    ------
    InputError
        If the epoch is no midnight in the zone, or the months begin before it.
    """
    zone = zone_of(zone_name)
    local = epoch.astimezone(zone)
    if _first_at(dt.datetime(local.year, local.month, local.day, tzinfo=zone)) != epoch:
        raise InputError(f"the ledger's times count from {epoch.isoformat()}, which is no midnight in {zone_name}")
    if starts_on < local.date():
        raise InputError(f"what is reported begins on {starts_on}, before the ledger, which begins on {local.date()}")
    last = max((epoch + dt.timedelta(minutes=ends_at)).astimezone(zone).date(), add_months(starts_on, months))
    return _laid_out(local.date(), last, starts_on, months, zone_name)


def _laid_out(first: dt.date, last: dt.date, starts_on: dt.date, months: int, zone_name: str) -> Timeline:
    zone = zone_of(zone_name)
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
