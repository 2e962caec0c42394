"""From plain data to a Scenario, and from one Scenario to another: every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from smarketing_sim.errors import ConflictError, InputError
from smarketing_sim.scenario.checks import broken_rules
from smarketing_sim.scenario.currency import DOLLARS, settled, settled_overrides
from smarketing_sim.scenario.layering import (
    Origins,
    as_mapping,
    copied,
    default_kinds,
    drop_removed,
    restated,
    set_value,
    split_beliefs,
)
from smarketing_sim.scenario.problems import problem_at, translate
from smarketing_sim.scenario.relative import changes_in, resolved
from smarketing_sim.scenario.schema import Scenario


def build(
    data: dict[str, Any],
    *,
    origins: Origins | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Scenario:
    """Validate plain data as a scenario.

    Parameters
    ----------
    data
        Nested mappings as YAML gives them; a value may be ``{value, source, grade, range, note}``.
    origins
        File and line by path, for messages; those of overrides and beliefs are added.
    overrides
        Values by dotted path, or changes such as ``+2``.

    Raises
    ------
    InputError
        With every problem found.
    """
    where, sets = {} if origins is None else origins, overrides or {}
    changes = changes_in(sets)
    fixed = {path: value for path, value in sets.items() if path not in changes}
    scenario = _built(*_in_one_currency(copied(data), fixed, where), where)
    return override(scenario, changes) if changes else scenario


def override(scenario: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    """Return a scenario with some values set by dotted path, or changed by so much: ``+2``, ``-10%``, ``+1 day``."""
    document = to_document(scenario)
    overrides = resolved(document, overrides)
    if any(path.partition(".")[0] in {"currency", "exchange"} for path in overrides):
        return build(document, overrides=overrides)
    found = settled_overrides(overrides, Scenario, currency=scenario.currency, rates=scenario.exchange)
    return _built(document, found, {})


def to_document(scenario: Scenario) -> dict[str, Any]:
    """Return plain data that :func:`build` turns back into an equal scenario."""
    return scenario.model_dump(mode="json", exclude_none=True)


def _built(data: dict[str, Any], overrides: Mapping[str, Any], where: Origins) -> Scenario:
    """Validate plain data in one currency, which become the scenario's own, and overrides."""
    for dotted, value in overrides.items():
        set_value(data, tuple(dotted.split(".")), copied(value), where)
    beliefs: Any = data.pop("beliefs", None)
    split: dict[str, Any] = {}
    data = drop_removed({key: split_beliefs(item, (key,), split) for key, item in data.items()})
    where |= {
        ("beliefs", dotted, key): where[at]
        for dotted, rest in split.items()
        for key in rest
        if (at := (*dotted.split("."), key)) in where
    }
    if beliefs is None or isinstance(beliefs, dict):
        beliefs = restated(beliefs or {}, overrides) | split
    default_kinds(data)
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
    return scenario


def _in_one_currency(
    data: dict[str, Any], overrides: Mapping[str, Any], origins: Origins
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and overrides with every amount in the currency that the overrides leave the plan in."""
    before = data.get("currency", DOLLARS)
    currency = overrides.get("currency", before)
    said = {dotted.removeprefix("exchange."): rate for dotted, rate in overrides.items() if "exchange." in dotted}
    rates = as_mapping(data.get("exchange")) | as_mapping(overrides.get("exchange")) | said
    data = settled(data, Scenario, currency=currency, rates=rates, numbers_in=before, origins=origins)
    return data, settled_overrides(overrides, Scenario, currency=currency, rates=rates)
