"""A published run: what stands in its folder, what it says, and what it keeps to itself."""

from __future__ import annotations

import getpass
import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

import smarketing_sim
from smarketing_sim.errors import InputError
from smarketing_sim.publish import publisher
from smarketing_sim.publish.notebooks import NotebookFailed
from smarketing_sim.publish.pages import TEMPLATES
from smarketing_sim.publish.privacy import scrub_notebook
from smarketing_sim.publish.publisher import Published, folder_name, publish, read_record
from smarketing_sim.publish.store import manifest
from smarketing_sim.report.notebook.provenance import git_state, identity, versions
from smarketing_sim.words.markup import plain_text

from .conftest import MOMENT, notebook_of

ASKED: dict[str, Any] = {"scenario": "plan", "title": "t", "params_json": "{}", "seed": 1, "model_version": "1"}


def record_of(run: Published) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((run.path / "run.json").read_text())
    return record


@pytest.mark.slow
def test_a_run_holds_its_page_its_notebook_its_record_and_its_tables(toy_runs: list[Published]) -> None:
    for run in toy_runs:
        names = {p.relative_to(run.path).as_posix() for p in run.path.rglob("*")}
        assert names == {"report.html", "notebook.ipynb", "run.json", "tables", "tables/sla.csv"}
        assert run.pdf_note is None


@pytest.mark.slow
def test_a_run_stands_where_its_names_and_inputs_say(toy_runs: list[Published], toy_params: str) -> None:
    path = toy_runs[0].path
    assert path.parent.name == folder_name("Ready, <b>steady</b>", "weekly_update")
    assert path.name == "20260105T093000Z-" + identity(toy_params, seed=7, model_version="1")
    assert path.name[-8:] == toy_runs[1].path.name[-8:]


@pytest.mark.slow
def test_the_same_run_gives_the_same_page_but_for_the_publishing_time(toy_runs: list[Published]) -> None:
    pages = [(run.path / "report.html").read_text("utf-8") for run in toy_runs]
    bare = [re.sub(r'<time [^>]*id="published"[^>]*>[^<]*</time>', "", page) for page in pages]
    assert pages[0] != pages[1]
    assert bare[0] == bare[1]


@pytest.mark.slow
def test_the_same_run_gives_the_same_notebook(toy_runs: list[Published]) -> None:
    assert len({(run.path / "notebook.ipynb").read_bytes() for run in toy_runs}) == 1


@pytest.mark.slow
def test_the_record_says_what_ran_and_what_came_out(
    toy_runs: list[Published], toy_params: str, hostile: list[str]
) -> None:
    record = record_of(toy_runs[0])
    expected = {
        "schema": 1,
        "title": hostile[1],
        "notebook": "weekly_update",
        "scenario": "Ready, <b>steady</b>",
        "published_at": "2026-01-05T09:30:00+00:00",
        "digest": "0123",
        "params_file": {"name": "baseline.yaml", "sha256": "00"},
        "seed": 7,
        "params": json.loads(toy_params),
        "headline": [{"label": hostile[4], "value": "2 of 12", "range": "1–3"}],
        "results": {"share": 0.5, "none": None},
        "versions": versions(),
    }
    assert {key: record[key] for key in expected} == expected
    assert record["duration_seconds"] > 0
    assert record["cores"] >= 1
    assert "git" in record


@pytest.mark.slow
def test_the_manifest_verifies(toy_runs: list[Published]) -> None:
    for run in toy_runs:
        found = manifest(run.path)
        del found["run.json"]
        assert record_of(run)["artefacts"] == found


@pytest.mark.slow
def test_nothing_published_names_this_machine(toy_runs: list[Published]) -> None:
    shelf = toy_runs[0].path.parents[1]
    telling = [str(shelf.parent), str(Path.home()) + "/", sys.prefix, str(Path.cwd()), f"/{getpass.getuser()}/"]
    for path in (p for p in shelf.rglob("*") if p.is_file()):
        text = re.sub("base64,[^\"']+", "", path.read_text("utf-8"))
        assert [mark for mark in telling if mark in text] == [], path
        assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text), path


