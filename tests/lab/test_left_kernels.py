"""The page's server ends the kernels that visitors left, and no other: watched in the processes themselves."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.patience import HANG_SECONDS, wait_for

client = pytest.importorskip("websockets.sync.client", reason="websockets comes with Voilà")

IDLE_SECONDS = 4
SERVER = f"""
import sys
from pathlib import Path
from smarketing_sim.lab import kernels, server

kernels._UNMET_SECONDS = 20.0

notebook, home = map(Path, sys.argv[1:])
sockets = server.listen(0)
page = server.write_page(notebook, home / "page", params=home / "params" / "tiny.yaml")
told = lambda: print(sockets[0].getsockname()[1], flush=True)
server.serve(
    page, sockets, token="t", scratch=home / "scratch", reports=home, ready=told, left_seconds={IDLE_SECONDS}
)
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Site:
    """A page whose server is impatient."""

    port: int
    scratch: Path

    def ask(self, path: str, **headers: str) -> tuple[int, str]:
        """Ask as somebody who knows the token."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        asked.request("GET", f"{path}?token=t", headers=headers)
        answer = asked.getresponse()
        status, body = answer.status, answer.read().decode()
        asked.close()
        return status, body

    def visit(self, **headers: str) -> str:
        """Ask for the page as a browser does, and return the kernel that it was given."""
        kernel = re.search(r'"kernelId": "([0-9a-f-]+)"', self.ask("/", **headers)[1])
        assert kernel is not None
        return kernel[1]

    def running(self) -> dict[str, int]:
        """Return the kernels that run, each with its process."""
        named = [path.stem.removeprefix("kernel-") for path in self.scratch.glob("*/kernel-*.json")]
        return {kernel: process for kernel in named for process in processes(kernel)}

    def kill(self, *kernels: str) -> set[str]:
        """Kill some kernels, or else all that run, as a machine does that is out of memory; return which."""
        killed = {kernel: process for kernel, process in self.running().items() if kernel in kernels or not kernels}
        for process in killed.values():
            os.kill(process, signal.SIGKILL)
        wait_for("them to die", lambda: all(map(is_dead, killed.values())))
        return set(killed)

    def connect(self, kernel: str) -> AbstractContextManager[Any]:
        path = f"ws://127.0.0.1:{self.port}/api/kernels/{kernel}/channels?token=t"
        patient = {"open_timeout": HANG_SECONDS, "ping_interval": None, "max_queue": None}
        connected: AbstractContextManager[Any] = client.connect(path, **patient)
        return connected


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("left")
    for name in ("params", "page", "scratch"):
        (home / name).mkdir()
    write_tiny(home / "params")
    command = [sys.executable, "-c", SERVER, str(ROOT / "notebooks" / "scenario_lab.ipynb"), str(home)]
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield Site(int(process.stdout.readline()), home / "scratch")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=HANG_SECONDS)


def works(connection: Any) -> bool:
    """Tell whether a kernel answers a visitor."""
    kind = "comm_info_request"  # the page may not ask for much more
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "session": "s",
        "username": "u",
        "version": "5.3",
        "date": "",
    }
    parts = {"header": header, "parent_header": {}, "metadata": {}, "content": {}}
    connection.send(json.dumps({**parts, "channel": "shell", "buffers": []}))
    while "comm_info_reply" not in str(connection.recv(timeout=HANG_SECONDS)):
        pass
    return True


def processes(kernel: str) -> list[int]:
    """Return the process of a kernel, if it has one; its connection file, named after it, is among its words."""
    found = []
    for told in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"{kernel}.json".encode() in told.read_bytes():
                found.append(int(told.parent.name))
        except OSError:
            continue
    return found


def is_dead(process: int) -> bool:
    """Tell whether a process has died in all its threads; it stays on the list until its parent has looked."""
    place = Path(f"/proc/{process}")
    try:
        return place.joinpath("stat").read_text().rpartition(") ")[2][0] == "Z" and len([*place.glob("task/*")]) == 1
    except OSError:
        return True


def runs(kernel: str) -> bool:
    """Tell whether a kernel has a process."""
    return bool(processes(kernel))


def ends(kernel: str) -> bool:
    """Wait for the process of a kernel to end; tell whether it did."""
    wait_for("the kernel to end", lambda: not runs(kernel))
    return True


def test_kernels_that_were_left_end_and_that_of_a_visitor_who_stays_does_not(site: Site) -> None:
    stays = site.visit()
    with site.connect(stays) as connection:
        assert works(connection)
        leaves = site.visit()
        with site.connect(leaves) as lost:  # at once: a page that takes longer to connect is a page that was left
            assert works(lost)
            assert runs(leaves)
        assert ends(leaves)
        assert ends(site.visit())  # which never connects
        time.sleep(2 * IDLE_SECONDS)
        assert works(connection)
    assert ends(stays)


def test_a_page_that_was_just_left_is_handed_out_again_to_who_says_so_and_to_nobody_else(site: Site) -> None:
    first = site.visit()
    with site.connect(first) as connection:
        assert works(connection)
        left = f"smarketing-lab-{site.port}-left="
        assert site.visit(Cookie=left + first) == first  # a browser asks before it closes the old page
        with site.connect(first) as anew:
            assert works(anew)
        assert site.visit() != first
        assert site.visit(Cookie=f"{left}00000000-0000-0000-0000-000000000000") != first
        assert site.visit(Cookie=f"smarketing-lab-1-left={first}") != first
    assert ends(first)
    assert site.visit(Cookie=left + first) != first


def test_a_visitor_who_comes_late_keeps_the_kernel_that_waited_though_it_waited_long(site: Site) -> None:
    time.sleep(3 * IDLE_SECONDS)  # the one that waits has simulated all it was asked by then, and idled since
    late = site.visit()
    time.sleep(2.0)  # until the page has loaded its scripts; the server has looked at idle kernels twice
    with site.connect(late) as connection:
        assert works(connection)


def test_a_visitor_gets_a_page_that_works_though_the_kernel_that_waited_has_died(site: Site) -> None:
    site.visit()
    time.sleep(2 * IDLE_SECONDS)  # until the next one has made its page
    killed = site.kill()
    assert killed
    given = site.visit()
    assert given not in killed
    with site.connect(given) as connection:
        assert works(connection)


def test_a_waiting_kernel_that_died_making_its_page_is_replaced_before_anybody_comes(site: Site) -> None:
    before = {*site.running(), site.visit()}
    wait_for("the next one to wait", lambda: site.running().keys() - before)
    killed = site.kill()
    wait_for("another in its place", lambda: site.running().keys() - before - killed)
    with site.connect(site.visit()) as connection:
        assert works(connection)


def test_a_page_whose_kernel_has_died_is_told_so_and_a_reload_gives_another(site: Site) -> None:
    lost = site.visit()
    with site.connect(lost) as connection:
        assert works(connection)
        assert site.kill(lost) == {lost}
        assert site.visit(Cookie=f"smarketing-lab-{site.port}-left={lost}") != lost
        assert site.ask(f"/api/kernels/{lost}")[0] == 404
    died = site.visit()
    site.kill(died)
    wait_for("the page to learn that its kernel is gone", lambda: site.ask(f"/api/kernels/{died}")[0] == 404)
