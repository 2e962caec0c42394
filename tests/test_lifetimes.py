"""Processes and folders end with the process that they were made for, whatever ends it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from smarketing_sim.lifetimes import passing_folder
from tests.patience import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and parents of Linux")

# The child lets Ctrl-C pass, as workers do: it is not the signal to its parent that ends it.
CHILD = (
    "import os, signal, sys, time; from smarketing_sim.lifetimes import end_with;"
    "signal.signal(signal.SIGINT, signal.SIG_IGN); end_with({parent}); print(os.getpid(), flush=True); time.sleep(3600)"
)
PARENT = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}.format(parent=os.getpid())])
child.wait()
"""
HOLDER = """
import sys, time
from pathlib import Path
from smarketing_sim.lifetimes import passing_folder
with passing_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("written")
    print("made", flush=True)
    time.sleep(3600)
"""
ENDS = pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])


@pytest.mark.slow
@ENDS
def test_a_worker_ends_with_its_parent(sign: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(sign)
        parent.wait()
        wait_for("the worker to end", lambda: not child.is_running())


def test_a_worker_whose_parent_ended_before_it_looked_ends_at_once() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    orphan = subprocess.run(
        [sys.executable, "-c", CHILD.format(parent=gone.pid)], stdout=subprocess.DEVNULL, check=False
    )
    assert orphan.returncode == -signal.SIGTERM


@ENDS
def test_a_folder_goes_with_the_process_that_made_it(sign: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "passing"
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"made\n"
        assert (folder / "half").exists()
        holder.send_signal(sign)
        holder.wait()
        wait_for("the folder to go", lambda: not folder.exists())


@pytest.mark.parametrize("fault", [False, True])
def test_a_folder_and_what_watches_it_are_gone_once_the_block_is_left(fault: bool, tmp_path: Path) -> None:
    before = len(psutil.Process().children())
    with contextlib.suppress(ValueError), passing_folder(tmp_path / "passing") as folder:
        (folder / "file").write_text("")
        if fault:
            raise ValueError
    assert list(tmp_path.iterdir()) == []
    assert len(psutil.Process().children()) == before
