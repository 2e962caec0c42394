"""How long simulated years take and how much memory they need, told from the plan before any is simulated.

The constants were measured on a machine with two cores, in years of 1,700 to 1,550,000 leads with 1 to 15 planned
attempts, 8 to 830 reps and a horizon of 1 or 10 years: processor time and peak memory of one process that sampled,
simulated and measured a year, with and without unlimited reps beside it. On these plans seconds and bytes were within a
factor of two of what is told here; a slower machine, or one that has other work, takes longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from joblib.externals.loky import cpu_count

from smarketing_sim.scenario.marketing import Marketing, Source
from smarketing_sim.scenario.schema import Scenario, once_per_scenario
from smarketing_sim.scenario.scoring import share_at
from smarketing_sim.world.arrivals import flows
from smarketing_sim.world.timeline import timeline

PROCESS_BYTES = 300e6
"""Memory of a process that has loaded the engine and simulated a small plan."""


@dataclass(frozen=True)
class Cost:
    """What something costs: a fixed part, and parts for each lead, planned attempt and day of a rep."""

    fixed: float
    lead: float
    attempt: float
    rep_day: float

    def of(self, size: Size) -> float:
        """Return the cost of one simulated year of some size."""
        return (
            self.fixed
            + self.lead * size.leads_count
            + self.attempt * size.attempts_count
            + self.rep_day * size.rep_days
        )


SECONDS = {"compiled": Cost(0.005, 1.3e-6, 0.33e-6, 1.2e-6), "reference": Cost(0.005, 1.3e-6, 11e-6, 1.2e-6)}
"""Seconds of one core by engine."""
YEAR_BYTES = Cost(0.0, 500.0, 50.0, 60.0)
"""Memory while a year is simulated, which is given back after it."""
LEDGER_BYTES = Cost(0.0, 400.0, 130.0, 60.0)
"""Memory of a ledger that is kept and joined to others."""
MEASURES_BYTES, MEASURES_BYTES_A_MONTH = 11_000.0, 200.0


@dataclass(frozen=True)
class Size:
    """How large one simulated year of a plan is, its warm-up and cool-down included.

    Parameters
    ----------
    leads_count
        Expected leads.
    attempts_count
        Attempts that the cadence plans for those of them that are handed over.
    rep_days
        Reps times days.
    """

    leads_count: float
    attempts_count: float
    rep_days: float


@dataclass(frozen=True)
class Effort:
    """What simulated years are expected to take, on a machine like that of the measurements.

    Parameters
    ----------
    years
        How many years.
    seconds
        Seconds from the beginning to the end.
    memory_bytes
        Memory of all processes together when it is highest.
    """

    years: int
    seconds: float
    memory_bytes: float


@once_per_scenario
def size_of(scenario: Scenario) -> Size:
    """Return how large one simulated year of a plan is, without drawing a lead."""
    line, marketing, backlog = timeline(scenario), scenario.marketing, float(scenario.run.opening_backlog)
    leads = handed = backlog
    for flow in flows(scenario, line, np.ones(line.day_count)):
        expected = float(flow.mass @ flow.volume)
        leads += expected
        handed += expected * _handed_share(marketing, marketing.sources[flow.source])
    second_records = marketing.duplicates.share * (handed - backlog)
    attempts = (handed + second_records) * scenario.sales.sdr.cadence.max_attempts
    return Size(leads + second_records, attempts, float(scenario.sales.sdr.headcount * line.day_count))


def effort_of(
    work: Sequence[tuple[Scenario, int]], *, workers: int = 1, engine: str = "compiled", keep_ledgers: bool = False
) -> Effort:
    """Return what it takes to simulate plans, each for some years.

    Parameters
    ----------
    work
        Plans, each with its number of simulated years.
    workers
        Processes that simulate; more of them than cores save no time.
    engine
        Which engine.
    keep_ledgers
        Whether all ledgers are kept, as for ``run --out``.
    """
    sizes = [(size_of(scenario), scenario.run.horizon_months, years) for scenario, years in work]
    seconds = sum(years * SECONDS[engine].of(size) for size, _, years in sizes)
    kept = sum(years * (MEASURES_BYTES + MEASURES_BYTES_A_MONTH * months) for _, months, years in sizes)
    if keep_ledgers:
        kept += sum(years * LEDGER_BYTES.of(size) for size, _, years in sizes)
    largest = max((YEAR_BYTES.of(size) for size, _, _ in sizes), default=0.0)
    processes = 1 if workers == 1 else workers + 1
    return Effort(
        years=sum(years for _, _, years in sizes),
        seconds=seconds / min(workers, cpu_count()),
        memory_bytes=processes * PROCESS_BYTES + workers * largest + kept,
    )


def _handed_share(marketing: Marketing, source: Source) -> float:
    """Return the share of a source's leads that sales will see, those that come back from nurture included."""
    scored = share_at(marketing.handoff.score_at_least, handed_share=source.handed_share)
    acted, both = source.action_share, scored * source.action_share
    at_once = {"score": scored, "action": acted, "either": scored + acted - both, "both": both}[marketing.handoff.on]
    return at_once + (1.0 - at_once) * marketing.nurture.return_share
