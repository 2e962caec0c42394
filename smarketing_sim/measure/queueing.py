"""Closed-form queueing theory: an oracle that shares nothing with the simulation it is held against.

Rates and times are in any one unit of time; results come in the same unit. ``a`` is the offered load, λ/μ, and ``c``
the number of servers. A queue without a steady state has an infinite mean wait and makes everybody wait.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import integrate, special

from smarketing_sim.arrays import Floats

_NEGLIGIBLE = 50.0  # exp(-50) is far below what a float can add to 1


def offered_load(arrival_rate: float, mean_service: float) -> float:
    """Return a = λ E[S], the mean number of servers that the work would keep busy."""
    return arrival_rate * mean_service


def erlang_b(servers: int, load: float) -> float:
    """Return the blocking probability of M/G/c/c.

    (a^c / c!) / Σ_{n<=c} a^n / n! (Erlang 1917), by B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)).
    """
    blocking = 1.0
    for n in range(1, servers + 1):
        blocking = load * blocking / (n + load * blocking)
    return blocking


def erlang_c(servers: int, load: float) -> float:
    """Return P(wait) of M/M/c (Erlang 1917): c B / (c - a (1 - B)) with Erlang's B; 1 where a >= c."""
    if load >= servers:
        return 1.0
    blocking = erlang_b(servers, load)
    return servers * blocking / (servers - load * (1.0 - blocking))


@dataclass(frozen=True)
class Waiting:
    """A first-come-first-served M/M/c queue in steady state.

    Parameters
    ----------
    arrival_rate, service_rate
        λ, and μ of one server.
    servers
        c.
    """

    arrival_rate: float
    service_rate: float
    servers: int

    @property
    def utilisation(self) -> float:
        """λ / (c μ)."""
        return self.arrival_rate / (self.servers * self.service_rate)

    @property
    def wait_prob(self) -> float:
        """P(W > 0), Erlang's C."""
        return erlang_c(self.servers, self.arrival_rate / self.service_rate)

    @property
    def mean_wait(self) -> float:
        """E[W] = C / (c μ - λ)."""
        slack = self.servers * self.service_rate - self.arrival_rate
        return self.wait_prob / slack if slack > 0.0 else math.inf

    @property
    def mean_queue(self) -> float:
        """E[Q] = λ E[W], by Little's law."""
        return self.arrival_rate * self.mean_wait if self.arrival_rate else 0.0

    def wait_within_prob(self, limit: float) -> float:
        """P(W <= t) = 1 - C exp(-(c μ - λ) t)."""
        slack = self.servers * self.service_rate - self.arrival_rate
        return 1.0 - self.wait_prob * math.exp(-slack * limit) if slack > 0.0 else 0.0


def mmc(*, arrival_rate: float, service_rate: float, servers: int) -> Waiting:
    """Return the M/M/c queue (Erlang C)."""
    return Waiting(arrival_rate, service_rate, servers)


@dataclass(frozen=True)
class Losing:
    """A queue that loses some arrivals, in steady state.

    Parameters
    ----------
    wait_prob
        Share of all arrivals that find every server busy and stay.
    lost_prob
        Share of all arrivals that leave unserved: abandoned (Erlang A) or turned away (M/M/c/K).
    mean_queue
        Mean number waiting.
    mean_wait
        Mean wait of those who enter, whether or not they are served in the end.
    """

    wait_prob: float
    lost_prob: float
    mean_queue: float
    mean_wait: float


def erlang_a(*, arrival_rate: float, service_rate: float, patience_rate: float, servers: int) -> Losing:
    """Return the M/M/c+M queue, whose waiting customers leave at rate θ each.

    A birth-death chain with death rates min(n, c) μ + max(n - c, 0) θ; P(abandon) = θ E[Q] / λ (Palm 1957; Garnett,
    Mandelbaum, Reiman, Manufacturing & Service Operations Management 4, 2002).

    Raises
    ------
    ValueError
        Where ``patience_rate`` is 0 and the load is not below the number of servers.
    """
    capacity = servers * service_rate
    waiting = np.arange(1, _states_that_matter(arrival_rate, capacity, patience_rate) + 1)
    deaths = np.concatenate([np.arange(1, servers + 1) * service_rate, capacity + waiting * patience_rate])
    share = _stationary(arrival_rate, deaths)
    mean_queue = float(share[servers + 1 :] @ waiting)
    wait_prob = float(share[servers:].sum())
    return Losing(wait_prob, patience_rate * mean_queue / arrival_rate, mean_queue, mean_queue / arrival_rate)


def _states_that_matter(arrival_rate: float, capacity: float, patience_rate: float) -> int:
    counts = []
    if arrival_rate < capacity:
        counts.append(_NEGLIGIBLE / math.log(capacity / arrival_rate))
    if patience_rate > 0.0:
        halving = max(0.0, (2.0 * arrival_rate - capacity) / patience_rate)
        counts.append(halving + _NEGLIGIBLE / math.log(2.0))
    if not counts:
        raise ValueError("without impatience the load must be below the number of servers")
    return math.ceil(min(counts)) + 1


