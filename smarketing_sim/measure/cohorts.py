"""Whom a measure is about: the contract cohort, the economics cohort, and what was done for each lead.

What several measures need is worked out once for each case, and a column is read only when a measure asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from smarketing_sim.errors import InputError
from smarketing_sim.ledger import STATES, Column, Ledger, Table
from smarketing_sim.scenario.sales import Profile
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Calendar, Floats, Timeline, contract_calendar, timeline

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


class Selection(Mapping[str, Column]):
    """Some rows of a table; a column is taken when it is first asked for.

    Parameters
    ----------
    table
        The columns of all rows.
    rows
        Which rows, by index or as a slice.
    """

    def __init__(self, table: Table, rows: Rows | slice) -> None:
        self._table, self._rows = table, rows
        self._taken: dict[str, Column] = {}

    def __getitem__(self, column: str) -> Column:
        if column not in self._taken:
            self._taken[column] = self._table[column][self._rows]
        return self._taken[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


@dataclass(frozen=True, eq=False)
class Case:
    """One replication of a ledger with the calendars it is judged by.

    Parameters
    ----------
    scenario, line, contract
        The terms, the days and the business clock.
    leads, attempts, rep_time, marketing
        The tables of the replication.
    ends_at
        End of observation.
    names
        The names behind text codes.
    """

    scenario: Scenario
    line: Timeline
    contract: Calendar
    leads: Table
    attempts: Table
    rep_time: Table
    marketing: Table
    ends_at: float
    names: dict[str, tuple[str, ...]]

    @property
    def years(self) -> float:
        """Length of the horizon in years."""
        return (len(self.line.month_starts_at) - 1) / 12.0

    def in_horizon(self, at: Floats) -> Bools:
        """Tell which instants lie in the horizon; NaN does not."""
        return (at >= self.line.horizon_starts_at) & (at < self.line.horizon_ends_at)

    def profile(self, rep: int) -> Profile:
        """Return what a rep is like."""
        return self.scenario.sales.sdr.profile(rep) if str(rep) in self.scenario.sales.sdr.reps else self._team_profile

    @cached_property
    def is_first(self) -> Bools:
        """Leads that are not a second record of another."""
        first: Bools = self.leads["duplicate_of"] < 0
        return first

    @cached_property
    def is_handed(self) -> Bools:
        """Leads handed over in the horizon, duplicates among them."""
        return self.in_horizon(self.leads["handed_at"])

    @cached_property
    def contract_cohort(self) -> Bools:
        """Leads handed over in the horizon, duplicates left out."""
        return self.is_handed & self.is_first

    @cached_property
    def economics_cohort(self) -> Bools:
        """Leads created in the horizon, duplicates left out."""
        return self.in_horizon(self.leads["created_at"]) & self.is_first

    @cached_property
    def handed_rows(self) -> Rows:
        """Rows of the contract cohort."""
        return np.flatnonzero(self.contract_cohort)

    @cached_property
    def handed_leads(self) -> Table:
        """The contract cohort."""
        return _chosen(self.leads, self.contract_cohort, self.handed_rows)

    @cached_property
    def handed_duplicates(self) -> Table:
        """Second records handed over in the horizon."""
        return Selection(self.leads, np.flatnonzero(self.is_handed & ~self.is_first))

    @cached_property
    def created_rows(self) -> Rows:
        """Rows of the economics cohort."""
        return np.flatnonzero(self.economics_cohort)

    @cached_property
    def created_leads(self) -> Table:
        """The economics cohort."""
        return _chosen(self.leads, self.economics_cohort, self.created_rows)

    @cached_property
    def human_attempts(self) -> Table:
        """Attempts made by a rep; each lead has as many as its ``attempt_count``, one after another."""
        automatic = self.attempts["automatic"]
        return Selection(self.attempts, np.flatnonzero(~automatic)) if automatic.any() else self.attempts

    @cached_property
    def attempts_before(self) -> Rows:
        """Human attempts on the leads before each lead: where its own begin."""
        count = self.leads["attempt_count"]
        return np.cumsum(count, dtype=np.intp) - count

    @cached_property
    def worked_rows(self) -> Rows:
        """Rows of leads with a human attempt."""
        return np.flatnonzero(self.leads["attempt_count"] > 0)

    @cached_property
    def first_attempts(self) -> Rows:
        """Where among the human attempts those on each worked lead begin."""
        return self.attempts_before[self.worked_rows]

    @cached_property
    def horizon_attempt_rows(self) -> Rows:
        """Rows of the human attempts that were started in the horizon."""
        return np.flatnonzero(self.in_horizon(self.human_attempts["started_at"]))

    @cached_property
    def horizon_attempts(self) -> Table:
        """Human attempts that were started in the horizon."""
        human = self.human_attempts
        all_of_them = len(self.horizon_attempt_rows) == len(human["started_at"])
        return human if all_of_them else Selection(human, self.horizon_attempt_rows)

    @cached_property
    def in_clock_order(self) -> bool:
        """Whether the human attempts on each lead are written down in the order in which they were started."""
        started = self.human_attempts["started_at"]
        rises = started[1:] >= started[:-1]
        rises[self.first_attempts[1:] - 1] = True  # from one lead to the next
        return bool(rises.all())

    @cached_property
    def responded_at(self) -> Floats:
        """First response to each lead of the contract cohort; NaN where there is none."""
        first = _responded_at(self)[self.handed_rows]
        return np.where(np.isinf(first), np.nan, first)

    @cached_property
    def minutes_by_state(self) -> Floats:
        """Reps' minutes in the horizon by state of ``rep_time``; shape (states,)."""
        return self._by_state(self._rep_minutes)

    @cached_property
    def shared_minutes_by_state(self) -> Floats:
        """The same, each rep's weighted by the share of them that is meant for marketing's leads."""
        rep = self.rep_time["rep_id"]
        begins = np.flatnonzero(np.append(True, rep[1:] != rep[:-1])[: len(rep)])
        times = [self.profile(number).marketing_time for number in rep[begins].tolist()]
        shares = [time.share if time.form == "interleaved" else 1.0 for time in times]
        if all(share == 1.0 for share in shares):
            return self.minutes_by_state
        return self._by_state(self._rep_minutes * np.repeat(shares, np.diff(begins, append=len(rep))))

    @cached_property
    def _team_profile(self) -> Profile:
        """What a rep without anything of its own is like."""
        return self.scenario.sales.sdr.profile(0)

    @cached_property
    def _rep_minutes(self) -> Floats:
        """Minutes of each row of ``rep_time`` that lie in the horizon."""
        minutes: Floats = np.minimum(self.rep_time["ended_at"], self.line.horizon_ends_at)
        minutes -= np.maximum(self.rep_time["started_at"], self.line.horizon_starts_at)
        return np.maximum(minutes, 0.0, out=minutes)

    def _by_state(self, minutes: Floats) -> Floats:
        return np.bincount(self.rep_time["state"], weights=minutes, minlength=len(STATES)).astype(np.float64)


