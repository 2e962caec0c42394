"""What both engines are handed: the demand joined with the rules of the scenario, as arrays.

Everything that can be worked out for all leads at once is worked out here, so that an engine only decides who is
called when. All minutes are on the time grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.scenario.contract import DepthClause, SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.calendar import Calendar, Floats, Timeline, contract_calendar, timeline
from smarketing_sim.world.contract import after, covered, segments
from smarketing_sim.world.demand import Demand
from smarketing_sim.world.roster import Rep, roster

AGE_CLASSES = 64


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """The work to be done, one row per lead that is handed over, in the order (handed_at, lead_id).

    Attempt arrays have shape (leads, max_attempts). ``rows`` are the rows of the demand. ``leaves_at`` is when a
    waiting lead is gone, infinite if never and not before it can be called at all; ``front_at`` and ``breach_at``
    are escalation instants, infinite if none.
    """

    scenario: Scenario
    demand: Demand
    line: Timeline
    contract: Calendar
    reps: list[Rep]
    rows: npt.NDArray[np.int64]
    available_at: Floats
    mql_at: Floats
    leaves_at: Floats
    preparation_minutes: Floats
    unanswered_minutes: Floats
    talk_minutes: Floats
    voicemail: npt.NDArray[np.bool_]
    class_factor: Floats
    qualify_prob: Floats
    rejected: npt.NDArray[np.bool_]
    speed_due_at: Floats
    depth_due_at: Floats
    front_at: Floats
    breach_at: Floats
    worth: Floats
    decay_steps: Floats
    decay_step_minutes: float


def make_plan(scenario: Scenario, demand: Demand) -> Plan:
    """Join a scenario's rules with a demand."""
    handed = np.flatnonzero(~np.isnan(demand.handed_at))
    rows = handed[np.lexsort((demand.lead_id[handed], demand.handed_at[handed]))]
    line, contract = timeline(scenario), contract_calendar(scenario)
    leads = demand.take(rows)
    available_at = _available_at(scenario, leads, contract)
    speed, depth = _dues(scenario, leads, contract)
    escalation = scenario.sales.sdr.routing.escalation
    never = np.full(len(rows), np.inf)
    cadence = scenario.sales.sdr.cadence
    dropped = never if cadence.drop_after is None else to_grid(leads.mql_at + cadence.drop_after)
    told = leads.intelligence_luck < scenario.marketing.handoff.intelligence.passed_share
    steps, step_minutes = _decay_steps(scenario)
    minutes = _minutes(scenario, leads, told)
    return Plan(
        scenario=scenario,
        demand=demand,
        line=line,
        contract=contract,
        reps=roster(scenario, demand),
        rows=rows,
        available_at=available_at,
        mql_at=leads.mql_at,
        leaves_at=np.maximum(np.minimum(dropped, leads.mql_at + leads.patience_minutes), available_at),
        **minutes,
        class_factor=_class_factor(scenario),
        qualify_prob=leads.qualify_prob * np.where(told, scenario.marketing.handoff.intelligence.qualify_factor, 1.0),
        rejected=~leads.fit,
        speed_due_at=speed,
        depth_due_at=depth,
        front_at=never
        if escalation is None
        else _part_way(scenario, leads, contract, speed, escalation.front_at_share),
        breach_at=speed if escalation is not None and escalation.reassign_at_breach else never,
        worth=leads.qualify_prob * leads.win_prob * leads.mean_value_usd,
        decay_steps=steps,
        decay_step_minutes=step_minutes,
    )


def channel_numbers(scenario: Scenario) -> list[int]:
    """Return the channel of each attempt as its place in the scenario's list of channels."""
    sdr = scenario.sales.sdr
    names = list(sdr.channels)
    return [names.index(sdr.cadence.channel(n)) for n in range(1, sdr.cadence.max_attempts + 1)]


