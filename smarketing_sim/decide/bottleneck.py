"""Which people hold the others up: reps, behind whom leads go cold, or account executives, for whom deals wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from smarketing_sim.decide.left_on_table import NO_QUEUE, LeftOnTable
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import mean_of
from smarketing_sim.measure.statistics import Interval

Stage = Literal["reps", "account executives"]
WORTH_NAMING = 0.05
"""A stage is named where more than this share of the expected revenue waits behind it."""


@dataclass(frozen=True)
class Bottleneck:
    """The stage behind which most revenue waits.

    Parameters
    ----------
    stage
        Whose time is short.
    lost
        Expected revenue a horizon that would come if nobody had to wait for them, all else as today.
    """

    stage: Stage
    lost: Interval


def bottleneck(years: Replications, table: LeftOnTable) -> Bottleneck | None:
    """Return the stage that binds; None where nothing much waits, or it may be nothing.

    Parameters
    ----------
    years
        Simulated years of the plan, in which it is measured what fades while deals wait.
    table
        What the same leads would bring if none waited for a rep.
    """
    waits = [
        Bottleneck("reps", table.alone_today(NO_QUEUE)),
        Bottleneck("account executives", mean_of(years, "faded_revenue")),
    ]
    most = max(waits, key=lambda one: one.lost.mean if np.isfinite(one.lost.mean) else -np.inf)
    revenue = mean_of(years, "expected_revenue").mean
    return most if most.lost.low > 0.0 and most.lost.mean > WORTH_NAMING * max(revenue, 1.0) else None
