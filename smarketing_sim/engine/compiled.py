"""The compiled engine: a plan laid out for the kernel, and what the kernel found as arrays.

A column that plays no part under a scenario's rules is handed over empty, and the kernel does not look at it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.engine.followed import NO_NEED, NO_ROW, TIMING, Attempts, Followed
from smarketing_sim.engine.kernel.data import (
    BACK,
    BY_DUE,
    BY_LEAD,
    BY_NEWEST,
    BY_PROMISE,
    BY_VALUE,
    CARD,
    COUNTS,
    END,
    HEAPED,
    LEAD,
    LEAVES,
    LOG,
    MADE,
    NEXT,
    REP,
    REPS,
    ROUND_ROBIN,
    RULES,
    SPARE,
    STEP,
    TERRITORY,
    TO_POOL,
    WEIGHTED,
    Arrivals,
    AttemptLuck,
    Days,
    Late,
    Leads,
    Queues,
    Talks,
    Team,
)
from smarketing_sim.engine.kernel.loop import follow_up
from smarketing_sim.engine.plan import Plan
from smarketing_sim.engine.routing import Desk, territory_queues
from smarketing_sim.world.calendar import Calendar

_RANKED_BY = {"due": BY_DUE, "newest": BY_NEWEST, "promise": BY_PROMISE, "lead": BY_LEAD, "value": BY_VALUE}
_ROUTING = {"round_robin": ROUND_ROBIN, "weighted": WEIGHTED, "territory": TERRITORY, "pool": TO_POOL}
_LINE = 64
Array = npt.NDArray[Any]


class CompiledFollowUp:
    """Leads, reps and the queues between them, laid out for the kernel."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.desk = Desk(plan.scenario.sales.sdr.routing, len(plan.reps))
        self.leads, self.log, self.counters = self._leads(), self._log(), np.zeros(COUNTS, dtype=np.int64)
        self.counters[REPS] = self.counters[HEAPED] = len(plan.reps)
        self.counters[SPARE] = NO_ROW
        days = Days(plan.line.day_starts_at, *plan.line.clock_changes)
        self._laid_out = (
            self._rules(), self._arrivals(), self.leads, self._late(), self._team(), self._steps(), self._queues(),
            days, self._attempt_luck(), self._talks(), self.log, self.counters,
        )  # fmt: skip

    def run(self) -> Followed:
        """Let the run happen and return what came of it."""
        follow_up(*self._laid_out)
        end, made = self.leads.end, int(self.counters[MADE])
        lost = np.flatnonzero(end["reason"] == NO_NEED)  # which the kernel writes down for all that a talk loses
        luck, share = self.plan.demand.reason_luck, self.plan.scenario.sales.loss_reasons.no_need_share
        end["reason"][lost[luck[lost] >= share]] = TIMING
        return Followed(
            first_attempt_at=end["first_at"],
            decided_at=end["decided_at"],
            connected=end["connected"],
            qualified=end["qualified"],
            attempt_count=end["made"],
            outcome=end["outcome"],
            reason=end["reason"],
            owner=end["owner"],
            warm=end["warm"],
            attempts=Attempts(**{name: self.log[name][:made] for name in LOG.names or ()}),
        )

    def _rules(self) -> Array:
        plan, scenario = self.plan, self.plan.scenario
        sdr, routing, decay = scenario.sales.sdr, scenario.sales.sdr.routing, scenario.decay
        rules = {
            "ends_at": plan.line.ends_at,
            "drop_after": np.inf if sdr.cadence.drop_after is None else sdr.cadence.drop_after,
            "first_weekday_hours": 24 * plan.line.first_day.weekday(),
            "open_leads_cap": routing.open_leads_cap or np.iinfo(np.int64).max,
            "order": _RANKED_BY[plan.order.ranked_by],
            "routing": _ROUTING[routing.rule],
            "new_first": sdr.queue.new_before_retries,
            "skip_absent": routing.if_absent == "skip",
            "owned": self.desk.owned,
            "strict": decay.clock == "each_attempt",
            "contact_cools": "contact" in decay.spoils,
            "qualify_cools": "qualify" in decay.spoils,
            "stop_when_rejected": sdr.cadence.stop_when_rejected,
        }
        return np.array([tuple(rules[name] for name in RULES.names or ())], dtype=RULES)

    def _arrivals(self) -> Arrivals:
        """Return what is known of every lead before anything happened."""
        plan, leads, ranked_by = self.plan, self.plan.demand, self.plan.order.ranked_by
        nothing, room = np.zeros(0), leads.lead_count if plan.escalations else 0
        return Arrivals(
            in_order=plan.arrivals,
            place=np.full(room, NO_ROW, dtype=np.uint32),
            id=_plain(leads.lead_id),
            mql_at=_plain(leads.mql_at),
            available_at=_plain(plan.available_at),
            patience_minutes=_plain(leads.patience_minutes),
            interest_until=nothing if np.all(leads.interest_until == np.inf) else _plain(leads.interest_until),
            fit=_plain(leads.fit),
            other_record=plan.other_record,
            bad_number=_plain(leads.bad_number),
            lead_key=_plain(plan.lead_key) if ranked_by == "lead" else nothing,
            new_key={"promise": plan.speed_due_at, "value": plan.worth}.get(ranked_by, nothing),
            retry_key=plan.depth_due_at if ranked_by == "promise" else nothing,
            source=_plain(leads.source) if ranked_by == "value" else np.zeros(0, dtype=np.int32),
            territory=territory_queues(plan) if plan.scenario.sales.sdr.routing.rule == "territory" else nothing,
        )

    def _leads(self) -> Leads:
        """Return places for as many leads as there are: those that are never taken cost no memory."""
        count = self.plan.demand.lead_count
        return Leads(_on_a_line(count, LEAD), _on_a_line(count, CARD), _on_a_line(count, END))

    def _attempt_luck(self) -> AttemptLuck:
        plan, leads = self.plan, self.plan.demand
        told_matters = plan.scenario.marketing.handoff.intelligence.preparation_factor != 1.0
        silent = plan.channel_minutes("no_answer") + plan.channel_minutes("voicemail")
        return AttemptLuck(
            connect_before=_plain(leads.connect_before),
            class_luck=_plain(leads.class_luck),
            class_factor=plan.class_factor,
            preparation_unit=_plain(leads.preparation_unit),
            preparation_factor=plan.preparation_factor if told_matters else np.zeros(0),
            no_answer_unit=_where(silent, leads.no_answer_unit),
            voicemail_luck=_where(plan.channel_minutes("voicemail_share"), leads.voicemail_luck),
            talk_unit=_where(plan.channel_minutes("talk"), leads.talk_unit),
        )

    def _talks(self) -> Talks:
        leads = self.plan.demand
        return Talks(_plain(self.plan.qualify_prob), _plain(leads.qualify_luck))

    def _late(self) -> Late:
        """Return the escalations of all leads in the order (instant, lead id, to the front before to anybody)."""
        plan = self.plan
        at = [np.maximum(at[plan.arrivals], plan.available_at[plan.arrivals]) for at, _ in plan.escalations]
        late_at = np.concatenate([*at, np.zeros(0)])
        lead = np.tile(plan.arrivals, len(at))
        reassign = np.repeat(np.array([r for _, r in plan.escalations], dtype=np.bool_), len(plan.arrivals))
        order = np.lexsort((reassign, plan.demand.lead_id[lead], late_at))
        order = order[late_at[order] < np.inf]
        return Late(late_at[order], lead[order], reassign[order])

    def _queues(self) -> Queues:
        plan, count = self.plan, self.desk.queue_count
        members = self.desk.members(plan.reps)
        serves = [queue for rep in plan.reps for queue in self.desk.queues_of(rep)]
        table = np.zeros((len(members), len(plan.reps)), dtype=np.bool_)
        for place, numbers in enumerate(members):
            table[place] = [rep.number in numbers for rep in plan.reps]
        return Queues(
            roots=np.full(count, NO_ROW, dtype=np.uint32),
            closed=np.zeros(count, dtype=np.bool_),
            serves=np.array(serves, dtype=np.uint16),
            territory_reps=table,
            decay_steps=plan.decay_steps,
        )

    def _log(self) -> Array:
        """Return room for every attempt there can be; what is never written costs no memory."""
        return _on_a_line(len(self.plan.arrivals) * self.plan.scenario.sales.sdr.cadence.max_attempts, LOG)

    def _steps(self) -> Array:
        """Return what is planned for each attempt, and the empty list of follow-ups after it."""
        plan = self.plan
        step = np.zeros(len(plan.channels), dtype=STEP)
        for name in ("preparation", "no_answer", "voicemail", "voicemail_share", "talk"):
            step[name] = plan.channel_minutes(name)
        step["on_phone"] = plan.on_phone
        for number, (minutes, business) in enumerate(plan.gaps):
            step["gap_minutes"][number], step["business"][number] = minutes, business
        step["head"] = step["tail"] = NO_ROW
        step["due_at"] = np.inf
        return step

    def _team(self) -> Team:
        """Return the reps with the contract's clock after them, and the heap of reps by when they first come."""
        plan = self.plan
        rep = np.zeros(len(plan.reps) + 1, dtype=REP)
        clocks = [one.calendar for one in plan.reps] + [plan.contract]
        paces = [one.pace_by_month for one in plan.reps] + [np.ones(1)]
        _spans(rep, "hours", [len(clock.opens_at) for clock in clocks])
        _spans(rep, "pace", [len(steps) for steps in paces])
        _spans(rep, "serves", [len(self.desk.queues_of(one)) for one in plan.reps] + [0])
        rep["now"] = rep["hours"]
        heap = np.zeros(len(plan.reps), dtype=NEXT)
        for place, one in enumerate(plan.reps):
            first = float(one.calendar.next_open(0.0))
            heap[place] = (first, place, BACK, place) if first < np.inf else (0.0, place, LEAVES, place)
            for name in ("other_per_minute", "starts_at", "skill", "weight"):
                rep[name][place] = getattr(one, name)
        heap.sort(order=("at", "rank"))
        hours, free = np.concatenate([_hours(clock) for clock in clocks]), np.zeros(len(plan.reps), dtype=np.uint32)
        return Team(rep, hours, np.concatenate(paces), heap, free)


def _spans(rep: Array, name: str, sizes: list[int]) -> None:
    """Write down where each rep's rows of a shared table begin and end."""
    ends = np.cumsum(sizes)
    rep[name], rep[f"{name}_end"] = ends - sizes, ends


def _hours(calendar: Calendar) -> Floats:
    return np.stack([calendar.opens_at, calendar.closes_at, calendar.open_before[:-1]], axis=1)


def _on_a_line(count: int, kind: np.dtype[Any]) -> Array:
    """Return room for records, the first at the beginning of a line of the cache."""
    room = np.empty(count * kind.itemsize + _LINE, dtype=np.uint8)
    first = -room.ctypes.data % _LINE
    return room[first : first + count * kind.itemsize].view(kind)


def _plain(column: Array) -> Array:
    """Return a column as one writable piece: any other kind of array would be compiled for anew."""
    return np.require(column, requirements=("C", "W"))


def _where(part: Floats, column: Array) -> Array:
    """Return a column where its part of an attempt takes time or has a share, else an empty one."""
    return _plain(column) if np.any(part > 0) else np.zeros((0,) * column.ndim)
