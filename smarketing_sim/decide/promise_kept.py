"""What "kept" means when people are counted: which clauses, over which period, with which chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.errors import InputError, NothingToDecide, Problem, nearest_name
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_all_year, kept_in_a_month, kept_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import clause_results
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.schema import Scenario

SIDES = {"sales": ("sales",), "all": ("marketing", "sales")}
PERIODS = ("month", "year")


@dataclass(frozen=True)
class Promise:
    """What "kept" means.

    Parameters
    ----------
    keep
        The chance that is wanted.
    period
        ``month``: all clauses are kept in a month; ``year``: in every month of a year.
    promised_by
        ``sales``: the clauses that sales promises; ``all``: marketing's too.
    clauses
        Their names.
    level
        Confidence of one interval.
    """

    keep: float
    period: str
    promised_by: str
    clauses: tuple[str, ...]
    level: float

    def kept(self, experiment: Replications) -> Interval:
        """Return the chance that all clauses are kept, with its interval; NaN without a case."""
        return self.share(all_kept_months(experiment, SIDES[self.promised_by]))

    def share(self, kept: Floats) -> Interval:
        """Return the chance kept, given which months kept something by simulated year."""
        return (kept_in_a_month if self.period == "month" else kept_all_year)(kept, level=self.level)

    def decided(self, p_kept: Interval) -> bool | None:
        """Tell whether an interval lies above the chance wanted, or below it; None where it holds it."""
        if p_kept.low >= self.keep:
            return True
        return False if p_kept.high < self.keep else None


@dataclass(frozen=True)
class Unlimited:
    """What reps without limit would reach under the same hours and cadence.

    Parameters
    ----------
    p_kept
        Chance that all clauses are kept.
    by_clause
        The same of each clause alone.
    attained
        Share attained of each clause.
    obstacle
        The clause that is kept least often.
    """

    p_kept: Interval
    by_clause: Mapping[str, Interval]
    attained: Mapping[str, Interval]
    obstacle: str


def promise_of(scenario: Scenario, *, keep: float, period: str, clauses: str, level: float) -> Promise:
    """Return what "kept" means in a scenario.

    Raises
    ------
    InputError
        If a word or number cannot be used, or the contract has no such clause.
    """
    problems = []
    if not 0.0 < keep < 1.0:
        problems.append(Problem("must lie above 0 and below 1, such as 0.95", path="keep", value=keep))
    for path, value, known in (("clauses", clauses, tuple(SIDES)), ("period", period, PERIODS)):
        if value not in known:
            rule = f"must be one of {', '.join(known)}"
            problems.append(Problem(rule, path=path, value=value, nearest=nearest_name(value, known)))
    if problems:
        raise InputError(problems)
    names = tuple(name for name, clause in scenario.sla.items() if clause.side in SIDES[clauses])
    if not names and clauses == "sales" and scenario.sla:
        rule = "sales promises nothing, so no headcount follows from it; judge all clauses, or add one of sales"
        raise NothingToDecide([Problem(rule, path="sla")])
    if not names:
        raise NothingToDecide(
            [Problem("the contract has no clause, so no headcount follows from it; add one", path="sla")]
        )
    return Promise(keep, period, clauses, names, level)


def unlimited_of(promise: Promise, experiment: Replications) -> Unlimited:
    """Return what reps without limit reach, given their experiment."""
    by_clause = {name: promise.share(kept_months(experiment, name)) for name in promise.clauses}
    found = clause_results(experiment)
    attained = {name: found[name].attained for name in promise.clauses}
    known = [name for name in promise.clauses if not np.isnan(by_clause[name].mean)]
    obstacle = min(known, key=lambda name: by_clause[name].mean)
    return Unlimited(promise.kept(experiment), by_clause, attained, obstacle)
