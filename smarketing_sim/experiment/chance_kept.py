"""P(kept): the chance that a month, or every month of a year, keeps a promise, with its interval."""

from __future__ import annotations

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.measure.statistics import Interval, clustered_share, wilson


def kept_months(experiment: Replications, name: str) -> Floats:
    """Return whether each month kept a clause; shape (replications, months), NaN where there was no case."""
    target, months = experiment.scenario.sla[name].target, experiment.scenario.run.horizon_months
    return np.array([m.clauses[name].kept(target) for m in experiment.measures]).reshape(
        len(experiment.measures), months
    )


def all_kept_months(experiment: Replications, sides: tuple[str, ...] = ("marketing", "sales")) -> Floats:
    """Return whether each month kept every clause promised by some sides; NaN where none of them had a case."""
    names = [name for name, clause in experiment.scenario.sla.items() if clause.side in sides]
    if not names:
        return np.full((len(experiment.measures), experiment.scenario.run.horizon_months), np.nan)
    kept = np.stack([kept_months(experiment, name) for name in names])
    none = np.all(np.isnan(kept), axis=0)
    return np.where(none, np.nan, np.all(np.isnan(kept) | (kept == 1.0), axis=0))


def kept_all_year(kept: Floats, *, level: float = 0.95) -> Interval:
    """Return the chance that every month of a year that had a case was kept: Wilson over replications."""
    if not kept.size:
        return Interval(np.nan, np.nan, np.nan)
    has_case = ~np.all(np.isnan(kept), axis=1)
    whole = np.all(np.isnan(kept) | (kept == 1.0), axis=1)
    return wilson(float((whole & has_case).sum()), float(has_case.sum()), level=level)


def kept_in_a_month(kept: Floats, *, level: float = 0.95) -> Interval:
    """Return the chance that a month keeps its promise, clustered by replication."""
    if not kept.size:
        return Interval(np.nan, np.nan, np.nan)
    return clustered_share(kept, level=level)
