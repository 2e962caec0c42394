"""Finished pieces of a sweep on disk, so that a killed one goes on where it stopped.

Every file is written beside its place and moved there in one step; what cannot be read back whole is not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smarketing_sim.scenario.schema import digest_of

MAX_BYTES = 50_000_000

_PART = ".part-"
_LEFTOVER_AGE_SECONDS = 86_400


@dataclass(frozen=True)
class Journal:
    """A folder of finished jobs of one sweep.

    Parameters
    ----------
    folder
        Where the files are; it must be there.
    identity
        What tells this sweep from any other, in hex.
    """

    folder: Path
    identity: str

    def read(self, job: str) -> Any | None:
        """Return what was written for a job, or None where there is nothing that can be trusted."""
        try:
            with self._place(job).open("rb") as stream:
                found = json.loads(stream.read(MAX_BYTES))
            whole = found["sweep"] == self.identity and found["job"] == job
            return found["outcome"] if whole and found["check"] == digest_of(found["outcome"]) else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def write(self, job: str, outcome: Any) -> None:
        """Keep what a job came to, in JSON types."""
        content = {"sweep": self.identity, "job": job, "check": digest_of(outcome), "outcome": outcome}
        write_whole(self._place(job), json.dumps(content, allow_nan=False).encode())

    def _place(self, job: str) -> Path:
        return self.folder / f"{hashlib.sha256(f'{self.identity} {job}'.encode()).hexdigest()[:32]}.json"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: whatever happens, there is the old one or the new one, never half.

    Raises
    ------
    OSError
        If the disk does not take it; what was there before is kept.
    """
    part = path.with_name(f"{_PART}{secrets.token_hex(8)}")
    try:
        with part.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed runs left half-written; a day is longer than any write."""
    for leftover in folder.glob(f"{_PART}*"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_AGE_SECONDS:
                leftover.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # pragma: no cover - a folder cannot be synced there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
