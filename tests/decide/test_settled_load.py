"""The load at which a plan settles, found by analysis, beside what the engine does with the same plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.decide.settled_load import SettledLoad, settled_load
from smarketing_sim.decide.volume import more_leads
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.stability import stability
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from tests.builders import make_scenario

YEARS = 8


def simulated(plan: Scenario, leads: float = 1.0) -> Replications:
    return Simulation(1).of(YEARS).run(override(plan, more_leads(plan, leads)))


def settled(years: Replications) -> SettledLoad:
    found = settled_load(years)
    assert found is not None
    return found


def attempts_made(years: Replications) -> float:
    return float(years.stacked("attempts_made").mean(axis=0)[1:].sum())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("baseline", {}),
        ("baseline", {"sales.sdr.cadence.drop_after": "10 days"}),
        ("baseline", {"decay.preset": "none"}),
        ("overloaded", {"sales.sdr.headcount": 11}),
        ("article-sla", {}),
        ("hubspot-sla", {}),
    ],
)
def test_load_and_attempts_are_those_of_the_simulation_where_it_settles(
    name: str, changes: dict[str, Any], params: Path
) -> None:
    """Lost, the check says 76% where reps are 90% busy, for it forgets the calls that cold leads take."""
    years = simulated(override(load(params / f"{name}.yaml"), changes))
    found = settled(years)
    assert found.settles
    assert found.load == pytest.approx(years.series("sdr_utilisation").mean(), abs=0.06)
    assert found.attempts == pytest.approx(attempts_made(years), rel=0.08)


@pytest.mark.parametrize("changes", [{}, {"decay.preset": "none"}, {"sales.sdr.queue.new_before_retries": True}])
@pytest.mark.slow
def test_the_cliff_of_the_analysis_is_where_the_simulated_backlog_begins_to_grow(
    changes: dict[str, Any], params: Path
) -> None:
    plan = override(load(params / "overloaded.yaml"), changes)
    cliff = settled(simulated(plan)).settles_up_to
    assert cliff is not None
    assert stability(simulated(plan, 0.9 * cliff)).verdict == "steady"
    assert stability(simulated(plan, 1.25 * cliff)).verdict == "not settling"


@pytest.mark.slow
def test_a_plan_that_does_not_settle_has_no_load_below_one_and_most_of_its_leads_are_cold(params: Path) -> None:
    found = settled(simulated(load(params / "overloaded.yaml")))
    assert not found.settles
    assert found.load > 1.0
    assert found.warm_share < 0.2
    assert found.settles_up_to is not None
    assert found.settles_up_to < 1.0


def test_leads_that_never_go_cold_take_the_attempts_of_the_reach_law_alone(params: Path) -> None:
    """By hand: with each of two calls heard by half of those who can be reached, half of them take a second one."""
    plan = override(
        load(params / "article-sla.yaml"),
        {
            "decay.preset": "none", "marketing.reachable_share": 0.8, "sales.reach.connect_probs": [0.5],
            "sales.sdr.cadence": {"max_attempts": 2, "gaps": ["1 day"], "channels": ["phone"]}, "sla.depth": None,
        },
    )  # fmt: skip
    found = settled(simulated(plan))
    assert found.attempts == pytest.approx(1.0 + 0.2 + 0.8 * 0.5, abs=1e-6)
    assert found.warm_share == pytest.approx(1.0)


@pytest.mark.parametrize(
    "nobody", [{"sales.sdr.headcount": 0}, {"calendar.hours": {"mon": []}, "sales.sdr.shift": {"mon": []}}]
)
def test_without_people_or_hours_there_is_nothing_to_settle(nobody: dict[str, Any]) -> None:
    assert settled_load(Simulation(1).of(1).run(make_scenario(nobody))) is None
