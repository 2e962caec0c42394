"""Commands called here, and commands started as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from smarketing_sim import cli

from .tiny import write_tiny

COMMAND = "from smarketing_sim.cli import main; main()"


@dataclass(frozen=True)
class Said:
    """What a command left behind: its exit code and its words."""

    code: int
    out: str
    err: str


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny scenario, in a working folder of its own."""
    write_tiny(tmp_path)
    monkeypatch.chdir(tmp_path)
    return Path("tiny.yaml")


@pytest.fixture
def smarketing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Return a function that calls a command in this process; no command may ever show a traceback."""

    def call(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["smarketing", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert isinstance(left.value.code, int)
        return Said(left.value.code, out, err)

    return call


def start(*words: object, cwd: Path, program: str = COMMAND, **variables: str) -> subprocess.Popen[str]:
    """Start a command as a process group of its own, as a terminal would."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)],
        cwd=cwd,
        env=os.environ | {"PYTHONSAFEPATH": "1"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def processes_of(mark: str) -> list[int]:
    """Return the processes that carry a mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found
