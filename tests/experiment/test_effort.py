"""What simulated years are expected to take: sizes are those of the leads that are drawn, and more is never cheaper."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from smarketing_sim.experiment import effort
from smarketing_sim.experiment.effort import PROCESS_BYTES, effort_of, size_of
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.timeline import timeline
from tests.builders import Overrides, make_scenario

HANDOFFS: list[Overrides] = [
    {},
    {"marketing.handoff.score_at_least": 60.0},
    {"marketing.handoff.on": "action"},
    {"marketing.handoff.on": "either"},
    {"marketing.handoff.on": "both"},
    {"marketing.nurture": {"return_share": 0.5, "return_after": "1 day"}},
    {"marketing.duplicates": {"share": 0.2, "lag": "1 hour"}},
    {"run.opening_backlog": 4000},
    {"marketing.season": [1.0, 0.2, 3.0, *9 * [1.0]]},
]


def plan(overrides: Overrides | None = None) -> Scenario:
    source = {"leads_per_month": 6000, "handed_share": 0.4, "action_share": 0.3}
    run = {"horizon_months": 2, "warm_up_weeks": 1, "cool_down_weeks": 1}
    base: Overrides = {
        "marketing.sources.web": source,
        "run": run,
        "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["1 day"]},
    }
    return make_scenario(base | (overrides or {}))


@pytest.mark.parametrize("overrides", HANDOFFS, ids=str)
def test_the_expected_size_is_that_of_the_leads_that_are_drawn(overrides: Overrides) -> None:
    scenario = plan(overrides)
    size, demand = size_of(scenario), sample_demand(scenario, seed=1)
    handed = np.count_nonzero(np.isfinite(demand.handed_at))
    assert size.leads_count == pytest.approx(demand.lead_count, rel=0.05)
    assert size.attempts_count == pytest.approx(3 * handed, rel=0.05)
    assert size.rep_days == scenario.sales.sdr.headcount * timeline(scenario).day_count


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("marketing.sources.web.leads_per_month", 12_000),
        ("run.horizon_months", 24),
        ("run.warm_up_weeks", 20),
        ("sales.sdr.headcount", 500),
        ("sales.sdr.cadence.max_attempts", 12),
    ],
)
def test_a_larger_plan_never_takes_less(path: str, value: int) -> None:
    usual, larger = effort_of([(plan(), 5)]), effort_of([(override(plan(), {path: value}), 5)])
    assert larger.seconds > usual.seconds
    assert larger.memory_bytes > usual.memory_bytes


def test_years_take_time_and_kept_ledgers_take_memory() -> None:
    one, many = effort_of([(plan(), 1)]), effort_of([(plan(), 1000)])
    assert many.seconds == pytest.approx(1000 * one.seconds)
    assert one.memory_bytes < many.memory_bytes < 2 * one.memory_bytes
    assert effort_of([(plan(), 1000)], keep_ledgers=True).memory_bytes > 5 * many.memory_bytes


def test_workers_save_time_up_to_the_number_of_cores_and_each_takes_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "cpu_count", lambda: 4)
    alone, four, forty = (effort_of([(plan(), 400)], workers=count) for count in (1, 4, 40))
    assert four.seconds == forty.seconds == pytest.approx(alone.seconds / 4)
    assert four.memory_bytes - alone.memory_bytes > 4 * PROCESS_BYTES
    assert forty.memory_bytes > four.memory_bytes


def test_several_plans_add_their_years_and_the_largest_sets_the_memory() -> None:
    small, large = plan(), plan({"run.horizon_months": 24})
    both = effort_of([(small, 10), (large, 10)])
    assert both.years == 20
    assert both.seconds == pytest.approx(effort_of([(small, 10)]).seconds + effort_of([(large, 10)]).seconds)
    assert both.memory_bytes == pytest.approx(effort_of([(large, 10)]).memory_bytes, rel=0.01)


def test_the_simpy_engine_is_expected_to_take_longer() -> None:
    assert effort_of([(plan(), 1)], engine="reference").seconds > 5 * effort_of([(plan(), 1)]).seconds


MEASURED = """
import resource, sys, time, warnings
from pathlib import Path
from smarketing_sim.experiment.effort import effort_of
from smarketing_sim.experiment.replications import replicate
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.layering import parse_overrides
warnings.simplefilter("ignore")
replicate(load(Path(sys.argv[2]), {}), 1, 0, sys.argv[1], False)
scenario = load(Path(sys.argv[2]), parse_overrides(sys.argv[3:]))
effort, began = effort_of([(scenario, 3)], engine=sys.argv[1]), time.process_time()
for year in range(3):
    replicate(scenario, 1, year, sys.argv[1], False)
took, peak = time.process_time() - began, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(took / effort.seconds, peak / effort.memory_bytes)
"""
LEADS = "marketing.sources.inbound.leads_per_month"


@pytest.mark.soak
@pytest.mark.parametrize(
    "words",
    [
        ("compiled", "baseline.yaml"),
        ("compiled", "baseline.yaml", "run.horizon_months=120"),
        ("compiled", "hubspot-sla.yaml", f"{LEADS}=40000", "sales.sdr.headcount=400"),
        ("compiled", "hubspot-sla.yaml", f"{LEADS}=40000", "sales.sdr.headcount=30"),
        ("compiled", "hubspot-sla.yaml", "run.horizon_months=120", "sales.sdr.headcount=500"),
        ("reference", "baseline.yaml"),
        ("reference", "hubspot-sla.yaml"),
    ],
    ids=" ".join,
)
def test_measured_time_and_memory_lie_within_a_factor_of_three(words: tuple[str, ...], params: Path) -> None:
    engine, file, *sets = words
    command = [sys.executable, "-c", MEASURED, engine, str(params / file), *sets]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for ratio in map(float, done.stdout.split()):
        assert 1 / 3 < ratio < 3
