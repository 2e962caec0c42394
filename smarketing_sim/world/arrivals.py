"""When leads arrive: a Poisson measure over time × rate, drawn in rate layers.

Each point of the measure has an instant and a height; a lead exists where its height lies below the volume of its
month. Raising a volume therefore keeps every lead there was and adds new ones, each with luck of its own.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.scenario.calendars import WEEKDAYS, ArrivalProfile
from smarketing_sim.scenario.marketing import Campaign
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import WALL_MINUTES, to_grid
from smarketing_sim.world.streams import Streams, stable_hash
from smarketing_sim.world.timeline import Timeline

FIRST_LAYER = 256.0
CELL_MINUTES = 60.0
_SLOTS = 4
_SOURCE_BITS, _LAYER_BITS, _INDEX_BITS = 26, 6, 30
Week = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Course:
    """How arrivals spread over the hours of a run.

    Parameters
    ----------
    mass
        Expected leads in each hour for a volume of 1, shape (hours,).
    """

    mass: Floats

    @functools.cached_property
    def hours(self) -> npt.NDArray[np.int64]:
        """The hours in which leads can arrive at all."""
        return np.flatnonzero(self.mass > 0)

    @functools.cached_property
    def up_to(self) -> Floats:
        """Running total of mass before the first of these hours and up to the end of each."""
        return np.concatenate([[0.0], np.cumsum(self.mass[self.hours])])

    @property
    def total(self) -> float:
        """Mass of all hours."""
        return float(self.up_to[-1])

    @functools.cached_property
    def _ended(self) -> npt.NDArray[np.int64]:
        """How many hours end in the slots before each slot."""
        ends_in = np.bincount(self._slot(self.up_to[1:]))
        return np.cumsum(ends_in) - ends_in

    def _slot(self, place: Floats) -> npt.NDArray[np.int64]:
        """Return in which slot each place lies: equal parts of the mass, so many that few hold the end of an hour."""
        return (place / self.total * (_SLOTS * len(self.hours))).astype(np.int64)

    def hours_at(self, place: Floats) -> npt.NDArray[np.int64]:
        """Return in which of the hours the running total of mass passes each place, by number among ``hours``."""
        found = self._ended.take(self._slot(place))
        ends = self.up_to[1:]
        rows = np.flatnonzero(ends.take(found) <= place)
        while len(rows):  # each round passes one more hour that ends in the slot of a place and before that place
            found[rows] += 1
            rows = rows[ends.take(found[rows]) <= place[rows]]
        return found


@dataclass(frozen=True, eq=False)
class Flow:
    """One arrival process: a source, or a campaign on a source.

    Parameters
    ----------
    source, campaign
        Names; ``campaign`` is empty for the usual flow.
    course
        How it spreads over the hours of the run.
    volume
        Volume in each hour, shape (hours,).
    """

    source: str
    campaign: str
    course: Course
    volume: Floats

    @property
    def mass(self) -> Floats:
        """Expected leads in each hour of the run for a volume of 1, shape (hours,)."""
        return self.course.mass

    @property
    def key(self) -> str:
        """Name of the process in streams and ids."""
        return f"{self.source}/{self.campaign}" if self.campaign else self.source


@dataclass(frozen=True, eq=False)
class Layer:
    """The points of one rate layer of a flow, in the order they were drawn.

    Parameters
    ----------
    flow
        The flow itself.
    number
        Which layer, from 0.
    kept
        Indices of the points that are leads.
    created_at
        Their instants.
    """

    flow: Flow
    number: int
    kept: npt.NDArray[np.int64]
    created_at: Floats

    @property
    def lead_ids(self) -> npt.NDArray[np.int64]:
        """Ids from (source, layer, index), even numbers; the odd one after it is a lead's duplicate."""
        source = stable_hash(self.flow.key) >> (64 - _SOURCE_BITS)
        base = (source << _LAYER_BITS | self.number) << _INDEX_BITS
        return (base + self.kept) * 2


@dataclass(frozen=True, eq=False)
class Cells:
    """The hours of a run, which arrivals are laid out on.

    Parameters
    ----------
    day, month, hour_of_week
        Index of the local day, which of the months, and local hour of the week from Monday midnight; shape (hours,).
    months, month_days
        The months that the run has a part of, counted since the year 0, and how many dates of each; shape (months,).
    """

    day: npt.NDArray[np.int64]
    month: npt.NDArray[np.int64]
    hour_of_week: npt.NDArray[np.int64]
    months: npt.NDArray[np.int64]
    month_days: npt.NDArray[np.int64]


