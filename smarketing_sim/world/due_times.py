"""Due times, derived from the contract whenever they are asked for and stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.scenario.contract import AppliesTo
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.world.calendar import Calendar


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


def after(starts_at: npt.ArrayLike, span: Span, *, calendar: Calendar, business_minutes: Mapping[str, float]) -> Floats:
    """Return the instants a span after others, on the span's own clock; inf where the calendar ends before."""
    minutes = span.minutes(business_minutes)
    starts = np.asarray(starts_at, dtype=np.float64)
    return calendar.add(starts, minutes) if span.business else starts + minutes


def cadence_gaps(scenario: Scenario) -> list[tuple[float, bool]]:
    """Return the minutes from the end of each attempt to the next one's due, and whether business minutes are meant."""
    cadence, business = scenario.sales.sdr.cadence, scenario.calendar.business_minutes
    return [(gap.minutes(business), gap.business) for gap in map(cadence.gap, range(1, cadence.max_attempts))]


def next_due(gaps: Sequence[tuple[float, bool]], made: npt.NDArray[Any], at: Floats, *, calendar: Calendar) -> Floats:
    """Return when the next attempts are due.

    Parameters
    ----------
    gaps
        Those of :func:`cadence_gaps`.
    made
        How many attempts were made on each lead; with none, the next one is due at once.
    at
        When the last of them ended.
    calendar
        The contract's business clock.
    """
    minutes = np.array([0.0, *(minutes for minutes, _ in gaps)]).take(made)
    in_business = [business for _, business in gaps]
    if not any(in_business):
        return np.asarray(at + minutes, dtype=np.float64)
    if all(in_business):
        return calendar.add(at, minutes)
    return np.where(np.array([False, *in_business]).take(made), calendar.add(at, minutes), at + minutes)


def segments(scenario: Scenario) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Return segment names, and the segment code of each persona."""
    labels = [persona.segment or name for name, persona in scenario.personas.items()]
    names = tuple(dict.fromkeys(labels))
    return names, np.array([names.index(label) for label in labels], dtype=np.int32)
