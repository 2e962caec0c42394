"""Whom a measure is about: the contract cohort, the economics cohort, and each lead's first response."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.errors import InputError
from smarketing_sim.ledger import Ledger, Table
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Calendar, Floats, Timeline, contract_calendar, timeline

Bools = npt.NDArray[np.bool_]


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
    def is_first(self) -> Bools:
        """Leads that are not a second record of another."""
        return self.leads["duplicate_of"] < 0

    @property
    def contract_cohort(self) -> Bools:
        """Leads handed over in the horizon, duplicates left out."""
        return (self.line.month_of(self.leads["handed_at"]) >= 0) & self.is_first

    @property
    def economics_cohort(self) -> Bools:
        """Leads created in the horizon, duplicates left out."""
        return (self.line.month_of(self.leads["created_at"]) >= 0) & self.is_first

    @property
    def years(self) -> float:
        """Length of the horizon in years."""
        return (len(self.line.month_starts_at) - 1) / 12.0


def case_of(ledger: Ledger, scenario: Scenario, replication: int | None = None) -> Case:
    """Return one replication of a ledger, ready to be measured; the only one where it is not named.

    Raises
    ------
    InputError
        If the ledger counts its minutes from another instant than the run of the scenario.
    """
    if ledger.epoch != timeline(scenario).epoch:
        raise InputError(f"a ledger that starts at {ledger.epoch:%Y-%m-%d} cannot be judged by a run of other days")
    tables = {}
    for name, table in ledger.tables.items():
        mine = slice(None) if replication is None else table["replication"] == replication
        tables[name] = {column: values[mine] for column, values in table.items()}
    return Case(
        scenario,
        timeline(scenario),
        contract_calendar(scenario),
        tables["leads"],
        tables["attempts"],
        tables["rep_time"],
        tables["marketing"],
        ledger.ends_at,
        dict(ledger.categories),
    )


def responded_at(case: Case) -> Floats:
    """Return each lead's earliest human attempt on a channel that counts as a response; NaN where there is none.

    The earliest counts whatever order the attempts were written down in. An automatic first touch does not.
    """
    channels = case.scenario.sales.sdr.channels
    counts = [name not in channels or channels[name].counts_as_response for name in case.names["channel"]]
    attempts = case.attempts
    human = ~attempts["automatic"] & np.array([*counts, True])[attempts["channel"]]  # the last item is for no channel
    rows = row_of(case, attempts["lead_id"][human])
    first = np.full(len(case.leads["lead_id"]), np.inf)
    np.minimum.at(first, rows, attempts["started_at"][human])
    return np.where(np.isinf(first), np.nan, first)


def nth_attempt_at(case: Case, number: int) -> Floats:
    """Return when the n-th human attempt of each lead was started, by the clock; NaN where there is none."""
    attempts = case.attempts
    human = ~attempts["automatic"]
    lead, started = attempts["lead_id"][human], attempts["started_at"][human]
    order = np.lexsort((started, lead))
    lead, started = lead[order], started[order]
    place = np.arange(len(lead)) - np.searchsorted(lead, lead, side="left")
    nth = np.full(len(case.leads["lead_id"]), np.nan)
    nth[row_of(case, lead[place == number - 1])] = started[place == number - 1]
    return nth


def row_of(case: Case, lead_id: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Return the rows of leads by id."""
    return np.searchsorted(case.leads["lead_id"], lead_id)
