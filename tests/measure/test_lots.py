"""A large year is measured lot by lot: the same numbers as at once, and never all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.ledger import SCHEMA, Column, LazyTable, Ledger
from smarketing_sim.measure import cohorts
from smarketing_sim.measure.cohorts import case_of
from smarketing_sim.measure.response import ResponseSums, WaitingSums
from smarketing_sim.measure.sla import measure_clauses
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import small_scenarios
from tests.measure.ledgers import at, lead, make_ledger, office

COUNTS = {"leads_count", "handed_count", "duplicates_count", "open_count", "won_count"}
PROMISES: Overrides = {
    "sla": {
        "speed": {"target": 0.9, "within": "3 business hours"},
        "depth": {"target": 0.8, "attempts": 3, "within": "4 days", "applies_to": {"score_at_least": 50}},
        "quality": {"target": 0.6, "within": "3 days"},
        "feedback": {"target": 0.9, "within": "6 days"},
        "volume": {"value_per_rep": 1000, "contract_headcount": 3},
        "pacing": {"target": 0.75, "leads_per_rep": 20, "contract_headcount": 1, "band": 0.2},
    }
}


@contextmanager
def lots_of(leads: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cohorts, "LOT", leads)
        yield


def in_lots(leads: int, ledger: Ledger, scenario: Scenario) -> Measures:
    with lots_of(leads):
        return measure(ledger, scenario, unlimited=ledger)


def plain(ledger: Ledger) -> Ledger:
    """The same ledger as a file or a CRM would give it: every column an array."""
    tables = {name: {column: ledger.tables[name][column].copy() for column in SCHEMA[name]} for name in SCHEMA}
    return replace(ledger, tables=tables)


def agree(a: Measures, b: Measures) -> None:
    """Counts to the last bit, and so is everything made of them; sums of money and minutes to their rounding."""
    apart = {"headline", "clauses", "ceiling", "funnel", "expected_by_month"}
    for name in {field.name for field in fields(Measures)} - apart:
        np.testing.assert_equal(getattr(a, name), getattr(b, name), err_msg=name)
    np.testing.assert_allclose(a.expected_by_month, b.expected_by_month, rtol=1e-12)
    assert list(a.ceiling) == list(a.clauses) == list(b.clauses)
    for name in a.clauses:
        np.testing.assert_allclose(
            a.ceiling[name], b.ceiling[name], rtol=1e-12 if name == "volume" else 0.0, err_msg=name
        )
        for column, counts in vars(a.clauses[name]).items():
            other = vars(b.clauses[name])[column]
            np.testing.assert_allclose(
                counts, other, rtol=1e-12 if name == "volume" else 0.0, err_msg=f"{name} {column}"
            )
    np.testing.assert_allclose(a.funnel, b.funnel, rtol=1e-12)
    assert list(a.headline) == list(b.headline)
    for name, value in a.headline.items():
        np.testing.assert_allclose(value, b.headline[name], rtol=0.0 if name in COUNTS else 1e-12, err_msg=name)


@pytest.mark.slow
@settings(max_examples=20)
@given(small_scenarios(), st.integers(0, 3), st.sampled_from([7, 50]))
def test_a_year_measured_lot_by_lot_is_the_year_measured_at_once(overrides: Overrides, seed: int, leads: int) -> None:
    scenario = make_scenario(overrides | PROMISES)
    demand = sample_demand(scenario, seed=seed)
    for ledger in (simulate(scenario, demand), simulate_unlimited(scenario, demand)):
        at_once = measure(ledger, scenario, unlimited=ledger)
        agree(in_lots(leads, ledger, scenario), at_once)
        agree(in_lots(leads, plain(ledger), scenario), at_once)


@pytest.mark.parametrize("file", ["baseline", "article-sla", "hubspot-sla", "olist-2018"])
def test_shipped_years_are_measured_alike_in_small_lots(params: Path, file: str) -> None:
    short = {"run.horizon_months": 2, "run.warm_up_weeks": 2, "sales.sdr.automatic_reply": {"after": "1 min"}}
    scenario = load(params / f"{file}.yaml", short)
    ledger = simulate(scenario, sample_demand(scenario, seed=1))
    count = len(ledger.tables["leads"]["lead_id"])
    assert count > 100
    assert bool(ledger.tables["attempts"]["automatic"].any())
    for leads in (50, count, count + 1):
        agree(in_lots(leads, ledger, scenario), measure(ledger, scenario, unlimited=ledger))


def test_replications_of_one_ledger_are_measured_alike_in_lots() -> None:
    scenario = make_scenario(PROMISES | {"sales.sdr.automatic_reply": {"after": "1 min"}})
    alone = [simulate(scenario, sample_demand(scenario, seed=5, replication=number)) for number in range(3)]
    joined = Ledger.concat(alone)
    for number, ledger in enumerate(alone):
        with lots_of(20):
            case = case_of(joined, scenario, replication=number)
            waits, clauses = case.total(WaitingSums.of), measure_clauses(case)
        np.testing.assert_array_equal(waits.joined_minutes, WaitingSums.of(case_of(ledger, scenario)).joined_minutes)
        for name, counts in measure_clauses(case_of(ledger, scenario)).items():
            for column, expected in vars(counts).items():
                np.testing.assert_allclose(vars(clauses[name])[column], expected, rtol=1e-12)


def test_a_lot_never_parts_a_lead_from_its_second_record() -> None:
    scenario = office(**PROMISES)
    handed = at(scenario, "2024-01-03 10:00")
    leads = [lead(handed), lead(handed + 60, duplicate_of=0, connected_at=handed + 230, expected_value=700.0),
             lead(handed), lead(handed + 90, duplicate_of=2)]  # fmt: skip
    calls = [{"lead_id": n, "started_at": handed + 100, "ended_at": handed + 130} for n in range(4)]
    ledger = make_ledger(scenario, leads, calls)
    measured = in_lots(1, ledger, scenario)
    agree(measured, measure(ledger, scenario, unlimited=ledger))
    assert (measured.headline["leads_count"], measured.headline["expected_revenue"]) == (2.0, 700.0)
    assert measured.headline["hours_on_duplicates"] == 1.0
    assert (measured.headline["handed_count"], measured.headline["duplicates_count"]) == (2.0, 2.0)
    assert measured.clauses["speed"].duplicate_count.sum() == 2


def test_any_number_of_automatic_touches_may_stand_among_the_attempts_of_a_lot() -> None:
    scenario = office(**PROMISES)
    handed = at(scenario, "2024-01-03 10:00")
    touches = [{"lead_id": who, "attempt": n, "started_at": handed, "automatic": True}
               for who in (0, 2) for n in (0, *range(2, 9))]  # fmt: skip
    calls = [{"lead_id": n, "attempt": 1, "started_at": handed + 10 * n, "ended_at": handed + 99} for n in (0, 1, 3)]
    ledger = make_ledger(scenario, [lead(handed)] * 4, [*touches, *calls])
    agree(in_lots(1, ledger, scenario), measure(ledger, scenario, unlimited=ledger))
    with lots_of(1):
        minutes = case_of(ledger, scenario).total(ResponseSums.of).wall_minutes
    assert np.concatenate(minutes).tolist() == [0.0, 10.0, np.inf, 30.0]


def test_a_ledger_without_a_lead_is_measured() -> None:
    ledger = make_ledger(office(**PROMISES), [])
    measured = in_lots(3, ledger, office(**PROMISES))
    assert measured.headline["leads_count"] == 0.0
    assert np.isnan(
        [measured.headline[name] for name in ("never_called_share", "response_wall_p50_minutes", "cycle_days")]
    ).all()
    assert np.isnan(measured.attempts_made).all()


def test_no_column_of_leads_or_attempts_is_made_for_more_than_a_lot() -> None:
    scenario = make_scenario(PROMISES | {"marketing.sources.web.leads_per_month": 2000})
    ledger = simulate(scenario, sample_demand(scenario, seed=1))
    most = {"leads": 0, "attempts": 0}

    def watched(table: str, name: str, rows: slice) -> Column:
        column: Column = ledger.tables[table][name][rows]
        most[table] = max(most[table], len(column))
        return column

    lazy: dict[str, Any] = {
        table: LazyTable({name: partial(watched, table, name) for name in SCHEMA[table]}) for table in most
    }
    agree(
        in_lots(100, replace(ledger, tables={**ledger.tables, **lazy}), scenario),
        measure(ledger, scenario, unlimited=ledger),
    )
    assert len(ledger.tables["leads"]["lead_id"]) > 1500
    assert most["leads"] == 100
    assert 100 <= most["attempts"] <= 200  # one attempt at most on each of these leads, and room to look for more
