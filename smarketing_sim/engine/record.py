"""From what an engine found to a ledger: the same for every engine, so that they can be held equal row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smarketing_sim.engine.deals import Deals, close_deals
from smarketing_sim.engine.plan import Plan
from smarketing_sim.engine.reference import LOST, NEVER, OPEN, TIMING, WON, Followed
from smarketing_sim.engine.rep_time import rep_time_table
from smarketing_sim.ledger import OUTCOMES, REASONS, RESULTS, STATES, Column, Ledger
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.contract import segments
from smarketing_sim.world.demand import Demand
from smarketing_sim.world.roster import Rep

_RECYCLED, _COMPETITOR, _NO_NEED, _BELOW = (
    OUTCOMES.index("recycled"),
    REASONS.index("competitor"),
    REASONS.index("no need"),
    REASONS.index("below handoff"),
)


def categories(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the names behind the codes of a simulated ledger, in scenario order."""
    return {
        "source": tuple(scenario.marketing.sources),
        "campaign": ("", *scenario.marketing.campaigns),
        "persona": tuple(scenario.personas),
        "segment": segments(scenario)[0],
        "outcome": OUTCOMES,
        "reason": REASONS,
        "channel": tuple(scenario.sales.sdr.channels) + (("automatic",) if scenario.sales.sdr.automatic_reply else ()),
        "result": RESULTS,
        "state": STATES,
    }


def to_ledger(plan: Plan, found: Followed, reps: list[Rep]) -> Ledger:
    """Write down a replication."""
    leads = plan.demand.take(plan.rows)
    attempts = _attempts(plan, leads, found)
    talk_skill = _talk_skill(plan, found, reps)
    deals = close_deals(
        plan,
        leads,
        qualified_at=np.array(found.qualified_at),
        connected_at=np.array(found.connected_at),
        warm=np.array(found.warm, dtype=bool),
        talk_skill=talk_skill,
    )
    human = ~attempts["automatic"]
    time = rep_time_table(
        reps,
        rep_id=attempts["rep_id"][human],
        started_at=attempts["started_at"][human],
        ended_at=attempts["ended_at"][human],
        ends_at=plan.line.ends_at,
    )
    tables: dict[str, dict[str, Column]] = {
        "leads": _leads(plan, leads, found, deals),
        "attempts": attempts,
        "rep_time": time,
        "marketing": _marketing(plan.scenario, plan.demand, plan),
    }
    for table in tables.values():
        table["replication"] = np.full(len(next(iter(table.values()))), plan.demand.replication, dtype=np.int32)
    runs = pd.DataFrame(
        {"replication": [plan.demand.replication], "digest": [plan.scenario.digest], "seed": [plan.demand.seed]}
    )
    return Ledger(plan.line.epoch, plan.line.ends_at, categories(plan.scenario), tables, runs)


def _leads(plan: Plan, leads: Demand, found: Followed, deals: Deals) -> dict[str, Column]:
    """Return the lead columns, nurtured leads among them, sorted by id."""
    demand, count = plan.demand, plan.demand.lead_count
    outcome, reason, resolved = _outcomes(plan, leads, found, deals)
    everyone: dict[str, Column] = {
        "lead_id": demand.lead_id,
        "external_id": np.full(count, "", dtype=object),
        "account_id": np.where(demand.duplicate_of >= 0, demand.duplicate_of, demand.lead_id),
        "source": demand.source,
        "campaign": demand.campaign,
        "persona": demand.persona,
        "segment": segments(plan.scenario)[1][demand.persona].astype(np.int32),
        "fit": demand.fit,
        "score": demand.score,
        "created_at": demand.created_at,
        "mql_at": demand.mql_at,
        "handed_at": demand.handed_at,
        "duplicate_of": demand.duplicate_of,
    }
    handed: dict[str, Any] = {
        "accepted_at": found.accepted_at,
        "first_attempt_at": found.first_attempt_at,
        "connected_at": found.connected_at,
        "qualified_at": found.qualified_at,
        "meeting_at": deals.meeting_at,
        "met_at": deals.met_at,
        "opportunity_at": deals.opportunity_at,
        "deal_closed_at": deals.deal_closed_at,
        "outcome_recorded_at": _recorded_at(plan, leads, found),
        "value": deals.value,
    }
    for name, values in handed.items():
        everyone[name] = _spread(plan, values, np.full(count, np.nan))
    everyone["attempt_count"] = _spread(plan, found.attempt_count, np.zeros(count, dtype=np.int32))
    everyone["owner_id"] = _spread(plan, found.owner, np.zeros(count, dtype=np.int32))
    everyone["expected_value"] = _spread(plan, deals.expected_value, np.zeros(count))
    everyone["outcome"] = _spread(plan, outcome, np.full(count, _RECYCLED, dtype=np.int32))
    everyone["reason"] = _spread(plan, reason, np.full(count, _BELOW, dtype=np.int32))
    everyone["resolved_at"] = _spread(plan, resolved, demand.created_at.copy())
    everyone["censored"] = everyone["outcome"] == OPEN
    order = np.argsort(demand.lead_id, kind="stable")
    return {name: column[order] for name, column in everyone.items()}


def _spread(plan: Plan, values: Any, everyone: Column) -> Column:
    """Lay values of the handed leads into a column of all leads."""
    everyone[plan.rows] = values
    return everyone


