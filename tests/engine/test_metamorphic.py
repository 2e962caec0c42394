"""What must follow when the input is changed in a known way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.ledger import Ledger
from smarketing_sim.world.demand import LEAD_COLUMNS, Demand, sample_demand
from tests.builders import OFFICE_HOURS, Overrides, make_demand, make_scenario
from tests.engine.scenarios import FEWER, small_scenarios

TIMES = ("first_attempt_at", "connected_at", "qualified_at", "resolved_at")


# ---------------------------------------------------------------- time


@FEWER
@given(
    seed=st.integers(0, 10_000),
    reps=st.integers(1, 3),
    power=st.sampled_from([2, 4]),
    order=st.sampled_from(["oldest_due", "newest"]),
)
def test_scaling_all_times_scales_all_waits(seed: int, reps: int, power: int, order: str) -> None:
    random, count = np.random.default_rng(seed), 60
    handed, talk = random.integers(0, 3_000, count).astype(float), random.integers(1, 200, count).astype(float)
    silence, patience = random.integers(0, 60, (count, 3)).astype(float), random.integers(0, 2_000, count).astype(float)
    answers = np.where(random.random((count, 3)) < 0.3, np.inf, -1.0)

    def run(scale: int) -> Ledger:
        scenario = make_scenario(
            {
                "sales.sdr.headcount": reps,
                "sales.sdr.queue.order": order,
                "run.horizon_months": 4,
                "sales.sdr.marketing_time.share": 0.5,
                "sales.sdr.cadence": {
                    "max_attempts": 3,
                    "gaps": [f"{scale * 45} min", f"{scale * 300} business minutes"],
                },
            }
        )
        return simulate(
            scenario,
            make_demand(
                scenario,
                handed_at=scale * handed,
                talk_unit=scale * talk,
                no_answer_unit=scale * silence,
                patience_minutes=scale * patience,
                connect_before=answers,
            ),
        )

    small, large = run(1), run(power)
    for name in TIMES:
        np.testing.assert_array_equal(power * small.tables["leads"][name], large.tables["leads"][name])
    for name in ("due_at", "started_at", "ended_at"):
        np.testing.assert_array_equal(power * small.tables["attempts"][name], large.tables["attempts"][name])
    np.testing.assert_array_equal(small.tables["attempts"]["result"], large.tables["attempts"]["result"])


# ---------------------------------------------------------------- volume and sources


def of_leads(demand: Demand, scenario: Any, wanted: np.ndarray) -> dict[str, list[Any]]:
    """Columns of the wanted leads in order of id, sources by name."""
    rows = np.flatnonzero(np.isin(demand.lead_id, wanted))
    rows = rows[np.argsort(demand.lead_id[rows])]
    columns = {name: getattr(demand, name)[rows].tolist() for name in LEAD_COLUMNS}
    names = list(scenario.marketing.sources)
    return {name: np.nan_to_num(column, nan=-7.0).tolist() for name, column in columns.items()} | {
        "source": [names[code] for code in columns["source"]]
    }


LIVELY: Overrides = {
    "marketing.duplicates": {"share": 0.1},
    "marketing.nurture.return_share": 0.2,
    "marketing.day_effect_shape": 8,
    "marketing.sources.web.handed_share": 0.6,
    "marketing.patience_mean": "5 days",
    "decay.preset": "medium",
    "sales.sdr": {"minutes_cv": 0.7, "cadence": {"max_attempts": 3, "gaps": ["1 day"]}, "leave_days_per_year": 30},
}


@pytest.mark.parametrize(("low", "high"), [(100, 140), (100, 900), (250, 270)])
def test_higher_volume_keeps_every_lead_its_id_and_its_luck(low: int, high: int) -> None:
    few, many = (make_scenario({**LIVELY, "marketing.sources.web.leads_per_month": n}) for n in (low, high))
    before, after = sample_demand(few, seed=6), sample_demand(many, seed=6)
    assert set(before.lead_id.tolist()) < set(after.lead_id.tolist())
    assert of_leads(before, few, before.lead_id) == of_leads(after, many, before.lead_id)
    np.testing.assert_array_equal(before.leave_luck, after.leave_luck)


def test_unused_source_changes_nothing_for_the_others() -> None:
    unused = {"leads_per_month": 0, "qualify_prob": 0.2, "win_prob": 0.2, "cost_per_handed": 5}
    plain = make_scenario(LIVELY)
    document = plain.model_dump(mode="json", exclude_none=True)
    web = document["marketing"]["sources"]["web"]
    wider = make_scenario({**LIVELY, "marketing.sources": {"web": None, "aaa": unused, "zzz": web}})
    alone = make_scenario({**LIVELY, "marketing.sources": {"web": None, "zzz": web}})
    demands = [sample_demand(scenario, seed=7) for scenario in (alone, wider)]
    assert of_leads(demands[0], alone, demands[0].lead_id) == of_leads(demands[1], wider, demands[1].lead_id)
    ledgers = [simulate(s, d) for s, d in zip((alone, wider), demands, strict=True)]
    for table, skipped in (("leads", {"source"}), ("attempts", set()), ("rep_time", set())):
        for name, values in ledgers[0].tables[table].items():
            if name not in skipped:
                np.testing.assert_array_equal(values, ledgers[1].tables[table][name])


def test_busy_new_source_leaves_the_draws_of_the_others() -> None:
    new = {"leads_per_month": 400, "qualify_prob": 0.2, "win_prob": 0.2}
    plain, wider = make_scenario(LIVELY), make_scenario({**LIVELY, "marketing.sources.fresh": new})
    before, after = sample_demand(plain, seed=8), sample_demand(wider, seed=8)
    assert of_leads(before, plain, before.lead_id) == of_leads(after, wider, before.lead_id)


# ---------------------------------------------------------------- people


@FEWER
@given(
    seed=st.integers(0, 10_000),
    reps=st.integers(1, 4),
    leads=st.integers(1, 80),
    share=st.sampled_from([1.0, 0.5]),
    office=st.booleans(),
)
def test_more_reps_never_lengthen_a_first_attempt_time(
    seed: int, reps: int, leads: int, share: float, office: bool
) -> None:
    """One attempt a lead, minutes the same whoever answers and whoever calls, one calendar, one pool."""
    random = np.random.default_rng(seed)
    handed, talk = random.integers(0, 6_000, leads).astype(float), random.integers(1, 200, leads).astype(float)
    firsts = []
    for headcount in (reps, reps + 1):
        scenario = make_scenario(
            {
                "sales.sdr.headcount": headcount,
                "sales.sdr.marketing_time.share": share,
                "run.cool_down_weeks": 60,
                "sales.sdr.shift": OFFICE_HOURS if office else {"mon-sun": ["00:00-24:00"]},
            }
        )
        firsts.append(
            simulate(scenario, make_demand(scenario, handed_at=handed, talk_unit=talk)).tables["leads"][
                "first_attempt_at"
            ]
        )
    assert (firsts[1] <= firsts[0]).all()


@pytest.mark.slow
@FEWER
@given(small_scenarios(), st.integers(0, 5))
def test_unlimited_reps_are_very_many_reps(overrides: Overrides, seed: int) -> None:
    sdr = overrides["sales.sdr"]
    sdr |= {"headcount": 150, "reps": {}, "marketing_time": {"share": 1.0}, "ramp": {}}
    sdr["routing"] = {"rule": "pool", "misroute": sdr["routing"]["misroute"]}
    scenario = make_scenario(overrides)
    demand = sample_demand(scenario, seed=seed)
    many, unlimited = simulate(scenario, demand), simulate_unlimited(scenario, demand)
    for name, values in many.tables["leads"].items():
        if name not in {"owner_id", "external_id"}:
            np.testing.assert_array_equal(values, unlimited.tables["leads"][name], err_msg=name)
    for name, values in many.tables["attempts"].items():
        if name != "rep_id":
            np.testing.assert_array_equal(values, unlimited.tables["attempts"][name], err_msg=name)


def test_the_same_share_as_a_block_waits_several_times_longer() -> None:
    waits, minutes = {}, {}
    for form in ("interleaved", "blocks"):
        scenario = make_scenario(
            {
                "run": {"starts_on": "2024-01-01", "horizon_months": 6, "warm_up_weeks": 0, "cool_down_weeks": 2},
                "marketing.sources.web.leads_per_month": 420,
                "marketing.profile.hours": [0.0] * 9 + [1.0] * 8 + [0.0] * 7,
                "marketing.profile.weekdays": {"sat-sun": 0},
                "calendar.hours": {"mon-fri": ["09:00-17:00"]},
                "sales.sdr": {
                    "headcount": 5,
                    "marketing_time": {"share": 0.4, "form": form},
                    "minutes_cv": 0.7,
                    "channels": {"phone": {"no_answer": "20 min", "talk": "20 min"}},
                },
            }
        )
        ledger = simulate(scenario, sample_demand(scenario, seed=9))
        leads, time = ledger.tables["leads"], ledger.rep_time
        waits[form] = np.nanmean(leads["first_attempt_at"] - leads["handed_at"])
        length = time["ended_at"] - time["started_at"]
        scheduled = length[time["state"] != "overtime"].sum()
        minutes[form] = scheduled * (0.4 if form == "interleaved" else 1.0)
    assert minutes["blocks"] == pytest.approx(minutes["interleaved"], rel=1e-9)
    assert waits["blocks"] > 3 * waits["interleaved"]
