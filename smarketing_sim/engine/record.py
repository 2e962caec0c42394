"""From what an engine found to a ledger: the same for every engine, so that they can be held equal row by row.

Columns are made when they are first asked for: twenty simulated years whose clauses alone are looked at never build
the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.engine.attempt_rows import AttemptRows, Numbers, attempt_rows, table_order
from smarketing_sim.engine.deals import Deals, close_deals, expected_values
from smarketing_sim.engine.followed import BELOW_HANDOFF as BELOW
from smarketing_sim.engine.followed import NEVER, OPEN, RECYCLED, SENT, TALK, Followed
from smarketing_sim.engine.plan import Plan
from smarketing_sim.engine.rep_time import rep_time_pieces, rep_time_table
from smarketing_sim.engine.spending import marketing_table
from smarketing_sim.ledger import OUTCOMES, REASONS, RESULTS, SCHEMA, STATES, Column, LazyTable, Ledger, Table
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.due_times import next_due, segments
from smarketing_sim.world.roster import Rep

_COMMON = {"source", "campaign", "persona", "fit", "score", "created_at", "mql_at", "handed_at", "duplicate_of",
           "lead_id"}  # fmt: skip
_ENDS = {"outcome", "reason", "resolved_at"}
_OF_DEALS = {"meeting_at", "met_at", "opportunity_at", "deal_closed_at", "value", *_ENDS}
_READ_TOGETHER = {"attempt", "started_at", "ended_at", "due_at"}
Rows = slice | npt.NDArray[Any]


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


def to_ledger(plan: Plan, followed: Followed, reps: list[Rep]) -> Ledger:
    """Write down a replication."""
    record = Record(plan, followed, reps)
    tables = {
        "leads": LazyTable({name: partial(record.lead_column, name) for name in SCHEMA["leads"]}),
        "attempts": LazyTable({name: partial(record.attempt_column, name) for name in SCHEMA["attempts"]}),
        "rep_time": LazyTable(
            {name: partial(record.rep_time_column, name) for name in SCHEMA["rep_time"]}, pieces=record.rep_time_pieces
        ),
        "marketing": LazyTable({name: partial(record.marketing_column, name) for name in SCHEMA["marketing"]}),
    }
    facts = {"replication": plan.demand.replication, "digest": plan.scenario.digest, "seed": plan.demand.seed}
    return Ledger(plan.line.epoch, plan.line.ends_at, categories(plan.scenario), tables, (facts,))


@dataclass(frozen=True, eq=False)
class Record:
    """The columns of one replication, each worked out on demand and for the rows that are asked for.

    Parameters
    ----------
    plan, found
        What was to be done, and what came of it.
    reps
        The team; empty where hands were unlimited.
    """

    plan: Plan
    followed: Followed
    reps: list[Rep]

    # ------------------------------------------------------------------ leads

    def lead_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``leads``, sorted by id."""
        return self._lead_column(name, rows).astype(SCHEMA["leads"][name], copy=False)

    def _lead_column(self, name: str, rows: slice) -> Column:
        ended, leads = self._ended, self._leads
        if name in _COMMON:
            return leads(name, rows)
        if name in _OF_DEALS:
            return self._with_deals(name, rows)
        makers: dict[str, Callable[[], Any]] = {
            "replication": lambda: np.full(len(ended.outcome[rows]), self.plan.demand.replication),
            "external_id": lambda: np.full(len(ended.outcome[rows]), "", dtype=object),
            "account_id": lambda: self._account_id(rows),
            "segment": lambda: segments(self.plan.scenario)[1][leads("persona", rows)],
            "accepted_at": lambda: np.where(leads("fit", rows), ended.first_attempt_at[rows], NEVER),
            "first_attempt_at": lambda: ended.first_attempt_at[rows],
            "attempt_count": lambda: ended.attempt_count[rows],
            "connected_at": lambda: ended.part(rows).connected_at,
            "qualified_at": lambda: ended.part(rows).qualified_at,
            "owner_id": lambda: ended.owner[rows],
            "expected_value": lambda: self._expected_value(rows),
            "outcome_recorded_at": lambda: self._recorded_at(rows),
            "censored": lambda: self._with_deals("outcome", rows) == OPEN,
        }
        return np.asarray(makers[name]())

    @cached_property
    def _order(self) -> npt.NDArray[np.uint32] | None:
        """Rows of the demand in the order of their ids; None where they stand in it."""
        ids = self.plan.demand.lead_id
        return None if np.all(ids[1:] > ids[:-1]) else np.argsort(ids).astype(np.uint32)

    def _leads(self, name: str, rows: Rows) -> Column:
        """Return a column of the demand in the order of the table."""
        column: Column = getattr(self.plan.demand, name)
        return column[rows] if self._order is None else column[self._order[rows]]

    @cached_property
    def _ended(self) -> Followed:
        """What came of the follow-up, in the order of the table."""
        return self.followed if self._order is None else self.followed.part(self._order)

    @cached_property
    def _deals(self) -> Deals:
        return close_deals(self.plan, self.followed)

    @cached_property
    def _deal_rows(self) -> npt.NDArray[np.int64]:
        """Rows of the table that have a deal, rising."""
        return np.flatnonzero(self._ended.qualified)

    @cached_property
    def _deal_order(self) -> Rows:
        """Which of the deals each of them has."""
        if self._order is None:
            return slice(None)
        return np.searchsorted(self._deals.rows, self._order[self._deal_rows])

    def _with_deals(self, name: str, rows: slice) -> Column:
        """Return a column as the follow-up left it, and for qualified leads as the deal did."""
        column = self._without_deals(name, rows) if name in _ENDS else np.full(len(self._ended.outcome[rows]), NEVER)
        first, last, _ = rows.indices(len(self._ended.outcome))
        here = slice(*np.searchsorted(self._deal_rows, (first, last)))
        column[self._deal_rows[here] - first] = getattr(self._deals, name)[self._deal_order][here]
        return column

    def _without_deals(self, name: str, rows: slice) -> Column:
        """Return how leads ended in the follow-up, or in nurture where they were never handed over."""
        column: Column = getattr(self._ended.part(rows), name).copy()
        nurtured = np.flatnonzero(np.isnan(self._leads("handed_at", rows)))
        codes: dict[str, Any] = {"outcome": RECYCLED, "reason": BELOW}
        column[nurtured] = codes[name] if name in codes else self._leads("created_at", rows)[nurtured]
        return column

    def _account_id(self, rows: slice) -> Column:
        first = self._leads("duplicate_of", rows)
        return np.where(first >= 0, first, self._leads("lead_id", rows))

    def _expected_value(self, rows: slice) -> Floats:
        """Return what talks and deals are worth on average; leads never talked with are worth nothing."""
        connected = self._ended.connected[rows]
        talked, column = np.flatnonzero(connected), np.zeros(len(connected))
        theirs = talked + rows.indices(len(self._ended.connected))[0]
        if self._order is not None:
            theirs = self._order[theirs].astype(np.int64)
        wait = self._with_deals("wait", rows)[talked]
        skill = 1.0 if self._talk_skill is None else self._talk_skill[theirs]
        column[talked] = expected_values(self.plan, self.followed, theirs, wait=wait, skill=skill)
        return column

    def _recorded_at(self, rows: slice) -> Floats:
        """Return when the outcome was written down: after the work, or some time after the first attempt."""
        rule, ended = self.plan.scenario.sales.sdr.recording, self._ended.part(rows)
        first = ended.first_attempt_at
        written = np.fmin(ended.decided_at + self._leads("record_lag_minutes", rows), first + rule.at_latest)
        seen = (self._leads("record_luck", rows) < rule.share) & (written <= self.plan.line.ends_at)
        return np.where(seen, np.maximum(written, first), NEVER)

    @cached_property
    def _talk_skill(self) -> Floats | None:
        """Skill of the rep who talked with each lead; None where everybody's is 1."""
        by_number = {rep.number: rep.skill for rep in self.reps} | {0: self.plan.scenario.sales.sdr.skill}
        if set(by_number.values()) == {1.0}:
            return None
        skill, made = np.ones(self.plan.demand.lead_count), self.followed.attempts
        talk = made.result == TALK
        numbers = np.array([by_number[number] for number in range(max(by_number) + 1)])
        skill[made.row[talk]] = numbers[made.rep_id[talk]]
        return skill

    # ------------------------------------------------------------------ attempts

    def attempt_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``attempts``, by lead and attempt; an automatic first touch is attempt 0."""
        kind, here = SCHEMA["attempts"][name], self._attempt_order[rows]
        if name == "replication":
            return np.full(len(here), self.plan.demand.replication, dtype=kind)
        if name in _READ_TOGETHER and self.followed.attempts.due_at is None:
            column = self._read(name, rows)
        elif not len(self._answered):
            return self._human(name, here).astype(kind, copy=False)
        else:
            column, by_hand = np.empty(len(here), dtype=kind), here < len(self.followed.attempts.row)
            column[by_hand] = self._human(name, here[by_hand])
        if len(self._answered):
            machine = np.flatnonzero(here >= len(self.followed.attempts.row))
            column[machine] = self._machine(name, self._answered[here[machine] - len(self.followed.attempts.row)])
        return column

    @cached_property
    def _answered(self) -> npt.NDArray[np.int64]:
        """Rows of the leads that get an automatic first touch before the end of observation."""
        reply, handed = self.plan.scenario.sales.sdr.automatic_reply, self.plan.demand.handed_at
        return np.flatnonzero(handed + reply.after < self.plan.line.ends_at) if reply else np.zeros(0, dtype=np.int64)

    @cached_property
    def _attempt_order(self) -> Numbers:
        """Which attempt stands in each row of the table, automatic ones counted after those made by hand."""
        count = np.array(self.followed.attempt_count, dtype=np.uint32)
        count[self._answered] += np.uint32(1)
        first, by_id = np.empty_like(count), slice(None) if self._order is None else self._order
        first[by_id] = np.cumsum(count[by_id], dtype=np.uint32) - count[by_id]
        return table_order(self.followed.attempts.row, self._answered, first)

    def _human(self, name: str, here: Numbers) -> Column:
        """Return a column of attempts made by hand, given which they are."""
        made = self.followed.attempts
        makers: dict[str, Callable[[], Any]] = {
            "lead_id": lambda: self.plan.demand.lead_id[made.row[here]],
            "attempt": lambda: made.number[here],
            "channel": lambda: np.array(self.plan.channel_numbers, dtype=np.int32)[made.number[here] - 1],
            "automatic": lambda: np.zeros(len(here), dtype=np.bool_),
        }
        return np.asarray(makers[name]() if name in makers else getattr(made, name)[here])

    def _read(self, name: str, rows: slice) -> Column:
        """Return a column of attempts; they were due when the lead could be called, or so long after the last one."""
        first, last, _ = rows.indices(len(self._attempt_order))
        read = self._attempt_rows(first, last - first)
        if name == "attempt":
            return read.number
        if name != "due_at":
            return np.asarray(getattr(read, name))
        return next_due(self.plan.gaps, read.made_before, read.last_ended_at, calendar=self.plan.contract)

    @cached_property
    def _attempt_rows(self) -> Callable[[int, int], AttemptRows]:
        """Return some rows of attempts; those that were read last are kept until others are wanted."""
        known = self.followed.attempts, self._attempt_order, self.plan.available_at
        return lru_cache(maxsize=1)(partial(attempt_rows, *known))

    def _machine(self, name: str, rows: npt.NDArray[np.int64]) -> Column:
        """Return a column of automatic first touches, given the leads that get them."""
        reply, demand = self.plan.scenario.sales.sdr.automatic_reply, self.plan.demand
        constant = {"attempt": 0, "rep_id": 0, "result": SENT, "automatic": True,
                    "channel": len(self.plan.scenario.sales.sdr.channels)}  # fmt: skip
        if name in constant:
            return np.full(len(rows), constant[name])
        if name == "lead_id" or reply is None:
            return demand.lead_id[rows]
        return demand.handed_at[rows] + reply.after

    # ------------------------------------------------------------------ time and marketing

    def rep_time_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``rep_time``."""
        return self._column("rep_time", self._rep_time, name)[rows]

    def rep_time_pieces(self) -> Iterator[Table]:
        """Yield ``rep_time`` a few reps at a time."""
        for piece in rep_time_pieces(self.reps, self.followed.attempts, ends_at=self.plan.line.ends_at):
            yield {name: self._column("rep_time", piece, name) for name in SCHEMA["rep_time"]}

    def marketing_column(self, name: str, rows: slice) -> Column:
        """Return rows of a column of ``marketing``."""
        return self._column("marketing", self._marketing, name)[rows]

    def _column(self, table: str, columns: dict[str, Column], name: str) -> Column:
        """Return a column as the schema wants it, the number of the replication among them."""
        if name == "replication":
            return np.full(len(next(iter(columns.values()))), self.plan.demand.replication, dtype=SCHEMA[table][name])
        return columns[name].astype(SCHEMA[table][name], copy=False)

    @cached_property
    def _rep_time(self) -> dict[str, Column]:
        return rep_time_table(self.reps, self.followed.attempts, ends_at=self.plan.line.ends_at)

    @cached_property
    def _marketing(self) -> dict[str, Column]:
        return marketing_table(self.plan)
