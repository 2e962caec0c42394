from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smarketing_sim.engine import simulate
from smarketing_sim.ledger import SCHEMA, Ledger
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand

Tables = dict[str, dict[str, np.ndarray]]


@pytest.fixture(scope="session")
def scenario(params: Path) -> Scenario:
    short = {"run.horizon_months": 1, "run.warm_up_weeks": 1, "run.cool_down_weeks": 1, "marketing.season": [0.2] * 12,
             "sales.sdr.automatic_reply": {"after": "1 min"}}  # fmt: skip
    return load(params / "baseline.yaml", short)


@pytest.fixture(scope="session")
def ledgers(scenario: Scenario) -> list[Ledger]:
    return [simulate(scenario, sample_demand(scenario, seed=1, replication=number)) for number in range(3)]


@pytest.fixture(scope="session")
def ledger(ledgers: list[Ledger]) -> Ledger:
    return ledgers[0]


@pytest.fixture
def changed(ledger: Ledger) -> Callable[..., Ledger]:
    """Return a function that builds the ledger again with its tables changed by another function."""

    def build(change: Callable[[Tables], Any] = lambda tables: None, **fields: Any) -> Ledger:
        tables = {name: {column: ledger.tables[name][column].copy() for column in SCHEMA[name]} for name in SCHEMA}
        change(tables)
        given = {
            "epoch": ledger.epoch,
            "ends_at": ledger.ends_at,
            "categories": ledger.categories,
            "tables": tables,
            "facts": ledger.facts,
        }
        return Ledger(**(given | fields))

    return build
