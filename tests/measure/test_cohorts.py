"""One replication of a ledger: its rows, its columns on demand, and attempts in whatever order they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.ledger import Column, Ledger, Table
from smarketing_sim.measure.cohorts import Case, case_of, nth_attempt_at
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import small_scenarios
from tests.measure.ledgers import at, lead, make_case, office

NEVER_READ = {
    "leads": {"external_id", "account_id", "campaign", "persona", "segment", "score", "meeting_at", "owner_id"},
    "attempts": {"lead_id", "rep_id", "result", "channel"},
    "marketing": {"campaign"},
}


class Watched(Mapping[str, Column]):
    """A table that remembers which of its columns were read."""

    def __init__(self, table: Table) -> None:
        self.table, self.read = table, set[str]()

    def __getitem__(self, column: str) -> Column:
        self.read.add(column)
        return self.table[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)


def watched(ledger: Ledger) -> tuple[Ledger, dict[str, Watched]]:
    tables = {name: Watched(table) for name, table in ledger.tables.items()}
    watching = replace(ledger, tables=tables)
    for table in tables.values():
        table.read.clear()  # the checks of a ledger read every column
    return watching, tables


def same(a: Measures, b: Measures) -> None:
    for name in {field.name for field in fields(Measures)} - {"clauses"}:
        np.testing.assert_equal(getattr(a, name), getattr(b, name))
    assert set(a.clauses) == set(b.clauses)
    for name, counts in a.clauses.items():
        np.testing.assert_equal(vars(counts), vars(b.clauses[name]))


def test_columns_that_no_measure_needs_are_never_made() -> None:
    scenario = make_scenario({"sla": {"speed": {"target": 0.9, "within": "1 hour"}}})
    ledger = simulate(scenario, sample_demand(scenario, seed=1))
    watching, tables = watched(ledger)
    case_of(watching, scenario)
    assert {name: table.read for name, table in tables.items() if table.read} == {}
    same(measure(watching, scenario), measure(ledger, scenario))
    assert {name: columns & tables[name].read for name, columns in NEVER_READ.items()} == {
        "leads": set(), "attempts": set(), "marketing": set()
    }  # fmt: skip


@settings(max_examples=20)
@given(small_scenarios(), st.integers(0, 3))
def test_a_replication_is_measured_alike_alone_and_among_others(overrides: Overrides, seed: int) -> None:
    scenario = make_scenario(overrides)
    demands = [sample_demand(scenario, seed=seed, replication=number) for number in range(2)]
    alone = [simulate(scenario, demands[0]), simulate_unlimited(scenario, demands[1])]
    joined = Ledger.concat(alone)
    for number, ledger in enumerate(alone):
        case = case_of(joined, scenario, replication=number)
        for mine, table in ((case.leads, "leads"), (case.attempts, "attempts"), (case.rep_time, "rep_time")):
            np.testing.assert_equal(dict(mine), dict(ledger.tables[table]))
        np.testing.assert_equal(case.responded_at, case_of(ledger, scenario).responded_at)
        np.testing.assert_equal(case.shared_minutes_by_state, case_of(ledger, scenario).shared_minutes_by_state)


def naive_nth(case: Case, number: int) -> list[float]:
    """When the n-th human attempt of each lead of the contract cohort was started, one lead at a time."""
    found = []
    human = ~case.attempts["automatic"]
    for lead_id in case.leads["lead_id"][case.contract_cohort].tolist():
        started = np.sort(case.attempts["started_at"][human & (case.attempts["lead_id"] == lead_id)])
        found.append(float(started[number - 1]) if len(started) >= number else np.nan)
    return found


@pytest.mark.parametrize("machine", [False, True], ids=["people only", "an automatic touch before"])
@given(st.lists(st.lists(st.integers(0, 50), max_size=4), min_size=1, max_size=5))
def test_attempts_count_by_the_clock_whatever_order_they_were_written_down_in(
    machine: bool, minutes: list[list[int]]
) -> None:
    scenario = office()
    handed = at(scenario, "2024-01-03 10:00")
    calls = [
        {"lead_id": who, "attempt": n, "started_at": handed + minute}
        for who, mine in enumerate(minutes)
        for n, minute in enumerate(mine, 1)
    ]
    if machine:
        calls += [
            {"lead_id": who, "attempt": 0, "started_at": handed, "automatic": True} for who in range(len(minutes))
        ]
    case = make_case(scenario, [lead(handed)] * len(minutes), calls)
    np.testing.assert_array_equal(case.responded_at, naive_nth(case, 1))
    for number in (1, 2, 4):
        np.testing.assert_array_equal(nth_attempt_at(case, number), naive_nth(case, number))
