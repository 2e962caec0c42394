"""Ctrl-C, kill -9 and crowds: nothing half-written, nothing left running, earlier reports as they were."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from smarketing_sim.publish.reports import KNOWN_NAME
from tests.patience import HANG_SECONDS, wait_for

from .conftest import Said, processes_of, start
from .tiny import write_tiny

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for left-over processes in /proc"),
]
MANY_YEARS = ("--replications", 2000)
MOST_WORK_SECONDS = 10.0  # of the cores' time, after Ctrl-C; all those years take more than a minute
MARK = "SMARKETING_TEST_MARK"


def _worked(mark: str) -> dict[int, float]:
    """Return for how many seconds each process of a command has worked."""
    ticks = os.sysconf("SC_CLK_TCK")
    worked = {}
    for pid in processes_of(mark):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            worked[pid] = (int(fields[11]) + int(fields[12])) / ticks
    return worked


def _busy(mark: str, at_least: int, seconds: float = 2.5) -> bool:
    """Tell whether so many processes of a command have worked for so long; to start takes a worker a few seconds."""
    return sum(worked > seconds for worked in _worked(mark).values()) >= at_least


def _ends_soon(what: str, mark: str, done: Callable[[], object]) -> None:
    """Wait for an end, on a busy machine as long as it takes, while a command's processes hardly work any more."""
    before = _worked(mark)
    now = dict(before)

    def ended() -> object:
        now.update(_worked(mark))
        assert sum(now.values()) - sum(before.values()) < MOST_WORK_SECONDS, f"worked on without {what}"
        return done()

    wait_for(what, ended)


def _interrupted(
    process: subprocess.Popen[str], mark: str, whole_group: bool, *, sign: signal.Signals = signal.SIGINT
) -> tuple[str, str]:
    """Press Ctrl-C, or the like, as a terminal does to the whole group or a supervisor to the one process."""
    os.killpg(process.pid, sign) if whole_group else process.send_signal(sign)
    try:
        _ends_soon(f"an end by {sign.name}", mark, lambda: process.poll() is not None)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "KeyboardInterrupt" not in err
    assert err.splitlines()[-1] == "stopped; nothing half-written was left behind"
    return out, err


def _reporting(shelf: Path, mark: str) -> subprocess.Popen[str]:
    """Start a report, and wait until its kernel and both workers are busy."""
    process = start("report", "baseline.yaml", *MANY_YEARS, "--workers", 2, cwd=shelf, **{MARK: mark})
    wait_for("the report to be busy", lambda: _busy(mark, 3), by=process)
    return process


def _none_left(mark: str) -> None:
    _ends_soon("an end of left-over processes", mark, lambda: not processes_of(mark))


def _state(folder: Path) -> dict[str, str]:
    """Hashes of all that was published; years that were finished are kept all the same."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".staging-" not in str(path) and not path.name.startswith(KNOWN_NAME)
    }


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario and one report published from it."""
    folder = tmp_path_factory.mktemp("shelf")
    write_tiny(folder)
    process = start("report", "tiny.yaml", "--replications", 2, cwd=folder)
    _, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 0, err
    return folder


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "supervisor"])
@pytest.mark.parametrize(("workers", "after"), [(1, 3.0), (2, 0.2), (2, 3.0)], ids=["here", "starting", "working"])
def test_ctrl_c_in_a_run_leaves_nothing_behind(
    tmp_path: Path, mark: str, workers: int, after: float, whole_group: bool
) -> None:
    write_tiny(tmp_path)
    words = ("run", "baseline.yaml", *MANY_YEARS, "--yes", "--workers", workers, "--json", "--out", "ledgers")
    process = start(*words, cwd=tmp_path, **{MARK: mark})
    wait_for("the run to be busy", lambda: _busy(mark, workers, seconds=after), by=process)
    out, _ = _interrupted(process, mark, whole_group)
    assert out == ""
    _none_left(mark)
    assert not (tmp_path / "ledgers").exists()


