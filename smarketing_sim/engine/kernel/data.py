"""What the kernel reads and changes: rules, leads, reps and attempts as records, and a few tables.

A function is handed just the arrays that it needs: a handful of arguments is what keeps a call cheap.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = Any
POOL = 0
NO_QUEUE = 2**16 - 1  # places are unsigned: numba then need not ask whether they count from the end
ENDED, BACK, LEAVES = 0, 1, 2
BY_DUE, BY_NEWEST, BY_PROMISE, BY_LEAD, BY_VALUE = range(5)
ROUND_ROBIN, WEIGHTED, TERRITORY, TO_POOL = range(4)
WAYS = 4  # children of a place in the heap of reps: two levels of a binary heap in one look
WAITING, MADE, REPS, HEAPED, FREE, TURN, SERIAL, SOONEST, PLACES, SPARE, COUNTS = range(11)

RULES = np.dtype(
    [("ends_at", "f8"), ("drop_after", "f8"), ("first_weekday_hours", "i8"), ("open_leads_cap", "i8"),
     ("order", "i4"), ("routing", "i4"), ("new_first", "i1"), ("skip_absent", "i1"), ("owned", "i1"), ("strict", "i1"),
     ("contact_cools", "i1"), ("qualify_cools", "i1"), ("stop_when_rejected", "i1")], align=True)  # fmt: skip
# A lead takes a place when it arrives and gives it back when it is decided, so that those that are open lie together:
# what every attempt looks at fills one line of the cache, the rest is on the card. Its end is written down by row.
LEAD = np.dtype(
    [("due_at", "f8"), ("leaves_at", "f8"), ("primary", "f8"), ("mql_at", "f8"), ("id", "i8"), ("row", "u4"),
     ("next", "u4"), ("prev", "u4"), ("child", "u4"), ("queue", "u2"), ("owner", "u2"), ("made", "u1"), ("group", "u1"),
     ("warm", "i1"), ("bad_number", "i1")], align=True)  # fmt: skip
CARD = np.dtype(
    [("interest_until", "f8"), ("new_key", "f8"), ("retry_key", "f8"), ("first_at", "f8"), ("other_record", "u4"),
     ("territory", "u2"), ("source", "u2"), ("fit", "i1")], align=True)  # fmt: skip
END = np.dtype(
    [("first_at", "f8"), ("decided_at", "f8"), ("owner", "u2"), ("made", "u1"), ("outcome", "i1"), ("reason", "i1"),
     ("connected", "?"), ("qualified", "?"), ("warm", "?")], align=True)  # fmt: skip
# The attempts in the order they began; when one was due follows from the one before.
LOG = np.dtype(
    [("row", "u4"), ("rep_id", "i2"), ("number", "u1"), ("result", "i1"), ("started_at", "f8"), ("ended_at", "f8")],
    align=True)  # fmt: skip
REP = np.dtype(
    [("back_at", "f8"), ("joined_at", "f8"), ("other_per_minute", "f8"),
     ("starts_at", "f8"), ("skill", "f8"), ("weight", "f8"), ("credit", "f8"), ("lead", "u4"),
     ("result", "i4"), ("now", "u4"), ("hours", "u4"), ("hours_end", "u4"), ("pace", "u4"), ("pace_end", "u4"),
     ("serves", "u4"), ("serves_end", "u4"), ("open_leads", "i4"), ("tried", "u4"), ("gone", "i1"), ("leaves", "i1"),
     ("able", "i1")], align=True)  # fmt: skip
NEXT = np.dtype([("at", "f8"), ("rank", "i8"), ("kind", "u4"), ("number", "u4")], align=True)
STEP = np.dtype(
    [("gap_minutes", "f8"), ("preparation", "f8"), ("no_answer", "f8"), ("voicemail", "f8"), ("voicemail_share", "f8"),
     ("talk", "f8"), ("due_at", "f8"), ("head", "u4"), ("tail", "u4"), ("business", "i1"), ("on_phone", "i1")],
    align=True)  # fmt: skip


class Arrivals(NamedTuple):
    """What is known of every lead before anything happened, by row; one of length 0 plays no part.

    ``in_order`` are the rows in the order in which they arrive; ``place`` is where a lead stands that may be escalated.
    """

    in_order: Array
    place: Array
    id: Array
    mql_at: Array
    available_at: Array
    patience_minutes: Array
    interest_until: Array
    fit: Array
    other_record: Array
    bad_number: Array
    lead_key: Array
    new_key: Array
    retry_key: Array
    source: Array
    territory: Array


class Leads(NamedTuple):
    """The open leads and their cards by place, and the ends of all leads by row."""

    lead: Array
    card: Array
    end: Array


class Team(NamedTuple):
    """The reps, and after them the contract's clock; their hours (opens, closes, open before) and paces.

    With them the heap of their next events, and the numbers of the free in the order they joined.
    """

    rep: Array
    hours: Array
    paces: Array
    heap: Array
    free: Array


class Queues(NamedTuple):
    """First lead of each queue, which are closed, which ones each rep serves, and who serves a territory."""

    roots: Array
    closed: Array
    serves: Array
    territory_reps: Array
    decay_steps: Array


class Days(NamedTuple):
    """Local midnights, and when clocks are changed with local minus elapsed minutes before and after."""

    starts: Array
    changes: Array
    shift: Array


class AttemptLuck(NamedTuple):
    """The luck of every attempt, and what it meets by hour of the week; one of length 0 plays no part."""

    connect_before: Array
    class_luck: Array
    class_factor: Array
    preparation_unit: Array
    preparation_factor: Array
    no_answer_unit: Array
    voicemail_luck: Array
    talk_unit: Array


class Talks(NamedTuple):
    """What a talk decides."""

    qualify_prob: Array
    qualify_luck: Array


class Late(NamedTuple):
    """Escalations in order: when, which lead, and whether anybody may take it then."""

    at: Array
    lead: Array
    reassign: Array
