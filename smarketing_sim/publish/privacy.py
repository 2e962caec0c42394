"""What an executed notebook says about the machine that ran it, taken out before it is published."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import nbformat
from nbformat import NotebookNode


def scrub_notebook(notebook: NotebookNode, folders: Mapping[Path, str]) -> NotebookNode:
    """Return a copy of ``notebook`` without paths of this machine, times and random ids.

    The copy depends on the notebook and its parameters alone, so the same run gives the same file.

    Parameters
    ----------
    notebook
        As papermill gives it.
    folders
        What to write for the folders that the run was told of; the home folder and this Python's are always covered.
    """
    metadata = notebook.metadata.get("papermill", {})
    paths = _given_paths(metadata.get("parameters", {}))
    known = {**paths, **{str(folder): name for folder, name in folders.items()}, **_machine_folders()}
    # Inner folders first, so that an outer one does not take their beginning away.
    plain = _replaced(notebook, sorted(known.items(), key=lambda item: -len(item[0])))
    clean: NotebookNode = nbformat.from_dict(plain)  # type: ignore[no-untyped-call]
    metadata = clean.metadata.pop("papermill", {})
    clean.metadata["papermill"] = {"parameters": metadata.get("parameters", {}), "version": metadata.get("version", "")}
    for cell in clean.cells:
        _scrub_cell(cell)
    return clean


def _machine_folders() -> dict[str, str]:
    found = {sys.prefix: "<python>", sys.base_prefix: "<python>", str(Path.home()): "~", str(Path.cwd()): "."}
    # A home of "/" stands in every path.
    return {folder: name for folder, name in found.items() if len(Path(folder).parts) > 1}


def _scrub_cell(cell: NotebookNode) -> None:
    for key in ("papermill", "execution"):
        cell.metadata.pop(key, None)
    if "injected-parameters" in cell.metadata.get("tags", []):
        cell["id"] = "injected-parameters"
    if cell.cell_type == "code":
        # What a library prints as a warning is about this machine, not about the result.
        cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]


def _replaced(value: Any, folders: list[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for folder, name in folders:
            value = re.sub(rf"{re.escape(folder)}(?![\w.-])", name.replace("\\", "\\\\"), value)
        return value
    if isinstance(value, Mapping):
        return {key: _replaced(item, folders) for key, item in value.items()}
    return [_replaced(item, folders) for item in value] if isinstance(value, list) else value


def _given_paths(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return the last part of every parameter that is an absolute path, by the path as it is and as code writes it."""
    found = {}
    for value in parameters.values():
        for kind in (PurePosixPath, PureWindowsPath):
            if isinstance(value, str) and kind(value).is_absolute() and len(kind(value).parts) > 1:
                found[value] = found[value.encode("unicode_escape").decode("ascii")] = kind(value).name
    return found
