"""The names of measures, one for each, with labels and units; old names go on working for one release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["money", "share", "count", "minutes"]


@dataclass(frozen=True)
class Measure:
    """A number that one simulated year comes to.

    Parameters
    ----------
    label
        What it is called in a table for people.
    unit
        ``money`` in the plan's currency, ``share`` of 1, ``count``, or ``minutes``.
    """

    label: str
    unit: Unit


HEADLINES: dict[str, Measure] = {
    "expected_revenue": Measure("revenue expected from the year’s leads", "money"),
    "cohort_revenue": Measure("revenue from the year’s leads, as it turned out", "money"),
    "booked_revenue": Measure("revenue booked in the year", "money"),
    "contribution": Measure("contribution", "money"),
    "contribution_loaded": Measure("contribution with all people and tools", "money"),
    "ae_wait_minutes": Measure("a deal waits for an account executive", "minutes"),
    "faded_revenue": Measure("revenue that fades while deals wait", "money"),
    "won_count": Measure("deals won", "count"),
    "handed_count": Measure("leads handed over", "count"),
    "sdr_utilisation": Measure("reps’ time in use (utilisation)", "share"),
    "ae_utilisation": Measure("account executives’ time in use", "share"),
    "response_business_p50_minutes": Measure("half the leads are called within, business clock", "minutes"),
    "response_wall_p50_minutes": Measure("half the leads are called within, buyer’s clock", "minutes"),
    "never_called_share": Measure("leads never called", "share"),
    "spend": Measure("media", "money"),
}
"""The measures that ``compare``, ``sweep``, ``--precision`` and ``--best`` know, in the order they are told in."""

OLD_NAMES = {
    "revenue_expected": "expected_revenue",
    "revenue_cohort": "cohort_revenue",
    "revenue_booked": "booked_revenue",
    "contribution_fully_loaded": "contribution_loaded",
    "utilisation_sdr": "sdr_utilisation",
    "utilisation_ae": "ae_utilisation",
    "business_p50_minutes": "response_business_p50_minutes",
    "business_p90_minutes": "response_business_p90_minutes",
    "wall_p50_minutes": "response_wall_p50_minutes",
    "wall_p90_minutes": "response_wall_p90_minutes",
}
"""What measures were called in version 0.1; version 0.3 will know these no longer."""

_DOLLARS = re.compile(r"_usd(?=_|$)")


def current_name(name: str) -> str:
    """Return what a measure is called now, given what it is or was called."""
    plain = _DOLLARS.sub("", name)
    return OLD_NAMES.get(plain, plain)


def unit_of(name: str) -> Unit:
    """Return the unit of a measure; attainments and chances are shares."""
    if name in HEADLINES:
        return HEADLINES[name].unit
    return "minutes" if name.endswith("_minutes") else "count" if name.endswith("_count") else "share"


def with_old_names(answer: Any) -> Any:
    """Return an answer in plain JSON types with every measure under its old name, too."""
    if isinstance(answer, list):
        return [with_old_names(item) for item in answer]
    if not isinstance(answer, Mapping):
        return answer
    renamed = {key: with_old_names(item) for key, item in answer.items()}
    return renamed | {old: renamed[new] for old, new in OLD_NAMES.items() if new in renamed and old not in renamed}
