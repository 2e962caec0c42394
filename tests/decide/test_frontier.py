"""What sales can promise: tighter with fewer leads, never steered by the question itself."""

from __future__ import annotations

import pytest

from smarketing_sim.decide.frontier import LIMITS, frontier, to_json
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.simulation import Simulation
from tests.experiment.stubs import small


@pytest.fixture(scope="module")
def found():  # type: ignore[no-untyped-def]
    return frontier(small(), Simulation(5), keep=0.8, volumes=(0.3, 1.0, 2.5), depths=(1, 3))


def place(limit: str | None) -> int:
    return len(LIMITS) if limit is None else LIMITS.index(limit)


def test_more_leads_a_rep_never_allow_a_tighter_promise(found) -> None:  # type: ignore[no-untyped-def]
    for depth in (1, 3):
        limits = [place(one.within) for one in found.promises if one.attempts == depth]
        assert limits == sorted(limits)
        assert limits[0] < limits[-1]


def test_a_deeper_cadence_never_allows_a_tighter_promise(found) -> None:  # type: ignore[no-untyped-def]
    shallow, deep = ([place(p.within) for p in found.promises if p.attempts == depth] for depth in (1, 3))
    assert all(one <= other for one, other in zip(shallow, deep, strict=True))


def test_no_promise_exceeds_what_unlimited_reps_attain(found) -> None:  # type: ignore[no-untyped-def]
    ceilings = [found.ceiling[limit] for limit in LIMITS]
    assert ceilings == sorted(ceilings)
    assert all(found.ceiling[p.within] >= found.target - 1e-9 for p in found.promises if p.within)


def test_asking_for_limits_steers_no_queue() -> None:
    """A queue that works the earliest deadline would follow the promises asked about if they were part of the plan."""
    plan = small(sales__sdr__queue={"order": "deadline", "new_before_retries": False})
    asked = frontier(plan, Simulation(3), volumes=(1.0,), depths=(3,)).promises[0]
    (alone,) = Simulation(3).panel([plan])
    assert asked.contribution.mean == pytest.approx(alone.series("contribution").mean(), rel=1e-12)


def test_the_answer_is_plain(found) -> None:  # type: ignore[no-untyped-def]
    assert len(to_json(found)["promises"]) == 6


@pytest.mark.parametrize("keep", [0.0, 1.0, 1.5])
def test_a_chance_that_is_none_is_refused(keep: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        frontier(small(), Simulation(2), keep=keep)


def test_nobody_can_promise_nothing() -> None:
    with pytest.raises(InputError, match="add reps"):
        frontier(small(sales__sdr__headcount=0), Simulation(2))
