"""Leads come in and are decided: the places of those that are open, and what is written down of each at its end."""

from __future__ import annotations

from typing import Any

import numpy as np

from smarketing_sim.engine.followed import GONE_COLD, LOST, NO_REASON, NO_ROW, OPEN
from smarketing_sim.engine.kernel.clocks import to_grid
from smarketing_sim.engine.kernel.data import NO_QUEUE, PLACES, SPARE, Array, Arrivals, Leads
from smarketing_sim.jit import part

NEW, ESCALATED = 2, 0


@part
def expect_nothing(leads: Leads) -> None:
    """Write down of every lead that nothing happened: many are never handed over."""
    for row in range(len(leads.end)):
        end = leads.end[row]
        end.first_at, end.decided_at, end.owner, end.made = np.nan, np.nan, 0, 0
        end.outcome, end.reason, end.connected, end.qualified, end.warm = OPEN, NO_REASON, False, False, False


@part
def admit(rules: Array, arrivals: Arrivals, leads: Leads, counters: Array, row: int) -> Any:
    """Give a lead a place, the one that became free last, and write there what is known of it."""
    place = np.uint32(counters[SPARE])
    if place == NO_ROW:
        place = np.uint32(counters[PLACES])
        counters[PLACES] += 1
    else:
        counters[SPARE] = leads.lead[place].next
    lead, card = leads.lead[place], leads.card[place]
    lead.row, lead.id, lead.mql_at, lead.bad_number = (
        row,
        arrivals.id[row],
        arrivals.mql_at[row],
        arrivals.bad_number[row],
    )
    lead.due_at, patience = arrivals.available_at[row], arrivals.patience_minutes[row]
    lead.leaves_at = max(min(to_grid(lead.mql_at + rules[0].drop_after), lead.mql_at + patience), lead.due_at)
    lead.owner, lead.made, lead.warm, lead.group = 0, 0, 0, NEW
    card.first_at, card.other_record, card.fit = np.nan, arrivals.other_record[row], arrivals.fit[row]
    card.interest_until = arrivals.interest_until[row] if len(arrivals.interest_until) > 0 else np.inf
    if len(arrivals.lead_key) > 0:
        lead.primary = arrivals.lead_key[row]
    if len(arrivals.new_key) > 0:
        card.new_key = arrivals.new_key[row]
    if len(arrivals.retry_key) > 0:
        card.retry_key = arrivals.retry_key[row]
    if len(arrivals.source) > 0:
        card.source = arrivals.source[row]
    if len(arrivals.territory) > 0:
        card.territory = arrivals.territory[row]
    if len(arrivals.place) > 0:
        arrivals.place[row] = place
    return place


@part
def resolve(
    leads: Leads, rep: Array, counters: Array, place: int, outcome: int, reason: int, connected: bool, at: float
) -> None:  # fmt: skip
    """Close a lead, or leave it to the deals as qualified; nobody holds it any more."""
    mine = leads.lead[place]
    _write_end(leads, place, outcome, reason, connected, at)
    if mine.owner > 0:
        rep[mine.owner - 1].open_leads -= 1
    mine.row, mine.next, counters[SPARE] = NO_ROW, counters[SPARE], place


@part
def leave_open(leads: Leads, counters: Array, ends_at: float) -> None:
    """Write down the leads that are still open at the end; those that wait past their patience are gone."""
    for place in range(np.uint32(counters[PLACES])):
        mine = leads.lead[place]
        if mine.row != NO_ROW and mine.queue != NO_QUEUE and mine.leaves_at < ends_at:
            _write_end(leads, place, LOST, GONE_COLD, False, mine.leaves_at)
        elif mine.row != NO_ROW:
            _write_end(leads, place, OPEN, NO_REASON, False, np.nan)


@part
def _write_end(leads: Leads, place: int, outcome: int, reason: int, connected: bool, at: float) -> None:
    lead = leads.lead[place]
    end = leads.end[lead.row]
    end.first_at, end.decided_at, end.owner, end.made = leads.card[place].first_at, at, lead.owner, lead.made
    end.outcome, end.reason, end.connected, end.warm = outcome, reason, connected, lead.warm != 0
    end.qualified = connected and outcome == OPEN
