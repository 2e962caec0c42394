"""The benchmark model as a scenario and its years as demands, so that the project's own engines run it."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.model import ATTEMPTS, DEPTH_MINUTES, GAPS, HORIZON, MEAN_USD, Thin, Year
from smarketing_sim.ledger import Ledger
from smarketing_sim.scenario.building import build
from smarketing_sim.scenario.schema import Scenario, digest_of
from smarketing_sim.world.demand import LEAVE_BLOCKS, LEAVE_ROWS, Demand, demand_reads
from smarketing_sim.world.timeline import timeline

SOURCES = {"organic": 0.4, "search": 0.3, "referral": 0.2, "event": 0.1}
PERSONAS = {"small": 0.5, "mid": 0.3, "large": 0.2}
# Every number that the model draws is in the demand; these play no part, or are the same for all.
_SAME: dict[str, Any] = {
    "duplicate_of": np.int64(-1),
    "campaign": np.int32(0),
    "fit": np.True_,
    "booking_minutes": 0.0,
    "show_luck": 0.0,
    "rebook_luck": 0.0,
    "rebooking_minutes": 0.0,
    "second_show_luck": 0.0,
    "reason_luck": 0.5,
    "record_luck": 0.0,
    "record_lag_minutes": 0.0,
    "interest_until": np.inf,
    "bad_number": np.False_,
    "intelligence_luck": 0.5,
    "misroute_luck": 0.5,
    "talk_unit": 1.0,
}
_SAME_BY_ATTEMPT = {"no_answer_unit": 1.0, "voicemail_luck": 1.0}


def scenario_for(*, rate: float, reps: int) -> Scenario:
    """Return the benchmark model as a scenario: one clock that never stands still, 90 days, every rep always there."""
    per_month = rate * 250 / 3
    return build(
        {
            "name": f"benchmark, {rate:g} leads a day, {reps} reps",
            "run": {"starts_on": "2023-01-01", "horizon_months": 3, "warm_up_weeks": 0, "cool_down_weeks": 0},
            "calendar": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}},
            "personas": {
                name: {"share": share, "deal_value": round(float(value), 2), "deal_value_cv": 0.95}
                for (name, share), value in zip(PERSONAS.items(), MEAN_USD, strict=True)
            },
            "marketing": {
                "patience_mean": "4800 min",
                "sources": {
                    name: {"leads_per_month": per_month * share, "qualify_prob": 0.34, "win_prob": 0.25}
                    for name, share in SOURCES.items()
                },
            },
            "decay": {"preset": "none"},
            "sales": {
                "sdr": {
                    "headcount": reps,
                    "marketing_time": {"share": 1.0},
                    "channels": {
                        "phone": {"preparation": "1 min", "no_answer": "0 min", "voicemail": "0 min", "talk": "0 min"}
                    },
                    "cadence": {"max_attempts": ATTEMPTS, "gaps": [f"{gap:g} min" for gap in GAPS]},
                    "queue": {"order": "score", "new_before_retries": True},
                },
                "ae": {"headcount": 1},
            },
            "sla": {
                "speed": {"target": 0.9, "within": "15 min"},
                "speed_slow": {"kind": "speed", "target": 0.95, "within": "6 hours"},
                "depth": {"target": 0.8, "attempts": 4, "within": "4 days"},
            },
        },
    )


def demand_for(scenario: Scenario, year: Year, replication: int = 0) -> Demand:
    """Return a year as a demand; columns that are the same for all leads take no memory."""
    count, lead_id = year.lead_count, np.arange(year.lead_count)
    patience = (year.deadline - year.created_at).astype(np.float32)  # as it was drawn: no bit is lost
    columns: dict[str, Any] = {
        "lead_id": lead_id,
        "source": year.source,
        "persona": year.persona,
        "score": year.score,
        "created_at": year.created_at,
        "mql_at": year.created_at,
        "handed_at": year.created_at,
        "qualify_prob": year.qualify_prob,
        "qualify_luck": year.qualify_luck,
        "win_prob": year.win_prob,
        "win_wait_limit": _LIMITS.take(year.would_win, mode="clip"),
        "cycle_minutes": year.cycle_minutes,
        "deal_value": year.value,
        "mean_value": _MEANS.take(year.persona),
        "patience_minutes": patience,
        "connect_before": year.connect_before,
        "class_luck": np.empty((count, 0)),
        "preparation_unit": year.handling_minutes,
    }
    columns |= {name: _everyone(value, (count,)) for name, value in _SAME.items()}
    columns |= {name: _everyone(value, (count, ATTEMPTS)) for name, value in _SAME_BY_ATTEMPT.items()}
    return Demand(replication=replication, **_constants(scenario), **columns)


def thin_of(ledger: Ledger) -> Thin:
    """Return what a ledger says became of each lead."""
    leads, attempts = ledger.tables["leads"], ledger.tables["attempts"]
    value, first = leads["value"], leads["first_attempt_at"]
    won = ~np.isnan(value) & (leads["deal_closed_at"] < HORIZON)
    return Thin(
        first_at=first,
        attempt_count=leads["attempt_count"],
        attempts_in_12=_in_time(leads, attempts),
        connected_at=leads["connected_at"],
        qualified=~np.isnan(leads["qualified_at"]),
        won=won,
        revenue=np.where(won, value, 0.0),
    )


_LIMITS = np.array([-1.0, np.inf], dtype=np.float32)
_MEANS = MEAN_USD.astype(np.float32)


def _in_time(leads: Any, attempts: Any) -> npt.NDArray[np.int32]:
    """Count the attempts of each lead that were begun in the first 12 days; the ids are the rows."""
    lead = attempts["lead_id"]
    early = attempts["started_at"] <= leads["created_at"].take(lead) + DEPTH_MINUTES
    return np.bincount(lead[early], minlength=len(leads["lead_id"])).astype(np.int32)


@functools.lru_cache(maxsize=512)
def _everyone(value: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    return np.broadcast_to(np.asarray(value), shape)


_known: dict[int, tuple[Scenario, dict[str, Any]]] = {}


def _constants(scenario: Scenario) -> dict[str, Any]:
    """Return what every year of a scenario shares; kept, for the digest of a scenario takes a while."""
    if id(scenario) not in _known:
        shared = {
            "reads": digest_of(demand_reads(scenario)),
            "seed": 0,
            "leave_luck": np.zeros((LEAVE_ROWS, LEAVE_BLOCKS)),
            "visits_count": np.zeros((len(SOURCES), timeline(scenario).day_count), dtype=np.int64),
        }
        _known[id(scenario)] = (scenario, shared)
    return _known[id(scenario)][1]
