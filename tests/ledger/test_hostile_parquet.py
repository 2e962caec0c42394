"""A ledger can come from anywhere: a damaged or forged file is refused in one line, and never takes the reader down."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.ledger import SCHEMA, Ledger
from smarketing_sim.ledger_files import read_ledger, write_ledger
from tests.patience import HANG_SECONDS

ROOT = Path(__file__).resolve().parents[2]
READER = """
import pathlib, sys
from smarketing_sim.errors import InputError
from smarketing_sim.ledger_files import read_ledger
for folder in sys.stdin.read().split():
    try:
        read_ledger(pathlib.Path(folder))
        print(folder, "read", flush=True)
    except InputError as error:
        lines = str(error).splitlines()
        print(folder, "refused" if len(lines) == 1 and lines[0].isprintable() else "unclear", flush=True)
"""


@pytest.fixture
def written(ledger: Ledger, tmp_path: Path) -> Path:
    """A ledger whose seal was taken off, so that each fault is found for what it is."""
    write_ledger(ledger, tmp_path / "good")
    runs = tmp_path / "good" / "runs.parquet"
    told = pq.read_table(runs)
    pq.write_table(told.replace_schema_metadata({b"pandas": told.schema.metadata[b"pandas"]}), runs)
    return tmp_path / "good"


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_ledger(folder)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert text.isprintable()
    return text


@pytest.mark.parametrize("name", [*SCHEMA, "runs"])
def test_a_missing_empty_or_foreign_file_is_refused(written: Path, name: str) -> None:
    path = written / f"{name}.parquet"
    for content in (b"", b"PAR1", b"PAR1PAR1", b"hello\nworld\n", b"PAR1" + b"\xff" * 1000 + b"PAR1"):
        path.write_bytes(content)
        refused(written)
    path.unlink()
    refused(written)
    path.mkdir()
    refused(written)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere")
    refused(tmp_path)


Change = Callable[[pa.Table], pa.Table]


def with_column(name: str, values: Callable[[pa.ChunkedArray], Any]) -> Change:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.get_field_index(name), name, values(table.column(name)))

    return change


def with_facts(**facts: Any) -> Change:
    def change(table: pa.Table) -> pa.Table:
        known = json.loads(table.schema.metadata[b"ledger"]) | facts
        return table.replace_schema_metadata({**table.schema.metadata, b"ledger": json.dumps(known).encode()})

    return change


def first_null(column: pa.ChunkedArray) -> pa.Array:
    return pa.array([None, *column.to_pylist()[1:]], type=column.type)


FORGED: dict[str, tuple[str, Change]] = {
    "no metadata": ("leads", lambda table: table.replace_schema_metadata(None)),
    "metadata is no JSON": ("leads", lambda table: table.replace_schema_metadata({b"ledger": b"{"})),
    "metadata is a list": ("leads", lambda table: table.replace_schema_metadata({b"ledger": b"[1]"})),
    "metadata is nested": ("leads", lambda table: table.replace_schema_metadata({b"ledger": b"[" * 100_000})),
    "no epoch": ("leads", with_facts(epoch=None)),
    "epoch is no date": ("leads", with_facts(epoch="soon")),
    "epoch without a zone": ("leads", with_facts(epoch="2026-01-01T00:00:00")),
    "end is no number": ("leads", with_facts(ends_at="late")),
    "end is not a number": ("leads", with_facts(ends_at=float("nan"))),
    "categories are a list": ("leads", with_facts(categories=[1])),
    "categories are empty": ("leads", with_facts(categories={})),
    "categories are numbers": ("leads", with_facts(categories={"source": 5})),
    "column left out": ("leads", lambda table: table.drop_columns(["score"])),
    "counts as halves": ("leads", with_column("attempt_count", lambda c: pc.add(pc.cast(c, "float64"), 0.5))),
    "counts with gaps": ("leads", with_column("attempt_count", first_null)),
    "ids with gaps": ("leads", with_column("lead_id", first_null)),
    "truth with gaps": ("leads", with_column("fit", first_null)),
    "ids as text": ("leads", with_column("lead_id", lambda c: pa.array([f"x{n}" for n in range(len(c))]))),
    "times as text": ("leads", with_column("created_at", lambda c: pa.array(["noon"] * len(c)))),
    "times as lists": ("leads", with_column("created_at", lambda c: pa.array([[1.0]] * len(c)))),
    "source unknown": ("leads", with_column("source", lambda c: pa.array(["radio"] * len(c)))),
    "source as number": ("leads", with_column("source", lambda c: pa.array([0] * len(c)))),
    "rows turned round": ("leads", lambda table: table.take(list(range(len(table) - 1, -1, -1)))),
    "rows left out": ("attempts", lambda table: table.filter(pc.not_equal(table.column("attempt"), 2))),
    "created never": ("leads", with_column("created_at", lambda c: pa.nulls(len(c), pa.float64()))),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", FORGED)
def test_a_forged_table_is_refused(written: Path, case: str) -> None:
    name, change = FORGED[case]
    path = written / f"{name}.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    refused(written)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return the bytes of a file with some flipped, cut, repeated or wiped."""
    data, start = bytearray(content), chance.randrange(len(content))
    stop = min(len(data), start + chance.choice((1, 2, 8, 64, 1024)))
    how = chance.randrange(5)
    if how == 0:
        for _ in range(chance.choice((1, 1, 2, 10, 100))):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif how == 1:
        del data[start:]
    elif how == 2:
        del data[start:stop]
    elif how == 3:
        data[start:start] = data[start:stop]
    else:
        data[start:stop] = bytes([chance.choice((0, 255))]) * (stop - start)
    footer = len(data) - chance.randrange(8, min(4000, len(data)))
    if chance.random() < 0.5 and footer > 0:
        data[footer] ^= 1 << chance.randrange(8)
    return bytes(data)


def hold_no_crash(written: Path, numbers: range) -> None:
    folders = []
    for number in numbers:
        chance = random.Random(number)
        folder = written.parent / f"m{number}"
        shutil.copytree(written, folder)
        path = folder / f"{chance.choice((*SCHEMA, 'runs'))}.parquet"
        path.write_bytes(damaged(path.read_bytes(), chance))
        folders.append(str(folder))
    code = [sys.executable, "-c", READER]
    done = subprocess.run(
        code,
        input="\n".join(folders),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    verdicts = dict(line.split() for line in done.stdout.splitlines())
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(verdicts) == folders
    assert set(verdicts.values()) <= {"read", "refused"}
    assert list(verdicts.values()).count("refused") > len(folders) // 3


@pytest.mark.slow
def test_fifty_damaged_files_are_refused_or_read_and_never_crash(written: Path) -> None:
    hold_no_crash(written, range(50))


@pytest.mark.soak
@pytest.mark.parametrize("block", range(20))
def test_a_thousand_damaged_files_are_refused_or_read_and_never_crash(written: Path, block: int) -> None:
    hold_no_crash(written, range(1000 + block * 50, 1050 + block * 50))
