"""The ledger: what happened to every lead, simulated or real, as tidy tables at one grain each.

Inside, a table is NumPy columns; data frames are made on demand. Times are float64 minutes since ``epoch`` (UTC) and
NaN where a thing has not happened; text is int32 codes into ``categories``, -1 where there is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.errors import LedgerError

if TYPE_CHECKING:
    import pandas as pd

Column = npt.NDArray[Any]
Table = Mapping[str, Column]

SCHEMA: dict[str, dict[str, str]] = {
    "leads": {
        "replication": "int32", "lead_id": "int64", "external_id": "object", "account_id": "int64", "source": "int32",
        "campaign": "int32", "persona": "int32", "segment": "int32", "fit": "bool", "score": "float64",
        "created_at": "float64", "mql_at": "float64", "handed_at": "float64", "accepted_at": "float64",
        "first_attempt_at": "float64", "attempt_count": "int32", "connected_at": "float64", "qualified_at": "float64",
        "meeting_at": "float64", "met_at": "float64", "opportunity_at": "float64", "deal_closed_at": "float64",
        "resolved_at": "float64", "outcome_recorded_at": "float64", "outcome": "int32", "reason": "int32",
        "owner_id": "int32", "value": "float64", "expected_value": "float64", "duplicate_of": "int64",
        "censored": "bool",
    },
    "attempts": {
        "replication": "int32", "lead_id": "int64", "attempt": "int32", "rep_id": "int32", "due_at": "float64",
        "started_at": "float64", "ended_at": "float64", "channel": "int32", "result": "int32", "automatic": "bool",
    },
    "rep_time": {
        "replication": "int32", "rep_id": "int32", "state": "int32", "started_at": "float64", "ended_at": "float64",
    },
    "marketing": {
        "replication": "int32", "day": "int32", "source": "int32", "campaign": "int32", "visits_count": "int64",
        "spend": "float64",
    },
}  # fmt: skip
KEYS = {
    "leads": ("replication", "lead_id"),
    "attempts": ("replication", "lead_id", "attempt"),
    "rep_time": ("replication", "rep_id", "started_at"),
    "marketing": ("replication", "day", "source", "campaign"),
}
OUTCOMES = ("open", "won", "lost", "recycled")
REASONS = ("unreachable", "bad fit", "no need", "timing", "competitor", "duplicate", "gone_cold", "below handoff")
RESULTS = ("no answer", "voicemail", "talk", "bad number", "sent")
STATES = ("idle", "working", "overtime", "other work")
TEXT = {
    "leads": ("source", "campaign", "persona", "segment", "outcome", "reason"),
    "attempts": ("channel", "result"),
    "rep_time": ("state",),
    "marketing": ("source", "campaign"),
}
TIMES = {
    "leads": tuple(name for name in SCHEMA["leads"] if name.endswith("_at")),
    "attempts": ("due_at", "started_at", "ended_at"),
    "rep_time": ("started_at", "ended_at"),
    "marketing": (),
}
_IN_ORDER = (
    ("created_at", "mql_at"), ("mql_at", "handed_at"), ("handed_at", "first_attempt_at"),
    ("first_attempt_at", "connected_at"), ("connected_at", "qualified_at"), ("qualified_at", "met_at"),
    ("met_at", "opportunity_at"), ("opportunity_at", "deal_closed_at"),
)  # fmt: skip


class LazyTable(Mapping[str, Column]):
    """A table whose columns are made when they are first asked for.

    Parameters
    ----------
    makers
        What makes some consecutive rows of a column, by name.
    rows
        Which rows of them are this table; they begin at 0 or later.
    pieces
        What makes all rows piece by piece; None where they are made at once.
    """

    def __init__(
        self,
        makers: Mapping[str, Callable[[slice], Column]],
        rows: slice = slice(None),
        *,
        pieces: Callable[[], Iterator[Table]] | None = None,
    ) -> None:
        self._makers, self._rows, self._pieces = dict(makers), rows, pieces
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = self._makers[name](self._rows)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def part(self, rows: slice) -> LazyTable:
        """Return consecutive rows of these, which keep their own columns: drop them, and the memory is free."""
        first, ends = self._rows.start or 0, self._rows.stop
        if rows.stop is not None:
            ends = first + rows.stop if ends is None else min(ends, first + rows.stop)
        return LazyTable(self._makers, slice(first + (rows.start or 0), ends))

    def pieces(self) -> Iterator[Table]:
        """Yield all rows in consecutive pieces, none larger than need be at once."""
        return iter((self,)) if self._pieces is None else self._pieces()


def part_of(table: Table, rows: slice) -> LazyTable:
    """Return consecutive rows of a table, the first at 0 or later; of a lazy one, those rows alone are made."""
    if not isinstance(table, LazyTable):
        table = LazyTable({name: partial(_rows_of, table, name) for name in table})
    return table.part(rows)


def pieces_of(table: Table) -> Iterator[Table]:
    """Yield a table in consecutive pieces that need not be in memory at once; a plain one is one piece."""
    return table.pieces() if isinstance(table, LazyTable) else iter((table,))


def _rows_of(table: Table, name: str, rows: slice) -> Column:
    return table[name][rows]


@dataclass(frozen=True, eq=False)
class Ledger:
    """Everything that happened in one or more runs.

    Parameters
    ----------
    epoch
        The instant 0, in UTC.
    ends_at
        End of observation, minutes since the epoch: what is due later is left out of every share.
    categories
        Names by text column, in scenario order.
    tables
        ``leads``, ``attempts``, ``rep_time`` and ``marketing`` as columns; see ``SCHEMA``. Those that an engine makes
        column by column are checked by :meth:`check` and when they are joined or written, all others at once.
    facts
        One item a replication: its number, scenario digest, seed and headline measures; as a table under ``runs``.

    Raises
    ------
    LedgerError
        If a column is missing, has another dtype, or an invariant does not hold.
    """

    epoch: dt.datetime
    ends_at: float
    categories: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, Table]
    facts: Sequence[Mapping[str, Any]] = ()

    def __post_init__(self) -> None:
        if self.epoch.tzinfo is None or not np.isfinite(self.ends_at):
            raise LedgerError("a ledger needs an epoch with its time zone, and an end of observation")
        if not any(isinstance(table, LazyTable) for table in self.tables.values()):
            self.check()

    def check(self) -> None:
        """Raise LedgerError unless every column and every invariant is as it must be."""
        for name in SCHEMA:
            _check_schema(name, self.tables.get(name, {}))
            _check_codes(name, self.tables[name], self.categories)
            _check_order(name, self.tables[name])
        _check_times(self.tables["leads"], self.categories["outcome"])
        _check_attempts(self.tables["leads"], self.tables["attempts"])

    @property
    def leads(self) -> pd.DataFrame:
        """One row a lead."""
        return self.frame("leads")

    @property
    def attempts(self) -> pd.DataFrame:
        """One row an attempt; attempt 0 is an automatic first touch."""
        return self.frame("attempts")

    @property
    def rep_time(self) -> pd.DataFrame:
        """One row a stretch of a rep's time."""
        return self.frame("rep_time")

    @property
    def marketing(self) -> pd.DataFrame:
        """One row a day, source and campaign; ``day`` counts local days from the epoch."""
        return self.frame("marketing")

    @property
    def runs(self) -> pd.DataFrame:
        """One row a replication: scenario digest, seed and headline measures."""
        import pandas as pd

        return pd.DataFrame(list(self.facts))

    def as_timestamps(self, table: str = "leads") -> pd.DataFrame:
        """Return a table with its times as UTC timestamps in place of minutes."""
        import pandas as pd

        found, start = self.frame(table), pd.Timestamp(self.epoch)
        for column in TIMES[table]:
            found[column] = start + pd.to_timedelta(found[column], unit="min")
        return found

    @classmethod
    def concat(cls, ledgers: Sequence[Ledger]) -> Ledger:
        """Join ledgers of several replications of one scenario into one, in order of replication."""
        if not ledgers:
            raise LedgerError("no ledger to join")
        first = ledgers[0]
        tables = {
            name: {column: np.concatenate([ledger.tables[name][column] for ledger in ledgers]) for column in columns}
            for name, columns in SCHEMA.items()
        }  # fmt: skip
        facts = tuple(fact for ledger in ledgers for fact in ledger.facts)
        return cls(first.epoch, first.ends_at, first.categories, tables, facts)

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table as a data frame, its codes as names."""
        import pandas as pd

        table = self.tables[name]
        columns: dict[str, Any] = {column: table[column] for column in SCHEMA[name]}
        for text in TEXT[name]:
            columns[text] = pd.Categorical.from_codes(table[text], categories=pd.Index(self.categories[text]))
        return pd.DataFrame(columns)


def _check_schema(name: str, table: Table) -> None:
    missing = [column for column in SCHEMA[name] if column not in table]
    if missing:
        raise LedgerError(f"table {name} lacks {', '.join(missing)}")
    extra = [column for column in table if column not in SCHEMA[name]]
    if extra:
        raise LedgerError(f"table {name} has unknown columns {', '.join(extra)}")
    for column, dtype in SCHEMA[name].items():
        if table[column].dtype != np.dtype(dtype):
            raise LedgerError(f"{name}.{column} is {table[column].dtype}, not {dtype}")
    if len({len(values) for values in table.values()}) > 1:
        raise LedgerError(f"the columns of {name} differ in length")


def _check_codes(name: str, table: Table, categories: Mapping[str, tuple[str, ...]]) -> None:
    for column in TEXT[name]:
        codes = table[column]
        if column not in categories:
            raise LedgerError(f"there are no names for {name}.{column}")
        if len(codes) and (codes.min() < -1 or codes.max() >= len(categories[column])):
            raise LedgerError(f"{name}.{column} has a code without a name")


def _check_order(name: str, table: Table) -> None:
    """Rows must be in strictly rising order of their key."""
    tied = np.ones(max(len(table["replication"]) - 1, 0), dtype=bool)
    for column in KEYS[name]:
        step = np.diff(table[column].astype(np.float64) if column == "started_at" else table[column])
        if np.any(tied & (step < 0)):
            raise LedgerError(f"the rows of {name} are not sorted by {', '.join(KEYS[name])}")
        tied &= step == 0
    if name != "rep_time" and np.any(tied):
        raise LedgerError(f"{name} has two rows with one key ({', '.join(KEYS[name])})")


def _check_times(leads: Table, outcomes: Sequence[str]) -> None:
    for earlier, later in _IN_ORDER:
        if np.any(leads[earlier] > leads[later]):
            raise LedgerError(f"a lead has {later} before {earlier}")
        if np.any(np.isnan(leads[earlier]) & ~np.isnan(leads[later])):
            raise LedgerError(f"a lead has {later} without {earlier}")
    is_open = leads["outcome"] == outcomes.index("open")
    if np.any(is_open != np.isnan(leads["resolved_at"])):
        raise LedgerError("a lead must have resolved_at unless its outcome is open")
    if np.any(is_open != leads["censored"]):
        raise LedgerError("the leads that are still open, and only they, are censored")


def _check_attempts(leads: Table, attempts: Table) -> None:
    human, tried = ~attempts["automatic"], leads["attempt_count"] > 0
    keys = np.stack([attempts[key][human].astype(np.int64) for key in KEYS["leads"]])
    worked = np.stack([leads[key][tried].astype(np.int64) for key in KEYS["leads"]])
    first = np.flatnonzero(np.append(True, np.any(np.diff(keys) != 0, axis=0))[: keys.shape[1]])
    counts = np.diff(np.append(first, keys.shape[1]))
    if not (np.array_equal(keys[:, first], worked) and np.array_equal(counts, leads["attempt_count"][tried])):
        raise LedgerError("attempt counts of leads and rows of attempts disagree")
    if not np.all(np.isin(attempts["lead_id"], leads["lead_id"])):
        raise LedgerError("an attempt belongs to no lead")
    if np.any(attempts["started_at"] < attempts["due_at"]) or np.any(attempts["ended_at"] < attempts["started_at"]):
        raise LedgerError("an attempt starts before it is due, or ends before it starts")
