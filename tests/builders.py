"""Small scenarios and hand-made demands, for tests that must know every number."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.scenario.building import build
from smarketing_sim.scenario.schema import Scenario, digest_of
from smarketing_sim.world.demand import LEAVE_BLOCKS, LEAVE_ROWS, Demand, demand_reads
from smarketing_sim.world.timeline import timeline

Overrides = dict[str, Any]

# One source, one persona, one rep who is always there and does nothing else, one attempt, no lateness, no contract.
_BASE: dict[str, Any] = {
    "name": "theory",
    "run": {"starts_on": "2024-01-01", "horizon_months": 1, "warm_up_weeks": 0, "cool_down_weeks": 0},
    "calendar": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}},
    "personas": {"anyone": {"share": 1.0, "deal_value": 1000}},
    "marketing": {"sources": {"web": {"leads_per_month": 100, "qualify_prob": 0.5, "win_prob": 0.5}}},
    "decay": {"preset": "none"},
    "sales": {
        "sdr": {
            "headcount": 1,
            "channels": {
                "phone": {"preparation": "0 min", "no_answer": "1 min", "voicemail": "1 min", "talk": "1 min"}
            },
            "cadence": {"max_attempts": 1},
        },
        "ae": {"headcount": 1},
    },
}
OFFICE_HOURS = {"mon-fri": ["09:00-12:00", "13:00-17:00"]}


def base_document() -> dict[str, Any]:
    """Return the base scenario as plain data, fresh to change."""
    return copy.deepcopy(_BASE)


def make_scenario(overrides: Overrides | None = None) -> Scenario:
    """Return the base scenario with values changed by dotted path."""
    return build(base_document(), overrides=overrides or {})


def make_demand(scenario: Scenario, *, handed_at: npt.ArrayLike, **columns: Any) -> Demand:
    """Return a demand made of plain arrays instead of draws.

    By default a lead is created, an MQL and handed over at one instant, is reached by its first attempt, does not
    qualify, and waits for ever. One number stands for all leads; attempt columns take (leads,) or (leads, attempts).
    """
    handed = np.asarray(handed_at, dtype=np.float64)
    count, attempts = len(handed), scenario.sales.sdr.cadence.max_attempts
    values: dict[str, Any] = {"created_at": handed, "mql_at": handed, "handed_at": handed} | _DEFAULTS | columns
    values.setdefault("lead_id", np.arange(count))
    lead: dict[str, Any] = {}
    for name, value in values.items():
        kind = _KINDS.get(name, np.float64)
        if name in _BY_ATTEMPT:
            wide = np.asarray(value, dtype=kind)
            wide = wide[:, None] if wide.ndim == 1 else wide
            lead[name] = np.broadcast_to(wide, (count, attempts)).copy()
        else:
            lead[name] = np.broadcast_to(np.asarray(value, dtype=kind), (count,)).copy()
    if "class_luck" in columns:
        lead["class_luck"] = np.asarray(columns["class_luck"], dtype=np.float64)
    else:
        lead["class_luck"] = np.zeros((count, 0))
    return Demand(
        reads=digest_of(demand_reads(scenario)),
        seed=0,
        replication=0,
        leave_luck=np.zeros((LEAVE_ROWS, LEAVE_BLOCKS)),
        visits_count=np.zeros((len(scenario.marketing.sources), timeline(scenario).day_count), dtype=np.int64),
        **lead,
    )


_BY_ATTEMPT = {"connect_before", "preparation_unit", "no_answer_unit", "voicemail_luck"}
_KINDS: dict[str, Any] = {
    "lead_id": np.int64,
    "duplicate_of": np.int64,
    "source": np.int32,
    "campaign": np.int32,
    "persona": np.int32,
    "fit": np.bool_,
    "bad_number": np.bool_,
}
_DEFAULTS: dict[str, Any] = {
    "duplicate_of": -1,
    "source": 0,
    "campaign": 0,
    "persona": 0,
    "fit": True,
    "score": 50.0,
    "qualify_prob": 0.0,
    "qualify_luck": 0.5,
    "booking_minutes": 0.0,
    "show_luck": 0.0,
    "rebook_luck": 0.0,
    "rebooking_minutes": 0.0,
    "second_show_luck": 0.0,
    "win_prob": 0.0,
    "win_wait_limit": -1.0,
    "cycle_minutes": 0.0,
    "deal_value": 0.0,
    "mean_value": 0.0,
    "reason_luck": 0.5,
    "record_luck": 0.0,
    "record_lag_minutes": 0.0,
    "interest_until": np.inf,
    "patience_minutes": np.inf,
    "bad_number": False,
    "intelligence_luck": 0.5,
    "misroute_luck": 0.5,
    "talk_unit": 1.0,
    "connect_before": np.inf,
    "preparation_unit": 1.0,
    "no_answer_unit": 1.0,
    "voicemail_luck": 1.0,
}
