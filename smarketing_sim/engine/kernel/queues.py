"""Waiting leads and follow-ups to come: queue order and lists; the twin of the queues in ``policy.py``."""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.followed import NO_ROW
from smarketing_sim.engine.kernel.data import (
    BY_DUE,
    BY_NEWEST,
    BY_PROMISE,
    BY_VALUE,
    ENDED,
    HEAPED,
    NO_QUEUE,
    SOONEST,
    WAITING,
    WAYS,
    Array,
    AttemptLuck,
    Leads,
    Queues,
)
from smarketing_sim.engine.kernel.open_leads import NEW
from smarketing_sim.engine.plan import AGE_CLASS_MINUTES
from smarketing_sim.jit import part, prefetch, seldom


@part
def enlist(lead: Array, steps: Array, counters: Array, step: int, place: int) -> None:
    """Put a lead at the end of the follow-ups due after an attempt; those due at one instant stand by id."""
    mine, after = lead[place], steps[step].tail
    while after != NO_ROW and lead[after].due_at == mine.due_at and lead[after].id > mine.id:
        after = lead[after].prev
    follower = steps[step].head if after == NO_ROW else lead[after].next
    mine.prev, mine.next = after, follower
    if follower == NO_ROW:
        steps[step].tail = place
    else:
        lead[follower].prev = place
    if after != NO_ROW:
        lead[after].next = place
        return
    steps[step].head, steps[step].due_at = place, mine.due_at
    _note_soonest(lead, steps, counters)


@part
def unlist(lead: Array, steps: Array, luck: AttemptLuck, counters: Array) -> int:
    """Take the follow-up that falls due next; what its attempt looks at is brought near, and the one after it."""
    step = steps[np.uint32(counters[SOONEST])]
    place = step.head
    head = lead[place].next
    step.head = head
    if head == NO_ROW:
        step.tail, step.due_at = NO_ROW, np.inf
    else:
        lead[head].prev, step.due_at = NO_ROW, lead[head].due_at
        fetch(luck, lead[head])
        prefetch(lead, lead[head].next, 0)
    _note_soonest(lead, steps, counters)
    return place


@part
def fetch(luck: AttemptLuck, mine: Array) -> None:
    """Have what the next attempt on a lead looks at brought near before it is needed."""
    prefetch(luck.connect_before, mine.row, mine.made)
    prefetch(luck.preparation_unit, mine.row, mine.made)


@part
def _note_soonest(lead: Array, steps: Array, counters: Array) -> None:
    """Note after which attempt the next follow-up falls due; at one instant, the one of the lowest lead id."""
    first = 0
    for step in range(1, len(steps) - 1):
        if steps[step].due_at < steps[first].due_at:
            first = step
        elif steps[step].due_at == steps[first].due_at and steps[step].due_at < np.inf:
            first = step if lead[steps[step].head].id < lead[steps[first].head].id else first
    counters[SOONEST] = first


# ---------------------------------------------------------------------- waiting leads


@part
def enqueue(rules: Array, leads: Leads, roots: Array, counters: Array, place: int, queue: int) -> None:
    """Put a lead into a queue, in the place that the order gives it."""
    mine, order = leads.lead[place], rules[0].order
    counters[WAITING] += 1
    retry = mine.made > 0
    if retry:
        mine.group = NEW + rules[0].new_first
    if order == BY_DUE:
        mine.primary = mine.due_at
    elif order == BY_NEWEST:
        mine.primary = -mine.due_at
    elif order == BY_PROMISE:
        mine.primary = leads.card[place].retry_key if retry else leads.card[place].new_key
    mine.queue, mine.prev, mine.next, mine.child = queue, NO_ROW, NO_ROW, NO_ROW
    root = roots[queue]
    if root == NO_ROW:
        roots[queue] = place
    elif order == BY_VALUE:
        mine.next, leads.lead[root].prev, roots[queue] = root, place, place
    else:
        roots[queue] = _meld(leads.lead, root, place)


@seldom
def move(rules: Array, leads: Leads, roots: Array, counters: Array, place: int, queue: int) -> None:
    """Put a waiting lead into a queue anew."""
    leave_queue(rules, leads.lead, roots, counters, place)
    enqueue(rules, leads, roots, counters, place, queue)


@part
def leave_queue(rules: Array, lead: Array, roots: Array, counters: Array, place: int) -> None:
    """Take a lead out of its queue."""
    queue = lead[place].queue
    lead[place].queue = NO_QUEUE
    counters[WAITING] -= 1
    rest = _meld_all(lead, lead[place].child)
    if rules[0].order != BY_VALUE and roots[queue] == place:
        roots[queue] = rest
        return
    _unlink(lead, roots, queue, place)
    if rest != NO_ROW:
        roots[queue] = _meld(lead, roots[queue], rest)


