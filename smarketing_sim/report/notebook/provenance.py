"""What a run has to say for itself: the versions that computed it and the state of the files it came from."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from smarketing_sim import __version__
from smarketing_sim.timeouts import HANG_SECONDS

_PACKAGES = ("numpy", "scipy", "simpy", "pandas", "seaborn", "matplotlib", "tzdata", "holidays")


def identity(params_json: str, *, seed: int, model_version: str) -> str:
    """Return eight hexadecimal digits that stand for the inputs of a run: the same inputs, the same numbers.

    Parameters
    ----------
    params_json
        The full scenario as JSON; spacing and the order of keys do not matter.
    seed
        The seed of the run.
    model_version
        The version of the model, as text.
    """
    parts = {"params": json.loads(params_json), "seed": seed, "model": model_version}
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:8]


def versions() -> dict[str, str | None]:
    """Return the versions of Python, of the libraries that make the numbers and figures, and of this package."""
    return {
        "python": platform.python_version(),
        **{name: _installed(name) for name in _PACKAGES},
        "smarketing_sim": __version__,
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return ``{"commit", "dirty"}`` of the checkout that keeps the files of ``folder``, or None where there is none.

    An environment that lies in somebody's checkout is none of its files.
    """
    found = shutil.which("git")
    if found is None or not os.path.isabs(found):
        return None
    if _git(found, folder, "ls-files", "--error-unmatch", ".") is None:
        return None
    commit = _git(found, folder, "rev-parse", "--verify", "HEAD")
    status = _git(found, folder, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None or status is None else {"commit": commit.strip(), "dirty": bool(status.strip())}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(program: str, folder: Path, *arguments: str) -> str | None:
    # A checkout's own settings may name a program to run; the monitor is the one that a status would start.
    command = [program, "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=True, env=quiet)
    except (OSError, UnicodeError, subprocess.SubprocessError):
        return None
    return done.stdout
