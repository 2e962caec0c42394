"""How plain data are laid over one another: files over what they extend, overrides over both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.scenario.calendars import WEEKDAYS, expand_days
from smarketing_sim.scenario.contract import KINDS
from smarketing_sim.scenario.documents import parse_value
from smarketing_sim.scenario.holidays import Holidays
from smarketing_sim.scenario.schema import flatten

SET = "--set"
"""What messages name in place of a file where a value was set by hand."""

_BELIEF_KEYS = {"value", "source", "grade", "range", "note"}
_NAMED = (
    ("marketing", "sources"),
    ("marketing", "campaigns"),
    ("personas",),
    ("sla",),
    ("alternatives",),
    ("sales", "sdr", "reps"),
    ("sales", "sdr", "channels"),
    ("sales", "sdr", "routing", "territories"),
)
_HOLIDAYS = ("calendar", "holidays")

Path_ = tuple[str, ...]
Origins = dict[Path_, tuple[str, int | None]]
"""File and line by path, for messages."""


def parse_overrides(settings: list[str]) -> dict[str, Any]:
    """Read ``path=value`` pairs from the command line, values as YAML."""
    problems: list[Problem] = []
    overrides: dict[str, Any] = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path.strip():
            problems.append(Problem("must be path=value, such as sales.sdr.headcount=12", file=SET, value=setting))
            continue
        overrides[path.strip()] = text.strip() if text.lstrip()[:1] == "+" else parse_value(text, name=SET)
    if problems:
        raise InputError(problems)
    return overrides


def merge(base: Any, over: Any) -> Any:
    """Lay one nesting of mappings over another; a week is replaced whole, a belief set anew keeps its range."""
    if _is_belief(base) and not _is_belief(over):
        kept = {key: base[key] for key in ("range",) if key in base}
        return {"value": over, **_anew(kept)} if not isinstance(over, dict) else over
    closed = over == {} and _is_week(base)  # an empty week replaces one, as any other does
    if isinstance(base, dict) and isinstance(over, dict) and not (closed or _is_belief(over) or _is_week(over)):
        return {
            key: merge(base[key], over[key]) if key in base and key in over else over.get(key, base.get(key))
            for key in [*base, *(k for k in over if k not in base)]
        }
    return over


def as_mapping(node: Any) -> dict[str, Any]:
    """Return a mapping as it is, and no entries for anything else."""
    return node if isinstance(node, dict) else {}


def copied(node: Any) -> Any:
    """Return nested mappings and lists that share no container with those given."""
    if isinstance(node, dict):
        return {key: copied(item) for key, item in node.items()}
    return [copied(item) for item in node] if isinstance(node, list) else node


def _is_belief(node: Any) -> bool:
    return isinstance(node, dict) and "value" in node and set(node) <= _BELIEF_KEYS


def _is_week(node: Any) -> bool:
    """Tell whether a mapping names weekdays or runs of them, such as opening hours do."""
    try:
        days = [day for key in node for day in expand_days(key)] if isinstance(node, dict) else []
    except ValueError:
        return False
    return bool(days) and not any(isinstance(item, dict) or item is None for item in node.values())


def set_value(data: dict[str, Any], path: Path_, value: Any, origins: Origins) -> None:
    """Set one value by path, making the groups on the way; a list item is named by its number from 0."""
    node: Any = data
    for depth, step in enumerate(path[:-1], start=1):
        if path[:depth] == _HOLIDAYS and path[depth] in Holidays.model_fields and isinstance(node.get(step), list):
            node[step] = {}  # as in a file that extends, a group takes the place of a list
            origins[path[:depth]] = (SET, None)
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, dict):
            if not isinstance(node.get(step), dict | list):
                node[step] = {}
                origins[path[:depth]] = (SET, None)
            node = node[step]
        else:
            raise InputError([Problem("is not a known path", file=SET, path=".".join(path))])
    last = path[-1]
    if last in WEEKDAYS and _is_week(node):
        week = {day: item for key, item in node.items() for day in expand_days(key)}
        node.clear()
        node.update(week)
    if isinstance(node, list):
        if not last.isdigit() or int(last) >= len(node):
            raise InputError([Problem("is not a known path", file=SET, path=".".join(path))])
        node[int(last)] = value
    elif not isinstance(node, dict):
        raise InputError([Problem("is not a known path", file=SET, path=".".join(path))])
    else:
        node[last] = merge(node.get(last), value) if isinstance(node.get(last), dict) else value
    origins[path] = (SET, None)


def restated(beliefs: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is still believed after overrides: of a value set anew only the range stays, as in a file."""
    leaves = flatten(overrides)
    kept: dict[str, Any] = {}
    for path, belief in beliefs.items():
        if any(path.startswith(f"{leaf}.") for leaf in leaves):
            continue
        anew = path in leaves or any(leaf.startswith(f"{path}.") for leaf in leaves)
        keeps_range = anew and isinstance(belief, dict)
        kept[path] = _anew({key: belief[key] for key in ("range",) if key in belief}) if keeps_range else belief
    return kept


def _anew(kept: dict[str, Any]) -> dict[str, Any]:
    return {"source": "set in this scenario", **kept}


def split_beliefs(node: Any, path: Path_, beliefs: dict[str, Any]) -> Any:
    """Take ``{value, source, …}`` apart: the value stays, the rest is noted under its path."""
    if isinstance(node, dict):
        if _is_belief(node):
            rest = {key: item for key, item in node.items() if key != "value"}
            if rest:
                beliefs[".".join(path)] = rest
            return split_beliefs(node["value"], path, beliefs)
        return {key: split_beliefs(item, (*path, str(key)), beliefs) for key, item in node.items()}
    if isinstance(node, list):
        return [split_beliefs(item, (*path, str(i)), beliefs) for i, item in enumerate(node)]
    return node


def drop_removed(data: dict[str, Any]) -> dict[str, Any]:
    """Take out named things that were set to null, one by one or all, so that a file can drop what it extends."""
    for *groups, last in _NAMED:
        parent: Any = data
        for step in groups:
            parent = parent.get(step) if isinstance(parent, dict) else None
        node = parent.get(last) if isinstance(parent, dict) else None
        if isinstance(parent, dict) and last in parent and node is None:
            parent[last] = {}
        if isinstance(node, dict):
            for name in [name for name, item in node.items() if item is None]:
                del node[name]
    return data


def default_kinds(data: dict[str, Any]) -> None:
    """Let a clause's kind be its key where it has none."""
    contract = data.get("sla")
    if not isinstance(contract, dict):
        return
    for name, clause in contract.items():
        if isinstance(clause, dict) and "kind" not in clause and name in KINDS:
            contract[name] = {"kind": name, **clause}
