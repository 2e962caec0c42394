"""What comes with the package: example scenarios, notebooks, and the figures that were measured on it.

Installed, they lie inside the package; in a checkout they lie at its top, where people edit them. A reader's own file
of the same name always comes first, and ``smarketing:baseline`` names the scenario that came with the package.
"""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

PREFIX = "smarketing:"
HOME = "SMARKETING_HOME"
"""Names the folder of scenarios and reports where a server was started in one."""


def shipped(name: str) -> Path:
    """Return where a file or folder lies that comes with the package, such as ``params/baseline.yaml``."""
    package = Path(str(files(__package__)))
    return next((place for place in (package / name, package.parent / name) if place.exists()), package / name)


def is_shipped(path: Path) -> bool:
    """Tell whether a path is no path but the name of a scenario that comes with the package."""
    return str(path).startswith(PREFIX)


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with the package, such as ``baseline``."""
    return sorted(path.stem for path in shipped("params").glob("*.yaml"))


def named(path: Path) -> Path:
    """Return a path as it is where a file is there, else the name of the shipped scenario that it would be.

    So ``params/baseline.yaml`` works in an empty folder, too.
    """
    meant = path.parent == Path("params") and path.suffix == ".yaml" and path.stem in scenario_names()
    return Path(PREFIX + path.stem) if meant and not path.exists() else path


def place(path: Path) -> Path:
    """Return where the file of a scenario lies: a path as it is, or what the name of a shipped one stands for."""
    name = str(path).removeprefix(PREFIX)
    return shipped(f"params/{name}.yaml") if is_shipped(path) and name in scenario_names() else path


def absolute(path: Path) -> Path:
    """Return a path that holds in any working folder; the name of a shipped scenario does as it is."""
    return path if is_shipped(path) else Path(os.path.realpath(path))  # which bears a circle of links


def home_of(params: Path) -> Path:
    """Return the folder of scenarios and reports: where a lab was started, or the project that a file belongs to."""
    offered = os.environ.get(HOME)
    folder = Path.cwd() if is_shipped(named(params)) else params.resolve().parent
    return Path(offered) if offered else folder.parent if folder.name == "params" else folder


def extended(path: Path, parent: str) -> Path:
    """Return the file that a file extends, as it is named there: beside it, or one that comes with the package."""
    return Path(parent) if is_shipped(Path(parent)) else absolute(place(path).parent / parent)