@pytest.mark.slow
def test_the_executed_notebook_keeps_its_results_and_no_times(toy_runs: list[Published]) -> None:
    kept = nbformat.read(toy_runs[0].path / "notebook.ipynb", 4)
    nbformat.validate(kept)
    assert kept.metadata.papermill.parameters == {"params_path": "params.json", "tables_dir": "tables", "seed": 7}
    assert read_record(kept)["results"] == {"share": 0.5, "none": None}
    assert not re.search("start_time|end_time|duration|iopub|UserWarning", json.dumps(kept))


@pytest.mark.slow
def test_hostile_params_reach_the_page_as_text(toy_runs: list[Published], hostile: list[str]) -> None:
    soup = BeautifulSoup((toy_runs[0].path / "report.html").read_text("utf-8"), "html.parser")
    assert [th.text for th in soup.select("tbody th")] == [plain_text(text) for text in hostile]
    assert soup.find(["iframe", "form", "meta[http-equiv=refresh]", "base"]) is None
    ours = (TEMPLATES / "leader" / "tables.js").read_text("utf-8")
    assert [script.string for script in soup.find_all("script")] == [ours]
    assert {name for tag in soup.find_all() for name in tag.attrs if name.startswith("on")} == set()
    assert not [a for a in soup.find_all("a") if a["href"] not in {"#content", "../../index.html"}]
    assert len(soup.find_all("img")) == 1


@pytest.mark.slow
def test_the_hub_lists_the_runs(toy_runs: list[Published], hostile: list[str]) -> None:
    shelf = toy_runs[0].path.parents[1]
    soup = BeautifulSoup((shelf / "index.html").read_text("utf-8"), "html.parser")
    assert [h.text for h in soup.find_all("h2")] == [plain_text(hostile[1])]
    assert all((shelf / a["href"]).is_file() for a in soup.main.find_all("a"))


def test_the_main_report_is_not_named_in_its_folder() -> None:
    assert folder_name("baseline", "planning_report") == "baseline"
    assert folder_name("baseline", "weekly_update") == "baseline-weekly_update"
    assert re.fullmatch("baseline-etc-passwd-[0-9a-f]{10}", folder_name("baseline", "../etc/passwd"))


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Replace the notebook's execution; return the parameters it was given each time."""
    given: list[dict[str, Any]] = []

    def execute(notebook: Path, output: Path, parameters: dict[str, Any], **_: Any) -> nbformat.NotebookNode:
        given.append(parameters | {"params": Path(parameters["params_path"]).read_text()})
        executed = nbformat.read(notebook, 4)
        data = {publisher.RECORD_MIME: {"digest": "ran"}, "text/plain": ""}
        executed.cells[-1].outputs = [nbformat.v4.new_output("display_data", data=data)]
        return executed

    monkeypatch.setattr(publisher, "execute", execute)
    return given


def test_the_notebook_gets_the_params_as_a_file_and_only_what_it_declares(
    tmp_path: Path, make_notebook, stubbed: list
) -> None:
    notebook = make_notebook(tmp_path / "toy.ipynb", "1")
    run = publish(notebook, root=tmp_path / "r", **{**ASKED, "params_json": '{"a": 1}'})
    assert stubbed[0]["params"] == '{"a": 1}'
    assert set(stubbed[0]) == {"params_path", "params"}
    assert not (run.path / "tables").exists()


def test_the_moment_is_now_unless_told(tmp_path: Path, make_notebook, stubbed: list) -> None:
    run = publish(make_notebook(tmp_path / "toy.ipynb", "1"), root=tmp_path / "r", **ASKED)
    assert re.fullmatch(r"20\d{6}T\d{6}Z-[0-9a-f]{8}", run.path.name)


def test_a_notebook_that_takes_no_params_is_refused_before_anything_is_made(tmp_path: Path, make_notebook) -> None:
    notebook = make_notebook(tmp_path / "toy.ipynb", "1", parameters="param_path = ''")
    with pytest.raises(InputError, match="did you mean 'param_path'"):
        publish(notebook, root=tmp_path / "r", **ASKED)
    assert not (tmp_path / "r").exists()


