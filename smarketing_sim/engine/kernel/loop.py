"""The flow of time: what happens next, and which rep takes which lead.

The same rules as ``reference.py``, which is to be read first: nothing here draws a number or computes an exponential.
What differs is only how things are kept:

- arrivals are sorted beforehand, so a pointer walks over them;
- the pause after attempt n is the same for all leads, so the follow-ups due after attempt n stand in a list in the
  order they fall due: one list for each attempt in place of a diary;
- a rep has one next event, the end of its attempt or its return, and a heap of reps holds them;
- waiting leads stand in pairing heaps (Fredman and others, Algorithmica 1, 1986) whose links live in the leads;
- only leads that are open have a place, so that a year of any size is worked in the memory of its open leads.
"""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.followed import GONE_COLD, LOST, NO_ROW
from smarketing_sim.engine.kernel.attempt import begin, finish
from smarketing_sim.engine.kernel.clocks import next_open, opened_at
from smarketing_sim.engine.kernel.data import (
    BACK,
    ENDED,
    FREE,
    HEAPED,
    LEAVES,
    NO_QUEUE,
    POOL,
    SERIAL,
    SOONEST,
    WAITING,
    Array,
    Arrivals,
    AttemptLuck,
    Days,
    Late,
    Leads,
    Queues,
    Talks,
    Team,
)
from smarketing_sim.engine.kernel.desk import queue_for_retry, release, route
from smarketing_sim.engine.kernel.open_leads import ESCALATED, admit, expect_nothing, leave_open, resolve
from smarketing_sim.engine.kernel.queues import (
    before,
    best,
    enheap,
    enqueue,
    leave_queue,
    move,
    replace_first,
    unheap,
    unlist,
)
from smarketing_sim.jit import entry, part, seldom


@entry
def follow_up(
    rules: Array, arrivals: Arrivals, leads: Leads, late: Late, team: Team, steps: Array, queues: Queues, days: Days,
    luck: AttemptLuck, talks: Talks, log: Array, counters: Array
) -> None:  # fmt: skip
    """Let the run happen; leads and log hold what came of it."""
    expect_nothing(leads)
    in_order, arrived, escalated, now, stirred = arrivals.in_order, 0, 0, 0.0, False
    while True:
        rep_at = team.heap[0].at if counters[HEAPED] > 0 else np.inf
        handed_at = arrivals.available_at[in_order[arrived]] if arrived < len(in_order) else np.inf
        due_at = steps[np.uint32(counters[SOONEST])].due_at
        late_at = late.at[escalated] if escalated < len(late.at) else np.inf
        soon = min(handed_at, due_at, late_at)
        if stirred and counters[FREE] > 0 and counters[WAITING] > 0 and min(soon, rep_at) > now:
            _dispatch(rules, leads, team, steps, queues, days, luck, talks, log, counters, now)
            stirred = False
            continue
        if min(soon, rep_at) == np.inf:
            break
        stirred, now = True, min(soon, rep_at)
        if rep_at < soon or (rep_at == soon and team.heap[0].kind == ENDED):
            _rep_event(rules, leads, team, steps, queues, days, luck, talks, log, counters, now, soon)
        elif handed_at == soon:
            place = admit(rules, arrivals, leads, counters, in_order[arrived])
            queue = route(rules, leads, team, queues, days, counters, place, now)
            enqueue(rules, leads, queues.roots, counters, place, queue)
            arrived += 1
        elif due_at == soon:
            place = unlist(leads.lead, steps, luck, counters)
            queue = queue_for_retry(rules, leads, team.rep, queues.closed, place)
            enqueue(rules, leads, queues.roots, counters, place, queue)
        else:
            _escalate(rules, arrivals, leads, queues, counters, late.lead[escalated], late.reassign[escalated])
            escalated += 1
    leave_open(leads, counters, rules[0].ends_at)


@seldom
def _escalate(
    rules: Array, arrivals: Arrivals, leads: Leads, queues: Queues, counters: Array, row: int, reassign: bool
) -> None:  # fmt: skip
    """Bring a lead that nobody called yet to the front of its queue, or of everybody's."""
    place = arrivals.place[row]
    if place == NO_ROW or leads.lead[place].row != row:
        return
    mine = leads.lead[place]
    if mine.queue != NO_QUEUE and mine.made == 0:
        mine.group = ESCALATED
        move(rules, leads, queues.roots, counters, place, POOL if reassign else mine.queue)


