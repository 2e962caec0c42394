"""The page's server ends when it is told to, whatever it is in the middle of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tiny import write_tiny
from tests.conftest import ROOT

from .test_left_kernels import SERVER

SOON_SECONDS = 120
STARTS_A_KERNEL = """
import os, signal
from jupyter_client.provisioning import LocalProvisioner

async def launch_kernel(self, *words, **options):
    os.kill(os.getpid(), signal.{sign})
    return await launched(self, *words, **options)

launched, LocalProvisioner.launch_kernel = LocalProvisioner.launch_kernel, launch_kernel
"""
NEVER_DONE = """
import asyncio
from smarketing_sim.lab import kernels, server

async def shutdown_all(self, *words, **options):
    await asyncio.sleep(3600)

server._PATIENCE_SECONDS = 1.0
kernels.Kernels.shutdown_all = shutdown_all
"""

pytestmark = pytest.mark.slow


def ended(folder: Path, *before: str) -> int:
    """Return how a server ended that was told to stop while it started its first kernel."""
    for name in ("params", "page", "scratch"):
        (folder / name).mkdir()
    write_tiny(folder / "params")
    words = [sys.executable, "-c", "\n".join([*before, SERVER]), str(ROOT / "notebooks" / "scenario_lab.ipynb")]
    quiet = subprocess.DEVNULL
    done = subprocess.run([*words, str(folder)], check=False, cwd=folder, timeout=SOON_SECONDS, stdout=quiet)
    return done.returncode


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_server_told_to_stop_while_it_starts_a_kernel_ends(sign: str, tmp_path: Path) -> None:
    assert ended(tmp_path, STARTS_A_KERNEL.format(sign=sign)) == 0


def test_a_server_whose_kernels_never_end_does_not_wait_for_them_for_ever(tmp_path: Path) -> None:
    assert ended(tmp_path, STARTS_A_KERNEL.format(sign="SIGINT"), NEVER_DONE) == 0
