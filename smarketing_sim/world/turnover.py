"""Who holds each seat of the team, and when: reps leave at random, a seat stands empty, and a successor ramps."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.streams import Streams
from smarketing_sim.world.timeline import timeline

DAYS_PER_YEAR = 365.25
DAY_MINUTES = 1440.0


@dataclass(frozen=True)
class Stay:
    """One rep's time in a seat.

    Parameters
    ----------
    starts_on
        First day; None for a rep who was there before the run.
    leaves_on
        First day no longer there; None for a rep who stays.
    """

    starts_on: dt.date | None
    leaves_on: dt.date | None


def stays(scenario: Scenario, streams: Streams) -> list[list[Stay]]:
    """Return by seat, from seat 1, who holds it one after another in a run.

    A rep leaves at a constant rate, however long in the job: the chance to leave within a year is
    ``sales.sdr.attrition.leave_per_year``. A seat's luck is its own, so that the same reps leave under every plan.

    Parameters
    ----------
    scenario
        The plan.
    streams
        The luck of the replication.
    """
    return [_of_seat(scenario, streams, seat) for seat in range(1, scenario.sales.sdr.headcount + 1)]


def _of_seat(scenario: Scenario, streams: Streams, seat: int) -> list[Stay]:
    rule, profile, line = scenario.sales.sdr.attrition, scenario.sales.sdr.profile(seat), timeline(scenario)
    known = Stay(profile.starts_on, profile.leaves_on)
    if rule.leave_per_year == 0.0:
        return [known]
    mean_days, luck = -DAYS_PER_YEAR / math.log1p(-rule.leave_per_year), streams.open("attrition", seat)
    ends_on = min(known.leaves_on or dt.date.max, line.first_day + dt.timedelta(days=line.day_count))
    found, starts_on = list[Stay](), max(known.starts_on or dt.date.min, line.first_day)
    while starts_on < ends_on:
        days = max(1, round(luck.exponential(mean_days)))
        leaves_on = starts_on + dt.timedelta(days=days) if days < (ends_on - starts_on).days else known.leaves_on
        found.append(Stay(starts_on if found else known.starts_on, leaves_on))
        if leaves_on is None:
            break
        starts_on = leaves_on + dt.timedelta(days=math.ceil(rule.vacant / DAY_MINUTES))
    return found or [known]
