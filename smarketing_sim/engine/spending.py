"""What marketing did day by day: visits, and what was spent on media."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.engine.plan import Plan
from smarketing_sim.jit import entry
from smarketing_sim.ledger import Column

Ints = npt.NDArray[np.int64]
_AT_ONCE = 2**16  # leads; a column that is the same for all of them takes memory only while it is counted


def marketing_table(plan: Plan) -> dict[str, Column]:
    """Return the ``marketing`` columns (without replication): media per lead, and a campaign's cost over its weeks."""
    scenario, line = plan.scenario, plan.line
    sources, campaigns = scenario.marketing.sources, scenario.marketing.campaigns
    created = _created(plan)
    cost = np.array([s.cost_per_handed * s.handed_share for s in sources.values()])
    spend = created * cost[None, :, None]
    visits = np.zeros_like(created)
    visits[:, :, 0] = plan.demand.visits_count.T
    exists = created > 0
    exists[:, :, 0] = True
    for number, campaign in enumerate(campaigns.values(), start=1):
        row, start = list(sources).index(campaign.source), (campaign.starts_on - line.first_day).days
        burst = np.arange(max(start, 0), min(start + 7 * campaign.weeks, line.day_count))
        exists[burst, row, number] = True
        if len(burst):
            spend[burst, row, number] += campaign.cost / (7 * campaign.weeks)
    rows = np.flatnonzero(exists)
    day, source, campaign_code = np.unravel_index(rows, exists.shape)
    return {
        "day": day,
        "source": source,
        "campaign": campaign_code,
        "visits_count": visits.ravel()[rows],
        "spend": spend.ravel()[rows],
    }


def _created(plan: Plan) -> Ints:
    """Count the leads that are no second records by day, source and campaign, 0 for none."""
    demand, marketing = plan.demand, plan.scenario.marketing
    created = np.zeros((plan.line.day_count, len(marketing.sources), len(marketing.campaigns) + 1), dtype=np.int64)
    columns: tuple[Column, ...] = demand.created_at, demand.source, demand.campaign, demand.duplicate_of
    for first in range(0, demand.lead_count, _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        at, source, campaign, duplicate_of = (np.require(column[some], requirements=("C", "W")) for column in columns)
        _count_created(plan.line.day_starts_at, at, source, campaign, duplicate_of, created)
    return created


@entry
def _count_created(
    day_starts_at: Floats, created_at: Floats, source: npt.NDArray[Any], campaign: npt.NDArray[Any],
    duplicate_of: npt.NDArray[Any], created: Ints
) -> None:  # fmt: skip
    """Count leads by the local day on which they were created; one is created soon before or after the last."""
    day = 0
    for lead in range(len(created_at)):
        if duplicate_of[lead] < 0:
            while day_starts_at[day] > created_at[lead]:
                day -= 1
            while day_starts_at[day + 1] <= created_at[lead]:
                day += 1
            created[day, source[lead], campaign[lead]] += 1
