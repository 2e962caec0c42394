"""Scenario → Demand: all randomness is drawn here, before any policy is known.

A Demand holds every lead with its whole luck as plain arrays. Two scenarios that differ only in what sales does share
one Demand, which makes them comparable lead by lead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.schema import Scenario, digest_of, once_per_scenario
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.arrivals import Flow, Layer, cells_of, day_effects, draw_layers, flows
from smarketing_sim.world.calendar import Floats, Timeline, timeline
from smarketing_sim.world.luck import (
    Columns,
    Luck,
    Part,
    best_class,
    contact,
    has_classes,
    interest,
    outcomes,
    traits,
)
from smarketing_sim.world.streams import Streams

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
LEAVE_ROWS, LEAVE_BLOCKS = 256, 32
_BACKLOG_LAYER = 63


@dataclass(frozen=True, eq=False, kw_only=True)
class Demand:
    """Leads with their luck: one row per lead, one column per attempt. Times are minutes since the epoch.

    Rows are in the order (created_at, lead_id). ``connect_before`` and the other attempt arrays have shape
    (leads, max_attempts); ``class_luck`` has no column where neither channel nor hour changes the chance to connect.
    ``interest_until``, ``patience_minutes`` and ``connect_before`` are ages, infinite where they play no part;
    ``mql_at`` and ``handed_at`` are NaN where a lead is never handed over.
    """

    reads: str
    seed: int
    replication: int
    lead_id: Ints
    duplicate_of: Ints
    source: Codes
    campaign: Codes
    persona: Codes
    fit: Bools
    score: Floats
    created_at: Floats
    mql_at: Floats
    handed_at: Floats
    qualify_prob: Floats
    qualify_luck: Floats
    booking_minutes: Floats
    show_luck: Floats
    rebook_luck: Floats
    rebooking_minutes: Floats
    second_show_luck: Floats
    win_prob: Floats
    win_wait_limit: Floats
    cycle_minutes: Floats
    deal_value_usd: Floats
    mean_value_usd: Floats
    reason_luck: Floats
    record_luck: Floats
    record_lag_minutes: Floats
    interest_until: Floats
    patience_minutes: Floats
    bad_number: Bools
    intelligence_luck: Floats
    misroute_luck: Floats
    talk_unit: Floats
    connect_before: Floats
    class_luck: Floats
    preparation_unit: Floats
    no_answer_unit: Floats
    voicemail_luck: Floats
    leave_luck: Floats
    visits_count: Ints

    @property
    def lead_count(self) -> int:
        """How many leads."""
        return len(self.lead_id)

    def take(self, rows: Any) -> Demand:
        """Return the demand with its rows chosen or reordered."""
        index = np.arange(self.lead_count)[rows]
        kept = {name: getattr(self, name).take(index, axis=0) for name in LEAD_COLUMNS}
        rest = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in kept}
        return Demand(**rest, **kept)


_NOT_BY_LEAD = {"reads", "seed", "replication", "leave_luck", "visits_count"}
LEAD_COLUMNS = tuple(f.name for f in fields(Demand) if f.name not in _NOT_BY_LEAD)


def sample_demand(scenario: Scenario, *, seed: int, replication: int = 0) -> Demand:
    """Draw the leads of one replication, each with its luck.

    Parameters
    ----------
    scenario
        Only the paths of :func:`demand_reads` matter.
    seed
        Root seed, a whole number from 0.
    replication
        Number of the replication, from 0.

    Returns
    -------
    Demand
        The same arrays for the same arguments in any process with the same libraries.
    """
    if seed < 0:
        raise InputError(f"seed = {seed}: must be a whole number from 0")
    streams, line = Streams(seed, replication), timeline(scenario)
    listed = flows(scenario, line, day_effects(scenario, streams, line))
    layers = [layer for flow in listed for layer in draw_layers(flow, streams)]
    columns = _leads(scenario, streams, layers, _backlog(scenario, listed))
    return Demand(
        reads=reads_digest(scenario), seed=seed, replication=replication,
        leave_luck=streams.open("leave").random((LEAVE_ROWS, LEAVE_BLOCKS)),
        visits_count=_visits(scenario, streams, line, listed, columns), **columns)  # fmt: skip


@once_per_scenario
def reads_digest(scenario: Scenario) -> str:
    """Return the digest of :func:`demand_reads`, which tells whether a demand is this scenario's."""
    return digest_of(demand_reads(scenario))


