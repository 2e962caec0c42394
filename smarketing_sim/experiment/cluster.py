"""Somebody's Dask cluster as an executor: only over safe connections, and only with the same model on every worker."""

from __future__ import annotations

import gc
import importlib.metadata
import ipaddress
import logging
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import smarketing_sim
from smarketing_sim.errors import InputError, Problem, SmarketingWarning

PATIENCE_SECONDS = 30.0

_MODEL = "smarketing_sim"
_DAYS = ("tzdata", "holidays")
_NUMBERS = ("numpy", "numba", *_DAYS)


class ClusterWarning(SmarketingWarning):
    """A cluster whose workers have other libraries than this machine."""


@contextmanager
def dask_executor(address: str, *, insecure: bool = False) -> Iterator[Executor]:
    """Provide an executor on a Dask cluster that is running already.

    Dask's messages can run code on both ends, so the connection must be on this machine (``tcp://127.0.0.1:8786``) or
    encrypted (``tls://…``, with the certificates of Dask's own configuration). On one machine, a cluster that nobody
    else can reach is started with ``dask scheduler --host 127.0.0.1 --dashboard-address 127.0.0.1:0`` and, for each
    worker, ``dask worker tcp://127.0.0.1:8786 --host 127.0.0.1 --dashboard-address 127.0.0.1:0``; without the last
    option both answer HTTP on all addresses, even with ``--no-dashboard``.

    Parameters
    ----------
    address
        Where the scheduler listens.
    insecure
        Allow an open connection to another machine.

    Raises
    ------
    InputError
        If the address is not allowed, nobody answers in half a minute, Dask is not installed, or a worker has no
        package or one of another version.
    """
    check_address(address, insecure=insecure)
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise InputError("a cluster needs Dask: pip install 'smarketing-sim[cluster]'") from None
    with _quiet():
        client = _connected(Client, address)
        try:
            check_versions(versions(), _of_workers(client, address))
            yield client.get_executor(pure=False)
        finally:
            client.close(timeout=PATIENCE_SECONDS)


def check_address(address: str, *, insecure: bool) -> None:
    """Raise InputError unless a scheduler at this address may be talked to."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in {"tcp", "tls"} and bool(parts.hostname) and parts.port is not None
        known = known and not (parts.path or parts.query or parts.fragment or parts.username)
    except ValueError:
        known = False
    if not known:
        rule = "must be the address of a Dask scheduler, such as tcp://127.0.0.1:8786 or tls://scheduler:8786"
        raise InputError([Problem(rule, path="--cluster", value=address)])
    if parts.scheme == "tcp" and not insecure and not _on_this_machine(parts.hostname or ""):
        rule = "would send all unencrypted to another machine; use tls://, or --insecure where you trust the network"
        raise InputError([Problem(rule, path="--cluster", value=address)])


def versions() -> dict[str, str | None]:
    """Return the versions on this machine of all that shapes a number; None where one is not installed."""
    found: dict[str, str | None] = {_MODEL: smarketing_sim.__version__}
    for name in _NUMBERS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def check_versions(mine: Mapping[str, str | None], theirs: list[Mapping[str, str | None] | None]) -> None:
    """Hold the versions of workers against those here; None stands for a worker that could not tell.

    Raises
    ------
    InputError
        If a worker has no package, or one of another version; all such workers are told.
    """
    problems = []
    for number, found in enumerate(theirs, start=1):
        if found is None:
            problems.append(f"worker {number} of {len(theirs)} has no smarketing_sim; here it is {mine[_MODEL]}")
        elif found.get(_MODEL) != mine[_MODEL]:
            has = found.get(_MODEL)
            problems.append(f"worker {number} of {len(theirs)} has smarketing_sim {has}; here it is {mine[_MODEL]}")
    if problems:
        raise InputError(problems)
    for name in _NUMBERS:
        others = sorted({str(found.get(name)) for found in theirs if found is not None} - {str(mine[name])})
        if others:
            what = "its days or zones" if name in _DAYS else "last digits"
            text = f"workers have {name} {', '.join(others)}, here it is {mine[name]}; {what} may differ"
            warnings.warn(ClusterWarning(text), stacklevel=3)


def _on_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _connected(client: Any, address: str) -> Any:
    try:
        return client(address, timeout=PATIENCE_SECONDS, set_as_default=False)
    except Exception as error:  # a refused connection, a certificate that is missing or not trusted, a foreign server
        rule = f"no Dask scheduler answers there ({type(error).__name__})"
    # The half-made client goes here: collected while the next one starts, it would wait for a lock of that for ever.
    gc.collect()
    raise InputError([Problem(rule, path="--cluster", value=address)])


def _of_workers(client: Any, address: str) -> list[Mapping[str, str | None] | None]:
    try:
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
    except TimeoutError:
        raise InputError([Problem("this scheduler has no workers", path="--cluster", value=address)]) from None
    answers = client.run(versions, on_error="return")
    return [answers[worker] if isinstance(answers[worker], dict) else None for worker in sorted(answers)]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own log off the screen: what matters of it comes back as an error."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in {"distributed", "tornado"}]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
