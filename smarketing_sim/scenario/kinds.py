"""What kind of value stands at a path of a scenario: the type hints of its parts, followed key by key."""

from __future__ import annotations

import functools
import types
import typing
from typing import Any

from pydantic import BaseModel

Path = tuple[str, ...]


@functools.cache
def hints_of(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the hint of every field, with what is said about its unit."""
    return typing.get_type_hints(kind, include_extras=True)


def hint_at(path: Path, whole: Any) -> Any:
    """Return the hint of what stands at a path of a model; None where nothing can."""
    kind = whole
    for place, step in enumerate(path):
        kind = hint_inside(kind, step, path[place - 1] if place else None)
    return kind


def hint_inside(kind: Any, step: str, name: str | None = None) -> Any:
    """Return the hint of what stands at a key of a group; ``name`` is the group's own, which may tell its kind."""
    kind = plain_kind(kind, {"kind": name})
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return hints_of(kind).get(step)
    return typing.get_args(kind)[1] if typing.get_origin(kind) is dict else None


def is_a(hint: Any, alias: Any) -> bool:
    """Tell whether a field holds values of an annotated type, such as ``Money``, or none."""
    args = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(is_a(arg, alias) for arg in args)
    return args[:2] == typing.get_args(alias)[:2]


def plain_kind(kind: Any, node: Any) -> Any:
    """Take an annotation out of Annotated and Optional, and pick the union member by ``kind:``."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(kind) if member is not type(None)]
        tag = node.get("kind") if isinstance(node, dict) else None
        named = [m for m in members if isinstance(m, type) and issubclass(m, BaseModel) and _kind_of(m) == tag]
        kind = (named or members)[0]
    return kind


def _kind_of(member: type[BaseModel]) -> str | None:
    field = member.model_fields.get("kind")
    return typing.get_args(field.annotation)[0] if field is not None else None
