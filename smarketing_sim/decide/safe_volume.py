"""How many leads marketing can promise: the largest number that nearly every month brings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from smarketing_sim.decide.ranking import KEPT_FROM
from smarketing_sim.experiment.chance_kept import kept_in_a_month
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.contract import VolumeClause

SEASONAL = 1.6
"""A best month over a worst one, beyond which a promise is to follow the season."""


@dataclass(frozen=True)
class SafeVolume:
    """A promise of leads that would be kept.

    Parameters
    ----------
    clause
        Name of the promise of volume that is in the contract.
    promised, safe
        Leads a month that it promises, and the most that it could.
    kept
        Share of months that would keep the safe promise.
    by_month
        The most that each month of the horizon could promise by itself, kept as often.
    """

    clause: str
    promised: float
    safe: int
    kept: Interval
    by_month: tuple[int, ...] = ()

    @property
    def seasonal(self) -> bool:
        """Whether the months differ so much that no one number fits them."""
        return bool(self.by_month) and max(self.by_month) > SEASONAL * max(min(self.by_month), 1)


def safe_volume(years: Replications, *, keep: float = KEPT_FROM) -> SafeVolume | None:
    """Return the largest number of leads that a month brings with the chance wanted.

    Parameters
    ----------
    years
        Simulated years of the plan.
    keep
        The chance that is wanted.

    Returns
    -------
    SafeVolume or None
        None where the contract promises no number of leads, or no such promise can be kept.
    """
    for name, clause in years.scenario.sla.items():
        if isinstance(clause, VolumeClause) and clause.leads_per_rep is not None and years.measures:
            counts = np.stack([year.clauses[name].numerator for year in years.measures])
            falls_short = math.floor((1.0 - keep) * counts.size)
            if not counts.size:
                return None
            safe = math.floor(np.sort(counts, axis=None)[falls_short] / clause.target)
            kept = kept_in_a_month((counts >= clause.target * safe).astype(np.float64))
            few = math.floor((1.0 - keep) * len(counts))
            months = tuple(math.floor(count / clause.target) for count in np.sort(counts, axis=0)[few].tolist())
            return SafeVolume(name, clause.promised_amount, safe, kept, months) if safe > 0 else None
    return None
