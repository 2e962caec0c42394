from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from smarketing_sim.measure import queueing


@pytest.mark.parametrize(
    ("servers", "load", "blocking"),
    [(10, 5.0, 0.018385), (1, 1.0, 0.5), (2, 1.0, 0.2), (3, 2.0, 4 / 19), (0, 3.0, 1.0), (5, 0.0, 0.0)],
)
def test_erlang_b_gives_the_published_blocking(servers: int, load: float, blocking: float) -> None:
    # 10 servers at 5 erlang as in any table of six digits; the rest by hand
    assert queueing.erlang_b(servers, load) == pytest.approx(blocking, abs=5e-7)


@given(st.integers(0, 40), st.floats(0.01, 60.0))
def test_erlang_b_is_the_last_term_over_the_sum_of_terms(servers: int, load: float) -> None:
    terms = [load**n / math.factorial(n) for n in range(servers + 1)]
    assert queueing.erlang_b(servers, load) == pytest.approx(terms[-1] / math.fsum(terms), rel=1e-12)


@pytest.mark.parametrize(
    ("servers", "load", "blocking"),
    [
        (1, 0.0101, 0.01),
        (5, 1.361, 0.01),
        (10, 4.461, 0.01),
        (20, 12.03, 0.01),
        (10, 5.084, 0.02),
        (30, 21.93, 0.02),
        (10, 6.216, 0.05),
        (10, 7.511, 0.10),
    ],
)
def test_erlang_b_gives_the_traffic_table_of_the_telephone_engineers(
    servers: int, load: float, blocking: float
) -> None:
    # Erlang B traffic table (offered load in erlang at a blocking of 1, 2, 5 and 10%, four digits)
    assert queueing.erlang_b(servers, load) == pytest.approx(blocking, rel=4e-3)


@pytest.mark.parametrize(
    ("servers", "wait_prob", "mean_wait"),
    [(1, 0.90, 9.00), (2, 0.85, 4.26), (5, 0.76, 1.53), (10, 0.67, 0.67), (20, 0.55, 0.28)],
)
def test_erlang_c_gives_the_textbook_table(servers: int, wait_prob: float, mean_wait: float) -> None:
    # Adan, Resing, Queueing Systems, table of the M/M/c with load 0.9 and mean service 1
    queue = queueing.mmc(arrival_rate=0.9 * servers, service_rate=1.0, servers=servers)
    assert queue.wait_prob == pytest.approx(wait_prob, abs=0.0051)
    assert queue.mean_wait == pytest.approx(mean_wait, abs=0.0051)


@pytest.mark.parametrize(
    ("queue", "wait_prob", "mean_wait", "limit", "within"),
    [
        (queueing.mmc(arrival_rate=8.0, service_rate=2.0, servers=5), 0.55411, 0.27706, 0.25, 0.66391),
        (queueing.mmc(arrival_rate=10.0, service_rate=4.0, servers=3), 0.70225, 0.35112, 0.1, 0.42505),
    ],
)
def test_many_servers_give_the_model_s_numbers(
    queue: queueing.Waiting, wait_prob: float, mean_wait: float, limit: float, within: float
) -> None:
    assert queue.wait_prob == pytest.approx(wait_prob, abs=5e-6)
    assert queue.mean_wait == pytest.approx(mean_wait, abs=5.1e-6)
    assert queue.wait_within_prob(limit) == pytest.approx(within, abs=5e-6)
    assert queue.mean_queue == pytest.approx(queue.arrival_rate * queue.mean_wait)


def test_one_server_at_nine_tenths_waits_nine_services() -> None:
    queue = queueing.mmc(arrival_rate=0.9, service_rate=1.0, servers=1)
    assert queue.mean_wait == pytest.approx(9.0)
    assert queue.utilisation == pytest.approx(0.9)
    assert queue.wait_within_prob(0.0) == pytest.approx(0.1)


def test_one_pool_beats_three_small_teams_by_the_known_numbers() -> None:
    one = queueing.mmc(arrival_rate=4.8, service_rate=1.0, servers=6)
    small = queueing.mmc(arrival_rate=1.6, service_rate=1.0, servers=2)
    assert one.mean_wait == pytest.approx(0.4315, abs=5e-5)
    assert small.mean_wait == pytest.approx(1.7778, abs=5e-5)


