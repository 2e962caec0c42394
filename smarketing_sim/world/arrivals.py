"""When leads arrive: a Poisson measure over time × rate, drawn in rate layers.

Each point of the measure has an instant and a height; a lead exists where its height lies below the volume of its
month. Raising a volume therefore keeps every lead there was and adds new ones, each with luck of its own.
"""

from __future__ import annotations

import datetime as dt
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
    number
        Which layer, from 0.
    drawn_count
        How many points were drawn, kept or not; luck is drawn for all of them.
    kept
        Indices of the points that are leads.
    created_at
        Their instants.
    """

    number: int
    drawn_count: int
    kept: npt.NDArray[np.int64]
    created_at: Floats


def day_effects(scenario: Scenario, streams: Streams, line: Timeline) -> Floats:
    """Draw how good each day is, mean 1; shape (days,)."""
    shape = scenario.marketing.day_effect_shape
    if shape is None:
        return np.ones(line.day_count)
    return streams.open("day effect").gamma(shape, 1.0 / shape, line.day_count)


def flows(scenario: Scenario, line: Timeline, effects: Floats) -> list[Flow]:
    """Return every arrival process of a scenario, sources first, each in the order of the file."""
    marketing = scenario.marketing
    cells = np.arange(0.0, line.ends_at, CELL_MINUTES)
    day = line.day_of(cells)
    effect = effects[day]
    listed = []
    for name, source in marketing.sources.items():
        weight = _weights(source.profile or marketing.profile, line, cells)
        mass = weight * effect * CELL_MINUTES / WALL_MINUTES["month"]
        listed.append(Flow(name, "", mass, _monthly_volume(scenario, name, line, cells, weight)))
    for name, campaign in marketing.campaigns.items():
        profile = marketing.sources[campaign.source].profile or marketing.profile
        weight = _weights(profile, line, cells)
        mass = _burst(campaign, line, day, weight) * effect
        listed.append(Flow(campaign.source, name, mass, np.full(len(cells), campaign.first_week_leads)))
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
        cell = np.searchsorted(total, place, side="right") - 1
        kept = np.flatnonzero(height < flow.volume[cell])
        inside = (place[kept] - total[cell[kept]]) / flow.mass[cell[kept]]
        yield Layer(number, count, kept, to_grid((cell[kept] + inside) * CELL_MINUTES))
        low, high, number = high, 2.0 * high, number + 1


def lead_ids(flow: Flow, layer: Layer) -> npt.NDArray[np.int64]:
    """Return ids from (source, layer, index), even numbers; the odd one after it is a lead's duplicate."""
    source = stable_hash(flow.key) >> (64 - _SOURCE_BITS)
    base = (source << _LAYER_BITS | layer.number) << _INDEX_BITS
    return (base + layer.kept) * 2


def _weights(profile: ArrivalProfile, line: Timeline, cells: Floats) -> Floats:
    """Return the profile over the hours of a run, mean 1 over a week."""
    week = np.outer([profile.weekdays.get(day, 1.0) for day in WEEKDAYS], profile.hours).ravel()
    weights: Floats = (week / week.mean())[line.hour_of_week(cells)]
    return weights


def _monthly_volume(scenario: Scenario, name: str, line: Timeline, cells: Floats, weight: Floats) -> Floats:
    """Return leads per mean month in force in each hour; a list of twelve is met month by month."""
    monthly = np.array(scenario.marketing.sources[name].monthly_leads)
    season = np.array(scenario.marketing.season)
    first = dt.datetime.combine(line.first_day, dt.time())
    days = [first + dt.timedelta(days=n) for n in range(line.day_count)]
    month = np.array([day.year * 12 + day.month - 1 for day in days], dtype=np.int64)[line.day_of(cells)]
    volume: Floats = season[month % 12] * (monthly[month % 12] if len(monthly) == 12 else monthly[0])
    if len(monthly) == 12:
        months, index = np.unique(month, return_inverse=True)
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
