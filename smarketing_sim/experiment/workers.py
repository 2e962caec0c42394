"""Where replications run: here, or in processes on this machine."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from multiprocessing.resource_tracker import ensure_running as start_resource_tracker
from typing import Any

from joblib.externals.loky import cpu_count, get_reusable_executor
from joblib.externals.loky.backend.utils import kill_process_tree

from smarketing_sim.engine import choose_engine
from smarketing_sim.experiment.years_cache import KnownYears
from smarketing_sim.experiment.years_cache_place import years_file
from smarketing_sim.lifetimes import end_with


class _Processes(Executor):
    """Processes on this machine; where one was killed, the next job starts fresh ones."""

    def __init__(self, count: int) -> None:
        self.count = count

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        _quiet_trackers()
        start_resource_tracker()  # started with the first worker, it would let Ctrl-C through again
        with _interrupts_held():
            future: Future[Any] = self._pool().submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pool = self._pool()
        # Asked to kill its workers, loky trips over a future that was cancelled, kills none and then waits for them.
        for process in list(pool._processes.values()) if cancel_futures else ():
            kill_process_tree(process)
        if cancel_futures and pool._call_queue is not None:
            pool._call_queue.cancel_join_thread()  # jobs in a pipe that nobody reads any more would be waited for
        pool.shutdown(wait=wait)

    def _pool(self) -> Any:
        # An idle worker leaves after a while; loky warns where that meets a new job, and replaces it.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs", category=UserWarning)
        return get_reusable_executor(max_workers=self.count, timeout=20, initializer=end_with, initargs=(os.getpid(),))


def _quiet_trackers() -> None:
    """Keep the processes that tidy up after workers from telling, when these are killed, what they tidied up."""
    trackers = ("multiprocessing.resource_tracker", "joblib.externals.loky.backend.resource_tracker")
    quiet = ",".join(f"ignore::UserWarning:{module}" for module in trackers)
    known = os.environ.get("PYTHONWARNINGS", "")
    if quiet not in known:
        os.environ["PYTHONWARNINGS"] = f"{known},{quiet}".strip(",")


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back for a moment: processes started here inherit that and leave it to their parent for ever."""
    if not hasattr(signal, "pthread_sigmask"):  # pragma: no cover - Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _known(processes: Executor) -> Executor:
    """Return processes that need not simulate anew what is kept in the surrounding block's file, if there is one."""
    file = years_file()
    return processes if file is None else KnownYears(processes, file)


def worker_count(count: int | None, *, jobs: int | None = None, engine: str | None = None) -> int:
    """Return how many processes :func:`workers` gives some jobs; 1 means: run here."""
    wanted = count if count is not None else cpu_count()
    few = 48 if count is None and choose_engine(engine) == "compiled" else 3
    return 1 if jobs is not None and jobs < few else max(1, min(wanted, jobs or wanted))


@contextmanager
def workers(
    count: int | None = None, *, jobs: int | None = None, engine: str | None = None
) -> Iterator[Executor | None]:
    """Provide an executor for a number of workers, all cores where it is None; None means: run here.

    Starting processes takes as long as a few dozen simulated years of the compiled engine, or a few of the SimPy model;
    fewer jobs than that run here, unless a number of workers is asked for. Threads would start at once, but sampling
    and measuring hold the interpreter's lock for too much of their time.
    """
    processes = worker_count(count, jobs=jobs, engine=engine)
    if processes == 1:
        yield None
        return
    executor = _known(_Processes(processes))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    if isinstance(executor, KnownYears):
        executor.close()
