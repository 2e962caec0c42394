"""Where replications run: here, or in processes on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from joblib.externals.loky import get_reusable_executor


@contextmanager
def workers(count: int | None = None, *, jobs: int | None = None) -> Iterator[Executor | None]:
    """Provide an executor for a number of workers, all cores where it is None; None means: run here.

    Starting processes costs more than it saves for fewer than three jobs, so those run here too.
    """
    wanted = count if count is not None else os.cpu_count() or 1
    if wanted <= 1 or (jobs is not None and jobs < 3):
        yield None
        return
    executor = get_reusable_executor(max_workers=min(wanted, jobs or wanted), timeout=60)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, kill_workers=True)
        raise
