"""Nothing outlives the process that it was made for: no worker, no half-made folder, whatever ends that process."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

_LOOKS_SECONDS = 1.0
# Its input ends when nobody holds the other end any more. Who wrote into the folder may take a moment to end, too.
_REMOVE = """
import os, shutil, sys, time
sys.stdin.read()
for _ in range(60):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if not os.path.lexists(sys.argv[1]):
        break
    time.sleep(0.5)
"""


def end_with(parent: int) -> None:
    """End this process, as a SIGTERM does, once its parent has ended.

    Whoever waits for a next job is told nothing when the process that hands jobs out is killed.

    Parameters
    ----------
    parent
        The number of the process that started this one; where it has ended by now, so does this one.
    """
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOKS_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def leave_within(seconds: float, *, code: int) -> None:
    """See to it that this process, which is about to end, does end: what is waited for may never come.

    Parameters
    ----------
    seconds
        How long that may take by itself.
    code
        What the process leaves with after that.
    """
    last_resort = threading.Timer(seconds, os._exit, [code])
    last_resort.daemon = True
    last_resort.start()


@contextmanager
def passing_folder(folder: Path) -> Iterator[Path]:
    """Make a folder that is gone once the block is left, or once this process has ended in whatever way.

    A small process of its own waits for that end: one that is killed outright cannot tidy up after itself.
    """
    folder.mkdir(mode=0o700)
    guard = [sys.executable, "-I", "-S", "-c", _REMOVE, str(folder.resolve())]
    with Popen(guard, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True) as waits:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            waits.kill()