@part
def best(rules: Array, leads: Leads, queues: Queues, queue: int, now: float) -> int:
    """Return the first lead of a queue; by value × decay it is worked out anew."""
    if rules[0].order != BY_VALUE:
        return queues.roots[queue]
    first, place = NO_ROW, queues.roots[queue]
    while place != NO_ROW:
        mine = leads.lead[place]
        step = min(int((now - mine.mql_at) / AGE_CLASS_MINUTES), queues.decay_steps.shape[1] - 1)
        card = leads.card[place]
        mine.primary = -(card.new_key * queues.decay_steps[card.source, step])
        if first == NO_ROW or before(leads.lead, place, first):
            first = place
        place = mine.next
    return first


@part
def before(lead: Array, place: int, other: int) -> bool:
    """Tell whether a lead goes before another: escalated, new, by the order's own number, by id."""
    a, b = lead[place], lead[other]
    if a.group != b.group:
        return a.group < b.group
    if a.primary != b.primary:
        return a.primary < b.primary
    return a.id < b.id


@part
def _meld(lead: Array, place: int, other: int) -> int:
    """Join two heaps by their roots; the later root becomes the first child of the earlier one."""
    if before(lead, other, place):
        place, other = other, place
    child = lead[place].child
    lead[other].prev, lead[other].next = place, child
    if child != NO_ROW:
        lead[child].prev = other
    lead[place].child = other
    return place


@part
def _meld_all(lead: Array, place: int) -> int:
    """Join a list of heaps into one: in pairs from the left, then one after another from the right."""
    joined = NO_ROW
    while place != NO_ROW:
        other = lead[place].next
        after = NO_ROW
        if other != NO_ROW:
            after = lead[other].next
            place = _meld(lead, place, other)
        lead[place].prev = joined
        joined, place = place, after
    if joined == NO_ROW:
        return NO_ROW
    root, place = joined, lead[joined].prev
    while place != NO_ROW:
        earlier = lead[place].prev
        root = _meld(lead, place, root)
        place = earlier
    lead[root].prev, lead[root].next = NO_ROW, NO_ROW
    return root


@part
def _unlink(lead: Array, roots: Array, queue: int, place: int) -> None:
    """Cut a lead with its children out of the list that it stands in."""
    before_it, after_it = lead[place].prev, lead[place].next
    if before_it == NO_ROW:
        roots[queue] = after_it
    elif lead[before_it].child == place:
        lead[before_it].child = after_it
    else:
        lead[before_it].next = after_it
    if after_it != NO_ROW:
        lead[after_it].prev = before_it


# ---------------------------------------------------------------------- the heap of reps by their next events


@part
def enheap(heap: Array, counters: Array, at: float, kind: int, rank: int, number: int) -> None:
    """Add the next event of a rep."""
    place = counters[HEAPED]
    counters[HEAPED] = place + 1
    while place > 0 and _sooner(at, kind, rank, heap[(place - 1) // WAYS]):
        _put(heap, place, heap[(place - 1) // WAYS])
        place = (place - 1) // WAYS
    _write(heap[place], at, kind, rank, number)


@part
def unheap(heap: Array, counters: Array) -> None:
    """Take the first event out of the heap."""
    counters[HEAPED] -= 1
    last = heap[counters[HEAPED]]
    replace_first(heap, counters, last.at, last.kind, last.rank, last.number)


@part
def replace_first(heap: Array, counters: Array, at: float, kind: int, rank: int, number: int) -> None:
    """Put an event in the place of the first one, and then where it belongs."""
    size, place = counters[HEAPED], 0
    while WAYS * place + 1 < size:
        child = _soonest(heap, WAYS * place + 1, size)
        if _sooner(at, kind, rank, heap[child]):
            break
        _put(heap, place, heap[child])
        place = child
    _write(heap[place], at, kind, rank, number)


@part
def _soonest(heap: Array, first: int, size: int) -> int:
    """Return which of up to four neighbours in the heap comes first."""
    soonest, at, tied = first, heap[first].at, False
    for other in range(first + 1, min(first + WAYS, size)):
        tied |= heap[other].at == at
        earlier = heap[other].at < at
        soonest = other if earlier else soonest  # a choice, not a branch: which one is sooner cannot be foreseen
        at = min(heap[other].at, at)
    if tied:
        for other in range(first, min(first + WAYS, size)):
            event = heap[other]
            soonest = other if _sooner(event.at, event.kind, event.rank, heap[soonest]) else soonest
    return soonest


@part
def _sooner(at: float, kind: int, rank: int, other: Array) -> bool:
    """Tell whether an event comes before another: by instant, ends of attempts first, then by lead or rep."""
    if at != other.at:
        return at < other.at
    if (kind == ENDED) != (other.kind == ENDED):
        return kind == ENDED
    return rank < other.rank


@part
def _put(heap: Array, place: int, event: Array) -> None:
    _write(heap[place], event.at, event.kind, event.rank, event.number)


@part
def _write(event: Array, at: float, kind: int, rank: int, number: int) -> None:
    event.at, event.kind, event.rank, event.number = at, kind, rank, number
