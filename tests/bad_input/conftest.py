"""Ways to break the baseline, and what every refusal must look like."""

from __future__ import annotations

import copy
import random
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.errors import InputError, SmarketingWarning
from smarketing_sim.scenario.building import build
from smarketing_sim.scenario.documents import read_document
from smarketing_sim.scenario.files import examined, load
from smarketing_sim.scenario.schema import Scenario

MOST_WORK_SECONDS = 10.0
JUNK: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    7,
    10**9,
    10**18,
    -(10**18),
    0.5,
    -0.5,
    1e-300,
    1e300,
    -1e300,
    float("inf"),
    float("-inf"),
    "",
    " ",
    "x",
    "35%",
    "-5%",
    "101%",
    "1e400%",
    "$5",
    "$-5",
    "$1e400",
    "6 hours",
    "0 min",
    "-6 hours",
    "1e400 days",
    "99 years",
    "6 business hours",
    "1 business month",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-01-01",
    "mon",
    "mon-fri",
    "09:00-17:00",
    "17:00-09:00",
    "25:00-26:00",
    "Mars/Olympus",
    "UTC",
    "speed",
    "medium",
    "custom",
    "territory",
    "blocks",
    "a" * 5000,
    "../../etc/passwd",
    "{{7*7}}",
    "<script>",
    "\u202egnp",
    "two\nlines",
    "E999",
    [],
    [[]],
    [None],
    [1, 2, 3],
    [0] * 12,
    [1e300] * 12,
    [0] * 24,
    [0] * 168,
    {},
    {"value": 5},
    {"value": None, "source": 5},
    {"value": {"value": 1}},
    {"": ""},
    {"a": {"b": {"c": 1}}},
    {"value": 5, "range": "wide"},
)


def steps_of(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every node below the top."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [deeper for key, item in items for deeper in [(*path, key), *steps_of(item, (*path, key))]]


def mutated(document: dict[str, Any], chance: random.Random) -> tuple[dict[str, Any], str]:
    """Return a copy with one node deleted, replaced, renamed, wrapped or swapped, and what was done."""
    data = copy.deepcopy(document)
    steps = steps_of(data)
    path = chance.choice(steps)
    parent = data
    for step in path[:-1]:
        parent = parent[step]
    last = path[-1]
    how = chance.choice(("delete", "replace", "replace", "replace", "rename", "wrap", "swap"))
    if how == "delete":
        del parent[last]
    elif how == "rename" and isinstance(parent, dict):
        name = chance.choice(
            (f"{last}s", str(last)[:-1], str(last).upper(), "value", "", "x" * 300, "new\nline", "mon", "9")
        )
        parent[name] = parent.pop(last)
    elif how == "wrap":
        parent[last] = (
            [parent[last]] if chance.random() < 0.5 else {"value": parent[last], "source": chance.choice(JUNK)}
        )
    elif how == "swap":
        other = data
        for step in chance.choice(steps):
            other = other[step]
        parent[last] = copy.deepcopy(other)
    else:
        how = "replace"
        parent[last] = copy.deepcopy(chance.choice(JUNK))
    return data, f"{how} {path} -> {str(parent)[:200]}"


def hold_clear(error: InputError) -> None:
    """Hold that a refusal is one line a problem, each with a rule, and not too long to read."""
    assert error.exit_code == 2
    assert error.problems
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems)
    for problem, line in zip(error.problems, lines, strict=True):
        assert problem.rule.strip()
        assert line.isprintable()
        assert len(line) < 2500
        assert "Traceback" not in line
        assert "object at 0x" not in line


def judged(data: Any) -> Scenario | None:
    """Return the scenario, or None where it was refused clearly; anything else is a failure."""
    started = time.thread_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", SmarketingWarning)
            scenario = examined(build(data))
        assert len(scenario.digest) == 64
        return scenario
    except InputError as error:
        hold_clear(error)
        return None
    finally:
        assert time.thread_time() - started < MOST_WORK_SECONDS


@pytest.fixture(scope="session")
def document(params: Path) -> dict[str, Any]:
    return read_document(params / "baseline.yaml").data


@pytest.fixture
def refusal(tmp_path: Path, params: Path) -> Callable[..., InputError]:
    """Return a function that writes a file, loads it, and returns the clear refusal it must meet."""
    (tmp_path / "baseline.yaml").write_text((params / "baseline.yaml").read_text())

    def refuse(text: str | bytes, *, extends: bool = True) -> InputError:
        content = text.encode() if isinstance(text, str) else text
        path = tmp_path / "case.yaml"
        path.write_bytes((b"extends: baseline.yaml\n" if extends else b"") + content)
        started = time.thread_time()
        with pytest.raises(InputError) as caught:
            load(path)
        assert time.thread_time() - started < MOST_WORK_SECONDS
        hold_clear(caught.value)
        return caught.value

    return refuse
