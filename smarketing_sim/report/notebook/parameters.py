"""Parameters of report notebooks: which there are, and whether those given can be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from smarketing_sim.analysis.plans import find_params
from smarketing_sim.errors import InputError, Problem, nearest_name
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import tell_money_in

PARAMETERS: dict[str, type] = {"params_path": str, "replications": int, "seed": int, "workers": int, "tables_dir": str}
_KINDS = {str: "text", int: "a whole number", float: "a number"}
_PLAIN = (bool, int, float, str, list, tuple, dict, NoneType)
_NOTEBOOK_NAMES = {"In", "Out", "exit", "quit", "open", "get_ipython"}


def check_parameters(namespace: Mapping[str, Any], more: Mapping[str, type] | None = None) -> dict[str, Any]:
    """Return a notebook's parameters: those of every report, and ``more`` of its own by type.

    Raises
    ------
    InputError
        For an unknown name or a wrong type.
    """
    known = {**PARAMETERS, **(more or {})}
    params = {name: value for name, value in namespace.items() if _is_parameter(name, value)}
    problems = [
        Problem("is not a parameter of this notebook", path=name, value=value, nearest=nearest_name(name, known))
        for name, value in params.items()
        if name not in known
    ]
    for name, kind in known.items():
        value = params.get(name)
        wanted = (int, float) if kind is float else kind
        if not isinstance(value, wanted) or isinstance(value, bool):
            problems.append(Problem(f"must be {_KINDS[kind]}", path=name, value=value))
    if problems:
        raise InputError(problems)
    return {name: params[name] for name in known}


def load_plan(params: Mapping[str, Any]) -> Scenario:
    """Return the scenario that a notebook's parameters name, and tell money in its currency from here on.

    Raises
    ------
    InputError
        If the scenario has problems.
    """
    scenario = load(find_params(Path(params["params_path"])))
    tell_money_in(scenario.currency)
    return scenario


def _is_parameter(name: str, value: object) -> bool:
    """Tell a plain value that somebody set from all else in a notebook: modules, functions, history, an answer."""
    hidden = name.startswith("_") or name in _NOTEBOOK_NAMES
    return not hidden and (name in PARAMETERS or isinstance(value, _PLAIN))
