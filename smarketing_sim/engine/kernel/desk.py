"""Whose lead it is: the twin of ``routing.py``."""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.followed import NO_ROW
from smarketing_sim.engine.kernel.clocks import next_open
from smarketing_sim.engine.kernel.data import (
    POOL,
    REPS,
    ROUND_ROBIN,
    TERRITORY,
    TO_POOL,
    TURN,
    Array,
    Days,
    Leads,
    Queues,
    Team,
)
from smarketing_sim.engine.kernel.queues import move
from smarketing_sim.jit import part, seldom


@part
def route(
    rules: Array, leads: Leads, team: Team, queues: Queues, days: Days, counters: Array, place: int, now: float
) -> int:
    """Return the queue of a new lead: the pool, a territory, or the rep whose turn it is."""
    routing, reps = rules[0].routing, counters[REPS]
    if routing == TERRITORY:
        return _open_territory(leads.card, queues.closed, place)
    if routing == TO_POOL or reps == 0:
        return POOL
    _note_able(rules, team, days, reps, now)
    if routing == ROUND_ROBIN:
        number = _in_turn(team.rep, reps, counters[TURN])
        counters[TURN] = counters[TURN] if number == NO_ROW else (number + 1) % reps
    else:
        number = _by_weight(team.rep, reps)
    if number == NO_ROW:
        number = _least_laden(team, reps, now)
    hold(leads.lead, team.rep, place, number)
    return 1 + number


@part
def queue_for_retry(rules: Array, leads: Leads, rep: Array, closed: Array, place: int) -> int:
    """Return the queue of a follow-up: the owner's where leads are owned and the owner still works here."""
    owner = leads.lead[place].owner
    if rules[0].owned and not (owner > 0 and rep[owner - 1].gone):
        return owner
    return _open_territory(leads.card, closed, place) if rules[0].routing == TERRITORY else POOL


@part
def hold(lead: Array, rep: Array, place: int, number: int) -> None:
    """Make a rep the owner of a lead, and count it among the rep's open ones."""
    if lead[place].owner > 0:
        rep[lead[place].owner - 1].open_leads -= 1
    lead[place].owner = number + 1
    rep[number].open_leads += 1


@seldom
def release(rules: Array, leads: Leads, rep: Array, queues: Queues, counters: Array, number: int) -> None:
    """Return the waiting leads of a rep who is gone for good, and of territories left alone, to the pool."""
    reps = counters[REPS]
    rep[number].gone = 1
    _empty(rules, leads, queues.roots, counters, 1 + number)
    for territory in range(queues.territory_reps.shape[0]):
        queue, left_alone = 1 + reps + territory, True
        for other in range(reps):
            left_alone = left_alone and (not queues.territory_reps[territory, other] or rep[other].gone != 0)
        if left_alone and not queues.closed[queue]:
            queues.closed[queue] = True
            _empty(rules, leads, queues.roots, counters, queue)


@seldom
def _empty(rules: Array, leads: Leads, roots: Array, counters: Array, queue: int) -> None:
    while roots[queue] != NO_ROW:
        move(rules, leads, roots, counters, roots[queue], POOL)


@part
def _open_territory(card: Array, closed: Array, place: int) -> int:
    queue = card[place].territory
    return POOL if closed[queue] else queue


@seldom
def _employed(team: Team, number: int, now: float) -> bool:
    """Tell whether a rep has joined and will still be there for an attempt."""
    rep = team.rep[number]
    return rep.gone == 0 and rep.starts_at <= now and next_open(team, number, now) < np.inf


@seldom
def _note_able(rules: Array, team: Team, days: Days, reps: int, now: float) -> None:
    """Note for each rep whether it works here, is below its cap and, where that matters, there on this day."""
    cap = rules[0].open_leads_cap
    for number in range(reps):
        team.rep[number].able = team.rep[number].open_leads < cap and _employed(team, number, now)
    if not rules[0].skip_absent:
        return
    opens_at, day_ends_at = next_open(team, reps, now), np.inf
    for starts_at in days.starts:
        if starts_at > opens_at:
            day_ends_at = starts_at
            break
    any_there = False
    for number in range(reps):
        any_there = any_there or next_open(team, number, now) < day_ends_at
    for number in range(reps):
        absent = any_there and next_open(team, number, now) >= day_ends_at
        team.rep[number].able = team.rep[number].able and not absent


@seldom
def _in_turn(rep: Array, reps: int, first: int) -> int:
    """Return the next able rep at or after a place, going round."""
    for turn in range(first, first + reps):
        if rep[turn % reps].able:
            return turn % reps
    return NO_ROW


@seldom
def _by_weight(rep: Array, reps: int) -> int:
    """Return whose turn it is after each able rep earned its weight."""
    total, any_able, any_credit = 0.0, False, False
    for number in range(reps):
        one = rep[number]
        if one.able and one.weight > 0.0:
            any_able = True
            total += one.weight
            one.credit += one.weight
            any_credit = any_credit or one.credit > 0.0
    if not any_able:
        return _in_turn(rep, reps, 0)
    best, best_behind = NO_ROW, np.inf
    for number in range(reps):
        one = rep[number]
        if one.able and one.weight > 0.0 and (one.credit > 0.0 or not any_credit):
            behind = (total - one.credit) / one.weight
            if best == NO_ROW or behind < best_behind:
                best, best_behind = number, behind
    rep[best].credit -= total
    return best


@seldom
def _least_laden(team: Team, reps: int, now: float) -> int:
    """Return the rep with the fewest open leads, one who still works here if there is one."""
    best = 0
    for number in range(1, reps):
        better, worse = _employed(team, number, now), _employed(team, best, now)
        fewer = team.rep[number].open_leads < team.rep[best].open_leads
        if (better and not worse) or (better == worse and fewer):
            best = number
    return best
