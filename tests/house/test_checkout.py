"""The checkout as others get it: no trace of the machine it was made on, and the commands people type."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MACHINE_PATH = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:work|root|farm|home/\w+|Users/\w+)/")
REGISTRY = re.compile(
    r"https?://[^ \"]*(?:/simple/|/pypi/|pythonhosted|registry\.npmjs|deb\.debian)"
    r"|--(?:extra-)?(?:index-url|find-links)"
)
COMMANDS = {"report", "test", "quick", "lab", "app", "soak", "lint", "dist", "lock", "help", "clean"}
CHECKED_BYTES = 5_000_000


def listed_by_git() -> list[Path]:
    """The files that are, or would be, committed; none where git is not there to say."""
    if shutil.which("git") is None:
        return []
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in done.stdout.split("\0") if name]


def found_by_hand() -> list[Path]:
    """In an unpacked archive: everything but what tools and runs leave behind."""
    tops = [path for path in ROOT.iterdir() if path.is_file() or path.name == ".ci" or path.name[0] != "."]
    found = (path for top in tops if top.name != "reports" for path in (top, *top.rglob("*")))
    return [path for path in found if "__pycache__" not in path.parts]


def kept_files() -> list[Path]:
    found = listed_by_git() or found_by_hand()
    return sorted(path for path in found if path.is_file() and path.stat().st_size <= CHECKED_BYTES)


def traces(text: str) -> list[str]:
    """Lines that name a path of one machine, or where one machine gets its packages."""
    lines = enumerate(text.splitlines(), start=1)
    return [
        f"{number}: {line.strip()[:80]}" for number, line in lines if MACHINE_PATH.search(line) or REGISTRY.search(line)
    ]


def test_no_kept_file_names_a_machine_path_or_a_registry() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in kept_files()
        if (lines := traces(path.read_text(encoding="utf-8", errors="ignore")))
    }
    assert not found


@pytest.mark.parametrize(
    "parts",
    [
        ("cd ", "/work", "/main"),
        ('"', "/root", '/.cache"'),
        ("/home", "/ann/", "lab"),
        ("file:///", "/Users", "/ann/lab"),
        ("pip install ", "--index", "-url x"),
        ("pip install ", "--find", "-links x"),
        ("see https", "://files.python", "hosted.org/x.whl"),
        ("https", "://mirror.example", "/simple", "/numpy"),
    ],
)
def test_a_planted_trace_is_found(parts: tuple[str, ...]) -> None:
    assert traces("".join(parts))


def test_ordinary_paths_and_options_are_let_through() -> None:
    assert not traces("/usr/bin/env bash\nreports/work/x\nuv --no-emit-index-url\nhttps://docs.python.org/3/home/")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_lists_every_target_people_type() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"make (\w+)", done.stdout)) >= COMMANDS


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("version", "fits"), [("3.10.14", False), ("3.11.0", True), ("3.14.9", True), ("3.15.0", False)]
)
def test_a_python_without_locked_wheels_is_refused_in_one_line(tmp_path: Path, version: str, fits: bool) -> None:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    named = tmp_path / "python"  # says to be another, and can nothing else
    claim = f"import sys; sys.version_info = {tuple(map(int, version.split('.')))}; exec(sys.argv[1])"
    named.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} -c "{claim}" "$2"\n')
    named.chmod(0o755)
    command = ["make", "--silent", "report", f"PYTHON={named}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    told, *more = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert told.startswith("No venv module" if fits else "Python 3.11 to 3.14 is needed")
    assert not more
    assert not (tmp_path / ".venv").exists()


def test_ci_can_be_started_and_is_sound_bash() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
