"""Sweeps on a Dask cluster: the same table, no open door, and only workers with the same model."""

from __future__ import annotations

import builtins
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.experiment import cluster
from smarketing_sim.experiment.cluster import ClusterWarning, check_address, check_versions, dask_executor, versions
from tests.conftest import ROOT
from tests.experiment.sweeps import YEARS, same_table, tiny_sweep
from tests.patience import HANG_SECONDS, wait_for

pytest.importorskip("distributed")
# Told to start no dashboard, Dask still answers HTTP, and on all addresses unless it is given one.
CLOSED = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
DASK = Path(sys.executable).with_name("dask")
MINE = {"smarketing_sim": "1.2", "numpy": "2.4", "numba": None, "tzdata": "2026.6", "holidays": "0.86"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A scheduler and its workers, each a process of its own on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.processes = [self._start("scheduler", "--host", "127.0.0.1", "--port", self.address.rpartition(":")[2])]
        wait_for("the scheduler", self._answers, by=self.processes[0])

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2]))) == 0

    def worker(self, package: Path = ROOT) -> subprocess.Popen[bytes]:
        known = list(self.folder.glob("worker*.log"))
        process = self._start(
            *("worker", self.address, "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1"), package=package
        )
        self.processes.append(process)
        (log,) = set(self.folder.glob("worker*.log")) - set(known)
        wait_for("a worker", lambda: "Registered to" in log.read_text(), by=process)
        return process

    def _start(self, kind: str, *words: str, package: Path = ROOT) -> subprocess.Popen[bytes]:
        log = self.folder / f"{kind}-{time.monotonic_ns()}.log"
        variables = {"PYTHONPATH": str(package), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
        with log.open("wb") as stream:
            return subprocess.Popen(
                [sys.executable, "-P", str(DASK), kind, *words, *CLOSED],
                cwd=self.folder, env=os.environ | variables, stdout=stream, stderr=stream,
            )  # fmt: skip

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Cluster]:
    started = Cluster(tmp_path)
    yield started
    started.stop()


def listening(pids: set[int]) -> list[tuple[int, str]]:
    """The local addresses at which some processes listen: (pid, address in hexadecimal)."""
    by_inode = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                by_inode[fields[9]] = fields[1].partition(":")[0]
    found = []
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inode = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(handle))
            except OSError:
                continue
            if inode and inode[1] in by_inode:
                found.append((pid, by_inode[inode[1]]))
    return found


