"""The SimPy model of follow-up: the specification of what this simulation means.

Read it from :meth:`FollowUp.work`, a rep's working life, and :meth:`FollowUp.begin`, what happens in an attempt. The
model draws nothing: every piece of luck comes with the demand. At one instant things happen in the order of their
kind, then of the lead's id: attempts end, leads are handed over, follow-ups fall due, late leads are escalated, reps
come back, and last of all free reps take waiting leads.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import simpy
from simpy.events import EventPriority

from smarketing_sim.engine.plan import AGE_CLASSES, Plan, channel_numbers
from smarketing_sim.engine.policy import HeapQueue, IndexQueue, RepClock, queue_key
from smarketing_sim.engine.roster import Rep
from smarketing_sim.engine.routing import POOL, Router
from smarketing_sim.ledger import OUTCOMES, REASONS, RESULTS
from smarketing_sim.scenario.units import grid

ENDED, HANDED, DUE, LATE, BACK, DISPATCH = (kind << 40 for kind in range(2, 8))
OPEN, WON, LOST, RECYCLED = range(len(OUTCOMES))
UNREACHABLE, BAD_FIT, NO_NEED, TIMING, _, DUPLICATE, GONE_COLD, _ = range(len(REASONS))
NO_ANSWER, VOICEMAIL, TALK, BAD_NUMBER, _ = range(len(RESULTS))
NEVER = float("nan")


@dataclass
class Followed:
    """What came of the follow-up, one item per lead of the plan; ``attempts`` has one row per attempt."""

    first_attempt_at: list[float]
    accepted_at: list[float]
    attempt_count: list[int]
    connected_at: list[float]
    qualified_at: list[float]
    resolved_at: list[float]
    outcome: list[int]
    reason: list[int]
    owner: list[int]
    warm: list[bool]
    attempts: list[tuple[int, int, int, float, float, float, int, int]] = field(default_factory=list)

    @classmethod
    def nothing_yet(cls, count: int) -> Followed:
        """Return the state before anything happened."""
        first, accepted, connected, qualified, resolved = ([NEVER] * count for _ in range(5))
        return cls(
            first_attempt_at=first,
            accepted_at=accepted,
            attempt_count=[0] * count,
            connected_at=connected,
            qualified_at=qualified,
            resolved_at=resolved,
            outcome=[OPEN] * count,
            reason=[-1] * count,
            owner=[0] * count,
            warm=[False] * count,
        )


class FollowUp:
    """Leads, reps and the queues between them."""

    def __init__(self, plan: Plan) -> None:
        scenario, leads = plan.scenario, plan.demand.take(plan.rows)
        self.plan, self.sdr = plan, scenario.sales.sdr
        self.env = simpy.Environment()
        self.done = Followed.nothing_yet(len(plan.rows))
        self._read_rules(plan)
        self._read_leads(plan, leads)
        count = len(plan.rows)
        self.ticket, self.queue_of, self.waiting = [0] * count, [-1] * count, 0
        self.due_at = plan.available_at.tolist()
        self.dispatch_at = -1.0
        self.reps = plan.reps
        self.clocks = [RepClock(rep.calendar) for rep in self.reps]
        self.free: list[tuple[Rep, simpy.Event]] = []
        self.router = Router(plan, self.reps, self.clocks, self.contract)
        self.queues = [self._new_queue() for _ in range(self.router.queue_count)]
        self.serves = [self.router.queues_of(rep.number) for rep in self.reps]

    def _read_rules(self, plan: Plan) -> None:
        cadence, day = self.sdr.cadence, plan.scenario.calendar.business_day_minutes
        self.contract = RepClock(plan.contract)
        self.gaps = [(gap.minutes(day), gap.business) for gap in map(cadence.gap, range(1, cadence.max_attempts))]
        self.channel = channel_numbers(plan.scenario)
        self.on_phone = [list(self.sdr.channels)[number] == "phone" for number in self.channel]
        self.spoils = set(plan.scenario.decay.spoils)
        self.strict = plan.scenario.decay.clock == "each_attempt"
        self.factor: list[list[float]] = plan.class_factor.tolist()
        self.steps: list[float] = plan.decay_steps.tolist()
        self.has_classes = plan.demand.class_luck.shape[1] > 0
        self.no_need_share = plan.scenario.sales.loss_reasons.no_need_share

    def _read_leads(self, plan: Plan, leads: Any) -> None:
        """Hand the columns over as lists, because one number at a time is read from them."""
        rank = np.empty(len(plan.rows), dtype=np.int64)
        rank[np.argsort(leads.lead_id)] = np.arange(len(plan.rows))
        self.rank: list[int] = rank.tolist()
        self.mql_at, self.leaves_at = plan.mql_at.tolist(), plan.leaves_at.tolist()
        self.preparation, self.unanswered = plan.preparation_minutes.tolist(), plan.unanswered_minutes.tolist()
        self.talk, self.voicemail = plan.talk_minutes.tolist(), plan.voicemail.tolist()
        self.qualify_prob, self.rejected = plan.qualify_prob.tolist(), plan.rejected.tolist()
        self.speed_due, self.depth_due = plan.speed_due_at.tolist(), plan.depth_due_at.tolist()
        self.front_at, self.breach_at, self.worth = plan.front_at.tolist(), plan.breach_at.tolist(), plan.worth.tolist()
        self.score, self.fit = leads.score.tolist(), leads.fit.tolist()
        self.interest_until, self.connect_before = leads.interest_until.tolist(), leads.connect_before.tolist()
        self.class_luck, self.qualify_luck = leads.class_luck.tolist(), leads.qualify_luck.tolist()
        self.bad_number, self.duplicate = leads.bad_number.tolist(), (leads.duplicate_of >= 0).tolist()
        self.reason_luck = leads.reason_luck.tolist()

    # ------------------------------------------------------------------ the flow of time

    def run(self) -> Followed:
        """Let the run happen and return what came of it."""
        self.env.process(self.hand_over())
        for rep in self.reps:
            self.env.process(self.work(rep))
        self.env.run()
        for lead, outcome in enumerate(self.done.outcome):
            if outcome == OPEN and self.queue_of[lead] >= 0 and self.leaves_at[lead] < self.plan.line.ends_at:
                self.resolve(lead, LOST, GONE_COLD, self.leaves_at[lead])
        self.done.owner = self.router.owner
        return self.done

    def at(self, instant: float, kind: int, rank: int, then: Callable[[Any], None] | None = None) -> simpy.Event:
        """Return an event at an instant, behind those of an earlier kind or rank at the same instant."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None
        if then is not None:
            event.callbacks.append(then)
        self.env.schedule(event, priority=EventPriority(kind | rank), delay=instant - self.env.now)
        return event

    def hand_over(self) -> Generator[simpy.Event, None, None]:
        """Bring each lead to its queue when it can be called."""
        order = sorted(range(len(self.due_at)), key=lambda lead: (self.due_at[lead], self.rank[lead]))
        for lead in order:
            if self.due_at[lead] < self.plan.line.ends_at:
                yield self.at(self.due_at[lead], HANDED, self.rank[lead])
                self.receive(lead)

    def receive(self, lead: int) -> None:
        """Give a new lead to whoever is to call it, and set its escalations."""
        self.enqueue(lead, self.router.route(lead, self.env.now))
        for instant, reassign in ((self.front_at[lead], False), (self.breach_at[lead], True)):
            if self.env.now < instant < np.inf and self.sdr.routing.escalation is not None:
                self.at(instant, LATE, self.rank[lead], partial(self.escalate, lead, reassign))

    def work(self, rep: Rep) -> Generator[simpy.Event, int | None, None]:
        """Live the working life of one rep: be there, take a lead, attempt it, do the other work that is owed."""
        clock = self.clocks[rep.number - 1]
        back = clock.next_open(0.0)
        while back < np.inf:
            yield self.at(back, BACK, rep.number)
            lead = yield self.wait_for_lead(rep)
            if lead is None:
                back = clock.next_open(self.env.now)
                continue
            started = self.env.now
            result, ended = self.begin(rep, lead)
            yield self.at(ended, ENDED, self.rank[lead])
            self.finish(rep, lead, result)
            back = clock.next_open(clock.add(ended, grid((ended - started) * rep.other_per_minute)))
        self.release(rep)

    # ------------------------------------------------------------------ reps meet leads

    def wait_for_lead(self, rep: Rep) -> simpy.Event:
        """Join the free reps; the event brings a lead, or None when the rep's hours are over."""
        called = simpy.Event(self.env)
        self.free.append((rep, called))
        self.ask_for_dispatch()
        return called

    def ask_for_dispatch(self) -> None:
        """Let free reps and waiting leads meet once everything else of this instant has happened."""
        if self.waiting and self.free and self.dispatch_at != self.env.now:
            self.dispatch_at = self.env.now
            self.at(self.env.now, DISPATCH, 0, self.dispatch)

    def dispatch(self, _: Any) -> None:
        """Let each free rep, the longest idle first, take the first lead of the queues it serves."""
        self.dispatch_at = -1.0
        still_free = []
        for rep, called in self.free:
            if not self.waiting:
                still_free.append((rep, called))
            elif self.clocks[rep.number - 1].next_open(self.env.now) > self.env.now:
                called.succeed(None)
            elif (lead := self.take(rep)) is not None:
                called.succeed(lead)
            else:
                still_free.append((rep, called))
        self.free = still_free

    def take(self, rep: Rep) -> int | None:
        """Take the first lead of all queues a rep serves; leads past their patience are gone."""
        while True:
            heads = [
                head for q in self.serves[rep.number - 1] if (head := self.queues[q].best(self.env.now)) is not None
            ]
            if not heads:
                return None
            lead = min(heads)[1]
            self.leave_queue(lead)
            if self.leaves_at[lead] >= self.env.now:
                return lead
            self.resolve(lead, LOST, GONE_COLD, self.leaves_at[lead])

    # ------------------------------------------------------------------ one attempt

    def begin(self, rep: Rep, lead: int) -> tuple[int, float]:
        """Begin an attempt; return its result and when it ends."""
        now, done = self.env.now, self.done
        number = done.attempt_count[lead]
        done.attempt_count[lead] = number + 1
        age = now - self.mql_at[lead]
        if number == 0:
            done.first_attempt_at[lead] = now
            done.accepted_at[lead] = NEVER if self.rejected[lead] else now
            done.warm[lead] = age <= self.interest_until[lead]
            self.router.hold(lead, rep.number)
        elif self.strict:
            done.warm[lead] = age <= self.interest_until[lead]
        result = self.result_of(lead, number, age)
        minutes = self.talk[lead][number] if result == TALK else self.unanswered[lead][number]
        pace = rep.pace(now)
        if pace == 1.0:
            ended = now + self.preparation[lead][number] + minutes
        else:
            ended = now + grid(self.preparation[lead][number] / pace) + grid(minutes / pace)
        done.attempts.append(
            (lead, number + 1, rep.number, self.due_at[lead], now, ended, self.channel[number], result)
        )
        return result, ended

    def result_of(self, lead: int, number: int, age: float) -> int:
        """Return what an attempt meets: interest, the cadence's luck, then channel and hour."""
        if self.bad_number[lead] and self.on_phone[number]:
            return BAD_NUMBER
        warm = self.done.warm[lead] or "contact" not in self.spoils
        if warm and age <= self.connect_before[lead][number] and self.in_class(lead, number):
            return TALK
        return VOICEMAIL if self.voicemail[lead][number] else NO_ANSWER

    def in_class(self, lead: int, number: int) -> bool:
        """Tell whether channel and hour let an attempt through that would connect in the best of them."""
        if not self.has_classes:
            return True
        hour = int(self.plan.line.hour_of_week(self.env.now))
        return bool(self.class_luck[lead][number] < self.factor[number][hour])

    def finish(self, rep: Rep, lead: int, result: int) -> None:
        """End an attempt: the lead is decided, or its next attempt is planned."""
        number = self.done.attempt_count[lead]
        if result == TALK:
            self.done.connected_at[lead] = self.env.now
            self.decide(rep, lead)
        elif result == BAD_NUMBER:
            self.resolve(lead, LOST, UNREACHABLE, self.env.now)
        elif self.rejected[lead] and self.sdr.cadence.stop_when_rejected:
            self.resolve(lead, LOST, BAD_FIT, self.env.now)
        elif number == self.sdr.cadence.max_attempts:
            self.resolve(lead, RECYCLED, UNREACHABLE, self.env.now)
        else:
            self.plan_next(lead, number)

    def decide(self, rep: Rep, lead: int) -> None:
        """Find out on the phone whether a lead qualifies."""
        warm = self.done.warm[lead] or "qualify" not in self.spoils
        if self.duplicate[lead]:
            self.resolve(lead, LOST, DUPLICATE, self.env.now)
        elif warm and self.qualify_luck[lead] < self.qualify_prob[lead] * rep.skill:
            self.done.qualified_at[lead] = self.env.now
            self.router.let_go(lead)
        elif not self.fit[lead]:
            self.resolve(lead, LOST, BAD_FIT, self.env.now)
        else:
            reason = NO_NEED if self.reason_luck[lead] < self.no_need_share else TIMING
            self.resolve(lead, LOST, reason, self.env.now)

    def plan_next(self, lead: int, number: int) -> None:
        """Plan the next attempt by the cadence; a lead that will be gone by then is gone."""
        minutes, business = self.gaps[number - 1]
        due = self.contract.add(self.env.now, minutes) if business else self.env.now + minutes
        if due > self.leaves_at[lead]:
            self.resolve(lead, LOST, GONE_COLD, max(self.leaves_at[lead], self.env.now))
            return
        self.due_at[lead] = due
        if due < self.plan.line.ends_at:
            self.at(due, DUE, self.rank[lead], partial(self.follow_up, lead))

    # ------------------------------------------------------------------ queues and owners

    def follow_up(self, lead: int, _: Any) -> None:
        """Put a lead whose next attempt is due where it belongs."""
        self.enqueue(lead, self.router.queue_for_retry(lead, self.env.now))

    def enqueue(self, lead: int, queue: int, *, front: bool = False) -> None:
        """Put a lead into a queue, in the place that the order gives it."""
        retry = self.done.attempt_count[lead] > 0
        deadline = self.depth_due[lead] if retry else self.speed_due[lead]
        key = queue_key(
            self.sdr.queue,
            due_at=self.due_at[lead],
            deadline_at=deadline,
            score=self.score[lead],
            retry=retry,
            front=front,
            rank=self.rank[lead],
        )
        if self.queue_of[lead] < 0:
            self.waiting += 1
        self.ticket[lead] += 1
        self.queue_of[lead] = queue
        self.queues[queue].push(key, lead, self.ticket[lead])
        self.ask_for_dispatch()

    def leave_queue(self, lead: int) -> None:
        """Take a lead out of its queue."""
        self.ticket[lead] += 1
        self.queue_of[lead] = -1
        self.waiting -= 1

    def escalate(self, lead: int, reassign: bool, _: Any) -> None:
        """Move a late lead to the front of its queue, or where any rep may take it."""
        if self.queue_of[lead] >= 0 and self.done.attempt_count[lead] == 0:
            self.enqueue(lead, POOL if reassign else self.queue_of[lead], front=True)

    def release(self, rep: Rep) -> None:
        """Return the waiting leads of a rep who is gone for good to the pool, so that none is orphaned."""
        if self.env.now < self.plan.line.ends_at:
            for lead in list(self.queues[rep.number].leads()):
                self.enqueue(lead, POOL)

    def resolve(self, lead: int, outcome: int, reason: int, instant: float) -> None:
        """Close a lead."""
        self.done.outcome[lead], self.done.reason[lead] = outcome, reason
        self.done.resolved_at[lead] = instant
        self.router.let_go(lead)

    def _new_queue(self) -> HeapQueue:
        def is_valid(lead: int, ticket: int) -> bool:
            return self.ticket[lead] == ticket

        return IndexQueue(is_valid, self.index) if self.sdr.queue.order == "value_decay" else HeapQueue(is_valid)

    def index(self, lead: int, now: float) -> float:
        """Return value × decay at a lead's age, by the step of its age class."""
        step = int((now - self.mql_at[lead]) // self.plan.decay_step_minutes)
        return float(self.worth[lead] * self.steps[min(step, AGE_CLASSES - 1)])
