"""Bounds of beliefs as plain numbers, for tests."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Money, Share, Span


def number(value: Any, scenario: Scenario) -> float:
    """Return a value as a file writes it in minutes, shares of one, or money."""
    if not isinstance(value, str):
        return float(value)
    if "%" in value:
        return float(TypeAdapter(Share).validate_python(value))
    if value.startswith("$"):
        return float(TypeAdapter(Money).validate_python(value))
    return Span.parse(value).minutes(scenario.calendar.business_minutes)
