"""Kills, a full disk, refused writes and crowds: what is published is the old state or the new one, never half."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup

from smarketing_sim.errors import SmarketingError
from smarketing_sim.publish import publisher
from smarketing_sim.publish.hub import rebuild_hub
from smarketing_sim.publish.publisher import publish
from smarketing_sim.publish.store import manifest
from tests.patience import HANG_SECONDS

from .conftest import MOMENT

WRITES = ("open", "write", "fsync", "rename", "replace", "mkdir")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)

pytestmark = pytest.mark.slow
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def shelf(tmp_path: Path, make_notebook, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a reports folder with one run on it; publishing runs no notebook."""

    def execute(notebook: Path, output: Path, parameters: dict[str, Any], **_: Any) -> nbformat.NotebookNode:
        Path(parameters["tables_dir"], "sla.csv").write_text("clause,share\nspeed,0.9\n")
        executed = nbformat.read(notebook, 4)
        executed.cells[-1].outputs = [nbformat.v4.new_output("display_data", data={"text/html": "<p>kept</p>" * 1000})]
        return executed

    monkeypatch.setattr(publisher, "execute", execute)
    make_notebook(tmp_path / "toy.ipynb", "1", parameters="params_path = ''\ntables_dir = ''")
    put(tmp_path / "reports")
    return tmp_path / "reports"


def put(root: Path) -> None:
    asked: dict[str, Any] = {"scenario": "plan", "title": "t", "params_json": "{}", "seed": 1, "model_version": "1"}
    publish(root.parent / "toy.ipynb", root=root, published_at=MOMENT, **asked)


def verify(root: Path) -> int:
    """Assert that everything a reader can see is whole; return the number of runs."""
    runs = [run for plan in root.iterdir() if plan.is_dir() and not plan.name.startswith(".") for run in plan.iterdir()]
    for run in runs:
        found = manifest(run)
        found.pop("run.json")
        assert json.loads((run / "run.json").read_text())["artefacts"] == found
        assert set(found) == {"report.html", "notebook.ipynb", "tables/sla.csv"}
    hub = (root / "index.html").read_text()
    assert hub.endswith("</html>")
    assert "cannot be read" not in hub
    links = linked(root / "index.html")
    links |= {link for page in links if page.name != "report.html" for link in linked(page)}  # of the lists by month
    assert all(link.is_file() for link in links)
    assert len(runs) - 1 <= sum(link.name == "report.html" for link in links) <= len(runs)
    return len(runs)


def linked(page: Path) -> set[Path]:
    """Return what a page links to."""
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    listed = (unquote(a["href"]) for a in soup.main.find_all("a"))
    return {(page.parent / link).resolve() for link in listed if not link.startswith("#")}


