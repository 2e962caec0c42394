"""The follow-up once more, written from the description of the model alone: a slow loop over instants.

One shared queue, one kind of rep, reps in office hours, other work interleaved, a cadence on the business clock.
It shares no code with the engine: calendars are lists of minutes made with ``zoneinfo``.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

Intervals = list[tuple[float, float]]
Call = tuple[int, int, float, float, float, bool]


@dataclass
class Lead:
    """One lead, its luck by attempt, and what has become of it."""

    id: int
    handed_at: float
    gone_after: float
    answers: list[bool]
    talk: float
    silence: list[float]
    due: float = 0.0
    tries: int = 0
    is_waiting: bool = False
    is_closed: bool = False


def office_hours(
    first: dt.date, days: int, *, zone: str, hours: tuple[tuple[int, int], ...], closed: set[dt.date]
) -> Intervals:
    """Open minutes of the weekdays, counted from the first midnight."""
    place = zoneinfo.ZoneInfo(zone)
    start = dt.datetime.combine(first, dt.time(), place).timestamp()
    found = []
    for number in range(days + 1):
        day = first + dt.timedelta(days=number)
        if day.weekday() < 5 and day not in closed:
            for a, b in hours:
                at = [dt.datetime.combine(day, dt.time(h), place).timestamp() for h in (a, b)]
                found.append(((at[0] - start) / 60, (at[1] - start) / 60))
    return found


def next_open(open_minutes: Intervals, at: float) -> float:
    for opens, closes in open_minutes:
        if at < closes:
            return max(at, opens)
    return float("inf")


def after(open_minutes: Intervals, at: float, minutes: float) -> float:
    """First instant at which so many open minutes have passed."""
    if minutes <= 0:
        return at
    for opens, closes in open_minutes:
        there = max(at, opens)
        if there < closes:
            if minutes <= closes - there:
                return there + minutes
            minutes -= closes - there
    return float("inf")


def call_all(
    leads: list[Lead],
    *,
    reps: int,
    contract: Intervals,
    shift: Intervals,
    ends_at: float,
    gaps: list[float],
    most: int,
    owed_per_minute: float,
    newest: bool,
    new_first: bool,
) -> list[Call]:
    """Return every attempt as (lead, number, due, start, end, talked)."""
    for lead in leads:
        lead.due = lead.handed_at
    back = [0.0] * reps
    calls: list[Call] = []
    now = 0.0
    while now < ends_at:
        for lead in leads:
            if not lead.is_closed and lead.due <= now:
                lead.is_waiting = True
            if lead.is_waiting and lead.gone_after < now:
                lead.is_waiting, lead.is_closed = False, True
        waiting = [lead for lead in leads if lead.is_waiting]
        idle = [rep for rep in range(reps) if back[rep] <= now and next_open(shift, now) == now]
        if waiting and idle:
            best = min(waiting, key=lambda x: (new_first and x.tries > 0, -x.due if newest else x.due, x.id))
            back[idle[0]] = attempt(
                best, now, calls, contract=contract, shift=shift, gaps=gaps, most=most, owed=owed_per_minute
            )
            continue
        later = [lead.due for lead in leads if not lead.is_closed and not lead.is_waiting and lead.due > now]
        later += [at for at in (next_open(shift, max(t, now)) for t in back) if at > now]
        later += [opens for opens, _ in shift if opens > now][:1]
        now = min(later, default=float("inf"))
    return sorted(calls)


def attempt(
    lead: Lead,
    now: float,
    calls: list[Call],
    *,
    contract: Intervals,
    shift: Intervals,
    gaps: list[float],
    most: int,
    owed: float,
) -> float:
    """Make one attempt and return when the rep is back from it and from the other work it owes."""
    talked = lead.answers[lead.tries]
    minutes = lead.talk if talked else lead.silence[lead.tries]
    lead.tries += 1
    end = now + minutes
    calls.append((lead.id, lead.tries, lead.due, now, end, talked))
    lead.is_waiting = False
    if talked or lead.tries == most:
        lead.is_closed = True
    else:
        lead.due = after(contract, end, gaps[min(lead.tries, len(gaps)) - 1])
        lead.is_closed = lead.due > lead.gone_after
    return next_open(shift, after(shift, end, minutes * owed))
