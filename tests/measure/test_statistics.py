from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from smarketing_sim.errors import InputError
from smarketing_sim.measure import statistics
from smarketing_sim.measure.statistics import Interval

NAN = math.nan


def is_unknown(interval: Interval) -> bool:
    return math.isnan(interval.mean) and math.isnan(interval.low) and math.isnan(interval.high)


def has_no_bounds(interval: Interval) -> bool:
    return not math.isnan(interval.mean) and math.isnan(interval.low) and math.isnan(interval.high)


def covered(intervals: list[Interval], truth: float) -> float:
    return float(np.mean([i.low <= truth <= i.high for i in intervals]))


def test_a_number_that_is_not_known_is_null_in_json() -> None:
    text = json.dumps(Interval(math.inf, NAN, 2.0).as_dict(), allow_nan=False)
    assert json.loads(text) == {"mean": None, "low": None, "high": 2.0}


def test_the_t_interval_is_that_of_the_textbook() -> None:
    # n = 4, mean 5, s = 2.582, t(0.975, 3) = 3.182
    found = statistics.t_interval([2.0, 4.0, 6.0, 8.0])
    assert found.mean == 5.0
    assert found.high - found.mean == pytest.approx(3.182 * 2.5820 / 2, rel=2e-4)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)


def test_a_wider_level_gives_the_wider_interval() -> None:
    values = [1.0, 2.0, 4.0]
    assert statistics.t_interval(values, level=0.99).low < statistics.t_interval(values, level=0.95).low
    assert statistics.wilson(3, 10, level=0.99).low < statistics.wilson(3, 10, level=0.95).low


def test_replications_without_a_case_are_left_out_of_the_mean() -> None:
    assert statistics.t_interval([1.0, NAN, 3.0, NAN]) == statistics.t_interval([1.0, 3.0])


def test_too_few_replications_give_no_bounds() -> None:
    assert is_unknown(statistics.t_interval([]))
    assert is_unknown(statistics.t_interval([NAN, NAN]))
    assert has_no_bounds(statistics.t_interval([3.0, NAN]))
    assert statistics.t_interval([3.0, 3.0]) == Interval(3.0, 3.0, 3.0)


def test_an_infinite_value_is_not_averaged_into_nonsense() -> None:
    found = statistics.t_interval([1.0, math.inf])
    assert found.mean == math.inf
    assert has_no_bounds(found)
    assert is_unknown(statistics.t_interval([-math.inf, math.inf]))


def test_t_intervals_of_five_replications_cover_as_promised_and_normal_ones_would_not() -> None:
    groups = np.random.default_rng(20).normal(3.0, 2.0, size=(6000, 5))
    share = covered([statistics.t_interval(group) for group in groups], 3.0)
    slack = 4 * math.sqrt(0.95 * 0.05 / 6000)
    assert abs(share - 0.95) < slack
    half = 1.96 * groups.std(axis=1, ddof=1) / math.sqrt(5)
    assert np.mean(np.abs(groups.mean(axis=1) - 3.0) <= half) < 0.95 - 3 * slack


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_table(successes: int, trials: int, low: float, high: float) -> None:
    # Newcombe, Statistics in Medicine 17, 1998, table I, method 3 (score without continuity correction)
    found = statistics.wilson(successes, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.mean == successes / trials


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_agrees_with_the_library(level: float) -> None:
    for trials in (1, 2, 7, 100):
        for successes in range(trials + 1):
            found = statistics.wilson(successes, trials, level=level)
            known = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
            assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-12)


def test_wilson_keeps_its_width_at_the_ends_and_its_ends_in_range() -> None:
    none, all_ = statistics.wilson(0, 20), statistics.wilson(20, 20)
    assert none.low == 0.0
    assert all_.high == 1.0
    assert none.high == pytest.approx(1.0 - all_.low)
    assert is_unknown(statistics.wilson(0, 0))


