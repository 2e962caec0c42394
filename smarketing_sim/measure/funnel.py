"""The funnel by source, with money beside the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.jit import entry
from smarketing_sim.ledger import Column
from smarketing_sim.measure.cohorts import Case, Selection
from smarketing_sim.measure.loops import Codes, Rows, plain
from smarketing_sim.measure.sums import Sums

STAGES = ("leads", "handed", "accepted", "called", "reached", "qualified", "met", "opportunities", "won")
FUNNEL_COLUMNS = ("visits", *STAGES, "spend", "spend_unworked", "expected_revenue", "won_revenue")
_AT = {
    "handed": "handed_at",
    "accepted": "accepted_at",
    "called": "first_attempt_at",
    "reached": "connected_at",
    "qualified": "qualified_at",
    "met": "met_at",
    "opportunities": "opportunity_at",
}
_SETS = 2 ** len(_AT)  # a set of stages is a number, with the bit of each stage in it
_REACHED = {stage: (np.arange(_SETS) >> bit & 1).astype(np.float64) for bit, stage in enumerate(_AT)}
_UNWORKED = _REACHED["handed"] * (1.0 - _REACHED["called"])


@dataclass(frozen=True, eq=False)
class FunnelSums(Sums):
    """How far the leads of the economics cohort came, by source.

    Parameters
    ----------
    stages
        Leads by the set of stages they reached; shape (sources, sets).
    won, expected_revenue, won_revenue
        Leads won, what all bring on average, and what those won brought; shape (sources,).
    cycle_minutes
        From created to won, of each lead that was won.
    """

    stages: Floats
    won: Floats
    expected_revenue: Floats
    won_revenue: Floats
    cycle_minutes: tuple[Floats, ...]

    @classmethod
    def of(cls, case: Case) -> FunnelSums:
        """Count some leads."""
        rows = np.flatnonzero(case.economics_cohort & case.has_outcome("won"))
        won, cohort = Selection(case.leads, rows), case.created_leads
        return cls(
            stages=_stages(case),
            won=_by_source(case, won["source"]),
            expected_revenue=_by_source(case, cohort["source"], cohort["expected_value"]),
            won_revenue=_by_source(case, won["source"], won["value"]),
            cycle_minutes=(won["deal_closed_at"] - won["created_at"],),
        )

    @property
    def cycle_days(self) -> float:
        """Median days from created to won; NaN without a win."""
        minutes = np.concatenate(self.cycle_minutes)
        return float(np.median(minutes / 1440.0)) if len(minutes) else float("nan")


def funnel(case: Case, sums: FunnelSums) -> Floats:
    """Return the economics cohort by source, given what was counted of it; shape (sources, ``FUNNEL_COLUMNS``)."""
    columns = {stage: sums.stages @ reached for stage, reached in _REACHED.items()}
    columns |= _marketing(case)
    columns["leads"] = sums.stages.sum(axis=1)
    columns["spend_unworked"] = (sums.stages @ _UNWORKED) * _handed_costs(case)
    columns |= {name: getattr(sums, name) for name in ("won", "expected_revenue", "won_revenue")}
    return np.stack([columns[name] for name in FUNNEL_COLUMNS], axis=1)


def _stages(case: Case) -> Floats:
    stages = np.zeros((len(case.names["source"]), _SETS), dtype=np.int64)
    times = tuple(plain(case.leads[name]) for name in _AT.values())
    rows, reached = np.flatnonzero(case.economics_cohort), np.zeros(len(times[0]), dtype=np.uint8)
    _count_stages(rows, plain(case.leads["source"]), times, reached, stages)
    return stages.astype(np.float64)


def _handed_costs(case: Case) -> Floats:
    """Return what a handed lead costs by source, in the plan's currency."""
    return np.array([case.scenario.marketing.sources[name].cost_per_handed for name in case.names["source"]])


def _marketing(case: Case) -> dict[str, Floats]:
    """Return visits and media spend on the days of the horizon, by source."""
    inside = case.in_horizon(case.line.day_starts_at[case.marketing["day"]])
    rows = Selection(case.marketing, np.flatnonzero(inside))
    columns = {"visits": rows["visits_count"], "spend": rows["spend"]}
    return {name: _by_source(case, rows["source"], weight) for name, weight in columns.items()}


def _by_source(case: Case, source: Column, weights: Column | None = None) -> Floats:
    """Count, or sum weights, by source."""
    return np.bincount(source, weights=weights, minlength=len(case.names["source"])).astype(np.float64)


@entry
def _count_stages(
    rows: Rows, source: Codes, times: tuple[Any, ...], reached: npt.NDArray[np.uint8], stages: npt.NDArray[np.int64]
) -> None:  # fmt: skip
    """Count some leads by source and by which of the times there are, with room for the set that each reached."""
    for bit in range(len(times)):
        at = times[bit]
        for row in range(len(reached)):
            reached[row] |= np.uint8(at[row] == at[row]) << bit  # NaN alone is not itself
    for row in rows:
        stages[source[row], reached[row]] += 1
