"""A ledger as data frames and as Parquet files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from smarketing_sim.errors import InputError, LedgerError, Problem
from smarketing_sim.ledger import SCHEMA, TEXT, Column, Ledger

_TIMES = {
    "leads": tuple(name for name in SCHEMA["leads"] if name.endswith("_at")),
    "attempts": ("due_at", "started_at", "ended_at"),
    "rep_time": ("started_at", "ended_at"),
    "marketing": (),
}
_UNREADABLE = (OSError, pa.ArrowException, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
               RecursionError)  # fmt: skip


def frame(ledger: Ledger, name: str) -> pd.DataFrame:
    """Return a table as a data frame, its codes as names."""
    table = ledger.tables[name]
    columns: dict[str, Any] = {column: table[column] for column in SCHEMA[name]}
    for text in TEXT[name]:
        columns[text] = pd.Categorical.from_codes(table[text], categories=pd.Index(ledger.categories[text]))
    return pd.DataFrame(columns)


def runs(ledger: Ledger) -> pd.DataFrame:
    """Return one row a replication: scenario digest, seed and headline measures."""
    return pd.DataFrame(list(ledger.facts))


def timestamps(ledger: Ledger, name: str) -> pd.DataFrame:
    """Return a table with its times as UTC timestamps in place of minutes."""
    found, start = frame(ledger, name), pd.Timestamp(ledger.epoch)
    for column in _TIMES[name]:
        found[column] = start + pd.to_timedelta(found[column], unit="min")
    return found


def write(ledger: Ledger, folder: Path) -> None:
    """Write every table of a ledger into a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in SCHEMA:
            pq.write_table(_arrow(ledger, name), folder / f"{name}.parquet")
        runs(ledger).to_parquet(folder / "runs.parquet", index=False)
    except OSError as error:
        raise InputError([Problem(f"cannot be written: {error.strerror}", file=str(folder))]) from None


def read(folder: Path) -> Ledger:
    """Read what :func:`write` wrote."""
    try:
        arrow = {name: _read_file(folder / f"{name}.parquet") for name in SCHEMA}
        facts = json.loads((arrow["leads"].schema.metadata or {})[b"ledger"])
        tables = {name: _columns(name, table) for name, table in arrow.items()}
        epoch = dt.datetime.fromisoformat(facts["epoch"])
        categories = {name: tuple(values) for name, values in facts["categories"].items()}
        told = _read_file(folder / "runs.parquet").to_pylist()
        return Ledger(epoch, float(facts["ends_at"]), categories, tables, tuple(told))
    except (*_UNREADABLE, LedgerError) as error:
        raise InputError([Problem(f"is not a ledger: {error}", file=str(folder))]) from None


def _arrow(ledger: Ledger, name: str) -> pa.Table:
    facts = {"epoch": ledger.epoch.isoformat(), "ends_at": ledger.ends_at,
             "categories": {key: list(names) for key, names in ledger.categories.items()}}  # fmt: skip
    arrow = pa.Table.from_pandas(frame(ledger, name), preserve_index=False)
    return arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), b"ledger": json.dumps(facts).encode()})


def _read_file(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read()


def _columns(name: str, table: pa.Table) -> dict[str, Column]:
    facts = json.loads((table.schema.metadata or {})[b"ledger"])
    columns: dict[str, Column] = {}
    for column, dtype in SCHEMA[name].items():
        values = table.column(column)
        if column in TEXT[name]:
            names = {text: code for code, text in enumerate(facts["categories"][column])}
            codes = [names[text] if text is not None else -1 for text in values.to_pylist()]
            columns[column] = np.array(codes, dtype=np.int32)
        else:
            columns[column] = _plain(f"{name}.{column}", values, dtype)
    return columns


def _plain(name: str, values: pa.ChunkedArray, dtype: str) -> Column:
    if dtype == "object":
        return np.array([None if text is None else str(text) for text in values.to_pylist()], dtype=object)
    if dtype != "float64" and values.null_count:
        raise ValueError(f"{name} has empty cells")
    numbers: Column = values.cast(pa.from_numpy_dtype(np.dtype(dtype))).to_numpy()
    return numbers
