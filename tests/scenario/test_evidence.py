"""The evidence ledger is whole, graded, and names folklore as what it is."""

from __future__ import annotations

import re

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.evidence import evidence, folklore
from tests.builders import make_scenario


def test_no_row_of_the_ledger_is_missing() -> None:
    numbers = ["1", "2a", "2b", *(str(n) for n in range(3, 39))]
    assert list(evidence()) == [f"E{n}" for n in numbers]


def test_every_row_says_what_was_found_by_whom_and_how_well_it_is_known() -> None:
    grade = re.compile(r"[ABC][-+]?(/[ABC][-+]?)?|F|opinion|practice")
    for row in evidence().values():
        assert row.finding
        assert row.source
        assert row.caution
        assert row.seen in {"P", "S", "P/S"}
        assert grade.fullmatch(row.grade)
        assert row.year is None or re.search(r"(19|20)\d\d", row.year)


def test_the_ledger_keeps_the_grades_that_decisions_hang_on() -> None:
    grades = {key: evidence()[key].grade for key in ("E1", "E2b", "E3", "E6", "E7", "E8", "E12", "E13", "E19", "E25")}
    assert grades == {
        "E1": "B-",
        "E2b": "B-",
        "E3": "B",
        "E6": "B-",
        "E7": "C",
        "E8": "C",
        "E12": "F",
        "E13": "B-",
        "E19": "A",
        "E25": "A",
    }


def test_folklore_is_named_with_what_is_behind_it() -> None:
    assert len(folklore()) == 6
    assert all(claim.told and claim.reality for claim in folklore())
    assert any("25 hours" in claim.told and "24 hours" in claim.reality for claim in folklore())


def test_folklore_can_be_the_source_of_no_value() -> None:
    """Lost, a plan may rest a number on a claim that the ledger calls folklore."""
    [name] = [name for name, row in evidence().items() if row.grade == "F"]
    for source in (name, f"E13, {name}"):
        with pytest.raises(InputError, match=rf"win_prob.*: source {name} is folklore and cannot carry a default"):
            make_scenario({"marketing.sources.web.win_prob": {"value": 0.2, "source": source, "grade": "B"}})
