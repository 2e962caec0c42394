"""The shelf of published runs: safe names, one-step moves, a lock, and nothing half-written whatever happens."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from smarketing_sim.errors import InputError, Problem, RunFailed
from smarketing_sim.lifetimes import passing_folder
from smarketing_sim.plain import one_line

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no advisory locks; runs there are published one at a time
    fcntl = None  # type: ignore[assignment]

STAGING_PREFIX = ".staging-"
LOCK_NAME = ".lock"

_LEFTOVER_AGE_SECONDS = 86_400
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LOOKS_HASHED = re.compile(r".*-[0-9a-f]{10}|[0-9a-f]{10}")
_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
_SLUG_LENGTH = 64
_USER_MAY_MEND = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ELOOP,
}


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


def run_id(published_at: datetime, identity_hex8: str) -> str:
    """Return ``YYYYMMDDTHHMMSSZ-xxxxxxxx``: the time in UTC and what tells this run's inputs from others.

    Raises
    ------
    ValueError
        If the time has no zone, or the identity is not eight hexadecimal digits.
    """
    if published_at.tzinfo is None:
        raise ValueError("the publishing time needs a time zone")
    if not re.fullmatch("[0-9a-f]{8}", identity_hex8):
        raise ValueError("the identity is eight hexadecimal digits")
    return f"{published_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{identity_hex8}"


def slug(name: str) -> str:
    """Return a folder name for ``name``: ``[a-z0-9-]``, at most 64 characters, safe on every file system.

    A name that is already such a slug stays as it is. Any other gets a hash of itself at the end, and so does a name
    that looks as if it had one, so two names never meet.
    """
    fits = len(name) <= _SLUG_LENGTH and _SLUG.fullmatch(name)
    if fits and not _LOOKS_HASHED.fullmatch(name) and not _DEVICES.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    folded = unicodedata.normalize("NFKD", name[:1000]).encode("ascii", "ignore").decode("ascii").lower()
    stem = "-".join(re.findall("[a-z0-9]+", folded))[: _SLUG_LENGTH - 11].strip("-")
    return f"{stem}-{digest}" if stem else f"unnamed-{digest}"


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


def check_inside(root: Path, *parts: str) -> Path:
    """Return ``root/parts…`` if it lies inside ``root`` once links are followed.

    Raises
    ------
    InputError
        If it does not, or a part is no plain name.
    """
    for part in parts:
        if part in {"", ".", ".."} or {"/", "\\", "\0"} & set(part) or part.startswith("."):
            raise InputError([Problem("this is no name for a folder of published runs", value=part)])
    place = root.joinpath(*parts)
    try:
        inside = place.resolve().is_relative_to(root.resolve())
    except RuntimeError:
        # A link that leads to itself.
        inside = False
    if not inside:
        raise InputError([Problem("this folder is a link that leads out of the reports folder", file=str(place))])
    return place


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


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path`` so that a reader, or a crash, sees the old file or the new one and nothing between.

    Raises
    ------
    InputError
        If the folder cannot be written.
    RunFailed
        If the disk fails or is full.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with disk_faults_told(path):
        try:
            _write_synced(beside, data)
            os.replace(beside, path)
            _sync_folder(path.parent)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def manifest(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below ``folder``, by its name with forward slashes, in order."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def disk_faults_told(path: Path) -> Iterator[None]:
    """Turn what the system says about a file into one line for the user, with the way out where there is one.

    Raises
    ------
    InputError
        If another folder would do.
    RunFailed
        If the disk fails or is full.
    """
    try:
        yield
    except OSError as error:
        where = str(path if STAGING_PREFIX in str(error.filename) else error.filename or path)
        if error.errno in _USER_MAY_MEND:
            rule = f"cannot be written: {error.strerror}; choose another folder"
            raise InputError([Problem(rule, file=where)]) from None
        raise RunFailed(
            f"{one_line(where)}: could not be written: {error.strerror or error}; what was there before is kept"
        ) from None


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
    _sync_folder(parent)
    _sync_folder(root)
    return place


def _candidates(parent: Path, name: str) -> Iterator[Path]:
    yield parent / name
    yield from (parent / f"{name}-{number}" for number in count(2))


def _write_synced(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_tree(folder: Path) -> None:
    for directory, _, files in os.walk(folder, topdown=False):
        for name in files:
            _sync(Path(directory, name), os.O_RDWR)
        _sync_folder(Path(directory))


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # pragma: no branch
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
