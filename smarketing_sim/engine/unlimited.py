"""Follow-up with unlimited hands: no lead ever waits for another, so the whole cadence is array arithmetic.

The same rules as the SimPy model under the same hours and cadence. It gives the ceiling of every promise: what is
out of reach here is out of reach for any number of people.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from smarketing_sim.engine.plan import Plan, channel_numbers
from smarketing_sim.engine.reference import (
    BAD_FIT,
    BAD_NUMBER,
    DUPLICATE,
    GONE_COLD,
    LOST,
    NO_ANSWER,
    NO_NEED,
    OPEN,
    RECYCLED,
    TALK,
    TIMING,
    UNREACHABLE,
    VOICEMAIL,
    Followed,
)
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.roster import standard_rep

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


class UnlimitedFollowUp:
    """Every lead with a rep of its own, attempt by attempt for all leads at once; arrays of shape (leads,)."""

    def __init__(self, plan: Plan) -> None:
        scenario = plan.scenario
        self.plan, self.leads, self.rep = plan, plan.demand.take(plan.rows), standard_rep(scenario)
        self.cadence, self.spoils = scenario.sales.sdr.cadence, scenario.decay.spoils
        self.strict = scenario.decay.clock == "each_attempt"
        self.channels = channel_numbers(scenario)
        self.on_phone = [list(scenario.sales.sdr.channels)[number] == "phone" for number in self.channels]
        count = len(plan.rows)
        self.first, self.connected, self.qualified, self.resolved = (np.full(count, np.nan) for _ in range(4))
        self.outcome, self.reason = np.full(count, OPEN), np.full(count, -1)
        self.attempt_count, self.warm = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
        self.active, self.due = np.ones(count, dtype=np.bool_), plan.available_at.copy()
        self.rows: list[tuple[int, int, int, float, float, float, int, int]] = []

    def run(self) -> Followed:
        """Make every attempt and return what came of it."""
        for number in range(self.cadence.max_attempts):
            started = self.start(number)
            result = self.result_of(number, started)
            ended = self.end(number, started, result)
            self.write_down(number, started, ended, result)
            self.decide(ended, result)
            self.plan_next(number, ended)
        accepted = np.where(self.plan.rejected, np.nan, self.first)
        return Followed(
            first_attempt_at=self.first.tolist(),
            accepted_at=accepted.tolist(),
            attempt_count=self.attempt_count.tolist(),
            connected_at=self.connected.tolist(),
            qualified_at=self.qualified.tolist(),
            resolved_at=self.resolved.tolist(),
            outcome=self.outcome.tolist(),
            reason=self.reason.tolist(),
            owner=[0] * len(self.first),
            warm=self.warm.tolist(),
            attempts=self.rows,
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
            self.warm = np.where(self.active, started - self.plan.mql_at <= self.leads.interest_until, self.warm)
        return started

    def result_of(self, number: int, started: Floats) -> Codes:
        """Return what each attempt meets: interest, the cadence's luck, then channel and hour."""
        bad = self.leads.bad_number & self.on_phone[number]
        through = (self.warm | ("contact" not in self.spoils)) & ~bad
        through &= started - self.plan.mql_at <= self.leads.connect_before[:, number]
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
        made = np.flatnonzero(self.active)
        columns = (self.due[made], started[made], ended[made])
        times = zip(made.tolist(), *(column.tolist() for column in columns), result[made].tolist(), strict=True)
        channel = self.channels[number]
        self.rows += [(lead, number + 1, 0, due, start, end, channel, met) for lead, due, start, end, met in times]

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
            self.resolve(self.active & self.plan.rejected, LOST, BAD_FIT, ended)

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
