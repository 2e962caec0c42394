"""The installation as the Makefile does it, from an index made here; and whether the locks name all that is needed."""

from __future__ import annotations

import ensurepip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT
from tests.house.test_environment import CORE, DEV_LOCK, EXTRAS, LOCK, pins

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
BACKEND = """
import shutil
from pathlib import Path

def build_editable(folder, *_):
    return Path(shutil.copy(next(Path().glob("*.whl")), folder)).name
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
MEASURED = ("Provides-Extra: toml", "Requires-Dist: parser; extra == 'toml'")
OLD_PIP_IS_SOUND_FROM = Version("23.3")
FOR_USERS = (LOCK, ("pdf", "cluster", "build"))
FOR_ALL = (LOCK + DEV_LOCK, tuple(EXTRAS))


def make_wheel(folder: Path, name: str, version: str, *about: str) -> str:
    """Write a wheel with one empty module into a folder, and return its line in a lock."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    metadata = "\n".join(("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *about, ""))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/engine.py", "")
        archive.writestr(f"{name}-{version}.dist-info/METADATA", metadata)
        archive.writestr(f"{name}-{version}.dist-info/WHEEL", WHEEL)
        archive.writestr(f"{name}-{version}.dist-info/RECORD", "")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the pip that this Python brings; made once, for that takes seconds, and then copied."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, bare: Path) -> Path:
    """Our Makefile with locks of a few made-up packages, one asked for with an extra and since released anew."""
    index = tmp_path / "index"
    index.mkdir()
    asker = make_wheel(index, "asker", "1.0", "Requires-Dist: measured[toml]>=1.0")
    locked = [asker, make_wheel(index, "measured", "1.0", *MEASURED), make_wheel(index, "parser", "1.0")]
    tool = make_wheel(index, "tool", "1.0", "Requires-Dist: hammer")
    tools = [tool, make_wheel(index, "hammer", "1.0")]
    for newer in ("1.1", "2.0"):
        make_wheel(index, "measured", newer, *MEASURED)
        make_wheel(index, "hammer", newer)
    make_wheel(tmp_path, "smarketing_sim", "1.0", "Requires-Dist: asker")
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "backend.py").write_text(BACKEND)
    (tmp_path / "requirements.lock").write_text("".join(locked))
    (tmp_path / "requirements-dev.lock").write_text("".join(tools))
    write_python(tmp_path, f'[ "$3" = --clear ] && rm -rf .venv; [ -d .venv ] || cp -a {bare} .venv')
    return tmp_path


