"""Planted faults die: the tests that are named with each fail on it."""

from __future__ import annotations

import pytest

from tests import mutants


@pytest.mark.soak
def test_every_planted_fault_is_found() -> None:
    assert mutants.main() == 0
