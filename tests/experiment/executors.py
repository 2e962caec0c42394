"""Executors that fail, or that finish in another order, and jobs that kill the process they run in."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

Call = tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]


def replication_of(args: tuple[Any, ...]) -> int:
    """The number of the replication in a submitted job."""
    return int(args[0].replication)


class Backwards(Executor):
    """Runs nothing until somebody asks for a result, and then the last job first."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.order: list[int] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = _Asked(self)
        self.calls.append((future, fn, args))
        return future

    def finish(self) -> None:
        while self.calls:
            future, fn, args = self.calls.pop()
            self.order.append(replication_of(args))
            future.set_result(fn(*args))


class _Asked(Future[Any]):
    def __init__(self, owner: Backwards) -> None:
        super().__init__()
        self.owner = owner

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self.owner.finish()
        return super().exception(timeout)

    def result(self, timeout: float | None = None) -> Any:
        self.owner.finish()
        return super().result(timeout)


class Dying(Executor):
    """A pool that breaks whenever some replications are run in it, and takes the jobs behind them along.

    Once broken it refuses work, as real pools do, until it is repaired (``heals``).
    """

    def __init__(self, deadly: set[int], *, heals: bool = True) -> None:
        self.deadly, self.heals, self.broken, self.tried = deadly, heals, False, list[int]()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        number = replication_of(args)
        if self.broken and not self.heals:
            raise BrokenExecutor("the pool is broken")
        self.tried.append(number)
        future: Future[Any] = Future()
        again = self.tried.count(number) > 1
        self.broken = number in self.deadly or (self.broken and not again)
        if self.broken:
            future.set_exception(BrokenExecutor("a worker was killed"))
        else:
            future.set_result(fn(*args))
        return future


class Murderous(Executor):
    """Hands jobs on to real processes; one replication kills the process it runs in, once or always."""

    def __init__(self, inner: Executor, *, victim: int, mark: Path | None) -> None:
        self.inner, self.victim, self.mark = inner, victim, mark

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if replication_of(args) == self.victim:
            return self.inner.submit(die_first, self.mark, fn, *args)
        return self.inner.submit(fn, *args)


def die_first(mark: Path | None, fn: Callable[..., Any], *args: Any) -> Any:
    """Kill this process, unless the mark shows that it was done before."""
    if mark is None or not mark.exists():
        if mark is not None:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return fn(*args)
