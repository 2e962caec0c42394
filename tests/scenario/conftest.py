from __future__ import annotations

from pathlib import Path

import pytest

from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario


@pytest.fixture(scope="session")
def baseline(params: Path) -> Scenario:
    return load(params / "baseline.yaml")