def test_a_team_that_cannot_keep_up_waits_without_end() -> None:
    for arrival_rate in (2.0, 3.0):
        queue = queueing.mmc(arrival_rate=arrival_rate, service_rate=1.0, servers=2)
        assert (queue.wait_prob, queue.mean_wait, queue.mean_queue) == (1.0, math.inf, math.inf)
        assert queue.wait_within_prob(1e9) == 0.0


def test_nobody_waits_where_nobody_comes_or_servers_abound() -> None:
    assert queueing.mmc(arrival_rate=0.0, service_rate=1.0, servers=2).mean_queue == 0.0
    assert queueing.mmc(arrival_rate=5.0, service_rate=1.0, servers=200).wait_prob < 1e-200


@pytest.mark.parametrize(
    ("servers", "wait_prob", "lost_prob", "mean_queue"),
    [(3, 0.55704, 0.09753, 0.97533), (2, 0.86079, 0.27159, 2.71595)],
)
def test_impatient_leads_give_the_model_s_numbers(
    servers: int, wait_prob: float, lost_prob: float, mean_queue: float
) -> None:
    queue = queueing.erlang_a(arrival_rate=10.0, service_rate=4.0, patience_rate=1.0, servers=servers)
    assert queue.wait_prob == pytest.approx(wait_prob, abs=5e-6)
    assert queue.lost_prob == pytest.approx(lost_prob, abs=5.1e-6)
    assert queue.mean_queue == pytest.approx(mean_queue, abs=5.1e-6)
    assert queue.mean_wait == pytest.approx(queue.mean_queue / 10.0)


def erlang_a_by_the_incomplete_gamma(load: float, theta: float, servers: int) -> tuple[float, float]:
    """P(wait) and P(abandon) with μ = 1 after Garnett, Mandelbaum, Reiman (2002), an expression unlike the code's."""
    x, y = servers / theta, load / theta
    series = math.exp(math.log(x) + y - x * math.log(y) + special.gammaln(x)) * float(special.gammainc(x, y))
    blocking = queueing.erlang_b(servers, load)
    wait_prob = series * blocking / (1.0 + (series - 1.0) * blocking)
    rho = load / servers
    return wait_prob, wait_prob * (1.0 / (rho * series) + 1.0 - 1.0 / rho)


@pytest.mark.parametrize("load", [0.5, 4.0, 8.0, 10.0, 15.0])
@pytest.mark.parametrize("theta", [0.05, 1.0, 7.0])
def test_impatience_agrees_with_the_closed_form(load: float, theta: float) -> None:
    queue = queueing.erlang_a(arrival_rate=load, service_rate=1.0, patience_rate=theta, servers=8)
    wait_prob, lost_prob = erlang_a_by_the_incomplete_gamma(load, theta, 8)
    assert queue.wait_prob == pytest.approx(wait_prob, rel=1e-9)
    assert queue.lost_prob == pytest.approx(lost_prob, rel=1e-8)


def test_patience_equal_to_service_makes_the_number_present_poisson() -> None:
    queue = queueing.erlang_a(arrival_rate=7.0, service_rate=1.0, patience_rate=1.0, servers=5)
    assert queue.wait_prob == pytest.approx(float(stats.poisson(7.0).sf(4)), rel=1e-12)


@pytest.mark.parametrize("patience_rate", [0.0, 1e-9])
def test_endless_patience_gives_erlang_c(patience_rate: float) -> None:
    patient = queueing.mmc(arrival_rate=8.0, service_rate=2.0, servers=5)
    queue = queueing.erlang_a(arrival_rate=8.0, service_rate=2.0, patience_rate=patience_rate, servers=5)
    assert queue.wait_prob == pytest.approx(patient.wait_prob, rel=1e-7)
    assert queue.mean_wait == pytest.approx(patient.mean_wait, rel=1e-7)
    assert queue.lost_prob == pytest.approx(0.0, abs=1e-9)


