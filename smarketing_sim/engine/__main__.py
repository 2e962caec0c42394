"""Compile the engine beforehand, so that the first question is answered at once."""

from __future__ import annotations

from smarketing_sim.engine import choose_engine, simulate
from smarketing_sim.scenario.building import build
from smarketing_sim.world.demand import sample_demand

_SMALL = {
    "name": "nobody calls",
    "run": {"starts_on": "2024-01-01", "horizon_months": 1, "warm_up_weeks": 0, "cool_down_weeks": 0},
    "calendar": {"zone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}},
    "sales": {"sdr": {"headcount": 1}},
    "personas": {"anyone": {"share": 1.0, "deal_value": 1}},
    "marketing": {"sources": {"web": {"leads_per_month": 1, "qualify_prob": 0.1, "win_prob": 0.1}}},
}

if __name__ == "__main__":
    scenario = build(_SMALL)
    ledger = simulate(scenario, sample_demand(scenario, seed=1), engine=choose_engine())
    ledger.check()