# --------------------------------------------------------------------------------------------------------- sweeps


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for sockets in /proc")
def test_a_worker_killed_in_mid_sweep_changes_no_bit_and_nobody_listens_to_the_world(
    scheduler: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    victim, other = scheduler.worker(), scheduler.worker()
    seen: list[tuple[int, str]] = []
    done: list[int] = []
    before = listening({os.getpid()})  # what other tests left to this process

    def progress(finished: int, planned: int) -> None:
        if finished and not done:
            now = listening({process.pid for process in scheduler.processes} | {os.getpid()})
            seen.extend(one for one in now if one not in before)
            victim.send_signal(signal.SIGKILL)
        done.append(finished) if finished else None

    with dask_executor(scheduler.address) as executor:
        found = tiny_sweep(executor=executor, progress=progress)
    assert victim.wait(HANG_SECONDS) == -signal.SIGKILL
    assert other.poll() is None
    assert done[-1] == 8 * YEARS > done[0]
    assert {address for _, address in seen} == {"0100007F"}
    assert {pid for pid, _ in seen} == {process.pid for process in scheduler.processes}
    assert found.failures == ()
    assert same_table(found.table(), tiny_sweep().table())
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_job_that_kills_every_worker_it_meets_is_a_failure_and_the_rest_is_finished(
    scheduler: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        scheduler.worker()
    with dask_executor(scheduler.address) as executor:
        real = executor.submit

        def submit(fn: Any, /, job: Any) -> Any:
            deadly = job.replication == 0 and 0 in job.points
            return real(os._exit, 9) if deadly else real(fn, job)

        monkeypatch.setattr(executor, "submit", submit)
        found = tiny_sweep(executor=executor)
    assert [(f.point, f.replication) for f in found.failures] == [(0, 0), (2, 0), (4, 0), (6, 0)]
    assert {f.error for f in found.failures} == {"KilledWorker: every worker that took this on died"}
    assert "127.0.0.1" not in str(found.to_json())


# ------------------------------------------------------------------------------------------------------- versions


@pytest.mark.slow
def test_a_worker_with_another_model_or_none_is_told_by_number(scheduler: Cluster, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "smarketing_sim").mkdir(parents=True)
    for path in (ROOT / "smarketing_sim").iterdir():
        (other / "smarketing_sim" / path.name).symlink_to(path)
    (other / "smarketing_sim" / "__init__.py").unlink()
    (other / "smarketing_sim" / "__init__.py").write_text('__version__ = "9.9.9"\n')
    none = tmp_path / "none"
    (none / "smarketing_sim").mkdir(parents=True)
    (none / "smarketing_sim" / "__init__.py").write_text("raise ImportError('not here')\n")
    for package in (ROOT, other, none):
        scheduler.worker(package)
    with pytest.raises(InputError) as raised, dask_executor(scheduler.address):
        pass
    told = [str(problem) for problem in raised.value.problems]
    assert len(told) == 2
    here = versions()["smarketing_sim"]
    assert sum(f"has smarketing_sim 9.9.9; here it is {here}" in line for line in told) == 1
    assert sum(f"has no smarketing_sim; here it is {here}" in line for line in told) == 1
    assert all(re.match(r"worker [123] of 3 has", line) for line in told)
    assert "127.0.0.1" not in str(raised.value)


def test_another_model_is_refused_and_another_library_is_a_note() -> None:
    with pytest.raises(InputError) as raised:
        check_versions(MINE, [MINE, MINE | {"smarketing_sim": "1.1"}, None])
    assert [str(problem) for problem in raised.value.problems] == [
        "worker 2 of 3 has smarketing_sim 1.1; here it is 1.2",
        "worker 3 of 3 has no smarketing_sim; here it is 1.2",
    ]
    with pytest.warns(ClusterWarning) as told:
        check_versions(MINE, [MINE, MINE | {"numpy": "2.3", "numba": "0.61", "holidays": "0.85"}])
    assert [str(note.message) for note in told] == [
        "workers have numpy 2.3, here it is 2.4; last digits may differ",
        "workers have numba 0.61, here it is None; last digits may differ",
        "workers have holidays 0.85, here it is 0.86; its days or zones may differ",
    ]
    check_versions(MINE, [MINE])


# ------------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786", "tcp://127.9.9.9:1", "tls://far:8786"],
)
def test_this_machine_and_encrypted_connections_are_allowed(address: str) -> None:
    check_address(address, insecure=False)


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.7:8786", "tcp://scheduler:8786", "tcp://0.0.0.0:8786", "tcp://127.0.0.1.evil.com:1", "tcp://[::]:1"],
)
def test_an_open_connection_elsewhere_needs_to_be_asked_for(address: str) -> None:
    with pytest.raises(InputError, match="--insecure"):
        check_address(address, insecure=False)
    with pytest.raises(InputError, match="--insecure"), dask_executor(address):
        pass
    check_address(address, insecure=True)


@pytest.mark.parametrize(
    "address",
    ["", "8786", "127.0.0.1:8786", "ws://127.0.0.1:8786", "inproc://1", "tcp://127.0.0.1", "tcp://:8786",
     "tcp://127.0.0.1:99999", "tcp://127.0.0.1:x", "tcp://[::1", "tcp://u@127.0.0.1:1", "tcp://127.0.0.1:1/x"],
)  # fmt: skip
@pytest.mark.parametrize("insecure", [False, True])
def test_anything_else_is_no_address(address: str, insecure: bool) -> None:
    with pytest.raises(InputError, match="must be the address of a Dask scheduler"):
        check_address(address, insecure=insecure)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the package wait for two seconds instead of its own patience, and hold that it waits for no longer."""
    import distributed

    asked, real = [], distributed.Client

    def client(*words: Any, timeout: float, **more: Any) -> Any:
        asked.append(timeout)
        return real(*words, timeout=timeout, **more)

    monkeypatch.setattr(distributed, "Client", client)
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 2.0)
    yield
    assert asked == [2.0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tcp", "tls"])
@pytest.mark.usefixtures("impatient")
def test_nobody_at_the_address_is_one_message(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    address = f"{kind}://127.0.0.1:{free_port()}"
    with pytest.raises(InputError, match="no Dask scheduler answers") as raised, dask_executor(address):
        pass
    assert len(str(raised.value).splitlines()) == 1
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_no_scheduler_is_one_message(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            try:
                server.accept()[0].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3)
            except OSError:
                return

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(InputError, match="no Dask scheduler answers"), dask_executor(address):
            pass
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_scheduler_without_workers_is_told_and_not_waited_for(
    scheduler: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    asked, real = [], Client.wait_for_workers

    def soon(client: Client, count: int, timeout: float) -> None:
        asked.append(timeout)
        real(client, count, timeout=2.0)

    monkeypatch.setattr(Client, "wait_for_workers", soon)
    with pytest.raises(InputError, match="this scheduler has no workers"), dask_executor(scheduler.address):
        pass
    assert asked == [cluster.PATIENCE_SECONDS]


def test_without_dask_the_extra_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "distributed":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    extra = re.escape("pip install 'smarketing-sim[cluster]'")
    with pytest.raises(InputError, match=extra), dask_executor("tcp://127.0.0.1:8786"):
        pass
