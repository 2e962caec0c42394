"""Reps' time, laid out a few reps at a time, is the table as laid out at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.engine import rep_time, simulate
from smarketing_sim.ledger import SCHEMA, pieces_of
from smarketing_sim.measure.cohorts import case_of
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import FEWER, small_scenarios


@FEWER
@given(small_scenarios(), st.integers(0, 3), st.sampled_from([1, 10, 40]))
def test_pieces_of_any_size_put_together_are_the_table(overrides: Overrides, seed: int, at_once: int) -> None:
    scenario = make_scenario(overrides)
    demand = sample_demand(scenario, seed=seed)
    whole, again = simulate(scenario, demand), simulate(scenario, demand)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rep_time, "_AT_ONCE", at_once)
        pieces = list(pieces_of(again.tables["rep_time"]))
        minutes = case_of(again, scenario).shared_minutes_by_state
    for name, kind in SCHEMA["rep_time"].items():
        assert {piece[name].dtype for piece in pieces} == {np.dtype(kind)}
        np.testing.assert_array_equal(
            np.concatenate([piece[name] for piece in pieces]), whole.tables["rep_time"][name], err_msg=name
        )
    reps = [rep for piece in pieces for rep in np.unique(piece["rep_id"]).tolist()]
    assert len(reps) == len(set(reps)), "a rep's time is in one piece"
    np.testing.assert_array_equal(minutes, case_of(whole, scenario).shared_minutes_by_state)


def test_busy_reps_are_laid_out_one_by_one() -> None:
    scenario = make_scenario({"sales.sdr.headcount": 3, "marketing.sources.web.leads_per_month": 300})
    ledger = simulate(scenario, sample_demand(scenario, seed=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rep_time, "_AT_ONCE", 1)
        assert [set(piece["rep_id"].tolist()) for piece in pieces_of(ledger.tables["rep_time"])] == [{1}, {2}, {3}]
