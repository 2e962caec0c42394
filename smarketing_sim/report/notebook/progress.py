"""Progress from a kernel to the person waiting: a small file that the one writes and the other reads.

A notebook's output reaches nobody before its cell is done, so the command that started it watches this file.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "SMARKETING_PROGRESS_FILE"
Progress = Callable[[int, int], None]


@contextmanager
def report_progress() -> Iterator[Progress | None]:
    """Provide a callback that writes (done, planned) where a watcher asked for it; None where nobody did."""
    target = os.environ.get(VARIABLE)
    if not target:
        yield None
        return

    def write(done: int, planned: int) -> None:
        Path(target).write_text(f"{done} {planned}")

    yield write


@contextmanager
def watch_progress(folder: Path, progress: Progress | None, *, every_seconds: float = 0.2) -> Iterator[None]:
    """Call ``progress`` with what a kernel started inside this block reports."""
    if progress is None:
        yield
        return
    target, stop = folder.resolve() / "progress", threading.Event()
    os.environ[VARIABLE] = str(target)
    watcher = threading.Thread(target=_watch, args=(target, progress, stop, every_seconds), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
        os.environ.pop(VARIABLE, None)


def _watch(target: Path, progress: Progress, stop: threading.Event, every_seconds: float) -> None:
    while not stop.wait(every_seconds):
        try:
            done, planned = target.read_text().split()
            progress(int(done), int(planned))
        except (OSError, ValueError):
            continue
