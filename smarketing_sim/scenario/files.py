"""From YAML files to a Scenario: ``extends``, overrides, sources of beliefs, and all problems at once."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from smarketing_sim.errors import AlternativeWarning, ConflictError, InputError, Problem, RangeWarning
from smarketing_sim.scenario.calendars import WEEKDAYS, expand_days
from smarketing_sim.scenario.checks import broken_rules, cautions
from smarketing_sim.scenario.contract import KINDS
from smarketing_sim.scenario.currency import DOLLARS, plain_path, settled, settled_overrides
from smarketing_sim.scenario.documents import parse_value, read_document
from smarketing_sim.scenario.holidays import Holidays
from smarketing_sim.scenario.problems import problem_at, translate
from smarketing_sim.scenario.ranges import broken_ranges, crowded_ranges
from smarketing_sim.scenario.schema import Belief, Scenario, flatten
from smarketing_sim.shipped import absolute, extended, named, place

_BELIEF_KEYS = {"value", "source", "grade", "range", "note"}
GRADE = re.compile(r"[A-F][+-]?|A\?")
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
_SET = "--set"

Path_ = tuple[str, ...]
Origins = dict[Path_, tuple[str, int | None]]


def load(path: Path, overrides: Mapping[str, Any]) -> Scenario:
    """Read a scenario file, apply overrides, and validate; raise InputError with every problem.

    ``smarketing:baseline``, or ``params/baseline.yaml`` where there is no such file, is the one of the package.
    """
    data, origins = _read_chain(named(path), ())
    return build(data, origins=origins, overrides=overrides)


def override(scenario: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    """Return a scenario with some values changed by dotted path."""
    document = to_document(scenario)
    if any(path.partition(".")[0] in {"currency", "exchange"} for path in overrides):
        return build(document, overrides=overrides, quiet=True)
    found = settled_overrides(overrides, Scenario, currency=scenario.currency, rates=scenario.exchange)
    return _built(document, found, {}, quiet=True)


def build(
    data: dict[str, Any],
    *,
    origins: Origins | None = None,
    overrides: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> Scenario:
    """Validate plain data as a scenario.

    Parameters
    ----------
    data
        Nested mappings as YAML gives them; a value may be ``{value, source, grade, range, note}``.
    origins
        File and line by path, for messages.
    overrides
        Values by dotted path.
    quiet
        Leave out the warnings.

    Raises
    ------
    InputError
        With every problem found.
    """
    where: Origins = dict(origins or {})
    return _built(*_in_one_currency(_copied(data), overrides or {}, where), where, quiet=quiet)


def _built(data: dict[str, Any], overrides: Mapping[str, Any], where: Origins, *, quiet: bool) -> Scenario:
    """Validate plain data in one currency, which become the scenario's own, and overrides."""
    for dotted, value in overrides.items():
        _set(data, tuple(dotted.split(".")), _copied(value), where)
    beliefs: Any = data.pop("beliefs", None)
    split: dict[str, Any] = {}
    data = _drop_removed({key: _split_beliefs(item, (key,), split) for key, item in data.items()})
    where |= {
        ("beliefs", dotted, key): where[at]
        for dotted, rest in split.items()
        for key in rest
        if (at := (*dotted.split("."), key)) in where
    }
    if beliefs is None or isinstance(beliefs, dict):
        beliefs = _restated(beliefs or {}, overrides) | split
    _default_kinds(data)
    try:
        scenario = Scenario.model_validate({**data, "beliefs": beliefs})
    except ValidationError as error:
        raise InputError(translate(error, model=Scenario, data={**data, "beliefs": beliefs}, origins=where)) from None
    broken = [
        problem_at(path, rule, origins=where, value=value, nearest=near)
        for path, rule, value, near in broken_rules(scenario)
    ]
    if broken:
        raise ConflictError(broken)
    if not quiet:
        if scenario.run.horizon_months == 0:
            raise InputError([problem_at(("run", "horizon_months"), "must be at least 1", origins=where, value=0)])
        _try_alternatives(scenario, where)
        _try_ranges(scenario, where)
        for caution in cautions(scenario):
            warnings.warn(caution, stacklevel=2)
    return scenario


