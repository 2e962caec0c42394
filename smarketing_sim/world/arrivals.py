"""When leads arrive: a Poisson measure over time × rate, drawn in rate layers.

Each point of the measure has an instant and a height; a lead exists where its height lies below the volume of its
month. Raising a volume therefore keeps every lead there was and adds new ones, each with luck of its own.
"""

from __future__ import annotations

import datetime as dt
import functools
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.scenario.calendars import WEEKDAYS, ArrivalProfile
from smarketing_sim.scenario.marketing import Campaign
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import WALL_MINUTES, to_grid
from smarketing_sim.world.calendar import Floats, Timeline
from smarketing_sim.world.streams import Streams, stable_hash

FIRST_LAYER = 256.0
CELL_MINUTES = 60.0
_SOURCE_BITS, _LAYER_BITS, _INDEX_BITS = 26, 6, 30


@dataclass(frozen=True, eq=False)
class Flow:
    """One arrival process: a source, or a campaign on a source.

    Parameters
    ----------
    source, campaign
        Names; ``campaign`` is empty for the usual flow.
    mass
        Expected leads in each hour of the run for a volume of 1, shape (hours,).
    volume
        Volume in each hour, shape (hours,).
    """

    source: str
    campaign: str
    mass: Floats
    volume: Floats

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
    drawn_count
        How many points were drawn, kept or not; luck is drawn for all of them.
    kept
        Indices of the points that are leads.
    created_at
        Their instants.
    """

    flow: Flow
    number: int
    drawn_count: int
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
    """The hours of a run, which arrivals are laid out on; each array has shape (hours,).

    Parameters
    ----------
    day, month, hour_of_week
        Index of the local day, months since the year 0, and local hour of the week from Monday midnight.
    """

    day: npt.NDArray[np.int64]
    month: npt.NDArray[np.int64]
    hour_of_week: npt.NDArray[np.int64]


@functools.lru_cache(maxsize=64)
def cells_of(line: Timeline) -> Cells:
    """Lay out the hours of a run."""
    starts_at = np.arange(0.0, line.ends_at, CELL_MINUTES)
    day = line.day_of(starts_at)
    days = [line.first_day + dt.timedelta(days=n) for n in range(line.day_count)]
    month = np.array([one.year * 12 + one.month - 1 for one in days], dtype=np.int64)
    return Cells(day, month[day], line.hour_of_week(starts_at))


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
    listed = []
    for name, source in marketing.sources.items():
        weight = _weights(source.profile or marketing.profile, cells)
        mass = weight * effect * CELL_MINUTES / WALL_MINUTES["month"]
        listed.append(Flow(name, "", mass, _monthly_volume(source.monthly_leads, marketing.season, cells, weight)))
    for name, campaign in marketing.campaigns.items():
        weight = _weights(marketing.sources[campaign.source].profile or marketing.profile, cells)
        mass = _burst(campaign, line, cells.day, weight) * effect
        listed.append(Flow(campaign.source, name, mass, np.full(len(effect), campaign.first_week_leads)))
    return listed


def draw_layers(flow: Flow, streams: Streams) -> Iterator[Layer]:
    """Draw the leads of a flow, layer by layer, until the layers reach its highest volume."""
    total = np.concatenate([[0.0], np.cumsum(flow.mass)])
    top = float(np.max(flow.volume, where=flow.mass > 0, initial=0.0))
    low, high, number = 0.0, FIRST_LAYER, 0
    while low < top and total[-1] > 0:
        random = streams.open("arrivals", flow.key, number)
        count = int(random.poisson((high - low) * total[-1]))
        place = random.random(count) * total[-1]
        height = low + (high - low) * random.random(count)
        cell = _cell_of(total, place)
        kept = np.flatnonzero(height < flow.volume[cell])
        inside = (place[kept] - total[cell[kept]]) / flow.mass[cell[kept]]
        yield Layer(flow, number, count, kept, to_grid((cell[kept] + inside) * CELL_MINUTES))
        low, high, number = high, 2.0 * high, number + 1


def _cell_of(total: Floats, place: Floats) -> npt.NDArray[np.int64]:
    """Return the hour in which the running total of mass passes each place; sorted first, as that searches faster."""
    order = np.argsort(place)
    cell = np.empty(len(place), dtype=np.int64)
    cell[order] = np.searchsorted(total, place[order], side="right") - 1
    return cell


def _weights(profile: ArrivalProfile, cells: Cells) -> Floats:
    """Return the profile over the hours of a run, mean 1 over a week."""
    week = np.outer([profile.weekdays.get(day, 1.0) for day in WEEKDAYS], profile.hours).ravel()
    weights: Floats = (week / week.mean())[cells.hour_of_week]
    return weights


def _monthly_volume(monthly: tuple[float, ...], season: tuple[float, ...], cells: Cells, weight: Floats) -> Floats:
    """Return leads per mean month in force in each hour; a list of twelve is met month by month."""
    in_year = cells.month % 12
    volume: Floats = (np.array(season) * np.array(monthly))[in_year]
    if len(monthly) == 12:
        months, index = np.unique(cells.month, return_inverse=True)
        mass = np.bincount(index, weights=weight) * CELL_MINUTES / WALL_MINUTES["month"]
        calendar_days = np.array([monthrange(n // 12, n % 12 + 1)[1] for n in months.tolist()])
        whole = np.bincount(index) * CELL_MINUTES >= calendar_days * 1440 - 60
        volume = volume / np.where(whole & (mass > 0), mass, 1.0)[index]
    return volume


def _burst(campaign: Campaign, line: Timeline, day: npt.NDArray[np.int64], weight: Floats) -> Floats:
    """Return the shape of a burst: each of its weeks sums to what is left of the first."""
    week = (day - (campaign.starts_on - line.first_day).days) // 7
    mass = np.zeros(len(day))
    for number in range(campaign.weeks):
        cells = week == number
        if weight[cells].sum() > 0:
            mass[cells] = campaign.weekly_decay**number * weight[cells] / weight[cells].sum()
    return mass
