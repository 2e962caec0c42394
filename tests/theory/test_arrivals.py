"""The sampled demand against theory: Poisson counts by hour, independent sources, leads in nurture."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy import stats

from smarketing_sim.arrays import Floats
from smarketing_sim.measure import queueing
from smarketing_sim.world.demand import Demand, sample_demand
from tests.builders import make_scenario
from tests.theory.estimates import hold, of_independent

FALSE_ALARM = 1e-4
WEEKS = 53
HOURS = [0.2] * 7 + [1.0, 2.0, 3.0, 3.0, 2.5, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0, 0.5] + [0.3] * 5
SOURCES = {
    name: {"leads_per_month": volume, "qualify_prob": 0.3, "win_prob": 0.2}
    for name, volume in (("busy", 6_000), ("calm", 3_000))
}


@functools.cache
def weekly_demand() -> tuple[Demand, Floats]:
    """A year of whole weeks, and the weight of each hour of the week with mean 1."""
    scenario = make_scenario(
        {
            "run": {"starts_on": "2024-01-01", "horizon_months": 0, "warm_up_weeks": 0, "cool_down_weeks": WEEKS},
            "marketing.profile": {"hours": HOURS, "weekdays": {"sat-sun": 0.4}},
            "marketing.sources": {"web": None, **SOURCES},
        }
    )
    week = np.outer([1.0] * 5 + [0.4] * 2, HOURS).ravel()
    return sample_demand(scenario, seed=21), week / week.mean()


def by_hour(demand: Demand, source: int) -> np.ndarray:
    hour = (demand.created_at[demand.source == source] // 60).astype(int)
    return np.bincount(hour, minlength=WEEKS * 168).reshape(WEEKS, 168)


@pytest.mark.parametrize(("source", "per_month"), [(0, 6_000.0), (1, 3_000.0)])
def test_leads_of_an_hour_are_poisson_with_the_profiles_mean(source: int, per_month: float) -> None:
    demand, weight = weekly_demand()
    mean = per_month * weight * 60 / 43_830
    counts = by_hour(demand, source)
    mean_fit = float(((counts.sum(axis=0) - WEEKS * mean) ** 2 / (WEEKS * mean)).sum())
    assert (WEEKS * mean).min() > 10
    assert FALSE_ALARM < stats.chi2.sf(mean_fit, 168) < 1 - FALSE_ALARM
    spread = float(((counts - mean) ** 2 / mean).sum())
    variance = float(WEEKS * (2 + 1 / mean).sum())
    assert abs(spread - counts.size) < 4 * math.sqrt(variance)
    assert math.sqrt(variance) < 0.02 * counts.size


def test_sources_come_independently() -> None:
    demand, weight = weekly_demand()
    scaled = [
        (by_hour(demand, i) - m) / np.sqrt(m) for i, m in enumerate(np.outer([6_000, 3_000], weight) * 60 / 43_830)
    ]
    hold(of_independent((scaled[0] * scaled[1]).ravel()), 0.0, cap=0.015)
    lagged = scaled[0].ravel()[:-1] * scaled[0].ravel()[1:]
    hold(of_independent(lagged), 0.0, cap=0.015)


def test_day_effect_spreads_days_by_its_gamma_and_leaves_the_mean() -> None:
    run = {"starts_on": "2024-01-01", "horizon_months": 0, "warm_up_weeks": 0, "cool_down_weeks": 260}
    scenario = make_scenario(
        {"run": run, "marketing.day_effect_shape": 5, "marketing.sources.web.leads_per_month": 1_500}
    )
    created = sample_demand(scenario, seed=22).created_at
    mean, days = 1_500 * 1440 / 43_830, 260 * 7
    counts = np.bincount((created // 1440).astype(int), minlength=days)
    hold(of_independent(counts), mean, cap=0.02 * mean)
    hold(of_independent((counts - mean) ** 2), mean + mean**2 / 5, cap=0.06 * (mean + mean**2 / 5))


NURTURE_DAYS = 20.0
PER_DAY = 900 * 1440 / 43_830


@functools.cache
def nurtured() -> tuple[Demand, ...]:
    scenario = make_scenario(
        {
            "run.horizon_months": 3,
            "marketing.sources.web.leads_per_month": 900,
            "marketing.sources.web.handed_share": 0,
            "marketing.nurture": {"return_share": 1.0, "return_after": f"{NURTURE_DAYS} days", "keep": "5000 days"},
        }
    )
    return tuple(sample_demand(scenario, seed=23, replication=n) for n in range(150))


@pytest.mark.parametrize("at_day", [10.0, 80.0])
def test_leads_in_nurture_are_poisson_with_the_mean_of_infinite_servers(at_day: float) -> None:
    at = at_day * 1440
    inside = np.array([np.sum((d.created_at <= at) & (d.mql_at > at)) for d in nurtured()])
    expected = queueing.infinite_servers_mean_at(
        at_day, rate=lambda _: PER_DAY, survival=lambda age: math.exp(-age / NURTURE_DAYS), since=0.0
    )
    in_the_end = queueing.infinite_servers_mean(PER_DAY, NURTURE_DAYS)
    assert expected == pytest.approx(in_the_end * -math.expm1(-at_day / NURTURE_DAYS))
    hold(of_independent(inside), expected, cap=0.01 * expected)
    spread = float(((inside - expected) ** 2 / expected).sum())
    assert FALSE_ALARM < stats.chi2.sf(spread, len(inside)) < 1 - FALSE_ALARM


def test_campaign_brings_its_first_week_and_fades() -> None:
    scenario = make_scenario(
        {
            "run.horizon_months": 2,
            "marketing.campaigns": {
                "fair": {
                    "source": "web",
                    "starts_on": "2024-01-10",
                    "first_week_leads": 200,
                    "weekly_decay": 0.5,
                    "weeks": 3,
                }
            },
        }
    )
    week = [sample_demand(scenario, seed=24, replication=n) for n in range(90)]
    counts = np.array(
        [np.bincount(((d.created_at[d.campaign == 1] / 1440 - 9) // 7).astype(int), minlength=3) for d in week]
    )
    for column, expected in enumerate((200.0, 100.0, 50.0)):
        hold(of_independent(counts[:, column]), expected, cap=2.0)
