"""Follow-up with unlimited hands: no lead ever waits for another, so the whole cadence is array arithmetic.

The same rules as the SimPy model under the same hours and cadence. It gives the ceiling of every promise: what is
out of reach here is out of reach for any number of people.
"""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.plan import Plan, channel_numbers
from smarketing_sim.engine.reference import (
    BAD_FIT,
    BAD_NUMBER,
    DUPLICATE,
    GONE_COLD,
    LOST,
    NEVER,
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
from smarketing_sim.engine.roster import standard_rep
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.calendar import Floats


def follow_up_unlimited(plan: Plan) -> Followed:
    """Return what comes of the follow-up when a rep of the team's profile is free for every lead."""
    scenario, leads = plan.scenario, plan.demand.take(plan.rows)
    sdr, spoils, strict = scenario.sales.sdr, scenario.decay.spoils, scenario.decay.clock == "each_attempt"
    rep, day, count = standard_rep(scenario), scenario.calendar.business_day_minutes, len(plan.rows)
    channels = channel_numbers(scenario)
    phones = [list(sdr.channels)[number] == "phone" for number in channels]
    state = {name: np.full(count, np.nan) for name in ("first", "connected", "qualified", "resolved")}
    outcome, reason = np.full(count, OPEN), np.full(count, -1)
    attempts, warm = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
    rows: list[tuple[int, int, int, float, float, float, int, int]] = []
    due, active = plan.available_at.copy(), np.ones(count, dtype=bool)

    def resolve(mask: np.ndarray, what: int, why: int | np.ndarray, at: Floats) -> None:
        outcome[mask] = what
        reason[mask] = why[mask] if isinstance(why, np.ndarray) else why
        state["resolved"][mask] = at[mask]
        active[mask] = False

    for number in range(sdr.cadence.max_attempts):
        started = rep.calendar.next_open(due)
        limit = np.minimum(started, plan.line.ends_at)
        resolve(active & (due < plan.line.ends_at) & (plan.leaves_at < limit), LOST, GONE_COLD, plan.leaves_at)
        active &= np.isfinite(started)
        attempts[active] = number + 1
        age = started - plan.mql_at
        if number == 0:
            state["first"][active] = started[active]
        if number == 0 or strict:
            warm = np.where(active, age <= leads.interest_until, warm)
        bad = leads.bad_number & phones[number]
        through = (warm | ("contact" not in spoils)) & (age <= leads.connect_before[:, number]) & ~bad
        if leads.class_luck.shape[1]:
            hour = plan.line.hour_of_week(np.where(active, started, 0.0))
            through &= leads.class_luck[:, number] < plan.class_factor[number][hour]
        result = np.where(bad, BAD_NUMBER, np.where(through, TALK, np.where(plan.voicemail[:, number], VOICEMAIL, NO_ANSWER)))
        pace = float(rep.pace_by_month[0])
        talk = np.where(through, plan.talk_minutes[:, number], plan.unanswered_minutes[:, number])
        ended = started + to_grid(plan.preparation_minutes[:, number] / pace) + to_grid(talk / pace)
        rows += list(zip(np.flatnonzero(active).tolist(), [number + 1] * int(active.sum()), [0] * int(active.sum()),
                         due[active].tolist(), started[active].tolist(), ended[active].tolist(),
                         [channels[number]] * int(active.sum()), result[active].tolist(), strict=True))  # fmt: skip
        talked = active & through
        state["connected"][talked] = ended[talked]
        qualifies = ((warm | ("qualify" not in spoils)) & (leads.duplicate_of < 0)
                     & (leads.qualify_luck < plan.qualify_prob * rep.skill))  # fmt: skip
        state["qualified"][talked & qualifies] = ended[talked & qualifies]
        unfit = np.where(leads.reason_luck < scenario.sales.loss_reasons.no_need_share, NO_NEED, TIMING)
        why = np.where(leads.duplicate_of >= 0, DUPLICATE, np.where(leads.fit, unfit, BAD_FIT))
        resolve(talked & ~qualifies, LOST, why, ended)
        active &= ~(talked & qualifies)
        resolve(active & bad, LOST, UNREACHABLE, ended)
        if sdr.cadence.stop_when_rejected:
            resolve(active & plan.rejected, LOST, BAD_FIT, ended)
        if number + 1 == sdr.cadence.max_attempts:
            resolve(active.copy(), RECYCLED, UNREACHABLE, ended)
            break
        gap = sdr.cadence.gap(number + 1)
        due = plan.contract.add(ended, gap.minutes(day)) if gap.business else ended + gap.minutes(day)
        resolve(active & (due >= plan.leaves_at), LOST, GONE_COLD, plan.leaves_at)
    accepted = np.where(plan.rejected, NEVER, state["first"])
    return Followed(
        state["first"].tolist(), accepted.tolist(), attempts.tolist(), state["connected"].tolist(),
        state["qualified"].tolist(), state["resolved"].tolist(), outcome.tolist(), reason.tolist(), [0] * count,
        warm.tolist(), rows)  # fmt: skip
