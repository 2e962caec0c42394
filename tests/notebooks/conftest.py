"""The notebooks of the project, and a small scenario to run them on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.tiny import write_tiny
from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)
