"""Left on the table: parts that sum to the total, each as simulated the long way, and only those that play a role."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide.left_on_table import LABELS, LeftOnTable, left_on_table, to_json
from smarketing_sim.decide.shapley import shapley_values
from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.cohorts import case_of
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import MAX_ATTEMPTS
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.experiment.executors import Backwards
from tests.experiment.stubs import small

YEARS = 4
ALWAYS = {"mon-sun": ["00:00-24:00"]}
BUSY: dict[str, Any] = {
    "marketing__handoff__system_delay": "2 hours", "run__opening_backlog": 20, "sales__sdr__headcount": 2,
    "sales__ae__headcount": 1, "sales__ae__open_limit": 20, "sales__ae__fade_half_life": "10 days",
    "sales__sdr__cadence__drop_after": "10 days",
}  # fmt: skip
PERFECT: dict[str, dict[str, Any]] = {
    "all_hours": {"sales.sdr.shift": ALWAYS},
    "full_depth": {"sales.sdr.cadence.max_attempts": MAX_ATTEMPTS, "sales.sdr.cadence.drop_after": None},
    "no_system_delay": {"marketing.handoff.system_delay": "0 min"},
    "no_ae_limit": {"sales.ae.open_limit": 10**9},
}


@pytest.fixture(scope="module")
def found() -> LeftOnTable:
    return left_on_table(small(**BUSY), Simulation(YEARS, 5))


def revenue(scenario: Scenario, *, replication: int, unlimited: bool) -> float:
    demand = sample_demand(scenario, seed=5, replication=replication)
    ledger = simulate_unlimited(scenario, demand) if unlimited else simulate(scenario, demand)
    return float(case_of(ledger, scenario).created_leads["expected_value"].sum())


def test_the_parts_sum_to_the_total_in_every_year(found: LeftOnTable) -> None:
    assert list(found.parts) == list(LABELS)
    assert sum(found.parts.values()) == pytest.approx(found.total)
    assert np.all(found.total > 0.0)


def test_each_part_is_that_of_plans_simulated_in_full(found: LeftOnTable) -> None:
    """The decision draws fewer leads than a simulated year has, and shares them; that must change nothing."""
    scenario = small(**BUSY)
    worth = np.empty((16, YEARS))
    for mask, year in itertools.product(range(16), range(YEARS)):
        changes: dict[str, Any] = {}
        for bit, change in enumerate(PERFECT.values()):
            changes |= change if mask >> bit & 1 else {}
        worth[mask, year] = revenue(override(scenario, changes), replication=year, unlimited=True)
    now = [revenue(scenario, replication=year, unlimited=False) for year in range(YEARS)]
    assert found.now == pytest.approx(now)
    assert found.parts["no_queue"] == pytest.approx(worth[0] - now)
    for part, values in zip(PERFECT, shapley_values(worth), strict=True):
        assert found.parts[part] == pytest.approx(values, abs=1e-6), part


def test_what_plays_no_role_is_not_counted() -> None:
    plain = small(sales__sdr__shift=ALWAYS, sales__ae__open_limit=None, sales__sdr__cadence__max_attempts=MAX_ATTEMPTS)
    assert list(left_on_table(plain, Simulation(1)).parts) == ["no_queue"]
    wrong_owners = override(plain, {"sales.sdr.routing.misroute": {"share": 0.3, "mend": "1 day"}})
    parts = left_on_table(wrong_owners, Simulation(2))
    assert list(parts.parts) == ["no_queue", "no_system_delay"]
    assert np.all(parts.parts["no_system_delay"] > 0.0)


def test_a_team_that_never_keeps_a_lead_waiting_leaves_nothing_on_the_table_in_its_hours() -> None:
    idle = small(sales__sdr__headcount=60, sales__sdr__minutes_cv=0.0)
    assert left_on_table(idle, Simulation(2)).parts["no_queue"] == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_team_that_is_not_there_leaves_everything_on_the_table() -> None:
    found = left_on_table(small(sales__sdr__headcount=0), Simulation(2))
    assert found.now == pytest.approx([0.0, 0.0])
    assert np.all(found.parts["no_queue"] > 0.0)


def test_hours_of_a_few_reps_are_hours_of_the_team() -> None:
    late = {"sales.sdr.reps.3.shift": {"mon-fri": ["12:00-20:00"]}}
    team = override(small(), late)
    longer = small(sales__sdr__shift={"mon-fri": ["09:00-20:00"]})
    for_all, for_one = (left_on_table(plan, Simulation(2)) for plan in (longer, team))
    assert for_one.now + for_one.parts["no_queue"] == pytest.approx(for_all.now + for_all.parts["no_queue"])


def test_without_decay_neither_queue_nor_hours_nor_delay_cost_revenue() -> None:
    found = left_on_table(small(decay__preset="none", sales__sdr__headcount=3), Simulation(3))
    parts = {part: found.revenue(part).mean for part in found.parts}
    assert abs(parts["all_hours"]) < 0.01 * found.now.mean()
    assert parts["full_depth"] > 0.1 * found.now.mean()


def test_contribution_is_revenue_times_margin_over_a_customers_life() -> None:
    terms = {"gross_margin": 0.5, "horizon_months": 24, "churn_per_year": 0.2, "discount_per_year": 0.0}
    found = left_on_table(small(economics=terms), Simulation(3))
    factor = 0.5 * (1.0 + 0.8)
    assert found.contribution().mean == pytest.approx(factor * found.revenue().mean)
    assert found.contribution().high == pytest.approx(factor * found.revenue().high)


def test_the_answer_is_plain_json_with_the_headline_first(found: LeftOnTable) -> None:
    answer = to_json(found)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["headline"] == answer["parts"][0]["part"] == "no_queue"
    total = sum(part["expected_revenue"]["mean"] for part in answer["parts"])
    assert total == pytest.approx(answer["total"]["expected_revenue"]["mean"])
    assert answer["now"]["expected_revenue"]["mean"] == pytest.approx(found.now.mean())


def test_workers_that_finish_in_another_order_change_nothing(found: LeftOnTable) -> None:
    told: list[tuple[int, int]] = []
    again = left_on_table(small(**BUSY), Simulation(YEARS, 5, executor=_Last(), progress=lambda *at: told.append(at)))
    assert again.now == pytest.approx(found.now, abs=0.0)
    assert again.parts["full_depth"] == pytest.approx(found.parts["full_depth"], abs=0.0)
    assert told == [(done, YEARS) for done in range(1, YEARS + 1)]


def test_no_years_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="replications = 0"):
        left_on_table(small(), Simulation(0))


class _Last(Backwards):
    def finish(self) -> None:
        while self.calls:
            future, work, args = self.calls.pop()
            future.set_result(work(*args))
