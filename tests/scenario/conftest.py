from __future__ import annotations

from pathlib import Path

import pytest

from smarketing_sim.scenario.schema import Scenario


@pytest.fixture(scope="session")
def baseline(params: Path) -> Scenario:
    return Scenario.load(params / "baseline.yaml")
