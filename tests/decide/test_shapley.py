"""Shapley values against games whose values are known, and against every order counted out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smarketing_sim.decide.shapley import shapley_values

GAMES = st.integers(1, 4).flatmap(lambda n: arrays(np.float64, (2**n, 3), elements=st.floats(-1e6, 1e6, width=32)))


def players(values: np.ndarray) -> int:
    return len(values).bit_length() - 1


def counted_out(values: np.ndarray) -> np.ndarray:
    """The mean of what each factor adds, over every order, one after another."""
    count = players(values)
    parts = np.zeros((count, *values.shape[1:]))
    for order in itertools.permutations(range(count)):
        before = 0
        for factor in order:
            parts[factor] += values[before | 1 << factor] - values[before]
            before |= 1 << factor
    return parts / math.factorial(count)


def test_in_an_additive_game_each_factor_gets_what_it_brings() -> None:
    brings = np.array([3.0, -1.0, 0.5, 7.0])
    values = [10.0 + sum(brings[i] for i in range(4) if mask >> i & 1) for mask in range(16)]
    assert shapley_values(values) == pytest.approx(brings)


def test_the_glove_game() -> None:
    """One left glove, two right ones; a pair is worth 1. The left glove's owner has 2/3 (Shapley 1953; textbooks)."""
    values = [float(bool(mask & 1) and bool(mask & 6)) for mask in range(8)]
    assert shapley_values(values) == pytest.approx([4 / 6, 1 / 6, 1 / 6])


def test_the_game_of_unanimity_is_shared_evenly() -> None:
    assert shapley_values([0.0] * 7 + [12.0]) == pytest.approx([4.0, 4.0, 4.0])


@given(GAMES)
def test_the_parts_sum_to_the_gap_in_every_replication(values: np.ndarray) -> None:
    assert shapley_values(values).sum(axis=0) == pytest.approx(values[-1] - values[0], abs=1e-6)


@given(GAMES)
def test_the_formula_equals_every_order_counted_out(values: np.ndarray) -> None:
    assert shapley_values(values) == pytest.approx(counted_out(values), abs=1e-6)


def test_factors_that_do_the_same_get_the_same_and_one_that_does_nothing_gets_nothing() -> None:
    values = np.array([math.sqrt((mask & 1) + (mask >> 1 & 1)) for mask in range(8)])
    first, second, idle = shapley_values(values)
    assert first == second > 0.0
    assert idle == 0.0


def test_renaming_factors_renames_their_values() -> None:
    values = np.random.default_rng(4).normal(size=8)
    swapped = values[[(mask & 2) >> 1 | (mask & 1) << 1 | mask & 4 for mask in range(8)]]
    assert shapley_values(swapped) == pytest.approx(shapley_values(values)[[1, 0, 2]])


def test_a_replication_with_an_unknown_worth_is_unknown_and_the_others_are_not() -> None:
    values = np.ones((4, 2)) * np.arange(4)[:, None]
    values[1, 0] = np.nan
    parts = shapley_values(values)
    assert np.isnan(parts[:, 0]).all()
    assert np.isfinite(parts[:, 1]).all()


def test_without_factors_there_are_no_parts() -> None:
    assert shapley_values(np.ones((1, 5))).shape == (0, 5)


@pytest.mark.parametrize("count", [0, 3, 6])
def test_values_that_are_not_one_for_each_set_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="each set"):
        shapley_values(np.zeros(count))
