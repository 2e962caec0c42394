from __future__ import annotations

from pathlib import Path

import pytest

from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario

SHORT = {"run.horizon_months": 1, "run.warm_up_weeks": 0, "run.cool_down_weeks": 0}


@pytest.fixture(scope="session")
def baseline(params: Path) -> Scenario:
    return load(params / "baseline.yaml")


@pytest.fixture(scope="session")
def short(baseline: Scenario) -> Scenario:
    """The baseline company for one month."""
    return override(baseline, SHORT)
