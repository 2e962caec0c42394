"""From words to what commands work with: files, scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smarketing_sim.cli.screen import tell
from smarketing_sim.jit import is_ready
from smarketing_sim.printable import one_line
from smarketing_sim.shipped import named

if TYPE_CHECKING:
    from smarketing_sim.scenario.schema import Scenario


def find_params(path: Path) -> Path:
    """Return the path of a scenario's file, or the name of the shipped scenario that stands in for it, and say so."""
    found = named(path)
    if found != path:
        tell(f"there is no {one_line(path)} here; taking {found}, which comes with the package")
    return found


def load_with(path: Path, sets: Sequence[str]) -> Scenario:
    """Return the scenario of a file with some values overridden; its name tells which."""
    from smarketing_sim.scenario.files import load
    from smarketing_sim.scenario.layering import parse_overrides
    from smarketing_sim.scenario.ranges import named_with
    from smarketing_sim.words.numbers import tell_money_in

    overrides = parse_overrides(list(sets))
    scenario = load(find_params(path), overrides)
    tell_money_in(scenario.currency)
    if not is_ready():
        tell("compiling the engine on its first run; that takes about twenty seconds, once")
    pairs = (setting.partition("=") for setting in sets)
    return named_with(scenario, {path.strip(): value.strip() for path, _, value in pairs})
