"""How far every belief may be off, as numbers between its lowest and highest plausible value."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smarketing_sim.errors import ConflictError, InputError, Problem
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario, flatten, once_per_scenario, shorten_name

Broken = tuple[str, str, Any]


@dataclass(frozen=True)
class Range:
    """A belief with its plausible values; minutes where it is a length of time.

    Parameters
    ----------
    path
        Dotted path of the value.
    now, low, high
        Its value in the plan, and the ends of its range.
    source, grade
        Where it comes from, and how good the source is.
    """

    path: str
    now: float
    low: float
    high: float
    source: str
    grade: str
    _form: Any

    def at(self, part: float) -> Any:
        """Return the value that lies at a part of the way from the lowest to the highest, as a scenario takes it."""
        return self.value(self.low + float(part) * (self.high - self.low))

    def value(self, number: float) -> Any:
        """Return a number in the form that a scenario takes."""
        if isinstance(self._form, list):
            return [number] * len(self._form)
        if isinstance(self._form, str):
            return f"{number!r} min"
        return round(number) if isinstance(self._form, int) else number

    def step(self, start: float, end: float) -> float:
        """Return what part of the range lies between two places, whole numbers kept whole."""
        values = (_number(self.at(start)), _number(self.at(end)))
        return (values[1] - values[0]) / (self.high - self.low)


def ranges_of(scenario: Scenario) -> list[Range]:
    """Return every belief of a scenario that has a range, in the order of the file.

    A range that reaches where the other values leave no room is left out.

    Raises
    ------
    InputError
        If an end of a range is not a value that the path can take, or the ends are the wrong way round.
    """
    found, broken, _ = _tried(scenario)
    if broken:
        raise InputError([Problem(rule, path=f"{path}.range", value=value) for path, rule, value in broken])
    return list(found)


def broken_ranges(scenario: Scenario) -> list[Broken]:
    """Return ranges that no value can lie in, as (path of the value, rule, what stands there)."""
    return list(_tried(scenario)[1])


def crowded_ranges(scenario: Scenario) -> list[Broken]:
    """Return ranges that reach where the other values of the plan leave no room, as :func:`broken_ranges` does."""
    return list(_tried(scenario)[2])


class _Written:
    """A scenario as a key that equals those of scenarios that are written alike, names in the same order."""

    __slots__ = ("scenario", "text")

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.text = scenario.model_dump_json()

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Written) and self.text == other.text


@once_per_scenario
def _tried(scenario: Scenario) -> tuple[tuple[Range, ...], tuple[Broken, ...], tuple[Broken, ...]]:
    """Return every range as numbers, those that cannot be read as such, and those that other values leave no room."""
    return _tried_as_written(_Written(scenario))


@functools.lru_cache(maxsize=64)
def _tried_as_written(key: _Written) -> tuple[tuple[Range, ...], tuple[Broken, ...], tuple[Broken, ...]]:
    """Try ranges once for all plans that are written alike: a plan is read again and again, and trying takes long."""
    scenario = key.scenario
    now, found = flatten(scenario.canonical()), list[Range]()
    bare = scenario.model_copy(update={"beliefs": {}})  # no end depends on what is said of the others, and copies cost
    broken, crowded = list[Broken](), list[Broken]()
    for path, belief in scenario.beliefs.items():
        if belief.range is None or now.get(path) is None:
            continue
        try:
            here = _number(now[path])
            low, high = (_read(bare, path, _like(now[path], end)) for end in belief.range)
        except InputError as error:
            rule = "; ".join(problem.rule for problem in error.problems)
            where = crowded if isinstance(error, ConflictError) else broken
            where.append((path, rule, error.problems[0].value))
            continue
        if low > high:
            broken.append((path, "must begin with its lowest value", str(list(belief.range))))
        elif low < high:
            found.append(Range(path, here, low, high, belief.source, belief.grade, now[path]))
    return tuple(found), tuple(broken), tuple(crowded)


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return a scenario with some beliefs changed; what is given of the personas' shares, the others make up for."""
    shares = {path: value for path, value in values.items() if _is_share(path)}
    return override(scenario, {**values, **_balanced(scenario, shares)} if shares else values)


def words(path: str) -> str:
    """Return a dotted path as people read it, such as ``organic: qualify prob`` or ``rep headcount``."""
    if path in _OWN_WORDS:
        return _OWN_WORDS[path]
    parts = [part.replace("_", " ") for part in path.split(".") if part not in _ROOMS]
    return ": ".join(parts[-2:]) if len(parts) > 1 else parts[0]


def named_with(scenario: Scenario, changes: Mapping[str, str]) -> Scenario:
    """Return a scenario whose name tells what was changed, given as text by dotted path."""
    if not changes or "name" in changes:
        return scenario
    changed = (f"no {words(path)}" if value == "null" else f"{words(path)} {value}" for path, value in changes.items())
    return scenario.model_copy(update={"name": shorten_name(f"{scenario.name} with {', '.join(changed)}")})


_OWN_WORDS = {"sales.sdr.headcount": "rep headcount", "sales.ae.headcount": "AE headcount"}
_ROOMS = {"marketing", "sources", "sales", "sdr", "channels", "value"}


def _is_share(path: str) -> bool:
    parts = path.split(".")
    return len(parts) == 3 and parts[0] == "personas" and parts[2] == "share"


def _balanced(scenario: Scenario, chosen: Mapping[str, float]) -> dict[str, float]:
    """Return shares of all personas that sum to 1: those given as near to what was asked for as that allows."""
    shares = {f"personas.{name}.share": persona.share for name, persona in scenario.personas.items()}
    rest = sum(share for path, share in shares.items() if path not in chosen)
    total = sum(chosen.values())
    if rest > 0 and total < 1.0:
        moved = {path: chosen.get(path, share * (1.0 - total) / rest) for path, share in shares.items()}
    else:
        moved = {path: chosen.get(path, 0.0) / total for path in shares}
    last = next(reversed(moved))
    return moved | {last: 1.0 - sum(share for path, share in moved.items() if path != last)}


def _like(value: Any, end: Any) -> Any:
    """Return an end of a range in the form of its value: of a list, one for each of its items."""
    return [end] * len(value) if isinstance(value, list) and not isinstance(end, list) else end


def _read(scenario: Scenario, path: str, end: Any) -> float:
    """Return an end of a range as the number that the scenario would hold there."""
    probe = "economics.gross_margin" if _is_share(path) else path  # one share alone would not sum to 1 with the others
    try:
        return _number(_plain_at(override(scenario, {probe: end}), probe))
    except InputError as error:
        first, *others = (problem.rule for problem in error.problems)
        rule = f"it {first}" if first.startswith("must ") else first
        more = f"; and {len(others)} more of the kind" if others else ""
        raise type(error)([Problem(f"ends where the value cannot be: {rule}{more}", value=end)]) from None


def _plain_at(scenario: Scenario, path: str) -> Any:
    """Return what the canonical form holds at a path, without making the rest of it."""
    steps = path.split(".")
    wanted: Any = True
    for step in reversed(steps):
        wanted = {step: wanted}
    found: Any = scenario.model_dump(mode="json", include=wanted)
    for step in steps:
        found = found[step]
    return found


def _number(value: Any) -> float:
    """Return what a scenario's plain document holds as one number: minutes of a time, the mean of a list."""
    try:
        if isinstance(value, Sequence) and not isinstance(value, str):
            return float(sum(value) / len(value))
        return float(value.removesuffix(" min")) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        raise InputError([Problem("a range goes with a number or a time only", value=str(value))]) from None
