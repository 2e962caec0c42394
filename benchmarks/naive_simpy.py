"""A naive SimPy model, the yardstick: one generator a lead, `PriorityResource`, no features.

The benchmark model: business minutes, 480 a day, 250 days, 60 leads a day, 3 reps; new leads before retries, freshest
first; six attempts; interest that fades; patience. Run as a script it times one year of it beside one replication of
the baseline scenario, in turn, and prints the ratio.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from smarketing_sim.engine import simulate
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand

DAY, DAYS, RATE, REPS = 480.0, 250, 60.0, 3
PROFILE = np.array([0.9, 1.3, 1.4, 1.1, 0.7, 1.0, 1.0, 0.6])
MULTIPLIER, SOURCES = np.array([0.8, 1.0, 1.15, 1.4]), np.array([0.4, 0.3, 0.2, 0.1])
PERSONAS, PATIENCE = np.array([0.5, 0.3, 0.2]), np.array([0.6, 1.0, 1.6])
GAPS = (240.0, 480.0, 960.0, 1440.0, 1920.0)
ATTEMPTS = 6


@dataclass(frozen=True)
class Year:
    """The leads of one year with their luck."""

    created_at: np.ndarray
    deadline: np.ndarray
    multiplier: np.ndarray
    connect_luck: np.ndarray
    handling_minutes: np.ndarray


def sample_year(seed: int) -> Year:
    """Draw one year of leads."""
    random = np.random.default_rng(seed)
    count = int(random.poisson(DAYS * RATE))
    hour_of_day = np.searchsorted(np.cumsum(PROFILE / PROFILE.sum()), random.random(count), side="right")
    created = random.integers(0, DAYS, count) * DAY + (np.minimum(hour_of_day, 7) + random.random(count)) * 60.0
    created.sort()
    persona = np.searchsorted(np.cumsum(PERSONAS), random.random(count), side="right").clip(max=2)
    source = np.searchsorted(np.cumsum(SOURCES), random.random(count), side="right").clip(max=3)
    sigma = 0.6
    handling = np.exp(np.log(8.0) - sigma**2 / 2 + sigma * random.standard_normal((count, ATTEMPTS)))
    return Year(
        created_at=created,
        deadline=created + random.exponential(4800.0 * PATIENCE[persona]),
        multiplier=MULTIPLIER[source],
        connect_luck=random.random((count, ATTEMPTS)),
        handling_minutes=handling,
    )


def run_year(year: Year) -> int:
    """Simulate one year and return the number of attempts made."""
    env = simpy.Environment()
    reps = simpy.PriorityResource(env, capacity=REPS)
    count, made = len(year.created_at), 0

    def lead(index: int) -> Generator[simpy.Event, Any, None]:
        nonlocal made
        yield env.timeout(year.created_at[index])
        for attempt in range(ATTEMPTS):
            rank = (count - index) + (count if attempt else 0)
            with reps.request(priority=rank) as called:
                yield called | env.timeout(max(year.deadline[index] - env.now, 0.0))
                if not called.triggered:
                    return
                age = env.now - year.created_at[index]
                made += 1
                yield env.timeout(year.handling_minutes[index, attempt])
            chance = (0.30 * np.exp(-age / 180.0) + 0.07) * year.multiplier[index] * 0.92**attempt
            if year.connect_luck[index, attempt] < chance or attempt == ATTEMPTS - 1:
                return
            if env.now + GAPS[attempt] >= year.deadline[index]:
                return
            yield env.timeout(GAPS[attempt])

    for index in range(count):
        env.process(lead(index))
    env.run(until=DAYS * DAY)
    return made


def main() -> None:
    """Time the two in turn and print the median ratio."""
    scenario, year = Scenario.load("params/baseline.yaml"), sample_year(1)
    ratios, per_attempt = [], []
    for pair in range(5):
        demand = sample_demand(scenario, seed=1, replication=pair)
        started = time.perf_counter()
        attempts = run_year(year)
        middle = time.perf_counter()
        ledger = simulate(scenario, demand)
        ended = time.perf_counter()
        ratios.append((ended - middle) / (middle - started))
        made = len(ledger.tables["attempts"]["lead_id"])
        per_attempt.append((ended - middle) / made / ((middle - started) / attempts))
    print(f"one baseline replication over one naive SimPy year: {statistics.median(ratios):.2f}")
    print(f"the same, per attempt made: {statistics.median(per_attempt):.2f}")


if __name__ == "__main__":
    main()
