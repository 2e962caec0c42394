"""Follow-up with unlimited hands: no lead ever waits for another, so the whole cadence is array arithmetic.

The same rules as the SimPy model under the same hours and cadence. It gives the ceiling of every promise: what is
out of reach here is out of reach for any number of people.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import numpy.typing as npt

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
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.roster import standard_rep

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


class UnlimitedFollowUp:
    """Every lead with a rep of its own, attempt by attempt for all leads at once; arrays of shape (leads,)."""

    def __init__(self, plan: Plan) -> None:
        scenario = plan.scenario
        self.plan, self.leads, self.rep = plan, plan.demand, standard_rep(scenario)
        self.cadence, self.spoils = scenario.sales.sdr.cadence, scenario.decay.spoils
        self.strict = scenario.decay.clock == "each_attempt"
        count = plan.demand.lead_count
        self.first, self.connected, self.qualified, self.resolved = (np.full(count, NEVER) for _ in range(4))
        self.outcome, self.reason = np.full(count, OPEN, dtype=np.int32), np.full(count, NO_REASON, dtype=np.int32)
        self.attempt_count, self.warm = np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.bool_)
        self.active, self.due = np.zeros(count, dtype=np.bool_), plan.available_at.copy()
        self.active[plan.arrivals] = True
        self.made: list[Attempts] = []

    def run(self) -> Followed:
        """Make every attempt and return what came of it."""
        for number in range(self.cadence.max_attempts):
            started = self.start(number)
            result = self.result_of(number, started)
            ended = self.end(number, started, result)
            self.write_down(number, started, ended, result)
            self.decide(ended, result)
            self.plan_next(number, ended)
        columns = {f.name: np.concatenate([getattr(made, f.name) for made in self.made]) for f in fields(Attempts)}
        return Followed(
            first_attempt_at=self.first,
            decided_at=np.fmin(self.connected, self.resolved),
            connected=~np.isnan(self.connected),
            qualified=~np.isnan(self.qualified),
            attempt_count=self.attempt_count,
            outcome=self.outcome,
            reason=self.reason,
            owner=np.zeros(len(self.first), dtype=np.int32),
            warm=self.warm,
            attempts=Attempts(**columns),
        )

    def start(self, number: int) -> Floats:
        """Begin attempt ``number`` (from 0) at the next open minute; a lead past its patience by then is gone."""
        started = self.rep.calendar.next_open(self.due)
        in_time = np.minimum(started, self.plan.line.ends_at)
        gone = self.active & (self.due < self.plan.line.ends_at) & (self.plan.leaves_at < in_time)
        self.resolve(gone, LOST, GONE_COLD, self.plan.leaves_at)
        self.active &= np.isfinite(started)
        self.attempt_count[self.active] = number + 1
        if number == 0:
            self.first[self.active] = started[self.active]
        if number == 0 or self.strict:
            self.warm = np.where(self.active, started - self.leads.mql_at <= self.leads.interest_until, self.warm)
        return started

    def result_of(self, number: int, started: Floats) -> Codes:
        """Return what each attempt meets: interest, the cadence's luck, then channel and hour."""
        bad = self.leads.bad_number & self.plan.on_phone[number]
        through = (self.warm | ("contact" not in self.spoils)) & ~bad
        through &= started - self.leads.mql_at <= self.leads.connect_before[:, number]
        if self.leads.class_luck.shape[1]:
            hour = self.plan.line.hour_of_week(np.where(self.active, started, 0.0))
            through &= self.leads.class_luck[:, number] < self.plan.class_factor[number][hour]
        silent = np.where(self.plan.voicemail[:, number], VOICEMAIL, NO_ANSWER)
        return np.where(bad, BAD_NUMBER, np.where(through, TALK, silent))

    def end(self, number: int, started: Floats, result: Codes) -> Floats:
        """Return when each attempt ends."""
        pace = float(self.rep.pace_by_month[0])
        talk, silent = self.plan.talk_minutes[:, number], self.plan.unanswered_minutes[:, number]
        minutes = np.where(result == TALK, talk, silent)
        return started + to_grid(self.plan.preparation_minutes[:, number] / pace) + to_grid(minutes / pace)

    def write_down(self, number: int, started: Floats, ended: Floats, result: Codes) -> None:
        """Note the attempts that were made."""
        rows = np.flatnonzero(self.active)
        self.made.append(
            Attempts(
                row=rows,
                number=np.full(len(rows), number + 1, dtype=np.int32),
                rep_id=np.zeros(len(rows), dtype=np.int32),
                due_at=self.due[rows],
                started_at=started[rows],
                ended_at=ended[rows],
                result=result[rows].astype(np.int32),
            )
        )

    def decide(self, ended: Floats, result: Codes) -> None:
        """Close what an attempt decided: qualified, lost on the phone, a wrong number, or rejected by the rules."""
        leads, talked = self.leads, self.active & (result == TALK)
        self.connected[talked] = ended[talked]
        qualifies = leads.qualify_luck < self.plan.qualify_prob * self.rep.skill
        qualifies &= (self.warm | ("qualify" not in self.spoils)) & (leads.duplicate_of < 0)
        self.qualified[talked & qualifies] = ended[talked & qualifies]
        unfit = np.where(leads.reason_luck < self.plan.scenario.sales.loss_reasons.no_need_share, NO_NEED, TIMING)
        why = np.where(leads.duplicate_of >= 0, DUPLICATE, np.where(leads.fit, unfit, BAD_FIT))
        self.resolve(talked & ~qualifies, LOST, why, ended)
        self.active &= ~talked
        self.resolve(self.active & (result == BAD_NUMBER), LOST, UNREACHABLE, ended)
        if self.cadence.stop_when_rejected:
            self.resolve(self.active & ~leads.fit, LOST, BAD_FIT, ended)

    def plan_next(self, number: int, ended: Floats) -> None:
        """Plan the next attempt by the cadence; a lead that will be gone by then is gone."""
        if number + 1 == self.cadence.max_attempts:
            self.resolve(self.active.copy(), RECYCLED, UNREACHABLE, ended)
            return
        gap = self.cadence.gap(number + 1)
        minutes = gap.minutes(self.plan.scenario.calendar.business_day_minutes)
        self.due = self.plan.contract.add(ended, minutes) if gap.business else ended + minutes
        gone = self.active & (self.due > self.plan.leaves_at)
        self.resolve(gone, LOST, GONE_COLD, np.maximum(self.plan.leaves_at, ended))

    def resolve(self, mask: Bools, outcome: int, reason: int | Codes, at: Floats) -> None:
        """Close the leads of a mask."""
        self.outcome[mask] = outcome
        self.reason[mask] = reason[mask] if isinstance(reason, np.ndarray) else reason
        self.resolved[mask] = at[mask]
        self.active &= ~mask