def test_an_unknown_parameter_is_refused_before_anything_is_made(tmp_path: Path, make_notebook) -> None:
    notebook = make_notebook(tmp_path / "toy.ipynb", "1")
    with pytest.raises(InputError, match="no such parameter"):
        publish(notebook, root=tmp_path / "r", parameters={"x": 1}, **ASKED)
    assert not (tmp_path / "r").exists()


def test_a_notebook_that_ran_another_scenario_is_not_published(tmp_path: Path, make_notebook, stubbed: list) -> None:
    notebook = make_notebook(tmp_path / "toy.ipynb", "1")
    with pytest.raises(NotebookFailed, match="another scenario"):
        publish(notebook, root=tmp_path / "r", run_facts={"digest": "asked"}, **ASKED)
    assert list((tmp_path / "r").iterdir()) == []
    publish(notebook, root=tmp_path / "r", run_facts={"digest": "ran"}, **ASKED)


def test_a_notebook_that_fails_publishes_nothing(tmp_path: Path, make_notebook) -> None:
    notebook = make_notebook(tmp_path / "toy.ipynb", "1 / 0")
    with pytest.raises(NotebookFailed, match="ZeroDivisionError"):
        publish(notebook, root=tmp_path / "r", **ASKED)
    assert list((tmp_path / "r").iterdir()) == []


@pytest.mark.slow
def test_a_question_without_a_case_is_answered_by_a_page_that_says_so(tmp_path: Path, make_notebook) -> None:
    """Lost, a company without leads gets no page at all, and the reports asked for with it look broken."""
    raising = (
        "from smarketing_sim.decide.preconditions import hold_handed\nfrom types import SimpleNamespace as plain\n"
        "import numpy as np\nhold_handed(plain(series=lambda name: np.zeros(3)))"
    )
    notebook = make_notebook(tmp_path / "staffing.ipynb", raising, "print(1 / 0)")
    run = publish(notebook, root=tmp_path / "reports", **ASKED)
    page = BeautifulSoup((run.path / "report.html").read_text("utf-8"), "html.parser")
    [heading] = page.find_all("h1")
    assert heading.get_text() == "No lead is handed over, so there is nothing to decide."
    assert "Add leads, or hand over more of them." in page.get_text()
    assert record_of(run)["finding"] == heading.get_text()
    assert heading.get_text().rstrip(".") in (tmp_path / "reports" / "index.html").read_text("utf-8")


def test_a_pdf_that_cannot_be_made_is_a_note_and_no_failure(
    tmp_path: Path, make_notebook, stubbed: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "write_pdf", lambda page, pdf: "install it" if page.exists() else "no page")
    run = publish(make_notebook(tmp_path / "toy.ipynb", "1"), root=tmp_path / "r", pdf=True, **ASKED)
    assert run.pdf_note == "install it"


def test_a_pdf_is_part_of_the_run_and_of_its_manifest(
    tmp_path: Path, make_notebook, stubbed: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "write_pdf", lambda page, pdf: pdf.write_text("%PDF") and None)
    run = publish(make_notebook(tmp_path / "toy.ipynb", "1"), root=tmp_path / "r", pdf=True, **ASKED)
    assert "report.pdf" in record_of(run)["artefacts"]
    assert "report.pdf" in (tmp_path / "r" / "index.html").read_text()


def test_of_two_records_the_later_entry_holds() -> None:
    notebook = notebook_of("a", "b")
    for cell, results in zip(notebook.cells, ({"x": 1, "y": 1}, {"x": 2}), strict=False):
        cell.outputs = [nbformat.v4.new_output("display_data", data={publisher.RECORD_MIME: results})]
    assert read_record(notebook) == {"x": 2, "y": 1}


def test_the_identity_hangs_on_the_inputs_and_not_on_their_spelling() -> None:
    one = identity('{"a": 1, "b": "é"}', seed=1, model_version="1")
    assert one == identity('{"b":"\\u00e9","a":1}', seed=1, model_version="1")
    others = [
        identity('{"a": 2}', seed=1, model_version="1"),
        identity('{"a": 1, "b": "é"}', seed=2, model_version="1"),
    ]
    others += [identity('{"a": 1, "b": "é"}', seed=1, model_version="2")]
    assert len({one, *others}) == 4
    assert re.fullmatch("[0-9a-f]{8}", one)