def test_no_patience_at_all_gives_erlang_b() -> None:
    queue = queueing.erlang_a(arrival_rate=5.0, service_rate=1.0, patience_rate=1e9, servers=10)
    assert queue.lost_prob == pytest.approx(queueing.erlang_b(10, 5.0), rel=1e-6)


def test_overload_loses_what_the_servers_cannot_do() -> None:
    queue = queueing.erlang_a(arrival_rate=1000.0, service_rate=1.0, patience_rate=0.5, servers=400)
    assert queue.lost_prob == pytest.approx(0.6, abs=1e-6)


def test_overload_without_impatience_has_no_answer() -> None:
    with pytest.raises(ValueError, match="impatience"):
        queueing.erlang_a(arrival_rate=3.0, service_rate=1.0, patience_rate=0.0, servers=3)


def test_a_limited_room_gives_erlang_b_and_erlang_c_at_its_ends() -> None:
    no_room = queueing.mmck(arrival_rate=5.0, service_rate=1.0, servers=10, places=10)
    assert no_room.lost_prob == pytest.approx(queueing.erlang_b(10, 5.0), rel=1e-12)
    assert (no_room.wait_prob, no_room.mean_queue) == (0.0, 0.0)
    wide = queueing.mmck(arrival_rate=8.0, service_rate=2.0, servers=5, places=400)
    endless = queueing.mmc(arrival_rate=8.0, service_rate=2.0, servers=5)
    assert wide.wait_prob == pytest.approx(endless.wait_prob, rel=1e-12)
    assert wide.mean_wait == pytest.approx(endless.mean_wait, rel=1e-12)


def test_a_limited_room_with_one_server_gives_the_geometric_form() -> None:
    rho, places = 1.5, 4
    share = [rho**n * (1 - rho) / (1 - rho ** (places + 1)) for n in range(places + 1)]
    queue = queueing.mmck(arrival_rate=3.0, service_rate=2.0, servers=1, places=places)
    assert queue.lost_prob == pytest.approx(share[4])
    assert queue.wait_prob == pytest.approx(sum(share[1:4]))
    assert queue.mean_queue == pytest.approx(share[2] + 2 * share[3] + 3 * share[4])
    assert queue.mean_wait == pytest.approx(queue.mean_queue / (3.0 * (1 - share[4])))


@pytest.mark.parametrize(("service_cv2", "mean_wait"), [(0.0, 2.0), (1.0, 4.0), (4.0, 10.0)])
def test_spread_of_service_lengthens_the_wait_by_the_known_numbers(service_cv2: float, mean_wait: float) -> None:
    found = queueing.pollaczek_khinchine(arrival_rate=0.8, mean_service=1.0, service_cv2=service_cv2)
    assert found == pytest.approx(mean_wait)
    assert queueing.pollaczek_khinchine(arrival_rate=1.0, mean_service=1.0, service_cv2=service_cv2) == math.inf


def test_priority_gives_cobhams_waits_by_hand() -> None:
    # loads 0.3 and 0.5, mean service 1: W0 = 0.8, W1 = 0.8/0.7, W2 = 0.8/(0.7·0.2)
    first, second = queueing.priority_waits([0.3, 0.5], [1.0, 1.0])
    assert first == pytest.approx(8 / 7)
    assert second == pytest.approx(40 / 7)


@given(st.lists(st.floats(0.01, 0.24), min_size=1, max_size=4), st.floats(0.0, 5.0))
def test_priority_only_moves_waiting_from_class_to_class(rates: list[float], service_cv2: float) -> None:
    # conservation law (Kleinrock 1965): Σ ρ_k W_k is that of one class with all the work
    waits = queueing.priority_waits(rates, [1.0] * len(rates), service_cv2=service_cv2)
    total = sum(rates)
    alone = queueing.pollaczek_khinchine(arrival_rate=total, mean_service=1.0, service_cv2=service_cv2)
    assert sum(r * w for r, w in zip(rates, waits, strict=True)) == pytest.approx(total * alone)
    assert list(waits) == sorted(waits)


