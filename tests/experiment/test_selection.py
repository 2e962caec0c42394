"""The best of several: the promised chance of a right choice, on series whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment import jobs
from smarketing_sim.experiment.selection import BATCH, Selection, fully_sequential, select_best
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.schema import Scenario
from tests.experiment.stubs import small

ROUNDS = 400


def draws(means: Sequence[float], *, seed: int, shared: float, spread: float = 1.0) -> Any:
    """Normal values around known means; ``shared`` is the share of their variance that all have in common."""

    def observe(still_in: Sequence[int], years: range) -> np.ndarray:
        rows = []
        for year in years:
            random = np.random.default_rng([seed, year])
            own, common = random.normal(size=len(means)), random.normal()
            rows.append(np.array(means) + spread * (np.sqrt(1 - shared) * own + np.sqrt(shared) * common))
        return np.array(rows)[:, still_in]

    return observe


def chosen(means: Sequence[float], *, confidence: float, shared: float = 0.0, **how: Any) -> list[Selection]:
    return [
        fully_sequential(
            draws(means, seed=seed, shared=shared), len(means), indifference=0.5, confidence=confidence, **how
        )
        for seed in range(ROUNDS)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0.0, 0.8])
@pytest.mark.parametrize("means", [(0.0, 0.5), (0.0, 0.5, 0.0, 0.0, 0.0), (-1.0, 0.0, 0.5)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_best_is_chosen_with_the_promised_chance(
    means: tuple[float, ...], confidence: float, shared: float
) -> None:
    found = chosen(means, confidence=confidence, shared=shared)
    right = np.mean([selection.choice == int(np.argmax(means)) for selection in found])
    # Rounds are independent, so a true chance at the promise would come out below this in 1 of 1,000 tries.
    assert right >= confidence - 3.1 * np.sqrt(confidence * (1 - confidence) / ROUNDS)
    assert all(selection.guaranteed for selection in found)


def test_two_equals_at_the_edge_of_the_zone_are_not_told_apart_for_nothing() -> None:
    """The promise is not met by simulating for ever: an easy choice costs little, a hard one more."""
    easy, hard = (
        np.mean([sum(s.replications) for s in chosen(means, confidence=0.95)]) for means in ((0.0, 3.0), (0.0, 0.5))
    )
    assert easy < 2 * (10 + BATCH)
    assert easy < hard / 2


def test_common_luck_ends_the_search_sooner() -> None:
    apart, together = (
        np.mean([sum(s.replications) for s in chosen((0.0, 0.5, 0.25), confidence=0.95, shared=shared)])
        for shared in (0.0, 0.9)
    )
    assert together < apart / 3


def test_no_replication_is_spent_on_what_is_out() -> None:
    asked: list[tuple[tuple[int, ...], range]] = []
    real = draws((5.0, 0.5, 4.9), seed=3, shared=0.0)

    def observe(still_in: Sequence[int], years: range) -> Any:
        asked.append((tuple(still_in), years))
        return real(still_in, years)

    found = fully_sequential(observe, 3, indifference=0.3)
    assert asked[0] == ((0, 1, 2), range(10))
    assert all(places == (0, 2) for places, _ in asked[1:])
    assert [years.start for _, years in asked[1:]] == [10 + BATCH * n for n in range(len(asked) - 1)]
    assert found.eliminated[1] == found.replications[1] == 10
    assert len(asked) > 2
    assert found.replications[0] == found.replications[2] == asked[-1][1].stop
    assert found.means[1] == pytest.approx(real([1], range(10)).mean())


def test_a_search_cut_short_says_that_nothing_is_guaranteed() -> None:
    found = fully_sequential(draws((0.0, 0.01), seed=1, shared=0.0), 2, indifference=0.01, at_most=25)
    assert not found.guaranteed
    assert found.survivors == (0, 1)
    assert found.replications == (25, 25)
    assert found.choice == int(np.argmax(found.means))


def test_systems_that_never_differ_end_at_once() -> None:
    found = fully_sequential(lambda still_in, years: np.ones((len(years), len(still_in))), 3, indifference=0.1)
    assert found.guaranteed
    assert found.replications == (10, 10, 10)
    assert found.choice == 0


def test_one_system_is_the_best_of_one() -> None:
    found = fully_sequential(draws((1.0,), seed=1, shared=0.0), 1, indifference=0.1)
    assert (found.choice, found.guaranteed, found.replications) == (0, True, (10,))


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"indifference": 0.0}, "indifference"),
        ({"indifference": float("nan")}, "indifference"),
        ({"indifference": 1.0, "confidence": 1.0}, "confidence"),
        ({"indifference": 1.0, "first": 1}, "first"),
        ({"indifference": 1.0, "first": 20, "at_most": 10}, "first"),
    ],
)
def test_numbers_that_promise_nothing_are_refused(how: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        fully_sequential(draws((1.0, 2.0), seed=1, shared=0.0), 2, **how)


# ------------------------------------------------------------------------------------------------------ simulated


def teams(*headcounts: int) -> list[Scenario]:
    return [small(sales__sdr__headcount=count) for count in headcounts]


def test_the_team_with_most_time_has_the_shortest_wait_and_the_smaller_one_is_busiest() -> None:
    wait = select_best(teams(2, 6), Simulation(30), measure="response_business_p50_minutes", indifference=60.0)
    assert (wait.choice, wait.guaranteed, wait.survivors) == (1, True, (1,))
    assert wait.means[1] < wait.means[0]
    busy = select_best(teams(2, 6), Simulation(12), measure="sdr_utilisation", indifference=0.05, first=4)
    assert busy.choice == 0
    assert 0.2 < busy.means[1] < busy.means[0]


def test_what_cannot_be_ranked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    how: dict[str, Any] = {"indifference": 1.0, "first": 2}
    with pytest.raises(InputError, match="did you mean 'won_count'"):
        select_best(teams(2, 3), Simulation(2), measure="won_cuont", **how)
    nobody = [small(marketing__sources__web={"leads_per_month": 0, "cost_per_handed": 1})] * 2
    with pytest.raises(InputError, match="cannot be ranked"):
        select_best(nobody, Simulation(2), measure="attainment.speed", **how)

    def never(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(jobs, "simulate", never)
    with pytest.raises(RunFailed, match="year 0: ZeroDivisionError: odd"):
        select_best(teams(2, 3), Simulation(2), measure="won_count", **how)
