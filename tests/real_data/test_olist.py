"""The figures of params/olist-2018.yaml are those of the data, and the simulation gives them back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smarketing_sim.engine import simulate
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.calendars import WEEKDAYS
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.real_data import olist
from tests.scenario.ranges import number

MEASURED = "Olist 2018 cohorts, measured"
FOLLOW_UP_DAYS = 2.0
ORIGINS = ("organic_search", "paid_search", "unknown", "social", "direct_traffic", "email", "other", "referral")


@pytest.fixture(scope="module")
def tables(real_data: Path) -> tuple[olist.Cohort, pd.DataFrame]:
    folder = real_data / "olist_as_of_2018-04-01"
    if not folder.is_dir():
        pytest.skip("real data is not here: no extract of Olist")
    return olist.read(folder)


@pytest.fixture(scope="module")
def cohort(tables: tuple[olist.Cohort, pd.DataFrame]) -> olist.Cohort:
    return tables[0]


@pytest.fixture(scope="module")
def scenario(params: Path) -> Scenario:
    return load(params / "olist-2018.yaml")


def hold(scenario: Scenario, path: str, value: float, measured: Interval, *, within: float) -> None:
    """The file's value and range are the measured ones, rounded, and say where they come from."""
    belief = scenario.beliefs[path]
    assert (belief.source, belief.grade) == (MEASURED, "B")
    assert belief.range is not None
    low, high = (number(bound, scenario) for bound in belief.range)
    assert (value, low, high) == pytest.approx((measured.mean, measured.low, measured.high), abs=within)


def worked_share(scenario: Scenario) -> float:
    """Chance that a lead is reached and, once qualified, won: what stands beside the measured figure."""
    reach = scenario.sales.reach
    silent = np.prod([1.0 - reach.hazard(n) for n in range(1, scenario.sales.sdr.cadence.max_attempts + 1)])
    return scenario.marketing.reachable_share * float(1.0 - silent) * 0.40


def test_a_win_share_is_not_deflated_by_leads_still_open() -> None:
    share, _ = olist.won_by_day(np.array([1, 2, 2, 3]), np.array([True, True, False, True]))
    assert share[[0, 1, 2, 3]] == pytest.approx([0.0, 0.25, 0.5, 1.0])


def test_the_origins_of_the_file_are_those_of_the_data(cohort: olist.Cohort, scenario: Scenario) -> None:
    assert set(cohort.origin) == set(scenario.marketing.sources) == set(ORIGINS)
    assert len(cohort.origin) == 3343


@pytest.mark.parametrize("origin", ORIGINS)
def test_volume_and_win_share_of_an_origin_are_as_measured(
    cohort: olist.Cohort, scenario: Scenario, origin: str
) -> None:
    source, at = scenario.marketing.sources[origin], f"marketing.sources.{origin}"
    shape = olist.day_effect_shape(cohort).mean
    leads = olist.monthly_leads(cohort, origin, shape)
    hold(scenario, f"{at}.leads_per_month", source.mean_monthly_leads, leads, within=0.51)
    won, beside = olist.win_share(cohort, origin), worked_share(scenario)
    assert source.win_prob == 0.40
    per_reached = Interval(won.mean / beside, won.low / beside, won.high / beside)
    hold(scenario, f"{at}.qualify_prob", source.qualify_prob, per_reached, within=0.0051)
    assert scenario.beliefs[f"{at}.qualify_prob"].note == f"{100 * won.mean:.1f} of 100 leads won"


@pytest.mark.parametrize("day", ["fri", "sat", "sun"])
def test_the_weight_of_a_weekday_is_as_measured(cohort: olist.Cohort, scenario: Scenario, day: str) -> None:
    weight = olist.weekday_weight(cohort, WEEKDAYS.index(day), olist.day_effect_shape(cohort).mean)
    path = f"marketing.profile.weekdays.{day}"
    hold(scenario, path, scenario.marketing.profile.weekdays[day], weight, within=0.0051)


def test_days_differ_as_much_as_measured(cohort: olist.Cohort, scenario: Scenario) -> None:
    shape = scenario.marketing.day_effect_shape
    assert shape is not None
    hold(scenario, "marketing.day_effect_shape", shape, olist.day_effect_shape(cohort), within=0.51)


def test_days_to_win_are_as_measured_less_the_follow_up(cohort: olist.Cohort, scenario: Scenario) -> None:
    median, ae = olist.days_to_win(cohort, 0.5), scenario.sales.ae
    minutes = Interval(*(1440.0 * (days - FOLLOW_UP_DAYS) for days in (median.mean, median.low, median.high)))
    hold(scenario, "sales.ae.cycle_median", ae.cycle_median, minutes, within=0.06 * 1440)
    hold(scenario, "sales.ae.cycle_cv", ae.cycle_cv, olist.spread_of_days(cohort), within=0.06)


def test_the_teams_are_as_many_as_are_named_on_deals(
    tables: tuple[olist.Cohort, pd.DataFrame], scenario: Scenario
) -> None:
    for column, path, headcount in (
        ("sdr_id", "sales.sdr.headcount", scenario.sales.sdr.headcount),
        ("sr_id", "sales.ae.headcount", scenario.sales.ae.headcount),
    ):
        named = olist.winners_by_month(tables[1], column)
        hold(scenario, path, headcount, Interval(named[-1], min(named), max(named)), within=0.0)


def test_with_ample_reps_the_simulation_wins_what_was_measured(cohort: olist.Cohort, scenario: Scenario) -> None:
    short = {"run.horizon_months": 12, "run.warm_up_weeks": 1, "run.cool_down_weeks": 4, "sales.sdr.headcount": 30}
    ample = override(scenario, short)
    ledger = simulate(ample, sample_demand(ample, seed=7))
    leads = ledger.tables["leads"]
    won = leads["outcome"] == ledger.categories["outcome"].index("won")
    old_enough = leads["created_at"] < leads["created_at"].max() - 30 * 1440
    for code, name in enumerate(ledger.categories["source"]):
        mine = old_enough & (leads["source"] == code)
        measured = olist.win_share(cohort, name)
        assert measured.low <= won[mine].mean() <= measured.high, name
    days = (leads["deal_closed_at"] - leads["created_at"])[won] / 1440
    for prob in (0.25, 0.5, 0.75):
        measured = olist.days_to_win(cohort, prob)
        assert measured.low <= np.quantile(days, prob) <= measured.high, prob
    follow_up = (leads["qualified_at"] - leads["created_at"]) / 1440
    assert np.nanmean(follow_up) == pytest.approx(FOLLOW_UP_DAYS, abs=0.15)
