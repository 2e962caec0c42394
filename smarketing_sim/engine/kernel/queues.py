"""Waiting leads and follow-ups to come: queue order and lists; the twin of the queues in ``policy.py``."""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.jit import part, prefetch, seldom
from smarketing_sim.engine.kernel.data import (
    AHEAD,
    DEADLINE,
    ENDED,
    HEAPED,
    NEWEST,
    NO_QUEUE,
    NO_ROW,
    OLDEST_DUE,
    SOONEST,
    VALUE_DECAY,
    WAITING,
    Array,
    Leads,
    Queues,
    Tries,
)
from smarketing_sim.engine.plan import AGE_CLASS_MINUTES


@part
def enlist(lead: Array, steps: Array, queues: Queues, count: Array, step: int, row: int, due_at: float) -> None:
    """Put a lead at the end of the follow-ups due after an attempt; those due at one instant stand by id."""
    place, head = steps[step].end, steps[step].head
    while (
        place > head
        and queues.follow_due_at[step, place - 1] == due_at
        and (lead[queues.follow_row[step, place - 1]].id > lead[row].id)
    ):
        queues.follow_row[step, place] = queues.follow_row[step, place - 1]
        place -= 1
    queues.follow_row[step, place], queues.follow_due_at[step, steps[step].end] = row, due_at
    steps[step].end += 1
    if place == head:
        steps[step].due_at = due_at
        _note_soonest(lead, steps, queues, count)


@part
def unlist(lead: Array, steps: Array, queues: Queues, tries: Tries, count: Array) -> int:
    """Take the follow-up that falls due next."""
    step = np.uint32(count[SOONEST])
    head, end = steps[step].head, steps[step].end
    row = queues.follow_row[step, head]
    if head + AHEAD < end:
        fetch(lead, tries, queues.follow_row[step, head + AHEAD])
    steps[step].head = head + 1
    steps[step].due_at = queues.follow_due_at[step, head + 1] if head + 1 < end else np.inf
    _note_soonest(lead, steps, queues, count)
    return row


@part
def fetch(lead: Array, tries: Tries, row: int) -> None:
    """Have what an attempt looks at brought near before it is needed."""
    prefetch(lead, row)
    prefetch(tries.connect_before, row)
    prefetch(tries.preparation_unit, row)


@part
def _note_soonest(lead: Array, steps: Array, queues: Queues, count: Array) -> None:
    """Note after which attempt the next follow-up falls due; at one instant, the one of the lowest lead id."""
    first = 0
    for step in range(1, len(steps) - 1):
        if steps[step].due_at < steps[first].due_at:
            first = step
        elif steps[step].due_at == steps[first].due_at and steps[step].due_at < np.inf:
            one, other = queues.follow_row[step, steps[step].head], queues.follow_row[first, steps[first].head]
            first = step if lead[one].id < lead[other].id else first
    count[SOONEST] = first


# ---------------------------------------------------------------------- waiting leads


@part
def enqueue(rules: Array, leads: Leads, roots: Array, count: Array, row: int, queue: int) -> None:
    """Put a lead into a queue, in the place that the order gives it."""
    mine, order = leads.lead[row], rules[0].order
    count[WAITING] += 1
    retry = mine.made > 0
    mine.group = 2 * (retry or not mine.escalated) + (retry and rules[0].new_first)
    if order == OLDEST_DUE:
        mine.primary = mine.due_at
    elif order == NEWEST:
        mine.primary = -mine.due_at
    elif order == DEADLINE:
        mine.primary = leads.card[row].retry_key if retry else leads.card[row].new_key
    mine.queue, mine.prev, mine.next, mine.child = queue, NO_ROW, NO_ROW, NO_ROW
    root = roots[queue]
    if root == NO_ROW:
        roots[queue] = row
    elif order == VALUE_DECAY:
        mine.next, leads.lead[root].prev, roots[queue] = root, row, row
    else:
        roots[queue] = _meld(leads.lead, root, row)


@seldom
def move(rules: Array, leads: Leads, roots: Array, count: Array, row: int, queue: int) -> None:
    """Put a waiting lead into a queue anew."""
    leave_queue(rules, leads.lead, roots, count, row)
    enqueue(rules, leads, roots, count, row, queue)


