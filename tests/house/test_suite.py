"""The test suite's own rules: what is left out when, what begins first, and that CI lets nobody skip."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow  # for each starts pytest anew
SUITE = """
import pytest

def test_light():
    pass

@pytest.mark.soak
def test_heavy():
    pass

def test_needs_data(real_data):
    pass
"""
SKIPPED = "import pytest\n\ndef test_lazy():\n    pytest.skip('too hard')\n"


def run_suite(folder: Path, *arguments: str, source: str = SUITE, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "tests").mkdir(exist_ok=True)
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    (folder / "tests" / "test_sample.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    soak\n    slow\n    browser\n")
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST", "SMARKETING"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, "tests"]
    return subprocess.run(command, cwd=folder, env=keep | variables, capture_output=True, text=True, check=False)


def test_soak_runs_only_when_asked_for(tmp_path: Path) -> None:
    assert "1 passed, 1 skipped, 1 deselected" in run_suite(tmp_path).stdout


def test_soak_runs_when_asked_for(tmp_path: Path) -> None:
    assert "1 passed, 2 deselected" in run_suite(tmp_path, "-m", "soak").stdout


def test_absent_real_data_does_not_fail_ci(tmp_path: Path) -> None:
    done = run_suite(tmp_path, CI="true")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_any_other_skip_fails_ci_and_is_listed(tmp_path: Path, workers: str) -> None:
    done = run_suite(tmp_path, "-n", workers, source=SKIPPED, CI="true")
    assert done.returncode == 1
    assert "test_lazy: Skipped: too hard" in done.stdout


def test_a_skip_is_fine_outside_ci(tmp_path: Path) -> None:
    assert run_suite(tmp_path, source=SKIPPED).returncode == 0


MARKED = """
import pytest

def test_quick():
    pass

@pytest.mark.slow
def test_slow():
    pass

@pytest.mark.browser
def test_browser():
    pass
"""


def recipe(target: str) -> str:
    """The commands of a target, as make would run them."""
    command = ["make", "--dry-run", "--assume-old=.venv/.installed-dev", target]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_quick_leaves_out_what_is_slow_and_what_drives_a_browser(tmp_path: Path) -> None:
    (told,) = re.findall(r'pytest .*-m "(.*?)"', recipe("quick"))
    assert "1 passed, 2 deselected" in run_suite(tmp_path, "-m", told, source=MARKED).stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_test_leaves_nothing_out_and_runs_the_notebooks() -> None:
    (told,) = re.findall(r"pytest .*", recipe("test"))
    assert told.endswith(" notebooks tests")
    assert "--nbval-lax" in told
    assert not re.search(" -m (?!pytest)| -k |--deselect|--ignore", told)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_files_that_take_long_begin_first_and_stay_whole(tmp_path: Path, workers: str) -> None:
    (tmp_path / "tests").mkdir()
    for name, mark in {"a": "", "b": "@pytest.mark.slow", "c": ""}.items():
        source = f"import pytest\n\ndef test_one():\n    pass\n\n{mark}\ndef test_two():\n    pass\n"
        (tmp_path / "tests" / f"test_{name}.py").write_text(source)
    done = run_suite(tmp_path, "--collect-only", "-q", "-n", workers)
    told = re.findall(r"test_(\w)\.py::test_(one|two)", done.stdout)
    assert told == [(name, test) for name in "bac" for test in ("one", "two")]
