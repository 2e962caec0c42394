"""The team as the engines need it: when each rep may begin an attempt, how fast, and for whom."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import itertools
import zoneinfo
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.scenario.calendars import WEEKDAYS, zone_of
from smarketing_sim.scenario.sales import MarketingTime, Profile
from smarketing_sim.scenario.schema import Scenario, once_per_scenario
from smarketing_sim.world.calendar import Calendar, Hours, Special, open_days, special_days
from smarketing_sim.world.demand import LEAVE_BLOCKS, Demand
from smarketing_sim.world.streams import Streams
from smarketing_sim.world.timeline import Timeline, instant, timeline
from smarketing_sim.world.turnover import Stay, stays

LEAVE_BLOCK_DAYS = 5
MONTH_MINUTES = 43830.0
Intervals = list[tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Rep:
    """One rep.

    Parameters
    ----------
    number, seat
        From 1; successors of reps who left are counted on from the headcount, and hold the seat of the one before.
    calendar
        When an attempt may begin.
    other_per_minute
        Minutes of other work owed after each minute of an attempt (interleaved time), else 0.
    lead_share
        Share of the calendar that is meant for marketing's leads.
    pace_by_month
        Speed in each month since ``starts_at``; the last one stays. Minutes are divided by it.
    starts_at
        First working instant, minus infinity for an old hand.
    skill, weight
        Factor on the chance to qualify; share of leads under weighted routing.
    """

    number: int
    seat: int
    calendar: Calendar
    other_per_minute: float
    lead_share: float
    pace_by_month: Floats
    starts_at: float
    skill: float
    weight: float

    def pace(self, at: float) -> float:
        """Return the speed at an instant: a step each month, never interpolated."""
        if len(self.pace_by_month) == 1:
            return float(self.pace_by_month[0])
        month = int((at - self.starts_at) // MONTH_MINUTES)
        return float(self.pace_by_month[min(max(month, 0), len(self.pace_by_month) - 1)])


def roster(scenario: Scenario, demand: Demand) -> list[Rep]:
    """Return the team of a scenario, leave drawn from the demand's luck, successors after those who began."""
    line, team = timeline(scenario), _team(scenario)
    worked = [
        shifts if not leave_days else shifts.on(~_leave(leave_days, shifts, line, luck))
        for (_, shifts, leave_days), luck in zip(team, itertools.cycle(demand.leave_luck), strict=False)
    ]
    if scenario.sales.sdr.attrition.leave_per_year > 0.0:
        seats = stays(scenario, Streams(demand.seed, demand.replication))
        return _holders(scenario, [rep for rep, _, _ in team], worked, seats)
    return [
        rep if mine is shifts else replace(rep, calendar=mine.calendar(line))
        for (rep, shifts, _), mine in zip(team, worked, strict=True)
    ]


def _holders(scenario: Scenario, reps: list[Rep], worked: list[_Shifts], seats: list[list[Stay]]) -> list[Rep]:
    """Return who holds each seat in turn: all first holders, then all second ones; one who never comes has no hours."""
    line, team = timeline(scenario), list[Rep]()
    for turn in range(max(map(len, seats), default=0)):
        for rep, shifts, held in zip(reps, worked, seats, strict=True):
            stay = held[turn] if turn < len(held) else Stay(dt.date.max, None)
            calendar = shifts.between(stay.starts_on, stay.leaves_on).calendar(line)
            one = replace(rep, number=len(team) + 1, calendar=calendar)
            if 0 < turn < len(held):
                starts_at, pace = _start(scenario, rep.seat, held[turn], line)
                one = replace(one, starts_at=starts_at, pace_by_month=pace)
            team.append(one)
    return team


@once_per_scenario
def standard_rep(scenario: Scenario) -> Rep:
    """Return a rep of the team's profile who never takes leave and owes no other work: one of unlimited hands."""
    line, profile = timeline(scenario), scenario.sales.sdr.profile(0)
    calendar = _shifts(scenario, profile, line, MarketingTime()).calendar(line)
    return Rep(0, 0, calendar, 0.0, 1.0, np.array([profile.pace]), -np.inf, profile.skill, 1.0)


@dataclass(frozen=True, eq=False)
class _Shifts:
    """Working days of a profile with the open intervals of each, leave aside.

    Parameters
    ----------
    ordinals
        The days, shape (days,).
    day
        Which of the days each interval belongs to, shape (intervals,).
    intervals
        Opening and closing, shape (intervals, 2).
    """

    ordinals: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    intervals: Floats

    def calendar(self, line: Timeline) -> Calendar:
        """Return the calendar of the days within the run."""
        return Calendar.from_intervals(self.intervals).clipped(0.0, line.ends_at)

    def between(self, first: dt.date | None, last: dt.date | None) -> _Shifts:
        """Return the intervals from a day on and before another one."""
        starts, ends = ((day or other).toordinal() for day, other in ((first, dt.date.min), (last, dt.date.max)))
        return self.on((self.ordinals >= starts) & (self.ordinals < ends))

    def on(self, days: Bools) -> _Shifts:
        """Return the intervals of some of the days alone."""
        kept = days[self.day]
        return _Shifts(self.ordinals, self.day[kept], self.intervals[kept])


@once_per_scenario
def _team(scenario: Scenario) -> list[tuple[Rep, _Shifts, int]]:
    """Return every rep as if nobody took leave, with the shifts, and with the days of leave a rep takes in a run."""
    line, team = timeline(scenario), []
    for number in range(1, scenario.sales.sdr.headcount + 1):
        profile = scenario.sales.sdr.profile(number)
        time = profile.marketing_time
        shifts = _shifts(scenario, profile, line, time)
        if time.form == "dedicated_rota":
            shifts = shifts.on(_on_duty(number, shifts.ordinals, time.share))
        leave_days = round(profile.leave_days_per_year * line.day_count / 365.25)
        team.append((_rep(scenario, profile, shifts, line, number), shifts, leave_days))
    return team


