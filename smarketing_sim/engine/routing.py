"""Whose lead it is: routing of new leads, ownership of follow-ups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.engine.plan import Plan
from smarketing_sim.engine.policy import RepClock, by_weight, in_turn
from smarketing_sim.scenario.sales import Routing
from smarketing_sim.world.roster import Rep

POOL = 0


@dataclass(frozen=True)
class Desk:
    """Which queues there are and who serves them.

    Queue 0 is the pool that every rep serves, queue n belongs to rep n, and the territories' queues come after.
    """

    routing: Routing
    rep_count: int

    @property
    def owned(self) -> bool:
        """Whether a follow-up goes back to the lead's owner."""
        return self.routing.sticky_owner or self.routing.rule in ("round_robin", "weighted")

    @property
    def queue_count(self) -> int:
        """How many queues there are."""
        return 1 + self.rep_count + len(self.routing.territories)

    def queues_of(self, rep: Rep) -> list[int]:
        """Return the queues that a rep serves: the pool, its own where leads are owned, its seat's territories'."""
        territories = enumerate(self.routing.territories.values())
        places = [place for place, territory in territories if rep.seat in territory.reps]
        return [POOL, *([rep.number] if self.owned else []), *(1 + self.rep_count + place for place in places)]

    def members(self, reps: list[Rep]) -> list[set[int]]:
        """Return the numbers of the reps who hold the seats of each territory, one after another."""
        return [{rep.number for rep in reps if rep.seat in one.reps} for one in self.routing.territories.values()]


class Router:
    """The desk at work: it hands leads out, and knows who holds which."""

    def __init__(self, plan: Plan, reps: list[Rep], clocks: list[RepClock], contract: RepClock) -> None:
        self.routing, self.reps, self.clocks, self.contract = plan.scenario.sales.sdr.routing, reps, clocks, contract
        self.desk = Desk(self.routing, len(reps))
        self.day_starts: list[float] = plan.line.day_starts_at.tolist()
        self.members = self.desk.members(reps)
        self.territory_of = territory_queues(plan).tolist()
        self.owner, self.holder = [0] * plan.demand.lead_count, [0] * plan.demand.lead_count
        self.gone: set[int] = set()
        self.closed: set[int] = set()
        self.open_leads, self.credit, self.turn = [0] * len(reps), [0.0] * len(reps), 0

    def route(self, lead: int, now: float) -> int:
        """Return the queue of a new lead: the pool, a territory, or the rep whose turn it is."""
        if self.routing.rule == "territory":
            return self._open_territory(lead)
        if self.routing.rule == "pool" or not self.reps:
            return POOL
        able = self._able(now)
        if self.routing.rule == "round_robin":
            place = in_turn(self.turn, able)
            self.turn = self.turn if place is None else (place + 1) % len(self.reps)
        else:
            place = by_weight(self.credit, [rep.weight for rep in self.reps], able)
        if place is None:
            place = min(range(len(self.reps)), key=lambda n: (not self._employed(n, now), self.open_leads[n], n))
        self.hold(lead, self.reps[place].number)
        return 1 + place

    def queue_for_retry(self, lead: int, now: float) -> int:
        """Return the queue of a follow-up: the owner's where leads are owned and the owner still works here."""
        if self.desk.owned and self.owner[lead] not in self.gone:
            return self.owner[lead]
        return self._open_territory(lead) if self.routing.rule == "territory" else POOL

    def leave(self, rep: int) -> list[int]:
        """Note that a rep is gone for good; return the queues that nobody but the pool can serve now."""
        self.gone.add(rep)
        first = 1 + len(self.reps)
        left = {first + n for n, members in enumerate(self.members) if self.gone.issuperset(members)}
        closing = [rep, *sorted(left - self.closed)]
        self.closed |= left
        return closing

    def hold(self, lead: int, rep: int) -> None:
        """Make a rep the owner of a lead, and count it among the rep's open ones."""
        self.let_go(lead)
        self.owner[lead] = self.holder[lead] = rep
        self.open_leads[rep - 1] += 1

    def let_go(self, lead: int) -> None:
        """Take a lead off the count of whoever holds it."""
        if self.holder[lead]:
            self.open_leads[self.holder[lead] - 1] -= 1
            self.holder[lead] = 0

    def _open_territory(self, lead: int) -> int:
        queue = self.territory_of[lead]
        return POOL if queue in self.closed else queue

    def _able(self, now: float) -> list[bool]:
        """Tell for each rep whether it works here, is below its cap and, where that matters, there on this day."""
        cap = self.routing.open_leads_cap or np.inf
        able = [held < cap and self._employed(place, now) for place, held in enumerate(self.open_leads)]
        if self.routing.if_absent == "wait":
            return able
        opens = self.contract.next_open(now)
        day_ends = next((start for start in self.day_starts if start > opens), np.inf)
        there = [clock.next_open(now) < day_ends for clock in self.clocks]
        return [a and b for a, b in zip(able, there, strict=True)] if any(there) else able

    def _employed(self, place: int, now: float) -> bool:
        """Tell whether a rep has joined and will still be there for an attempt."""
        rep = self.reps[place]
        return rep.number not in self.gone and rep.starts_at <= now and self.clocks[place].next_open(now) < np.inf


def territory_queues(plan: Plan) -> npt.NDArray[np.int64]:
    """Return the queue of the first territory that takes each lead, else the pool."""
    scenario, demand = plan.scenario, plan.demand
    names = list(scenario.personas)
    sources = np.array([*scenario.marketing.sources])[demand.source]
    personas = np.array(names)[demand.persona]
    segments = np.array([scenario.personas[name].segment or name for name in names])[demand.persona]
    queues = np.full(demand.lead_count, POOL)
    territories = list(scenario.sales.sdr.routing.territories.values())
    for place, territory in reversed(list(enumerate(territories))):
        mine = np.ones(demand.lead_count, dtype=np.bool_)
        wanted = (
            (territory.takes.source, sources),
            (territory.takes.persona, personas),
            (territory.takes.segment, segments),
        )
        for name, column in wanted:
            mine &= (column == name) if name is not None else True
        queues[mine] = 1 + len(plan.reps) + place
    return queues
