"""The best of several scenarios: simulated years are added until the others are out, and none is spent on those."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError, Problem, RunFailed, nearest_name
from smarketing_sim.experiment.jobs import make_jobs, run_jobs
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.sweep_record import measure_names, read_record
from smarketing_sim.measure.names import current_name
from smarketing_sim.printable import one_line
from smarketing_sim.scenario.currency import hold_one_currency
from smarketing_sim.scenario.schema import Scenario

BATCH = 10
SMALLER_IS_BETTER = {
    "response_business_p50_minutes",
    "response_wall_p50_minutes",
    "never_called_share",
    "spend",
}

Observe = Callable[[Sequence[int], range], Floats]
"""From the scenarios still in and the numbers of replications to values, shape (replications, scenarios still in)."""


@dataclass(frozen=True)
class Selection:
    """Which of several scenarios is best.

    Parameters
    ----------
    choice
        The place of the best one.
    guaranteed
        Whether the procedure came to its end: then the choice is the best, or within the indifference zone of it, with
        the confidence asked for. Otherwise it is the best mean so far.
    survivors
        Places of those still in at the end, the choice among them.
    eliminated
        By place, after how many replications each of the others was out.
    replications
        By place, how many replications were simulated.
    means
        By place, the mean over the replications that were looked at.
    """

    choice: int
    guaranteed: bool
    survivors: tuple[int, ...]
    eliminated: dict[int, int]
    replications: tuple[int, ...]
    means: tuple[float, ...]


def select_best(
    scenarios: Sequence[Scenario],
    simulation: Simulation,
    *,
    measure: str,
    indifference: float,
    confidence: float = 0.95,
    first: int = 10,
) -> Selection:
    """Find the scenario with the best mean of a measure, all under the same luck.

    Parameters
    ----------
    scenarios
        The finalists.
    simulation
        How they are simulated; after its last year the search ends without a guarantee.
    measure
        A measure that ``compare`` knows, such as ``expected_revenue``. More is better, but for waiting, leads never
        called and spend.
    indifference
        The least difference worth detecting, in the unit of the measure.
    confidence
        Chance that a best one which leads by at least that is chosen.
    first
        Replications before anyone can be out.

    Raises
    ------
    InputError
        If a number or the measure cannot be used, or the measure is unknown or infinite in some year.
    RunFailed
        If a simulated year failed: means over different years cannot be ranked.
    """
    hold_one_currency(scenario.currency for scenario in scenarios)
    measure = current_name(measure)
    known = [name for name in measure_names(scenarios[0]) if all(name in measure_names(s) for s in scenarios)]
    if measure not in known:
        raise InputError(
            [Problem("is not a measure of all of them", value=measure, nearest=nearest_name(measure, known))]
        )
    sign = -1.0 if measure in SMALLER_IS_BETTER else 1.0

    def observe(still_in: Sequence[int], years: range) -> Floats:
        chosen = [scenarios[place] for place in still_in]
        return sign * _simulated(chosen, years, measure, simulation)

    found = fully_sequential(
        observe,
        len(scenarios),
        indifference=indifference,
        confidence=confidence,
        first=first,
        at_most=simulation.replications,
    )
    means = tuple(sign * mean for mean in found.means)
    return Selection(found.choice, found.guaranteed, found.survivors, found.eliminated, found.replications, means)


def fully_sequential(
    observe: Observe,
    count: int,
    *,
    indifference: float,
    confidence: float = 0.95,
    first: int = 10,
    at_most: int = 1000,
) -> Selection:
    """Select the largest mean by the procedure of Kim and Nelson.

    Kim and Nelson, A fully sequential procedure for indifference-zone selection in simulation, ACM Transactions on
    Modeling and Computer Simulation 11(3), 2001, with c = 1, for which η = ½ ((2α ÷ (k − 1))^(−2 ÷ (n₀ − 1)) − 1) and
    h² = 2 η (n₀ − 1). A system is out as soon as its sum lags behind that of another by more than a triangular region
    allows, which narrows with every replication; so common random numbers, which make differences vary less, end the
    search sooner. The guarantee assumes normal values, independent from replication to replication.

    Parameters
    ----------
    observe
        Gives values; it is asked in batches, for those still in only.
    count
        How many systems.
    indifference, confidence, first, at_most
        As for :func:`select_best`.
    """
    _hold_numbers(count, indifference=indifference, confidence=confidence, first=first, at_most=at_most)
    still_in = list(range(count))
    values = observe(still_in, range(first))
    race = _Race.start(values, indifference=indifference, confidence=confidence)
    eliminated: dict[int, int] = {}
    drawn = np.full(count, first)
    sums, means, looked_at = values.sum(axis=0), values.mean(axis=0), first
    waiting = np.zeros((0, count))
    while True:
        for place in race.out(sums, still_in, looked_at):
            eliminated[place] = looked_at
            still_in.remove(place)
        over = len(still_in) == 1 or looked_at > race.last
        if over or looked_at >= at_most:
            break
        if not len(waiting):
            batch = range(looked_at, min(looked_at + BATCH, at_most))
            waiting = np.full((len(batch), count), np.nan)
            waiting[:, still_in] = observe(still_in, batch)
            drawn[still_in] += len(batch)
        sums[still_in] += waiting[0, still_in]
        waiting, looked_at = waiting[1:], looked_at + 1
        means[still_in] = sums[still_in] / looked_at
    choice = max(still_in, key=lambda place: means[place])
    return Selection(choice, over, tuple(still_in), eliminated, tuple(drawn.tolist()), tuple(means.tolist()))


@dataclass(frozen=True)
class _Race:
    """The region in which two systems stay together: h²S² ÷ δ² by pair, and the indifference δ."""

    reach: Floats
    indifference: float

    @classmethod
    def start(cls, values: Floats, *, indifference: float, confidence: float) -> _Race:
        first, count = values.shape
        alpha = (1.0 - confidence) / max(1, count - 1)
        eta = 0.5 * ((2.0 * alpha) ** (-2.0 / (first - 1)) - 1.0)
        variance = np.var(values[:, :, None] - values[:, None, :], axis=0, ddof=1)
        return cls(2.0 * eta * (first - 1) * variance / indifference**2, indifference)

    @property
    def last(self) -> int:
        """The replication after which the largest mean wins."""
        return math.floor(float(self.reach.max()))

    def out(self, sums: Floats, still_in: Sequence[int], looked_at: int) -> list[int]:
        """Return those whose sum lags too far behind that of another; all are judged by the same round."""
        width = np.maximum(0.0, self.indifference / 2.0 * (self.reach - looked_at))
        behind = [max((sums[b] - sums[a] - width[a, b] for b in still_in if b != a), default=0.0) for a in still_in]
        # With every width zero the largest sum alone stays; sums that are equal to the last bit stay together.
        return [place for place, gap in zip(still_in, behind, strict=True) if gap > 0.0]


def _hold_numbers(count: int, *, indifference: float, confidence: float, first: int, at_most: int) -> None:
    problems = []
    if count < 1:
        problems.append("at least one scenario is needed to choose from")
    if not (indifference > 0.0 and math.isfinite(indifference)):
        problems.append(f"indifference = {indifference}: must be above 0")
    if not 0.5 <= confidence < 1.0:
        problems.append(f"confidence = {confidence}: must be from 0.5 and below 1")
    if not 2 <= first <= at_most:
        problems.append(f"first = {first}: must be between 2 and {at_most:,}, the most that may be simulated")
    if problems:
        raise InputError(problems)


def _simulated(scenarios: Sequence[Scenario], years: range, measure: str, simulation: Simulation) -> Floats:
    """Return a measure of some scenarios in some simulated years, shape (years, scenarios)."""
    values = np.full((len(years), len(scenarios)), np.nan)
    jobs = make_jobs(scenarios, years, seed=simulation.seed, engine=simulation.engine_name)
    for job, outcome in run_jobs(jobs, simulation.executor):
        for place, item in zip(job.points, outcome, strict=True):
            if "error" in item:
                raise RunFailed(f"{one_line(scenarios[place].name)}, year {job.replication}: {item['error']}")
            record = read_record(item, scenarios[place])
            values[job.replication - years.start, place] = record.measures[measure]
    if not np.all(np.isfinite(values)):
        raise InputError(f"{measure} is unknown or without limit in some simulated year, so it cannot be ranked")
    return values
