"""What a notebook of this project must look like, as rules that each name what they found."""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

MOST_CODE_LINES = 60
CHECKED = {"nbval-check-output", "keep_output"}
_ABSOLUTE = re.compile(r"""(?<![\w.:/])(/(home|root|Users|tmp|var|opt|srv|mnt|work|usr)\b|[A-Za-z]:\\\\|~/)""")
_STATEMENTS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While)
_PICTURES = ("image/", "application/vnd.jupyter.widget")


def faults(path: Path, parameters: dict[str, type]) -> list[str]:
    """Return every rule that a notebook breaks; ``parameters`` are those that the package knows, with their types."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    rules = (_parameters, _code, _outputs, _kernel, _paths, _first_words)
    return [fault for rule in rules for fault in rule(notebook, parameters)]


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _parameters(notebook: NotebookNode, known: dict[str, type]) -> Iterator[str]:
    cells = [cell for cell in notebook.cells if "parameters" in _tags(cell)]
    if len(cells) != 1:
        yield f"parameters: {len(cells)} cells are tagged so, one must be"
        return
    if cells[0] is not _code_cells(notebook)[0]:
        yield "parameters: must be the first code cell"
    declared: dict[str, str] = {}
    for line in filter(None, cells[0].source.splitlines()):
        statement = ast.parse(line).body[0] if not line.startswith("#") else None
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            yield f"parameters: {line!r} is no annotated default"
            continue
        name, kind = statement.target.id, ast.unparse(statement.annotation)
        declared[name] = kind
        if "  # " not in line:
            yield f"parameters: {name} has no comment to explain it"
        value = ast.literal_eval(statement.value) if statement.value is not None else None
        if type(value) is not getattr(builtins, kind, None):
            yield f"parameters: {name} is {value!r}, which is no {kind}"
    expected = {name: kind.__name__ for name, kind in known.items()}
    if declared != expected:
        yield f"parameters: declares {declared}, the package knows {expected}"


def _code(notebook: NotebookNode, _: dict[str, type]) -> Iterator[str]:
    cells = _code_cells(notebook)
    count = sum(bool(line.strip()) for cell in cells for line in cell.source.splitlines())
    if count > MOST_CODE_LINES:
        yield f"code: {count} lines, at most {MOST_CODE_LINES}"
    for cell in cells:
        if cell.source.rstrip().endswith(";"):
            yield f"code: {cell.source.splitlines()[-1]!r} ends with a semicolon"
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, _STATEMENTS):
                yield f"code: holds logic, a {type(node).__name__} statement"


def _outputs(notebook: NotebookNode, _: dict[str, type]) -> Iterator[str]:
    checked = [cell for cell in _code_cells(notebook) if _tags(cell) >= CHECKED]
    if len(checked) != 1 or not checked[-1].outputs or checked[-1].execution_count is None:
        yield "outputs: one cell must keep a checked output, with its execution count"
    for cell in _code_cells(notebook):
        if len(_tags(cell) & CHECKED) == 1:
            yield f"outputs: a cell has one of the tags {sorted(CHECKED)} without the other"
        if (cell.outputs or cell.execution_count is not None) and not _tags(cell) >= CHECKED:
            yield f"outputs: {cell.source[:30]!r} keeps an output that nothing compares"
        for kind in (kind for output in cell.outputs for kind in output.get("data", {})):
            if kind.startswith(_PICTURES):
                yield f"outputs: holds a {kind}"
        if any(output.output_type == "error" for output in cell.outputs):
            yield "outputs: holds an error"
    if "widgets" in notebook.metadata:
        yield "outputs: the notebook holds the state of widgets"


def _kernel(notebook: NotebookNode, _: dict[str, type]) -> Iterator[str]:
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "kernel: must be python3"
    stray = set(notebook.metadata) - {"kernelspec", "language_info"}
    if stray:
        yield f"kernel: metadata of a tool or a run is left: {sorted(stray)}"
    if set(notebook.metadata.get("language_info", {})) - {"name"}:
        yield "kernel: language_info holds the version of the last person's Python"


def _paths(notebook: NotebookNode, _: dict[str, type]) -> Iterator[str]:
    found = _ABSOLUTE.search(json.dumps(notebook, ensure_ascii=False))
    if found:
        yield f"paths: {found[0]!r} is a place on one machine"


def _first_words(notebook: NotebookNode, _: dict[str, type]) -> Iterator[str]:
    first: Any = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown":
        yield "words: the first cell must say what the notebook is for"
    elif not first.source.startswith("# ") or len(first.source.split()) < 20:
        yield "words: the first cell must have a title and at least a sentence or two"
