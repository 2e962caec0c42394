"""Scenario → Demand: all randomness is drawn here, before any policy is known.

A Demand holds every lead with its whole luck as plain arrays. Two scenarios that differ only in what sales does share
one Demand, which makes them comparable lead by lead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.errors import InputError
from smarketing_sim.scenario.schema import Scenario, digest_of, once_per_scenario
from smarketing_sim.world.arrivals import Flow, cells_of, day_effects, flows
from smarketing_sim.world.leads import draw_leads
from smarketing_sim.world.luck import Columns, best_class, has_classes
from smarketing_sim.world.streams import Streams
from smarketing_sim.world.timeline import Timeline, timeline

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
LEAVE_ROWS, LEAVE_BLOCKS = 256, 32


@dataclass(frozen=True, eq=False, kw_only=True)
class Demand:
    """Leads with their luck: one row per lead, one column per attempt. Times are minutes since the epoch.

    Rows are in the order (created_at, lead_id). ``connect_before`` and the other attempt arrays have shape
    (leads, max_attempts); ``class_luck`` has no column where neither channel nor hour changes the chance to connect.
    ``interest_until``, ``patience_minutes`` and ``connect_before`` are ages, infinite where they play no part;
    ``mql_at`` and ``handed_at`` are NaN where a lead is never handed over. What only a follow-up can show, which is
    ``qualify_luck`` to ``voicemail_luck``, is 0 there: nobody reads it, and most leads are never handed over.
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
    deal_value: Floats
    mean_value: Floats
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

    def without_attempts(self) -> Demand:
        """Return the demand without the luck of its attempts, the larger part of it, which nobody reads once made."""
        none: dict[str, Any] = {name: np.zeros((0,) * getattr(self, name).ndim) for name in _OF_ATTEMPTS}
        return replace(self, **none)


_OF_ATTEMPTS = ("talk_unit", "connect_before", "class_luck", "preparation_unit", "no_answer_unit", "voicemail_luck")
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
    columns = draw_leads(scenario, streams, listed)
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
        del source["cost_per_handed"]
    for campaign in marketing["campaigns"].values():
        del campaign["cost"]
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


def _visits(scenario: Scenario, streams: Streams, line: Timeline, listed: list[Flow], columns: Columns) -> Ints:
    """Return visits by (source, day): the leads themselves, and in proportion the visitors who left nothing."""
    sources, days = scenario.marketing.sources, line.day_count
    visits = np.zeros((len(sources), days), dtype=np.int64)
    in_day = np.diff(np.searchsorted(columns["created_at"], line.day_starts_at))
    place = (columns["source"] * days + np.repeat(np.arange(days), in_day))[columns["campaign"] == 0]
    leads = np.bincount(place, minlength=visits.size).reshape(visits.shape)
    for code, (name, source) in enumerate(sources.items()):
        share, flow = source.visit_to_lead_share, listed[code]
        if not share:
            continue
        expected = np.bincount(cells_of(line).day, weights=flow.mass * flow.volume, minlength=days)
        unknown = streams.open("visits", name).poisson(expected * (1.0 - share) / share)
        visits[code] = leads[code] + unknown
    return visits