def write_python(folder: Path, venv: str) -> None:
    """Write a Python that makes an environment by a command of the shell and does everything else itself."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncase "$*" in "-m venv "*) {venv} ;; *) exec {sys.executable} "$@" ;; esac\n')
    path.chmod(0o755)


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Install by the Makefile what tests need, with no other index than the folder's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE", "PYTHON"))}
    only = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder / "index"), "PIP_CONFIG_FILE": os.devnull}
    command = ["make", "PYTHON=./python", *words, ".venv/.installed-dev"]
    return subprocess.run(command, cwd=folder, env=kept | only, capture_output=True, text=True, check=False)


@pytest.mark.slow
@needs_make
@pytest.mark.parametrize("pip", ["of this Python", "current"])
def test_newer_releases_on_the_index_change_nothing(checkout: Path, pip: str) -> None:
    words = []
    if pip == "current":
        write_python(checkout, f"{sys.executable} -m venv --without-pip .venv")
        words = [f"PIP={sys.executable} -m pip --python .venv/bin/python"]
    done = make(checkout, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = {"asker-1.0", "measured-1.0", "parser-1.0", "tool-1.0", "hammer-1.0", "smarketing_sim-1.0"}
    installed = {path.stem for path in (checkout / ".venv" / "lib").rglob("*.dist-info")}
    assert {name for name in installed if not name.startswith(("pip-", "setuptools-"))} == expected


@pytest.mark.slow
@needs_make
def test_an_older_pip_that_looks_for_dependencies_stops_at_newer_releases(checkout: Path) -> None:
    makefile = checkout / "Makefile"
    looking = makefile.read_text().replace("--no-deps --require-hashes", "--require-hashes")
    assert looking != makefile.read_text()
    makefile.write_text(looking)
    done = make(checkout)
    stopped = done.returncode != 0 and "must have their versions pinned" in done.stderr
    assert stopped or Version(ensurepip.version()) >= OLD_PIP_IS_SOUND_FROM


@pytest.mark.slow
@needs_make
@pytest.mark.parametrize(
    ("lock", "stamp", "lacking", "told"),
    [
        ("requirements.lock", ".installed", "asker", "smarketing-sim 1.0 requires asker, which is not installed"),
        ("requirements-dev.lock", ".installed-dev", "hammer", "tool 1.0 requires hammer, which is not installed"),
    ],
)
def test_a_lock_that_lacks_a_package_stops_the_installation(
    checkout: Path, lock: str, stamp: str, lacking: str, told: str
) -> None:
    path = checkout / lock
    path.write_text(re.sub(rf"(?m)^{lacking}==.*\n", "", path.read_text()))
    done = make(checkout)
    assert done.returncode != 0
    assert told in (done.stdout + done.stderr).replace("_", "-")
    assert not (checkout / ".venv" / stamp).exists()


@pytest.mark.slow
@needs_make
def test_a_wheel_that_is_not_the_locked_one_is_refused(checkout: Path) -> None:
    make_wheel(checkout / "index", "parser", "1.0", "Summary: something else")
    done = make(checkout)
    assert done.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr


@pytest.mark.slow
@needs_make
def test_a_changed_lock_begins_anew_and_a_changed_project_does_not(checkout: Path) -> None:
    assert make(checkout).returncode == 0
    left = checkout / ".venv" / "left"
    left.touch()
    (checkout / "pyproject.toml").touch()
    assert make(checkout).returncode == 0
    assert left.exists()
    (checkout / "requirements.lock").touch()
    assert make(checkout).returncode == 0
    assert not left.exists()


@needs_make
def test_constraints_are_the_locked_versions_without_hashes(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / ".installed").touch()
    builder = tmp_path / ".venv" / "bin" / "python"
    builder.write_text("#!/bin/sh\nmkdir dist\n")
    builder.chmod(0o755)
    subprocess.run(["make", "dist"], cwd=tmp_path, check=True)
    lines = (tmp_path / "dist" / "constraints.txt").read_text().splitlines()
    assert lines == [line.removesuffix(" \\") for line in LOCK.splitlines() if not line.startswith(" ")]
    assert all(str(Requirement(line).specifier).startswith("==") for line in lines)


def needed(extras: tuple[str, ...], pinned: dict[str, Version]) -> tuple[set[str], list[str]]:
    """Every package that we ask for, or that one of those does; and the wishes that the lock does not grant."""
    left = [*CORE, *(requirement for extra in extras for requirement in EXTRAS[extra])]
    seen, missing = set(), []
    while left:
        wish = left.pop()
        name = canonicalize_name(wish.name)
        if name not in pinned or not wish.specifier.contains(pinned[name], prereleases=True):
            missing.append(str(wish))
            continue
        for extra in {"", *wish.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            asked = map(Requirement, requires(name) or [])
            left += [
                further for further in asked if further.marker is None or further.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in seen}, missing


@pytest.mark.parametrize(("lock", "extras"), [FOR_USERS, FOR_ALL], ids=["for users", "for all"])
def test_the_locks_name_what_is_needed_and_nothing_else(lock: str, extras: tuple[str, ...]) -> None:
    pinned = pins(lock, platform.python_version())
    found, missing = needed(extras, pinned)
    assert not missing
    assert found == set(pinned)


@pytest.mark.parametrize("removed", ["tornado", "fqdn", "editables", "llvmlite", "pydyf"])
def test_a_package_removed_from_the_lock_is_missed(removed: str) -> None:
    lock, extras = FOR_USERS
    pinned = pins(lock, platform.python_version())
    del pinned[removed]
    assert {canonicalize_name(Requirement(wish).name) for wish in needed(extras, pinned)[1]} == {removed}


def test_no_package_stands_in_both_locks() -> None:
    names, dev_names = (set(re.findall(r"(?m)^([\w.-]+)==", lock)) for lock in (LOCK, DEV_LOCK))
    assert names
    assert dev_names
    assert not names & dev_names
