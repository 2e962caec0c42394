"""Left on the table: what the same leads would bring if one thing after another were made perfect.

First comes what this team could have in the same hours if no lead ever waited for a rep. Everything else is counted on
top of that, because on a busy team more depth or longer hours first of all change the queue: among these, what was
made perfect first must not matter, so each gets its mean over all orders (:mod:`~smarketing_sim.decide.shapley`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.shapley import shapley_values
from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.ledger import Ledger
from smarketing_sim.measure.cohorts import case_of
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import MAX_ATTEMPTS
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import Demand, reads_digest, sample_demand

NO_QUEUE = "no_queue"
LABELS = {
    NO_QUEUE: "no lead waits for a rep, in the same hours",
    "all_hours": "evenings, nights and weekends too",
    "full_depth": f"every lead is tried until it is reached, up to {MAX_ATTEMPTS} times",
    "no_system_delay": "leads reach the right rep at once, without the system’s delay",
    "no_ae_limit": "no deal waits for an account executive",
}
"""What can be made perfect, in order."""
_ALWAYS = {"mon-sun": ["00:00-24:00"]}
_NO_LIMIT = 10**9


@dataclass(frozen=True, eq=False)
class LeftOnTable:
    """What a plan leaves on the table.

    Parameters
    ----------
    scenario, seed, engine
        The plan, and how it was simulated.
    now, perfect
        Expected revenue by replication: as planned, and with everything made perfect; shape (replications,).
    parts
        What each part adds to it, by key of ``LABELS`` in order; only parts that play a role. They sum to the
        difference in every replication.
    alone
        What each part would add today, with nothing else made perfect.
    """

    scenario: Scenario
    seed: int
    engine: str
    now: Floats
    perfect: Floats
    parts: dict[str, Floats]
    alone: dict[str, Floats]

    @property
    def margin_factor(self) -> float:
        """Contribution before people's cost that one unit of expected revenue brings: margin over a customer's life."""
        return self.scenario.economics.gross_margin * self.scenario.economics.lifetime_factor

    def revenue(self, part: str = NO_QUEUE) -> Interval:
        """Return the expected revenue that a part would add, in the plan's currency a horizon."""
        return t_interval(self.parts[part])

    def alone_today(self, part: str) -> Interval:
        """Return the expected revenue that a part alone would add today."""
        return t_interval(self.alone[part])

    def contribution(self, part: str = NO_QUEUE) -> Interval:
        """Return what a part would add to contribution before people's cost.

        Unlimited reps have no wage, so nothing is subtracted for them; media cost the same in any case.
        """
        return t_interval(self.margin_factor * self.parts[part])

    @property
    def total(self) -> Floats:
        """Expected revenue left on the table by replication."""
        return self.perfect - self.now


@dataclass(frozen=True)
class _Year:
    """One simulated year: as planned, with one other thing made perfect, and without a queue for each set of them."""

    scenario: Scenario = field(repr=False)
    alone: tuple[Scenario, ...] = field(repr=False)
    perfected: tuple[Scenario, ...] = field(repr=False)
    seed: int
    replication: int
    engine: str

    def run(self) -> Floats:
        """Return the expected revenue of each; shape (1 + things + sets,)."""
        drawn: dict[int, Demand] = {}

        def leads(scenario: Scenario) -> Demand:
            """Return the leads; more attempts are drawn anew, and without a delay they come when they are MQLs."""
            attempts, reads = scenario.sales.sdr.cadence.max_attempts, reads_digest(scenario)
            if attempts not in drawn:
                everyone = sample_demand(scenario, seed=self.seed, replication=self.replication)
                drawn[attempts] = everyone.take(~np.isnan(everyone.handed_at))  # nobody would call the others
            found = drawn[attempts]
            return found if found.reads == reads else replace(found, reads=reads, handed_at=found.mql_at)

        team = [_expected(simulate(one, leads(one), engine=self.engine), one) for one in (self.scenario, *self.alone)]
        perfect = [_expected(simulate_unlimited(one, leads(one)), one) for one in self.perfected]
        return np.array([*team, *perfect])


