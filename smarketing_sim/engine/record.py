"""From what an engine found to a ledger: the same for every engine, so that they can be held equal row by row.

Columns are made when they are first asked for: twenty simulated years whose clauses alone are looked at never build
the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.engine.deals import Deals, close_deals
from smarketing_sim.engine.followed import BELOW_HANDOFF as BELOW
from smarketing_sim.engine.followed import (
    COMPETITOR,
    LOST,
    NEVER,
    NO_NEED,
    NO_REASON,
    OPEN,
    RECYCLED,
    SENT,
    TALK,
    TIMING,
    WON,
    Followed,
)
from smarketing_sim.engine.plan import Plan
from smarketing_sim.engine.rep_time import rep_time_table
from smarketing_sim.ledger import OUTCOMES, REASONS, RESULTS, SCHEMA, STATES, Column, LazyTable, Ledger
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.contract import segments
from smarketing_sim.world.roster import Rep

_COMMON = {
    "source",
    "campaign",
    "persona",
    "fit",
    "score",
    "created_at",
    "mql_at",
    "handed_at",
    "duplicate_of",
    "lead_id",
}
_FOUND = {"first_attempt_at", "attempt_count", "connected_at", "qualified_at"}
_DEALS = {"meeting_at", "met_at", "opportunity_at", "deal_closed_at", "value", "expected_value"}


def categories(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the names behind the codes of a simulated ledger, in scenario order."""
    return {
        "source": tuple(scenario.marketing.sources),
        "campaign": ("", *scenario.marketing.campaigns),
        "persona": tuple(scenario.personas),
        "segment": segments(scenario)[0],
        "outcome": OUTCOMES,
        "reason": REASONS,
        "channel": tuple(scenario.sales.sdr.channels) + (("automatic",) if scenario.sales.sdr.automatic_reply else ()),
        "result": RESULTS,
        "state": STATES,
    }


def to_ledger(plan: Plan, found: Followed, reps: list[Rep]) -> Ledger:
    """Write down a replication."""
    record = Record(plan, found, reps)
    tables = {
        "leads": LazyTable({name: partial(record.lead_column, name) for name in SCHEMA["leads"]}),
        "attempts": LazyTable({name: partial(record.attempt_column, name) for name in SCHEMA["attempts"]}),
        "rep_time": LazyTable({name: partial(record.rep_time_column, name) for name in SCHEMA["rep_time"]}),
        "marketing": LazyTable({name: partial(record.marketing_column, name) for name in SCHEMA["marketing"]}),
    }
    facts = {"replication": plan.demand.replication, "digest": plan.scenario.digest, "seed": plan.demand.seed}
    return Ledger(plan.line.epoch, plan.line.ends_at, categories(plan.scenario), tables, (facts,))


