"""What a simulated year costs beside its arithmetic."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

YEARS = """
import resource
from smarketing_sim.experiment.replications import replicate
from smarketing_sim.scenario.files import load

plan = load("params/baseline.yaml")
for year in range(6):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    replicate(plan, 1, 20 + year, "compiled", False)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other C libraries keep freed memory in other ways")
def test_a_year_asks_for_no_memory_that_the_years_before_gave_back() -> None:
    pytest.importorskip("numba", reason="the compiled engine is not installed")
    done = subprocess.run([sys.executable, "-c", YEARS], cwd=ROOT, capture_output=True, text=True, check=True)
    faults = sorted(map(int, done.stdout.split()[3:]))
    assert faults[1] < 300  # a thousand or more where each year's arrays are new to the process
