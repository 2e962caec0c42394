"""From a qualified lead to a closed deal: the meeting, the account executives' limit, the win.

Deals do not act back on follow-up, so they are worked out after it, in the order in which meetings took place. They
are followed to their end even past the end of observation: a cohort counts its deals whenever they close.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.engine.followed import Followed
from smarketing_sim.engine.plan import Plan
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.demand import Bools, Demand


@dataclass(frozen=True, eq=False, kw_only=True)
class Deals:
    """What came of the qualified leads, one item per lead of the demand; NaN where it did not happen."""

    meeting_at: Floats
    met_at: Floats
    missed_at: Floats
    opportunity_at: Floats
    deal_closed_at: Floats
    won: Bools
    value: Floats
    expected_value: Floats


def close_deals(plan: Plan, found: Followed, *, talk_skill: Floats | None = None) -> Deals:
    """Follow every qualified lead to its end.

    Parameters
    ----------
    plan, found
        What was to be done, and what came of the follow-up.
    talk_skill
        Skill of the rep who talked with each lead; None where everybody's is 1.
    """
    count = plan.demand.lead_count
    rows = np.flatnonzero(~np.isnan(found.qualified_at))
    qualified = _Qualified(plan, plan.demand, rows)
    meeting_at, met_at, missed_at = qualified.meetings(found.qualified_at[rows])
    opportunity_at = qualified.opportunities(met_at)
    wait = opportunity_at - met_at
    warm = found.warm[rows] | ("win" not in plan.scenario.decay.spoils)
    won = warm & (wait <= plan.demand.win_wait_limit[rows])

    def spread(values: Floats) -> Floats:
        everyone = np.full(count, np.nan)
        everyone[rows] = values
        return everyone

    has_won = np.zeros(count, dtype=np.bool_)
    has_won[rows] = won
    return Deals(
        meeting_at=spread(meeting_at),
        met_at=spread(met_at),
        missed_at=spread(missed_at),
        opportunity_at=spread(opportunity_at),
        deal_closed_at=spread(opportunity_at + plan.demand.cycle_minutes[rows]),
        won=has_won,
        value=spread(np.where(won, plan.demand.deal_value_usd[rows], np.nan)),
        expected_value=_expected_value(plan, found, rows=rows, wait=wait, talk_skill=talk_skill),
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


def _expected_value(
    plan: Plan, found: Followed, *, rows: npt.NDArray[np.int64], wait: Floats, talk_skill: Floats | None
) -> Floats:
    """Return the mean value of a lead given what queues can feel: at the opportunity, or without a limit at the talk.

    The fading chance is rounded to the time grid so that it is the same number on every machine.
    """
    leads, spoils = plan.demand, plan.scenario.decay.spoils
    ae, rule = plan.scenario.sales.ae, plan.scenario.sales.meetings
    expected = np.zeros(leads.lead_count)
    limited = ae.open_limit is not None or ae.headcount == 0
    if not limited:
        rows = np.flatnonzero(~np.isnan(found.connected_at) & (leads.duplicate_of < 0))
    warm = found.warm[rows]
    worth = leads.win_prob[rows] * leads.mean_value_usd[rows] * (warm | ("win" not in spoils))
    if limited:
        faded = np.ones(len(rows)) if ae.fade_half_life is None else to_grid(np.exp2(-wait / ae.fade_half_life))
        expected[rows] = np.where(np.isnan(wait), 0.0, worth * faded)
        return expected
    met = rule.show_share * (1.0 + (1.0 - rule.show_share) * rule.rebook_share)
    skill = 1.0 if talk_skill is None else talk_skill[rows]
    qualifies = np.minimum(1.0, plan.qualify_prob[rows] * skill) * (warm | ("qualify" not in spoils))
    expected[rows] = qualifies * met * worth
    return expected
