"""The same leads, first called at instants of our choice: what only the age at the first call changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.engine import simulate_unlimited
from smarketing_sim.ledger import Table
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import Demand

_ANY_TIME = {
    "calendar.holidays": [],
    "sales.sdr.shift": {"mon-sun": ["00:00-24:00"]},
    "sales.sdr.meetings": [],
    "sales.sdr.routing.misroute.share": 0.0,
}


def at_any_time(scenario: Scenario) -> Scenario:
    """Return the plan with reps who can call at any instant; its leads are those of the plan."""
    return override(scenario, _ANY_TIME)


def leads_called_at(any_time: Scenario, demand: Demand, first_at: Floats) -> Table:
    """Follow up every lead with unlimited hands from a given instant on.

    Follow-ups run by the cadence from there, so two calls of this function differ in the age at the first call alone,
    whatever the plan believes that age does.

    Parameters
    ----------
    any_time
        What :func:`at_any_time` made of the plan.
    demand
        Leads sampled from the plan.
    first_at
        When each lead is first called, in the order of a ledger, which is by lead id; NaN for never; not before the
        lead became an MQL. Shape (leads,).

    Returns
    -------
    Table
        The leads, in the order of a ledger.
    """
    handed_at = np.empty(demand.lead_count)
    handed_at[np.argsort(demand.lead_id, kind="stable")] = first_at
    return simulate_unlimited(any_time, replace(demand, handed_at=handed_at)).tables["leads"]
