"""The grid of a sweep: which values vary, read as the command line gives them, and every point checked beforehand."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from smarketing_sim.errors import ConflictError, InputError, Problem, shorten
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.currency import named_currency
from smarketing_sim.scenario.documents import parse_value
from smarketing_sim.scenario.schema import Scenario

LEADS_OF_A_YEAR = 25_000
ASKED_FROM = 10_000
MAX_PROBLEMS = 50
MOST_ALONE = 200

VARY = "--vary"
"""Where a problem of an axis stands, for whoever typed it."""
_PAIRS = {"[": "]", "{": "}"}
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\'\'|[^\'])*\'')
_BEFORE_QUOTE = {"", ",", "[", "{", ":"}


@dataclass(frozen=True)
class Axis:
    """One thing that varies.

    Parameters
    ----------
    path
        Dotted path, such as ``sales.sdr.headcount``.
    values
        What it takes, as plain JSON types.
    texts
        The same values as they were written.
    """

    path: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]

    @property
    def column(self) -> list[Any]:
        """The values for a table column of one type: truths, whole numbers or numbers; else text as it was written."""
        for kinds in ((bool,), (int,), (int, float)):
            if all(type(value) in kinds for value in self.values):
                return [kinds[-1](value) for value in self.values]
        return list(self.texts)


@dataclass(frozen=True)
class Grid:
    """A base scenario and what varies; the points are the product in the order given, the last axis fastest."""

    base: Scenario
    axes: tuple[Axis, ...]

    @property
    def count(self) -> int:
        """How many points, counted without making one."""
        return math.prod(len(axis.values) for axis in self.axes)

    def places(self) -> Iterator[tuple[int, ...]]:
        """Yield for each point which value each axis takes."""
        return itertools.product(*(range(len(axis.values)) for axis in self.axes))

    def overrides(self, place: Sequence[int]) -> dict[str, Any]:
        """Return the values of a point by path."""
        return {axis.path: axis.values[i] for axis, i in zip(self.axes, place, strict=True)}


def parse_vary(settings: Sequence[str]) -> tuple[Axis, ...]:
    """Read ``path=a,b,c`` words from the command line, each value as ``--set`` reads it.

    Commas inside brackets, braces and quotes do not split.

    Raises
    ------
    InputError
        With every problem: no path, no value, a value that cannot be read, a path or a value given twice.
    """
    axes: list[Axis] = []
    problems: list[Problem] = []
    for setting in settings:
        path, equals, text = setting.partition("=")
        path = path.strip()
        if not equals or not path or not text.strip():
            problems.append(Problem("must be path=a,b,c, such as sales.sdr.headcount=6,8,10", file=VARY, value=setting))
        elif path in (axis.path for axis in axes):
            problems.append(Problem("is varied twice; give all its values at once", file=VARY, path=path))
        else:
            texts = split_values(text)
            cut = next((pair for pair in itertools.pairwise(texts) if _is_cut(*pair)), None)
            if cut is not None:
                rule = f"a comma stands between values; write {cut[0]}{cut[1]} without one, or {cut[0]}k"
                problems.append(Problem(rule, file=VARY, path=path, value=",".join(cut)))
                continue
            axis, found = _axis(path, texts)
            axes.append(axis)
            problems += found
    if not settings:
        problems.append(Problem("at least one is needed, such as --vary sales.sdr.headcount=6,8,10", file=VARY))
    if problems:
        raise InputError(problems)
    return tuple(axes)


def _is_cut(before: str, after: str) -> bool:
    """Tell whether two values are one amount of money that was cut at the comma between its thousands."""
    return named_currency(before) is not None and re.fullmatch(r"[0-9]{3}(\.[0-9]+)?", after) is not None


def split_values(text: str) -> list[str]:
    """Split a list of YAML values at the commas outside brackets, braces and quotes."""
    parts, closers, before, start, at = [], list[str](), "", 0, 0
    while at < len(text):
        quoted = _QUOTED.match(text, at) if before in _BEFORE_QUOTE else None
        c = text[at]
        if c in _PAIRS:
            closers.append(_PAIRS[c])
        elif closers and c == closers[-1]:
            closers.pop()
        elif c == "," and not closers:
            parts.append(text[start:at])
            start = at + 1
        before = before if c == " " else c
        at = quoted.end() if quoted else at + 1
    return [part.strip() for part in [*parts, text[start:]]]


def make_grid(base: Scenario, axes: Sequence[Axis]) -> Grid:
    """Check every value by itself and return the grid; no point is made yet.

    Raises
    ------
    InputError
        With every problem: unknown paths, values out of range, values that mean the same.
    """
    problems: list[Problem] = []
    for axis in axes:
        seen: dict[str, str] = {}
        for value, text in zip(axis.values, axis.texts, strict=True):
            alone, found = _alone(base, axis.path, value)
            problems += found
            if alone is not None and alone.digest in seen:
                problems.append(_same(axis.path, text, seen[alone.digest]))
            elif alone is not None:
                seen[alone.digest] = text
    if problems:
        raise InputError(_each_once(problems))
    return Grid(base, tuple(axes))


def each_alone(grid: Grid) -> list[Scenario]:
    """Return the base with each value of a sweep changed alone where that goes together, else the base.

    Of many values some are taken, evenly from the last one back: these plans stand for all where size matters.
    """
    values = [(axis.path, value) for axis in grid.axes for value in axis.values]
    some = values[:: -(len(values) // MOST_ALONE + 1)]
    return [plan for path, value in some if (plan := _alone(grid.base, path, value)[0]) is not None] or [grid.base]


def make_points(grid: Grid) -> tuple[Scenario, ...]:
    """Return the scenario of every point, in order.

    Raises
    ------
    InputError
        With the problems of all points that cannot be simulated, each with the values it has.
    """
    points: list[Scenario] = []
    problems: list[Problem] = []
    bad_count = 0
    for place in grid.places():
        try:
            points.append(override(grid.base, grid.overrides(place)))
        except InputError as error:
            bad_count += 1
            problems += [dataclasses.replace(p, file=_words(grid, place)) for p in error.problems]
    if problems:
        shown: list[Problem | str] = list(problems[:MAX_PROBLEMS])
        if len(problems) > MAX_PROBLEMS:
            shown.append(f"{bad_count:,} of {grid.count:,} scenarios of this sweep cannot be simulated")
        raise InputError(shown)
    return tuple(points)


def cost(grid: Grid, replications: int) -> int:
    """Return how many simulated years a sweep is, one for each 25,000 leads or part of them in a run of the base."""
    run, marketing = grid.base.run, grid.base.marketing
    months = run.horizon_months + (run.warm_up_weeks + run.cool_down_weeks) * 12.0 / 52.0
    leads = months * sum(source.mean_monthly_leads for source in marketing.sources.values())
    return grid.count * replications * max(1, math.ceil(leads / LEADS_OF_A_YEAR))


def _axis(path: str, texts: list[str]) -> tuple[Axis, list[Problem]]:
    values: list[Any] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for text in texts:
        try:
            value = parse_value(text, name=VARY)
        except InputError as error:
            problems += [dataclasses.replace(p, path=path, line=None, value=text) for p in error.problems]
            continue
        values.append(value)
        key = json.dumps(value, sort_keys=True)
        if key in seen:
            problems.append(_same(path, text, seen[key]))
        seen.setdefault(key, text)
    return Axis(path, tuple(values), tuple(texts)), problems


def _same(path: str, text: str, other: str) -> Problem:
    rule = f"simulates the same as {shorten(other)}; give each value once"
    return Problem(rule, file=VARY, path=path, value=text)


def _alone(base: Scenario, path: str, value: Any) -> tuple[Scenario | None, list[Problem]]:
    """Return the base with one value changed; parts that conflict may agree again once another value varies."""
    try:
        return override(base, {path: value}), []
    except ConflictError:
        return None, []
    except InputError as error:
        found = [dataclasses.replace(p, file=VARY) for p in error.problems]
        own = [p for p in found if p.path is None or p.path == path or p.path.startswith(f"{path}.")]
        return None, own or ([] if _cross(found, path) else found)


def _cross(problems: list[Problem], path: str) -> bool:
    """Tell whether all problems lie in groups that hold the path, whose other members may vary too."""
    return all(path.startswith(f"{p.path}.") for p in problems)


def _each_once(problems: list[Problem]) -> list[Problem]:
    return list({str(problem): problem for problem in problems}.values())[:MAX_PROBLEMS]


def _words(grid: Grid, place: Sequence[int]) -> str:
    return " ".join(f"{VARY} {axis.path}={axis.texts[i]}" for axis, i in zip(grid.axes, place, strict=True))
