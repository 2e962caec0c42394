"""Where finished simulated years are kept: a file that a command names to every process it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "SMARKETING_YEARS_FILE"


@contextmanager
def years_kept(file: Path) -> Iterator[None]:
    """Have workers that are provided in this block, or in a process started in it, keep what they finish in a file."""
    os.environ[VARIABLE] = str(file.resolve())
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)


def years_file() -> Path | None:
    """Return the file of the surrounding block; None outside of any."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None
