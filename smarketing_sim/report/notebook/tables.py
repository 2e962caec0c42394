"""The numbers behind a page as Parquet files, each written in one step."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from smarketing_sim.files import disk_faults_told, write_atomically


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index; the folder is made where it is not there.

    Raises
    ------
    InputError
        If the folder cannot be written.
    RunFailed
        If the disk fails or is full; what was there before is kept.
    """
    with disk_faults_told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_atomically(path, buffer.getvalue())