def demand_reads(scenario: Scenario) -> dict[str, Any]:
    """Return just the parts of a scenario that shape its Demand; what is not here can change and reuse it."""
    plain = scenario.canonical()
    marketing = plain["marketing"]
    for source in marketing["sources"].values():
        del source["cost_per_handed_usd"]
    for campaign in marketing["campaigns"].values():
        del campaign["cost_usd"]
    del marketing["handoff"]["intelligence"]
    sdr, ae = scenario.sales.sdr, plain["sales"]["ae"]
    return {
        "run": plain["run"],
        "order": [list(plain["personas"]), list(marketing["sources"]), list(marketing["campaigns"])],
        "zone": plain["calendar"]["zone"],
        "personas": {name: {**persona, "segment": ""} for name, persona in plain["personas"].items()},
        "marketing": marketing,
        "decay": plain["decay"],
        "reach": {**plain["sales"]["reach"], "presence": None},
        "best_class": best_class(scenario),
        "has_classes": has_classes(scenario),
        "max_attempts": sdr.cadence.max_attempts,
        "minutes_cv": sdr.minutes_cv,
        "record_lag": sdr.recording.lag,
        "meetings": {key: plain["sales"]["meetings"][key] for key in ("booking_lag", "booking_lag_cv")},
        "ae": {key: ae[key] for key in ("fade_half_life", "cycle_median", "cycle_cv")},
    }


def _leads(scenario: Scenario, streams: Streams, layers: list[Layer], backlog: list[Layer]) -> Columns:
    """Return every lead: those of the layers, those that wait from the start, and the duplicates of the former."""
    luck = Luck(streams, [Part(layer, layer.kept) for layer in [*layers, *backlog]])
    sources, campaigns = list(scenario.marketing.sources), ["", *scenario.marketing.campaigns]
    source = _of_each(luck, [sources.index(part.layer.flow.source) for part in luck.parts], np.int32)
    created_at = _joined([part.layer.created_at for part in luck.parts], np.float64)
    people = traits(scenario, luck, source, created_at)
    mql_at = people.pop("mql_at")
    handed_at = to_grid(mql_at + scenario.marketing.handoff.system_delay)
    waiting = slice(sum(len(layer.kept) for layer in layers), None)
    mql_at[waiting] = handed_at[waiting] = 0.0
    people |= {
        "source": source,
        "campaign": _of_each(luck, [campaigns.index(part.layer.flow.campaign) for part in luck.parts], np.int32),
        **outcomes(scenario, luck, source, people["persona"]),
    }
    records: Columns = {
        "lead_id": _joined([part.layer.lead_ids for part in luck.parts], np.int64),
        "duplicate_of": np.full(luck.count, -1, dtype=np.int64),
        "created_at": created_at,
        "mql_at": mql_at,
        "handed_at": handed_at,
    }
    return _in_order(scenario, people, *_with_duplicates(scenario, luck, layers, records))