def left_on_table(
    scenario: Scenario,
    simulation: Simulation,
) -> LeftOnTable:
    """Find out what a plan leaves on the table, and why.

    Parameters
    ----------
    scenario
        The plan.
    replications
        Simulated years.
    simulation
        How it is simulated.

    Returns
    -------
    LeftOnTable
        The headline is the part ``no_queue``: what this team could have in its own hours.

    Raises
    ------
    InputError
        If a number asked for cannot be run.
    RunFailed
        If a simulated year failed.

    Notes
    -----
    Without a queue, a lead is called in any hour in which somebody of the team works in the team's own time zone; what
    else is different about single reps is left out. Round the clock still leaves out holidays. Without a limit of
    account executives, the limit is one that no deal can meet, so that leads keep the same luck.
    """
    others = _improvements(scenario)
    perfected = tuple(_perfected(scenario, others, mask) for mask in range(2 ** len(others)))
    alone = tuple(override(scenario, change) for change in others.values())
    engine = simulation.engine_name
    years = [_Year(scenario, alone, perfected, simulation.seed, number, engine) for number in simulation.numbers]
    now, *found = np.stack(simulation.collect(years), axis=1)
    by_team, without_queue = found[: len(alone)], np.stack(found[len(alone) :])
    parts = {NO_QUEUE: without_queue[0] - now, **dict(zip(others, shapley_values(without_queue), strict=True))}
    today = {NO_QUEUE: parts[NO_QUEUE], **{name: one - now for name, one in zip(others, by_team, strict=True)}}
    return LeftOnTable(scenario, simulation.seed, engine, now, without_queue[-1], parts, today)


def to_json(table: LeftOnTable) -> dict[str, Any]:
    """Return what a plan leaves on the table as plain JSON types."""
    factor = table.margin_factor
    return {
        **table.scenario.identity,
        "seed": table.seed,
        "replications": len(table.now),
        "engine": table.engine,
        "headline": NO_QUEUE,
        "now": _both(table.now, factor),
        "total": _both(table.total, factor),
        "parts": [
            {
                "part": part,
                "label": LABELS[part],
                **_both(values, factor),
                "alone_today": table.alone_today(part).as_dict(),
            }
            for part, values in table.parts.items()
        ],
    }


def _both(revenue: Floats, factor: float) -> dict[str, dict[str, float | None]]:
    return {
        "expected_revenue": t_interval(revenue).from_zero.as_dict(),
        "margin_before_people": t_interval(factor * revenue).from_zero.as_dict(),
    }


def _improvements(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Return what else can be made perfect, as overrides by part; only what changes the plan."""
    sdr, ae = scenario.sales.sdr, scenario.sales.ae
    depth: dict[str, Any] = {
        "sales.sdr.cadence.max_attempts": MAX_ATTEMPTS,
        "sales.sdr.cadence.stop_when_rejected": False,
        "sales.sdr.cadence.drop_after": None,
    }
    if not sdr.cadence.gaps:
        depth["sales.sdr.cadence.gaps"] = ["1 business day"]
    changes: dict[str, dict[str, Any]] = {
        "all_hours": {"sales.sdr.shift": _ALWAYS, "sales.sdr.meetings": []},
        "full_depth": depth,
        "no_system_delay": {"marketing.handoff.system_delay": "0 min", "sales.sdr.routing.misroute.share": 0.0},
    }
    if ae.open_limit is not None and ae.headcount > 0:
        changes["no_ae_limit"] = {"sales.ae.open_limit": _NO_LIMIT}
    now = scenario.digest
    return {part: change for part, change in changes.items() if override(scenario, change).digest != now}


def _perfected(scenario: Scenario, others: dict[str, dict[str, Any]], mask: int) -> Scenario:
    """Return the plan with some of the improvements, called in the hours of anybody of the team."""
    changes: dict[str, Any] = {"sales.sdr.shift": _hours_of_anybody(scenario)}
    for bit, change in enumerate(others.values()):
        changes |= change if mask >> bit & 1 else {}
    return override(scenario, changes)


def _hours_of_anybody(scenario: Scenario) -> dict[str, list[tuple[int, int]]]:
    """Return the hours by weekday in which somebody works who keeps the team's time zone."""
    sdr, hours = scenario.sales.sdr, dict[str, list[tuple[int, int]]]()
    for profile in [sdr.profile(rep) for rep in range(1, sdr.headcount + 1)] or [sdr]:
        for day, intervals in (profile.shift or scenario.calendar.hours).items() if profile.zone == sdr.zone else ():
            hours.setdefault(day, []).extend(intervals)
    return {day: _joined(sorted(intervals)) for day, intervals in hours.items()}


def _joined(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join intervals that overlap or meet; they must be sorted."""
    joined: list[tuple[int, int]] = []
    for opens, closes in intervals:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _expected(ledger: Ledger, scenario: Scenario) -> float:
    """Return the expected revenue of the leads created in the horizon, as the economics count it."""
    return float(case_of(ledger, scenario).created_leads["expected_value"].sum())
