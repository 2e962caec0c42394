"""Due times, derived from the contract whenever they are asked for and stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.scenario.contract import AppliesTo
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.world.calendar import Calendar, Floats


def covered(
    applies_to: AppliesTo, *, columns: Mapping[str, npt.NDArray[Any]], names: Mapping[str, Sequence[str]]
) -> npt.NDArray[np.bool_]:
    """Tell which leads a clause covers.

    Parameters
    ----------
    applies_to
        Source, segment and score of the tier.
    columns
        ``source``, ``segment`` and ``score`` of the leads; text as codes.
    names
        The names behind the codes.
    """
    mask = np.ones(len(columns["score"]), dtype=np.bool_)
    for column, name in (("source", applies_to.source), ("segment", applies_to.segment)):
        if name is not None:
            code = list(names[column]).index(name) if name in names[column] else -2
            mask &= columns[column] == code
    if applies_to.score_at_least is not None:
        mask &= columns["score"] >= applies_to.score_at_least
    return mask


def after(starts_at: npt.ArrayLike, span: Span, *, calendar: Calendar, business_day_minutes: float) -> Floats:
    """Return the instants a span after others, on the span's own clock; inf where the calendar ends before."""
    minutes = span.minutes(business_day_minutes)
    starts = np.asarray(starts_at, dtype=np.float64)
    return calendar.add(starts, minutes) if span.business else starts + minutes


def segments(scenario: Scenario) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Return segment names, and the segment code of each persona."""
    labels = [persona.segment or name for name, persona in scenario.personas.items()]
    names = tuple(dict.fromkeys(labels))
    return names, np.array([names.index(label) for label in labels], dtype=np.int32)
