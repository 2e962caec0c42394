"""From a qualified lead to a closed deal: the meeting, the account executives' limit, the win.

Deals do not act back on follow-up, so they are worked out after it, in the order in which meetings took place. They
are followed to their end even past the end of observation: a cohort counts its deals whenever they close.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.engine.followed import (
    COMPETITOR,
    DUPLICATE,
    LOST,
    NEVER,
    NO_NEED,
    NO_REASON,
    OPEN,
    TIMING,
    WON,
    Followed,
)
from smarketing_sim.engine.plan import Plan
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.demand import Codes, Demand


@dataclass(frozen=True, eq=False, kw_only=True)
class Deals:
    """What came of the qualified leads, one item for each of them; NaN where it did not happen.

    Parameters
    ----------
    rows
        Their rows in the demand, rising.
    meeting_at, met_at, opportunity_at, deal_closed_at
        Instants; a meeting that was moved counts as the second one.
    value
        What a won deal brings.
    outcome, reason, resolved_at
        How it ended.
    wait
        Minutes from the meeting until an account executive had room.
    """

    rows: npt.NDArray[np.int64]
    meeting_at: Floats
    met_at: Floats
    opportunity_at: Floats
    deal_closed_at: Floats
    value: Floats
    outcome: Codes
    reason: Codes
    resolved_at: Floats
    wait: Floats


def close_deals(plan: Plan, followed: Followed) -> Deals:
    """Follow every qualified lead to its end."""
    rows = np.flatnonzero(followed.qualified)
    leads, qualified = plan.demand, _Qualified(plan, plan.demand, rows)
    meeting_at, met_at, missed_at = qualified.meetings(followed.decided_at[rows])
    opportunity_at = qualified.opportunities(met_at)
    closed_at, wait = opportunity_at + leads.cycle_minutes[rows], opportunity_at - met_at
    warm = followed.warm[rows] | ("win" not in plan.scenario.decay.spoils)
    won, closed, missed = warm & (wait <= leads.win_wait_limit[rows]), ~np.isnan(closed_at), ~np.isnan(missed_at)
    competitor = leads.reason_luck[rows] < plan.scenario.sales.loss_reasons.competitor_share
    lost_to = np.where(missed, TIMING, np.where(competitor, COMPETITOR, NO_NEED))
    return Deals(
        rows=rows,
        meeting_at=meeting_at,
        met_at=met_at,
        opportunity_at=opportunity_at,
        deal_closed_at=closed_at,
        value=np.where(won, leads.deal_value[rows], NEVER),
        outcome=np.where(closed & won, WON, np.where(closed | missed, LOST, OPEN)),
        reason=np.where((closed & won) | ~(closed | missed), NO_REASON, lost_to),
        resolved_at=np.where(closed, closed_at, missed_at),
        wait=wait,
    )


@dataclass(frozen=True, eq=False)
class _Qualified:
    """The qualified leads: rows of the demand; every array has one item for each."""

    plan: Plan
    leads: Demand
    rows: npt.NDArray[np.int64]

    def meetings(self, qualified_at: Floats) -> tuple[Floats, Floats, Floats]:
        """Return when the (last) meeting was to be, when it took place, and when it was finally missed."""
        rule, leads, rows = self.plan.scenario.sales.meetings, self.leads, self.rows
        first = qualified_at + leads.booking_minutes[rows]
        shown = leads.show_luck[rows] < rule.show_share
        rebooked = ~shown & (leads.rebook_luck[rows] < rule.rebook_share)
        second = first + leads.rebooking_minutes[rows]
        shown_late = rebooked & (leads.second_show_luck[rows] < rule.show_share)
        meeting = np.where(rebooked, second, first)
        met = np.where(shown | shown_late, meeting, np.nan)
        return meeting, met, np.where(shown | shown_late, np.nan, meeting)

    def opportunities(self, met_at: Floats) -> Floats:
        """Return when an account executive had room: at once, or in turn as open deals close."""
        ae = self.plan.scenario.sales.ae
        if ae.headcount == 0:
            return np.full(len(met_at), np.nan)
        if ae.open_limit is None:
            return met_at
        opportunity_at = np.full(len(met_at), np.nan)
        met = np.flatnonzero(~np.isnan(met_at))
        met = met[np.lexsort((self.leads.lead_id[self.rows[met]], met_at[met]))]
        room, closing = ae.headcount * ae.open_limit, [0.0][:0]
        cycles = self.leads.cycle_minutes[self.rows[met]].tolist()
        for place, starts, cycle in zip(met.tolist(), met_at[met].tolist(), cycles, strict=True):
            begins = max(starts, heapq.heappop(closing)) if len(closing) == room else starts
            heapq.heappush(closing, begins + cycle)
            opportunity_at[place] = begins
        return opportunity_at


def expected_values(
    plan: Plan, followed: Followed, rows: npt.NDArray[np.int64], *, wait: Floats, skill: Floats | float
) -> Floats:
    """Return the mean value of talks given what queues can feel: at the opportunity, or without a limit at the talk.

    The fading chance is rounded to the time grid so that it is the same number on every machine.

    Parameters
    ----------
    plan, found
        What was to be done, and what came of the follow-up.
    rows
        Which leads; all of them were talked with.
    wait
        Minutes that the deal of each waited for an account executive; NaN where there is none.
    skill
        Skill of the rep who talked with each.
    """
    leads, ae, rule = plan.demand, plan.scenario.sales.ae, plan.scenario.sales.meetings
    worth = _while_warm("win", plan, followed, rows, leads.win_prob[rows] * leads.mean_value[rows])
    if ae.open_limit is not None or ae.headcount == 0:
        faded = 1.0 if ae.fade_half_life is None else to_grid(np.exp2(-wait / ae.fade_half_life))
        return np.where(np.isnan(wait), 0.0, worth * faded)
    met = rule.show_share * (1.0 + (1.0 - rule.show_share) * rule.rebook_share)
    qualifies = _while_warm("qualify", plan, followed, rows, np.minimum(1.0, plan.qualify_prob[rows] * skill))
    return np.where(followed.reason[rows] == DUPLICATE, 0.0, qualifies * met * worth)


def _while_warm(
    chance: str, plan: Plan, followed: Followed, rows: npt.NDArray[np.int64], values: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return values of some leads, and 0 for those not warm where a chance is spoiled by that."""
    return values * followed.warm[rows] if chance in plan.scenario.decay.spoils else values