def _chosen(table: Table, cohort: Bools, rows: Rows) -> Table:
    """Return the rows of a cohort; where everybody belongs to it, the table itself."""
    return table if len(rows) == len(cohort) else Selection(table, rows)


def case_of(ledger: Ledger, scenario: Scenario, replication: int | None = None) -> Case:
    """Return one replication of a ledger, ready to be measured; the only one where it is not named.

    Raises
    ------
    InputError
        If the ledger counts its minutes from another instant than the run of the scenario.
    """
    line = timeline(scenario)
    if ledger.epoch != line.epoch:
        raise InputError(f"a ledger that starts at {ledger.epoch:%Y-%m-%d} cannot be judged by a run of other days")
    tables = {name: _of_replication(table, replication) for name, table in ledger.tables.items()}
    return Case(
        scenario,
        line,
        contract_calendar(scenario),
        tables["leads"],
        tables["attempts"],
        tables["rep_time"],
        tables["marketing"],
        ledger.ends_at,
        dict(ledger.categories),
    )


def nth_attempt_at(case: Case, number: int) -> Floats:
    """Return when the n-th human attempt of each lead of the contract cohort was started, by the clock; or NaN."""
    started = case.human_attempts["started_at"]
    if not case.in_clock_order:
        count = case.leads["attempt_count"]
        started = started[np.lexsort((started, np.repeat(np.arange(len(count)), count)))]
    enough = np.flatnonzero(case.handed_leads["attempt_count"] >= number)
    at = np.full(len(case.handed_rows), np.nan)
    at[enough] = started[case.attempts_before[case.handed_rows[enough]] + number - 1]
    return at


def _responded_at(case: Case) -> Floats:
    """Return each lead's earliest human attempt on a channel that counts as a response; inf where there is none.

    The earliest counts whatever order the attempts were written down in. An automatic first touch does not.
    """
    channels = case.scenario.sales.sdr.channels
    counts = [name not in channels or channels[name].counts_as_response for name in case.names["channel"]]
    started = case.human_attempts["started_at"]
    first = np.full(len(case.leads["attempt_count"]), np.inf)
    if all(counts) and case.in_clock_order:
        first[case.worked_rows] = started[case.first_attempts]
    else:
        responds = np.array([*counts, True])[case.human_attempts["channel"]]  # the last item is for no channel
        first[case.worked_rows] = np.minimum.reduceat(np.where(responds, started, np.inf), case.first_attempts)
    return first


def _of_replication(table: Table, replication: int | None) -> Table:
    if replication is None:
        return table
    starts, ends = np.searchsorted(table["replication"], [replication, replication + 1]).tolist()
    return Selection(table, slice(starts, ends))
