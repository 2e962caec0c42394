"""Where replications run: here, or in processes on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from joblib.externals.loky import get_reusable_executor


class _Processes(Executor):
    """Processes on this machine; where one was killed, the next job starts fresh ones."""

    def __init__(self, count: int) -> None:
        self.count = count

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._pool().submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool().shutdown(wait=wait, kill_workers=cancel_futures)

    def _pool(self) -> Any:
        return get_reusable_executor(max_workers=self.count, timeout=60)


@contextmanager
def workers(count: int | None = None, *, jobs: int | None = None) -> Iterator[Executor | None]:
    """Provide an executor for a number of workers, all cores where it is None; None means: run here.

    Starting processes costs more than it saves for fewer than three jobs, so those run here too.
    """
    wanted = count if count is not None else os.cpu_count() or 1
    if wanted <= 1 or (jobs is not None and jobs < 3):
        yield None
        return
    executor = _Processes(min(wanted, jobs or wanted))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
