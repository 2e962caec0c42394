"""What a sweep keeps of one simulated year: plain JSON numbers that come back to the last bit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month, kept_months
from smarketing_sim.experiment.compare import per_replication
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import attained, mean_named
from smarketing_sim.measure.names import HEADLINES
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.measure.summary import Measures
from smarketing_sim.scenario.schema import Scenario

IN_TABLE = ("expected_revenue", "contribution", "sdr_utilisation", "ae_utilisation")
ALL = "p_all_kept"

_BEYOND = {"inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True)
class Record:
    """One replication of one point.

    Parameters
    ----------
    measures
        Every measure that ``compare`` knows, by name; NaN where there is no case.
    kept
        By clause, and for all clauses together under ``p_all_kept``: whether each month kept its promise, NaN where it
        had no case.
    """

    measures: dict[str, float]
    kept: dict[str, list[float]]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON types: null stands for NaN, and text for what is infinite."""
        return {
            "measures": {name: _plain(value) for name, value in self.measures.items()},
            "kept": {name: [_plain(value) for value in months] for name, months in self.kept.items()},
        }


def record_of(measures: Measures, scenario: Scenario) -> Record:
    """Return what is kept of one replication."""
    year = Replications(scenario, 0, "", (measures,))
    kept = {name: kept_months(year, name)[0].tolist() for name in scenario.sla}
    series = per_replication(year)
    return Record(
        {name: float(values[0]) for name, values in series.items()}, kept | {ALL: all_kept_months(year)[0].tolist()}
    )


def read_record(plain: Any, scenario: Scenario) -> Record:
    """Return a record from JSON types.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        If this is no record of the scenario.
    """
    measures = {str(name): _number(value) for name, value in plain["measures"].items()}
    kept = {str(name): [_number(value) for value in months] for name, months in plain["kept"].items()}
    if list(kept) != [*scenario.sla, ALL] or set(measures) != set(measure_names(scenario)):
        raise ValueError("this record belongs to another scenario")
    if any(len(months) != scenario.run.horizon_months for months in kept.values()):
        raise ValueError("a month is missing")
    return Record(measures, kept)


def measure_names(scenario: Scenario) -> list[str]:
    """Return the names of all measures of a scenario."""
    clauses = [f"{kind}.{name}" for name in scenario.sla for kind in ("attainment", "p_kept")]
    return [*HEADLINES, *clauses, ALL]


def table_names(scenario: Scenario) -> list[str]:
    """Return the names of the measures that a sweep's table shows, in its order."""
    return [*IN_TABLE, *measure_names(scenario)[len(HEADLINES) :]]


def interval_of(records: Sequence[Record], scenario: Scenario, name: str) -> Interval:
    """Return a measure over replications with the interval that ``smarketing run`` gives it."""
    kind, _, clause = name.partition(".")
    if kind in {"p_kept", ALL}:
        return kept_in_a_month(np.array([record.kept[clause or ALL] for record in records]))
    values = series_of(records, name)
    return attained(values, scenario.sla[clause]) if kind == "attainment" else mean_named(name, values)


def series_of(records: Sequence[Record], name: str) -> Floats:
    """Return one measure by replication."""
    return np.array([record.measures[name] for record in records], dtype=np.float64)


def _plain(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else f"{value:f}"


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, str):
        return _BEYOND[value]
    if type(value) not in {float, int} or not math.isfinite(value):
        raise ValueError("a number is expected")
    return float(value)