@functools.lru_cache(maxsize=64)
def cells_of(line: Timeline) -> Cells:
    """Lay out the hours of a run."""
    starts_at = np.arange(0.0, line.ends_at, CELL_MINUTES)
    day = line.day_of(starts_at)
    days = [line.first_day + dt.timedelta(days=n) for n in range(line.day_count)]
    month = np.array([one.year * 12 + one.month - 1 for one in days], dtype=np.int64)
    months, index, month_days = np.unique(month, return_inverse=True, return_counts=True)
    return Cells(day, index[day], line.hour_of_week(starts_at), months, month_days)


def day_effects(scenario: Scenario, streams: Streams, line: Timeline) -> Floats:
    """Draw how good each day is, mean 1; shape (days,)."""
    shape = scenario.marketing.day_effect_shape
    if shape is None:
        return np.ones(line.day_count)
    return streams.open("day effect").gamma(shape, 1.0 / shape, line.day_count)


def flows(scenario: Scenario, line: Timeline, effects: Floats) -> list[Flow]:
    """Return every arrival process of a scenario, sources first, each in the order of the file."""
    marketing, cells = scenario.marketing, cells_of(line)
    effect = effects[cells.day]
    week = {name: _week(source.profile or marketing.profile) for name, source in marketing.sources.items()}
    weight = {one: _weights(one, line) for one in week.values()}
    usual = {one: Course(by_hour * effect * CELL_MINUTES / WALL_MINUTES["month"]) for one, by_hour in weight.items()}
    listed = []
    for name, source in marketing.sources.items():
        volume = _monthly_volume(source.monthly_leads, source.months_from, marketing.season, week[name], line)
        listed.append(Flow(name, "", usual[week[name]], volume))
    for name, campaign in marketing.campaigns.items():
        burst = _burst(campaign, line, cells.day, weight[week[campaign.source]]) * effect
        listed.append(
            Flow(campaign.source, name, Course(burst), np.broadcast_to(campaign.first_week_leads, len(effect)))
        )
    return listed


def draw_layers(flow: Flow, streams: Streams) -> Iterator[Layer]:
    """Draw the leads of a flow, layer by layer, until the layers reach its highest volume."""
    course, volume = flow.course, flow.volume[flow.course.hours]
    top = float(np.max(volume, initial=0.0))
    low, high, number = 0.0, FIRST_LAYER, 0
    while low < top and course.total > 0:
        random = streams.open("arrivals", flow.key, number)
        count = int(random.poisson((high - low) * course.total))
        place = random.random(count) * course.total
        height = low + (high - low) * random.random(count)
        hour = course.hours_at(place)
        kept = np.flatnonzero(height < volume.take(hour))
        hour, place = hour[kept], place[kept]
        cell = course.hours.take(hour)
        inside = (place - course.up_to.take(hour)) / course.mass.take(cell)
        yield Layer(flow, number, kept, to_grid((cell + inside) * CELL_MINUTES))
        low, high, number = high, 2.0 * high, number + 1


def _week(profile: ArrivalProfile) -> Week:
    return tuple(profile.weekdays.get(day, 1.0) for day in WEEKDAYS), profile.hours


@functools.lru_cache(maxsize=64)
def _weights(week: Week, line: Timeline) -> Floats:
    """Return weekdays times hours over the hours of a run, mean 1 over a week."""
    by_hour = np.outer(*week).ravel()
    weights: Floats = (by_hour / by_hour.mean())[cells_of(line).hour_of_week]
    return weights


@functools.lru_cache(maxsize=64)
def _monthly_volume(
    monthly: tuple[float, ...], months_from: dt.date | None, season: tuple[float, ...], week: Week, line: Timeline
) -> Floats:
    """Return leads per mean month in force in each hour; a list of months is met month by month."""
    cells = cells_of(line)
    place = cells.months % 12 if months_from is None else cells.months - months_from.year * 12 - months_from.month + 1
    volume: Floats = np.array(season)[cells.months % 12] * np.array(monthly)[np.clip(place, 0, len(monthly) - 1)]
    if len(monthly) > 1:
        mass = np.bincount(cells.month, weights=_weights(week, line)) * CELL_MINUTES / WALL_MINUTES["month"]
        calendar_days = np.array([monthrange(n // 12, n % 12 + 1)[1] for n in cells.months.tolist()])
        whole = cells.month_days == calendar_days
        volume = volume / np.where(whole & (mass > 0), mass, 1.0)
    return volume.take(cells.month)


def _burst(campaign: Campaign, line: Timeline, day: npt.NDArray[np.int64], weight: Floats) -> Floats:
    """Return the shape of a burst: each of its weeks sums to what is left of the first."""
    mass, starts_on = np.zeros(len(day)), (campaign.starts_on - line.first_day).days
    edges = np.searchsorted(day, starts_on + 7 * np.arange(campaign.weeks + 1)).tolist()
    for number, (first, last) in enumerate(itertools.pairwise(edges)):
        week = weight[first:last]
        if week.sum() > 0:
            mass[first:last] = campaign.weekly_decay**number * week / week.sum()
    return mass
