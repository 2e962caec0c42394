"""Publishing the plan as it stands from within the lab: in a process of its own, so that the lab goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smarketing_sim.shipped import HOME, absolute, home_of

_ADDRESS = "SMARKETING_REPORTS_AT"
_COMMAND = (
    "import sys; from smarketing_sim.lifetimes import end_with; end_with(int(sys.argv.pop(1)))\n"
    "from smarketing_sim.cli import main; main()"
)
_DONE = "published "
_STOPPED = 130  # the command ends so when it is told to


@dataclass(frozen=True)
class Publication:
    """Word of a report.

    Parameters
    ----------
    text
        What is to be said, on one line.
    address
        Where a browser finds the page; empty while there is none, or where no server shows it.
    ended
        Whether the report is there, or will never be.
    trouble
        Whether it could not be published.
    """

    text: str
    address: str = ""
    ended: bool = False
    trouble: bool = False


def offer_home(folder: Path, *, reports_at: str) -> None:
    """Let every kernel that is started from here save and publish in a folder, whose reports a server shows."""
    os.environ[HOME], os.environ[_ADDRESS] = str(folder), reports_at


class Publisher:
    """Publishes one report at a time by the command that an analyst would type.

    Parameters
    ----------
    tell
        Called with all that becomes of a report, in a thread of its own.
    """

    def __init__(self, tell: Callable[[Publication], None]) -> None:
        self._tell = tell
        self._process: subprocess.Popen[str] | None = None

    @property
    def busy(self) -> bool:
        """Whether a report is being made."""
        return self._process is not None and self._process.poll() is None

    def publish(self, params: Path, *, years: int, seed: int) -> None:
        """Begin to publish the planning report of a scenario file."""
        shelf = home_of(params) / "reports"
        words = ["report", str(absolute(params)), "--replications", str(years), "--seed", str(seed)]
        self._tell(Publication(f"publishing the report of {params.name}; the lab goes on meanwhile …"))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(os.getpid()), *words, "--out", str(shelf)],
            cwd=shelf.parent if shelf.parent.is_dir() else None,
            env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._follow, args=(self._process, params, shelf), name="report", daemon=True).start()

    def close(self) -> None:
        """Stop what is being made, with all its processes."""
        process = self._process
        if process is not None and process.poll() is None:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGTERM)
            else:  # pragma: no cover - Windows
                process.terminate()
            process.wait()

    def _follow(self, process: subprocess.Popen[str], params: Path, shelf: Path) -> None:
        page, said = "", ""
        with process:
            for line in filter(None, (line.strip() for line in process.stdout or ())):
                if line.startswith(_DONE):
                    page = line.removeprefix(_DONE)
                elif not page:
                    said = line
                    self._tell(Publication(f"publishing … {said}"))
        code = process.returncode
        if code < 0 or code == _STOPPED:
            self._tell(Publication("publishing was stopped", ended=True, trouble=True))
        elif code or not page:
            self._tell(Publication(f"no report was published: {said}", ended=True, trouble=True))
        else:
            address = _address(Path(page), shelf)
            where = "" if address else f": {_short(Path(page))}"
            self._tell(Publication(f"published the report of {params.name}{where}", address, ended=True))


def _address(page: Path, shelf: Path) -> str:
    at = os.environ.get(_ADDRESS, "")
    return at + page.resolve().relative_to(shelf.resolve()).as_posix() if at else ""


def _short(page: Path) -> str:
    """Return a page's place as it is called from the folder that holds the reports."""
    return "/".join(page.parts[-4:])
