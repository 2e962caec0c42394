"""A ledger as Parquet files.

``runs.parquet`` is written last and seals the others by their hashes, so files of two ledgers are never taken for one.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from smarketing_sim.errors import InputError, LedgerError, Problem, RunFailed
from smarketing_sim.ledger import SCHEMA, TEXT, Column, Ledger
from smarketing_sim.lifetimes import passing_folder
from smarketing_sim.printable import one_line

RUNS = "runs"

_UNREADABLE = (OSError, pa.ArrowException, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
               RecursionError)  # fmt: skip


def write_ledger(ledger: Ledger, folder: Path) -> None:
    """Write every table of a ledger, and ``runs``, into a folder as Parquet files.

    A new folder is there at once; one that is there changes file by file.

    Raises
    ------
    LedgerError
        If an invariant does not hold.
    InputError
        If the folder cannot be written.
    RunFailed
        If the disk fails or is full; what was there before is kept.
    """
    ledger.check()
    place = Path(os.path.realpath(folder))
    beside = place if place.is_dir() else place.parent
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with passing_folder(beside / f".{RUNS}-{secrets.token_hex(8)}") as staging:
            made = staging / "ledger"
            made.mkdir()
            _write_files(ledger, made)
            _move(made, place)
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in {errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG}:
            raise RunFailed(f"{one_line(folder)}: could not be written: {why}; what was there before is kept") from None
        raise InputError([Problem(f"cannot be written: {why}", file=str(folder))]) from None


def _write_files(ledger: Ledger, folder: Path) -> None:
    for name in SCHEMA:
        pq.write_table(_arrow(ledger, name), folder / f"{name}.parquet")
    runs = pa.Table.from_pandas(ledger.runs, preserve_index=False)
    seal = json.dumps(_hashes(folder)).encode()
    runs = runs.replace_schema_metadata({**(runs.schema.metadata or {}), b"seal": seal})
    pq.write_table(runs, folder / f"{RUNS}.parquet")
    for file in folder.iterdir():
        with file.open("rb+") as written:
            os.fsync(written.fileno())


def _move(made: Path, place: Path) -> None:
    if not os.path.lexists(place):
        made.rename(place)
        return
    for name in (*SCHEMA, RUNS):
        (made / f"{name}.parquet").replace(place / f"{name}.parquet")


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for name in SCHEMA:
        with (folder / f"{name}.parquet").open("rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _hold_seal(folder: Path, metadata: Mapping[bytes, bytes]) -> None:
    """Refuse files that were not written together; what was written elsewhere has no seal."""
    if b"seal" in metadata and json.loads(metadata[b"seal"]) != _hashes(folder):
        raise LedgerError("its files were not written together")


def read_ledger(folder: Path) -> Ledger:
    """Read what :func:`write_ledger` wrote; every invariant is checked again, for a file can come from anywhere.

    Raises
    ------
    InputError
        If it is no ledger.
    """
    try:
        arrow = {name: _read_file(folder / f"{name}.parquet") for name in SCHEMA}
        facts = json.loads((arrow["leads"].schema.metadata or {})[b"ledger"])
        tables = {name: _columns(name, table) for name, table in arrow.items()}
        epoch = dt.datetime.fromisoformat(facts["epoch"])
        categories = {name: tuple(values) for name, values in facts["categories"].items()}
        runs = _read_file(folder / f"{RUNS}.parquet")
        ledger = Ledger(epoch, float(facts["ends_at"]), categories, tables, tuple(runs.to_pylist()))
        _hold_seal(folder, runs.schema.metadata or {})
        return ledger
    except (*_UNREADABLE, LedgerError) as error:
        raise InputError([Problem(f"is not a ledger: {error}", file=str(folder))]) from None


def _arrow(ledger: Ledger, name: str) -> pa.Table:
    facts = {"epoch": ledger.epoch.isoformat(), "ends_at": ledger.ends_at,
             "categories": {key: list(names) for key, names in ledger.categories.items()}}  # fmt: skip
    arrow = pa.Table.from_pandas(ledger.frame(name), preserve_index=False)
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
