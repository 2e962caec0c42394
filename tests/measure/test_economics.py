"""Money by hand on a tiny ledger, and the conditional mean against the sampled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smarketing_sim.engine import simulate
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.economics import Economics, MoneySums, measure_economics, people_cost
from smarketing_sim.measure.funnel import FunnelSums, funnel
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario
from tests.measure.ledgers import at, lead, make_case, office

TERMS: dict[str, Any] = {
    "economics": {"gross_margin": 0.8, "churn_per_year": 0.15, "horizon_months": 36, "discount_per_year": 0.1,
                  "tools_annual": 12_000},
    "sales__sdr": {"headcount": 2, "annual_cost": 60_000, "marketing_time": {"share": 0.5}},
    "sales__ae": {"headcount": 1, "annual_cost": 120_000},
}  # fmt: skip


def measured(scenario: Scenario, leads: Any, calls: Any = (), **rest: Any) -> Economics:
    return money_of(make_case(scenario, leads, calls, **rest))


def money_of(case: Case) -> Economics:
    return measure_economics(case, funnel(case, case.total(FunnelSums.of)), case.total(MoneySums.of))


def deal(created_at: float, closed_at: float, *, value: float = np.nan, expected: float = 0.0) -> dict[str, Any]:
    steps = dict.fromkeys(("connected_at", "qualified_at", "met_at", "opportunity_at"), created_at)
    outcome = {"outcome": "lost" if np.isnan(value) else "won", "resolved_at": closed_at, "deal_closed_at": closed_at}
    return dict(lead(created_at, **steps, **outcome, value=value, expected_value=expected, reason=-1))


def test_contribution_adds_up_as_by_hand() -> None:
    scenario = office(**TERMS)
    t, later = at(scenario, "2024-01-03 10:00"), at(scenario, "2024-06-03 10:00")
    leads = [deal(t, later, value=70_000.0, expected=20_000.0), deal(t, later, expected=30_000.0)]
    calls = [{"lead_id": n, "started_at": t} for n in range(2)]
    money = measured(scenario, leads, calls, marketing=[{"day": 2, "spend": 900.0}])
    keep = 0.85 / 1.1
    factor = 1 + keep + keep**2
    wages = 60_000 * 2 * 0.5 / 6  # two months of two reps, half of whose time it is
    everybody = (60_000 * 2 + 120_000 + 12_000) / 6
    assert scenario.economics.lifetime_factor == pytest.approx(factor)
    assert money.expected_revenue == 50_000
    assert money.contribution == pytest.approx(40_000 * factor - 900 - wages)
    assert money.contribution_year_one == pytest.approx(40_000 - 900 - wages)
    assert money.contribution_loaded == pytest.approx(40_000 * factor - 900 - everybody)
    assert money.won_count == 1
    assert money.cost_per_won == pytest.approx(900 + everybody)
    assert money.ltv_to_cac == pytest.approx(40_000 * factor / (900 + everybody))
    assert money.payback_months == pytest.approx(12 * (900 + everybody) / 40_000)


@pytest.mark.parametrize(
    ("months", "churn", "discount", "factor"),
    [(12, 0.2, 0.1, 1.0), (6, 0.2, 0.1, 0.5), (24, 0.0, 0.0, 2.0), (24, 0.25, 0.0, 1.75), (30, 0.5, 0.0, 1.625),
     (24, 0.0, 0.25, 1.8), (36, 1.0, 0.0, 1.0), (0, 0.1, 0.1, 0.0)],
)  # fmt: skip
def test_a_deal_is_worth_its_years_less_churn_and_discount(
    months: int, churn: float, discount: float, factor: float
) -> None:
    terms = {"horizon_months": months, "churn_per_year": churn, "discount_per_year": discount}
    assert office(economics=terms).economics.lifetime_factor == pytest.approx(factor)


def test_revenue_by_cohort_and_booked_are_never_mixed() -> None:
    scenario = office(run__warm_up_weeks=4, run__cool_down_weeks=4, **TERMS)
    before, inside, after = (at(scenario, f"{day} 10:00") for day in ("2023-12-20", "2024-02-01", "2024-03-05"))
    leads = [deal(before, inside, value=1.0, expected=1e3), deal(inside, inside, value=20.0, expected=2e3),
             deal(inside, after, value=300.0, expected=4e3), deal(after, after, value=4000.0, expected=8e3),
             deal(before, before, value=50_000.0, expected=16e3)]  # fmt: skip
    calls = [{"lead_id": n, "started_at": row["handed_at"]} for n, row in enumerate(leads)]
    money = measured(scenario, leads, calls)
    assert money.cohort_revenue == 320.0
    assert money.booked_revenue == 21.0
    assert money.expected_revenue == 6e3
    assert money.won_count == 2


def test_a_year_without_a_win_has_no_cost_per_deal() -> None:
    money = measured(office(**TERMS), [])
    assert np.isnan([money.cost_per_won, money.ltv_to_cac, money.payback_months]).all()
    assert (money.expected_revenue, money.cohort_revenue) == (0.0, 0.0)


def test_people_are_paid_for_the_days_they_are_there_and_charged_by_their_own_share() -> None:
    reps = {"2": {"starts_on": "2024-02-01", "marketing_time": {"share": 0.25}}, "3": {"leaves_on": "2024-01-11"},
            "4": {"starts_on": "2025-01-01"}}  # fmt: skip
    sdr = {"headcount": 4, "annual_cost": 60_000, "marketing_time": {"share": 1.0, "form": "blocks"}, "reps": reps}
    scenario = office(sales__sdr=sdr, sales__ae={"headcount": 1, "annual_cost": 120_000})
    shared, loaded = people_cost(make_case(scenario, []))
    two_months = 60_000 / 6
    assert shared == pytest.approx(two_months * (1 + 0.25 * 29 / 60 + 10 / 60))
    assert loaded == pytest.approx(two_months * (1 + 29 / 60 + 10 / 60) + 20_000)


def test_wasted_hours_are_those_of_the_horizon_on_duplicates_and_on_bad_fits_once_each() -> None:
    scenario = office(run__cool_down_weeks=4)
    t, after = at(scenario, "2024-01-03 10:00"), at(scenario, "2024-03-05 10:00")
    leads = [lead(t), lead(t, fit=False), lead(t, duplicate_of=0), lead(t, duplicate_of=1, fit=False)]
    calls = [{"lead_id": n, "started_at": t + 60 * n, "ended_at": t + 60 * n + 30} for n in range(4)]
    calls += [{"lead_id": 1, "attempt": 2, "started_at": after, "ended_at": after + 30},
              {"lead_id": 1, "attempt": 0, "started_at": t, "ended_at": t + 500, "automatic": True}]  # fmt: skip
    money = measured(scenario, leads, calls)
    assert (money.hours_on_duplicates, money.hours_on_bad_fits) == (1.0, 0.5)


MEANS: Overrides = {
    "run": {"warm_up_weeks": 2, "horizon_months": 1, "cool_down_weeks": 5},
    "personas": {
        "anyone": {"share": 0.6, "deal_value_cv": 0.4},
        "big": {"share": 0.4, "deal_value": 3000, "win_factor": 1.5},
    },
    "marketing.sources.web": {"leads_per_month": 250, "qualify_prob": 0.5, "win_prob": 0.4},
    "marketing.reachable_share": 0.9,
    "marketing.in_profile_share": 0.8,
    "marketing.duplicates.share": 0.1,
    "marketing.handoff.intelligence": {"passed_share": 0.5, "qualify_factor": 1.2, "preparation_factor": 0.5},
    "sales.sdr.channels": {
        "phone": {"preparation": "20 min", "no_answer": "30 min", "voicemail": "30 min", "talk": "90 min"}
    },
    "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["1 day"]},
    "sales.sdr.headcount": 1,
    "sales.sdr.reps": {"1": {"skill": 1.3}},
    "sales.sdr.minutes_cv": 0.7,
    "sales.meetings": {"booking_lag": "1 day", "booking_lag_cv": 0.5, "show_share": 0.7, "rebook_share": 0.5},
    "sales.ae": {"headcount": 1, "cycle_median": "20 days", "cycle_cv": 0.5},
}
LIMIT = {"headcount": 1, "cycle_median": "9 days", "cycle_cv": 0.5, "open_limit": 18, "fade_half_life": "5 days"}


@pytest.mark.slow
@pytest.mark.parametrize("outcomes", [["contact"], ["qualify"], ["win"]])
@pytest.mark.parametrize("ae", [{}, LIMIT], ids=["no AE limit", "AE limit"])
def test_the_expected_value_is_the_mean_of_what_falls_out(outcomes: list[str], ae: dict[str, Any]) -> None:
    decay = {"preset": "medium", "outcomes": outcomes}
    scenario = make_scenario(MEANS | {"decay": decay} | {f"sales.ae.{key}": value for key, value in ae.items()})
    replications = 40
    pairs = np.zeros((replications, 2))
    for r in range(replications):
        case = case_of(simulate(scenario, sample_demand(scenario, seed=11, replication=r)), scenario)
        money = money_of(case)
        pairs[r] = money.expected_revenue, money.cohort_revenue
    gap = pairs[:, 0] - pairs[:, 1]
    error = gap.std(ddof=1) / np.sqrt(replications)
    assert 0 < error <= 0.15 * pairs[:, 0].mean()  # without it, the test would forgive anything
    assert abs(gap.mean()) <= 4 * error
    assert pairs[:, 0].std() < pairs[:, 1].std()  # and conditioning is worth its while