def _stationary(arrival_rate: float, deaths: Floats) -> Floats:
    """Return P(N = n) of a birth-death chain with constant births and the given death rates of states 1, 2 and on."""
    log_share = np.concatenate([[0.0], np.cumsum(math.log(arrival_rate) - np.log(deaths))])
    share = np.exp(log_share - log_share.max())
    return np.asarray(share / share.sum(), dtype=np.float64)


def mmck(*, arrival_rate: float, service_rate: float, servers: int, places: int) -> Losing:
    """Return the M/M/c/K queue, which turns arrivals away when K = ``places`` are inside, those in service included.

    p_n by the birth-death balance; lost = p_K; mean wait of the admitted = E[Q] / (λ (1 - p_K)) (Gross, Harris,
    Fundamentals of Queueing Theory, section on M/M/c/K).
    """
    inside = np.arange(places + 1)
    share = _stationary(arrival_rate, np.minimum(inside[1:], servers) * service_rate)
    mean_queue = float(share @ np.maximum(inside - servers, 0))
    lost = float(share[places])
    wait_prob = float(share[servers:places].sum())
    return Losing(wait_prob, lost, mean_queue, mean_queue / (arrival_rate * (1.0 - lost)))


def pollaczek_khinchine(*, arrival_rate: float, mean_service: float, service_cv2: float) -> float:
    """Return the mean wait of M/G/1: ρ E[S] (1 + CV²) / (2 (1 - ρ)) (Pollaczek 1930, Khinchine 1932)."""
    load = offered_load(arrival_rate, mean_service)
    return load * mean_service * (1.0 + service_cv2) / (2.0 * (1.0 - load)) if load < 1.0 else math.inf


def priority_waits(
    arrival_rates: Sequence[float], service_rates: Sequence[float], *, service_cv2: float = 1.0
) -> tuple[float, ...]:
    """Return the mean wait of each class of a non-preemptive priority M/G/1, first class first.

    W_k = W0 / ((1 - s_{k-1}) (1 - s_k)) with W0 = Σ λ_i E[S_i²] / 2 and s_k = Σ_{i<=k} ρ_i (Cobham, Operations Research
    2, 1954). A class that starves waits for ever and delays the ones before it only by the time that it does get.
    """
    mean = 1.0 / np.asarray(service_rates, dtype=np.float64)
    load = np.asarray(arrival_rates, dtype=np.float64) * mean
    up_to = np.cumsum(load)
    before = up_to - load
    served_load = np.clip(1.0 - before, 0.0, load)
    residual = float(np.sum(served_load * mean * (1.0 + service_cv2) / 2.0))
    return tuple(
        residual / ((1.0 - s0) * (1.0 - s1)) if s1 < 1.0 else math.inf
        for s0, s1 in zip(before.tolist(), up_to.tolist(), strict=True)
    )


def cadence_rate(lead_rate: float, *, stop_prob: float, most_attempts: int) -> float:
    """Return attempts per unit of time: λ (1 - (1 - p)^N) / p.

    Each lead gets attempts until one stops the cadence, with probability p each time, or N are done: a network of
    stations in a row, whose flows add up (Jackson 1957).
    """
    if stop_prob == 0.0:
        return lead_rate * most_attempts
    return lead_rate * geometric_reach(most_attempts, prob=stop_prob) / stop_prob


def geometric_reach(attempts: int, *, prob: float) -> float:
    """Return 1 - (1 - p)^n, the share reached within n attempts of equal chance."""
    return -math.expm1(attempts * math.log1p(-prob)) if prob < 1.0 else float(attempts > 0)


def beta_geometric_hazard(attempt: int, *, a: float, b: float) -> float:
    """Return the chance that attempt n (from 1) connects, none before it having done so: a / (a + b + n - 1).

    Each lead has its own chance, drawn from Beta(a, b), the same at every attempt (Weinberg, Gladen 1986).
    """
    return a / (a + b + attempt - 1)


def beta_geometric_reach(attempts: int, *, a: float, b: float) -> float:
    """Return the share reached within n attempts: 1 - B(a, b + n) / B(a, b) with the beta function B."""
    return -math.expm1(float(special.betaln(a, b + attempts) - special.betaln(a, b)))


def infinite_servers_mean(arrival_rate: float, mean_duration: float) -> float:
    """Return the mean of the Poisson number present in M/G/∞: λ E[S]."""
    return offered_load(arrival_rate, mean_duration)


def infinite_servers_mean_at(
    at: float,
    *,
    rate: Callable[[float], float],
    survival: Callable[[float], float],
    since: float = -math.inf,
    breaks: Sequence[float] = (),
) -> float:
    """Return the mean of the Poisson number present in M(t)/G/∞ at one instant.

    m(t) = ∫ λ(u) P(S > t - u) du over u from ``since``, when the system was empty, to t (Eick, Massey, Whitt,
    Operations Research 41, 1993).

    Parameters
    ----------
    at, since
        The instant looked at, and the first at which anybody arrives.
    rate, survival
        λ at an instant, and P(S > s) for a duration s.
    breaks
        Instants at which either function jumps, so that no jump falls inside a piece of the integral.
    """
    edges = [since, *sorted(b for b in breaks if since < b < at), at]
    pieces = (
        integrate.quad(lambda u: rate(u) * survival(at - u), begin, end, limit=200, epsabs=1e-12, epsrel=1e-10)[0]
        for begin, end in itertools.pairwise(edges)
    )
    return float(sum(pieces))
