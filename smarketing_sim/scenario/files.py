"""From YAML files to a Scenario: ``extends``, overrides, sources of beliefs, and all problems at once."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from smarketing_sim.errors import AlternativeWarning, ConflictError, InputError, Problem, RangeWarning
from smarketing_sim.scenario.building import build, to_document
from smarketing_sim.scenario.checks import cautions
from smarketing_sim.scenario.currency import DOLLARS, plain_path, settled
from smarketing_sim.scenario.documents import read_document
from smarketing_sim.scenario.layering import Origins, as_mapping, merge
from smarketing_sim.scenario.problems import problem_at
from smarketing_sim.scenario.ranges import broken_ranges, crowded_ranges
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.shipped import absolute, extended, named, place

GRADE = re.compile(r"[A-F][+-]?|A\?")


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Read a scenario from a YAML file.

    Parameters
    ----------
    path
        The file; ``extends:`` in it names another one. ``smarketing:baseline``, or ``params/baseline.yaml`` where there
        is no such file, is the one of the package.
    overrides
        Values by dotted path, such as ``{"sales.sdr.headcount": 12}``.

    Raises
    ------
    InputError
        With every problem of the file, each with line, path, value, rule and nearest valid name.
    """
    data, origins = _read_chain(named(Path(path)), ())
    return examined(build(data, origins=origins, overrides=overrides), origins)


def examined(scenario: Scenario, origins: Origins | None = None) -> Scenario:
    """Return a scenario whose beliefs, alternatives and cautions were looked at, as it is.

    Raises
    ------
    InputError
        If a range cannot be read, an alternative names no path, or no month is simulated.
    """
    where = origins or {}
    if scenario.run.horizon_months == 0:
        raise InputError([problem_at(("run", "horizon_months"), "must be at least 1", origins=where, value=0)])
    _try_alternatives(scenario, where)
    _try_ranges(scenario, where)
    for caution in cautions(scenario):
        warnings.warn(caution, stacklevel=3)
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
        text = f"{path}: its range, to {value}, {rule}; chapters and reports leave it out of what beliefs may change"
        warnings.warn(RangeWarning(text), stacklevel=3)


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
        return cast("dict[str, Any]", merge(base, _settled(data, currency, origins, base.get("exchange"))))
    rates = data.get("exchange")
    base = settled(base, Scenario, currency=currency, rates=rates, numbers_in=theirs, origins=origins)
    return cast("dict[str, Any]", merge(base | {"exchange": None}, _settled(data, currency, origins)))


def _settled(data: dict[str, Any], currency: Any, origins: Origins, inherited: Any = None) -> dict[str, Any]:
    """Return a file's data with every amount in the file's currency."""
    rates = {**as_mapping(inherited), **as_mapping(data.get("exchange"))}
    return cast("dict[str, Any]", settled(data, Scenario, currency=currency, rates=rates, origins=origins))


def _try_alternatives(scenario: Scenario, origins: Origins) -> None:
    """Try every named alternative: a wrong path is an error, one that does not go with this scenario a warning."""
    broken: list[Problem] = []
    for name, alternative in scenario.alternatives.items():
        try:
            build(to_document(scenario), overrides=alternative.set)
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