def _try_ranges(scenario: Scenario, origins: Origins) -> None:
    """Try both ends of every belief's range: a report would, after minutes of work."""
    wrong = [
        problem_at((*path.split("."), "range"), rule, origins=origins, value=value)
        for path, rule, value in broken_ranges(scenario)
    ]
    wrong += [
        problem_at(("beliefs", path, "grade"), "must be a grade from A to F, such as B-, or A?", origins=origins,
                   value=belief.grade)
        for path, belief in scenario.beliefs.items() if not GRADE.fullmatch(belief.grade)
    ]  # fmt: skip
    if wrong:
        raise InputError(wrong)
    for path, rule, value in crowded_ranges(scenario):
        told = f"{path}: its range, to {value}, {rule}; chapters and reports leave it out of what beliefs may change"
        warnings.warn(RangeWarning(told), stacklevel=3)


def to_document(scenario: Scenario) -> dict[str, Any]:
    """Return plain data that :func:`build` turns back into an equal scenario."""
    return scenario.model_dump(mode="json", exclude_none=True)


def parse_overrides(settings: list[str]) -> dict[str, Any]:
    """Read ``path=value`` pairs from the command line, values as YAML."""
    problems: list[Problem] = []
    overrides: dict[str, Any] = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path.strip():
            problems.append(Problem("must be path=value, such as sales.sdr.headcount=12", file=_SET, value=setting))
            continue
        overrides[path.strip()] = parse_value(text, name=_SET)
    if problems:
        raise InputError(problems)
    return overrides


def _read_chain(path: Path, seen: tuple[Path, ...]) -> tuple[dict[str, Any], Origins]:
    """Read a file and what it extends; the nearer file wins."""
    document = read_document(path)
    origins: Origins = {plain_path(key, Scenario): (str(path), line) for key, line in document.lines.items()}
    data = dict(document.data)
    parent = data.pop("extends", None)
    if parent is None:
        return _settled(data, data.get("currency", DOLLARS), origins), origins
    line = document.lines.get(("extends",))
    if not isinstance(parent, str):
        raise InputError([Problem("must name a file", file=str(path), line=line, path="extends", value=parent)])
    target = extended(path, parent)
    chain = (*seen, absolute(path))
    if target in chain:
        names = " → ".join([*(p.name for p in chain), target.name])
        raise InputError([Problem(f"files extend each other in a circle: {names}", file=str(path), line=line)])
    try:
        base, base_origins = _read_chain(target, chain)
    except InputError as error:
        if not os.path.isfile(place(target)):
            first = error.problems[0]
            problem = Problem(
                "names a file that is not there",
                file=str(path),
                line=line,
                path="extends",
                value=parent,
                nearest=first.nearest,
            )
            raise InputError([problem]) from None
        raise
    return _built_on(base, base_origins, data, origins), base_origins | origins


