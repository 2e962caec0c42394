"""The shelf of published runs: safe names, one-step moves, a lock, and nothing half-written whatever happens."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from smarketing_sim.files import STAGING_PREFIX, check_inside, disk_faults_told, sync, sync_folder
from smarketing_sim.lifetimes import passing_folder

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no advisory locks; runs there are published one at a time
    fcntl = None  # type: ignore[assignment]

LOCK_NAME = ".lock"

_LEFTOVER_AGE_SECONDS = 86_400


@dataclass(slots=True)
class Staging:
    """A run that is being made, hidden beside its place.

    Parameters
    ----------
    folder
        What will be published; write only here.
    work
        A scratch folder that goes away with the staging.
    place
        Where ``folder`` stands once the ``with`` block is left without an error; None before.
    """

    folder: Path
    work: Path
    place: Path | None = None


@contextmanager
def staged(root: Path, *parts: str) -> Iterator[Staging]:
    """Make a folder out of sight and move it to ``root/parts…`` in one step when the block ends well.

    When the place is taken, ``-2``, ``-3`` … is added to the last part. On any exception everything made is removed.

    Parameters
    ----------
    root
        The shelf; made when it is not there.
    parts
        Names below it, as :func:`slug` and :func:`run_id` give them.

    Raises
    ------
    InputError
        If the place lies outside ``root``, or the folder cannot be written.
    RunFailed
        If the disk fails or is full.
    """
    with disk_faults_told(root):
        root.mkdir(parents=True, exist_ok=True)
        check_inside(root, *parts)
        _remove_leftovers(root)
    with disk_faults_told(root), passing_folder(root / f"{STAGING_PREFIX}{os.getpid()}-{secrets.token_hex(8)}") as home:
        staging = Staging(folder=home / "run", work=home / "work")
        staging.folder.mkdir()
        staging.work.mkdir()
        yield staging
        _sync_tree(staging.folder)
        with locked(root):
            staging.place = _move(staging.folder, root, parts)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the shelf's lock: whoever moves a run or rewrites the hub waits here for the others."""
    with disk_faults_told(root):
        handle = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        if fcntl is not None:  # pragma: no branch
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def manifest(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below ``folder``, by its name with forward slashes, in order."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _remove_leftovers(root: Path) -> None:
    """Remove what killed runs left; a day is longer than any run that is still alive."""
    for leftover in root.glob(f"{STAGING_PREFIX}*"):
        with suppress(OSError):
            if not leftover.is_symlink() and time.time() - leftover.stat().st_mtime > _LEFTOVER_AGE_SECONDS:
                shutil.rmtree(leftover, ignore_errors=True)


def _move(folder: Path, root: Path, parts: tuple[str, ...]) -> Path:
    check_inside(root, *parts)
    parent = root.joinpath(*parts[:-1])
    parent.mkdir(parents=True, exist_ok=True)
    place = next(p for p in _candidates(parent, parts[-1]) if not os.path.lexists(p))
    os.rename(folder, place)
    sync_folder(parent)
    sync_folder(root)
    return place


def _candidates(parent: Path, name: str) -> Iterator[Path]:
    yield parent / name
    yield from (parent / f"{name}-{number}" for number in count(2))


def _sync_tree(folder: Path) -> None:
    for directory, _, files in os.walk(folder, topdown=False):
        for name in files:
            sync(Path(directory, name), os.O_RDWR)
        sync_folder(Path(directory))