@part
def leave_queue(rules: Array, lead: Array, roots: Array, count: Array, row: int) -> None:
    """Take a lead out of its queue."""
    queue = lead[row].queue
    lead[row].queue = NO_QUEUE
    count[WAITING] -= 1
    rest = _meld_all(lead, lead[row].child)
    if rules[0].order != VALUE_DECAY and roots[queue] == row:
        roots[queue] = rest
        return
    _unlink(lead, roots, queue, row)
    if rest != NO_ROW:
        roots[queue] = _meld(lead, roots[queue], rest)


@part
def best(rules: Array, leads: Leads, queues: Queues, queue: int, now: float) -> int:
    """Return the first lead of a queue; by value × decay it is worked out anew."""
    if rules[0].order != VALUE_DECAY:
        return queues.roots[queue]
    first, row = NO_ROW, queues.roots[queue]
    while row != NO_ROW:
        mine = leads.lead[row]
        step = min(int((now - mine.mql_at) / AGE_CLASS_MINUTES), len(queues.decay_steps) - 1)
        mine.primary = -(leads.card[row].new_key * queues.decay_steps[step])
        if first == NO_ROW or before(leads.lead, row, first):
            first = row
        row = mine.next
    return first


@part
def before(lead: Array, row: int, other: int) -> bool:
    """Tell whether a lead goes before another: escalated, new, by the order's own number, by id."""
    a, b = lead[row], lead[other]
    if a.group != b.group:
        return a.group < b.group
    if a.primary != b.primary:
        return a.primary < b.primary
    return a.id < b.id


@part
def _meld(lead: Array, row: int, other: int) -> int:
    """Join two heaps by their roots; the later root becomes the first child of the earlier one."""
    if before(lead, other, row):
        row, other = other, row
    child = lead[row].child
    lead[other].prev, lead[other].next = row, child
    if child != NO_ROW:
        lead[child].prev = other
    lead[row].child = other
    return row


@part
def _meld_all(lead: Array, row: int) -> int:
    """Join a list of heaps into one: in pairs from the left, then one after another from the right."""
    joined = NO_ROW
    while row != NO_ROW:
        other = lead[row].next
        after = NO_ROW
        if other != NO_ROW:
            after = lead[other].next
            row = _meld(lead, row, other)
        lead[row].prev = joined
        joined, row = row, after
    if joined == NO_ROW:
        return NO_ROW
    root, row = joined, lead[joined].prev
    while row != NO_ROW:
        earlier = lead[row].prev
        root = _meld(lead, row, root)
        row = earlier
    lead[root].prev, lead[root].next = NO_ROW, NO_ROW
    return root


@part
def _unlink(lead: Array, roots: Array, queue: int, row: int) -> None:
    """Cut a lead with its children out of the list that it stands in."""
    before_it, after_it = lead[row].prev, lead[row].next
    if before_it == NO_ROW:
        roots[queue] = after_it
    elif lead[before_it].child == row:
        lead[before_it].child = after_it
    else:
        lead[before_it].next = after_it
    if after_it != NO_ROW:
        lead[after_it].prev = before_it


# ---------------------------------------------------------------------- the heap of reps by their next events


@part
def enheap(heap: Array, count: Array, at: float, kind: int, rank: int, number: int) -> None:
    """Add the next event of a rep."""
    place = count[HEAPED]
    count[HEAPED] = place + 1
    while place > 0 and _sooner(at, kind, rank, heap[(place - 1) // 2]):
        _put(heap, place, heap[(place - 1) // 2])
        place = (place - 1) // 2
    _write(heap[place], at, kind, rank, number)


@part
def unheap(heap: Array, count: Array) -> None:
    """Take the first event out of the heap."""
    count[HEAPED] -= 1
    last = heap[count[HEAPED]]
    replace_first(heap, count, last.at, last.kind, last.rank, last.number)


@part
def replace_first(heap: Array, count: Array, at: float, kind: int, rank: int, number: int) -> None:
    """Put an event in the place of the first one, and then where it belongs."""
    size, place = count[HEAPED], 0
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size:
            left, right = heap[child], heap[child + 1]
            if left.at == right.at:
                child += _sooner(right.at, right.kind, right.rank, left)
            else:
                child += right.at < left.at  # a sum, not a branch: which child is sooner cannot be foreseen
        if _sooner(at, kind, rank, heap[child]):
            break
        _put(heap, place, heap[child])
        place = child
    _write(heap[place], at, kind, rank, number)


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
