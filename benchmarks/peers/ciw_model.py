"""Ciw: reps are one node, pauses between attempts another with infinitely many servers; routing tells where leads go.

All leads are of one class, for classes with priorities, reneging and class changes do not go together; priority stands
in the service discipline. Ciw draws at random among events of one instant, which a fine time grid all but rules out.
"""

from __future__ import annotations

from typing import Any

import ciw
import numpy as np

from benchmarks.model import ATTEMPTS, DEPTH_MINUTES, END, GAPS, Thin, Year, thin


class Shift:
    """What happened so far, and the distributions, discipline and routes that read and write it."""

    def __init__(self, year: Year) -> None:
        count = year.lead_count
        self.count = count
        self.created, self.deadline, self.rank = year.created_at.tolist(), year.deadline.tolist(), year.rank.tolist()
        self.connect_before, self.handling = year.connect_before.tolist(), year.handling_minutes.tolist()
        self.first_at, self.connected_at = [np.nan] * count, [np.nan] * count
        self.attempts, self.in_time, self.talked = [0] * count, [0] * count, [False] * count

    def __deepcopy__(self, memo: dict[int, Any]) -> Shift:
        return self  # Ciw copies its distributions; they still tell one story

    def next_lead(self, waiting: list[Any], now: float) -> Any:
        """Choose new leads first, then by rank."""
        return min(waiting, key=self._place)

    def _place(self, individual: Any) -> int:
        lead = individual.id_number - 1
        return self.rank[lead] + (self.count if self.attempts[lead] else 0)


class Attempt(ciw.dists.Distribution):
    """How long an attempt takes; asked for when it begins, so it is also where an attempt is noted."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        shift, lead = self.shift, ind.id_number - 1
        assert t is not None
        number = shift.attempts[lead]
        if number == 0:
            shift.first_at[lead] = t
        shift.attempts[lead] = number + 1
        shift.in_time[lead] += t <= shift.created[lead] + DEPTH_MINUTES
        minutes = shift.handling[lead][number]
        if t - shift.created[lead] <= shift.connect_before[lead][number]:
            shift.talked[lead] = True
            shift.connected_at[lead] = t + minutes
        return minutes


class Pause(Attempt):
    """The pause after an attempt."""

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        return GAPS[self.shift.attempts[ind.id_number - 1] - 1]


class Patience(Attempt):
    """How long a lead still waits."""

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        assert t is not None
        return self.shift.deadline[ind.id_number - 1] - t


class AfterAttempt(ciw.routing.NodeRouting):
    """Out after a talk, the last attempt, or when patience ends before the next; else to the pause."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift

    def next_node(self, ind: Any) -> Any:
        shift, lead = self.shift, ind.id_number - 1
        number, now = shift.attempts[lead], self.node.now
        over = shift.talked[lead] or number == ATTEMPTS or now + GAPS[number - 1] > shift.deadline[lead]
        return self.simulation.nodes[-1] if over else self.simulation.nodes[2]

    def next_node_for_jockeying(self, ind: Any) -> Any:
        return self.simulation.nodes[-1]


def run(year: Year) -> Thin:
    """Simulate one year."""
    shift = Shift(year)
    gaps = [*np.diff(year.created_at, prepend=0.0).tolist(), float("inf")]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(gaps), None],
        service_distributions=[Attempt(shift), Pause(shift)],
        number_of_servers=[year.reps, float("inf")],
        reneging_time_distributions=[Patience(shift), None],
        service_disciplines=[shift.next_lead, ciw.disciplines.FIFO],
        routing=ciw.routing.NetworkRouting(routers=[AfterAttempt(shift), ciw.routing.Direct(to=1)]),
    )
    ciw.Simulation(network).simulate_until_max_time(END)
    return thin(
        year,
        first_at=shift.first_at,
        attempt_count=shift.attempts,
        attempts_in_12=shift.in_time,
        connected_at=shift.connected_at,
    )
