"""The wheel, installed where no checkout is on the path: every command works in an empty folder."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from smarketing_sim import __version__
from tests.conftest import ROOT
from tests.patience import HANG_SECONDS, wait_for

from .test_checkout import kept_files

pytestmark = pytest.mark.slow
YEARS = ("--replications", "2")
TINY = """\
extends: smarketing:baseline
name: Tiny plan
run: {horizon_months: 1, warm_up_weeks: 1, cool_down_weeks: 3}
marketing: {campaigns: null}
"""


@dataclass(frozen=True)
class Installed:
    """An environment of its own with the wheel in it, and an empty folder to work in."""

    prefix: Path
    home: Path

    @property
    def package(self) -> Path:
        return next(self.prefix.glob("lib/python*/site-packages/smarketing_sim"))

    def start(self, *words: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start a command as a user does whose environment is active."""
        shared = Path(sysconfig.get_path("data")) / "share" / "jupyter"  # a real install has it below its own prefix
        added = {
            "PATH": f"{self.prefix / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "JUPYTER_PATH": str(shared),
            "JUPYTERLAB_DIR": str(shared / "lab"),
            "JUPYTER_CONFIG_DIR": str(self.prefix / "jupyter"),
            "BROWSER": "true",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SMARKETING"))}
        return subprocess.Popen(
            words, cwd=cwd or self.home, env=kept | added, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str, cwd: Path | None = None) -> str:
        process = self.start(*words, cwd=cwd)
        out, err = process.communicate(timeout=HANG_SECONDS)
        assert process.returncode == 0, err
        assert "Traceback" not in err
        return out


def state(folder: Path) -> dict[str, str]:
    """Hashes of all files below a folder, but for compiled code."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel in a fresh environment; what it depends on is taken from the one that runs the tests."""
    top = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(top), versions=["standard"])
    prefix, home = top / "env", top / "home"
    venv.create(prefix, with_pip=False, symlinks=True)
    python = str(prefix / "bin" / "python")
    options = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options, wheel], check=True)
    made = Installed(prefix, home)
    # Named in a .pth, a folder's own .pth files are not read, and so the checkout stays off the path.
    (made.package.parent / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (prefix / "jupyter").mkdir()
    (prefix / "jupyter" / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true}}')
    home.mkdir()
    before = state(made.package)
    yield made
    assert state(made.package) == before, "a command wrote into the installed package"


def published(home: Path) -> dict[str, dict[str, object]]:
    return {path.parent.parent.name: json.loads(path.read_text()) for path in home.glob("reports/*/*/run.json")}


def test_no_checkout_is_on_the_path(installed: Installed) -> None:
    code = "import sys, smarketing_sim; print(smarketing_sim.__file__, *sys.path, sep='\\n')"
    file, *path = installed.run("python", "-c", code).splitlines()
    assert Path(file).is_relative_to(installed.prefix)
    assert str(ROOT) not in path


def test_it_tells_its_version_both_ways(installed: Installed) -> None:
    told = f"smarketing {__version__}\n"
    assert installed.run("smarketing", "--version") == told
    assert installed.run("python", "-m", "smarketing_sim", "--version") == told


def test_a_bare_report_is_that_of_the_baseline(installed: Installed, tmp_path: Path) -> None:
    out = installed.run("smarketing", "report", *YEARS, cwd=tmp_path)
    page = Path(re.fullmatch(r"published (.+)", out.splitlines()[0])[1])  # type: ignore[index]
    assert "Baseline plan 2026" in (tmp_path / page).read_text()
    assert (tmp_path / "reports" / "index.html").exists()
    (record,) = published(tmp_path).values()
    assert record["params_file"]["name"] == "baseline.yaml"  # type: ignore[index]
    assert record["git"] is None
    assert str(installed.prefix) not in json.dumps(record)


def test_chapters_find_what_they_need_beside_the_package(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / "other.yaml").write_text(TINY.replace("Tiny", "Other") + "sales: {sdr: {headcount: 12}}\n")
    report = ("smarketing", "report", "tiny.yaml", *YEARS, "--notebook")
    installed.run(*report, "replications", cwd=tmp_path)
    installed.run(*report, "who_broke_it", cwd=tmp_path)
    pages = {path.parent.parent.name: path.read_text() for path in tmp_path.glob("reports/*/*/report.html")}
    assert "Measured by make bench" in next(page for name, page in pages.items() if "replications" in name)
    assert "Roberge" in next(page for name, page in pages.items() if "who_broke_it" in name)
    installed.run(*report, "who_broke_it", "-p", "other_path=other.yaml", "--seed", "2", cwd=tmp_path)
    pages = {path.parent.name: path.read_text() for path in tmp_path.glob("reports/*who_broke_it/*/report.html")}
    assert any("Other plan" in page for page in pages.values())


def test_every_notebook_of_the_checkout_can_be_asked_for(installed: Installed) -> None:
    process = installed.start("smarketing", "report", "--notebook", "zzz")
    _, told = process.communicate()
    assert process.returncode == 2
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert path.stem in told


def test_a_new_plan_is_made_and_checked(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("deal_value: $12k\n")
    out = installed.run("smarketing", "new", "Our plan", "--answers", "answers.yaml", cwd=tmp_path)
    assert "wrote params/our-plan.yaml" in out
    assert "params/our-plan.yaml: fine" in installed.run("smarketing", "check", "params/our-plan.yaml", cwd=tmp_path)


def test_a_working_folder_that_was_made_works(installed: Installed, tmp_path: Path) -> None:
    installed.run("smarketing", "init", "mylab", cwd=tmp_path)
    (tmp_path / "mylab" / "params" / "baseline.yaml").write_text(TINY.replace("Tiny", "My own"))
    out = installed.run("smarketing", "run", "params/baseline.yaml", *YEARS, cwd=tmp_path / "mylab")
    assert out.startswith("My own plan")


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("app", "--port", "0"), "/?"),
        (("lab",), "/api/contents/notebooks/scenario_lab.ipynb?content=0&"),
    ],
    ids=["app", "lab"],
)
def test_the_lab_opens_on_the_shipped_plan(
    words: tuple[str, ...], path: str, installed: Installed, tmp_path: Path
) -> None:
    process = installed.start("smarketing", *words, cwd=tmp_path)
    lines = process.stdout if words[0] == "app" else process.stderr
    assert lines is not None
    found = next(filter(None, (re.search(r"127\.0\.0\.1:(\d+)/\S*token=(\w+)", line) for line in lines)))
    status, body = asked(int(found[1]), f"{path}token={found[2]}", process)
    assert status == 200
    assert b"scenario" in body
    process.send_signal(signal.SIGTERM)
    process.communicate()


def asked(port: int, path: str, process: subprocess.Popen[str]) -> tuple[int, bytes]:
    """Ask a server, which may tell its address before it listens."""
    wait_for("the server to listen", lambda: listens(port), by=process)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG_SECONDS)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_archive_of_the_source_holds_what_its_tests_need(tmp_path: Path) -> None:
    (archive,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(archive) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    kept = {path.relative_to(ROOT).as_posix() for path in kept_files()}
    assert kept - held == set()
    assert {"Makefile", "requirements-dev.lock", "tests/conftest.py", ".ci/run"} <= held
