"""Scenarios against each other, lead by lead: paired differences under common random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import mean_named
from smarketing_sim.measure.names import HEADLINES
from smarketing_sim.measure.statistics import paired_difference, t_interval
from smarketing_sim.scenario.contract import Clause
from smarketing_sim.scenario.currency import hold_one_currency
from smarketing_sim.scenario.schema import Scenario


def compare(a: Replications, b: Replications) -> dict[str, Any]:
    """Return each headline measure of two experiments and their paired difference, b − a.

    Parameters
    ----------
    a, b
        Experiments with the same seed and the same replications, so that both met the same luck.

    Raises
    ------
    InputError
        If they do not pair.
    """
    _hold_pairs(a, b)
    series_a, series_b = per_replication(a), per_replication(b)
    return {
        "a": a.scenario.identity,
        "b": b.scenario.identity,
        "seed": a.seed,
        "replications": len(a.measures),
        "engine": a.engine,
        "changed": _changed(a, b),
        "measures": _pairs(a.scenario, series_a, series_b),
    }


def compare_all(base: Replications, others: Sequence[Replications], *, level: float = 0.95) -> dict[str, Any]:
    """Return each headline measure of several experiments and their paired differences from one, other − base.

    The ranges of the differences hold at once: for each measure, all of them cover with at least the confidence asked
    for, because each is widened to 1 − (1 − level) ÷ comparisons. That is Bonferroni's inequality, which asks nothing
    of how the comparisons depend on each other (Dunn, Multiple comparisons among means, Journal of the American
    Statistical Association 56, 1961; for simulations, Law, Simulation Modeling and Analysis, 5th ed. 2015, section
    10.3, comparisons with a standard).

    Parameters
    ----------
    base
        What the others are compared with.
    others
        Experiments with the same seed and the same replications.
    level
        Confidence that all differences of a measure lie in their ranges.

    Raises
    ------
    InputError
        If they do not pair, or there is nothing to compare with.
    """
    if not others:
        raise InputError("at least one other experiment is needed to compare with")
    for other in others:
        _hold_pairs(base, other)
    each = 1.0 - (1.0 - level) / len(others)
    known = per_replication(base)
    listed = []
    for other in others:
        series = per_replication(other)
        pairs = _pairs(base.scenario, known, series, level=each)
        identity = other.scenario.identity
        listed.append({**identity, "changed": _changed(base, other), "measures": pairs})
    return {
        "base": base.scenario.identity,
        "others": listed,
        "seed": base.seed,
        "replications": len(base.measures),
        "engine": base.engine,
        "level": level,
    }


def per_replication(experiment: Replications) -> dict[str, Floats]:
    """Return every headline measure by replication, attainments and shares of months kept among them."""
    series = {name: experiment.series(name) for name in HEADLINES}
    for name in experiment.scenario.sla:
        series[f"attainment.{name}"] = np.array([m.clauses[name].attainment for m in experiment.measures])
        series[f"p_kept.{name}"] = mean_of_months(kept_months(experiment, name))
    series["p_all_kept"] = mean_of_months(all_kept_months(experiment))
    return series


def mean_of_months(kept: Floats) -> Floats:
    """Return the share of months kept by replication; shape (replications, months) to (replications,)."""
    counted = np.sum(~np.isnan(kept), axis=1)
    return np.where(counted > 0, np.nansum(kept, axis=1) / np.maximum(counted, 1), np.nan)


def _hold_pairs(a: Replications, b: Replications) -> None:
    hold_one_currency((a.scenario.currency, b.scenario.currency))
    if a.seed != b.seed or [m.replication for m in a.measures] != [m.replication for m in b.measures]:
        raise InputError(f"only the same simulated years can be paired; these are {_years_of(a)} and {_years_of(b)}")


def _years_of(experiment: Replications) -> str:
    years = [m.replication for m in experiment.measures]
    return f"years {years[0]} to {years[-1]} of seed {experiment.seed}" if years else "none"


def _changed(a: Replications, b: Replications) -> list[dict[str, Any]]:
    return [{"path": path, "a": x, "b": y} for path, x, y in a.scenario.diff(b.scenario)]


def _pairs(
    scenario: Scenario, a: Mapping[str, Floats], b: Mapping[str, Floats], *, level: float = 0.95
) -> dict[str, Any]:
    return {name: _pair(name, scenario.sla, a[name], b[name], level=level) for name in a if name in b}


def _pair(name: str, clauses: Mapping[str, Clause], a: Floats, b: Floats, *, level: float = 0.95) -> dict[str, Any]:
    # Left out one by one, the replications in which a measure is infinite would flatter its mean.
    a, b = (np.full_like(values, np.nan) if np.isinf(values).any() else values for values in (a, b))
    difference = paired_difference(b, a, level=level)
    if _is_share(name, clauses):
        levels, difference = [t_interval(values).of_share for values in (a, b)], difference.clipped(-1.0, 1.0)
    else:
        levels = [mean_named(name, values) for values in (a, b)]
    return {"a": levels[0].as_dict(), "b": levels[1].as_dict(), "difference": difference.as_dict()}


def _is_share(name: str, clauses: Mapping[str, Clause]) -> bool:
    """Tell whether a measure is a share of a whole; only a promise of volume can be outdone."""
    kind, _, clause = name.partition(".")
    return kind.startswith("p_") or (kind == "attainment" and not clauses[clause].can_be_outdone)
