"""Counts and spend by source, on a handful of leads and against sums over whole ledgers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarketing_sim.engine import simulate
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS, STAGES, FunnelSums, funnel
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import small_scenarios
from tests.measure.ledgers import at, lead, make_case, office

DAY = 1440.0


def two_sources(**more: Any) -> Scenario:
    source = {"leads_per_month": 10, "qualify_prob": 0.1, "win_prob": 0.1}
    sources = {"web": source | {"cost_per_handed": 100}, "fair": source | {"cost_per_handed": 7}}
    return office(marketing__sources=sources, **more)


def counted(case: Case) -> np.ndarray:
    return funnel(case, case.total(FunnelSums.of))


def by_name(table: np.ndarray, source: int) -> dict[str, float]:
    return dict(zip(FUNNEL_COLUMNS, table[source].tolist(), strict=True))


def test_the_funnel_counts_leads_created_in_the_horizon_at_every_stage_by_source() -> None:
    scenario = two_sources(run__warm_up_weeks=1)
    t = at(scenario, "2024-01-03 10:00")
    end = at(scenario, "2024-04-30 10:00")  # long after the horizon: the cohort counts its deals whenever they close
    won = lead(
        t,
        source="web",
        accepted_at=t,
        connected_at=t,
        qualified_at=t,
        met_at=t,
        opportunity_at=t,
        outcome="won",
        deal_closed_at=end,
        resolved_at=end,
        value=500.0,
        expected_value=90.0,
    )
    lost = dict(won) | {"source": "fair", "outcome": "lost", "value": np.nan, "reason": "competitor"}
    idle = lead(t, source="web", expected_value=1.0)
    kept = lead(np.nan, created_at=t, source="web", outcome="recycled", reason="below handoff", resolved_at=t)
    copy = lead(t, source="web", duplicate_of=0)
    early = dict(won) | {"created_at": at(scenario, "2023-12-30 10:00")}
    late = lead(at(scenario, "2024-03-01 00:00"), source="web")
    calls = [{"lead_id": n, "started_at": t} for n in (0, 1, 5)]
    table = counted(make_case(scenario, [won, lost, idle, kept, copy, early, late], calls))
    web, fair = by_name(table, 0), by_name(table, 1)
    assert [web[stage] for stage in STAGES] == [3, 2, 1, 1, 1, 1, 1, 1, 1]
    assert [fair[stage] for stage in STAGES] == [1, 1, 1, 1, 1, 1, 1, 1, 0]
    assert (web["expected_revenue"], web["won_revenue"]) == (91.0, 500.0)
    assert (fair["expected_revenue"], fair["won_revenue"]) == (90.0, 0.0)
    assert (web["spend_unworked"], fair["spend_unworked"]) == (100.0, 0.0)


def test_spend_and_visits_are_those_of_the_days_of_the_horizon() -> None:
    scenario = two_sources(run__warm_up_weeks=1, run__cool_down_weeks=1)
    days = (6, 7, 66, 67)  # the last of the warm-up, the first and last of the horizon, the first after it
    rows = [{"day": day, "source": "fair", "visits_count": 10**n, "spend": 2.0 * 10**n} for n, day in enumerate(days)]
    table = counted(make_case(scenario, [], marketing=rows))
    assert by_name(table, 1)["visits"] == 110
    assert by_name(table, 1)["spend"] == 220.0
    assert by_name(table, 0)["spend"] == 0.0


def test_the_cycle_is_the_median_of_won_deals_from_created_to_won() -> None:
    scenario = two_sources()
    t = at(scenario, "2024-01-03 10:00")

    def deal(days: float, outcome: str, **more: Any) -> dict[str, Any]:
        end = t + days * DAY
        steps = dict.fromkeys(("connected_at", "qualified_at", "met_at", "opportunity_at"), t)
        return dict(lead(t, outcome=outcome, deal_closed_at=end, resolved_at=end, **steps)) | more

    leads = [deal(10, "won"), deal(30, "won"), deal(11, "won"), deal(500, "lost")]
    calls = [{"lead_id": n, "started_at": t} for n in range(4)]
    assert FunnelSums.of(make_case(scenario, leads, calls)).cycle_days == pytest.approx(11)
    assert np.isnan(FunnelSums.of(make_case(scenario, [lead(t)])).cycle_days)


@settings(max_examples=30)
@given(small_scenarios(), st.integers(0, 3))
def test_stages_never_widen_and_sums_over_sources_are_sums_over_leads(overrides: Overrides, seed: int) -> None:
    scenario = make_scenario(overrides | {"marketing.sources.web.cost_per_handed": 50})
    case = case_of(simulate(scenario, sample_demand(scenario, seed=seed)), scenario)
    table = counted(case)
    assert table.shape == (2, len(FUNNEL_COLUMNS))
    named = {name: table[:, n] for n, name in enumerate(FUNNEL_COLUMNS)}
    for wider, narrower in (
        ("leads", "handed"),
        ("handed", "called"),
        ("called", "accepted"),
        ("called", "reached"),
        ("reached", "qualified"),
        ("qualified", "met"),
        ("met", "opportunities"),
        ("opportunities", "won"),
    ):
        assert (named[wider] >= named[narrower]).all(), (wider, narrower)
    assert named["leads"].sum() == case.economics_cohort.sum()
    assert named["expected_revenue"].sum() == pytest.approx(case.leads["expected_value"][case.economics_cohort].sum())
    assert (named["spend_unworked"] <= 50 * named["handed"]).all()
