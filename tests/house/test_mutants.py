"""Planted faults die: the tests that are named with each fail on it."""

from __future__ import annotations

import pytest

from tests import mutants, mutants_by_rule


@pytest.mark.soak
def test_every_planted_fault_is_found() -> None:
    assert mutants.main() == 0


@pytest.mark.soak
def test_of_some_faults_made_by_rule_nearly_all_are_found() -> None:
    """Twenty take as many minutes; ``python -m tests.mutants_by_rule`` draws two hundred."""
    assert mutants_by_rule.main(["--count", "20", "--least", "0.75"]) == 0