@dataclass(frozen=True, eq=False)
class Record:
    """The columns of one replication, each worked out on demand.

    Parameters
    ----------
    plan, found
        What was to be done, and what came of it.
    reps
        The team; empty where hands were unlimited.
    """

    plan: Plan
    found: Followed
    reps: list[Rep]

    # ------------------------------------------------------------------ leads

    def lead_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``leads``, sorted by id."""
        column = self._lead_column(name).astype(SCHEMA["leads"][name], copy=False)
        return column[rows] if self._in_order else column[self._order[rows]]

    def _lead_column(self, name: str) -> Column:
        demand, found, count = self.plan.demand, self.found, self.plan.demand.lead_count
        if name in _COMMON:
            return np.asarray(getattr(demand, name))
        if name in _FOUND:
            return np.asarray(getattr(found, name))
        if name in _DEALS:
            return np.asarray(getattr(self._deals, name))
        makers: dict[str, Callable[[], Any]] = {
            "replication": lambda: np.full(count, demand.replication),
            "external_id": lambda: np.full(count, "", dtype=object),
            "account_id": lambda: np.where(demand.duplicate_of >= 0, demand.duplicate_of, demand.lead_id),
            "segment": lambda: segments(self.plan.scenario)[1][demand.persona],
            "accepted_at": lambda: np.where(demand.fit, found.first_attempt_at, NEVER),
            "owner_id": lambda: found.owner,
            "outcome": lambda: self._ends[0],
            "reason": lambda: self._ends[1],
            "resolved_at": lambda: self._ends[2],
            "outcome_recorded_at": self._recorded_at,
            "censored": lambda: self._ends[0] == OPEN,
        }
        return np.asarray(makers[name]())

    @cached_property
    def _in_order(self) -> bool:
        return bool(np.all(np.diff(self.plan.demand.lead_id) > 0))

    @cached_property
    def _order(self) -> npt.NDArray[np.int64]:
        return np.argsort(self.plan.demand.lead_id, kind="stable")

    @cached_property
    def _deals(self) -> Deals:
        return close_deals(self.plan, self.found, talk_skill=self._talk_skill())

    @cached_property
    def _ends(self) -> tuple[Column, Column, Floats]:
        """Return outcome, reason and resolution: nurtured, after the deals, or as the follow-up left it."""
        demand, found, deals = self.plan.demand, self.found, self._deals
        below = np.isnan(demand.handed_at)
        outcome = np.where(below, RECYCLED, found.outcome).astype(np.int32)
        reason = np.where(below, BELOW, found.reason).astype(np.int32)
        resolved = np.where(below, demand.created_at, found.resolved_at)
        missed, closed = np.flatnonzero(~np.isnan(deals.missed_at)), np.flatnonzero(~np.isnan(deals.deal_closed_at))
        outcome[missed], reason[missed], resolved[missed] = LOST, TIMING, deals.missed_at[missed]
        won = deals.won[closed]
        competitor = demand.reason_luck[closed] < self.plan.scenario.sales.loss_reasons.competitor_share
        outcome[closed] = np.where(won, WON, LOST)
        reason[closed] = np.where(won, NO_REASON, np.where(competitor, COMPETITOR, NO_NEED))
        resolved[closed] = deals.deal_closed_at[closed]
        return outcome, reason, resolved

    def _recorded_at(self) -> Floats:
        """Return when the outcome was written down: after the work, or some time after the first attempt."""
        rule, leads, found = self.plan.scenario.sales.sdr.recording, self.plan.demand, self.found
        first = found.first_attempt_at
        decided = np.fmin(found.qualified_at, found.resolved_at)
        written = np.fmin(decided + leads.record_lag_minutes, first + rule.at_latest)
        seen = (leads.record_luck < rule.share) & (written <= self.plan.line.ends_at)
        return np.where(seen, np.maximum(written, first), NEVER)

    def _talk_skill(self) -> Floats | None:
        """Return the skill of the rep who talked with each lead; None where everybody's is 1."""
        by_number = {rep.number: rep.skill for rep in self.reps} | {0: self.plan.scenario.sales.sdr.skill}
        if set(by_number.values()) == {1.0}:
            return None
        skill, made = np.ones(self.plan.demand.lead_count), self.found.attempts
        talk = made.result == TALK
        numbers = np.array([by_number[number] for number in range(max(by_number) + 1)])
        skill[made.row[talk]] = numbers[made.rep_id[talk]]
        return skill

    # ------------------------------------------------------------------ attempts

    def attempt_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``attempts``, by lead and attempt; an automatic first touch is attempt 0."""
        return self._attempt_column(name)[rows]

    def _attempt_column(self, name: str) -> Column:
        kind = SCHEMA["attempts"][name]
        if name == "replication" or (name == "automatic" and not len(self._answered)):
            count = len(self.found.attempts.row) + len(self._answered)
            return np.full(count, self.plan.demand.replication if name == "replication" else False, dtype=kind)
        human, machine = self._human(name), self._machine(name)
        column = np.empty(len(human) + len(machine), dtype=kind)
        column[self._places[0]], column[self._places[1]] = human, machine
        return column

    @cached_property
    def _answered(self) -> npt.NDArray[np.int64]:
        """Rows of the leads that get an automatic first touch before the end of observation."""
        reply, handed = self.plan.scenario.sales.sdr.automatic_reply, self.plan.demand.handed_at
        return np.flatnonzero(handed + reply.after < self.plan.line.ends_at) if reply else np.zeros(0, dtype=np.int64)

    @cached_property
    def _places(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows of the table where human attempts and automatic ones go."""
        made, count = self.found.attempts, self.plan.demand.lead_count
        rows = self.found.attempt_count.astype(np.int64)
        automatic = np.zeros(count, dtype=np.int64)
        automatic[self._answered] = 1
        rows += automatic
        starts = np.empty(count, dtype=np.int64)
        if self._in_order:
            starts[:] = np.cumsum(rows) - rows
        else:
            ordered = rows[self._order]
            starts[self._order] = np.cumsum(ordered) - ordered
        return (starts + automatic)[made.row] + made.number - 1, starts[self._answered]

    def _human(self, name: str) -> Column:
        made = self.found.attempts
        makers: dict[str, Callable[[], Any]] = {
            "lead_id": lambda: self.plan.demand.lead_id[made.row],
            "attempt": lambda: made.number,
            "channel": lambda: np.array(self.plan.channel_numbers, dtype=np.int32)[made.number - 1],
            "automatic": lambda: np.broadcast_to(np.bool_(False), len(made.row)),
        }
        return np.asarray(makers[name]() if name in makers else getattr(made, name))

    def _machine(self, name: str) -> Column:
        plan, rows = self.plan, self._answered
        reply = plan.scenario.sales.sdr.automatic_reply
        constant = {
            "replication": plan.demand.replication,
            "attempt": 0,
            "rep_id": 0,
            "result": SENT,
            "automatic": True,
        }
        if reply is None:
            return np.zeros(0)
        if name == "lead_id":
            return plan.demand.lead_id[rows]
        if name == "channel":
            return np.full(len(rows), len(plan.scenario.sales.sdr.channels))
        return np.full(len(rows), constant[name]) if name in constant else plan.demand.handed_at[rows] + reply.after

    # ------------------------------------------------------------------ time and marketing

    def rep_time_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``rep_time``."""
        return self._with_replication(self._rep_time, name).astype(SCHEMA["rep_time"][name], copy=False)[rows]

    def marketing_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``marketing``."""
        return self._with_replication(self._marketing, name).astype(SCHEMA["marketing"][name], copy=False)[rows]

    def _with_replication(self, table: dict[str, Column], name: str) -> Column:
        if name != "replication":
            return table[name]
        return np.full(len(next(iter(table.values()))), self.plan.demand.replication)

    @cached_property
    def _rep_time(self) -> dict[str, Column]:
        return rep_time_table(self.reps, self.found.attempts, ends_at=self.plan.line.ends_at)

    @cached_property
    def _marketing(self) -> dict[str, Column]:
        """Return visits and spend by day, source and campaign: media per lead, and a campaign's cost over its weeks."""
        scenario, demand, line = self.plan.scenario, self.plan.demand, self.plan.line
        sources, campaigns = scenario.marketing.sources, scenario.marketing.campaigns
        days, wide = line.day_count, len(campaigns) + 1
        cell = (line.day_of(demand.created_at) * len(sources) + demand.source) * wide + demand.campaign
        first_hand = demand.duplicate_of < 0
        created = np.bincount(cell[first_hand], minlength=days * len(sources) * wide).reshape(days, len(sources), wide)
        cost = np.array([s.cost_per_handed_usd * s.handed_share for s in sources.values()])
        spend = created * cost[None, :, None]
        visits = np.zeros_like(created)
        visits[:, :, 0] = demand.visits_count.T
        exists = np.zeros((days, len(sources), wide), dtype=bool)
        exists[:, :, 0] = True
        for number, campaign in enumerate(campaigns.values(), start=1):
            row, start = list(sources).index(campaign.source), (campaign.starts_on - line.first_day).days
            burst = np.arange(max(start, 0), min(start + 7 * campaign.weeks, days))
            exists[burst, row, number] = True
            if len(burst):
                spend[burst, row, number] += campaign.cost_usd / (7 * campaign.weeks)
        at: tuple[Any, ...] = np.nonzero(exists | (created > 0))
        day, source, campaign_code = at
        return {
            "day": day,
            "source": source,
            "campaign": campaign_code,
            "visits_count": visits[at],
            "spend_usd": spend[at],
        }
