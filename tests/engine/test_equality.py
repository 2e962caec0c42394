"""The compiled engine against the SimPy model: every table of the ledger, to the last bit."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim import jit
from smarketing_sim.engine import choose_engine, simulate
from smarketing_sim.errors import EngineWarning, InputError
from smarketing_sim.ledger import Ledger
from smarketing_sim.measure.summary import measure
from smarketing_sim.scenario import queue_orders
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import Demand, sample_demand
from tests.builders import Overrides, make_demand, make_scenario
from tests.conftest import PARAMS
from tests.engine.scenarios import small_scenarios


def assert_equal(one: Ledger, other: Ledger) -> None:
    assert (one.epoch, one.ends_at, one.categories) == (other.epoch, other.ends_at, other.categories)
    for name, table in one.tables.items():
        for column, values in table.items():
            np.testing.assert_array_equal(values, other.tables[name][column], err_msg=f"{name}.{column}", strict=True)


def assert_engines_agree(scenario: Scenario, demand: Demand) -> Ledger:
    compiled = simulate(scenario, demand, engine="compiled")
    assert_equal(simulate(scenario, demand, engine="reference"), compiled)
    compiled.check()
    return compiled


@pytest.mark.slow
@given(overrides=small_scenarios(), seed=st.integers(0, 10_000))
def test_every_policy_and_calendar_gives_one_ledger(*, overrides: Overrides, seed: int) -> None:
    scenario = make_scenario(overrides)
    assert_engines_agree(scenario, sample_demand(scenario, seed=seed))


ORDERS = list(queue_orders.ORDERS)


@pytest.mark.slow
@given(
    order=st.sampled_from(ORDERS),
    new_first=st.booleans(),
    routing=st.sampled_from(["pool", "round_robin", "weighted"]),
    reps=st.integers(0, 3),
    shift=st.sampled_from(["00:00-24:00", "09:00-09:01", "23:59-24:00", "09:00-17:00"]),
    minutes=st.sampled_from([0, 1, 30]),
    gap=st.sampled_from(["0 min", "30 min", "1 business hour", "1 day"]),
    handed=st.lists(st.integers(0, 60), max_size=40),
    patience=st.sampled_from([0.0, 30.0, 240.0, np.inf]),
    step=st.sampled_from([0.0, 30.0, 480.0]),
    seed=st.integers(0, 1000),
)
def test_ties_empty_runs_overload_and_one_minute_shifts_give_one_ledger(
    *,
    order: str,
    new_first: bool,
    routing: str,
    reps: int,
    shift: str,
    minutes: int,
    gap: str,
    handed: list[int],
    patience: float,
    step: float,
    seed: int,
) -> None:
    """Everything on whole half hours, so that attempts end, leads arrive and follow-ups fall due at one instant."""
    channel = dict.fromkeys(("preparation", "no_answer", "voicemail", "talk"), f"{minutes} min")
    scenario = make_scenario(
        {
            "sales.sdr.headcount": reps,
            "sales.sdr.shift": {"mon-sun": [shift]},
            "sales.sdr.channels": {"phone": channel},
            "sales.sdr.cadence": {"max_attempts": 3, "gaps": [gap]},
            "sales.sdr.queue": {"order": order, "new_before_retries": new_first},
            "sales.sdr.routing": {"rule": routing, "escalation": {"front_at_share": 0.5, "reassign_at_breach": True}},
            "sla": {"speed": {"target": 0.9, "within": "90 min"}},
        }
    )
    luck, count = np.random.default_rng(seed), len(handed)
    demand = make_demand(
        scenario,
        handed_at=np.sort(np.array(handed, dtype=float)) * step,
        lead_id=luck.permutation(count),
        connect_before=np.where(luck.random((count, 3)) < 0.3, np.inf, -1.0),
        patience_minutes=patience,
        score=luck.integers(0, 3, count),
        qualify_prob=0.5,
        qualify_luck=luck.random(count),
        fit=luck.random(count) < 0.7,
        bad_number=luck.random(count) < 0.1,
    )
    assert_engines_agree(scenario, demand)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.name for path in PARAMS.glob("*.yaml")))
def test_a_shipped_scenario_gives_one_ledger(name: str) -> None:
    scenario = load(PARAMS / name)
    ledger = assert_engines_agree(scenario, sample_demand(scenario, seed=5, replication=2))
    assert len(ledger.tables["attempts"]["lead_id"]) > 500


VARIANTS: list[dict[str, Any]] = [
    {"sales.sdr.queue.order": "value_decay"},
    {"sales.sdr.queue": {"order": "newest", "new_before_retries": True}},
    {"sales.sdr.routing": {"rule": "weighted", "open_leads_cap": 20, "if_absent": "skip"}},
    {"sales.sdr.routing.sticky_owner": True},
    {"sales.sdr.headcount": 3},
]


@pytest.mark.slow
@pytest.mark.parametrize("overrides", VARIANTS, ids=lambda o: next(iter(o)))
def test_a_year_of_the_baseline_under_another_policy_gives_one_ledger(overrides: dict[str, Any]) -> None:
    short = {"run.horizon_months": 3, "run.warm_up_weeks": 4, "alternatives": None}
    scenario = load(PARAMS / "baseline.yaml", overrides=short | overrides)
    assert_engines_agree(scenario, sample_demand(scenario, seed=11))


@pytest.mark.slow
def test_columns_of_half_the_width_give_one_ledger() -> None:
    scenario = make_scenario({"sales.sdr.cadence": {"max_attempts": 2, "gaps": ["1 day"]}})
    demand = make_demand(
        scenario,
        handed_at=np.arange(50.0) * 7.0,
        connect_before=np.where(np.arange(100).reshape(50, 2) % 3, -1.0, np.inf),
        preparation_unit=np.linspace(0.5, 2.0, 100).reshape(50, 2),
    )
    halves = {name: getattr(demand, name).astype(np.float32) for name in ("connect_before", "preparation_unit")}
    assert_engines_agree(scenario, dataclasses.replace(demand, **halves))


def small_year(replication: int) -> tuple[Scenario, Demand]:
    scenario = make_scenario({"sales.sdr.cadence": {"max_attempts": 4, "gaps": ["1 day"]}})
    return scenario, sample_demand(scenario, seed=3, replication=replication)


def compiled_ledger(replication: int) -> Ledger:
    return simulate(*small_year(replication), engine="compiled")


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["two threads", "a process"])
def test_threads_and_processes_give_the_same_ledger(executor: str) -> None:
    expected = [simulate(*small_year(n), engine="reference") for n in range(6)]
    pool = ThreadPoolExecutor(2) if executor == "two threads" else ProcessPoolExecutor(1, get_context("spawn"))
    with pool:
        for one, other in zip(expected, pool.map(compiled_ledger, range(6)), strict=True):
            assert_equal(one, other)


def test_the_compiled_engine_is_chosen_where_it_is_installed() -> None:
    assert choose_engine() == "compiled"


def test_without_numba_the_default_falls_back_with_one_line_and_a_wish_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jit, "INSTALLED", False)
    with pytest.warns(EngineWarning, match="pip install numba"):
        assert choose_engine() == "reference"
    assert choose_engine("reference") == "reference"
    with pytest.raises(InputError, match=r"engine = 'compiled': is not installed; .*pip install numba"):
        choose_engine("compiled")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "starts_on"),
    [
        ("Pacific/Apia", "2011-07-01"),  # 30 December 2011 never was
        ("Kwajalein", "1993-03-01"),  # nor was 21 August 1993
        ("Pacific/Kiritimati", "1994-07-01"),
        ("America/Sao_Paulo", "2018-07-01"),
        ("Australia/Lord_Howe", "2026-01-01"),
        ("Asia/Kathmandu", "2026-01-01"),
        ("Africa/Monrovia", "1971-07-01"),  # offsets of 44 minutes and a half until January 1972
        ("Europe/Amsterdam", "1937-01-01"),
        ("Europe/Oslo", "1900-01-01"),
        ("Europe/Oslo", "2200-12-31"),
    ],
)
def test_a_year_of_odd_clocks_or_at_the_ends_of_time_gives_one_ledger(zone: str, starts_on: str) -> None:
    scenario = make_scenario(
        {
            "run": {"starts_on": starts_on, "warm_up_weeks": 8, "horizon_months": 12, "cool_down_weeks": 4},
            "calendar": {"zone": zone, "hours": {"mon-sun": ["00:30-03:00", "09:00-17:00"]}, "holidays": [starts_on]},
            "marketing.campaigns": {"burst": {"source": "web", "starts_on": starts_on, "first_week_leads": 20}},
            "sales.sdr": {"headcount": 3, "leave_days_per_year": 10},
            "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["1 business day"]},
            "sla.speed": {"target": 0.9, "within": "1 business week"},
            "sla.pacing": {"target": 0.9, "leads_per_rep": 30, "contract_headcount": 3},
        }
    )
    ledger = assert_engines_agree(scenario, sample_demand(scenario, seed=7))
    assert len(ledger.tables["leads"]["lead_id"]) > 1000
    assert measure(ledger, scenario).headline["handed_count"] > 1000
