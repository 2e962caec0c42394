"""Ledgers made by hand, a few rows at a time, for measures that can be checked with pencil and paper."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smarketing_sim.engine.record import categories
from smarketing_sim.ledger import OUTCOMES, REASONS, SCHEMA, STATES, Ledger
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.sla import ClauseCounts, measure_clauses
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.timeline import timeline
from tests.builders import Overrides, make_scenario

# January and February 2024 in New York: the 1st is a Monday, the 15th is a holiday.
OFFICE_YEAR: Overrides = {
    "run.horizon_months": 2,
    "calendar": {"zone": "America/New_York", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["2024-01-15"]},
}
Row = Mapping[str, Any]


def at(scenario: Scenario, text: str) -> float:
    """Minutes since the epoch of a local time such as ``2024-01-05 16:00``."""
    local = dt.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(scenario.calendar.zone))
    return (local.astimezone(dt.UTC) - timeline(scenario).epoch).total_seconds() / 60.0


def office(**overrides: Any) -> Scenario:
    """The office of these tests; double underscores in names stand for dots."""
    return make_scenario(OFFICE_YEAR | {name.replace("__", "."): value for name, value in overrides.items()})


def lead(handed_at: float, **columns: Any) -> Row:
    """One lead: open, never worked, created and handed over at one instant."""
    if np.isnan(handed_at):
        return {"outcome": "recycled", "resolved_at": 0.0, "reason": "below handoff", **columns}
    return {"created_at": handed_at, "mql_at": handed_at, "handed_at": handed_at, **columns}


def make_ledger(
    scenario: Scenario,
    leads: Sequence[Row],
    attempts: Sequence[Row] = (),
    *,
    rep_time: Sequence[Row] = (),
    marketing: Sequence[Row] = (),
    ends_at: float | None = None,
) -> Ledger:
    """A ledger from rows; lead ids follow the rows unless given, attempts name a ``lead_id`` and ``started_at``.

    What a lead's row leaves out follows from its attempts, and from its times.
    """
    names = categories(scenario)
    tries = [_attempt(row) for row in attempts]
    people = [_lead(number, row, tries) for number, row in enumerate(leads)]
    tables = {
        "leads": _table("leads", people, names),
        "attempts": _table("attempts", sorted(tries, key=lambda row: (row["lead_id"], row["attempt"])), names),
        "rep_time": _table("rep_time", rep_time, names),
        "marketing": _table("marketing", marketing, names),
    }
    line = timeline(scenario)
    return Ledger(line.epoch, line.ends_at if ends_at is None else ends_at, names, tables)


def make_case(scenario: Scenario, leads: Sequence[Row], attempts: Sequence[Row] = (), **rest: Any) -> Case:
    return case_of(make_ledger(scenario, leads, attempts, **rest), scenario)


def judged(scenario: Scenario, leads: Sequence[Row], attempts: Sequence[Row] = (), **rest: Any) -> ClauseCounts:
    """What the only clause of a scenario attained."""
    (counts,) = measure_clauses(make_case(scenario, leads, attempts, **rest)).values()
    return counts


_LEAD: dict[str, Any] = {
    "replication": 0,
    "external_id": None,
    "account_id": 0,
    "source": 0,
    "campaign": 0,
    "persona": 0,
    "segment": 0,
    "fit": True,
    "score": 50.0,
    "outcome": "open",
    "reason": -1,
    "owner_id": 0,
    "expected_value": 0.0,
    "duplicate_of": -1,
}
_ATTEMPT: dict[str, Any] = {"replication": 0, "rep_id": 1, "channel": 0, "result": 0, "automatic": False}
_OTHER: dict[str, dict[str, Any]] = {
    "rep_time": {"replication": 0, "rep_id": 1},
    "marketing": {"replication": 0, "source": 0, "campaign": 0, "visits_count": 0, "spend": 0.0},
}
_NAMES = {"outcome": OUTCOMES, "reason": REASONS, "state": STATES}


def _attempt(row: Row) -> dict[str, Any]:
    start = row["started_at"]
    return _ATTEMPT | {"attempt": 1, "due_at": start, "ended_at": start} | dict(row)


def _lead(number: int, row: Row, tries: Sequence[Row]) -> dict[str, Any]:
    full = _LEAD | {"lead_id": number} | dict(row)
    mine = [t["started_at"] for t in tries if t["lead_id"] == full["lead_id"] and not t["automatic"]]
    full.setdefault("attempt_count", len(mine))
    full.setdefault("first_attempt_at", min(mine, default=np.nan))
    full.setdefault("censored", full["outcome"] == "open")
    return full


def _table(name: str, rows: Sequence[Row], names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    def cell(row: Row, column: str) -> Any:
        value = row.get(column, _OTHER.get(name, {}).get(column, np.nan))
        return (_NAMES.get(column) or names[column]).index(value) if isinstance(value, str) else value

    return {column: np.array([cell(row, column) for row in rows], dtype=kind) for column, kind in SCHEMA[name].items()}
