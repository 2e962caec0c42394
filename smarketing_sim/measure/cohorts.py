"""Whom a measure is about: the contract cohort, the economics cohort, and what was done for each lead.

What several measures need is worked out once for each case, and a column is read only when a measure asks for it.
Whatever is counted of leads adds up: a large year is counted lot by lot, and the lots are added up.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.errors import InputError
from smarketing_sim.ledger import STATES, Column, Ledger, Table, part_of, pieces_of
from smarketing_sim.measure.loops import Calls, Rows, calls, minutes_by_rep, take_nth
from smarketing_sim.measure.sums import Counted
from smarketing_sim.scenario.sales import Profile
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Calendar, business_clock, contract_calendar
from smarketing_sim.world.streams import Streams
from smarketing_sim.world.timeline import Timeline, observed, timeline

_NO_CODE = -2
LOT = 2**16  # leads counted at once: no usual year has more


class Selection(Mapping[str, Column]):
    """Some rows of a table; a column is taken when it is first asked for.

    Parameters
    ----------
    table
        The columns of all rows.
    rows
        Which rows, by index.
    """

    def __init__(self, table: Table, rows: Rows) -> None:
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
    streams
        The luck it was simulated with; None where it is real.
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
    streams: Streams | None = None

    @property
    def years(self) -> float:
        """Length of the horizon in years."""
        return (len(self.line.month_starts_at) - 1) / 12.0

    def lots(self) -> Iterator[Case]:
        """Yield consecutive leads with their attempts, each lot as a case: one lot is all of a usual year."""
        starts = first = 0
        while True:
            beside = part_of(self.leads, slice(first + LOT, first + LOT + 1))["duplicate_of"]
            size = LOT + int(np.any(beside >= 0))  # a second record stays with the first, which stands before it
            leads = part_of(self.leads, slice(first, first + size))
            count = leads["attempt_count"]
            ends = None if len(count) < size else _row_after(self.attempts, starts, int(count.sum()))
            yield replace(self, leads=leads, attempts=part_of(self.attempts, slice(starts, ends)))
            if ends is None:
                return
            starts, first = ends, first + size

    def total(self, count: Callable[[Case], Counted]) -> Counted:
        """Return what a function counts of all leads of the case."""
        return reduce(operator.add, map(count, self.lots()))

    @property
    def horizon(self) -> tuple[float, float]:
        """Start and end of the part that is reported."""
        return self.line.horizon_starts_at, self.line.horizon_ends_at

    def in_horizon(self, at: Floats) -> Bools:
        """Tell which instants lie in the horizon; NaN does not."""
        starts_at, ends_at = self.horizon
        return (at >= starts_at) & (at < ends_at)

    def profile(self, rep: int) -> Profile:
        """Return what a rep is like."""
        sdr = self.scenario.sales.sdr
        return sdr.profile(rep) if str(sdr.seat_of(rep)) in sdr.reps else self._team_profile

    @cached_property
    def is_first(self) -> Bools:
        """Leads that are not a second record of another."""
        first: Bools = self.leads["duplicate_of"] < 0
        return first

    @cached_property
    def stands_for_person(self) -> Bools:
        """One record a person: the first, or the second where a rep talked about business by that one alone."""
        leads, stands = self.leads, self.is_first
        decided = ~np.isnan(leads["connected_at"]) & (leads["reason"] != self.code("reason", "duplicate"))
        seconds = np.flatnonzero(decided & ~self.is_first)
        if len(seconds) == 0:
            return stands
        place = np.searchsorted(leads["lead_id"], leads["duplicate_of"][seconds])
        firsts = np.minimum(place, len(decided) - 1)
        alone = (leads["lead_id"][firsts] == leads["duplicate_of"][seconds]) & ~decided[firsts]
        stands = stands.copy()
        stands[firsts[alone]], stands[seconds[alone]] = False, True
        return stands

    @cached_property
    def is_open(self) -> Bools:
        """Leads of which nobody knows the end."""
        return self.has_outcome("open")

    def has_outcome(self, outcome: str) -> Bools:
        """Tell which leads came to some end."""
        ended: Bools = self.leads["outcome"] == self.code("outcome", outcome)
        return ended

    def code(self, column: str, name: str) -> int:
        """Return the code of a name in a text column; one that no row has where the ledger does not know the name."""
        names = self.names[column]
        return names.index(name) if name in names else _NO_CODE

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
        """Leads created in the horizon, one record a person."""
        return self.in_horizon(self.leads["created_at"]) & self.stands_for_person

    @cached_property
    def handed_rows(self) -> Rows:
        """Rows of the contract cohort."""
        return np.flatnonzero(self.contract_cohort)

    @cached_property
    def handed_leads(self) -> Table:
        """The contract cohort."""
        return self.leads if self.contract_cohort.all() else Selection(self.leads, self.handed_rows)

    @cached_property
    def handed_duplicates(self) -> Table:
        """Second records handed over in the horizon."""
        return Selection(self.leads, np.flatnonzero(self.is_handed & ~self.is_first))

    @cached_property
    def created_leads(self) -> Table:
        """The economics cohort."""
        cohort = self.economics_cohort
        return self.leads if cohort.all() else Selection(self.leads, np.flatnonzero(cohort))

    @cached_property
    def human_attempts(self) -> Table:
        """Attempts made by a rep; each lead has as many as its ``attempt_count``, one after another."""
        automatic = self.attempts["automatic"]
        return Selection(self.attempts, np.flatnonzero(~automatic)) if automatic.any() else self.attempts

    @cached_property
    def responded_at(self) -> Floats:
        """First response to each lead of the contract cohort; NaN where there is none.

        It is the earliest human attempt on a channel that counts as one, whatever order they were written down in.
        """
        first = self._calls.responded_at
        return first if len(self.handed_rows) == len(first) else first[self.handed_rows]

    @property
    def in_clock_order(self) -> bool:
        """Whether the human attempts on each lead are written down in the order in which they were started."""
        return self._calls.in_order

    @property
    def last_ended_at(self) -> Floats:
        """When the last human attempt on each lead ended; minus infinity where there is none."""
        return self._calls.last_ended_at

    @property
    def rep_minutes(self) -> Floats:
        """Minutes of the human attempts on each lead that were started in the horizon."""
        return self._calls.minutes

    @cached_property
    def _calls(self) -> Calls:
        """What the human attempts on each lead come to."""
        channels, human = self.scenario.sales.sdr.channels, self.human_attempts
        counts = [name not in channels or channels[name].counts_as_response for name in self.names["channel"]]
        responds = None
        if not all(counts):
            responds = np.array([*counts, True])[human["channel"]]  # the last item is for no channel
        return calls(self.leads["attempt_count"], human["started_at"], human["ended_at"], responds, self.horizon)

    @cached_property
    def minutes_by_state(self) -> Floats:
        """Reps' minutes in the horizon by state of ``rep_time``; shape (states,)."""
        return np.asarray(self._rep_minutes[1].sum(axis=0))

    @cached_property
    def shared_minutes_by_state(self) -> Floats:
        """The same, each rep's weighted by the share of them that is meant for marketing's leads."""
        reps, minutes = self._rep_minutes
        times = [self.profile(rep).marketing_time for rep in reps]
        shares = np.array([time.share if time.form == "interleaved" else 1.0 for time in times])
        return np.asarray((shares[:, None] * minutes).sum(axis=0))

    @cached_property
    def _team_profile(self) -> Profile:
        """What a rep without anything of its own is like."""
        return self.scenario.sales.sdr.profile(0)

    @cached_property
    def _rep_minutes(self) -> tuple[list[int], Floats]:
        """Reps, and the minutes in the horizon of each by state of ``rep_time``; shape (reps, states)."""
        reps, minutes, codes = list[int](), [np.zeros((0, len(STATES)))], [self.code("state", one) for one in STATES]
        for piece in pieces_of(self.rep_time):
            some, theirs = minutes_by_rep(piece, self.horizon, len(self.names["state"]) + 1)
            reps += some
            minutes.append(theirs[:, [max(code, -1) for code in codes]])
        return reps, np.concatenate(minutes)