def test_the_clustered_share_pools_months_and_skips_those_without_a_case() -> None:
    kept = [[1.0, 1.0, 0.0, NAN], [1.0, 0.0, 0.0, 0.0], [1.0, NAN, NAN, NAN], [NAN, NAN, NAN, NAN]]
    found = statistics.clustered_share(kept)
    assert found.mean == pytest.approx(4 / 8)
    # by hand: residuals 0.5, -1, 0.5; error = sqrt(3/2 · 1.5) / 8; t(0.975, 2) = 4.3027
    assert found.low == pytest.approx(max(0.0, 0.5 - 4.3027 * math.sqrt(2.25) / 8), abs=1e-5)
    assert found.high == 1.0


def test_a_promise_always_kept_is_not_called_certain() -> None:
    kept = np.ones((20, 12), dtype=bool)
    always, never = statistics.clustered_share(kept), statistics.clustered_share(~kept)
    assert (always.low, always.high) == (pytest.approx(1.0 - 2.0930 / 40, abs=1e-5), 1.0)  # t(0.975, 19) = 2.0930
    assert (never.low, never.high) == (0.0, pytest.approx(2.0930 / 40, abs=1e-5))
    gaps = np.where(np.arange(20)[:, None] < 4, NAN, kept)
    assert statistics.clustered_share(gaps).low == pytest.approx(1.0 - 2.1314 / 32, abs=1e-5)  # of sixteen years


@pytest.mark.parametrize("years", [2, 8, 40, 200])
def test_a_range_never_reads_vaguer_as_one_more_month_is_kept(years: int) -> None:
    """Lost, 96 months of 96 read 68 to 100%, and 95 of 96 read 96 to 100%."""
    kept = np.ones((years, 12))
    lows = [statistics.clustered_share(kept).low]
    for month in range(12):
        kept[0, month] = 0.0
        lows.append(statistics.clustered_share(kept).low)
    assert lows == sorted(lows, reverse=True)


def test_replications_that_agree_by_chance_still_leave_doubt() -> None:
    kept = np.tile([1.0, 0.0, 0.0, 0.0], (8, 1))
    found = statistics.clustered_share(kept)
    assert found.mean == 0.25
    assert found.high - found.low == pytest.approx(2 * 2.3646 / 16, abs=1e-5)  # t(0.975, 7) = 2.3646


def test_one_replication_gives_no_bounds_and_none_gives_none() -> None:
    one = statistics.clustered_share([[1.0, 0.0]])
    assert (one.mean, math.isnan(one.low), math.isnan(one.high)) == (0.5, True, True)
    assert is_unknown(statistics.clustered_share([[NAN, NAN]]))
    assert is_unknown(statistics.clustered_share(np.empty((0, 12))))
    assert is_unknown(statistics.clustered_share(np.empty((5, 0))))


def test_the_clustered_share_stays_within_its_range() -> None:
    kept = np.ones((3, 12))
    kept[0, :6] = 0.0
    found = statistics.clustered_share(kept)
    assert 0.0 <= found.low < found.mean < found.high == 1.0


def test_months_that_share_their_luck_are_covered_and_pooling_them_would_not() -> None:
    rng = np.random.default_rng(21)
    years = rng.beta(2.0, 2.0, size=(3000, 20, 1))
    kept = (rng.random((3000, 20, 12)) < years).astype(float)
    share = covered([statistics.clustered_share(group) for group in kept], 0.5)
    assert 0.93 < share < 0.965
    pooled = covered([statistics.wilson(group.sum(), group.size) for group in kept], 0.5)
    assert pooled < 0.85


def test_the_same_luck_makes_the_difference_sharp() -> None:
    rng = np.random.default_rng(22)
    luck = rng.normal(0.0, 10.0, 20)
    a, b = luck + 1.0 + rng.normal(0.0, 0.1, 20), luck
    found = statistics.paired_difference(a, b)
    assert found.low < 1.0 < found.high
    assert found.high - found.low < 0.2
    turned = statistics.paired_difference(b, a)
    assert (turned.mean, turned.low, turned.high) == pytest.approx((-found.mean, -found.high, -found.low))


def test_a_pair_with_a_gap_is_left_out_as_a_pair() -> None:
    assert statistics.paired_difference([1.0, NAN, 5.0, 9.0], [0.0, 7.0, NAN, 6.0]) == statistics.t_interval([1.0, 3.0])
    with pytest.raises(ValueError, match="pairs"):
        statistics.paired_difference([1.0, 2.0], [1.0])


