"""The price of an hour: the worth of outbound work with slack, more under load; and the attempts that pay at it."""

from __future__ import annotations

import numpy as np
import pytest

from smarketing_sim.decide.shadow_price import AGES_MINUTES, attempt_values, hour_price, neighbours_in_time
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from tests.builders import make_scenario
from tests.experiment.stubs import small

OUTBOUND = 40.0


def busy_plan(leads: float):  # type: ignore[no-untyped-def]
    return small(
        marketing__sources__web={"leads_per_month": leads, "qualify_prob": 0.3, "win_prob": 0.3},
        sales__sdr__marketing_time={"share": 0.5, "form": "interleaved"},
        economics__outbound_per_hour=OUTBOUND,
        sla={"speed": {"target": 0.9, "within": "4 business hours"}},
    )


def test_at_half_load_an_hour_is_worth_the_outbound_work_it_leaves_room_for() -> None:
    price = hour_price(busy_plan(130), Simulation(16))
    assert 0.3 < price.utilisation.mean < 0.65
    assert price.per_hour.high >= OUTBOUND  # a little more than that: what waits at half load waits less
    assert price.per_hour.mean == pytest.approx(OUTBOUND, rel=0.1)


def test_the_price_of_an_hour_rises_with_load() -> None:
    easy, full = (hour_price(busy_plan(leads), Simulation(12)).per_hour for leads in (130, 270))
    assert full.low > easy.high
    assert full.mean > 1.5 * easy.mean


def test_without_worth_of_outbound_work_an_idle_hour_is_worth_nothing() -> None:
    plan = override(busy_plan(20), {"economics.outbound_per_hour": 0, "decay.preset": "none"})
    price = hour_price(plan, Simulation(6))
    assert abs(price.per_hour.mean) < 3.0


def test_a_little_more_and_less_time_never_leaves_what_a_share_can_be() -> None:
    more, less = neighbours_in_time(make_scenario())
    assert more.sales.sdr.marketing_time.share == 1.0
    assert less.sales.sdr.marketing_time.share == pytest.approx(0.95)


def test_without_decay_the_value_of_an_attempt_does_not_depend_on_age_and_follows_the_closed_form() -> None:
    """First attempt: p = reachable × α ÷ (α + β); profit = p × worth of a contact − minutes × price."""
    plan = make_scenario(
        {"marketing.reachable_share": 0.8, "sales.reach": {"alpha": 5.6, "beta": 5.9},
         "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["1 day"]}}
    )  # fmt: skip
    values = attempt_values(plan, cost_per_hour=60.0)
    p = 0.8 * 5.6 / (5.6 + 5.9)
    assert values.connect_prob[0] == pytest.approx(p)
    met = plan.sales.meetings.show_share * (1 + (1 - plan.sales.meetings.show_share) * plan.sales.meetings.rebook_share)
    assert values.contact == pytest.approx(0.5 * met * 0.5 * 1000)
    assert values.profit[0, 0] == pytest.approx(p * values.contact - values.minutes[0])
    assert np.ptp(values.profit, axis=1) == pytest.approx(np.zeros(3))


def test_the_chance_of_an_attempt_counts_that_the_silent_may_be_out_of_reach() -> None:
    """Bayes: of those silent after n attempts, r·S(n) ÷ (r·S(n) + 1 − r) can be reached at all."""
    plan = make_scenario(
        {"marketing.reachable_share": 0.5, "sales.reach": {"alpha": 1e6, "beta": 1e6},
         "sales.sdr.cadence": {"max_attempts": 2, "gaps": ["1 day"]}}
    )  # fmt: skip
    values = attempt_values(plan, cost_per_hour=0.0)
    assert values.connect_prob == pytest.approx([0.25, 0.5 * 0.25 / 0.75], rel=1e-4)


def test_a_dearer_hour_and_an_older_lead_make_fewer_attempts_pay() -> None:
    plan = small(decay__preset="medium")
    cheap, dear = (attempt_values(plan, cost_per_hour=usd, attempts=12).last_that_pays for usd in (5.0, 80.0))
    assert all(more >= fewer for more, fewer in zip(cheap, dear, strict=True))
    assert cheap != dear
    assert list(dear) == sorted(dear, reverse=True)
    assert len(dear) == len(AGES_MINUTES)
