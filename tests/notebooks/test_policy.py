"""Every notebook keeps the policy, and every rule of the policy catches the notebook that breaks it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from smarketing_sim.publish.notebooks import declared_parameters
from smarketing_sim.report.notebook.parameters import PARAMETERS

from .conftest import NOTEBOOKS
from .policy import faults


def _known(path: Path) -> dict[str, type]:
    """Parameters of every report, and those that a chapter has beside them."""
    name = f"smarketing_sim.report.{path.stem}.page"
    has_room = importlib.util.find_spec(name.removesuffix(".page")) is not None
    chapter = importlib.import_module(name) if has_room else None
    return PARAMETERS | getattr(chapter, "PARAMETERS", {})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_the_policy(path: Path) -> None:
    assert faults(path, _known(path)) == []


def test_the_notebooks_are_there_to_look_at() -> None:
    assert {"planning_report", "replications"} <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_publisher_reads_the_same_parameters_as_the_package_knows(path: Path) -> None:
    assert declared_parameters(nbformat.read(path, as_version=4)) == tuple(_known(path))


def _cell(notebook: NotebookNode, tag: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))


def _say(cell: NotebookNode, old: str, new: str) -> None:
    assert old in cell.source
    cell.source = cell.source.replace(old, new)


def _untag(notebook: NotebookNode, tag: str) -> None:
    _cell(notebook, tag).metadata["tags"].remove(tag)


def _output(kind: str) -> Callable[[NotebookNode], None]:
    def plant(notebook: NotebookNode) -> None:
        _cell(notebook, "keep_output").outputs.append(new_output("display_data", {kind: "x"}))

    return plant


def _stray_output(notebook: NotebookNode) -> None:
    notebook.cells.append(new_code_cell("1 + 1", outputs=[new_output("stream", text="2")]))


def _code(source: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells.append(new_code_cell(source))


def _parameter(old: str, new: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: _say(_cell(notebook, "parameters"), old, new)


BAD: dict[str, tuple[Callable[[NotebookNode], object], str]] = {
    "no parameters": (lambda n: _untag(n, "parameters"), "parameters: 0 cells"),
    "two cells of parameters": (
        lambda n: n.cells.append(new_code_cell("x: int = 1  # x", metadata={"tags": ["parameters"]})),
        "parameters: 2 cells",
    ),
    "code before the parameters": (lambda n: n.cells.insert(1, new_code_cell("import os")), "first code cell"),
    "a parameter without a type": (_parameter("seed: int = 1", "seed = 1"), "no annotated default"),
    "a parameter of another type": (_parameter("seed: int = 1", "seed: str = '1'"), "the package knows"),
    "a default of another type": (_parameter("seed: int = 1", "seed: int = '1'"), "is '1', which is no int"),
    "a parameter nobody knows": (_parameter("seed: int", "sede: int"), "the package knows"),
    "a parameter nobody explains": (
        lambda n: _say(_cell(n, "parameters"), _line(n, "seed"), "seed: int = 1"), "seed has no comment",
    ),
    "too much code": (_code("x = 1\n" * 61), "at most 60"),
    "a function": (_code("def f():\n    return 1"), "FunctionDef"),
    "a class": (_code("class A:\n    x = 1"), "ClassDef"),
    "a for loop": (_code("for i in (1, 2):\n    print(i)"), "For statement"),
    "a while loop": (_code("while False:\n    pass"), "While statement"),
    "a semicolon at the end": (_code("x = 1;"), "semicolon"),
    "an output that nothing compares": (_stray_output, "nothing compares"),
    "an execution count left": (
        lambda n: n.cells.append(new_code_cell("x = 1", execution_count=4)), "nothing compares",
    ),
    "a checked cell that nbstripout empties": (lambda n: _untag(n, "keep_output"), "without the other"),
    "a kept output that nbval skips": (lambda n: _untag(n, "nbval-check-output"), "without the other"),
    "no checked output at all": (lambda n: _cell(n, "keep_output").update(outputs=[]), "must keep a checked output"),
    "a checked cell without its count": (
        lambda n: _cell(n, "keep_output").update(execution_count=None), "with its execution count",
    ),
    "a PNG": (_output("image/png"), "holds a image/png"),
    "an SVG": (_output("image/svg+xml"), "holds a image/svg+xml"),
    "a widget": (_output("application/vnd.jupyter.widget-view+json"), "holds a application/vnd.jupyter.widget"),
    "the state of widgets": (lambda n: n.metadata.update(widgets={}), "state of widgets"),
    "an error": (
        lambda n: _cell(n, "keep_output").outputs.append(new_output("error", ename="E", evalue="", traceback=[])),
        "holds an error",
    ),
    "another kernel": (lambda n: n.metadata.kernelspec.update(name="my-venv"), "must be python3"),
    "papermill's own notes": (lambda n: n.metadata.update(papermill={"duration": 3}), "metadata of a tool"),
    "somebody's Python version": (lambda n: n.metadata.language_info.update(version="3.11.2"), "last person's Python"),
    "an absolute path": (_parameter('"params/', '"/ho' "me/ann/params/"), "place on one machine"),
    "a path of Windows": (_code('x = r"C:\\plans"'), "place on one machine"),
    "no words at the start": (lambda n: n.cells.pop(0), "must say what"),
    "a title alone": (lambda n: n.cells.__setitem__(0, new_markdown_cell("# Report")), "a sentence or two"),
}  # fmt: skip


def _line(notebook: NotebookNode, name: str) -> str:
    return next(line for line in _cell(notebook, "parameters").source.splitlines() if line.startswith(f"{name}:"))


@pytest.mark.parametrize("bad", BAD)
def test_each_rule_catches_the_notebook_that_breaks_it(bad: str, tmp_path: Path) -> None:
    notebook = nbformat.read(next(p for p in NOTEBOOKS if p.stem == "planning_report"), as_version=4)
    spoil, said = BAD[bad]
    spoil(notebook)
    path = tmp_path / "bad.ipynb"
    nbformat.write(notebook, path)
    assert said in "\n".join(faults(path, PARAMETERS))
