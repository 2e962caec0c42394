"""How leads come: what the next ones of each source bring, what bursts cost, and the pacing line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.volume import expected_handed, more_leads
from smarketing_sim.experiment.chance_kept import all_kept_months
from smarketing_sim.experiment.compare import mean_of_months
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import PacingClause, VolumeClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.timeline import add_months, timeline

NEXT_SHARE = 0.05
"""More leads of one source that are tried, as a share of all that are handed over."""


@dataclass(frozen=True)
class NextLeads:
    """What more leads of one source bring.

    Parameters
    ----------
    contribution
        Contribution per lead: what it cost, and what it took from the other leads by making them wait, counted.
    handed_count
        How many more were handed over in the horizon.
    """

    contribution: Interval
    handed_count: float


def next_count(scenario: Scenario) -> int:
    """Return how many more leads of one source are tried: a twentieth of all that are handed over, 50 at least."""
    handed = scenario.run.horizon_months * float(np.sum(expected_handed(scenario)))
    return max(50, 10 * round(NEXT_SHARE * handed / 10.0))


def next_leads(
    scenario: Scenario,
    simulation: Simulation,
    *,
    count: int | None = None,
) -> dict[str, NextLeads]:
    """Return by source what so many more leads, handed over evenly in the horizon, bring.

    Sources that hand nothing over are left out; ``next_count`` of them where ``count`` is.
    """
    months, count = scenario.run.horizon_months, next_count(scenario) if count is None else count
    handed_monthly = zip(scenario.marketing.sources, expected_handed(scenario), strict=True)
    handed = {name: months * monthly for name, monthly in handed_monthly if months * monthly > 0}
    plans = [
        override(scenario, more_leads(scenario, 1.0 + count / known, sources=[name], campaigns=False))
        for name, known in handed.items()
    ]
    base, *others = simulation.panel([scenario, *plans])
    return {name: _each(other, base) for name, other in zip(handed, others, strict=True)}


def _each(other: Replications, base: Replications) -> NextLeads:
    more = float((other.series("handed_count") - base.series("handed_count")).mean())
    gain = paired_difference(other.series("contribution"), base.series("contribution"))
    each = Interval(gain.mean / more, gain.low / more, gain.high / more) if more > 0 else Interval(*3 * (np.nan,))
    return NextLeads(each, more)


@dataclass(frozen=True)
class BurstCost:
    """What it costs that leads come in campaigns: the same leads in an even flow, minus the plan.

    Parameters
    ----------
    contribution, revenue
        Contribution before what campaigns cost, and expected revenue.
    kept_share
        Share of months in which every clause that sales promises is kept.
    burst_leads
        Leads created by campaigns in the horizon.
    """

    contribution: Interval
    revenue: Interval
    kept_share: Interval
    burst_leads: float


def burst_cost(
    scenario: Scenario,
    simulation: Simulation,
) -> BurstCost | None:
    """Compare a plan with the same leads in an even flow; None where none begins in the horizon."""
    if not _bursts(scenario):
        return None
    smooth, plan = simulation.panel([even_flow(scenario), scenario])
    before = plan.series("contribution") + sum(scenario.marketing.campaigns[name].cost for name in _bursts(scenario))
    return BurstCost(
        paired_difference(smooth.series("contribution"), before),
        paired_difference(smooth.series("expected_revenue"), plan.series("expected_revenue")),
        paired_difference(_sales_kept(smooth), _sales_kept(plan)),
        sum(_leads_of(scenario, name) for name in _bursts(scenario)),
    )


def even_flow(scenario: Scenario) -> Scenario:
    """Return the plan without the horizon's campaigns, their leads spread evenly over it on the same sources."""
    extra = dict.fromkeys(scenario.marketing.sources, 0.0)
    bursts = _bursts(scenario)
    for name in bursts:
        source = scenario.marketing.campaigns[name].source
        extra[source] += _leads_of(scenario, name) / scenario.run.horizon_months
    overrides: dict[str, Any] = {f"marketing.campaigns.{name}": None for name in bursts}
    for name, leads in extra.items():
        if leads > 0:
            overrides |= _steadily_more(scenario, name, leads / _mean_season(scenario))
    return override(scenario, overrides)


def _steadily_more(scenario: Scenario, name: str, leads: float) -> dict[str, Any]:
    """Return overrides that add so many leads of a source to each month; also where it brings none by itself."""
    source, path = scenario.marketing.sources[name], f"marketing.sources.{name}"
    if source.visits_per_month is not None and source.visit_to_lead_share:
        share = source.visit_to_lead_share
        return {f"{path}.visits_per_month": [volume + leads / share for volume in source.visits_per_month]}
    steady = source.leads_per_month or (0.0,)
    volumes = [volume + leads for volume in steady]
    return {f"{path}.visits_per_month": None, f"{path}.leads_per_month": volumes}


def _mean_season(scenario: Scenario) -> float:
    """Return the mean factor of the months reported, which every steady flow is multiplied by and no campaign is."""
    run, season = scenario.run, scenario.marketing.season
    first = run.starts_on.month - 1
    return sum(season[(first + month) % 12] for month in range(run.horizon_months)) / run.horizon_months


def _bursts(scenario: Scenario) -> list[str]:
    """Return the campaigns that begin in the horizon; what others cost is no part of its contribution."""
    run = scenario.run
    ends_on = add_months(run.starts_on, run.horizon_months)
    return [name for name, one in scenario.marketing.campaigns.items() if run.starts_on <= one.starts_on < ends_on]


def _leads_of(scenario: Scenario, name: str) -> float:
    campaign = scenario.marketing.campaigns[name]
    return float(campaign.first_week_leads * np.sum(campaign.weekly_decay ** np.arange(campaign.weeks)))


def _sales_kept(experiment: Replications) -> Floats:
    return mean_of_months(all_kept_months(experiment, ("sales",)))


@dataclass(frozen=True, eq=False)
class PacingLine:
    """The running count of leads handed over within a month, by calendar day.

    Parameters
    ----------
    promised
        The straight line to the month's promise; shape (31,); NaN without a promise.
    expected, low, high
        Mean over months and years, and the middle 90% of single months; shape (31,).
    """

    promised: Floats
    expected: Floats
    low: Floats
    high: Floats


def pacing_line(scenario: Scenario, *, replications: int, seed: int = 1) -> PacingLine:
    """Return how the running count of a month grows day by day, over all months of some years of leads."""
    line, days = timeline(scenario), np.arange(1.0, 32.0)
    counts = []
    for replication in range(replications):
        demand = sample_demand(scenario, seed=seed, replication=replication)
        handed = np.sort(demand.handed_at[(demand.duplicate_of < 0) & ~np.isnan(demand.handed_at)])
        for starts, ends in zip(line.month_starts_at, line.month_starts_at[1:], strict=False):
            edges = np.minimum(starts + 1440.0 * days, ends)
            counts.append(np.searchsorted(handed, edges) - np.searchsorted(handed, starts))
    table = np.array(counts, dtype=np.float64)
    promises = [c for c in scenario.sla.values() if isinstance(c, VolumeClause | PacingClause) and c.leads_per_rep]
    promise = promises[0].promised_amount if promises else np.nan
    low, high = np.quantile(table, [0.05, 0.95], axis=0)
    return PacingLine(promise * days / 31.0, table.mean(axis=0), low, high)
