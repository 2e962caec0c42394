"""The engine against queueing theory. One lead is one customer, one rep one server, one attempt one service."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smarketing_sim.arrays import Floats
from smarketing_sim.engine import simulate
from smarketing_sim.ledger import Ledger
from smarketing_sim.measure import queueing
from smarketing_sim.scenario.units import to_grid
from tests.builders import Overrides, make_demand, make_scenario
from tests.theory.estimates import first_waits, hold, of_batches

HOUR = 60.0


def arrivals(random: np.random.Generator, *, mean_gap: float, count: int) -> Floats:
    return to_grid(np.cumsum(random.exponential(mean_gap, count)))


def gaps(handed_at: Floats) -> Floats:
    return np.diff(handed_at, prepend=0.0)


def run(handed_at: Floats, overrides: Overrides | None = None, **columns: Any) -> Ledger:
    """Simulate hand-made leads; the run is long enough for all of them."""
    months = int(handed_at[-1] / 43_000) + 2
    scenario = make_scenario({"run.horizon_months": months, **(overrides or {})})
    return simulate(scenario, make_demand(scenario, handed_at=handed_at, **columns))


def test_mm1_waits_nine_services_at_load_nine_tenths() -> None:
    random, count = np.random.default_rng(11), 150_000
    handed_at, talk = arrivals(random, mean_gap=1 / 0.9, count=count), random.exponential(1, count)
    waits = first_waits(run(handed_at, talk_unit=talk))
    expected = queueing.mmc(arrival_rate=0.9, service_rate=1.0, servers=1).mean_wait
    assert expected == pytest.approx(9.0)
    hold(of_batches(waits, controls=[talk - 1, gaps(handed_at) - 1 / 0.9]), expected, cap=0.5)


@pytest.mark.parametrize(
    ("arrival_rate", "service_rate", "reps", "limit", "published"),
    [(8.0, 2.0, 5, 0.25, (0.55411, 0.27706, 0.66391)), (10.0, 4.0, 3, 0.1, (0.70225, 0.35112, 0.42505))],
)
def test_mmc_waits_as_erlang_c_says(
    arrival_rate: float, service_rate: float, reps: int, limit: float, published: tuple[float, float, float]
) -> None:
    random, count = np.random.default_rng(12), 60_000
    handed_at = arrivals(random, mean_gap=HOUR / arrival_rate, count=count)
    talk = random.exponential(HOUR / service_rate, count)
    hours = first_waits(run(handed_at, {"sales.sdr.headcount": reps}, talk_unit=talk)) / HOUR
    theory = queueing.mmc(arrival_rate=arrival_rate, service_rate=service_rate, servers=reps)
    expected = (theory.wait_prob, theory.mean_wait, theory.wait_within_prob(limit))
    assert expected == pytest.approx(published, abs=6e-6)
    controls = [talk / HOUR - 1 / service_rate, gaps(handed_at) / HOUR - 1 / arrival_rate]
    for values, number, cap in zip((hours > 0, hours, hours <= limit), expected, (0.009, 0.018, 0.009), strict=True):
        hold(of_batches(values, controls=controls), number, cap=cap)


@pytest.mark.parametrize(("reps", "published"), [(3, (0.55704, 0.09753, 0.97533)), (2, (0.86079, 0.27159, 2.71595))])
def test_impatient_leads_leave_as_erlang_a_says(reps: int, published: tuple[float, float, float]) -> None:
    random, count = np.random.default_rng(13), 40_000
    ledger = run(
        arrivals(random, mean_gap=HOUR / 10, count=count),
        {"sales.sdr.headcount": reps},
        talk_unit=random.exponential(HOUR / 4, count),
        patience_minutes=to_grid(random.exponential(HOUR, count)),
    )
    theory = queueing.erlang_a(arrival_rate=10, service_rate=4, patience_rate=1, servers=reps)
    waits = first_waits(ledger)
    gone = np.isnan(ledger.tables["leads"]["first_attempt_at"])[-len(waits) :]
    assert (theory.wait_prob, theory.lost_prob, theory.mean_queue) == pytest.approx(published, abs=6e-6)
    hold(of_batches(waits > 0), published[0], cap=0.01)
    hold(of_batches(gone), published[1], cap=0.005)
    hold(of_batches(10 * waits / HOUR), published[2], cap=0.05)


def services(random: np.random.Generator, cv2: float, count: int) -> Floats:
    """Mean 1: always 1, exponential, or now and then 5 and else nothing."""
    if cv2 == 4:
        return np.where(random.random(count) < 0.2, 5.0, 0.0)
    return np.ones(count) if cv2 == 0 else random.exponential(1, count)


@pytest.mark.parametrize(
    ("cv2", "published", "count", "cap"), [(0, 2.0, 40_000, 0.12), (1, 4.0, 60_000, 0.25), (4, 10.0, 120_000, 0.6)]
)
def test_mg1_waits_as_pollaczek_and_khinchine_say(cv2: float, published: float, count: int, cap: float) -> None:
    random = np.random.default_rng(14)
    handed_at = arrivals(random, mean_gap=1 / 0.8, count=count)
    talk = services(random, cv2, count)
    waits = first_waits(run(handed_at, talk_unit=talk))
    expected = queueing.pollaczek_khinchine(arrival_rate=0.8, mean_service=1.0, service_cv2=cv2)
    assert expected == pytest.approx(published)
    controls = [gaps(handed_at) - 1 / 0.8, talk - 1][: 2 if cv2 else 1]
    hold(of_batches(waits, controls=controls), expected, cap=cap)


THREE_TEAMS: Overrides = {
    "marketing.sources": {name: {"leads_per_month": 1, "qualify_prob": 0, "win_prob": 0} for name in ("a", "b", "c")},
    "sales.sdr.routing": {
        "rule": "territory",
        "territories": {n: {"reps": [2 * i + 1, 2 * i + 2], "takes": {"source": n}} for i, n in enumerate("abc")},
    },
}


@pytest.mark.parametrize(("split", "published", "cap"), [(False, 0.4315, 0.022), (True, 1.7778, 0.07)])
def test_one_team_of_six_waits_far_less_than_three_of_two(split: bool, published: float, cap: float) -> None:
    random, count = np.random.default_rng(15), 60_000
    handed_at, talk = arrivals(random, mean_gap=1 / 4.8, count=count), random.exponential(1, count)
    overrides = {"sales.sdr.headcount": 6, **(THREE_TEAMS if split else {})}
    team = random.integers(1, 4, count)  # source 0 is the one of the base scenario
    waits = first_waits(run(handed_at, overrides, talk_unit=talk, source=team if split else 0))
    rate, reps = (1.6, 2) if split else (4.8, 6)
    expected = queueing.mmc(arrival_rate=rate, service_rate=1.0, servers=reps).mean_wait
    assert expected == pytest.approx(published, abs=6e-5)
    hold(of_batches(waits, controls=[talk - 1, gaps(handed_at) - 1 / 4.8]), expected, cap=cap)


def test_better_scores_wait_as_cobham_says() -> None:
    random, count = np.random.default_rng(16), 80_000
    handed_at, talk = arrivals(random, mean_gap=1 / 0.8, count=count), random.exponential(1, count)
    score = np.where(random.random(count) < 0.25, 90.0, 10.0)
    waits = first_waits(run(handed_at, {"sales.sdr.queue.order": "score"}, talk_unit=talk, score=score))
    high, low = queueing.priority_waits([0.2, 0.6], [1.0, 1.0])
    assert (high, low) == pytest.approx((1.0, 5.0))
    better = score[-len(waits) :] > 50
    hold(of_batches(waits[better]), high, cap=0.03)
    hold(of_batches(waits[~better]), low, cap=0.4)


def test_attempts_of_a_cadence_meet_as_if_they_came_by_themselves() -> None:
    random, leads, most, stop = np.random.default_rng(17), 26_000, 4, 0.3
    overrides = {
        "sales.sdr.headcount": 3,
        "sales.sdr.cadence": {"max_attempts": most, "gaps": ["45 min"]},
        "sales.sdr.channels.phone.no_answer": "1 min",
    }
    connects = np.where(random.random((leads, most)) < stop, np.inf, -1.0)
    ledger = run(
        arrivals(random, mean_gap=1.0, count=leads),
        overrides,
        connect_before=connects,
        talk_unit=random.exponential(0.95, leads),
        no_answer_unit=random.exponential(0.95, (leads, most)),
    )
    rate = queueing.cadence_rate(1.0, stop_prob=stop, most_attempts=most)
    station = queueing.mmc(arrival_rate=rate, service_rate=1 / 0.95, servers=3)
    attempts = ledger.tables["attempts"]
    order = np.argsort(attempts["due_at"], kind="stable")
    waits = (attempts["started_at"] - attempts["due_at"])[order][3_000:]
    assert rate == pytest.approx((1 - 0.7**4) / 0.3)
    hold(of_batches(ledger.tables["leads"]["attempt_count"]), rate, cap=0.01)
    hold(of_batches(waits > 0), station.wait_prob, cap=0.015)
    hold(of_batches(waits), station.mean_wait, cap=0.06)
