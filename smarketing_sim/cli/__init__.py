"""The commands. Each reads its words, calls the package, prints, and leaves with an agreed exit code.

Exit codes: 0 fine, 1 the answer is "no", 2 bad input, 3 a run failed, 130 stopped by the user. Answers go to stdout,
everything else to stderr.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import warnings
from types import FrameType

import typer

from smarketing_sim.cli import app as app_command  # noqa: F401 - the name app is the commands'
from smarketing_sim.cli import commands as commands
from smarketing_sim.cli import design as design
from smarketing_sim.cli import explain as explain
from smarketing_sim.cli import init as init
from smarketing_sim.cli import lab as lab
from smarketing_sim.cli import new as new
from smarketing_sim.cli import reporting as reporting
from smarketing_sim.cli import staff as staff
from smarketing_sim.cli import sweeping as sweeping
from smarketing_sim.cli.options import app
from smarketing_sim.cli.screen import show_warning, tell
from smarketing_sim.errors import SmarketingError, SmarketingWarning
from smarketing_sim.lifetimes import leave_within
from smarketing_sim.printable import one_line

STOPPED = 130
_PATIENCE_SECONDS = 5.0


def main() -> None:
    """Run the command line; no fault of the user's ever ends in a traceback."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a notebook that was stopped leaves a task behind
    warnings.showwarning = show_warning
    warnings.simplefilter("always", SmarketingWarning)
    _stop_like_ctrl_c()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # not every terminal can show a dash or a name
    try:
        code = app(prog_name="smarketing", standalone_mode=False)
        if code == STOPPED:
            raise KeyboardInterrupt
    except SmarketingError as error:
        tell(str(error))
        code = error.exit_code
    except typer.Exit as leave:
        code = leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        tell("stopped; nothing half-written was left behind")
        code = STOPPED
    except Exception as error:
        code = _usage(error)
    if code == STOPPED:
        leave_within(_PATIENCE_SECONDS, code=STOPPED)  # a pool whose workers were killed may keep us waiting for them
    sys.exit(code if isinstance(code, int) else 0)


def _stop_like_ctrl_c() -> None:
    """Let a command end in the same way when it is told to, or its terminal is closed, as when Ctrl-C is pressed."""

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # a closed terminal says so twice
        signal.default_int_handler(number, frame)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, stop)


def _usage(error: Exception) -> int:
    """Tell what is wrong with the command's words; anything else is a defect of ours, told in one line."""
    show = getattr(error, "show", None)
    if show is not None:
        for part in ("message", "param_hint"):  # which may hold any word that was typed
            said = getattr(error, part, None)
            if isinstance(said, str):
                setattr(error, part, one_line(said))
        show()
        return int(getattr(error, "exit_code", 2))
    tell(f"internal error (a bug in smarketing, not your input): {type(error).__name__}: {one_line(error)}")
    if os.environ.get("SMARKETING_DEBUG"):
        raise error
    return 3


__all__ = ["app", "main"]
