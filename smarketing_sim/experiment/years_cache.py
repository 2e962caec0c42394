"""Simulated years that were finished before, kept in a file: the same report again, or a killed one, goes on there.

What a year came to is kept under all that settles it: the code of this package, the versions of the libraries that make
numbers, the scenarios, seed and number of the year. Anything that cannot be told in plain types is simulated again, and
a file that cannot be read or written only costs time.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
import platform
import sqlite3
import threading
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import numpy as np

import smarketing_sim
from smarketing_sim.experiment.panel import PanelYear
from smarketing_sim.experiment.replications import Replication
from smarketing_sim.measure.sla import ClauseCounts
from smarketing_sim.measure.summary import Measures
from smarketing_sim.scenario.schema import Scenario, ordered_digest, years_digest

MOST = 20_000
"""Jobs that a file keeps, some ten kilobytes each; the oldest go first."""

_NUMBERS = ("numpy", "scipy", "pandas", "simpy", "numba", "tzdata", "holidays")
_KEPT = {kind.__name__: kind for kind in (Measures, ClauseCounts)}
_OURS = f"{smarketing_sim.__name__}."
_TABLE = "CREATE TABLE IF NOT EXISTS years (name TEXT PRIMARY KEY, code TEXT, found BLOB)"
_SPOILT = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY}
_ONE = "SELECT found FROM years WHERE name = ?"


class KnownYears(Executor):
    """An executor that looks each job up among those finished before, and keeps those that it has to hand on.

    Parameters
    ----------
    workers
        Where jobs run that are not known.
    file
        Where they are kept; where it cannot be used, every job is run.
    """

    def __init__(self, workers: Executor, file: Path) -> None:
        self._workers, self._lock, self._code = workers, threading.Lock(), code_digest()
        self._years = _opened(file, self._code)
        self._running: dict[str, Future[Any]] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the future of a job, done already where what it comes to is known."""
        name = self._name((fn, args, kwargs))
        if name is None:
            return self._workers.submit(fn, *args, **kwargs)
        with contextlib.suppress(LookupError):
            known: Future[Any] = Future()
            known.set_result(self._found(name))
            return known
        running = self._running[name] = self._workers.submit(fn, *args, **kwargs)
        running.add_done_callback(functools.partial(self._keep, name))
        return running

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, and close the file."""
        self._workers.shutdown(wait=wait, cancel_futures=cancel_futures)
        self.close()

    def close(self) -> None:
        """Close the file; the workers stay."""
        for name, job in list(self._running.items()):  # whoever waits for a job may be fingerprint before it is kept
            self._keep(name, job)
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._years is not None:
                self._years.close()
            self._years = None

    def _name(self, job: Any) -> str | None:
        """Return what tells a job from any other; None where it cannot be fingerprint, or nothing can be kept."""
        if self._years is None:
            return None
        try:
            return hashlib.sha256(json.dumps([self._code, fingerprint(job)]).encode()).hexdigest()
        except TypeError:
            return None

    def _found(self, name: str) -> Any:
        """Return what a job came to; a LookupError where that is not known."""
        try:
            with self._lock:
                rows = [] if self._years is None else self._years.execute(_ONE, [name]).fetchall()
            return from_plain(json.loads(zlib.decompress(_unsealed(name, rows[0][0]))))
        except (sqlite3.Error, zlib.error, ValueError, TypeError, LookupError) as error:
            raise LookupError from error

    def _keep(self, name: str, done: Future[Any]) -> None:
        self._running.pop(name, None)
        if not done.done() or done.cancelled() or done.exception() is not None:
            return
        with contextlib.suppress(TypeError, sqlite3.Error), self._lock:
            found = _sealed(name, zlib.compress(json.dumps(to_plain(done.result())).encode(), 1))
            if self._years is not None:
                self._years.execute("INSERT OR REPLACE INTO years VALUES (?, ?, ?)", [name, self._code, found])


@functools.cache
def code_digest() -> str:
    """Return what tells the code that makes numbers from any other: this package's, and the versions of libraries."""
    folder = Path(smarketing_sim.__file__).parent
    digest = hashlib.sha256(platform.python_version().encode() + platform.machine().encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    for name in _NUMBERS:
        with contextlib.suppress(ImportError):
            digest.update(f"{name} {version(name)}\0".encode())
    return digest.hexdigest()


def fingerprint(value: Any, of_scenario: Callable[[Scenario], str] = ordered_digest) -> Any:
    """Return in JSON types all that tells a job, or a part of one, from any other.

    Of the scenarios of a job that only counts, that is less: what is held against the counts afterwards is left out.

    Raises
    ------
    TypeError
        If some of it cannot be fingerprint.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Scenario):
        return of_scenario(value)
    if isinstance(value, Mapping):
        value = list(value.items())
    if isinstance(value, tuple | list):
        return [fingerprint(item, of_scenario) for item in value]
    if isinstance(value, MethodType):
        return [value.__func__.__qualname__, fingerprint(value.__self__, of_scenario)]
    if isinstance(value, FunctionType):
        return _named(value)
    if is_dataclass(value) and not isinstance(value, type):
        told = years_digest if isinstance(value, PanelYear | Replication) else of_scenario
        return [*_named(type(value)), *(fingerprint(getattr(value, field.name), told) for field in fields(value))]
    raise TypeError(f"{type(value).__name__} cannot be fingerprint")


def _named(ours: FunctionType | type) -> list[str]:
    """Return the full name of a function or class of this package, whose code the digest of the code covers."""
    if not ours.__module__.startswith(_OURS) or "<" in ours.__qualname__:
        raise TypeError(f"{ours.__qualname__} cannot be fingerprint")
    return [ours.__module__, ours.__qualname__]


def to_plain(value: Any) -> Any:
    """Return what a job came to in JSON types, from which :func:`from_plain` makes it again to the last bit.

    Raises
    ------
    TypeError
        If a part is neither a plain value, an array of numbers nor a measure.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [to_plain(item) for item in value]}
    if isinstance(value, dict):
        return {"names": list(value), "values": [to_plain(item) for item in value.values()]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": data, "dtype": value.dtype.str, "shape": value.shape}
    if type(value).__name__ in _KEPT:
        return {"kind": type(value).__name__, "fields": [to_plain(getattr(value, f.name)) for f in fields(value)]}
    raise TypeError(f"{type(value).__name__} cannot be kept")


def from_plain(plain: Any) -> Any:
    """Return what :func:`to_plain` was given.

    Raises
    ------
    ValueError, TypeError, KeyError
        If nothing was.
    """
    if isinstance(plain, list):
        return [from_plain(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    if "tuple" in plain:
        return tuple(from_plain(item) for item in plain["tuple"])
    if "names" in plain:
        return dict(zip(plain["names"], map(from_plain, plain["values"]), strict=True))
    if "array" in plain:
        data = bytearray(base64.b64decode(plain["array"], validate=True))
        return np.frombuffer(data, dtype=plain["dtype"]).reshape(plain["shape"])
    return _KEPT[plain["kind"]](*map(from_plain, plain["fields"]))


def _sealed(name: str, found: bytes) -> bytes:
    """Return what a job came to behind a digest that goes with it and with its name alone."""
    return hashlib.sha256(name.encode() + found).digest() + found


def _unsealed(name: str, sealed: bytes) -> bytes:
    """Return what :func:`_sealed` was given; ValueError for anything else."""
    found = sealed[hashlib.sha256().digest_size :]
    if sealed != _sealed(name, found):
        raise ValueError("this was not kept under this name")
    return found


def _opened(file: Path, code: str) -> sqlite3.Connection | None:
    """Return the years kept in a file, without those of other code and with room for more; None if it is unusable.

    A file that holds anything else is removed. A link is not followed: what it leads to is somebody else's.
    """
    for _ in range(0 if file.is_symlink() else 2):
        years = None
        try:
            years = sqlite3.connect(file, timeout=5.0, isolation_level=None, check_same_thread=False)
            years.execute("PRAGMA synchronous = OFF")  # after a power cut, what is not whole is simulated again
            years.execute(_TABLE)
            years.execute("DELETE FROM years WHERE code != ?", [code])
            years.execute(_ONE, [""]).fetchall()
            years.execute("DELETE FROM years WHERE rowid <= (SELECT max(rowid) FROM years) - ?", [MOST])
            return years
        except (sqlite3.Error, UnicodeError) as error:
            if years is not None:
                years.close()
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _SPOILT:
                return None  # no such folder, no right to write, no room
            with contextlib.suppress(OSError):
                file.unlink()
    return None
