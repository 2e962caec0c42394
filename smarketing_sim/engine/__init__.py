"""The engines: a scenario and its demand in, a ledger out. They draw nothing."""

from __future__ import annotations

from smarketing_sim.engine.plan import make_plan
from smarketing_sim.engine.record import to_ledger
from smarketing_sim.engine.reference import FollowUp
from smarketing_sim.engine.unlimited import UnlimitedFollowUp
from smarketing_sim.errors import InputError, Problem, nearest_name
from smarketing_sim.ledger import Ledger
from smarketing_sim.scenario.schema import Scenario, digest_of
from smarketing_sim.world.demand import Demand, demand_reads

ENGINES = ("reference",)


def simulate(scenario: Scenario, demand: Demand, *, engine: str = "reference") -> Ledger:
    """Simulate one replication.

    A pure function: the same scenario and demand give the same ledger, to the last bit, in any process.

    Parameters
    ----------
    scenario
        Rules and team.
    demand
        Leads with their luck, sampled from this scenario or from one that agrees with it on all that a demand reads.
    engine
        ``reference``, the SimPy model.

    Raises
    ------
    InputError
        If the demand belongs to another scenario, or the engine is not known.
    """
    if engine not in ENGINES:
        problem = Problem(
            f"is not an engine of this installation; there is {', '.join(ENGINES)}",
            path="engine",
            value=engine,
            nearest=nearest_name(engine, ENGINES),
        )
        raise InputError([problem])
    _hold_agreement(scenario, demand)
    plan = make_plan(scenario, demand)
    return to_ledger(plan, FollowUp(plan).run(), plan.reps)


def simulate_unlimited(scenario: Scenario, demand: Demand) -> Ledger:
    """Simulate one replication with unlimited reps under the same hours and cadence: the ceiling of every promise."""
    _hold_agreement(scenario, demand)
    plan = make_plan(scenario, demand)
    return to_ledger(plan, UnlimitedFollowUp(plan).run(), [])


def _hold_agreement(scenario: Scenario, demand: Demand) -> None:
    if digest_of(demand_reads(scenario)) != demand.reads:
        raise InputError("this demand was sampled from a scenario that differs in what a demand reads")


__all__ = ["ENGINES", "simulate", "simulate_unlimited"]
