"""What holds on every ledger, whatever the policy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.engine.plan import make_plan
from smarketing_sim.ledger import OUTCOMES, RESULTS, STATES, Ledger
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Calendar
from smarketing_sim.world.demand import Demand, sample_demand
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import FEWER, small_scenarios

SEEDS = st.integers(0, 5)
IDLE, WORKING, OVERTIME, OTHER = range(len(STATES))


def happened(overrides: Overrides, seed: int) -> tuple[Scenario, Demand, Ledger]:
    scenario = make_scenario(overrides)
    demand = sample_demand(scenario, seed=seed)
    return scenario, demand, simulate(scenario, demand)


def human(ledger: Ledger) -> dict[str, np.ndarray]:
    attempts = ledger.tables["attempts"]
    return {name: column[~attempts["automatic"]] for name, column in attempts.items()}


def equal(left: Ledger, right: Ledger) -> bool:
    """Equal to the last bit, NaN equal to NaN."""
    return (
        left.ends_at == right.ends_at
        and left.categories == right.categories
        and all(
            left.tables[name][column].tobytes() == right.tables[name][column].tobytes()
            if left.tables[name][column].dtype != object
            else left.tables[name][column].tolist() == right.tables[name][column].tolist()
            for name in left.tables
            for column in left.tables[name]
        )
    )


def is_open(calendar: Calendar, at: np.ndarray) -> np.ndarray:
    return np.array([bool(np.any((calendar.opens_at <= t) & (t < calendar.closes_at))) for t in at], dtype=bool)


@FEWER
@given(small_scenarios(), SEEDS)
def test_every_lead_ends_in_exactly_one_way(overrides: Overrides, seed: int) -> None:
    _, demand, ledger = happened(overrides, seed)
    leads = ledger.tables["leads"]
    ends = {name: int(np.sum(leads["outcome"] == code)) for code, name in enumerate(OUTCOMES)}
    assert demand.lead_count == len(leads["lead_id"]) == sum(ends.values())
    np.testing.assert_array_equal(np.sort(demand.lead_id), leads["lead_id"])
    won, lost = leads["outcome"] == OUTCOMES.index("won"), leads["outcome"] == OUTCOMES.index("lost")
    assert not np.isnan(leads["value"][won]).any()
    assert np.isnan(leads["value"][~won]).all()
    assert (leads["reason"][lost] >= 0).all()
    assert (leads["reason"][won] == -1).all()


@FEWER
@given(small_scenarios(), SEEDS)
def test_attempts_of_a_lead_keep_order_limit_and_gaps(overrides: Overrides, seed: int) -> None:
    scenario, demand, ledger = happened(overrides, seed)
    cadence, plan, calls = scenario.sales.sdr.cadence, make_plan(scenario, demand), human(ledger)
    leads = ledger.tables["leads"]
    counts = np.bincount(np.searchsorted(leads["lead_id"], calls["lead_id"]), minlength=len(leads["lead_id"]))
    np.testing.assert_array_equal(counts, leads["attempt_count"])
    assert counts.max(initial=0) <= cadence.max_attempts
    available = dict(zip(demand.lead_id.tolist(), plan.available_at.tolist(), strict=True))
    business = scenario.calendar.business_minutes
    silent = {RESULTS.index("no answer"), RESULTS.index("voicemail")}
    for row in range(len(calls["lead_id"])):
        number = int(calls["attempt"][row])
        if number == 1:
            assert calls["due_at"][row] == available[int(calls["lead_id"][row])]
            continue
        assert (calls["lead_id"][row - 1], calls["attempt"][row - 1]) == (calls["lead_id"][row], number - 1)
        assert int(calls["result"][row - 1]) in silent
        gap, ended = cadence.gap(number - 1), calls["ended_at"][row - 1]
        planned = plan.contract.add(ended, gap.minutes(business)) if gap.business else ended + gap.minutes(business)
        assert calls["due_at"][row] == planned
    assert (calls["started_at"] >= calls["due_at"]).all()


@FEWER
@given(small_scenarios(), SEEDS)
def test_reps_call_one_lead_at_a_time_and_begin_in_their_hours(overrides: Overrides, seed: int) -> None:
    scenario, demand, ledger = happened(overrides, seed)
    calls = human(ledger)
    for rep in make_plan(scenario, demand).reps:
        mine = calls["rep_id"] == rep.number
        order = np.lexsort((calls["ended_at"][mine], calls["started_at"][mine]))
        started, ended = calls["started_at"][mine][order], calls["ended_at"][mine][order]
        assert is_open(rep.calendar, started).all()
        free_at = [
            float(rep.calendar.add(e, np.rint((e - s) * rep.other_per_minute * 2**20) / 2**20))
            for s, e in zip(started, ended, strict=True)
        ]
        assert (started[1:] >= ended[:-1]).all()
        assert (started[1:] >= np.array(free_at[:-1])).all()


@FEWER
@given(small_scenarios(), SEEDS)
def test_minutes_worked_are_the_minutes_of_attempts_and_fit_the_hours(overrides: Overrides, seed: int) -> None:
    scenario, demand, ledger = happened(overrides, seed)
    calls, time = human(ledger), ledger.tables["rep_time"]
    length = time["ended_at"] - time["started_at"]
    assert (length > 0).all()
    for rep in make_plan(scenario, demand).reps:
        mine = time["rep_id"] == rep.number
        minutes = {state: float(length[mine & (time["state"] == state)].sum()) for state in range(len(STATES))}
        made = calls["rep_id"] == rep.number
        busy, scheduled = minutes[WORKING] + minutes[OVERTIME], float(rep.calendar.open_before[-1])
        assert busy == float((calls["ended_at"][made] - calls["started_at"][made]).sum())
        assert busy - minutes[OVERTIME] <= scheduled
        assert scheduled == minutes[IDLE] + minutes[WORKING] + minutes[OTHER]
        order = np.argsort(time["started_at"][mine])
        assert (time["started_at"][mine][order][1:] >= time["ended_at"][mine][order][:-1]).all()


@FEWER
@given(small_scenarios(), SEEDS)
def test_overtime_is_at_most_one_attempt_a_shift(overrides: Overrides, seed: int) -> None:
    scenario, demand, ledger = happened(overrides, seed)
    calls = human(ledger)
    for rep in make_plan(scenario, demand).reps:
        mine = calls["rep_id"] == rep.number
        for opens, closes in zip(rep.calendar.opens_at, rep.calendar.closes_at, strict=True):
            begun = mine & (calls["started_at"] >= opens) & (calls["started_at"] < closes)
            assert np.sum(begun & (calls["ended_at"] > closes)) <= 1


@FEWER
@given(small_scenarios(), SEEDS)
def test_leads_waiting_over_time_sum_to_their_waits(overrides: Overrides, seed: int) -> None:
    """Little's law as an identity: the area under the number waiting is the sum of the waits."""
    scenario, demand, ledger = happened(overrides, seed)
    leads, calls, plan = ledger.tables["leads"], human(ledger), make_plan(scenario, demand)
    handed = np.flatnonzero(~np.isnan(demand.handed_at))
    row = np.searchsorted(leads["lead_id"], demand.lead_id[handed])
    never = np.isnan(leads["first_attempt_at"][row])
    available_at = plan.available_at[handed][never]
    left = np.minimum(np.fmin(leads["resolved_at"][row], ledger.ends_at), plan.leaves_at[handed])[never]
    joins = np.concatenate([calls["due_at"], available_at])
    leaves = np.concatenate([calls["started_at"], np.maximum(left, available_at)])
    joins, leaves = np.minimum(joins, ledger.ends_at), np.minimum(leaves, ledger.ends_at)
    at = np.sort(np.concatenate([joins, leaves]))
    waiting = np.array([np.sum(joins <= t) - np.sum(leaves <= t) for t in at])
    assert (waiting >= 0).all()
    assert float((waiting[:-1] * np.diff(at)).sum()) == float((leaves - joins).sum())


