"""What every engine is handed: the demand joined with the rules of the scenario.

What depends on one lead alone is worked out here, for all leads at once and only where an engine asks for it, so that
an engine only decides who is called when. All minutes are on the time grid; arrays have one row per lead of the
demand, and attempt arrays one column per attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.engine.followed import NO_ROW
from smarketing_sim.scenario.contract import DepthClause, SpeedClause
from smarketing_sim.scenario.queue_orders import ORDERS, QueueOrder
from smarketing_sim.scenario.sales import Channel
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.calendar import Calendar, contract_calendar
from smarketing_sim.world.demand import Demand
from smarketing_sim.world.due_times import after, cadence_gaps, covered, segments
from smarketing_sim.world.roster import Rep, roster
from smarketing_sim.world.timeline import Timeline, timeline

AGE_CLASSES = 64
AGE_CLASS_MINUTES = 14 * 1440.0 / AGE_CLASSES
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plan:
    """The work to be done in one replication.

    Parameters
    ----------
    scenario, demand
        The rules, and the leads with their luck.
    line, contract
        The days of the run, and the business clock of the contract.
    reps
        The team.
    """

    scenario: Scenario
    demand: Demand
    line: Timeline
    contract: Calendar
    reps: list[Rep]

    @cached_property
    def arrivals(self) -> npt.NDArray[np.uint32]:
        """Rows of the leads that are handed over before the end, in the order (available_at, lead_id)."""
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero(self.available_at < self.line.ends_at).astype(np.uint32)
        at = self.available_at[rows]
        if np.any(at[1:] < at[:-1]):
            order = np.argsort(at)
            rows, at = rows[order], at[order]
        if np.any(at[1:] == at[:-1]):
            rows = rows[np.lexsort((self.demand.lead_id[rows], at))]  # seldom needed, and takes twice as long
        return rows

    @cached_property
    def available_at(self) -> Floats:
        """When a lead can be called: at its handoff, or once a wrong owner has been mended; NaN if never."""
        rule, leads = self.scenario.sales.sdr.routing.misroute, self.demand
        if rule.share <= 0:
            return leads.handed_at
        wrong = (leads.misroute_luck < rule.share) & ~np.isnan(leads.handed_at)
        available = leads.handed_at.copy()
        available[wrong] = self._after(leads.handed_at[wrong], rule.mend)
        return available

    @cached_property
    def leaves_at(self) -> Floats:
        """When a waiting lead is gone: infinite if never, and not before it can be called at all."""
        leads = self.demand
        leaves = leads.mql_at + leads.patience_minutes
        if self.scenario.sales.sdr.cadence.drop_after is not None:
            leaves = np.minimum(to_grid(leads.mql_at + self.scenario.sales.sdr.cadence.drop_after), leaves)
        return np.maximum(leaves, self.available_at)

    @cached_property
    def two_records(self) -> tuple[Ints, Ints]:
        """Rows of the first and of the second record of everyone who has two."""
        leads = self.demand
        seconds = np.flatnonzero(leads.duplicate_of >= 0)
        seconds = seconds[np.argsort(leads.duplicate_of[seconds])]
        place = np.searchsorted(leads.duplicate_of[seconds], leads.lead_id)
        firsts = np.flatnonzero(np.append(leads.duplicate_of[seconds], -1)[place] == leads.lead_id)
        return firsts, seconds[place[firsts]]

    @cached_property
    def other_record(self) -> npt.NDArray[np.uint32]:
        """Row of the other record of the same person, ``NO_ROW`` where there is none."""
        other = np.full(self.demand.lead_count, NO_ROW, dtype=np.uint32)
        firsts, seconds = self.two_records
        other[firsts], other[seconds] = seconds, firsts
        return other

    @cached_property
    def briefed(self) -> Bools:
        """Whether marketing passes on what it knows of a lead."""
        return self.demand.intelligence_luck < self.scenario.marketing.handoff.intelligence.passed_share

    @cached_property
    def qualify_prob(self) -> Floats:
        """Chance to qualify with a rep of skill 1, once reached."""
        factor = self.scenario.marketing.handoff.intelligence.qualify_factor
        return (
            self.demand.qualify_prob
            if factor == 1.0
            else self.demand.qualify_prob * np.where(self.briefed, factor, 1.0)
        )

    @cached_property
    def preparation_factor(self) -> Floats:
        """Factor on the minutes of preparation."""
        return np.where(self.briefed, self.scenario.marketing.handoff.intelligence.preparation_factor, 1.0)

    @cached_property
    def channels(self) -> list[Channel]:
        """The channel of each attempt."""
        sdr = self.scenario.sales.sdr
        return [sdr.channels[sdr.cadence.channel(n)] for n in range(1, sdr.cadence.max_attempts + 1)]

    @cached_property
    def channel_numbers(self) -> list[int]:
        """The channel of each attempt as its place in the scenario's list of channels."""
        sdr = self.scenario.sales.sdr
        names = list(sdr.channels)
        return [names.index(sdr.cadence.channel(n)) for n in range(1, sdr.cadence.max_attempts + 1)]

    @cached_property
    def on_phone(self) -> list[bool]:
        """Whether each attempt needs a number that works."""
        names = list(self.scenario.sales.sdr.channels)
        return [names[number] == "phone" for number in self.channel_numbers]

    @cached_property
    def gaps(self) -> list[tuple[float, bool]]:
        """Minutes from the end of each attempt to the next one's due, and whether business minutes are meant."""
        return cadence_gaps(self.scenario)

    def channel_minutes(self, kind: str) -> Floats:
        """Return the mean minutes of a part of each attempt; shape (attempts,)."""
        return np.array([getattr(channel, kind) for channel in self.channels])

    @cached_property
    def voicemail(self) -> Bools:
        """Whether an attempt that nobody answers ends at a voicemail."""
        return self.demand.voicemail_luck < self.channel_minutes("voicemail_share")

    @cached_property
    def preparation_minutes(self) -> Floats:
        """Preparation of each attempt by a rep of pace 1."""
        means = self.channel_minutes("preparation")
        return to_grid(self.demand.preparation_unit * means * self.preparation_factor[:, None])

    @cached_property
    def unanswered_minutes(self) -> Floats:
        """Length of each attempt that nobody answers."""
        means = np.where(self.voicemail, self.channel_minutes("voicemail"), self.channel_minutes("no_answer"))
        return to_grid(self.demand.no_answer_unit * means)

    @cached_property
    def talk_minutes(self) -> Floats:
        """Length of each attempt that becomes a talk."""
        return to_grid(self.demand.talk_unit[:, None] * self.channel_minutes("talk"))

    @cached_property
    def class_factor(self) -> Floats:
        """Factor on connecting by (attempt, hour of week), against the best class; shape (attempts, 168)."""
        channel = self.channel_minutes("connect_factor")
        table = np.outer(channel, np.array(self.scenario.sales.reach.presence or (1.0,) * 168))
        best = float(table.max(initial=0.0))
        return table / best if best > 0 else table

    @cached_property
    def has_classes(self) -> bool:
        """Whether channel or hour changes the chance to connect."""
        return bool(self.demand.class_luck.shape[1])

    @cached_property
    def speed_due_at(self) -> Floats:
        """Earliest due of any speed clause that covers a lead; infinite if none."""
        return self._earliest_due(SpeedClause)

    @cached_property
    def depth_due_at(self) -> Floats:
        """Earliest due of any depth clause that covers a lead; infinite if none."""
        return self._earliest_due(DepthClause)

    @cached_property
    def escalations(self) -> list[tuple[Floats, bool]]:
        """Instants at which a lead not yet called is escalated, and whether anybody may take it then."""
        rule = self.scenario.sales.sdr.routing.escalation
        if rule is None:
            return []
        front = [(self._part_way(rule.front_at_share), False)]
        return front + ([(self.speed_due_at, True)] if rule.reassign_at_breach else [])

    @property
    def order(self) -> QueueOrder:
        """Which waiting lead goes first."""
        return ORDERS[self.scenario.sales.sdr.queue.order]

    @cached_property
    def lead_key(self) -> Floats:
        """The number that leads are ranked by where the order goes by one of their own, else 0."""
        key = self.order.lead_key
        return np.zeros(self.demand.lead_count) if key is None else np.asarray(key(self.demand), dtype=np.float64)

    @cached_property
    def worth(self) -> Floats:
        """Mean value of a lead if called at once, for queue orders that look at it."""
        return self.demand.qualify_prob * self.demand.win_prob * self.demand.mean_value

    @cached_property
    def decay_steps(self) -> Floats:
        """Value of a first attempt by source and age class; shape (sources, ``AGE_CLASSES``), over two weeks."""
        ages = np.arange(AGE_CLASSES) * AGE_CLASS_MINUTES
        rows = [np.ones(AGE_CLASSES) if curve is None else curve.value(ages) for curve in self.scenario.curves]
        return np.array(rows).reshape(-1, AGE_CLASSES)

    def _after(self, at: Floats, span: Any) -> Floats:
        return after(at, span, calendar=self.contract, business_minutes=self.scenario.calendar.business_minutes)

    def _earliest_due(self, kind: type) -> Floats:
        scenario, leads = self.scenario, self.demand
        names, codes = segments(scenario)
        columns: dict[str, Any] = {"source": leads.source, "segment": codes[leads.persona], "score": leads.score}
        by_name = {"source": list(scenario.marketing.sources), "segment": names}
        earliest = np.full(leads.lead_count, np.inf)
        for clause in scenario.sla.values():
            if isinstance(clause, SpeedClause | DepthClause) and isinstance(clause, kind):
                due = self._after(leads.handed_at, clause.within)
                due = np.where(covered(clause.applies_to, columns=columns, names=by_name), due, np.inf)
                np.fmin(earliest, due, out=earliest)
        return earliest

    def _part_way(self, share: float) -> Floats:
        """Return when a share of the time to the speed due has passed, on the business clock where it has one."""
        handed, due_at = self.demand.handed_at, self.speed_due_at
        business = any(isinstance(c, SpeedClause) and c.within.business for c in self.scenario.sla.values())
        finite = np.isfinite(due_at)
        due = np.where(finite, due_at, handed)
        if business:
            part = self.contract.add(handed, to_grid(share * self.contract.between(handed, due)))
        else:
            part = handed + to_grid(share * (due - handed))
        return np.where(finite, part, np.inf)


def make_plan(scenario: Scenario, demand: Demand, *, team: bool = True) -> Plan:
    """Join a scenario's rules with a demand; without a team where hands are unlimited."""
    reps = roster(scenario, demand) if team else []
    return Plan(scenario, demand, timeline(scenario), contract_calendar(scenario), reps)