def _rep(scenario: Scenario, profile: Profile, shifts: _Shifts, line: Timeline, number: int) -> Rep:
    time, interleaved = profile.marketing_time, profile.marketing_time.form == "interleaved"
    starts_at, pace = -np.inf, np.array([profile.pace])
    if profile.starts_on is not None:
        starts_at, pace = _start(scenario, number, Stay(profile.starts_on, None), line)
    return Rep(
        number,
        number,
        shifts.calendar(line),
        (1.0 - time.share) / time.share if interleaved else 0.0,
        time.share if interleaved else 1.0,
        pace,
        starts_at,
        profile.skill,
        profile.weight,
    )


def _start(scenario: Scenario, seat: int, stay: Stay, line: Timeline) -> tuple[float, Floats]:
    """Return the first instant of a new rep in a seat, and the pace in each month since."""
    ramp, profile = scenario.sales.sdr.ramp, scenario.sales.sdr.profile(seat)
    steps = np.ones(1)
    if ramp.months > 0:
        steps = ramp.start_share + (1.0 - ramp.start_share) * np.arange(ramp.months + 1) / ramp.months
    zone = zone_of(profile.zone or scenario.calendar.zone)
    return instant(stay.starts_on or line.first_day, 0, zone, line.epoch), profile.pace * steps


def _shifts(scenario: Scenario, profile: Profile, line: Timeline, time: MarketingTime) -> _Shifts:
    """Return the working days of a rep between hiring and leaving, meetings and other work taken out."""
    hours = profile.shift or scenario.calendar.hours
    return _shifts_of(
        tuple(hours.items()),
        profile.zone or scenario.calendar.zone,
        special_days(scenario),
        tuple((meeting.day, meeting.hours) for meeting in profile.meetings),
        first=profile.starts_on or dt.date.min,
        last=profile.leaves_on or dt.date.max,
        block=(time.share, time.block_starts == "last") if time.form == "blocks" else None,
        line=line,
    )


@functools.lru_cache(maxsize=512)
def _shifts_of(
    week: tuple[tuple[str, Hours], ...],
    zone_name: str,
    special: Special,
    meetings: tuple[tuple[str, tuple[int, int]], ...],
    *,
    first: dt.date,
    last: dt.date,
    block: tuple[float, bool] | None,
    line: Timeline,
) -> _Shifts:
    zone = zone_of(zone_name)
    ordinals: list[int] = []
    places: list[int] = []
    intervals: Intervals = []
    for day, today in open_days(dict(week), zone=zone_name, special=special, line=line):
        if not first <= day < last:
            continue
        free = _less_meetings(meetings, day, list(today), zone, line)
        kept = free if block is None else _block(free, block[0], last=block[1])
        places += [len(ordinals)] * len(kept)
        intervals += kept
        ordinals.append(day.toordinal())
    return _Shifts(
        np.array(ordinals, dtype=np.int64),
        np.array(places, dtype=np.int64),
        np.array(intervals, dtype=np.float64).reshape(-1, 2),
    )


def _leave(wanted: int, shifts: _Shifts, line: Timeline, luck: Floats) -> Bools:
    """Tell which working days are leave: blocks of up to five days of the run, starting where luck says."""
    begins = line.first_day.toordinal()
    days = np.flatnonzero((shifts.ordinals >= begins) & (shifts.ordinals < begins + line.day_count))
    taken, free, block = np.zeros(len(shifts.ordinals), dtype=np.bool_), list(range(len(days))), 0
    left = min(wanted, len(days))
    while left > 0:
        start = (int(luck[block % LEAVE_BLOCKS] * len(days)) + block // LEAVE_BLOCKS) % len(days)
        first, count = bisect.bisect_left(free, start), min(LEAVE_BLOCK_DAYS, left)
        turned = free[first:] + free[:first]  # past the end of the run, leave goes on at its beginning
        taken[days[turned[:count]]] = True
        free = sorted(turned[count:])
        left -= count
        block += 1
    return taken


def _on_duty(number: int, ordinals: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.bool_]:
    """Tell whose days they are under a rota: each rep has ``share`` of days, each day has ``share`` of reps."""
    turn = number + ordinals
    on_duty: npt.NDArray[np.bool_] = np.floor((turn + 1) * share) > np.floor(turn * share)
    return on_duty


def _less_meetings(
    meetings: tuple[tuple[str, tuple[int, int]], ...],
    day: dt.date,
    today: Intervals,
    zone: zoneinfo.ZoneInfo,
    line: Timeline,
) -> Intervals:
    """Take the day's meetings out of its open intervals."""
    for weekday, hours in meetings:
        if WEEKDAYS[day.weekday()] == weekday:
            starts, ends = (instant(day, minute, zone, line.epoch) for minute in hours)
            today = [
                piece for a, b in today for piece in ((a, min(b, starts)), (max(a, ends), b)) if piece[1] > piece[0]
            ]
    return today


def _block(today: Intervals, share: float, *, last: bool) -> Intervals:
    """Keep the first or last share of a day's open minutes."""
    budget = float(np.floor(share * sum(b - a for a, b in today)))
    kept: Intervals = []
    for opens, closes in reversed(today) if last else today:
        length = min(budget, closes - opens)
        kept.append((closes - length, closes) if last else (opens, opens + length))
        budget -= length
    return sorted(kept)