def test_a_ratio_of_sums_is_not_a_mean_of_ratios() -> None:
    found = statistics.ratio_of_sums([1.0, 90.0], [10.0, 100.0])
    assert found.mean == pytest.approx(91 / 110)
    # residuals 1 - 0.8273·10 = -7.2727 and its opposite: error = sqrt(2/1 · 2 · 7.2727²) / 110
    assert found.high - found.mean == pytest.approx(12.7062 * 2 * 7.27273 / 110, rel=1e-5)


def test_a_ratio_over_nothing_is_unknown() -> None:
    assert is_unknown(statistics.ratio_of_sums([1.0, 2.0], [0.0, 0.0]))
    assert is_unknown(statistics.ratio_of_sums([], []))
    assert has_no_bounds(statistics.ratio_of_sums([1.0, NAN], [2.0, 3.0]))


def test_ratios_are_covered_as_promised_and_normal_ones_would_not_be() -> None:
    rng = np.random.default_rng(23)
    below = rng.gamma(25.0, 4.0, size=(3000, 6))
    above = 0.3 * below + rng.normal(0.0, 5.0, size=(3000, 6))
    found = [statistics.ratio_of_sums(a, b) for a, b in zip(above, below, strict=True)]
    assert 0.93 < covered(found, 0.3) < 0.97
    shrink = 1.96 / 2.5706
    narrow = [Interval(i.mean, i.mean - (i.mean - i.low) * shrink, i.mean + (i.high - i.mean) * shrink) for i in found]
    assert covered(narrow, 0.3) < 0.92


def test_the_median_of_twenty_years_has_the_known_ranks() -> None:
    # n = 20: ranks 6 and 15 hold the median with 95.9% (Conover, Practical Nonparametric Statistics)
    found = statistics.quantile_interval(np.arange(1.0, 21.0)[::-1], 0.5)
    assert (found.mean, found.low, found.high) == (10.5, 6.0, 15.0)


def test_too_few_years_give_no_bound_on_the_far_side() -> None:
    found = statistics.quantile_interval(np.arange(20.0), 0.9)
    assert math.isnan(found.high)
    assert found.low == 14.0
    mirrored = statistics.quantile_interval(-np.arange(20.0), 0.1)
    assert math.isnan(mirrored.low)
    assert mirrored.high == -14.0
    assert is_unknown(statistics.quantile_interval([NAN], 0.5))
    assert has_no_bounds(statistics.quantile_interval([4.0], 0.5))


@pytest.mark.slow
@pytest.mark.parametrize("prob", [0.1, 0.5, 0.9])
def test_quantiles_of_a_skewed_spread_are_covered(prob: float) -> None:
    rng = np.random.default_rng(24)
    truth = float(stats.lognorm(1.0).ppf(prob))
    share = covered([statistics.quantile_interval(g, prob) for g in rng.lognormal(size=(2000, 60))], truth)
    ranks = stats.binom(60, prob)
    low, high = ranks.ppf(0.025), ranks.ppf(0.975) + 1
    exact = float(ranks.cdf(high - 1) - ranks.cdf(low - 1))
    assert exact >= 0.95
    assert abs(share - exact) < 4 * math.sqrt(exact * (1 - exact) / 2000)


def test_the_replications_asked_for_are_enough_and_one_less_is_not() -> None:
    pilot = np.random.default_rng(25).normal(0.0, 3.0, 12)
    for half_width in (0.3, 1.0, 4.0):
        count = statistics.replications_for(pilot, half_width)
        spread = pilot.std(ddof=1)
        widths = [stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n) for n in (count, count - 1)]
        assert widths[0] <= half_width < widths[1]


def test_a_pilot_without_spread_needs_two_replications() -> None:
    assert statistics.replications_for([5.0, 5.0, NAN], 0.1) == 2


def test_a_pilot_that_cannot_answer_is_refused() -> None:
    with pytest.raises(InputError, match="two replications"):
        statistics.replications_for([1.0, NAN], 0.1)
    with pytest.raises(InputError, match="finite"):
        statistics.replications_for([1.0, math.inf], 0.1)
    with pytest.raises(InputError, match="above 0"):
        statistics.replications_for([1.0, 2.0], 0.0)
