"""What a lead is worth on average, by its source, as far as the plan tells."""

from __future__ import annotations

import numpy as np

from smarketing_sim.measure.load import connect_prob
from smarketing_sim.scenario.schema import Scenario


def contact_values(scenario: Scenario) -> dict[str, float]:
    """Return the revenue that a handed lead is worth on average once it is reached in time, by source."""
    meetings = scenario.sales.meetings
    met = meetings.show_share * (1.0 + (1.0 - meetings.show_share) * meetings.rebook_share)
    values = {}
    for name, source in scenario.marketing.sources.items():
        shares = [source.personas.get(p, 0.0) if source.personas else q.share for p, q in scenario.personas.items()]
        wins = np.array(shares) * np.array([p.win_factor for p in scenario.personas.values()])
        mean = float(wins @ np.array([p.deal_value for p in scenario.personas.values()]) / max(wins.sum(), 1e-12))
        values[name] = source.qualify_prob * met * source.win_prob * source.promise_match * mean
    return values


def lead_values(scenario: Scenario) -> dict[str, float]:
    """Return the mean worth of a handed lead by source: worked at once and to the end of the cadence."""
    missed = np.prod([1.0 - connect_prob(scenario, n) for n in range(1, scenario.sales.sdr.cadence.max_attempts + 1)])
    shares = {name: one.reachable_share for name, one in scenario.marketing.audiences.items()}
    return {name: shares[name] * (1.0 - float(missed)) * v for name, v in contact_values(scenario).items()}
