"""The team as the engines need it: when each rep may begin an attempt, how fast, and for whom."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

import numpy as np

from smarketing_sim.scenario.calendars import WEEKDAYS
from smarketing_sim.scenario.sales import Profile
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Calendar, Floats, Timeline, instant, open_days, timeline
from smarketing_sim.world.demand import LEAVE_BLOCKS, LEAVE_ROWS, Demand

LEAVE_BLOCK_DAYS = 5
MONTH_MINUTES = 43830.0
Intervals = list[tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Rep:
    """One rep.

    Parameters
    ----------
    number
        From 1.
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
    """Return the team of a scenario, leave drawn from the demand's luck."""
    line = timeline(scenario)
    return [_rep(scenario, demand, line, number) for number in range(1, scenario.sales.sdr.headcount + 1)]


def standard_rep(scenario: Scenario) -> Rep:
    """Return a rep of the team's profile who never takes leave and owes no other work: one of unlimited hands."""
    line, profile = timeline(scenario), scenario.sales.sdr.profile(0)
    days = _shift_days(scenario, profile, line)
    intervals = [interval for day, today in days for interval in _less_meetings(profile, day, today, scenario, line)]
    calendar = Calendar.from_intervals(intervals).clipped(0.0, line.ends_at)
    return Rep(0, calendar, 0.0, 1.0, np.array([profile.pace]), -np.inf, profile.skill, 1.0)


def _rep(scenario: Scenario, demand: Demand, line: Timeline, number: int) -> Rep:
    sdr = scenario.sales.sdr
    profile = sdr.profile(number)
    time = profile.marketing_time
    days = _shift_days(scenario, profile, line)
    run = range(line.first_day.toordinal(), line.first_day.toordinal() + line.day_count)
    leave = _leave(
        profile, [day for day, _ in days if day.toordinal() in run], line, demand.leave_luck[(number - 1) % LEAVE_ROWS]
    )
    intervals: Intervals = []
    for day, today in days:
        if day in leave or (time.form == "dedicated_rota" and not _on_duty(number, day, time.share)):
            continue
        free = _less_meetings(profile, day, today, scenario, line)
        intervals += _block(free, time.share, last=time.block_starts == "last") if time.form == "blocks" else free
    calendar = Calendar.from_intervals(intervals).clipped(0.0, line.ends_at)
    interleaved = time.form == "interleaved"
    ramp, starts_at = sdr.ramp, -np.inf
    pace = np.array([profile.pace])
    if profile.starts_on is not None:
        zone = zoneinfo.ZoneInfo(profile.zone or scenario.calendar.zone)
        starts_at = instant(profile.starts_on, 0, zone, line.epoch)
        if ramp.months > 0:
            steps = ramp.start_share + (1.0 - ramp.start_share) * np.arange(ramp.months + 1) / ramp.months
            pace = profile.pace * steps
    return Rep(
        number,
        calendar,
        (1.0 - time.share) / time.share if interleaved else 0.0,
        time.share if interleaved else 1.0,
        pace,
        starts_at,
        profile.skill,
        profile.weight,
    )


def _shift_days(scenario: Scenario, profile: Profile, line: Timeline) -> list[tuple[dt.date, Intervals]]:
    """Return the working days of a rep between hiring and leaving, each with its shift."""
    zone = profile.zone or scenario.calendar.zone
    days = open_days(
        profile.shift or scenario.calendar.hours, zone=zone, closed=frozenset(scenario.calendar.holidays), line=line
    )
    first, last = profile.starts_on or dt.date.min, profile.leaves_on or dt.date.max
    return [(day, list(today)) for day, today in days if first <= day < last]


def _leave(profile: Profile, days: list[dt.date], line: Timeline, luck: Floats) -> set[dt.date]:
    """Return the days of leave: blocks of up to five working days, starting where luck says."""
    wanted = round(profile.leave_days_per_year * line.day_count / 365.25)
    taken: dict[dt.date, None] = {}
    block, open_days_count = 0, len(days)
    while len(taken) < min(wanted, open_days_count):
        start = int(luck[block % LEAVE_BLOCKS] * open_days_count) + block // LEAVE_BLOCKS
        free = (days[(start + step) % open_days_count] for step in range(open_days_count))
        size = min(LEAVE_BLOCK_DAYS, wanted - len(taken))
        for day in [day for _, day in zip(range(open_days_count), free, strict=False) if day not in taken][:size]:
            taken[day] = None
        block += 1
    return set(taken)


def _on_duty(number: int, day: dt.date, share: float) -> bool:
    """Tell whose day it is under a rota: each rep has ``share`` of days, each day has ``share`` of reps."""
    turn = number + day.toordinal()
    return int((turn + 1) * share) > int(turn * share)


def _less_meetings(profile: Profile, day: dt.date, today: Intervals, scenario: Scenario, line: Timeline) -> Intervals:
    """Take the day's meetings out of its open intervals."""
    zone = zoneinfo.ZoneInfo(profile.zone or scenario.calendar.zone)
    for meeting in profile.meetings:
        if WEEKDAYS[day.weekday()] == meeting.day:
            starts, ends = (instant(day, minute, zone, line.epoch) for minute in meeting.hours)
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
