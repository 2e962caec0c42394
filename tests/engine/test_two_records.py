"""A person with two records: the first talk decides, by whichever record, and counts once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.ledger import REASONS, Ledger
from smarketing_sim.measure.summary import measure
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import FEWER, small_scenarios

MANY = {"share": 1.0, "lag": "2 days"}
DUPLICATE = REASONS.index("duplicate")
ENGINES = ("reference", "compiled", "unlimited")
PLAN: Overrides = {
    "marketing.sources.web": {"leads_per_month": 150, "qualify_prob": 0.9, "win_prob": 0.5},
    "marketing.duplicates": MANY,
    "sales.sdr.headcount": 4,
    "sales.sdr.cadence": {"max_attempts": 2, "gaps": ["1 day"]},
    "sales.reach": {"alpha": 1.0, "beta": 3.0},
}


def followed(overrides: Overrides, engine: str, seed: int) -> Ledger:
    scenario = make_scenario(overrides)
    demand = sample_demand(scenario, seed=seed)
    return simulate_unlimited(scenario, demand) if engine == "unlimited" else simulate(scenario, demand, engine=engine)


def pairs_of(ledger: Ledger) -> pd.DataFrame:
    """One row for each person with two records: columns of the first, and of the second with ``_second``."""
    leads = pd.DataFrame(dict(ledger.tables["leads"].items()))
    return leads.merge(leads, left_on="lead_id", right_on="duplicate_of", suffixes=("", "_second"))


def test_a_second_record_qualifies_where_the_first_was_never_reached() -> None:
    for engine in ENGINES:
        pairs = pairs_of(followed(PLAN, engine, seed=2))
        alone = pairs[pairs.connected_at.isna() & pairs.connected_at_second.notna()]
        assert len(alone) > 10, engine
        assert alone.qualified_at_second.notna().mean() > 0.6, engine
        assert not alone.reason_second.eq(DUPLICATE).any(), engine


@pytest.mark.parametrize("engine", ENGINES)
@FEWER
@given(small_scenarios(), st.integers(0, 50))
def test_of_two_talks_with_one_person_the_first_decides(engine: str, overrides: Overrides, seed: int) -> None:
    pairs = pairs_of(followed(overrides | {"marketing": overrides["marketing"] | {"duplicates": MANY}}, engine, seed))
    both = pairs[pairs.connected_at.notna() & pairs.connected_at_second.notna()]
    first_ended = both.connected_at <= both.connected_at_second
    late, early = (
        np.where(first_ended, both.reason_second, both.reason),
        np.where(first_ended, both.reason, both.reason_second),
    )
    assert np.all(late == DUPLICATE)
    assert not np.any(early == DUPLICATE)
    once = pairs.drop(both.index)
    assert not once.reason.eq(DUPLICATE).any()
    assert not once.reason_second.eq(DUPLICATE).any()


@pytest.mark.parametrize("engine", ENGINES)
def test_money_counts_each_person_once_by_the_record_that_was_talked_with(engine: str) -> None:
    scenario, ledger = make_scenario(PLAN), followed(PLAN, engine, seed=2)
    leads, pairs = pd.DataFrame(dict(ledger.tables["leads"].items())), pairs_of(ledger)
    told = measure(ledger, scenario).headline
    assert told["leads_count"] == len(leads) - len(pairs) == leads.account_id.nunique()
    assert told["expected_revenue"] == pytest.approx(leads.expected_value.sum())
    assert told["cohort_revenue"] == pytest.approx(leads.value.sum())
    assert told["won_count"] == leads.value.notna().sum()
    assert pairs.value_second.notna().sum() > 3
    assert not (pairs.value.notna() & pairs.value_second.notna()).any()
