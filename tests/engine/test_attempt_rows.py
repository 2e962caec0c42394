"""Columns of attempts that are read together are those of the whole table, whichever rows are read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarketing_sim import jit
from smarketing_sim.engine import simulate
from smarketing_sim.ledger import part_of
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario

AGAIN: Overrides = {"sales.sdr.cadence": {"max_attempts": 4, "gaps": ["30 min", "2 hours", "1 day"]}}
REPLY: Overrides = {"sales.sdr.automatic_reply": {"after": "2 min"}}


@pytest.mark.skipif(not jit.INSTALLED, reason="only the compiled engine leaves the due of an attempt to be worked out")
@pytest.mark.parametrize("overrides", [AGAIN, AGAIN | REPLY])
@given(first=st.integers(0, 60), count=st.integers(0, 60))
@settings(max_examples=30, deadline=None)
def test_rows_read_from_the_middle_of_a_lead_are_those_of_the_whole_table(
    overrides: Overrides, first: int, count: int
) -> None:
    scenario = make_scenario(overrides)
    demand = sample_demand(scenario, seed=3)
    whole = simulate(scenario, demand, engine="compiled").tables["attempts"]
    rows = slice(first, first + count)
    part = part_of(simulate(scenario, demand, engine="compiled").tables["attempts"], rows)
    for name in ("due_at", "ended_at", "attempt", "started_at"):
        assert part[name].tolist() == whole[name][rows].tolist(), name
