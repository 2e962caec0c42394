"""Whether the engine is compiled already, which a first run says before it keeps somebody waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from smarketing_sim import jit


def test_a_first_run_is_known_from_a_later_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    assert not jit.is_ready()
    kept = tmp_path / "engine" / "kernel" / "__pycache__" / "loop.nbi"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"")
    assert jit.is_ready()


def test_where_nothing_is_compiled_nothing_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    monkeypatch.setattr(jit, "INSTALLED", False)
    assert jit.is_ready()