def _with_duplicates(scenario: Scenario, luck: Luck, layers: list[Layer], records: Columns) -> tuple[Ints, Columns]:
    """Return whose record each is, and the records with second ones of some handed leads.

    A duplicate is the same person, with luck of its own in each attempt.
    """
    interest_until, everyone = interest(scenario, luck), np.arange(luck.count)
    rule = scenario.marketing.duplicates
    if rule.share <= 0:
        return everyone, records | contact(scenario, luck, interest_until)
    again = Luck(luck.streams, [Part(layer, layer.kept, "duplicate ") for layer in layers])
    first = Luck(luck.streams, luck.parts[: len(layers)])
    handed = ~np.isnan(records["handed_at"][: first.count])
    rows = np.flatnonzero(handed & (first.uniform("duplicate") < rule.share))
    created_at = records["created_at"][rows] + to_grid(first.exponential("duplicate lag", rule.lag)[rows])
    original = records["lead_id"][rows]
    copies = {
        "lead_id": original + 1,
        "duplicate_of": original,
        "created_at": created_at,
        "mql_at": created_at,
        "handed_at": to_grid(created_at + scenario.marketing.handoff.system_delay),
    }
    both = Luck(luck.streams, [*luck.parts, *again.chosen(rows)])
    interest_until = np.concatenate([interest_until, interest(scenario, again)[rows]])
    joined = {name: np.concatenate([column, copies[name]]) for name, column in records.items()}
    return np.concatenate([everyone, rows]), joined | contact(scenario, both, interest_until)


def _in_order(scenario: Scenario, people: Columns, person: Ints, records: Columns) -> Columns:
    """Join people and records by (created_at, lead_id); leads after the end of observation are dropped."""
    created_at, ids = records["created_at"], records["lead_id"]
    order = np.argsort(created_at)
    if np.any(np.diff(created_at[order]) == 0):
        order = np.lexsort((ids, created_at))  # rarely needed, and takes ten times as long
    order = order[created_at[order] < timeline(scenario).ends_at]
    if np.any(np.diff(np.sort(ids[order])) == 0):
        raise InputError("two sources share one id because their names hash alike; rename one of them")
    who = person[order]
    columns = {name: column.take(who) for name, column in people.items()}
    return columns | {name: column.take(order, axis=0) for name, column in records.items()}


def _joined(parts: list[npt.NDArray[Any]], kind: type) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=kind), *parts])


def _of_each(luck: Luck, values: list[int], kind: type) -> npt.NDArray[Any]:
    """Return for each lead what holds for its part."""
    return np.repeat(np.array(values, dtype=kind), [len(part.kept) for part in luck.parts])


def _backlog(scenario: Scenario, listed: list[Flow]) -> list[Layer]:
    """Return the leads that already wait when the run begins, as a layer of each source."""
    handed = [s.mean_monthly_leads * s.handed_share for s in scenario.marketing.sources.values()]
    total = sum(handed)
    if scenario.run.opening_backlog == 0 or total <= 0:
        return []
    edges = np.round(np.cumsum(handed) / total * scenario.run.opening_backlog).astype(np.int64)
    counts = np.diff(edges, prepend=0).tolist()
    usual = [flow for flow in listed if not flow.campaign]
    return [
        Layer(flow, _BACKLOG_LAYER, count, np.arange(count), np.zeros(count))
        for flow, count in zip(usual, counts, strict=True)
        if count
    ]


def _visits(scenario: Scenario, streams: Streams, line: Timeline, listed: list[Flow], columns: Columns) -> Ints:
    """Return visits by (source, day): the leads themselves, and in proportion the visitors who left nothing."""
    sources, days = scenario.marketing.sources, line.day_count
    visits = np.zeros((len(sources), days), dtype=np.int64)
    usual = np.flatnonzero(columns["campaign"] == 0)
    place = columns["source"][usual] * days + line.day_of(columns["created_at"][usual])
    leads = np.bincount(place, minlength=visits.size).reshape(visits.shape)
    for code, (name, source) in enumerate(sources.items()):
        share, flow = source.visit_to_lead_share, listed[code]
        if not share:
            continue
        expected = np.bincount(cells_of(line).day, weights=flow.mass * flow.volume, minlength=days)
        unknown = streams.open("visits", name).poisson(expected * (1.0 - share) / share)
        visits[code] = leads[code] + unknown
    return visits