def _outcomes(plan: Plan, leads: Demand, found: Followed, deals: Deals) -> tuple[Column, Column, Floats]:
    """Return outcome, reason and resolution after the deals: won, lost at the meeting or in the deal, or still open."""
    outcome = np.array(found.outcome, dtype=np.int32)
    reason = np.array(found.reason, dtype=np.int32)
    resolved = np.array(found.resolved_at, dtype=np.float64)
    missed, closed = ~np.isnan(deals.missed_at), ~np.isnan(deals.deal_closed_at)
    competitor = leads.reason_luck < plan.scenario.sales.loss_reasons.competitor_share
    outcome[missed], reason[missed] = LOST, TIMING
    resolved[missed] = deals.missed_at[missed]
    outcome[closed] = np.where(deals.won, WON, LOST)[closed]
    reason[closed] = np.where(deals.won, -1, np.where(competitor, _COMPETITOR, _NO_NEED))[closed]
    resolved[closed] = deals.deal_closed_at[closed]
    return outcome, reason, resolved


def _recorded_at(plan: Plan, leads: Demand, found: Followed) -> Floats:
    """Return when the outcome was written down: after the work, or as it stood some time after the first attempt."""
    rule = plan.scenario.sales.sdr.recording
    first = np.array(found.first_attempt_at)
    decided = np.fmin(np.array(found.qualified_at), np.array(found.resolved_at))
    written = np.fmin(decided + leads.record_lag_minutes, first + rule.at_latest)
    seen = (leads.record_luck < rule.share) & ~np.isnan(first) & (written <= plan.line.ends_at)
    return np.where(seen, np.maximum(written, first), NEVER)


def _talk_skill(plan: Plan, found: Followed, reps: list[Rep]) -> Floats:
    """Return the skill of the rep who talked with each lead."""
    skill = np.ones(len(plan.rows))
    by_number = {rep.number: rep.skill for rep in reps} | {0: plan.scenario.sales.sdr.skill}
    if len(set(by_number.values())) > 1 or next(iter(by_number.values())) != 1.0:
        for lead, _, rep, _, _, _, _, result in found.attempts:
            if result == RESULTS.index("talk"):
                skill[lead] = by_number[rep]
    return skill


def _attempts(plan: Plan, leads: Demand, found: Followed) -> dict[str, Column]:
    """Return the attempt columns, automatic first touches among them as attempt 0."""
    columns = list(zip(*found.attempts, strict=True)) or [()] * 8
    lead = np.array(columns[0], dtype=np.int64)
    table: dict[str, Column] = {
        "lead_id": leads.lead_id[lead],
        "attempt": np.array(columns[1], dtype=np.int32),
        "rep_id": np.array(columns[2], dtype=np.int32),
        "due_at": np.array(columns[3], dtype=np.float64),
        "started_at": np.array(columns[4], dtype=np.float64),
        "ended_at": np.array(columns[5], dtype=np.float64),
        "channel": np.array(columns[6], dtype=np.int32),
        "result": np.array(columns[7], dtype=np.int32),
        "automatic": np.zeros(len(lead), dtype=bool),
    }
    reply = plan.scenario.sales.sdr.automatic_reply
    if reply is not None:
        sent = leads.handed_at + reply.after
        sent_rows = np.flatnonzero(sent < plan.line.ends_at)
        machine: dict[str, Column] = {
            "lead_id": leads.lead_id[sent_rows],
            "attempt": np.zeros(len(sent_rows), dtype=np.int32),
            "rep_id": np.zeros(len(sent_rows), dtype=np.int32),
            "due_at": sent[sent_rows],
            "started_at": sent[sent_rows],
            "ended_at": sent[sent_rows],
            "channel": np.full(len(sent_rows), len(plan.scenario.sales.sdr.channels), dtype=np.int32),
            "result": np.full(len(sent_rows), RESULTS.index("sent"), dtype=np.int32),
            "automatic": np.ones(len(sent_rows), dtype=bool),
        }
        table = {name: np.concatenate([column, machine[name]]) for name, column in table.items()}
    order = np.lexsort((table["attempt"], table["lead_id"]))
    return {name: column[order] for name, column in table.items()}


def _marketing(scenario: Scenario, demand: Demand, plan: Plan) -> dict[str, Column]:
    """Return visits and spend by day, source and campaign: media per lead, and a campaign's cost over its weeks."""
    sources, campaigns = scenario.marketing.sources, scenario.marketing.campaigns
    days, wide = plan.line.day_count, len(campaigns) + 1
    first_hand = demand.duplicate_of < 0
    cell = (plan.line.day_of(demand.created_at) * len(sources) + demand.source) * wide + demand.campaign
    created = np.bincount(cell[first_hand], minlength=days * len(sources) * wide).reshape(days, len(sources), wide)
    cost = np.array([s.cost_per_handed_usd * s.handed_share for s in sources.values()])
    spend = created * cost[None, :, None]
    visits = np.zeros_like(created)
    visits[:, :, 0] = demand.visits_count.T
    exists = np.zeros((days, len(sources), wide), dtype=bool)
    exists[:, :, 0] = True
    for number, campaign in enumerate(campaigns.values(), start=1):
        row, start = list(sources).index(campaign.source), (campaign.starts_on - plan.line.first_day).days
        burst = np.arange(max(start, 0), min(start + 7 * campaign.weeks, days))
        exists[burst, row, number] = True
        if len(burst):
            spend[burst, row, number] += campaign.cost_usd / (7 * campaign.weeks)
    at = np.nonzero(exists | (created > 0))
    day, source, campaign_code = (index.astype(np.int32) for index in at)
    return {
        "day": day,
        "source": source,
        "campaign": campaign_code,
        "visits_count": visits[at].astype(np.int64),
        "spend_usd": spend[at].astype(np.float64),
    }
