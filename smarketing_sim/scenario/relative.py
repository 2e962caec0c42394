"""Values that say a change: ``+2``, ``-10%``, ``+5 points`` or ``+1 day`` more than what the plan has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.scenario.layering import SET
from smarketing_sim.scenario.units import WALL_MINUTES, Span

_CHANGE = re.compile(r"([-+−])\s*(\d+(?:\.\d+)?)\s*(.*?)\s*$")
_NAMED = "alternatives."
_EXAMPLES = "a change is a number, a percentage, points of a share or a time: '+2', '-10%', '+5 points', '+1 day'"


def is_change(value: object) -> bool:
    """Tell whether a value says a change: text that begins with a sign and a number."""
    return isinstance(value, str) and _CHANGE.match(value) is not None


def changes_in(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some overrides that say a change; what an alternative would change is not changed itself."""
    return {path: value for path, value in overrides.items() if is_change(value) and not path.startswith(_NAMED)}


def resolved(document: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return overrides with every change worked out from what a plan has there.

    Parameters
    ----------
    document
        The plan as :func:`~smarketing_sim.scenario.building.to_document` gives it.
    overrides
        Values by dotted path; those that are no changes stay as they are.

    Raises
    ------
    InputError
        Where the plan has nothing there to change, or something of another kind.
    """
    found, problems = dict[str, Any](), list[Problem]()
    changes = changes_in(overrides)
    for path, value in overrides.items():
        try:
            found[path] = _changed(_at(document, path), value) if path in changes else value
        except ValueError as error:
            problems.append(Problem(str(error), file=SET, path=path, value=value))
    if problems:
        raise InputError(problems)
    return found


def _at(document: Mapping[str, Any], path: str) -> Any:
    node: Any = document
    for step in path.split("."):
        if not isinstance(node, Mapping) or step not in node:
            raise ValueError("is a change, and the plan has nothing there to change; give the value itself")
        node = node[step]
    return node


def _changed(present: Any, change: str) -> Any:
    """Return a value with a change made to it; a list is changed item by item."""
    sign, digits, unit = _CHANGE.match(change).groups()  # type: ignore[union-attr]
    amount = float(digits) * (1.0 if sign == "+" else -1.0)
    if isinstance(present, list | tuple):
        return [_changed(item, change) for item in present]
    if isinstance(present, str):
        return _later(Span.parse(present), amount, unit)
    if isinstance(present, bool) or not isinstance(present, int | float):
        raise ValueError(f"is a change, and what the plan has there is none to add to; {_EXAMPLES}")
    if unit in ("", "%", "points"):
        step = amount if not unit else amount / 100.0 * (present if unit == "%" else 1.0)
        return round(present + step) if isinstance(present, int) else present + step
    return present + amount * WALL_MINUTES[_unit(f"{digits} {unit}").unit]


def _later(present: Span, amount: float, unit: str) -> str:
    """Return a span that is longer by an amount of its own unit, or by so many per cent."""
    if unit == "%":
        return str(Span(present.amount * (1.0 + amount / 100.0), present.unit, present.business))
    step = _unit(f"1 {unit}")
    if step.unit != present.unit and (step.business or present.business):
        raise ValueError(f"cannot be added to {present}; change it in its own unit")
    more = amount * WALL_MINUTES[step.unit] / WALL_MINUTES[present.unit]
    return str(Span(present.amount + more, present.unit, present.business))


def _unit(text: str) -> Span:
    try:
        return Span.parse(text)
    except ValueError:
        raise ValueError(_EXAMPLES) from None
