"""Writing where a user says: safe names, one-step writes, and faults of the disk in plain words."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from smarketing_sim.errors import InputError, Problem, RunFailed
from smarketing_sim.printable import one_line

if TYPE_CHECKING:
    import pandas as pd

STAGING_PREFIX = ".staging-"
"""Begins the name of what is being made beside its place."""

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
            sync_folder(path.parent)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


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


def _write_synced(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Have the system write down what a folder holds, where it can."""
    if os.name == "posix":  # pragma: no branch
        sync(folder, os.O_RDONLY)


def sync(path: Path, flags: int) -> None:
    """Have the system write down what it keeps of a file, opened with some flags."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index in one step; the folder is made where it is not there.

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
