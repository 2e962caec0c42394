"""The engines: a scenario and its demand in, a ledger out. They draw nothing."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from smarketing_sim import jit
from smarketing_sim.engine.followed import Followed
from smarketing_sim.engine.plan import Plan, make_plan
from smarketing_sim.engine.record import to_ledger
from smarketing_sim.engine.reference import FollowUp
from smarketing_sim.engine.unlimited import UnlimitedFollowUp
from smarketing_sim.errors import EngineWarning, InputError, Problem, nearest_name
from smarketing_sim.ledger import Ledger
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import Demand, reads_digest

_INSTALL = "try: pip install numba"
ENGINES = ("reference", "compiled")

# Linux's C library hands freed memory back beyond twice the largest block ever freed, and a year's arrays would then
# cost a thousand or two page faults, every year anew; once this block was freed, they cost none.
np.empty(2**23, dtype=np.uint8)


def choose_engine(engine: str | None = None) -> str:
    """Return the engine to use: the one that is named, else the fastest of this installation.

    Warns
    -----
    EngineWarning
        If none is named and the compiled engine is not installed.

    Raises
    ------
    InputError
        If the engine is not known or not installed.
    """
    if engine is None:
        if not jit.INSTALLED:
            warnings.warn(f"simulating with SimPy, for Numba is not installed; {_INSTALL}", EngineWarning, stacklevel=2)
        return "compiled" if jit.INSTALLED else "reference"
    if engine not in ENGINES:
        rule = f"is not an engine; there is {' and '.join(ENGINES)}"
        raise InputError([Problem(rule, path="engine", value=engine, nearest=nearest_name(engine, ENGINES))])
    if engine == "compiled" and not jit.INSTALLED:
        raise InputError([Problem(f"is not installed; {_INSTALL}", path="engine", value=engine)])
    return engine


def simulate(scenario: Scenario, demand: Demand, *, engine: str | None = None) -> Ledger:
    """Simulate one replication.

    A pure function: the same scenario and demand give the same ledger, to the last bit, on any engine, in any thread
    or process.

    Parameters
    ----------
    scenario
        Rules and team.
    demand
        Leads with their luck, sampled from this scenario or from one that agrees with it on all that a demand reads.
    engine
        ``reference``, the SimPy model; ``compiled``, the same in machine code; None, what :func:`choose_engine` says.

    Raises
    ------
    InputError
        If the demand belongs to another scenario, or the engine is not known or not installed.
    """
    engine = choose_engine(engine)
    _hold_agreement(scenario, demand)
    plan = make_plan(scenario, demand)
    found = _follow_up(plan, engine)
    return to_ledger(replace(plan, demand=demand.without_attempts()), found, plan.reps)


def simulate_unlimited(scenario: Scenario, demand: Demand) -> Ledger:
    """Simulate one replication with unlimited reps under the same hours and cadence: the ceiling of every promise."""
    _hold_agreement(scenario, demand)
    plan = make_plan(scenario, demand, team=False)
    return to_ledger(plan, UnlimitedFollowUp(plan).run(), [])


def _follow_up(plan: Plan, engine: str) -> Followed:
    if engine == "reference":
        return FollowUp(plan).run()
    from smarketing_sim.engine.compiled import CompiledFollowUp  # noqa: PLC0415 - only with Numba

    return CompiledFollowUp(plan).run()


def _hold_agreement(scenario: Scenario, demand: Demand) -> None:
    if reads_digest(scenario) != demand.reads:
        raise InputError("this demand was sampled from a scenario that differs in what a demand reads")


__all__ = ["ENGINES", "choose_engine", "simulate", "simulate_unlimited"]
