"""What the written pages say of the code, held against the code."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

from smarketing_sim.publish.reports import publish_report
from smarketing_sim.scenario.files import load
from tests.conftest import ROOT

TOY = """\
params_path: str = ""  # the plan
replications: int = 2  # simulated years
seed: int = 1  # root seed
workers: int = 0  # processes
keep: float = 0.9  # one of its own
"""
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_picture_of_the_house_has_the_floors_that_lint_holds() -> None:
    (picture,) = re.findall(r"```text\n(cli .*?)```", text_of("CONTRIBUTING.md"), re.DOTALL)
    drawn = [re.split(" {2,}", line)[0] for line in picture.splitlines() if line[0] != " "]
    layers = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]["layers"]
    built = [" | ".join(name for name in layer.split(" | ") if name[0] != "(") for layer in layers]
    assert drawn == [layer for layer in built if layer]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_links_to_no_file_that_is_not_there(page: Path) -> None:
    told = page.read_text(encoding="utf-8")
    assert not [link for link in LINK.findall(told) if not (page.parent / link).exists()]


def test_every_chapter_is_listed_where_people_look_for_it() -> None:
    """Lost, a new chapter is published by nobody."""
    chapters = {path.stem for path in (ROOT / "smarketing_sim" / "report").iterdir() if (path / "page.py").is_file()}
    listed = set(re.findall(r"\| `(\w+)` \|", text_of("docs/how-to/answer-a-question.md")))
    assert chapters <= listed
    assert all((ROOT / "notebooks" / f"{name}.ipynb").is_file() for name in listed)


@pytest.mark.slow
def test_the_record_of_a_run_holds_what_its_page_describes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    sys.modules.pop("run_pages", None)
    from run_pages import example

    parameters = nbformat.v4.new_code_cell(TOY, metadata={"tags": ["parameters"]})
    source = tmp_path / "toy.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[parameters]), source)
    plan = ROOT / "params" / "article-sla.yaml"
    made = publish_report(
        source,
        load(plan),
        params_file=plan,
        root=tmp_path / "reports",
        replications=2,
        seed=1,
        parameters={"keep": 0.8},
    )
    record = json.loads((made.path / "run.json").read_text("utf-8"))
    described = re.findall(r"^\| `(\w+)` \|", text_of("docs/reference/run-json.md"), re.MULTILINE)
    shown = json.loads("\n".join(example()).removeprefix("```json").removesuffix("```"))
    assert described == [*sorted(record, key=described.index)]
    assert {*shown, "parameters"} == set(record)
    assert {name: shown[name] for name in ("schema", "digest")} == {name: record[name] for name in ("schema", "digest")}


def test_the_evidence_pages_lose_no_row_no_tale_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in the YAML itself: the page reads it through the package."""
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    from evidence_pages import ledger, tales, values

    written = yaml.safe_load(text_of("smarketing_sim/scenario/evidence.yaml"))
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in list(ledger())[1:]}
    assert list(rows) == list(written["evidence"])
    assert all(f"| {row['grade']} |" in rows[key] for key, row in written["evidence"].items())
    told = "\n".join(tales())
    assert told.count("## ") == len(written["folklore"]) == 6
    assert all(tale["told"] in told for tale in written["folklore"])
    shown = [line.split("`")[1] for line in list(values())[1:]]
    scenario = load(ROOT / "params" / "baseline.yaml")
    assert set(scenario.beliefs) < set(shown)
    assert {"sales.sdr.headcount", "sla.speed.within", "calendar.hours.mon"} <= set(shown)
    assert "| `economics.gross_margin` | 80% | – | none | – |" in list(values())
    handed = "| `marketing.sources.demo_request.handed_share` | 60% | 50% to 75% | assumption of this scenario | A? |"
    assert handed in list(values())
