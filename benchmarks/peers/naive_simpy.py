"""Plain SimPy, as a competent newcomer writes it: one generator a lead and a ``PriorityResource``.

Simultaneous events fall out in the order in which they were scheduled, which luck on a fine grid all but rules out.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from benchmarks.model import ATTEMPTS, DEPTH_MINUTES, END, GAPS, Thin, Year, thin


def run(year: Year) -> Thin:
    """Simulate one year."""
    env = simpy.Environment()
    reps = simpy.PriorityResource(env, capacity=year.reps)
    count = year.lead_count
    created, deadline, rank = year.created_at.tolist(), year.deadline.tolist(), year.rank.tolist()
    connect_before, handling = year.connect_before.tolist(), year.handling_minutes.tolist()
    first_at, connected_at = np.full(count, np.nan), np.full(count, np.nan)
    attempts, in_time = np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.int32)

    def lead(index: int) -> Generator[simpy.Event, Any, None]:
        for attempt in range(ATTEMPTS):
            with reps.request(priority=rank[index] + (count if attempt else 0)) as called:
                yield called | env.timeout(deadline[index] - env.now)
                if not called.triggered or env.now >= END:
                    return
                started = env.now
                if attempt == 0:
                    first_at[index] = started
                attempts[index] += 1
                in_time[index] += started <= created[index] + DEPTH_MINUTES
                yield env.timeout(handling[index][attempt])
            if started - created[index] <= connect_before[index][attempt]:
                connected_at[index] = env.now
                return
            if attempt == ATTEMPTS - 1 or env.now + GAPS[attempt] > deadline[index]:
                return
            yield env.timeout(GAPS[attempt])

    def arrivals() -> Generator[simpy.Event, Any, None]:
        for index in range(count):
            yield env.timeout(created[index] - env.now)
            env.process(lead(index))

    env.process(arrivals())
    env.run()
    return thin(year, first_at=first_at, attempt_count=attempts, attempts_in_12=in_time, connected_at=connected_at)
