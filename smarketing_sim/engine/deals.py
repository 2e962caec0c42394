"""From a qualified lead to a closed deal: the meeting, the account executives' limit, the win.

Deals do not act back on follow-up, so they are worked out after it, in the order in which meetings took place. They
are followed to their end even past the end of observation: a cohort counts its deals whenever they close.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from smarketing_sim.engine.plan import Plan
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.demand import Bools, Demand


@dataclass(frozen=True, eq=False)
class Deals:
    """What came of the qualified leads, one item per lead of the plan; NaN where it did not happen."""

    meeting_at: Floats
    met_at: Floats
    missed_at: Floats
    opportunity_at: Floats
    deal_closed_at: Floats
    won: Bools
    value: Floats
    expected_value: Floats


def close_deals(
    plan: Plan, leads: Demand, *, qualified_at: Floats, connected_at: Floats, warm: Bools, talk_skill: Floats
) -> Deals:
    """Follow every qualified lead to its end.

    Parameters
    ----------
    plan, leads
        The plan, and its rows of the demand.
    qualified_at, connected_at
        Instants, NaN where it did not happen.
    warm
        Whether the first attempt (or, under the stricter belief, the connecting one) came in time.
    talk_skill
        Skill of the rep who talked; 1 where nobody did.
    """
    meeting_at, met_at, missed_at = _meetings(plan, leads, qualified_at)
    opportunity_at = _opportunities(plan, leads, met_at)
    still_warm = warm | ("win" not in plan.scenario.decay.spoils)
    wait = opportunity_at - met_at
    won = still_warm & (wait <= leads.win_wait_limit)
    closed = opportunity_at + leads.cycle_minutes
    expected = _expected_value(
        plan,
        leads,
        connected_at=connected_at,
        opportunity_at=opportunity_at,
        wait=wait,
        warm=warm,
        talk_skill=talk_skill,
    )
    return Deals(
        meeting_at,
        met_at,
        missed_at,
        opportunity_at,
        closed,
        won,
        np.where(won, leads.deal_value_usd, np.nan),
        expected,
    )


def _meetings(plan: Plan, leads: Demand, qualified_at: Floats) -> tuple[Floats, Floats, Floats]:
    """Return when the (last) meeting was to be, when it took place, and when it was finally missed."""
    rule = plan.scenario.sales.meetings
    first = qualified_at + leads.booking_minutes
    shown = leads.show_luck < rule.show_share
    rebooked = ~shown & (leads.rebook_luck < rule.rebook_share)
    second = first + leads.rebooking_minutes
    shown_late = rebooked & (leads.second_show_luck < rule.show_share)
    meeting = np.where(rebooked, second, first)
    met = np.where(shown | shown_late, meeting, np.nan)
    return meeting, met, np.where(shown | shown_late, np.nan, meeting)


def _opportunities(plan: Plan, leads: Demand, met_at: Floats) -> Floats:
    """Return when an account executive had room: at once, or in turn as open deals close."""
    ae = plan.scenario.sales.ae
    opportunity_at = np.full(len(met_at), np.nan)
    met = np.flatnonzero(~np.isnan(met_at))
    if ae.headcount == 0:
        return opportunity_at
    if ae.open_limit is None:
        opportunity_at[met] = met_at[met]
        return opportunity_at
    room, closing = ae.headcount * ae.open_limit, [0.0][:0]
    for lead in met[np.lexsort((leads.lead_id[met], met_at[met]))].tolist():
        starts = float(met_at[lead])
        if len(closing) == room:
            starts = max(starts, heapq.heappop(closing))
        heapq.heappush(closing, starts + float(leads.cycle_minutes[lead]))
        opportunity_at[lead] = starts
    return opportunity_at


def _expected_value(
    plan: Plan,
    leads: Demand,
    *,
    connected_at: Floats,
    opportunity_at: Floats,
    wait: Floats,
    warm: Bools,
    talk_skill: Floats,
) -> Floats:
    """Return the mean value of a lead given what queues can feel: at the opportunity, or without a limit at the talk.

    The fading chance is rounded to the time grid so that it is the same number on every machine.
    """
    spoils, ae, rule = plan.scenario.decay.spoils, plan.scenario.sales.ae, plan.scenario.sales.meetings
    worth = leads.win_prob * leads.mean_value_usd * (warm | ("win" not in spoils))
    if ae.open_limit is not None or ae.headcount == 0:
        faded = np.ones(len(worth)) if ae.fade_half_life is None else to_grid(np.exp2(-wait / ae.fade_half_life))
        return np.where(np.isnan(opportunity_at), 0.0, worth * faded)
    met = rule.show_share * (1.0 + (1.0 - rule.show_share) * rule.rebook_share)
    qualifies = np.minimum(1.0, plan.qualify_prob * talk_skill) * (warm | ("qualify" not in spoils))
    return np.where(np.isnan(connected_at) | (leads.duplicate_of >= 0), 0.0, qualifies * met * worth)
