"""Hours and pace of one rep at a time: the twin of ``RepClock`` and of ``Rep.pace``.

Time only goes forward, so each rep keeps its place among its hours; instants to come are looked for from there on.
The contract's clock is the record after the last rep's.
"""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.kernel.data import Array, Days, Team
from smarketing_sim.jit import part

GRID_PER_MINUTE = 1048576.0
MONTH_MINUTES = 43830.0
OPENS, CLOSES, BEFORE = range(3)


@part
def to_grid(minutes: float) -> float:
    """Round minutes to the time grid."""
    return np.rint(minutes * GRID_PER_MINUTE) / GRID_PER_MINUTE


@part
def place_now(team: Team, number: int, now: float) -> int:
    """Return the place of the first hours of a rep that close after now, and keep it."""
    rep = team.rep[number]
    place = rep.now
    while place < rep.hours_end and team.hours[place, CLOSES] <= now:
        place += 1
    rep.now = place
    return place


@part
def next_open(team: Team, number: int, now: float) -> float:
    """Return now where a rep is there, else when it comes next; infinite if never."""
    place = place_now(team, number, now)
    return max(team.hours[place, OPENS], now) if place < team.rep[number].hours_end else np.inf


@part
def opened_at(team: Team, number: int, now: float) -> float:
    """Return when the hours that hold now, or the last ones before it, began; minus infinity if none did."""
    place = place_now(team, number, now)
    if place == team.rep[number].hours_end or team.hours[place, OPENS] > now:
        place -= 1
    return team.hours[place, OPENS] if place >= team.rep[number].hours else -np.inf


@part
def next_open_after(team: Team, number: int, at: float) -> float:
    """Return an instant to come where a rep is there, else when it comes next; infinite if never."""
    place, end = team.rep[number].now, team.rep[number].hours_end
    while place < end and team.hours[place, CLOSES] <= at:
        place += 1
    return max(team.hours[place, OPENS], at) if place < end else np.inf


@part
def add(team: Team, number: int, at: float, minutes: float) -> float:
    """Return the first instant, not before ``at`` (now or to come), at which the open minutes have passed."""
    if minutes <= 0.0:
        return at
    place, end = team.rep[number].now, team.rep[number].hours_end
    while place < end and team.hours[place, CLOSES] <= at:
        place += 1
    if place == end:
        return np.inf
    goal = team.hours[place, BEFORE] + max(at - team.hours[place, OPENS], 0.0) + minutes
    while place + 1 < end and team.hours[place + 1, BEFORE] < goal:
        place += 1
    arrives_at = team.hours[place, OPENS] + (goal - team.hours[place, BEFORE])
    return max(arrives_at, at) if arrives_at <= team.hours[place, CLOSES] else np.inf


@part
def pace(team: Team, number: int, now: float) -> float:
    """Return a rep's speed: a step each month since it started."""
    rep = team.rep[number]
    if rep.pace_end - rep.pace == 1:
        return team.paces[rep.pace]
    month = int(np.floor((now - rep.starts_at) / MONTH_MINUTES))
    return team.paces[min(rep.pace + max(month, 0), rep.pace_end - 1)]


@part
def hour_of_week(rules: Array, days: Days, now: float) -> int:
    """Return the local hour of the week, 0 for Monday midnight to 167."""
    change = 0
    while change < len(days.changes) and days.changes[change] <= now:
        change += 1
    hours = int(np.floor((now + days.shift[change]) / 60.0))
    return (hours + rules[0].first_weekday_hours) % 168