@FEWER
@given(small_scenarios(), SEEDS)
def test_nobody_is_called_after_their_patience_and_gone_leads_are_lost(overrides: Overrides, seed: int) -> None:
    scenario, demand, ledger = happened(overrides, seed)
    leads, calls, plan = ledger.tables["leads"], human(ledger), make_plan(scenario, demand)
    handed = ~np.isnan(demand.handed_at)
    limit = np.full(len(leads["lead_id"]), np.inf)
    limit[np.searchsorted(leads["lead_id"], demand.lead_id[handed])] = plan.leaves_at[handed]
    of_call = np.searchsorted(leads["lead_id"], calls["lead_id"])
    assert (calls["started_at"] <= limit[of_call]).all()
    gone = leads["reason"] == ledger.categories["reason"].index("gone_cold")
    assert (leads["outcome"][gone] == OUTCOMES.index("lost")).all()
    last_end = np.zeros(len(limit))
    np.maximum.at(last_end, of_call, calls["ended_at"])
    np.testing.assert_array_equal(leads["resolved_at"][gone], np.maximum(limit, last_end)[gone])
    untouched = np.isnan(leads["first_attempt_at"]) & ~np.isnan(leads["handed_at"]) & (limit < ledger.ends_at)
    assert gone[untouched & (leads["handed_at"] < ledger.ends_at - 7 * 1440)].all()


@FEWER
@given(small_scenarios(), SEEDS, st.randoms(use_true_random=False))
def test_row_order_and_repetition_change_nothing(overrides: Overrides, seed: int, random: object) -> None:
    scenario, demand, ledger = happened(overrides, seed)
    rows = list(range(demand.lead_count))
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert equal(ledger, simulate(scenario, demand))
    shuffled = demand.take(np.array(rows, dtype=np.int64))
    assert equal(ledger, simulate(scenario, shuffled))
    assert equal(simulate_unlimited(scenario, demand), simulate_unlimited(scenario, shuffled))


@FEWER
@given(small_scenarios(), SEEDS)
def test_unlimited_reps_are_never_slower_to_begin(overrides: Overrides, seed: int) -> None:
    """Where the reps are copies of the profile; an override can be there when the profile is not."""
    overrides["sales.sdr"] |= {"reps": {}}
    scenario, demand, ledger = happened(overrides, seed)
    ceiling = simulate_unlimited(scenario, demand).tables["leads"]
    first = ledger.tables["leads"]["first_attempt_at"]
    tried = ~np.isnan(first)
    assert (ceiling["first_attempt_at"][tried] <= first[tried]).all()


ELSEWHERE = """
import hashlib, sys
from smarketing_sim.engine import simulate
from smarketing_sim.scenario.files import load
from smarketing_sim.world.demand import sample_demand
scenario = load(sys.argv[1], {"run.horizon_months": 1, "run.warm_up_weeks": 2, "run.cool_down_weeks": 1})
tables = simulate(scenario, sample_demand(scenario, seed=5)).tables
digest = hashlib.sha256()
for name in tables:
    for column in tables[name].values():
        digest.update(str(column.tolist()).encode())
print(digest.hexdigest())
"""


@pytest.mark.slow
def test_another_process_gives_the_same_ledger() -> None:
    params = Path(__file__).resolve().parents[2] / "params" / "baseline.yaml"
    seen = {
        subprocess.run(
            [sys.executable, "-c", ELSEWHERE, str(params)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(params.parents[1])},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(seen) == 1
    assert len(seen.pop().strip()) == 64
