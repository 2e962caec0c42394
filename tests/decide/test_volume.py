"""Leads and money: the cliff is where more leads stop paying, and it is not an artefact of the search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide.flow import burst_cost, even_flow, next_leads, pacing_line
from smarketing_sim.decide.volume import Curve, leads_for_goal, more_leads, volume_curves
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from tests.conftest import PARAMS
from tests.experiment.stubs import small

FACTORS = (0.5, 1.0, 1.5, 2.0, 3.0)
BASELINE_FACTORS = (0.7, 0.8, 0.9, 1.0, 1.1)


def curve_of(contribution: np.ndarray, factors: np.ndarray, revenue: np.ndarray | None = None) -> Curve:
    handed = np.broadcast_to(100.0 * factors, contribution.shape)
    money = contribution if revenue is None else revenue
    return Curve("plan", factors, handed, contribution, money, money)


def test_the_top_of_a_parabola_is_found_between_the_volumes_simulated() -> None:
    factors = np.array([0.5, 0.75, 1.0, 1.25, 1.5])
    contribution = np.stack([5.0 - (factors - 1.07) ** 2 + noise for noise in (-1.0, 0.0, 2.0)])
    cliff = curve_of(contribution, factors).cliff
    assert cliff.in_sight
    assert cliff.factor.mean == pytest.approx(1.07)
    assert cliff.handed_per_month.mean == pytest.approx(107.0)
    assert cliff.factor.low == pytest.approx(cliff.factor.high)  # years that differ by a constant agree on the place


@pytest.mark.slow
def test_the_range_of_the_cliff_holds_the_truth_as_often_as_it_says() -> None:
    factors, random, held = np.linspace(0.5, 1.5, 9), np.random.default_rng(3), 0
    for _ in range(200):
        tops = 1.0 + 0.1 * random.normal(size=(30, 1))
        cliff = curve_of(5.0 - (factors - tops) ** 2, factors).cliff
        held += cliff.factor.low <= 1.0 <= cliff.factor.high
    assert 0.90 <= held / 200 <= 0.99


def test_a_curve_that_only_rises_has_no_cliff_in_sight() -> None:
    factors = np.array(FACTORS)
    cliff = curve_of(np.stack([factors, 2 * factors]), factors).cliff
    assert not cliff.in_sight
    assert cliff.factor.mean == FACTORS[-1]


def test_raising_the_volume_multiplies_every_source_and_campaign() -> None:
    plan = load(PARAMS / "baseline.yaml")
    more = override(plan, more_leads(plan, 1.5))
    for name, source in plan.marketing.sources.items():
        assert more.marketing.sources[name].mean_monthly_leads == pytest.approx(1.5 * source.mean_monthly_leads)
    for name, campaign in plan.marketing.campaigns.items():
        assert more.marketing.campaigns[name].first_week_leads == pytest.approx(1.5 * campaign.first_week_leads)
    assert {path.split(".")[1] for path, _, _ in plan.diff(more)} == {"sources", "campaigns"}


def test_more_of_one_source_leaves_the_others_alone() -> None:
    plan = load(PARAMS / "baseline.yaml")
    more = override(plan, more_leads(plan, 2.0, sources=["referral"]))
    assert [path for path, _, _ in plan.diff(more)] == ["marketing.sources.referral.visits_per_month"]


def test_a_small_team_has_a_cliff_and_more_reps_move_it_up() -> None:
    few, many = volume_curves(
        {"three": small(), "five": small(sales__sdr__headcount=5)}, Simulation(6), factors=FACTORS
    )
    assert few.cliff.in_sight
    assert few.cliff.factor.high < many.cliff.factor.low
    assert np.all(np.diff(few.handed_per_month.mean(axis=0)) > 0)


def test_the_goal_goes_back_to_leads_by_source_with_the_chance_of_reaching_it() -> None:
    plan = small()
    factors = np.array([0.5, 1.0, 2.0])
    revenue = np.array([[10e3, 18e3, 50e3], [12e3, 25e3, 55e3], [9e3, 21e3, 45e3], [11e3, 15e3, 60e3]])
    found = leads_for_goal(plan, curve_of(revenue, factors), chance=0.5)
    assert found.factor == 1.0  # 2 of 4 years reach 20,000
    assert found.reached.mean == 0.5
    assert found.by_source["web"].handed_per_month == pytest.approx(100.0)
    assert found.by_source["web"].cost == pytest.approx(100.0 * 10)


def test_a_goal_out_of_reach_is_said_to_be_out_of_reach() -> None:
    factors = np.array([0.5, 1.0, 2.0])
    found = leads_for_goal(small(), curve_of(np.full((4, 3), 1e3), factors), chance=0.5)
    assert found.factor is None
    assert found.reached.mean == 0.0


def test_only_marketings_part_of_the_goal_is_asked_of_its_leads() -> None:
    factors = np.array([0.5, 1.0, 2.0])
    revenue = np.tile([9e3, 12e3, 30e3], (4, 1))
    whole = leads_for_goal(small(), curve_of(revenue, factors))
    half = leads_for_goal(small(goal__marketing_share=0.5), curve_of(revenue, factors))
    assert (whole.factor, half.factor) == (2.0, 1.0)


def test_with_idle_hands_a_lead_is_worth_what_paper_says() -> None:
    plan = small(
        sales__sdr__headcount=40, decay__preset="none", marketing__duplicates__share=0.0, sales__ae__open_limit=None,
        sla={"speed": {"target": 0.9, "within": "4 business hours"}},
    )  # fmt: skip
    found = next_leads(plan, Simulation(12), count=200)["web"]
    from smarketing_sim.measure.lead_worth import lead_values

    worth = lead_values(plan)["web"] * plan.economics.gross_margin * plan.economics.lifetime_factor
    expected = worth - plan.marketing.sources["web"].cost_per_handed
    assert found.contribution.low <= expected <= found.contribution.high
    assert found.contribution.high - found.contribution.low < 0.3 * worth


def test_an_even_flow_keeps_the_number_of_leads() -> None:
    plan = load(PARAMS / "baseline.yaml")
    even = even_flow(plan)
    assert not even.marketing.campaigns
    created = 12 * sum(s.mean_monthly_leads for s in plan.marketing.sources.values())
    bursts = sum(c.first_week_leads * (1 + c.weekly_decay) for c in plan.marketing.campaigns.values())
    after = 12 * sum(s.mean_monthly_leads for s in even.marketing.sources.values())
    assert after == pytest.approx(created + bursts)


def test_more_leads_of_a_campaign_cost_more_in_proportion() -> None:
    """Lost, half as many leads again cost nothing at every fair."""
    fair = {"source": "web", "starts_on": "2024-03-11", "first_week_leads": 40, "weeks": 1, "cost": 3_000}
    plan = small(marketing__campaigns={"fair": fair})
    campaign = override(plan, more_leads(plan, 1.5)).marketing.campaigns["fair"]
    assert (campaign.first_week_leads, campaign.cost) == (60.0, 4_500.0)
    assert more_leads(plan, 1.5, campaigns=False).keys() == {"marketing.sources.web.leads_per_month"}


SEASON = [0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.5, 1.3, 1.1, 0.9, 0.7, 0.5]


@pytest.mark.parametrize("steady", [{"leads_per_month": 0}, {"leads_per_month": 60}, {"leads_per_month": [60] * 12}])
def test_an_even_flow_brings_the_leads_of_a_campaign_on_a_source_that_brings_none_by_itself(
    steady: dict[str, Any],
) -> None:
    """Lost, the comparison drops the campaign's leads and calls the burst a gain."""
    fair = {"source": "fair", "starts_on": "2024-03-11", "first_week_leads": 600, "weekly_decay": 0.5, "weeks": 2}
    plan = small(
        marketing__sources__fair={"qualify_prob": 0.2, "win_prob": 0.2, **steady},
        marketing__campaigns={"fair": fair}, marketing__season=SEASON, marketing__duplicates__share=0.0,
        run__warm_up_weeks=0, run__cool_down_weeks=0,
    )  # fmt: skip
    even = even_flow(plan)
    bursts, evenly = (
        sum(Simulation(20).run(one).stacked("funnel")[:, :, FUNNEL_COLUMNS.index("leads")].sum(axis=1))
        for one in (plan, even)
    )
    assert evenly == pytest.approx(bursts, rel=0.03)