def test_a_starving_class_waits_for_ever_and_the_first_class_does_not() -> None:
    first, second, third = queueing.priority_waits([0.5, 0.8, 0.1], [1.0, 1.0, 1.0])
    assert first == pytest.approx(1.0 / 0.5)  # the server is never idle: W0 is one whole mean residual service
    assert (second, third) == (math.inf, math.inf)


def test_a_cadence_makes_the_attempts_that_its_leads_need() -> None:
    assert queueing.cadence_rate(10.0, stop_prob=0.25, most_attempts=3) == pytest.approx(10 * (1 + 0.75 + 0.5625))
    assert queueing.cadence_rate(10.0, stop_prob=0.0, most_attempts=6) == 60.0
    assert queueing.cadence_rate(10.0, stop_prob=1.0, most_attempts=6) == 10.0
    assert queueing.cadence_rate(10.0, stop_prob=1e-12, most_attempts=6) == pytest.approx(60.0)


def test_fixed_odds_reach_the_share_known_from_school() -> None:
    assert queueing.geometric_reach(4, prob=0.13) == pytest.approx(1 - 0.87**4)
    assert queueing.geometric_reach(0, prob=0.13) == 0.0
    assert (queueing.geometric_reach(2, prob=1.0), queueing.geometric_reach(0, prob=1.0)) == (1.0, 0.0)


def test_the_default_cadence_reaches_the_model_s_shares() -> None:
    found = [queueing.beta_geometric_reach(n, a=5.6, b=5.9) for n in range(1, 7)]
    np.testing.assert_allclose(found, [0.487, 0.717, 0.834, 0.898, 0.935, 0.957], atol=5.1e-4)


def test_the_hazard_of_each_call_adds_up_to_the_reach() -> None:
    hazards = [queueing.beta_geometric_hazard(n, a=5.6, b=5.9) for n in range(1, 11)]
    assert hazards[0] == pytest.approx(0.49, abs=5e-3)
    assert hazards[9] == pytest.approx(0.27, abs=5e-3)
    for n in range(1, 11):
        missed = math.prod(1 - h for h in hazards[:n])
        assert queueing.beta_geometric_reach(n, a=5.6, b=5.9) == pytest.approx(1 - missed)


def test_leads_in_nurture_number_rate_times_stay() -> None:
    assert queueing.infinite_servers_mean(12.0, 2.5) == 30.0
    found = queueing.infinite_servers_mean_at(0.0, rate=lambda u: 12.0, survival=lambda s: math.exp(-s / 2.5))
    assert found == pytest.approx(30.0)


def test_a_wave_of_arrivals_gives_a_smaller_and_later_wave_of_leads() -> None:
    # λ(t) = 10 + 5 sin(t) with exponential stays: m(t) = 10/μ + 5 (μ sin t - cos t) / (1 + μ²) (Eick, Massey, Whitt)
    mu = 0.7
    for at in (0.3, 2.0, 5.0):
        found = queueing.infinite_servers_mean_at(
            at, rate=lambda u: 10 + 5 * math.sin(u), survival=lambda s: math.exp(-mu * s), since=at - 60.0
        )
        assert found == pytest.approx(10 / mu + 5 * (mu * math.sin(at) - math.cos(at)) / (1 + mu * mu), rel=1e-8)


def test_arrivals_in_office_hours_only_are_integrated_piece_by_piece() -> None:
    # 6 an hour from 9 to 17, each stays 2 h exactly: at 10 one hour's arrivals are in, at 18 likewise, at 20 none
    def rate(hour: float) -> float:
        return 6.0 if 9.0 <= hour < 17.0 else 0.0

    def present(hour: float) -> float:
        breaks = (9.0, 17.0, hour - 2.0)
        return queueing.infinite_servers_mean_at(
            hour, rate=rate, survival=lambda s: float(s < 2.0), since=0.0, breaks=breaks
        )

    assert [present(h) for h in (8.0, 10.0, 13.0, 18.0, 20.0)] == pytest.approx([0.0, 6.0, 12.0, 6.0, 0.0])


def test_offered_load_is_rate_times_service() -> None:
    assert queueing.offered_load(8.0, 0.5) == 4.0
