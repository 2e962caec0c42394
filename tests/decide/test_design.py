"""The best follow-up: a real optimum of the grid, found in few experiments."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from smarketing_sim.decide.design import MOST_EXPERIMENTS, Choice, applied, cadence_days, design, to_json
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from tests.builders import make_scenario
from tests.experiment.stubs import small

YEARS = 6


@pytest.fixture(scope="module")
def plan():  # type: ignore[no-untyped-def]
    return small(sales__sdr__headcount=2, economics__outbound_per_hour=20)


@pytest.fixture(scope="module")
def found(plan):  # type: ignore[no-untyped-def]
    return design(plan, Simulation(YEARS))


def test_no_neighbour_on_the_grid_is_better_than_the_optimum(found) -> None:  # type: ignore[no-untyped-def]
    assert found.settled
    assert found.tried[0].choice == found.optimum
    assert all(one.behind.high >= 0 for one in found.tried)
    assert found.experiments < 60
    assert found.experiments <= MOST_EXPERIMENTS


def test_the_optimum_is_what_simulating_its_neighbourhood_by_hand_shows(plan, found) -> None:  # type: ignore[no-untyped-def]
    best = found.optimum
    around = [
        Choice(best.within, attempts, best.threshold) for attempts in {best.attempts - 1, best.attempts + 1} - {0}
    ]
    plans = [applied(plan, choice) for choice in [best, *around]]
    means = [experiment.series("contribution").mean() for experiment in Simulation(YEARS).panel(plans)]
    assert means[0] == pytest.approx(found.tried[0].contribution.mean)
    assert means[0] == max(means)
    (fresh,) = Simulation(YEARS, first=YEARS).panel(plans[:1])
    assert fresh.series("contribution").mean() == pytest.approx(found.contribution.mean)


def test_the_answer_tells_what_was_asked(found) -> None:  # type: ignore[no-untyped-def]
    answer = to_json(found)
    assert set(answer["optimum"]) == {"within", "attempts", "days", "threshold"}
    assert {"contribution", "shadow_price_per_hour", "grid"} <= set(answer)
    assert len(answer["grid"]) == len(found.tried)


@pytest.mark.slow
def test_with_unlimited_time_and_no_decay_the_last_attempt_made_is_the_last_that_pays() -> None:
    """The closed form: attempts go on while p × value exceeds minutes × the worth of the hour elsewhere."""
    plan = make_scenario(
        {
            "marketing.sources.web": {"leads_per_month": 1500, "qualify_prob": 0.5, "win_prob": 0.5},
            "marketing.handoff.on": "action", "marketing.sources.web.action_share": 1.0,
            "personas.anyone.deal_value": 400,
            "sales.sdr": {
                "headcount": 60,
                "channels": {"phone": {"preparation": "10 min", "no_answer": "10 min", "voicemail": "10 min",
                                       "talk": "10 min"}},
                "cadence": {"max_attempts": 4, "gaps": ["1 hour"]},
            },
            "sales.reach": {"alpha": 2.0, "beta": 2.0},
            "economics.outbound_per_hour": 110,
            "run": {"starts_on": "2024-01-01", "horizon_months": 2, "warm_up_weeks": 1, "cool_down_weeks": 3},
        }
    )  # fmt: skip
    found = design(plan, Simulation(20))
    met = plan.sales.meetings.show_share * (1 + (1 - plan.sales.meetings.show_share) * plan.sales.meetings.rebook_share)
    worth, cost = 0.5 * met * 0.5 * 400, 20.0 / 60.0 * 110.0
    pays = list(itertools.takewhile(lambda n: 2.0 / (4.0 + n - 1) * worth > cost, range(1, 13)))
    assert found.optimum.attempts == pays[-1] == 2


def test_a_cadence_lasts_as_many_calendar_days_as_its_pauses_say() -> None:
    plan = make_scenario({"sales.sdr.cadence": {"max_attempts": 4, "gaps": ["1 day", "2 days"]}})
    assert cadence_days(plan) == 5
    assert cadence_days(make_scenario()) == 0


def test_a_plan_without_people_is_told_to_add_some() -> None:
    with pytest.raises(InputError, match=r"sales\.sdr\.headcount = 0.*add reps"):
        design(small(sales__sdr__headcount=0), Simulation(2))


def test_a_plan_without_a_promise_on_speed_is_designed_without_one() -> None:
    plan = small(sla={"depth": {"target": 0.8, "attempts": 2, "within": "5 days"}})
    found = design(plan, Simulation(3))
    assert found.optimum.within is None
    assert np.isfinite(found.contribution.mean)
