"""The search for a headcount, on curves that are known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.decide.headcount import Found, Terms, least_headcount
from smarketing_sim.measure.statistics import Interval

LOOKS = (100, 300, 1000)
BUDGET = 26


class Company:
    """A company whose chances are known; the range narrows with the years, and everything asked for is noted."""

    def __init__(self, chance: Callable[[int], float], *, width: float = 0.5) -> None:
        self.chance, self.width = chance, width
        self.asked: list[tuple[int, int]] = []

    def observe(self, headcounts: Sequence[int], years: int) -> Mapping[int, Interval]:
        self.asked += [(count, years) for count in headcounts]
        half = self.width / years**0.5
        return {
            count: Interval(p, max(0.0, p - half), min(1.0, p + half))
            for count in headcounts
            for p in [self.chance(count)]
        }

    def search(self, *, budget: int = BUDGET, **changes: int) -> Found:
        return least_headcount(self.observe, terms(**changes), budget=budget)


def terms(*, start: int = 5, today: int = 8, lowest: int = 1, cap: int = 40) -> Terms:
    return Terms(keep=0.95, lowest=lowest, cap=cap, start=start, today=today, first_years=25, looks=LOOKS)


def step_at(answer: int, *, before: float = 0.4, after: float = 0.99) -> Callable[[int], float]:
    return lambda count: after if count >= answer else before


@given(answer=st.integers(1, 60), start=st.integers(1, 60), today=st.integers(0, 60))
def test_the_least_headcount_is_found_wherever_the_search_begins(answer: int, start: int, today: int) -> None:
    company = Company(step_at(answer))
    found = company.search(start=start, today=today, cap=60)
    assert (found.headcount, found.decided) == (answer, True)
    assert (found.at_least, found.at_most) == (answer, answer)
    assert len(company.asked) <= BUDGET
    assert all(1 <= count <= 60 for count, _ in company.asked)


@given(answer=st.integers(2, 40), start=st.integers(1, 40))
def test_the_answer_and_one_fewer_are_decided_on_years_enough(answer: int, start: int) -> None:
    found = Company(step_at(answer)).search(start=start)
    assert found.seen[answer].years >= LOOKS[0]
    assert found.seen[answer - 1].years >= LOOKS[0]
    assert found.seen[answer].p_kept.low >= 0.95 > found.seen[answer - 1].p_kept.high


def test_both_neighbours_are_looked_at() -> None:
    found = Company(step_at(9)).search()
    assert {7, 8, 9, 10} <= set(found.seen)


def test_one_that_a_few_years_cannot_tell_gets_more_years_and_the_others_do_not() -> None:
    company = Company({8: 0.93, 9: 0.99}.get)  # type: ignore[arg-type]
    company.chance = lambda count: {8: 0.93}.get(count, 0.99 if count > 8 else 0.1)
    found = company.search()
    assert (found.headcount, found.decided) == (9, True)
    assert found.seen[8].years == 1000
    assert found.seen[9].years == 300
    assert [years for count, years in company.asked if count == 8] == [25, 100, 300, 1000]


@pytest.mark.parametrize(
    ("chances", "headcount", "between"),
    [
        ({8: 0.945}, 9, (8, 9)),
        ({9: 0.952}, 9, (9, 10)),
        ({8: 0.949, 9: 0.951}, 9, (8, 10)),
    ],
    ids=["one fewer", "the answer", "both"],
)
def test_what_no_number_of_years_tells_is_not_decided(
    chances: dict[int, float], headcount: int, between: tuple[int, int]
) -> None:
    company = Company(lambda count: chances.get(count, 0.999 if count >= 9 else 0.1))
    found = company.search()
    assert not found.decided
    assert found.headcount == headcount
    assert (found.at_least, found.at_most) == between
    assert max(years for _, years in company.asked) == LOOKS[-1]


def test_no_headcount_under_the_cap_is_an_answer() -> None:
    company = Company(lambda count: min(0.7, 0.1 * count))
    found = company.search(cap=32)
    assert (found.headcount, found.decided, found.at_least, found.at_most) == (None, True, None, None)
    assert max(count for count, _ in company.asked) == 32
    assert found.closest == 7
    assert found.seen[found.closest].years >= LOOKS[0]


def test_a_cap_that_is_nearly_enough_is_not_decided() -> None:
    found = Company(lambda count: 0.1 if count < 12 else 0.949).search(cap=12)
    assert (found.headcount, found.decided) == (None, False)


def test_a_team_that_must_not_shrink_has_no_one_fewer() -> None:
    company = Company(lambda count: 0.999)
    found = company.search(lowest=6)
    assert (found.headcount, found.decided, found.at_least, found.at_most) == (6, True, 6, 6)
    assert min(count for count, _ in company.asked) == 6


def test_a_curve_that_is_not_monotone_is_not_taken_for_one() -> None:
    found = Company(lambda count: 0.99 if count == 7 or count >= 9 else 0.3).search(start=9, today=9)
    assert (found.headcount, found.decided) == (7, True)


def test_an_answer_that_more_years_take_back_moves_on() -> None:
    def chance_of(count: int, years: int) -> float:
        return (0.97 if years < 100 else 0.90) if count == 8 else step_at(8)(count)

    company = Company(step_at(8))
    real = company.observe

    def observe(headcounts: Sequence[int], years: int) -> Mapping[int, Interval]:
        company.chance = lambda count: chance_of(count, years)
        return real(headcounts, years)

    found = least_headcount(observe, terms(), budget=BUDGET)
    assert (found.headcount, found.decided) == (9, True)


def test_a_budget_that_runs_out_leaves_an_answer_that_is_not_decided() -> None:
    company = Company(step_at(35))
    found = company.search(budget=9, cap=400)
    assert len(company.asked) <= 9
    assert not found.decided


def test_today_and_the_first_three_hires_are_always_tried() -> None:
    found = Company(step_at(3)).search(today=8)
    assert {8, 9, 10, 11} <= set(found.seen)
    assert found.headcount == 3
