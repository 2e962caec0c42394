"""Plans from files, and changed by hand; a change is told by the plan's name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from smarketing_sim.errors import InputError
from smarketing_sim.experiment.grid import VARY
from smarketing_sim.scenario import building, files
from smarketing_sim.scenario.layering import SET
from smarketing_sim.scenario.ranges import named_with
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.shipped import named


def find_params(path: Path) -> Path:
    """Return a path as it is, or from the folder above, where JupyterLab runs a notebook in its own, or as shipped."""
    above = Path("..") / path
    return above if not path.exists() and above.exists() else named(path)


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Read a plan from a YAML file.

    Parameters
    ----------
    path
        The file; ``smarketing:baseline`` is one of the package.
    overrides
        Values by dotted path, such as ``{"sales.sdr.headcount": 12}``; text is read as in a file: ``"90%"``,
        ``"2 business hours"``, ``"$4.2k"``.

    Raises
    ------
    InputError
        With every problem of the file, each with line, path, value, rule and nearest valid name.
    """
    with said_from_python():
        plan = files.load(find_params(Path(path)), overrides)
    return named_with(plan, _told(overrides or {}))


def override(plan: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    """Return another plan with some values changed, by dotted path; a plan itself never changes.

    Its name tells what was changed, unless ``name`` is among the values.

    Raises
    ------
    InputError
        With every problem: an unknown path, with the nearest one, or a value that cannot be.
    """
    with said_from_python():
        changed = building.override(plan, overrides)
    return named_with(changed, _told(overrides))


@contextmanager
def said_from_python() -> Iterator[None]:
    """Leave the words of the command line out of messages: nobody typed an option."""
    try:
        yield
    except InputError as error:
        problems = [dataclasses.replace(p, file=None) if p.file in (SET, VARY) else p for p in error.problems]
        raise type(error)(problems) from None


def _told(overrides: Mapping[str, Any]) -> dict[str, str]:
    return {path: "null" if value is None else str(value) for path, value in overrides.items()}
