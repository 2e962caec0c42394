"""One attempt: what it meets, how long it takes, and what it decides; the twin of that part of ``reference.py``."""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.followed import (
    BAD_FIT,
    BAD_NUMBER,
    DUPLICATE,
    GONE_COLD,
    LOST,
    NO_ANSWER,
    NO_NEED,
    NO_REASON,
    NO_ROW,
    OPEN,
    RECYCLED,
    TALK,
    UNREACHABLE,
    VOICEMAIL,
)
from smarketing_sim.engine.kernel.clocks import add, hour_of_week, next_open_after, pace, place_now, to_grid
from smarketing_sim.engine.kernel.data import MADE, REPS, Array, AttemptLuck, Days, Leads, Talks, Team
from smarketing_sim.engine.kernel.desk import hold
from smarketing_sim.engine.kernel.open_leads import resolve
from smarketing_sim.engine.kernel.queues import enlist
from smarketing_sim.jit import part, prefetch


@part
def begin(
    rules: Array, leads: Leads, team: Team, steps: Array, days: Days, luck: AttemptLuck, talks: Talks, log: Array,
    counters: Array, number: int, place: int, now: float
) -> float:  # fmt: skip
    """Begin an attempt: note it, and when the rep is back from the other work it owes; return when it ends."""
    mine, rep, made = leads.lead[place], team.rep[number], leads.lead[place].made
    row = mine.row
    mine.made = made + 1
    if made == 0:
        leads.card[place].first_at = now
        hold(leads.lead, team.rep, place, number)
    if made == 0 or rules[0].strict:
        mine.warm = now - mine.mql_at <= leads.card[place].interest_until
    result = _result_of(rules, mine, steps, days, luck, row, made, now)
    _fetch(leads, talks, row, result)
    preparation, minutes = _minutes(steps, luck, row, made, result)
    speed = pace(team, number, now)
    if speed == 1.0:
        ended_at = now + preparation + minutes
    else:
        ended_at = now + to_grid(preparation / speed) + to_grid(minutes / speed)
    line = log[np.uint32(counters[MADE])]
    counters[MADE] += 1
    line.row, line.number, line.rep_id, line.result = row, made + 1, number + 1, result
    line.started_at, line.ended_at = now, ended_at
    rep.lead, rep.result = place, result
    place_now(team, number, now)
    back_at = add(team, number, ended_at, to_grid((ended_at - now) * rep.other_per_minute))
    back_at = next_open_after(team, number, back_at)
    rep.leaves = back_at == np.inf
    rep.back_at = ended_at if rep.leaves else back_at
    return ended_at


@part
def _fetch(leads: Leads, talks: Talks, row: int, result: int) -> None:
    """Have what the end of an attempt looks at brought near while the attempt goes on."""
    if result == TALK:
        prefetch(leads.end, row, 0)
        prefetch(talks.qualify_prob, row, 0)
        prefetch(talks.qualify_luck, row, 0)


@part
def _result_of(
    rules: Array, mine: Array, steps: Array, days: Days, luck: AttemptLuck, row: int, made: int, now: float
) -> int:  # fmt: skip
    """Return what an attempt meets: interest, the cadence's luck, then channel and hour."""
    if mine.bad_number and steps[made].on_phone:
        return BAD_NUMBER
    if (not rules[0].contact_cools or mine.warm) and now - mine.mql_at <= luck.connect_before[row, made]:
        if luck.class_luck.shape[1] == 0:
            return TALK
        if luck.class_luck[row, made] < luck.class_factor[made, hour_of_week(rules, days, now)]:
            return TALK
    if len(luck.voicemail_luck) > 0 and luck.voicemail_luck[row, made] < steps[made].voicemail_share:
        return VOICEMAIL
    return NO_ANSWER


@part
def _minutes(steps: Array, luck: AttemptLuck, row: int, made: int, result: int) -> tuple[float, float]:
    """Return minutes of preparation and of the attempt itself for a rep of pace 1."""
    step = steps[made]
    preparation = luck.preparation_unit[row, made] * step.preparation
    if len(luck.preparation_factor) > 0:
        preparation *= luck.preparation_factor[row]
    minutes = 0.0
    if result == TALK:
        if len(luck.talk_unit) > 0:
            minutes = luck.talk_unit[row] * step.talk
    elif len(luck.no_answer_unit) > 0:
        left = len(luck.voicemail_luck) > 0 and luck.voicemail_luck[row, made] < step.voicemail_share
        minutes = luck.no_answer_unit[row, made] * (step.voicemail if left else step.no_answer)
    return to_grid(preparation), to_grid(minutes)


@part
def finish(
    rules: Array, leads: Leads, team: Team, steps: Array, talks: Talks, counters: Array, place: int,
    result: int, now: float, skill: float
) -> None:  # fmt: skip
    """End an attempt: the lead is decided, or its next attempt is planned."""
    mine = leads.lead[place]
    if result == TALK:
        _decide(rules, leads, team.rep, talks, counters, place, now, skill)
    elif result == BAD_NUMBER:
        resolve(leads, team.rep, counters, place, LOST, UNREACHABLE, False, now)
    elif rules[0].stop_when_rejected and not leads.card[place].fit:
        resolve(leads, team.rep, counters, place, LOST, BAD_FIT, False, now)
    elif mine.made == len(steps):
        resolve(leads, team.rep, counters, place, RECYCLED, UNREACHABLE, False, now)
    else:
        step = steps[mine.made - 1]
        due_at = now + step.gap_minutes
        if step.business:
            place_now(team, counters[REPS], now)
            due_at = add(team, counters[REPS], now, step.gap_minutes)
        if due_at > mine.leaves_at:
            resolve(leads, team.rep, counters, place, LOST, GONE_COLD, False, max(mine.leaves_at, now))
        else:
            mine.due_at = due_at
            if due_at < rules[0].ends_at:
                enlist(leads.lead, steps, counters, mine.made - 1, place)


@part
def _decide(
    rules: Array, leads: Leads, rep: Array, talks: Talks, counters: Array, place: int, now: float, skill: float
) -> None:  # fmt: skip
    """Find out on the phone whether a lead qualifies; why one that fits does not is a matter of luck, told later.

    With whom a rep talked already, by another record, that is all there is to find out.
    """
    mine, card = leads.lead[place], leads.card[place]
    outcome, reason = LOST, NO_NEED
    if card.other_record != NO_ROW and leads.end[card.other_record].connected:
        reason = DUPLICATE
    elif (mine.warm or not rules[0].qualify_cools) and talks.qualify_luck[mine.row] < (
        talks.qualify_prob[mine.row] * skill
    ):
        outcome, reason = OPEN, NO_REASON
    elif not card.fit:
        reason = BAD_FIT
    resolve(leads, rep, counters, place, outcome, reason, True, now)