@part
def _rep_event(
    rules: Array, leads: Leads, team: Team, steps: Array, queues: Queues, days: Days, luck: AttemptLuck, talks: Talks,
    log: Array, counters: Array, now: float, soon: float
) -> None:  # fmt: skip
    """Let the first rep of the heap end its attempt, come back for the next lead, or leave for good."""
    number, kind = team.heap[0].number, team.heap[0].kind
    rep = team.rep[number]
    if kind == ENDED:
        finish(rules, leads, team, steps, talks, counters, rep.lead, rep.result, now, rep.skill)
        replace_first(team.heap, counters, rep.back_at, LEAVES if rep.leaves else BACK, number, number)
        if team.heap[0].number != number or rep.leaves or rep.back_at != now:
            return
        if min(soon, steps[np.uint32(counters[SOONEST])].due_at) == now:
            return
    if kind == LEAVES:
        unheap(team.heap, counters)
        release(rules, leads, team.rep, queues, counters, number)
        return
    place = NO_ROW if counters[FREE] > 0 else _take(rules, leads, team.rep, queues, counters, number, now)
    if place != NO_ROW:
        ended_at = begin(rules, leads, team, steps, days, luck, talks, log, counters, number, place, now)
        replace_first(team.heap, counters, ended_at, ENDED, leads.lead[place].id, number)
    else:
        unheap(team.heap, counters)
        rep.joined_at = now
        team.free[counters[FREE]] = number
        counters[FREE] += 1


# ---------------------------------------------------------------------- reps meet leads


@part
def _dispatch(
    rules: Array, leads: Leads, team: Team, steps: Array, queues: Queues, days: Days, luck: AttemptLuck, talks: Talks,
    log: Array, counters: Array, now: float
) -> None:  # fmt: skip
    """Let free reps, the longest idle in this shift first, take leads; those whose hours are over come back later."""
    counters[SERIAL] += 1
    while counters[WAITING] > 0:
        turn = _longest_idle(team, counters, now)
        if turn == NO_ROW:
            break
        number = team.free[turn]
        rep = team.rep[number]
        opens_at = next_open(team, number, now)
        place = _take(rules, leads, team.rep, queues, counters, number, now) if opens_at == now else NO_ROW
        if opens_at == now and place == NO_ROW:
            rep.tried = counters[SERIAL]
            continue
        counters[FREE] -= 1
        for later in range(turn, counters[FREE]):
            team.free[later] = team.free[later + 1]
        if place != NO_ROW:
            ended_at = begin(rules, leads, team, steps, days, luck, talks, log, counters, number, place, now)
            enheap(team.heap, counters, ended_at, ENDED, leads.lead[place].id, number)
        elif opens_at < np.inf:
            enheap(team.heap, counters, opens_at, BACK, number, number)
        else:
            enheap(team.heap, counters, now, LEAVES, number, number)


@part
def _longest_idle(team: Team, counters: Array, now: float) -> int:
    """Return the place among the free of the rep longest idle in its present hours, then of the lowest number.

    The free stand in the order they joined, and nobody has been idle for longer than since it joined.
    """
    first, first_since = NO_ROW, np.inf
    for place in range(counters[FREE]):
        number = team.free[place]
        if team.rep[number].joined_at > first_since:
            break
        if team.rep[number].tried == counters[SERIAL]:
            continue
        since = max(team.rep[number].joined_at, opened_at(team, number, now))
        if first == NO_ROW or since < first_since or (since == first_since and number < team.free[first]):
            first, first_since = place, since
    return first


@part
def _take(rules: Array, leads: Leads, rep: Array, queues: Queues, counters: Array, number: int, now: float) -> int:
    """Take the first lead of all queues a rep serves; leads past their patience are gone."""
    while True:
        first = NO_ROW
        for one in range(rep[number].serves, rep[number].serves_end):
            head = best(rules, leads, queues, queues.serves[one], now)
            if head != NO_ROW and (first == NO_ROW or before(leads.lead, head, first)):
                first = head
        if first == NO_ROW:
            return NO_ROW
        leave_queue(rules, leads.lead, queues.roots, counters, first)
        if leads.lead[first].leaves_at >= now:
            return first
        resolve(leads, rep, counters, first, LOST, GONE_COLD, False, leads.lead[first].leaves_at)
