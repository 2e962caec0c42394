"""Exact Shapley values: how much each factor adds, averaged over every order in which factors could be added."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats


def shapley_values(values: npt.ArrayLike) -> Floats:
    """Return what each factor adds.

    Parameters
    ----------
    values
        Worth of every set of factors, first axis indexed by bitmask: item ``5 = 0b101`` is the worth of factors 0 and
        2 together; shape (2ⁿ, …), such as (2ⁿ, replications).

    Returns
    -------
    Floats
        Shape (n, …). Their sum over factors is ``values[-1] - values[0]``, in every replication. A set whose worth is
        not known (NaN) leaves all of that replication unknown.

    Raises
    ------
    ValueError
        If the number of sets is no power of two.

    Notes
    -----
    φᵢ = Σ over S without i of |S|! (n − |S| − 1)! ÷ n! · (v(S ∪ i) − v(S)) (Shapley, A value for n-person games, in
    Contributions to the Theory of Games II, 1953).
    """
    worth = np.asarray(values, dtype=np.float64)
    count = len(worth).bit_length() - 1
    if len(worth) != 2**count:
        raise ValueError(f"{len(worth)} values are not one for each set of factors")
    masks = np.arange(len(worth))
    sizes = np.array([mask.bit_count() for mask in masks.tolist()])
    orders = [math.factorial(size) * math.factorial(count - size - 1) for size in range(count)]
    weights = np.array(orders) / math.factorial(count)
    parts = np.empty((count, *worth.shape[1:]))
    for factor in range(count):
        without = masks[masks >> factor & 1 == 0]
        gains = worth[without | 1 << factor] - worth[without]
        parts[factor] = np.tensordot(weights[sizes[without]], gains, axes=1)
    return parts
