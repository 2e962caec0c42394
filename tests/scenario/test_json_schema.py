"""The generated reference: equal to what is shipped, complete, and true of files that load."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smarketing_sim.scenario.documents import read_document
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.json_schema import data_dictionary, json_schema, write
from smarketing_sim.scenario.schema import flatten
from tests.conftest import PARAMS

FILES = sorted(PARAMS.glob("*.yaml"))
ROW = re.compile(r"^\| `(?P<key>[^`]+)` \| (?P<meaning>.*?) \| (?P<unit>.*) \| (?P<default>[^|]*) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


@pytest.fixture(scope="module")
def rows() -> dict[str, re.Match[str]]:
    return {match["key"]: match for match in ROW.finditer(data_dictionary())}


def refused(validator: jsonschema.Draft202012Validator, document: dict[str, Any]) -> bool:
    return not validator.is_valid(document)


def baseline() -> dict[str, Any]:
    return dict(read_document(PARAMS / "baseline.yaml").data)


def test_the_shipped_reference_is_the_generated_one(tmp_path: Path) -> None:
    write(tmp_path)
    for name in ("README.md", "scenario.schema.json"):
        shipped = (PARAMS / name).read_text(encoding="utf-8")
        assert shipped == (tmp_path / name).read_text(encoding="utf-8"), f"params/{name} is stale; run: make params"


def test_the_schema_is_a_json_schema_and_plain_json() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(json.dumps(json_schema())) == json_schema()


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_an_editor_finds_no_fault_in_a_shipped_file(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    faults = [f"{fault.json_path}: {fault.message[:200]}" for fault in validator.iter_errors(read_document(path).data)]
    assert faults == []


def test_an_editor_finds_a_misspelt_key(validator: jsonschema.Draft202012Validator) -> None:
    document = baseline()
    document["sales"]["sdr"]["headcuont"] = 8
    assert refused(validator, document)


def test_an_editor_finds_a_misspelt_reason_of_a_value(validator: jsonschema.Draft202012Validator) -> None:
    document = baseline()
    document["sales"]["sdr"]["headcount"] = {"value": 8, "sources": "E28"}
    assert refused(validator, document)


def test_an_editor_finds_a_value_out_of_bounds_with_and_without_a_source(
    validator: jsonschema.Draft202012Validator,
) -> None:
    for wrong in (-1, {"value": -1, "source": "E28"}):
        document = baseline()
        document["sales"]["sdr"]["headcount"] = wrong
        assert refused(validator, document)


def test_every_leaf_takes_a_source_grade_range_and_note(validator: jsonschema.Draft202012Validator) -> None:
    document = baseline()
    for group, key in (("run", "horizon_months"), ("calendar", "zone"), ("goal", "revenue"), ("decay", "clock")):
        plain = document[group][key]
        document[group][key] = {"value": plain, "source": "a note", "grade": "C", "range": [plain, plain], "note": "x"}
    assert validator.is_valid(document)


def test_a_file_that_extends_another_may_name_just_what_differs(validator: jsonschema.Draft202012Validator) -> None:
    little = {
        "marketing": {"sources": {"organic": {"win_prob": "25%"}, "social": None}},
        "sla": {"speed": {"target": 0.8}},
    }
    assert validator.is_valid({"extends": "baseline.yaml", **little})
    assert refused(validator, little)


def test_hours_may_be_one_text_as_the_loader_has_it(validator: jsonschema.Draft202012Validator) -> None:
    document = baseline()
    document["sales"]["sdr"]["shift"] = {"mon-fri": "09:00-17:00"}
    assert validator.is_valid(document)


def test_every_key_has_a_meaning_a_unit_and_a_default(rows: dict[str, re.Match[str]]) -> None:
    assert len(rows) > 200
    for key, row in rows.items():
        assert row["meaning"].endswith("."), key
        assert row["meaning"] != "None", key
        assert row["unit"].strip(), key
        assert row["default"].strip(), key


def test_every_key_of_a_loaded_scenario_is_in_the_dictionary(rows: dict[str, re.Match[str]]) -> None:
    document = load(PARAMS / "baseline.yaml").model_dump(mode="json", exclude={"beliefs", "alternatives"})
    document["sla"] = {clause["kind"]: clause for clause in document["sla"].values()}
    filled = [path for path, value in flatten(document).items() if value not in (None, {}, [])]
    assert len(filled) > 150
    assert [path for path in filled if not any(is_row(path, key) for key in rows)] == []


def is_row(path: str, key: str) -> bool:
    """A map by weekday is one row; its days are not."""
    pattern = re.sub(r"<\w+>", "[^.]+", re.escape(key))
    return re.fullmatch(rf"{pattern}(\.(mon|tue|wed|thu|fri|sat|sun))?", path) is not None


@pytest.mark.parametrize(
    ("key", "unit", "default"),
    [
        ("run.starts_on", "date", "required"),
        ("sales.sdr.headcount", "whole number", "required"),
        ("sales.sdr.marketing_time.share", "share", "`100%`"),
        ("sales.sdr.recording.at_latest", "time", "`7 days`"),
        ("sales.sdr.reps.<n>.shift", "hours by weekday", "none"),
        ("goal.revenue", "money", "`0`"),
        ("marketing.sources.<name>.leads_per_month", "number, or twelve", "none"),
        ("marketing.profile.hours", "list: number", "`24 × 1`"),
        ("sla.speed.kind", "`speed`", "its key"),
        ("sla.speed.within", "time", "required"),
        ("sales.sdr.routing.rule", "one of `pool`", "`pool`"),
        ("decay.points", "list: pair: time", "none"),
    ],
)
def test_unit_and_default_of_a_key_are_as_the_loader_has_them(
    rows: dict[str, re.Match[str]], key: str, unit: str, default: str
) -> None:
    assert rows[key]["unit"].startswith(unit)
    assert rows[key]["default"].strip() == default
