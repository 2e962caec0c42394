"""Loops over instants and over leads with their attempts, against the same said in another way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.measure.loops import calls, steps_up_to, take_nth

NEVER = float("nan")


@given(edges=st.sets(st.integers(-5, 30), max_size=8), at=st.lists(st.integers(-9, 35), max_size=20))
def test_steps_are_those_of_bisection_in_whatever_order_instants_come(edges: set[int], at: list[int]) -> None:
    rising, instants = np.array(sorted(edges), dtype=np.float64), np.array(at, dtype=np.float64)
    assert steps_up_to(rising, instants).tolist() == np.searchsorted(rising, instants, side="right").tolist()


def test_what_one_lead_got_is_not_counted_for_the_next() -> None:
    count = np.array([2, 0, 1, 2], dtype=np.int32)
    started, ended = np.array([9.0, 5.0, 20.0, 30.0, 90.0]), np.array([11.0, 6.0, 24.0, 38.0, 91.0])
    responds = np.array([True, True, False, False, True])
    found = calls(count, started, ended, responds, (6.0, 90.0))
    np.testing.assert_array_equal(found.responded_at, [5.0, NEVER, NEVER, 90.0])
    np.testing.assert_array_equal(found.last_ended_at, [11.0, -np.inf, 24.0, 91.0])
    np.testing.assert_array_equal(found.minutes, [2.0, 0.0, 4.0, 8.0])
    assert not found.in_order
    assert calls(count[1:], started[2:], ended[2:], None, (6.0, 90.0)).in_order


def test_a_lead_with_too_few_attempts_has_no_nth_even_where_none_follows_it() -> None:
    count, started = np.array([1, 3, 0, 1], dtype=np.int32), np.arange(5.0)
    np.testing.assert_array_equal(take_nth(count, started, 3, rows=np.arange(4)), [NEVER, 3.0, NEVER, NEVER])
    np.testing.assert_array_equal(take_nth(count, started, 1, rows=np.array([1, 2, 3])), [1.0, NEVER, 4.0])
    np.testing.assert_array_equal(take_nth(count[2:3], started[:0], 1, rows=np.arange(1)), [NEVER])
