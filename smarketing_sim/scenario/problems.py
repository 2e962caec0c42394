"""From pydantic's findings to problems in the words of the file: line, path, value, rule, nearest name."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from smarketing_sim.errors import Problem, nearest_name
from smarketing_sim.scenario.kinds import plain_kind

Path = tuple[str, ...]
Origins = Mapping[Path, tuple[str, int | None]]

_RULES = {
    "missing": "is required",
    "extra_forbidden": "is not a known key",
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be above {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "less_than": "must be below {lt:g}",
    "literal_error": "must be one of {expected}",
    "model_type": "must be a group of keys",
    "model_attributes_type": "must be a group of keys",
    "dict_type": "must be a group of keys",
    "tuple_type": "must be a list",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "finite_number": "must be a finite number",
    "union_tag_invalid": "kind must be one of {expected_tags}",
    "union_tag_not_found": "needs a kind: volume, pacing, quality, speed, depth or feedback",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} items",
    "string_too_long": "must have at most {max_length} characters",
}


def translate(error: ValidationError, *, model: type[BaseModel], data: Any, origins: Origins) -> list[Problem]:
    """Return one problem for each fault pydantic found, in the order of the file."""
    found: dict[tuple[Path, str], Problem] = {}
    for fault in error.errors(include_url=False):
        path, value = locate(fault["loc"], data, missing=fault["type"] == "missing")
        near = None
        if fault["type"] == "extra_forbidden":
            near = nearest_name(path[-1], field_names(model, path[:-1], data)) or _path_ending_in(path[-1], model)
            value = None
        if fault["type"] == "missing":
            value = None
        if fault["type"] == "union_tag_not_found":  # a name that is not there yet, or is misspelt
            near = nearest_name(path[-1], [name for name in _siblings(path, data) if name != path[-1]], alike=0.75)
        problem = problem_at(path, rule_of(fault), origins=origins, value=value, nearest=near)
        found.setdefault((path, problem.rule), problem)
    kept = [one for (path, rule), one in found.items() if not _of_the_other_kind(path, rule, found, data)]
    return sorted(kept, key=lambda p: (p.file or "", p.line or 0, p.path or ""))


def _siblings(path: Path, data: Any) -> list[str]:
    """Return the names beside the end of a path."""
    node = data
    for step in path[:-1]:
        node = node.get(step) if isinstance(node, dict) else None
    return list(node) if isinstance(node, dict) else []


def _of_the_other_kind(path: Path, rule: str, problems: Mapping[tuple[Path, str], Problem], data: Any) -> bool:
    """Tell whether a fault is only that a value is not the other of two kinds that could stand there."""
    node = data
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    others = [other for other in problems if other != (path, rule)]
    if isinstance(node, dict):
        return any(len(deeper) > len(path) and deeper[: len(path)] == path for deeper, _ in others)
    return rule == _RULES["dict_type"] and any(same == path for same, _ in others)


def problem_at(path: Path, rule: str, *, origins: Origins, value: object = None, nearest: str | None = None) -> Problem:
    """Return a problem at a path, with the file and line of the path or of its nearest parent."""
    file, line = None, None
    for depth in range(len(path), -1, -1):
        if path[:depth] in origins:
            file, line = origins[path[:depth]]
            break
    shown = None if isinstance(value, dict | list) else value
    return Problem(rule, file=file, line=line, path=".".join(path), value=shown, nearest=nearest)


def rule_of(fault: Any) -> str:
    """Return the rule that a fault broke, as a sentence."""
    if fault["type"] in _RULES:
        return _RULES[fault["type"]].format(**fault.get("ctx", {}))
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:] if message.startswith("Input should") else message


def locate(loc: Sequence[int | str], data: Any, *, missing: bool) -> tuple[Path, Any]:
    """Follow pydantic's location through the data, leaving out the names of union members it adds."""
    path: list[str] = []
    node = data
    for position, step in enumerate(loc):
        inside = step in node if isinstance(node, dict) else isinstance(node, list | tuple) and isinstance(step, int)
        if inside and isinstance(node, list | tuple) and isinstance(step, int) and step >= len(node):
            inside = False
        if inside:
            path.append(str(step))
            node = node[step]
        elif missing and position == len(loc) - 1:
            path.append(str(step))
            node = None
    return tuple(path), node


def field_names(model: type[BaseModel], path: Path, data: Any) -> list[str]:
    """Return the names that are valid at a path of the data."""
    kind: Any = model
    node = data
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[step].annotation if step in kind.model_fields else None
        elif typing.get_origin(kind) is dict:
            kind = typing.get_args(kind)[1]
        kind = plain_kind(kind, node)
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def _path_ending_in(name: str, model: type[BaseModel]) -> str | None:
    """Return the path of a key that somebody named without the groups it stands in."""
    groups = [("", model)]
    for before, group in groups:
        if before and name in group.model_fields:
            return f"{before}{name}"
        for key, field in group.model_fields.items():
            kind = plain_kind(field.annotation, None)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                groups.append((f"{before}{key}.", kind))
    return None
