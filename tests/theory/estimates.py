"""Estimates with standard errors, and the two halves of every theory test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.ledger import Ledger

STANDARD_ERRORS = 4.0


@dataclass(frozen=True)
class Estimate:
    mean: float
    standard_error: float


def of_independent(values: npt.ArrayLike) -> Estimate:
    """Mean of independent values: replications, or leads that do not feel each other."""
    items = np.asarray(values, dtype=np.float64)
    return Estimate(float(items.mean()), float(items.std(ddof=1) / np.sqrt(len(items))))


def of_batches(values: npt.ArrayLike, *, controls: Sequence[Floats] = (), batches: int = 30) -> Estimate:
    """Mean of values in time order that do feel each other, by batch means.

    ``controls`` belong to the same leads or to more, the last ones being the same, and have mean 0 by construction;
    what they explain of the batches is taken out by regression (Lavenberg, Welch 1981).
    """
    items = np.asarray(values, dtype=np.float64)
    size = len(items) // batches

    def means(column: Floats) -> Floats:
        return column[len(column) - len(items) :][: size * batches].reshape(batches, size).mean(axis=1)

    design = np.column_stack([np.ones(batches), *(means(control) for control in controls)])
    fitted, *_ = np.linalg.lstsq(design, means(items), rcond=None)
    left = means(items) - design @ fitted
    variance = np.linalg.inv(design.T @ design)[0, 0] * (left @ left) / (batches - design.shape[1])
    return Estimate(float(fitted[0]), float(np.sqrt(variance)))


def hold(estimate: Estimate, expected: float, *, cap: float) -> None:
    """Both halves: the test has power, and the number is right."""
    assert 0.0 < estimate.standard_error <= cap, f"no power: {estimate}"
    error = abs(estimate.mean - expected) / estimate.standard_error
    assert error <= STANDARD_ERRORS, f"{estimate} is {error:.1f} standard errors from {expected}"


def first_waits(ledger: Ledger, *, warm_up_share: float = 0.04) -> Floats:
    """Minutes from handoff to the first attempt, or to going cold, in order of handoff, without the empty start."""
    leads = ledger.tables["leads"]
    order = np.argsort(leads["handed_at"], kind="stable")
    ended = np.where(np.isnan(leads["first_attempt_at"]), leads["resolved_at"], leads["first_attempt_at"])
    waits: Floats = (ended - leads["handed_at"])[order]
    assert not np.isnan(waits).any(), "the run ended before the last lead was worked"
    return waits[int(warm_up_share * len(waits)) :]
