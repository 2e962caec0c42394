"""Kills, a full disk and refused writes while a ledger is written: the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from smarketing_sim.errors import InputError, RunFailed, SmarketingError
from smarketing_sim.ledger import Ledger
from smarketing_sim.ledger_files import read_ledger, write_ledger
from tests.patience import wait_for

Act = Callable[[], None]
TABLES = {f"{name}.parquet" for name in ("leads", "attempts", "rep_time", "marketing", "runs")}
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@contextmanager
def acting(point: int, act: Act) -> Iterator[list[int]]:
    """Act at the given call that writes or moves a file, halfway through it where it writes one; yield the count."""
    count, write, replace, rename = [0], pq.write_table, Path.replace, Path.rename

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            count[0] += 1
            if count[0] == point:
                if real is write:
                    Path(given[1]).write_bytes(b"PAR1 and no more")
                act()
            return real(*given, **named)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pq, "write_table", counted(write))
        patch.setattr(Path, "replace", counted(replace))
        patch.setattr(Path, "rename", counted(rename))
        yield count


def killed(ledger: Ledger, folder: Path, point: int) -> None:
    child = os.fork()
    if child == 0:  # pragma: no cover - the child is killed
        with acting(point, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            write_ledger(ledger, folder)
        os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the child outlived call {point}"


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@needs_fork
@pytest.mark.parametrize("point", range(1, 7))
def test_a_kill_leaves_no_new_folder_that_holds_half_a_ledger(ledger: Ledger, tmp_path: Path, point: int) -> None:
    killed(ledger, tmp_path / "out", point)
    assert not (tmp_path / "out").exists()
    wait_for("what the killed process made to go", lambda: not left(tmp_path))


@pytest.mark.slow
@needs_fork
@pytest.mark.parametrize("point", range(1, 11))
def test_a_kill_never_leaves_a_mixture_that_is_taken_for_a_ledger(
    ledgers: list[Ledger], tmp_path: Path, point: int
) -> None:
    old, new = ledgers[:2]
    write_ledger(old, tmp_path)
    killed(new, tmp_path, point)
    wait_for("what the killed process made to go", lambda: left(tmp_path) == TABLES)
    if point <= 6:
        assert read_ledger(tmp_path).leads.equals(old.leads)
    else:
        with pytest.raises(InputError, match=r"is not a ledger: .*"):
            read_ledger(tmp_path)
    write_ledger(new, tmp_path)
    assert read_ledger(tmp_path).leads.equals(new.leads)


def test_files_of_two_ledgers_that_fit_each_other_are_refused(ledgers: list[Ledger], tmp_path: Path) -> None:
    for name, ledger in zip("ab", ledgers, strict=False):
        write_ledger(ledger, tmp_path / name)
    (tmp_path / "b" / "marketing.parquet").replace(tmp_path / "a" / "marketing.parquet")
    with pytest.raises(InputError, match="is not a ledger: its files were not written together"):
        read_ledger(tmp_path / "a")


@pytest.mark.slow
@pytest.mark.parametrize("point", range(1, 7))
@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, RunFailed), (errno.EIO, RunFailed), (errno.EACCES, InputError)]
)
def test_a_disk_that_refuses_keeps_what_was_there(
    ledgers: list[Ledger], tmp_path: Path, point: int, number: int, kind: type[SmarketingError]
) -> None:
    def refuse() -> None:
        raise OSError(number, os.strerror(number))

    old, new = ledgers[:2]
    write_ledger(old, tmp_path / "there")
    for folder in (tmp_path / "there", tmp_path / "new"):
        with acting(point, refuse), pytest.raises(kind) as caught:
            write_ledger(new, folder)
        assert str(caught.value).startswith(str(folder))
        assert os.strerror(number) in str(caught.value)
    assert left(tmp_path) == {"there"}
    assert left(tmp_path / "there") == TABLES
    assert read_ledger(tmp_path / "there").leads.equals(old.leads)


def test_other_files_in_the_folder_stay(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_ledger(ledger, tmp_path)
    assert left(tmp_path) == TABLES | {"notes.txt"}
    assert (tmp_path / "notes.txt").read_text() == "mine"
