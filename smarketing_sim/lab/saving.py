"""The plan as it stands, as a file: it extends the one that was opened and holds only what differs."""

from __future__ import annotations

import copy
import io
import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from smarketing_sim.errors import InputError, Problem, RunFailed
from smarketing_sim.files import check_inside, disk_faults_told, slug, write_atomically
from smarketing_sim.lab.state import State
from smarketing_sim.printable import one_line
from smarketing_sim.scenario.building import to_document
from smarketing_sim.scenario.documents import read_document
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import MAX_NAME
from smarketing_sim.shipped import absolute, extended, home_of, is_shipped


def save(state: State, name: str, *, overwrite: bool = False) -> Path:
    """Write the plan as it stands beside the file that was opened, or into ``params/`` where it came with the package.

    Parameters
    ----------
    state
        Whose plan.
    name
        What the plan is called; the file is named after it.
    overwrite
        Whether a file of that name may be replaced.

    Returns
    -------
    Path
        The file, which gives the same scenario when read.

    Raises
    ------
    InputError
        If the name is none, the file is there already, the plan builds on it, or the folder cannot be written.
    RunFailed
        If the disk fails or is full.
    """
    name = _checked(name)
    target = check_inside(_folder(state.source), f"{slug(name)}.yaml")
    with disk_faults_told(target):
        ancestors = _chain(state.source)
        if target.resolve() in ancestors:
            raise InputError([Problem("is a file that this plan builds on; choose another name", file=str(target))])
        if os.path.lexists(target) and not overwrite:
            raise InputError([Problem("already exists; choose another name or confirm overwrite", file=str(target))])
    _hold_digest(state, name)
    write_atomically(target, plan_text(state, name, extends=state.source.name))
    return target


def plan_text(state: State, name: str, *, extends: str) -> str:
    """Return the YAML of the plan as it stands, as a file that extends another one."""
    document = {"extends": extends, "name": name, **_nested(state)}
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.sort_base_mapping_type_on_output, yaml.width = False, False, 120  # type: ignore[assignment]
    yaml.dump(document, text)
    return f"# Saved by the scenario lab; what is not named here is as in {extends}.\n{text.getvalue()}"


def _folder(source: Path) -> Path:
    """Return the folder that plans made from a file are saved in; of what came with the package, one of the user's."""
    if not is_shipped(source):
        return source.parent
    folder = home_of(source) / "params"
    with disk_faults_told(folder):
        folder.mkdir(exist_ok=True)
    return folder


def _checked(name: str) -> str:
    name = name.strip()
    if not name or not name.isprintable() or len(name) > MAX_NAME:
        rule = f"give the plan a name of at most {MAX_NAME} letters, on one line"
        raise InputError([Problem(rule, path="name", value=name or None)])
    return name


def _nested(state: State) -> dict[str, Any]:
    """Return the changes as nested mappings; a list, or a week, is written whole, as a file replaces it whole."""
    whole = to_document(state.scenario)
    nested: dict[str, Any] = {}
    for path, value in state.changes.items():
        _put(nested, path.split("."), copy.deepcopy(value), whole)
    plain: dict[str, Any] = _plain(nested)
    return plain


def _put(node: dict[str, Any], steps: list[str], value: Any, whole: Any) -> None:
    here = whole.get(steps[0]) if isinstance(whole, dict) else None
    if len(steps) == 1:
        node[steps[0]] = value
    elif not isinstance(here, dict) or not isinstance(node.get(steps[0], {}), dict) or steps[0] in {"hours", "shift"}:
        node[steps[0]] = copy.deepcopy(here)
    else:
        _put(node.setdefault(steps[0], {}), steps[1:], value, here)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _hold_digest(state: State, name: str) -> None:
    """Raise RunFailed unless the file would be read back as the plan that is on the screen."""
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trial = Path(scratch) / "plan.yaml"
        trial.write_text(plan_text(state, name, extends=str(absolute(state.source))), encoding="utf-8")
        if load(trial).digest != state.scenario.digest:
            raise RunFailed(
                f"{one_line(state.source)}: was changed since it was opened; open it again, nothing was written"
            )


def _chain(path: Path) -> set[Path]:
    """Return a file and all that it extends; what came with the package is nobody's to write over."""
    found: set[Path] = set()
    while not is_shipped(path) and path.resolve() not in found:
        found.add(path.resolve())
        parent = read_document(path).data.get("extends")
        if not isinstance(parent, str):
            break
        path = extended(path, parent)
    return found
