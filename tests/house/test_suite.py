"""The test suite's own rules: soak stays out unless asked for, and CI lets nobody skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

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
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    (folder / "tests" / "test_sample.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = soak\n")
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
