"""Every assumption belongs to exactly one cause: walked through the shipped files and through the schema itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smarketing_sim.scenario.causes import CAUSES, MEANING, NAMED, TABLE, cause_of
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.json_schema import data_dictionary
from smarketing_sim.scenario.schema import Scenario, flatten
from tests.conftest import PARAMS

FILES = sorted(PARAMS.glob("*.yaml"))
_KEY = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
_WORDS = {"extends", *Scenario.model_fields} - set(load(FILES[0]).canonical())


def schema_paths() -> list[str]:
    """Every key that a file can hold and the simulation can feel, with names as the reference writes them."""
    keys = [key.replace("[]", "") for key in _KEY.findall(data_dictionary())]
    return [key for key in keys if key.partition(".")[0] not in _WORDS]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_assumption_of_a_shipped_file_has_a_cause(path: Path) -> None:
    causes = {cause_of(key) for key in flatten(load(path).canonical())}
    assert causes == set(CAUSES)


def test_the_walk_meets_every_group_of_the_schema() -> None:
    paths = schema_paths()
    assert len(paths) > 150
    assert {path.partition(".")[0] for path in paths} == set(load(FILES[0]).canonical())
    assert {"marketing.sources.<name>.qualify_prob", "sales.sdr.reps.<n>.shift", "sla.speed.within"} <= set(paths)


@pytest.mark.parametrize("path", schema_paths())
def test_every_field_of_the_schema_has_a_cause(path: str) -> None:
    assert cause_of(path) in CAUSES


def test_no_entry_of_the_table_is_about_a_field_that_is_gone() -> None:
    patterns = {re.sub(r"<\w+>", "*", path) for path in schema_paths()}
    assert [prefix for prefix in TABLE if not any(p == prefix or p.startswith(f"{prefix}.") for p in patterns)] == []
    assert set(TABLE.values()) | set(NAMED.values()) == set(CAUSES) == set(MEANING)


@pytest.mark.parametrize(
    "path",
    [
        "sales.sdr.mood", "sales.ae.mood", "sales.mood", "marketing.mood", "marketing.handoff.mood", "mood", "run.mood",
        "marketing.sources.web.mood", "marketing.campaigns.fair.mood", "sales.sdr.channels.phone.mood",
        "sales.sdr.reps.3.mood",
    ],
)  # fmt: skip
def test_a_new_field_without_a_cause_is_found(path: str) -> None:
    with pytest.raises(LookupError, match=path):
        cause_of(path)


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("sales.sdr.headcount", "queue"), ("sales.sdr.queue.order", "queue"), ("sales.sdr.cadence.gaps", "depth"),
        ("sales.sdr.shift.mon", "calendar"), ("sales.sdr.reps.7.shift.mon", "calendar"),
        ("marketing.handoff.system_delay", "routing"), ("marketing.handoff.score_at_least", "volume"),
        ("marketing.sources.web", "volume"), ("marketing.sources.web.win_prob", "quality"),
        ("marketing.sources.win_prob.win_prob", "quality"), ("personas.small.deal_value", "quality"),
        ("marketing.sources.web.cost_per_handed", "terms, prices and beliefs"),
        ("decay.preset", "terms, prices and beliefs"), ("sla.speed.target", "terms, prices and beliefs"),
    ],
)  # fmt: skip
def test_the_longest_prefix_decides(path: str, cause: str) -> None:
    assert cause_of(path) == cause
