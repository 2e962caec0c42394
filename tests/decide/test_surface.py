"""The grid behind the sliders of a page: the same numbers as the plan itself, better with hands, worse with leads."""

from __future__ import annotations

from itertools import pairwise

import pytest

from smarketing_sim.decide.frontier import LIMITS
from smarketing_sim.decide.surface import Surface, response_surface
from smarketing_sim.decide.volume import more_leads
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import paired_difference
from smarketing_sim.scenario.building import override
from tests.experiment.stubs import small


@pytest.fixture(scope="module")
def found() -> Surface:
    return response_surface(small(), Simulation(4), volumes=(0.5, 1.0, 2.0))


def test_the_plan_itself_stands_in_the_middle_and_the_others_beside_it(found: Surface) -> None:
    present = small().sales.sdr.headcount
    here = found.points[found.headcounts.index(present)]
    assert (here[1].more.mean, here[1].more.low, here[1].more.high) == (0.0, 0.0, 0.0)
    plan, twice = Simulation(4).panel([small(), override(small(), more_leads(small(), 2.0))])
    assert here[1].handed_per_month == pytest.approx(
        float(plan.series("handed_count").mean()) / small().run.horizon_months
    )
    gap = paired_difference(twice.series("contribution"), plan.series("contribution"))
    assert (here[2].more.mean, here[2].more.high) == pytest.approx((gap.mean, gap.high))


def test_more_reps_never_call_later_and_more_leads_never_sooner(found: Surface) -> None:
    for limit in range(len(LIMITS)):
        called = [[point.called[limit].mean for point in row] for row in found.points]
        for fewer, more in pairwise(called):
            assert all(b >= a - 0.02 for a, b in zip(fewer, more, strict=True))
        for row in called:
            assert all(b <= a + 0.02 for a, b in pairwise(row))


def test_a_wider_limit_is_never_kept_less(found: Surface) -> None:
    for row in found.points:
        for point in row:
            chances = [kept.mean for kept in point.kept]
            assert chances == sorted(chances)


def test_no_plan_of_the_grid_is_without_a_rep() -> None:
    alone = response_surface(override(small(), {"sales.sdr.headcount": 1}), Simulation(1), volumes=(1.0,))
    assert alone.headcounts == (1, 2, 4)