@dataclass(frozen=True)
class Period:
    """The months that a ledger is judged over.

    Parameters
    ----------
    starts_on
        First day, by the dates of the contract's zone.
    months
        How many.
    """

    starts_on: dt.date
    months: int


def case_of(ledger: Ledger, terms: Scenario, period: Period | None = None, *, replication: int | None = None) -> Case:
    """Return one replication of a ledger, ready to be measured.

    Parameters
    ----------
    ledger
        What happened, simulated or real; its text is read through its own categories.
    terms
        The scenario by whose clauses, calendar and channels it is judged.
    period
        The months that are judged, of a ledger that was kept from another day on than the scenario's run; the run's
        own where left out.
    replication
        Its number; the only one where left out.

    Raises
    ------
    InputError
        If the ledger counts its minutes from another instant than the run, or from no midnight of the contract's zone.
    """
    if period is None:
        line, contract = timeline(terms), contract_calendar(terms)
        if ledger.epoch != line.epoch:
            raise InputError(f"a ledger that starts at {ledger.epoch:%Y-%m-%d} cannot be judged by a run of other days")
    else:
        line = observed(ledger.epoch, ledger.ends_at, period.starts_on, period.months, terms.calendar.zone)
        contract = business_clock(terms.calendar, line)
    tables = {name: _of_replication(table, replication) for name, table in ledger.tables.items()}
    return Case(
        terms,
        line,
        contract,
        tables["leads"],
        tables["attempts"],
        tables["rep_time"],
        tables["marketing"],
        ledger.ends_at,
        dict(ledger.categories),
        _streams_of(ledger, replication),
    )


def nth_attempt_at(case: Case, number: int) -> Floats:
    """Return when the n-th human attempt of each lead of the contract cohort was started, by the clock; or NaN."""
    count, started = case.leads["attempt_count"], case.human_attempts["started_at"]
    if not case.in_clock_order:
        started = started[np.lexsort((started, np.repeat(np.arange(len(count)), count)))]
    return take_nth(count, started, number, rows=case.handed_rows)


def _row_after(attempts: Table, starts: int, human_count: int) -> int:
    """Return the row after so many human attempts from some row on, among which there may be automatic ones."""
    room = human_count + LOT
    while True:
        human = np.flatnonzero(~part_of(attempts, slice(starts, starts + room))["automatic"])
        if len(human) >= human_count:
            return starts + int(human[human_count - 1]) + 1 if human_count else starts
        room *= 2


def _streams_of(ledger: Ledger, replication: int | None) -> Streams | None:
    """Return the luck that a simulated ledger says it had."""
    facts = [fact for fact in ledger.facts if replication in (None, fact["replication"]) and "seed" in fact]
    return Streams(int(facts[0]["seed"]), int(facts[0]["replication"])) if facts else None


def _of_replication(table: Table, replication: int | None) -> Table:
    if replication is None:
        return table
    starts, ends = np.searchsorted(table["replication"], [replication, replication + 1]).tolist()
    return part_of(table, slice(starts, ends))
