"""Between columns and records: every lead laid out before the run, and what came of it read back."""

from __future__ import annotations

import numpy as np

from smarketing_sim.engine.followed import NO_REASON, OPEN
from smarketing_sim.engine.jit import entry
from smarketing_sim.engine.kernel.data import NO_QUEUE, Array, Leads


@entry
def lay_out(
    leads: Leads, ids: Array, mql_at: Array, leaves_at: Array, available_at: Array, interest_until: Array, fit: Array,
    duplicate_of: Array, bad_number: Array
) -> None:  # fmt: skip
    """Write what is known of every lead before anything happened."""
    for row in range(len(leads.lead)):
        lead, card = leads.lead[row], leads.card[row]
        lead.id, lead.mql_at, lead.leaves_at, lead.due_at = ids[row], mql_at[row], leaves_at[row], available_at[row]
        lead.queue, lead.fit, lead.bad_number = NO_QUEUE, fit[row], bad_number[row]
        card.interest_until, card.duplicate = interest_until[row], duplicate_of[row] >= 0
        card.first_at, card.decided_at, card.reason = np.nan, np.nan, NO_REASON


@entry
def read_back(leads: Leads, times: Array, codes: Array, warm: Array) -> None:
    """Read what came of every lead: called, connected, qualified, resolved; attempts, outcome, reason, owner."""
    for row in range(len(leads.lead)):
        lead, card = leads.lead[row], leads.card[row]
        times[0, row] = card.first_at
        times[1, row] = card.decided_at if lead.connected else np.nan
        times[2, row] = card.decided_at if card.qualified else np.nan
        times[3, row] = card.decided_at if lead.outcome != OPEN else np.nan
        codes[0, row], codes[1, row], codes[2, row], codes[3, row] = lead.made, lead.outcome, card.reason, lead.owner
        warm[row] = lead.warm != 0
