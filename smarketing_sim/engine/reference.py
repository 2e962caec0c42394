"""The SimPy model of follow-up: the specification of what this simulation means.

Read it from :meth:`FollowUp.work`, a rep's working life, and :meth:`FollowUp.begin`, what happens in an attempt. The
model draws nothing: every piece of luck comes with the demand.

Reps are SimPy processes. What happens without anybody deciding anything (an attempt ends, a lead is handed over, a
follow-up falls due, a late lead is escalated) stands in a diary, which is caught up with before any rep acts. At one
instant things happen in the order of their kind, then of the lead's id: attempts end, leads are handed over,
follow-ups fall due, late leads are escalated, reps come back, and last of all free reps take waiting leads.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
import simpy

from smarketing_sim.engine.followed import (
    BAD_FIT,
    BAD_NUMBER,
    DUPLICATE,
    GONE_COLD,
    LOST,
    NEVER,
    NO_ANSWER,
    NO_NEED,
    NO_REASON,
    NO_ROW,
    OPEN,
    RECYCLED,
    TALK,
    TIMING,
    UNREACHABLE,
    VOICEMAIL,
    Attempts,
    Followed,
)
from smarketing_sim.engine.plan import AGE_CLASS_MINUTES, AGE_CLASSES, Plan
from smarketing_sim.engine.policy import PRIMARY, HeapQueue, IndexQueue, RepClock
from smarketing_sim.engine.routing import POOL, Router
from smarketing_sim.scenario.units import grid
from smarketing_sim.world.roster import Rep

ENDED, HANDED, DUE, LATE, BACK, DISPATCH = range(2, 8)
_ATTEMPT = [("row", "i8"), ("number", "i4"), ("rep_id", "i4"), ("due_at", "f8"), ("started_at", "f8"),
            ("ended_at", "f8"), ("result", "i4")]  # fmt: skip


@dataclass
class Found:
    """What has been found out so far, one item per lead; ``attempts`` has one row per attempt."""

    first_attempt_at: list[float]
    decided_at: list[float]
    connected: list[bool]
    qualified: list[bool]
    attempt_count: list[int]
    outcome: list[int]
    reason: list[int]
    warm: list[bool]
    attempts: list[tuple[int, int, int, float, float, float, int]] = field(default_factory=list)

    @classmethod
    def nothing_yet(cls, count: int) -> Found:
        """Return the state before anything happened."""
        first, decided = ([NEVER] * count for _ in range(2))
        connected, qualified, warm = ([False] * count for _ in range(3))
        none, undecided, no_reason = [0] * count, [OPEN] * count, [NO_REASON] * count
        return cls(first, decided, connected, qualified, none, undecided, no_reason, warm)

    def as_arrays(self, owner: list[int]) -> Followed:
        """Return everything as arrays."""
        made = np.array(self.attempts, dtype=_ATTEMPT)
        return Followed(
            first_attempt_at=np.array(self.first_attempt_at),
            decided_at=np.array(self.decided_at),
            connected=np.array(self.connected, dtype=np.bool_),
            qualified=np.array(self.qualified, dtype=np.bool_),
            attempt_count=np.array(self.attempt_count, dtype=np.int32),
            outcome=np.array(self.outcome, dtype=np.int32),
            reason=np.array(self.reason, dtype=np.int32),
            owner=np.array(owner, dtype=np.int32),
            warm=np.array(self.warm, dtype=np.bool_),
            attempts=Attempts(**{name: made[name].copy() for name in made.dtype.names or ()}),
        )


class FollowUp:
    """Leads, reps and the queues between them."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.sdr = plan, plan.scenario.sales.sdr
        self.env = simpy.Environment()
        count = plan.demand.lead_count
        self.done = Found.nothing_yet(count)
        self._read_rules(plan)
        self._read_leads(plan)
        self.ticket, self.queue_of, self.waiting = [0] * count, [-1] * count, 0
        self.due_at = plan.available_at.tolist()
        self.escalated: set[int] = set()
        self.alarm_at = np.inf
        self.talker: list[Rep] = [*plan.reps[:1]] * count
        self.arrivals: Iterator[int] = iter(plan.arrivals.tolist())
        self.diary: list[tuple[float, int, int, int, int]] = []
        self.note_arrival()
        self.reps = plan.reps
        self.clocks = [RepClock(rep.calendar) for rep in self.reps]
        self.free: list[tuple[float, Rep, simpy.Event]] = []
        self.router = Router(plan, self.reps, self.clocks, self.contract)
        self.queues = [self._new_queue() for _ in range(self.router.desk.queue_count)]
        self.serves = [[self.queues[n] for n in self.router.desk.queues_of(rep)] for rep in self.reps]

    def _read_rules(self, plan: Plan) -> None:
        self.contract = RepClock(plan.contract)
        self.gaps, self.on_phone, self.has_classes = plan.gaps, plan.on_phone, plan.has_classes
        self.contact_cools, self.qualify_cools = (name in plan.scenario.decay.spoils for name in ("contact", "qualify"))
        self.strict = plan.scenario.decay.clock == "each_attempt"
        self.factor: list[list[float]] = plan.class_factor.tolist()
        self.steps: list[list[float]] = plan.decay_steps.tolist()
        self.primary, self.new_first = PRIMARY[plan.order.ranked_by], self.sdr.queue.new_before_retries
        self.max_attempts, self.stop_when_rejected = self.sdr.cadence.max_attempts, self.sdr.cadence.stop_when_rejected
        self.no_need_share = plan.scenario.sales.loss_reasons.no_need_share

    def _read_leads(self, plan: Plan) -> None:
        """Hand the columns over as lists, because one number at a time is read; of attempts, one list for each."""
        leads = plan.demand
        self.rank: list[int] = leads.lead_id.tolist()
        self.mql_at, self.leaves_at = leads.mql_at.tolist(), plan.leaves_at.tolist()
        self.preparation, self.unanswered = plan.preparation_minutes.T.tolist(), plan.unanswered_minutes.T.tolist()
        self.talk, self.voicemail = plan.talk_minutes.T.tolist(), plan.voicemail.T.tolist()
        self.qualify_prob, self.fit = plan.qualify_prob.tolist(), leads.fit.tolist()
        self.speed_due, self.depth_due = plan.speed_due_at.tolist(), plan.depth_due_at.tolist()
        self.escalations = [(instants.tolist(), reassign) for instants, reassign in plan.escalations]
        self.lead_key, self.worth, self.source = plan.lead_key.tolist(), plan.worth.tolist(), leads.source.tolist()
        self.interest_until, self.connect_before = leads.interest_until.tolist(), leads.connect_before.T.tolist()
        self.class_luck, self.qualify_luck = leads.class_luck.T.tolist(), leads.qualify_luck.tolist()
        self.bad_number, self.other_record = leads.bad_number.tolist(), plan.other_record.tolist()
        self.reason_luck = leads.reason_luck.tolist()

    # ------------------------------------------------------------------ the flow of time

    def run(self) -> Followed:
        """Let the run happen and return what came of it."""
        for rep in self.reps:
            self.env.process(self.work(rep))
        self.env.run()
        self.catch_up(np.inf)
        for lead, outcome in enumerate(self.done.outcome):
            if outcome == OPEN and self.queue_of[lead] >= 0 and self.leaves_at[lead] < self.plan.line.ends_at:
                self.resolve(lead, LOST, GONE_COLD, self.leaves_at[lead])
        return self.done.as_arrays(self.router.owner)

    def work(self, rep: Rep) -> Generator[simpy.Event, int | None, None]:
        """Live the working life of one rep: be there, take a lead, attempt it, do the other work that is owed."""
        clock = self.clocks[rep.number - 1]
        back, ended = clock.next_open(0.0), 0.0
        while back < np.inf:
            yield self.at(back, BACK, rep.number)
            self.catch_up(self.env.now)
            lead = None if self.free else self.take(rep)
            if lead is None:
                lead = yield self.wait_for_lead(rep)
            if lead is None:
                back = clock.next_open(self.env.now)
                continue
            ended = self.begin(rep, lead)
            owed = grid((ended - self.env.now) * rep.other_per_minute) if rep.other_per_minute else 0.0
            back = clock.next_open(clock.add(ended, owed))
            self.set_alarm()
        yield self.at(max(ended, self.env.now), BACK, rep.number)
        self.release(rep)

    def at(self, instant: float, kind: int, rank: int) -> simpy.Event:
        """Return an event at an instant, behind those of an earlier kind or rank at the same instant."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None
        self.env.schedule(event, priority=kind << 40 | rank, delay=instant - self.env.now)  # type: ignore[arg-type]
        return event

    def catch_up(self, now: float) -> None:
        """Let everything happen that stands in the diary up to an instant, in order."""
        diary = self.diary
        while diary and diary[0][0] <= now:
            instant, kind, _, lead, detail = heappop(diary)
            if kind == ENDED:
                self.finish(lead, detail, instant)
            elif kind == HANDED:
                self.note_arrival()
                self.receive(lead, instant)
            elif kind == DUE:
                self.enqueue(lead, self.router.queue_for_retry(lead, instant))
            else:
                self.escalate(lead, reassign=bool(detail))

    def note(self, instant: float, kind: int, lead: int, detail: int = 0) -> None:
        """Put something into the diary."""
        heappush(self.diary, (instant, kind, self.rank[lead], lead, detail))

    def note_arrival(self) -> None:
        """Put the next handoff into the diary; they are in order, so one at a time will do."""
        lead = next(self.arrivals, None)
        if lead is not None:
            self.note(self.due_at[lead], HANDED, lead)

    # ------------------------------------------------------------------ reps meet leads

    def wait_for_lead(self, rep: Rep) -> simpy.Event:
        """Join the free reps; the event brings a lead, or None when the rep's hours are over."""
        called = simpy.Event(self.env)
        self.free.append((self.env.now, rep, called))
        self.set_alarm(self.env.now if self.waiting else np.inf)
        return called

    def set_alarm(self, instant: float = np.inf) -> None:
        """Where a rep is free, see to it that the next thing in the diary (or an instant) does not pass unseen."""
        if not self.free:
            return
        wanted = min(instant, self.diary[0][0] if self.diary else np.inf)
        if wanted < self.alarm_at:
            self.alarm_at = wanted
            self.at(wanted, DISPATCH, 0).callbacks.append(self.dispatch)

    def dispatch(self, _: simpy.Event) -> None:
        """Let each free rep, the longest idle in this shift first, take the first lead of the queues it serves."""
        if self.env.now != self.alarm_at:
            return  # an earlier alarm took this one's place
        self.alarm_at = np.inf
        self.catch_up(self.env.now)
        for idle in sorted(self.free, key=self.idle_since) if self.waiting else ():
            if not self.waiting:
                break
            rep, called = idle[1], idle[2]
            is_open = self.clocks[rep.number - 1].next_open(self.env.now) == self.env.now
            lead = self.take(rep) if is_open else None
            if lead is not None or not is_open:
                self.free.remove(idle)
                called.succeed(lead)
        self.set_alarm()

    def idle_since(self, idle: tuple[float, Rep, simpy.Event]) -> tuple[float, int]:
        """Return since when a free rep has been idle in its present hours, then its number for ties."""
        joined_at, rep, _ = idle
        return max(joined_at, self.clocks[rep.number - 1].opened_at(self.env.now)), rep.number

    def take(self, rep: Rep) -> int | None:
        """Take the first lead of all queues a rep serves; leads past their patience are gone."""
        now = self.env.now
        while True:
            first = None
            for queue in self.serves[rep.number - 1]:
                head = queue.best(now)
                if head is not None and (first is None or head < first):
                    first = head
            if first is None:
                return None
            lead = first[3]
            self.leave_queue(lead)
            if self.leaves_at[lead] >= now:
                return lead
            self.resolve(lead, LOST, GONE_COLD, self.leaves_at[lead])

    # ------------------------------------------------------------------ one attempt

    def begin(self, rep: Rep, lead: int) -> float:
        """Begin an attempt and note its end; return when that is."""
        now, done = self.env.now, self.done
        number = done.attempt_count[lead]
        done.attempt_count[lead] = number + 1
        age = now - self.mql_at[lead]
        if number == 0:
            done.first_attempt_at[lead] = now
            done.warm[lead] = age <= self.interest_until[lead]
            self.router.hold(lead, rep.number)
        elif self.strict:
            done.warm[lead] = age <= self.interest_until[lead]
        result = self.result_of(lead, number, age)
        preparation = self.preparation[number][lead]
        minutes = self.talk[number][lead] if result == TALK else self.unanswered[number][lead]
        pace = rep.pace(now)
        if pace != 1.0:
            preparation, minutes = grid(preparation / pace), grid(minutes / pace)
        ended: float = now + preparation + minutes
        done.attempts.append((lead, number + 1, rep.number, self.due_at[lead], now, ended, result))
        self.talker[lead] = rep
        self.note(ended, ENDED, lead, result)
        return ended

    def result_of(self, lead: int, number: int, age: float) -> int:
        """Return what an attempt meets: interest, the cadence's luck, then channel and hour."""
        if self.bad_number[lead] and self.on_phone[number]:
            return BAD_NUMBER
        warm = self.done.warm[lead] or not self.contact_cools
        if warm and age <= self.connect_before[number][lead] and self.in_class(lead, number):
            return TALK
        return VOICEMAIL if self.voicemail[number][lead] else NO_ANSWER

    def in_class(self, lead: int, number: int) -> bool:
        """Tell whether channel and hour let an attempt through that would connect in the best of them."""
        if not self.has_classes:
            return True
        hour = int(self.plan.line.hour_of_week(self.env.now))
        return bool(self.class_luck[number][lead] < self.factor[number][hour])

    def finish(self, lead: int, result: int, now: float) -> None:
        """End an attempt: the lead is decided, or its next attempt is planned."""
        number = self.done.attempt_count[lead]
        if result == TALK:
            self.done.connected[lead] = True
            self.decide(lead, now)
        elif result == BAD_NUMBER:
            self.resolve(lead, LOST, UNREACHABLE, now)
        elif self.stop_when_rejected and not self.fit[lead]:
            self.resolve(lead, LOST, BAD_FIT, now)
        elif number == self.max_attempts:
            self.resolve(lead, RECYCLED, UNREACHABLE, now)
        else:
            self.plan_next(lead, number, now)

    def decide(self, lead: int, now: float) -> None:
        """Find out on the phone whether a lead qualifies, or that a rep talked with the same person already."""
        warm, other = self.done.warm[lead] or not self.qualify_cools, self.other_record[lead]
        if other != NO_ROW and self.done.connected[other]:
            self.resolve(lead, LOST, DUPLICATE, now)
        elif warm and self.qualify_luck[lead] < self.qualify_prob[lead] * self.talker[lead].skill:
            self.done.qualified[lead] = True
            self.resolve(lead, OPEN, NO_REASON, now)
        elif not self.fit[lead]:
            self.resolve(lead, LOST, BAD_FIT, now)
        else:
            reason = NO_NEED if self.reason_luck[lead] < self.no_need_share else TIMING
            self.resolve(lead, LOST, reason, now)

    def plan_next(self, lead: int, number: int, now: float) -> None:
        """Plan the next attempt by the cadence; a lead that will be gone by then is gone."""
        minutes, business = self.gaps[number - 1]
        due = self.contract.add(now, minutes) if business else now + minutes
        if due > self.leaves_at[lead]:
            self.resolve(lead, LOST, GONE_COLD, max(self.leaves_at[lead], now))
            return
        self.due_at[lead] = due
        if due < self.plan.line.ends_at:
            self.note(due, DUE, lead)

    # ------------------------------------------------------------------ queues and owners

    def receive(self, lead: int, now: float) -> None:
        """Give a new lead to whoever is to call it, and note its escalations."""
        self.enqueue(lead, self.router.route(lead, now))
        for instants, reassign in self.escalations:
            if instants[lead] < np.inf:
                self.note(max(instants[lead], now), LATE, lead, int(reassign))

    def enqueue(self, lead: int, queue: int) -> None:
        """Put a lead into a queue, in the place that the order gives it."""
        retry = self.done.attempt_count[lead] > 0
        deadline = self.depth_due[lead] if retry else self.speed_due[lead]
        group = 2 * (retry or lead not in self.escalated) + (retry and self.new_first)
        primary = self.primary(self.due_at[lead], deadline, self.lead_key[lead])
        if self.queue_of[lead] < 0:
            self.waiting += 1
        self.ticket[lead] += 1
        self.queue_of[lead] = queue
        self.queues[queue].push((group, primary, self.rank[lead], lead, self.ticket[lead]))

    def leave_queue(self, lead: int) -> None:
        """Take a lead out of its queue."""
        self.ticket[lead] += 1
        self.queue_of[lead] = -1
        self.waiting -= 1

    def escalate(self, lead: int, *, reassign: bool) -> None:
        """Move a late lead to the front of its queue, or where any rep may take it."""
        if self.queue_of[lead] >= 0 and self.done.attempt_count[lead] == 0:
            self.escalated.add(lead)
            self.enqueue(lead, POOL if reassign else self.queue_of[lead])

    def release(self, rep: Rep) -> None:
        """Return the waiting leads of a rep who is gone for good to the pool, so that none is orphaned."""
        self.catch_up(self.env.now)
        for queue in self.router.leave(rep.number):
            for lead in list(self.queues[queue].leads()):
                self.enqueue(lead, POOL)
        self.set_alarm(self.env.now)

    def resolve(self, lead: int, outcome: int, reason: int, instant: float) -> None:
        """Close a lead, or leave it to the deals as qualified."""
        self.done.outcome[lead], self.done.reason[lead] = outcome, reason
        self.done.decided_at[lead] = instant
        self.router.let_go(lead)

    def _new_queue(self) -> HeapQueue:
        return IndexQueue(self.ticket, self.index) if self.plan.order.ranked_by == "value" else HeapQueue(self.ticket)

    def index(self, lead: int, now: float) -> float:
        """Return value × decay at a lead's age, by the step of its age class."""
        step = int((now - self.mql_at[lead]) / AGE_CLASS_MINUTES)
        return float(self.worth[lead] * self.steps[self.source[lead]][min(step, AGE_CLASSES - 1)])
