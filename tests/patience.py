"""How long a test waits before it calls something a hang: waits are for progress, not for the clock."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

HANG_SECONDS = 900.0
"""No wait ends sooner, however busy the machine; what is over is noticed at once."""


def wait_for(what: str, done: Callable[[], object], *, by: subprocess.Popen[Any] | None = None) -> None:
    """Wait until something holds; fail where it never will, at once if the process that should do it has ended."""
    until = time.monotonic() + HANG_SECONDS
    while True:
        over = by is not None and by.poll() is not None
        if done():
            return
        assert not over, f"ended without {what}"
        assert time.monotonic() < until, f"waited {HANG_SECONDS:.0f} s for {what}"
        time.sleep(0.05)