@contextmanager
def watched(act: Callable[[int, bool], None]) -> Iterator[list[int]]:
    """Call ``act(number, before)`` around each call that changes the disk; yield the count as a list of one."""
    count, real = [0], {name: getattr(os, name) for name in WRITES}

    def wrap(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            count[0] += 1
            number = count[0]
            act(number, True)
            try:
                return real[name](*arguments, **options)
            finally:
                act(number, False)

        return call

    try:
        for name in WRITES:
            setattr(os, name, wrap(name))
        yield count
    finally:
        for name in WRITES:
            setattr(os, name, real[name])


def count_calls(root: Path) -> int:
    with watched(lambda number, before: None) as count:
        put(root)
    assert verify(root) == 2
    shutil.rmtree(root)
    put(root)
    return count[0]


def killed_at(root: Path, point: int, *, before: bool) -> None:
    """Publish in a child that is killed at the given call."""

    def act(number: int, is_before: bool) -> None:
        if number == point and before == is_before:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:  # pragma: no cover - the child is killed
        try:
            with watched(act):
                put(root)
        finally:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the child outlived call {point}"


def check_kills(root: Path, points: list[int]) -> None:
    seen, fresh = set(), root.with_name("fresh")
    shutil.copytree(root, fresh)
    for point in points:
        for before in (True, False):
            killed_at(root, point, before=before)
            count = verify(root)
            seen.add(count)
            put(root)
            assert verify(root) == count + 1, "what was killed is in the way of the next run"
            shutil.rmtree(root)
            shutil.copytree(fresh, root)
    assert seen == {1, 2}, "the kills did not fall on both sides of the move"


@needs_fork
def test_a_kill_leaves_the_old_state_or_the_new_one(shelf: Path) -> None:
    calls = count_calls(shelf)
    assert calls > 25
    check_kills(shelf, [*range(1, calls + 1, 5), calls])


@needs_fork
@pytest.mark.soak
def test_two_hundred_kills_leave_the_old_state_or_the_new_one(shelf: Path) -> None:
    calls = count_calls(shelf)
    points = list(range(1, calls + 1))
    check_kills(shelf, points * (100 // calls + 1))


def failed_at(root: Path, point: int, code: int) -> str:
    """Publish while one call fails; return how it ended."""

    def act(number: int, before: bool) -> None:
        if number == point and before:
            raise OSError(code, os.strerror(code))

    told: SmarketingError | None = None
    with watched(act):
        try:
            put(root)
        except SmarketingError as error:
            told = error
    if told is None:
        return "done"
    assert "\n" not in str(told)
    assert os.strerror(code) in str(told)
    assert told.exit_code == (2 if code == errno.EACCES else 3)
    return "refused"


def check_faults(root: Path, points: list[int], *, errors_each: int) -> None:
    for point in points:
        for code in [ERRORS[(point + i) % 3] for i in range(errors_each)]:
            count = verify(root)
            ended = failed_at(root, point, code)
            now = verify(root)
            assert now in ({count, count + 1} if ended == "refused" else {count + 1})
            rebuild_hub(root)
            assert verify(root) == now
            if now > 3:
                shutil.rmtree(root)
                put(root)


def test_every_refused_write_is_told_in_one_line_and_leaves_no_half(shelf: Path) -> None:
    calls = count_calls(shelf)
    check_faults(shelf, list(range(1, calls + 1)), errors_each=1)


@pytest.mark.soak
def test_every_refused_write_at_every_call(shelf: Path) -> None:
    check_faults(shelf, list(range(1, count_calls(shelf) + 1)) * 3, errors_each=3)


def crowd(root: Path, size: int) -> None:
    children = []
    for _ in range(size):
        child = os.fork()
        if child == 0:  # pragma: no cover - coverage does not follow the fork
            try:
                put(root)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(9)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * size


@needs_fork
def test_four_at_once_all_get_a_place_and_stand_in_the_hub(shelf: Path) -> None:
    crowd(shelf, 4)
    assert verify(shelf) == 5
    assert {re.sub(r"^.{25}", "", run.name) for run in next(p for p in shelf.iterdir() if p.is_dir()).iterdir()} == {
        *("", "-2", "-3", "-4", "-5")
    }
    assert "4 earlier runs" in (shelf / "index.html").read_text()


@needs_fork
@pytest.mark.soak
def test_eight_at_once_again_and_again(shelf: Path) -> None:
    for round_number in range(1, 11):
        crowd(shelf, 8)
        assert verify(shelf) == 8 * round_number + 1


REAL = """
import sys
import traceback
from pathlib import Path
from smarketing_sim.publish.hub import rebuild_hub
from smarketing_sim.publish.publisher import publish
notebook, root = map(Path, sys.argv[1:3])
publish(notebook, root=root, scenario=sys.argv[3], title="t", params_json="{}", seed=1, model_version="1")
"""


@pytest.mark.soak
def test_eight_real_notebooks_at_once(tmp_path: Path, make_notebook) -> None:
    source = "from pathlib import Path\nPath(tables_dir, 'sla.csv').write_text('a')"
    notebook = make_notebook(tmp_path / "toy.ipynb", source, parameters="params_path = ''\ntables_dir = ''")
    root = tmp_path / "reports"

    def run(number: int) -> int:
        command = [sys.executable, "-c", REAL, str(notebook), str(root), f"plan {number % 3}"]
        return subprocess.run(command, check=False, timeout=HANG_SECONDS).returncode

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(8))) == [0] * 8
    assert len(list(root.glob("*/*/run.json"))) == 8
    assert len(BeautifulSoup((root / "index.html").read_text(), "html.parser").find_all("article")) == 3
