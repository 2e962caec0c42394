"""Follow-up with unlimited hands: no lead ever waits for another, so the whole cadence is array arithmetic.

The same rules as the SimPy model under the same hours and cadence. It gives the ceiling of every promise: what is
out of reach here is out of reach for any number of reps.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Bools, Floats
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
    OPEN,
    RECYCLED,
    TALK,
    TIMING,
    UNREACHABLE,
    VOICEMAIL,
    Attempts,
    Followed,
)
from smarketing_sim.engine.plan import Plan
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.roster import standard_rep

Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Round:
    """Attempt ``number`` (from 0) of the leads in some rows of the demand; arrays of shape (rows,)."""

    number: int
    rows: Rows
    due: Floats
    started: Floats

    def of(self, column: npt.NDArray[Any]) -> Any:
        """Return what a column of leads, or of leads and attempts, holds for these."""
        if column.ndim == 1:
            return column.take(self.rows)
        return column.reshape(-1).take(self.rows * column.shape[1] + self.number)


class UnlimitedFollowUp:
    """Every lead with a rep of its own, attempt by attempt for all leads that are still followed up.

    What came of a lead has shape (leads,), what one attempt is about an item for each of the leads of its round.
    """

    def __init__(self, plan: Plan) -> None:
        scenario, count = plan.scenario, plan.demand.lead_count
        self.plan, self.leads, self.rep = plan, plan.demand, standard_rep(scenario)
        self.cadence, self.spoils = scenario.sales.sdr.cadence, scenario.decay.spoils
        self.strict = scenario.decay.clock == "each_attempt"
        self.first, self.decided = np.full(count, NEVER), np.full(count, NEVER)
        self.connected, self.qualified, self.warm = (np.zeros(count, dtype=np.bool_) for _ in range(3))
        self.outcome, self.reason = np.full(count, OPEN, dtype=np.int32), np.full(count, NO_REASON, dtype=np.int32)
        self.attempt_count = np.zeros(count, dtype=np.int32)

    def run(self) -> Followed:
        """Make every attempt and return what came of it."""
        rows, made = np.sort(self.plan.arrivals).astype(np.intp), []
        due = self.plan.available_at.take(rows)
        for number in range(self.cadence.max_attempts):
            calls = self.start(number, rows, due)
            silent = self.silent(calls)
            result = self.result_of(calls, silent)
            ended = self.end(calls, silent, result)
            made.append(_attempts(calls, ended, result))
            left = np.flatnonzero(self.decide(calls, ended, result))
            rows, due = self.plan_next(number, calls.rows.take(left), ended.take(left))
        self.tell_duplicates()
        columns = {f.name: np.concatenate([getattr(one, f.name) for one in made]) for f in fields(Attempts)}
        return Followed(
            first_attempt_at=self.first,
            decided_at=self.decided,
            connected=self.connected,
            qualified=self.qualified,
            attempt_count=self.attempt_count,
            outcome=self.outcome,
            reason=self.reason,
            owner=np.zeros(len(self.first), dtype=np.int32),
            warm=self.warm,
            attempts=Attempts(**columns),
        )

    def start(self, number: int, rows: Rows, due: Floats) -> Round:
        """Begin an attempt at the next open minute; a lead past its patience by then is gone."""
        started, leaves = self.rep.calendar.next_open(due), self.plan.leaves_at.take(rows)
        ends_at = self.plan.line.ends_at
        gone = (due < ends_at) & (leaves < np.minimum(started, ends_at))
        self.close(rows[gone], LOST, GONE_COLD, leaves[gone])
        called = np.flatnonzero(~gone & np.isfinite(started))
        calls = Round(number, rows.take(called), due.take(called), started.take(called))
        self.attempt_count[calls.rows] = number + 1
        if number == 0:
            self.first[calls.rows] = calls.started
        if number == 0 or self.strict:
            self.warm[calls.rows] = self.age(calls) <= calls.of(self.leads.interest_until)
        return calls

    def age(self, calls: Round) -> Floats:
        """Return how old each lead is when it is called."""
        age: Floats = calls.started - calls.of(self.leads.mql_at)
        return age

    def silent(self, calls: Round) -> Codes:
        """Return how each attempt ends where nobody answers."""
        share = self.plan.channels[calls.number].voicemail_share
        return np.where(calls.of(self.leads.voicemail_luck) < share, np.int32(VOICEMAIL), np.int32(NO_ANSWER))

    def result_of(self, calls: Round, silent: Codes) -> Codes:
        """Return what each attempt meets: interest, the cadence's luck, then channel and hour."""
        bad = calls.of(self.leads.bad_number) & self.plan.on_phone[calls.number]
        through = (calls.of(self.warm) | ("contact" not in self.spoils)) & ~bad
        through &= self.age(calls) <= calls.of(self.leads.connect_before)
        if self.leads.class_luck.shape[1]:
            factor = self.plan.class_factor[calls.number][self.plan.line.hour_of_week(calls.started)]
            through &= calls.of(self.leads.class_luck) < factor
        result = np.where(through, np.int32(TALK), silent)
        result[bad] = BAD_NUMBER
        return result

    def end(self, calls: Round, silent: Codes, result: Codes) -> Floats:
        """Return when each attempt ends."""
        pace, channel = float(self.rep.pace_by_month[0]), self.plan.channels[calls.number]
        preparation = calls.of(self.leads.preparation_unit) * channel.preparation
        preparation *= calls.of(self.plan.preparation_factor)
        minutes = calls.of(self.leads.no_answer_unit)
        minutes *= np.where(silent == VOICEMAIL, channel.voicemail, channel.no_answer)
        talks = np.flatnonzero(result == TALK)
        minutes[talks] = self.leads.talk_unit.take(calls.rows.take(talks)) * channel.talk
        return calls.started + to_grid(to_grid(preparation) / pace) + to_grid(to_grid(minutes) / pace)

    def decide(self, calls: Round, ended: Floats, result: Codes) -> Bools:
        """Close what an attempt decided: qualified, lost on the phone, a wrong number, or rejected by the rules.

        Return which of the leads are followed up on.
        """
        left: Bools = result != TALK
        self.talked(calls.rows[~left], ended[~left])
        bad = result == BAD_NUMBER
        self.close(calls.rows[bad], LOST, UNREACHABLE, ended[bad])
        left &= ~bad
        if self.cadence.stop_when_rejected:
            rejected = left & ~calls.of(self.leads.fit)
            self.close(calls.rows[rejected], LOST, BAD_FIT, ended[rejected])
            left &= ~rejected
        return left

    def talked(self, rows: Rows, ended: Floats) -> None:
        """Qualify leads that were talked with, or close them."""
        leads = self.leads
        qualifies = leads.qualify_luck.take(rows) < self.plan.qualify_prob.take(rows) * self.rep.skill
        qualifies &= self.warm.take(rows) | ("qualify" not in self.spoils)
        no_need = leads.reason_luck.take(rows) < self.plan.scenario.sales.loss_reasons.no_need_share
        why = np.where(leads.fit.take(rows), np.where(no_need, NO_NEED, TIMING), BAD_FIT)
        self.connected[rows], self.qualified[rows], self.decided[rows] = True, qualifies, ended
        lost = ~qualifies
        self.close(rows[lost], LOST, why[lost], ended[lost])

    def tell_duplicates(self) -> None:
        """Take back what the later of two talks with the same person decided."""
        firsts, seconds = self.plan.two_records
        talked = self.connected[firsts] & self.connected[seconds]
        firsts, seconds = firsts[talked], seconds[talked]
        later = np.where(self.decided[firsts] > self.decided[seconds], firsts, seconds)
        self.qualified[later] = False
        self.close(later, LOST, DUPLICATE, self.decided[later])

    def plan_next(self, number: int, rows: Rows, ended: Floats) -> tuple[Rows, Floats]:
        """Plan the next attempt by the cadence: for whom, and when; a lead that will be gone by then is gone."""
        if number + 1 == self.cadence.max_attempts:
            self.close(rows, RECYCLED, UNREACHABLE, ended)
            return rows[:0], ended[:0]
        minutes, business = self.plan.gaps[number]
        due = self.plan.contract.add(ended, minutes) if business else ended + minutes
        leaves = self.plan.leaves_at.take(rows)
        gone = due > leaves
        self.close(rows[gone], LOST, GONE_COLD, np.maximum(leaves, ended)[gone])
        left = np.flatnonzero(~gone)
        return rows.take(left), due.take(left)

    def close(self, rows: Rows, outcome: int, reason: int | npt.NDArray[Any], at: Floats) -> None:
        """Close leads."""
        self.outcome[rows], self.reason[rows], self.decided[rows] = outcome, reason, at


def _attempts(calls: Round, ended: Floats, result: Codes) -> Attempts:
    """Write down the attempts of a round."""
    return Attempts(
        row=calls.rows,
        number=np.full(len(calls.rows), calls.number + 1, dtype=np.int32),
        rep_id=np.zeros(len(calls.rows), dtype=np.int32),
        due_at=calls.due,
        started_at=calls.started,
        ended_at=ended,
        result=result,
    )
