"""The SimPy model of follow-up: the specification of what this simulation means.

Read it from :meth:`FollowUp.work`, a rep's working life, and :meth:`FollowUp.begin`, what happens in an attempt. The
model draws nothing: every piece of luck comes with the demand.

Reps are SimPy processes. What happens without anybody deciding anything (an attempt ends, a lead is handed over, a
follow-up falls due, a late lead is escalated) stands in a diary, which is caught up with before any rep acts. At one
instant things happen in the order of their kind, then of the lead's id: attempts end, leads are handed over,
follow-ups fall due, late leads are escalated, reps come back, and last of all free reps take waiting leads.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy
from simpy.events import EventPriority

from smarketing_sim.engine.plan import AGE_CLASSES, Plan, channel_numbers
from smarketing_sim.engine.policy import PRIMARY, HeapQueue, IndexQueue, RepClock
from smarketing_sim.engine.routing import POOL, Router
from smarketing_sim.ledger import OUTCOMES, REASONS, RESULTS
from smarketing_sim.scenario.units import grid
from smarketing_sim.world.roster import Rep

ENDED, HANDED, DUE, LATE, BACK, DISPATCH = range(2, 8)
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
        self.escalated: set[int] = set()
        self.alarm_at = np.inf
        self.talker: list[Rep] = [*plan.reps[:1]] * count
        self.diary = sorted(
            (due, HANDED, self.rank[lead], lead, 0) for lead, due in enumerate(self.due_at) if due < plan.line.ends_at
        )
        self.reps = plan.reps
        self.clocks = [RepClock(rep.calendar) for rep in self.reps]
        self.free: list[tuple[float, Rep, simpy.Event]] = []
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
        self.primary = PRIMARY[self.sdr.queue.order]
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
        for rep in self.reps:
            self.env.process(self.work(rep))
        self.env.run()
        self.catch_up(np.inf)
        for lead, outcome in enumerate(self.done.outcome):
            if outcome == OPEN and self.queue_of[lead] >= 0 and self.leaves_at[lead] < self.plan.line.ends_at:
                self.resolve(lead, LOST, GONE_COLD, self.leaves_at[lead])
        self.done.owner = self.router.owner
        return self.done

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
            back = clock.next_open(clock.add(ended, grid((ended - self.env.now) * rep.other_per_minute)))
            self.set_alarm()
        yield self.at(max(ended, self.env.now), BACK, rep.number)
        self.release(rep)

    def at(self, instant: float, kind: int, rank: int) -> simpy.Event:
        """Return an event at an instant, behind those of an earlier kind or rank at the same instant."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None
        self.env.schedule(event, priority=EventPriority(kind << 40 | rank), delay=instant - self.env.now)
        return event

    def catch_up(self, now: float) -> None:
        """Let everything happen that stands in the diary up to an instant, in order."""
        while self.diary and self.diary[0][0] <= now:
            instant, kind, _, lead, detail = heappop(self.diary)
            if kind == ENDED:
                self.finish(lead, detail, instant)
            elif kind == HANDED:
                self.receive(lead, instant)
            elif kind == DUE:
                self.enqueue(lead, self.router.queue_for_retry(lead, instant))
            else:
                self.escalate(lead, reassign=bool(detail))

    def note(self, instant: float, kind: int, lead: int, detail: int = 0) -> None:
        """Put something into the diary."""
        heappush(self.diary, (instant, kind, self.rank[lead], lead, detail))

    # ------------------------------------------------------------------ reps meet leads

    def wait_for_lead(self, rep: Rep) -> simpy.Event:
        """Join the free reps; the event brings a lead, or None when the rep's hours are over."""
        called = simpy.Event(self.env)
        self.free.append((self.env.now, rep, called))
        self.set_alarm(self.env.now if self.waiting else np.inf)
        return called

    def set_alarm(self, instant: float = np.inf) -> None:
        """Where a rep is free, see to it that the next thing in the diary (or an instant) does not pass unseen."""
        wanted = min(instant, self.diary[0][0] if self.diary else np.inf)
        if self.free and wanted < self.alarm_at:
            self.alarm_at = wanted
            self.at(wanted, DISPATCH, 0).callbacks.append(self.dispatch)

    def dispatch(self, _: simpy.Event) -> None:
        """Let each free rep, the longest idle in this shift first, take the first lead of the queues it serves."""
        if self.env.now != self.alarm_at:
            return  # an earlier alarm took this one's place
        self.alarm_at = np.inf
        self.catch_up(self.env.now)
        for idle in sorted(self.free, key=self.idle_since) if self.waiting else ():
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

    def begin(self, rep: Rep, lead: int) -> float:
        """Begin an attempt and note its end; return when that is."""
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
        ended: float
        if pace == 1.0:
            ended = now + self.preparation[lead][number] + minutes
        else:
            ended = now + grid(self.preparation[lead][number] / pace) + grid(minutes / pace)
        done.attempts.append(
            (lead, number + 1, rep.number, self.due_at[lead], now, ended, self.channel[number], result)
        )
        self.talker[lead] = rep
        self.note(ended, ENDED, lead, result)
        return ended

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

    def finish(self, lead: int, result: int, now: float) -> None:
        """End an attempt: the lead is decided, or its next attempt is planned."""
        number = self.done.attempt_count[lead]
        if result == TALK:
            self.done.connected_at[lead] = now
            self.decide(lead, now)
        elif result == BAD_NUMBER:
            self.resolve(lead, LOST, UNREACHABLE, now)
        elif self.rejected[lead] and self.sdr.cadence.stop_when_rejected:
            self.resolve(lead, LOST, BAD_FIT, now)
        elif number == self.sdr.cadence.max_attempts:
            self.resolve(lead, RECYCLED, UNREACHABLE, now)
        else:
            self.plan_next(lead, number, now)

    def decide(self, lead: int, now: float) -> None:
        """Find out on the phone whether a lead qualifies."""
        warm = self.done.warm[lead] or "qualify" not in self.spoils
        if self.duplicate[lead]:
            self.resolve(lead, LOST, DUPLICATE, now)
        elif warm and self.qualify_luck[lead] < self.qualify_prob[lead] * self.talker[lead].skill:
            self.done.qualified_at[lead] = now
            self.router.let_go(lead)
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
        for instant, reassign in ((self.front_at[lead], 0), (self.breach_at[lead], 1)):
            if instant < np.inf:
                self.note(max(instant, now), LATE, lead, reassign)

    def enqueue(self, lead: int, queue: int) -> None:
        """Put a lead into a queue, in the place that the order gives it."""
        retry = self.done.attempt_count[lead] > 0
        deadline = self.depth_due[lead] if retry else self.speed_due[lead]
        later = int(retry and self.sdr.queue.new_before_retries)
        primary = self.primary(self.due_at[lead], deadline, self.score[lead])
        key = (int(retry or lead not in self.escalated), later, primary, self.rank[lead])
        if self.queue_of[lead] < 0:
            self.waiting += 1
        self.ticket[lead] += 1
        self.queue_of[lead] = queue
        self.queues[queue].push(key, lead, self.ticket[lead])

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
