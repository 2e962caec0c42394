"""The leads of one replication: who comes, who is handed over, who comes again, and with what luck."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.arrivals import Flow, Layer, draw_layers
from smarketing_sim.world.draws import Luck
from smarketing_sim.world.luck import Codes, Columns, draw_contact, draw_outcomes, draw_traits
from smarketing_sim.world.streams import Streams
from smarketing_sim.world.timeline import timeline

Ints = npt.NDArray[np.int64]
_BACKLOG_LAYER = 63


def draw_leads(scenario: Scenario, streams: Streams, listed: list[Flow]) -> Columns:
    """Draw every lead: those of the flows, those that wait from the start, and the duplicates of the former.

    Who is handed over, and who comes again, is drawn first; then what only a follow-up reads, for those alone.

    Returns
    -------
    dict
        The columns of a Demand that have a row for each lead, by (created_at, lead_id).
    """
    layers = [layer for flow in listed for layer in draw_layers(flow, streams)]
    everyone = [*layers, *_backlog(scenario, listed)]
    coming = sum(len(layer.kept) for layer in layers)
    luck = Luck(streams, _joined([layer.lead_ids for layer in everyone], np.int64))
    people = _people(scenario, luck, everyone)
    records = _records(scenario, everyone, luck.lead_ids, people.pop("mql_at"), coming=coming)
    person, records = _with_duplicates(scenario, luck, records, coming=coming)
    order = _order(scenario, records["created_at"], records["lead_id"])
    columns = {name: column.take(person[order]) for name, column in people.items()}
    columns |= {name: column.take(order) for name, column in records.items()}
    return columns | _followed_up(scenario, streams, columns)


def _people(scenario: Scenario, luck: Luck, layers: list[Layer]) -> Columns:
    """Return who the leads of some layers are, and when they become MQLs."""
    sources, campaigns = list(scenario.marketing.sources), ["", *scenario.marketing.campaigns]
    source = _of_each(layers, [sources.index(layer.flow.source) for layer in layers])
    created_at = _joined([layer.created_at for layer in layers], np.float64)
    return {
        "source": source,
        "campaign": _of_each(layers, [campaigns.index(layer.flow.campaign) for layer in layers]),
        **draw_traits(scenario, luck, source, created_at),
    }


def _records(scenario: Scenario, layers: list[Layer], ids: Ints, mql_at: Floats, *, coming: int) -> Columns:
    """Return when the leads of some layers come and are handed over; all but the first wait from the start."""
    handed_at = to_grid(mql_at + scenario.marketing.handoff.system_delay)
    mql_at[coming:] = handed_at[coming:] = 0.0
    return {
        "lead_id": ids,
        "duplicate_of": np.full(len(mql_at), -1, dtype=np.int64),
        "created_at": _joined([layer.created_at for layer in layers], np.float64),
        "mql_at": mql_at,
        "handed_at": handed_at,
    }


def _with_duplicates(scenario: Scenario, luck: Luck, records: Columns, *, coming: int) -> tuple[Ints, Columns]:
    """Return whose record each is, and the records with second ones of some handed leads among the first.

    A duplicate is the same person, with luck of its own in each attempt.
    """
    rule, everyone = scenario.marketing.duplicates, np.arange(luck.count)
    if rule.share <= 0:
        return everyone, records
    handed = np.flatnonzero(~np.isnan(records["handed_at"][:coming]))
    rows = handed[luck.of(handed).uniform("duplicate") < rule.share]
    created_at = records["created_at"][rows] + to_grid(luck.of(rows).exponential("duplicate lag", rule.lag))
    original = records["lead_id"][rows]
    copies = {
        "lead_id": original + 1,
        "duplicate_of": original,
        "created_at": created_at,
        "mql_at": created_at,
        "handed_at": to_grid(created_at + scenario.marketing.handoff.system_delay),
    }
    joined = {name: np.concatenate([column, copies[name]]) for name, column in records.items()}
    return np.concatenate([everyone, rows]), joined


def _followed_up(scenario: Scenario, streams: Streams, columns: Columns) -> Columns:
    """Return what only a follow-up reads of the leads of some columns: zeros where a lead is never handed over."""
    handed = np.flatnonzero(~np.isnan(columns["handed_at"]))
    lead_id, first = columns["lead_id"][handed], columns["duplicate_of"][handed]
    person = Luck(streams, np.where(first >= 0, first, lead_id))
    found = draw_outcomes(scenario, person, columns["source"][handed], columns["persona"][handed])
    found |= draw_contact(scenario, Luck(streams, lead_id), columns["source"][handed])
    return {name: _spread(column, handed, count=len(columns["handed_at"])) for name, column in found.items()}


def _spread(column: npt.NDArray[Any], rows: Ints, *, count: int) -> npt.NDArray[Any]:
    """Return a column of so many leads that is zero but in some rows."""
    if len(rows) == count:
        return column
    everyone = np.zeros((count, *column.shape[1:]), dtype=column.dtype)
    everyone[rows] = column
    return everyone


def _order(scenario: Scenario, created_at: Floats, ids: Ints) -> Ints:
    """Return the rows by (created_at, lead_id); leads after the end of observation are dropped."""
    order = np.argsort(created_at)
    at = created_at[order]
    if np.any(at[1:] == at[:-1]):
        order = np.lexsort((ids, created_at))  # rarely needed, and takes ten times as long
    order = order[: np.searchsorted(at, timeline(scenario).ends_at)]
    if np.any(np.diff(np.sort(ids[order])) == 0):
        raise InputError("two sources share one id because their names hash alike; rename one of them")
    return order


def _joined(parts: list[npt.NDArray[Any]], kind: type) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=kind), *parts])


def _of_each(layers: list[Layer], values: list[int]) -> Codes:
    """Return for each lead what holds for its layer."""
    return np.repeat(np.array(values, dtype=np.int32), [len(layer.kept) for layer in layers])


def _backlog(scenario: Scenario, listed: list[Flow]) -> list[Layer]:
    """Return the leads that already wait when the run begins, as a layer of each source."""
    handed = [source.mean_monthly_handed for source in scenario.marketing.sources.values()]
    total = sum(handed)
    if scenario.run.opening_backlog == 0 or total <= 0:
        return []
    edges = np.round(np.cumsum(handed) / total * scenario.run.opening_backlog).astype(np.int64)
    counts = np.diff(edges, prepend=0).tolist()
    usual = [flow for flow in listed if not flow.campaign]
    return [
        Layer(flow, _BACKLOG_LAYER, np.arange(count), np.zeros(count))
        for flow, count in zip(usual, counts, strict=True)
        if count
    ]
