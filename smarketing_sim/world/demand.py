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
from smarketing_sim.scenario.schema import Scenario, digest_of
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.arrivals import CELL_MINUTES, Flow, Layer, day_effects, draw_layers, flows, lead_ids
from smarketing_sim.world.calendar import Floats, Timeline, timeline
from smarketing_sim.world.luck import Columns, LayerLuck, best_class, contact, has_classes, outcomes, traits
from smarketing_sim.world.streams import Streams

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
LEAVE_ROWS, LEAVE_BLOCKS = 256, 32


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
        kept = {name: getattr(self, name)[rows] for name in LEAD_COLUMNS}
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
    parts: list[Columns] = []
    listed = flows(scenario, line, day_effects(scenario, streams, line))
    for flow in listed:
        for layer in draw_layers(flow, streams):
            parts += _layer(scenario, streams, flow, layer)
        parts += _backlog(scenario, streams, flow)
    columns = _joined(scenario, parts)
    return Demand(
        reads=digest_of(demand_reads(scenario)), seed=seed, replication=replication,
        leave_luck=streams.open("leave").random((LEAVE_ROWS, LEAVE_BLOCKS)),
        visits_count=_visits(scenario, streams, line, listed, columns), **columns)  # fmt: skip


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


def _layer(scenario: Scenario, streams: Streams, flow: Flow, layer: Layer) -> list[Columns]:
    """Return the leads of one rate layer, and the duplicates they spawn."""
    luck = LayerLuck(streams, flow.key, layer)
    who = traits(scenario, flow, luck)
    delay = scenario.marketing.handoff.system_delay
    columns: Columns = {
        "lead_id": lead_ids(flow, layer),
        "duplicate_of": np.full(len(layer.kept), -1, dtype=np.int64),
        "source": np.full(len(layer.kept), list(scenario.marketing.sources).index(flow.source), dtype=np.int32),
        "campaign": np.full(len(layer.kept), _campaign_code(scenario, flow), dtype=np.int32),
        "created_at": layer.created_at,
        **who,
        "handed_at": to_grid(who["mql_at"] + delay),
        **outcomes(scenario, flow, luck, who["persona"]),
        **contact(scenario, luck),
    }
    copies = _duplicates(scenario, luck, columns)
    return [columns] if copies is None else [columns, copies]


def _duplicates(scenario: Scenario, luck: LayerLuck, columns: Columns) -> Columns | None:
    """Return second records of some handed leads: the same person, with luck of its own in each attempt."""
    rule = scenario.marketing.duplicates
    if rule.share <= 0:
        return None
    handed = ~np.isnan(columns["handed_at"])
    rows = np.flatnonzero(handed & (luck.uniform("duplicate") < rule.share))
    again = contact(scenario, LayerLuck(luck.streams, luck.key, luck.layer, prefix="duplicate "))
    copies = {name: again.get(name, column)[rows] for name, column in columns.items()}
    created = columns["created_at"][rows] + to_grid(luck.exponential("duplicate lag", rule.lag))[rows]
    delay = scenario.marketing.handoff.system_delay
    copies |= {"lead_id": columns["lead_id"][rows] + 1, "duplicate_of": columns["lead_id"][rows],
               "created_at": created, "mql_at": created, "handed_at": to_grid(created + delay)}  # fmt: skip
    return copies


def _backlog(scenario: Scenario, streams: Streams, flow: Flow) -> list[Columns]:
    """Return this flow's part of the leads that already wait when the run begins."""
    handed = {n: s.mean_monthly_leads * s.handed_share for n, s in scenario.marketing.sources.items()}
    total = sum(handed.values())
    if flow.campaign or scenario.run.opening_backlog == 0 or total <= 0:
        return []
    names = list(handed)
    edges = np.round(np.cumsum([handed[n] for n in names]) / total * scenario.run.opening_backlog).astype(int)
    index = names.index(flow.source)
    count = int(edges[index] - (edges[index - 1] if index else 0))
    layer = Layer(63, count, np.arange(count), np.zeros(count))
    columns = _layer(scenario, streams, flow, layer)[0]
    return [columns | {"mql_at": np.zeros(count), "handed_at": np.zeros(count)}] if count else []


def _campaign_code(scenario: Scenario, flow: Flow) -> int:
    """Return the code of a campaign; 0 is no campaign."""
    return list(scenario.marketing.campaigns).index(flow.campaign) + 1 if flow.campaign else 0


def _joined(scenario: Scenario, parts: list[Columns]) -> Columns:
    """Join the parts and sort them by (created_at, lead_id); leads after the end of observation are dropped."""
    if not parts:
        parts = [_no_leads(scenario)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in LEAD_COLUMNS}
    order = np.lexsort((columns["lead_id"], columns["created_at"]))
    order = order[columns["created_at"][order] < timeline(scenario).ends_at]
    ids = columns["lead_id"][order]
    if len(np.unique(ids)) != len(ids):
        raise InputError("two sources share one id because their names hash alike; rename one of them")
    return {name: column[order] for name, column in columns.items()}


def _no_leads(scenario: Scenario) -> Columns:
    attempts = scenario.sales.sdr.cadence.max_attempts
    wide = {"connect_before", "preparation_unit", "no_answer_unit", "voicemail_luck"}
    kinds: dict[str, Any] = {
        "lead_id": np.int64,
        "duplicate_of": np.int64,
        "source": np.int32,
        "campaign": np.int32,
        "persona": np.int32,
        "fit": np.bool_,
        "bad_number": np.bool_,
    }
    shapes = {name: (0, attempts) if name in wide else (0,) for name in LEAD_COLUMNS} | {"class_luck": (0, 0)}
    return {name: np.zeros(shapes[name], dtype=kinds.get(name, np.float64)) for name in LEAD_COLUMNS}


def _visits(scenario: Scenario, streams: Streams, line: Timeline, listed: list[Flow], columns: Columns) -> Ints:
    """Return visits by (source, day): the leads themselves, and in proportion the visitors who left nothing."""
    sources = scenario.marketing.sources
    visits = np.zeros((len(sources), line.day_count), dtype=np.int64)
    day = line.day_of(np.arange(0.0, line.ends_at, CELL_MINUTES))
    for code, (name, source) in enumerate(sources.items()):
        share, flow = source.visit_to_lead_share, listed[code]
        if not share:
            continue
        expected = np.bincount(day, weights=flow.mass * flow.volume, minlength=line.day_count)
        mine = (columns["campaign"] == 0) & (columns["source"] == code)
        leads = np.bincount(line.day_of(columns["created_at"][mine]), minlength=line.day_count)
        visits[code] = leads + streams.open("visits", name).poisson(expected * (1.0 - share) / share)
    return visits
