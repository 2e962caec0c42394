"""salabim: a component a lead, a resource for the reps, requests with a priority that fail at the lead's deadline.

Generators in place of greenlets, which are slower here; statistics of the resource and its queues are switched off.
Simultaneous events fall out in the order in which they were scheduled.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import salabim as sim

from benchmarks.model import ATTEMPTS, DEPTH_MINUTES, END, GAPS, Thin, Year, thin


def run(year: Year) -> Thin:
    """Simulate one year."""
    sim.yieldless(False)
    env = sim.Environment(trace=False)
    count = year.lead_count
    created, deadline, rank = year.created_at.tolist(), year.deadline.tolist(), year.rank.tolist()
    connect_before, handling = year.connect_before.tolist(), year.handling_minutes.tolist()
    first_at, connected_at = np.full(count, np.nan), np.full(count, np.nan)
    attempts, in_time = np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.int32)
    reps = sim.Resource("reps", capacity=year.reps, monitor=False)

    class Lead(sim.Component):
        def process(self, index: int) -> Generator[Any, Any, None]:
            for attempt in range(ATTEMPTS):
                place = rank[index] + (count if attempt else 0)
                yield self.request((reps, 1, place), fail_at=deadline[index])
                now = env.now()
                if self.failed() or now >= END:
                    return
                if attempt == 0:
                    first_at[index] = now
                attempts[index] += 1
                in_time[index] += now <= created[index] + DEPTH_MINUTES
                yield self.hold(handling[index][attempt])
                self.release(reps)
                if now - created[index] <= connect_before[index][attempt]:
                    connected_at[index] = env.now()
                    return
                if attempt == ATTEMPTS - 1 or env.now() + GAPS[attempt] > deadline[index]:
                    return
                yield self.hold(GAPS[attempt])

    class Arrivals(sim.Component):
        def process(self) -> Generator[Any, Any, None]:
            for index in range(count):
                yield self.hold(till=created[index])
                Lead(index=index)

    Arrivals()
    env.run()
    return thin(year, first_at=first_at, attempt_count=attempts, attempts_in_12=in_time, connected_at=connected_at)
