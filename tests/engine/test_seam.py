"""What the engine accepts: its own demand, or that of a scenario that differs only where demand does not look."""

from __future__ import annotations

from typing import Any

import pytest

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.errors import InputError
from smarketing_sim.world.demand import sample_demand
from tests.builders import make_scenario

SALES_SIDE: dict[str, Any] = {
    "sales.sdr.headcount": 4,
    "sales.sdr.shift": {"mon-fri": ["09:00-17:00"]},
    "sales.sdr.marketing_time.share": 0.5,
    "sales.sdr.queue.order": "newest",
    "sales.sdr.routing.rule": "round_robin",
    "sales.sdr.cadence.gaps": ["3 days"],
    "sales.sdr.channels.phone.talk": "9 min",
    "sales.ae.open_limit": 3,
    "calendar.hours": {"mon-fri": ["10:00-12:00"]},
    "sla": {"speed": {"target": 0.5, "within": "1 hour"}},
    "marketing.handoff.intelligence.passed_share": 0.5,
    "name": "other words",
}
READ_BY_DEMAND: dict[str, Any] = {
    "marketing.sources.web.leads_per_month": 101,
    "marketing.reachable_share": 0.9,
    "marketing.patience_mean": "1 day",
    "decay.preset": "medium",
    "run.horizon_months": 2,
    "calendar.zone": "America/New_York",
    "sales.reach.alpha": 2.0,
    "sales.sdr.cadence": {"max_attempts": 2, "gaps": ["1 day"]},
    "sales.sdr.minutes_cv": 0.5,
    "sales.ae.cycle_median": "3 days",
}


@pytest.mark.parametrize("engine", [simulate, simulate_unlimited])
@pytest.mark.parametrize("path", READ_BY_DEMAND)
def test_demand_of_another_scenario_is_refused(path: str, engine: Any) -> None:
    demand = sample_demand(make_scenario(), seed=1)
    with pytest.raises(InputError, match="demand"):
        engine(make_scenario({path: READ_BY_DEMAND[path]}), demand)


@pytest.mark.parametrize("path", SALES_SIDE)
def test_demand_is_reused_where_only_the_sales_side_differs(path: str) -> None:
    other = make_scenario({path: SALES_SIDE[path]})
    reused, own = (simulate(other, sample_demand(s, seed=1)) for s in (make_scenario(), other))
    for name, table in own.tables.items():
        for column, values in table.items():
            assert (
                values.tolist() == pytest.approx(reused.tables[name][column].tolist(), nan_ok=True)
                or values.dtype == object
            )


def test_unknown_engine_is_named_with_what_there_is() -> None:
    scenario = make_scenario()
    with pytest.raises(InputError, match="reference"):
        simulate(scenario, sample_demand(scenario, seed=1), engine="referense")