@pytest.mark.parametrize(
    ("sign", "whole_group"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGHUP, True)],
    ids=["Ctrl-C", "supervisor", "told to end", "terminal closed"],
)
def test_a_report_that_is_stopped_leaves_earlier_reports_alone(
    shelf: Path, mark: str, sign: signal.Signals, whole_group: bool
) -> None:
    before = _state(shelf / "reports")
    process = _reporting(shelf, mark)
    out, _ = _interrupted(process, mark, whole_group, sign=sign)
    assert "published" not in out
    _none_left(mark)
    assert _state(shelf / "reports") == before
    assert not list((shelf / "reports").glob(".staging-*"))


@pytest.mark.parametrize("whole_group", [True, False], ids=["with its kernel", "alone"])
def test_a_killed_report_leaves_nothing_and_the_next_one_works(
    shelf: Path, mark: str, whole_group: bool, smarketing: Callable[..., Said]
) -> None:
    before = _state(shelf / "reports")
    process = _reporting(shelf, mark)
    os.killpg(process.pid, signal.SIGKILL) if whole_group else process.kill()
    process.communicate()
    _none_left(mark)
    wait_for("the half-made report to go", lambda: not list((shelf / "reports").glob(".staging-*")))
    assert _state(shelf / "reports") == before
    words = (shelf / "tiny.yaml", "--replications", 2, "--seed", 9, "--json", "--out", shelf / "reports")
    following = smarketing("report", *words)
    assert following.code == 0, following.err
    assert json.loads(following.out)["published"][0]["scenario"] == "Tiny plan"
    after = _state(shelf / "reports")
    assert {name: digest for name, digest in after.items() if name in before and name != "index.html"} == {
        name: digest for name, digest in before.items() if name != "index.html"
    }
    hub = (shelf / "reports" / "index.html").read_text()
    assert hub.count("report.html") >= 2


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_report_whose_kernel_is_ended_says_so_and_leaves_nothing(
    shelf: Path, mark: str, sign: signal.Signals
) -> None:
    process = _reporting(shelf, mark)
    (kernel,) = (pid for pid in processes_of(mark) if "ipykernel" in psutil.Process(pid).cmdline()[2])
    os.kill(kernel, sign)
    out, err = process.communicate(timeout=HANG_SECONDS)
    assert (process.returncode, out) == (3, "")
    assert err.splitlines()[-1].startswith("planning_report.ipynb: the notebook's process ended before its time")
    assert "Traceback" not in err
    _none_left(mark)
    assert not list((shelf / "reports").glob(".staging-*"))


LAB = """
import sys, time
from pathlib import Path
from smarketing_sim.lab.publishing import Publisher
Publisher(lambda news: None).publish(Path("baseline.yaml"), years=2000, seed=1)
time.sleep(3600)
"""


@pytest.mark.parametrize(
    ("command", "at_least"),
    [
        (["-m", "smarketing_sim", "run", "baseline.yaml", "--replications", "2000", "--workers", "2"], 2),
        (["-m", "smarketing_sim", "sweep", "baseline.yaml", "--vary", "sales.sdr.headcount=7,8,9", "--replications",
          "2000", "--workers", "2", "--yes"], 2),
        (["-c", LAB], 3),
    ],
    ids=["run", "sweep", "lab"],
)  # fmt: skip
def test_nothing_works_on_for_a_command_that_was_killed(
    command: list[str], at_least: int, tmp_path: Path, mark: str
) -> None:
    write_tiny(tmp_path)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    two = {MARK: mark, "LOKY_MAX_CPU_COUNT": "2"}  # the lab asks for all there are
    process = subprocess.Popen([sys.executable, *command], cwd=tmp_path, env=os.environ | two, **quiet)
    wait_for("the command to be busy", lambda: _busy(mark, at_least), by=process)
    process.kill()
    process.wait()
    _none_left(mark)
    assert not list(tmp_path.glob("reports/.staging-*"))