def _minutes(scenario: Scenario, leads: Demand, told: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[Any]]:
    """Return the minutes of every attempt that could be made, for a rep of pace 1."""
    sdr = scenario.sales.sdr
    channels = [sdr.channels[sdr.cadence.channel(n)] for n in range(1, sdr.cadence.max_attempts + 1)]
    factor = np.where(told, scenario.marketing.handoff.intelligence.preparation_factor, 1.0)[:, None]
    voicemail = leads.voicemail_luck < np.array([c.voicemail_share for c in channels])
    silent = np.where(voicemail, np.array([c.voicemail for c in channels]), np.array([c.no_answer for c in channels]))
    return {
        "preparation_minutes": to_grid(leads.preparation_unit * np.array([c.preparation for c in channels]) * factor),
        "unanswered_minutes": to_grid(leads.no_answer_unit * silent),
        "talk_minutes": to_grid(leads.talk_unit[:, None] * np.array([c.talk for c in channels])),
        "voicemail": voicemail,
    }


def _class_factor(scenario: Scenario) -> Floats:
    """Return the factor on connecting by (attempt, hour of week), against the best class; shape (attempts, 168)."""
    sdr = scenario.sales.sdr
    channel = np.array(
        [sdr.channels[sdr.cadence.channel(n)].connect_factor for n in range(1, sdr.cadence.max_attempts + 1)]
    )
    table = np.outer(channel, np.array(scenario.sales.reach.presence or (1.0,) * 168))
    best = float(table.max(initial=0.0))
    return table / best if best > 0 else table


def _available_at(scenario: Scenario, leads: Demand, contract: Calendar) -> Floats:
    """Return when a lead can be called: at once, or once a wrong owner has been mended."""
    rule = scenario.sales.sdr.routing.misroute
    if rule.share <= 0:
        return leads.handed_at
    day = scenario.calendar.business_day_minutes
    mended = after(leads.handed_at, rule.mend, calendar=contract, business_day_minutes=day)
    return np.where(leads.misroute_luck < rule.share, mended, leads.handed_at)


def _dues(scenario: Scenario, leads: Demand, contract: Calendar) -> tuple[Floats, Floats]:
    """Return the earliest due of any speed clause, and of any depth clause, that covers each lead."""
    names, codes = segments(scenario)
    columns: dict[str, npt.NDArray[Any]] = {
        "source": leads.source,
        "segment": codes[leads.persona],
        "score": leads.score,
    }
    by_name = {"source": list(scenario.marketing.sources), "segment": names}
    speed = np.full(leads.lead_count, np.inf)
    depth = speed.copy()
    for clause in scenario.sla.values():
        if not isinstance(clause, SpeedClause | DepthClause):
            continue
        due = after(
            leads.handed_at,
            clause.within,
            calendar=contract,
            business_day_minutes=scenario.calendar.business_day_minutes,
        )
        due = np.where(covered(clause.applies_to, columns=columns, names=by_name), due, np.inf)
        target = speed if isinstance(clause, SpeedClause) else depth
        np.minimum(target, due, out=target)
    return speed, depth


def _part_way(scenario: Scenario, leads: Demand, contract: Calendar, due_at: Floats, share: float) -> Floats:
    """Return the instant when a share of the time to a due has passed, on the business clock where it has one."""
    business = any(isinstance(c, SpeedClause) and c.within.business for c in scenario.sla.values())
    finite = np.isfinite(due_at)
    due = np.where(finite, due_at, leads.handed_at)
    if business:
        part = contract.add(leads.handed_at, to_grid(share * contract.between(leads.handed_at, due)))
    else:
        part = leads.handed_at + to_grid(share * (due - leads.handed_at))
    return np.where(finite, part, np.inf)


def _decay_steps(scenario: Scenario) -> tuple[Floats, float]:
    """Return the value of a first attempt by age class, at most 64 classes over two weeks, and their width."""
    width = 14 * 1440.0 / AGE_CLASSES
    curve = scenario.decay.curve
    ages = np.arange(AGE_CLASSES) * width
    return (np.ones(AGE_CLASSES) if curve is None else curve.value(ages)), width