def test_versions_name_what_makes_the_numbers() -> None:
    assert set(versions()) == {
        *("python", "numpy", "scipy", "simpy", "pandas", "seaborn", "matplotlib", "tzdata", "holidays"),
        "smarketing_sim",
    }
    assert versions()["smarketing_sim"] == smarketing_sim.__version__


def test_a_package_that_is_not_there_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smarketing_sim.report.notebook.provenance._PACKAGES", ("no-such-package",))
    assert versions()["no-such-package"] is None


def git(folder: Path, *arguments: str) -> None:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *settings, "-C", str(folder), *arguments], check=True, capture_output=True)


def test_a_checkout_says_its_commit_and_whether_it_was_changed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path) is None
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "a", "--no-verify")
    clean = git_state(tmp_path)
    (tmp_path / "a").write_text("2")
    dirty = git_state(tmp_path)
    assert clean is not None
    assert dirty is not None
    assert re.fullmatch("[0-9a-f]{40}", clean["commit"])
    assert (clean["dirty"], dirty["dirty"]) == (False, True)


def test_a_checkout_cannot_make_its_status_run_a_program(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "a", "--no-verify")
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    monitor.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(monitor))
    assert git_state(tmp_path) is not None
    assert not (tmp_path / "ran").exists()


def test_no_git_no_checkout_no_planted_git_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git_state(tmp_path) is None
    planted = tmp_path / "git"
    planted.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert git_state(tmp_path) is None
    assert not (tmp_path / "ran").exists()


def test_paths_are_taken_out_wherever_they_stand() -> None:
    notebook = notebook_of("x")
    home = str(Path.home())
    notebook.cells[1].outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=f"{home}/a {home} '{home}' {home}x {sys.prefix}/lib"),
        nbformat.v4.new_output("stream", name="stderr", text="x"),
    ]
    notebook.cells[1].metadata |= {"papermill": {"duration": 1}, "execution": {"iopub": "now"}}
    notebook.cells[0].source = 'a = "/srv/y/p.json"\nb = "C:\\\\Users\\\\alice\\\\p.json"'
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"see {home}"))
    told = {"e": "/", "a": "/srv/y/p.json", "b": "C:\\Users\\alice\\p.json", "c": 5, "d": "kept"}
    notebook.metadata["papermill"] = {"parameters": told, "version": "2", "input_path": "/a", "duration": 1}
    clean = scrub_notebook(notebook, {Path("/srv/x"): "."})
    assert clean.cells[1].outputs[0].text == f"~/a ~ '~' {home}x <python>/lib"
    assert len(clean.cells[1].outputs) == 1
    assert clean.cells[1].metadata == {}
    assert clean.cells[2].source == "see ~"
    assert clean.cells[0].source == 'a = "p.json"\nb = "p.json"'
    parameters = {"e": "/", "a": "p.json", "b": "p.json", "c": 5, "d": "kept"}
    assert clean.metadata.papermill == {"parameters": parameters, "version": "2"}


@pytest.mark.slow
def test_marker_addresses_stay_in_the_scenario_record_alone(tmp_path: Path, make_notebook) -> None:
    markers = [f"person{i}@example.com" for i in range(1000)]
    reads = "import json, pathlib\nx = json.loads(pathlib.Path(params_path).read_text())\n1/0"
    notebook = make_notebook(tmp_path / "toy.ipynb", reads)
    with pytest.raises(NotebookFailed) as failed:
        publish(notebook, root=tmp_path / "r", **{**ASKED, "params_json": json.dumps({"seen": markers})})
    assert "@" not in str(failed.value)
    assert not [p for p in (tmp_path / "r").rglob("*") if p.is_file() and "@" in p.read_text("utf-8", "replace")]


def test_publishing_twice_in_a_second_keeps_both(tmp_path: Path, make_notebook, stubbed: list) -> None:
    notebook = make_notebook(tmp_path / "planning_report.ipynb", "1")
    names = [publish(notebook, root=tmp_path / "r", published_at=MOMENT, **ASKED).path.name for _ in range(3)]
    assert [name.partition(names[0])[2] for name in names] == ["", "-2", "-3"]