def _built_on(base: dict[str, Any], base_origins: Origins, data: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Return a file's data laid over those of the file it extends, whose amounts are put into its currency."""
    theirs = base.get("currency", DOLLARS)
    currency = data.get("currency", theirs)
    if currency == theirs:
        return cast("dict[str, Any]", _merge(base, _settled(data, currency, origins, base.get("exchange"))))
    rates = data.get("exchange")
    base = settled(base, Scenario, currency=currency, rates=rates, numbers_in=theirs, origins=origins)
    return cast("dict[str, Any]", _merge(base | {"exchange": None}, _settled(data, currency, origins)))


def _settled(data: dict[str, Any], currency: Any, origins: Origins, inherited: Any = None) -> dict[str, Any]:
    """Return a file's data with every amount in the file's currency."""
    rates = {**_mapping(inherited), **_mapping(data.get("exchange"))}
    return cast("dict[str, Any]", settled(data, Scenario, currency=currency, rates=rates, origins=origins))


def _in_one_currency(
    data: dict[str, Any], overrides: Mapping[str, Any], origins: Origins
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and overrides with every amount in the currency that the overrides leave the plan in."""
    before = data.get("currency", DOLLARS)
    currency = overrides.get("currency", before)
    said = {dotted.removeprefix("exchange."): rate for dotted, rate in overrides.items() if "exchange." in dotted}
    rates = _mapping(data.get("exchange")) | _mapping(overrides.get("exchange")) | said
    data = settled(data, Scenario, currency=currency, rates=rates, numbers_in=before, origins=origins)
    return data, settled_overrides(overrides, Scenario, currency=currency, rates=rates)


def _mapping(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def _merge(base: Any, over: Any) -> Any:
    """Lay one nesting of mappings over another; a week is replaced whole, a belief set anew keeps its range."""
    if _is_belief(base) and not _is_belief(over):
        kept = {key: base[key] for key in ("range",) if key in base}
        return {"value": over, **_anew(kept)} if not isinstance(over, dict) else over
    closed = over == {} and _is_week(base)  # an empty week replaces one, as any other does
    if isinstance(base, dict) and isinstance(over, dict) and not (closed or _is_belief(over) or _is_week(over)):
        return {
            key: _merge(base[key], over[key]) if key in base and key in over else over.get(key, base.get(key))
            for key in [*base, *(k for k in over if k not in base)]
        }
    return over


def _copied(node: Any) -> Any:
    """Return nested mappings and lists that share no container with those given."""
    if isinstance(node, dict):
        return {key: _copied(item) for key, item in node.items()}
    return [_copied(item) for item in node] if isinstance(node, list) else node


def _is_belief(node: Any) -> bool:
    return isinstance(node, dict) and "value" in node and set(node) <= _BELIEF_KEYS


def _is_week(node: Any) -> bool:
    """Tell whether a mapping names weekdays or runs of them, such as opening hours do."""
    try:
        days = [day for key in node for day in expand_days(key)] if isinstance(node, dict) else []
    except ValueError:
        return False
    return bool(days) and not any(isinstance(item, dict) or item is None for item in node.values())


def _set(data: dict[str, Any], path: Path_, value: Any, origins: Origins) -> None:
    """Set one value by path, making the groups on the way; a list item is named by its number from 0."""
    node: Any = data
    for depth, step in enumerate(path[:-1], start=1):
        if path[:depth] == _HOLIDAYS and path[depth] in Holidays.model_fields and isinstance(node.get(step), list):
            node[step] = {}  # as in a file that extends, a group takes the place of a list
            origins[path[:depth]] = (_SET, None)
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, dict):
            if not isinstance(node.get(step), dict | list):
                node[step] = {}
                origins[path[:depth]] = (_SET, None)
            node = node[step]
        else:
            raise InputError([Problem("is not a known path", file=_SET, path=".".join(path))])
    last = path[-1]
    if last in WEEKDAYS and _is_week(node):
        week = {day: item for key, item in node.items() for day in expand_days(key)}
        node.clear()
        node.update(week)
    if isinstance(node, list):
        if not last.isdigit() or int(last) >= len(node):
            raise InputError([Problem("is not a known path", file=_SET, path=".".join(path))])
        node[int(last)] = value
    elif not isinstance(node, dict):
        raise InputError([Problem("is not a known path", file=_SET, path=".".join(path))])
    else:
        node[last] = _merge(node.get(last), value) if isinstance(node.get(last), dict) else value
    origins[path] = (_SET, None)


def _restated(beliefs: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
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


def _split_beliefs(node: Any, path: Path_, beliefs: dict[str, Any]) -> Any:
    """Take ``{value, source, …}`` apart: the value stays, the rest is noted under its path."""
    if _is_belief(node):
        rest = {key: item for key, item in node.items() if key != "value"}
        if rest:
            beliefs[".".join(path)] = rest
        return _split_beliefs(node["value"], path, beliefs)
    if isinstance(node, dict):
        return {key: _split_beliefs(item, (*path, str(key)), beliefs) for key, item in node.items()}
    if isinstance(node, list):
        return [_split_beliefs(item, (*path, str(i)), beliefs) for i, item in enumerate(node)]
    return node


def _drop_removed(data: dict[str, Any]) -> dict[str, Any]:
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


def _default_kinds(data: dict[str, Any]) -> None:
    """Let a clause's kind be its key where it has none."""
    contract = data.get("sla")
    if not isinstance(contract, dict):
        return
    for name, clause in contract.items():
        if isinstance(clause, dict) and "kind" not in clause and name in KINDS:
            contract[name] = {"kind": name, **clause}


def _try_alternatives(scenario: Scenario, origins: Origins) -> None:
    """Try every named alternative: a wrong path is an error, one that does not go with this scenario a warning."""
    broken: list[Problem] = []
    for name, alternative in scenario.alternatives.items():
        try:
            build(to_document(scenario), overrides=alternative.set, quiet=True)
        except ConflictError as error:
            why = "; ".join(f"{problem.path} {problem.rule}" for problem in error.problems)
            warnings.warn(
                AlternativeWarning(f"alternatives.{name} cannot be had in this scenario: {why}"), stacklevel=3
            )
        except InputError as error:
            for problem in error.problems:
                at = ("alternatives", name, "set", problem.path or "")
                broken.append(
                    problem_at(at, problem.rule, origins=origins, value=problem.value, nearest=problem.nearest)
                )
    if broken:
        raise InputError(broken)


__all__ = ["Belief", "build", "load", "override", "parse_overrides", "to_document"]