def test_a_plan_without_campaigns_has_no_burst_to_cost() -> None:
    assert burst_cost(small(), Simulation(2)) is None


def test_a_campaign_of_another_year_is_no_burst_of_this_one() -> None:
    late = {"source": "web", "starts_on": "2024-05-06", "first_week_leads": 30, "weeks": 1, "cost": 9_000}
    plan = small(marketing__campaigns={"later": late})
    assert burst_cost(plan, Simulation(2)) is None
    assert even_flow(plan).marketing.campaigns


def test_a_burst_that_swamps_the_team_costs_contribution() -> None:
    burst = {"source": "web", "starts_on": "2024-03-11", "first_week_leads": 300, "weekly_decay": 0.5, "weeks": 1}
    plan = small(marketing__campaigns={"fair": burst})
    found = burst_cost(plan, Simulation(12))
    assert found is not None
    assert found.burst_leads == 300
    assert found.revenue.low > 0


def test_the_pacing_line_ends_at_the_promise_and_the_count_at_the_months_leads() -> None:
    found = pacing_line(small(), replications=3)
    assert found.promised[-1] == pytest.approx(95 * 3)
    assert np.all(np.diff(found.expected) >= 0)
    assert np.all((found.low <= found.expected) & (found.expected <= found.high))


@pytest.mark.slow
def test_the_cliff_of_the_overloaded_plan_lies_below_it_and_calling_new_leads_first_moves_it_up() -> None:
    """The band in which the shipped plan is interesting."""
    plan = load(PARAMS / "overloaded.yaml")
    first = override(plan, {"sales.sdr.queue.new_before_retries": True})
    today, moved = volume_curves({"today": plan, "first": first}, Simulation(5), factors=BASELINE_FACTORS)
    assert 0.7 <= today.cliff.factor.mean <= 0.85
    assert 400 <= today.cliff.handed_per_month.mean <= 500
    assert not moved.cliff.in_sight or moved.cliff.factor.mean > today.cliff.factor.mean + 0.15
