"""What a team can change by itself: queue order, cadence, routing, form and share of time, hours, the handoff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from smarketing_sim.scenario.contract import MAX_ATTEMPTS, SpeedClause
from smarketing_sim.scenario.queue_orders import ORDERS
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import WALL_MINUTES, Span, share_text

LATER_MINUTES = 180
SHARE_STEP = 0.1
_DROP_DAYS = (7, 10, 14, 21)
_FAST_MINUTES = 1.0

_FORMS = {
    "interleaved": "Leads and other work in turn, call by call",
    "blocks": "One block of the day for leads",
    "dedicated_rota": "Reps take turns at whole days for leads",
}
_CADENCE, _ROUTING = "sales.sdr.cadence", "sales.sdr.routing"


@dataclass(frozen=True)
class Change:
    """One change of a plan.

    Parameters
    ----------
    id
        Short name, such as ``queue.newest``.
    label
        What it is, in words.
    overrides
        Values by dotted path.
    """

    id: str
    label: str
    overrides: dict[str, Any] = field(hash=False)


def free_changes(scenario: Scenario) -> list[Change]:
    """Return what the team of a scenario could change without people, and without money but for faster systems.

    Nothing is tried here: a change may turn out to be no valid scenario, or to change nothing.
    """
    families = (_orders, _drops, _attempts, _gaps, _rejected, _routes, _forms, _shares, _later_shift, _handoffs)
    return [change for family in families for change in family(scenario)]


def _orders(scenario: Scenario) -> Iterator[Change]:
    queue, path = scenario.sales.sdr.queue, "sales.sdr.queue"
    toggled = not queue.new_before_retries
    words = "Call new leads before follow-ups" if toggled else "Call follow-ups and new leads in one order"
    name = "new_first" if toggled else "new_not_first"
    yield Change(f"queue.{name}", words, {f"{path}.new_before_retries": toggled})
    for order, entry in ORDERS.items():
        if order == queue.order:
            continue
        words = entry.words
        for new_first in (False, True):
            short = words.partition(" and ")[0]
            label = f"Call new leads before follow-ups, {short} first" if new_first else f"Call the {words} first"
            overrides = {f"{path}.order": order, f"{path}.new_before_retries": new_first}
            yield Change(f"queue.{order}{'.new_first' if new_first else ''}", label, overrides)


def _drops(scenario: Scenario) -> Iterator[Change]:
    """Yield leads given up once they are too old: after one, two and three weeks, sooner than today, or never."""
    path, today = f"{_CADENCE}.drop_after", scenario.sales.sdr.cadence.drop_after
    for days in _DROP_DAYS:
        minutes = WALL_MINUTES["day"] * days
        if today is None or minutes < today:
            label = f"Give a lead up after {days} days"
            yield Change(f"cadence.drop.{days}", label, {path: f"{days} days"})
    if today is not None:
        yield Change("cadence.never_drop", "Never give a lead up", {path: None})


def _attempts(scenario: Scenario) -> Iterator[Change]:
    """Yield one and two attempts fewer and more, within what is believed to be plausible."""
    path, today = f"{_CADENCE}.max_attempts", scenario.sales.sdr.cadence.max_attempts
    least, most = _plausible(scenario, path, (1, MAX_ATTEMPTS))
    for count in (today - 2, today - 1, today + 1, today + 2):
        if max(1, least) <= count <= most:
            many = "attempt" if count == 1 else "attempts"
            yield Change(f"cadence.attempts.{count}", f"At most {count} {many} instead of {today}", {path: count})


def _gaps(scenario: Scenario) -> Iterator[Change]:
    cadence = scenario.sales.sdr.cadence
    if cadence.max_attempts == 1:
        return
    for name, label, factor in (
        ("tighter", "Pauses between attempts half as long", 0.5),
        ("wider", "Pauses between attempts half as long again", 1.5),
    ):
        gaps = [str(Span(gap.amount * factor, gap.unit, gap.business)) for gap in cadence.gaps]
        yield Change(f"cadence.{name}", label, {f"{_CADENCE}.gaps": gaps})


def _rejected(scenario: Scenario) -> Iterator[Change]:
    stops = scenario.sales.sdr.cadence.stop_when_rejected
    label = "Keep calling leads that do not fit" if stops else "No follow-up for leads that do not fit"
    name = "keep_rejected" if stops else "drop_rejected"
    yield Change(f"cadence.{name}", label, {f"{_CADENCE}.stop_when_rejected": not stops})


def _routes(scenario: Scenario) -> Iterator[Change]:
    routing = scenario.sales.sdr.routing
    if routing.rule != "pool":
        yield Change("routing.pool", "One queue shared by all reps", {f"{_ROUTING}.rule": "pool"})
    if (routing.rule, routing.if_absent) != ("round_robin", "skip"):
        overrides = {f"{_ROUTING}.rule": "round_robin", f"{_ROUTING}.if_absent": "skip"}
        yield Change("routing.in_turn", "Leads dealt out in turn to reps on duty", overrides)
    if routing.rule in ("pool", "territory"):
        sticky = not routing.sticky_owner
        label = "Follow-ups stay with whoever called first" if sticky else "Any rep takes a follow-up"
        name = "sticky" if sticky else "not_sticky"
        yield Change(f"routing.{name}", label, {f"{_ROUTING}.sticky_owner": sticky})
    if routing.escalation is None and any(isinstance(c, SpeedClause) for c in scenario.sla.values()):
        yield Change("routing.escalation", "Leads that run late go to the front", {f"{_ROUTING}.escalation": {}})


def _forms(scenario: Scenario) -> Iterator[Change]:
    time = scenario.sales.sdr.marketing_time
    if time.share < 1.0:
        for form, label in _FORMS.items():
            if form != time.form:
                yield Change(f"time.{form}", label, {"sales.sdr.marketing_time.form": form})


def _shares(scenario: Scenario) -> Iterator[Change]:
    today = scenario.sales.sdr.marketing_time.share
    for step in (-SHARE_STEP, SHARE_STEP):
        share = round(min(today + step, 1.0), 6)
        if share > 0.0 and share != today:
            text = f"{share_text(share)} of the day for leads instead of {share_text(today)}"
            yield Change(f"time.share.{100 * share:g}", text, {"sales.sdr.marketing_time.share": share})


def _later_shift(scenario: Scenario) -> Iterator[Change]:
    """Yield an evening rota: a quarter of the team, of those without hours of their own, starts and ends later."""
    sdr = scenario.sales.sdr
    shared = [rep for rep in range(1, sdr.headcount + 1) if sdr.profile(rep).shift == sdr.shift]
    chosen = shared[-max(1, round(sdr.headcount / 4)) :]
    if sdr.headcount < 2 or not chosen:
        return
    week = sdr.shift or scenario.calendar.hours
    later = {day: [_clock(opens, closes) for opens, closes in hours] for day, hours in week.items()}
    hours = LATER_MINUTES // 60
    who = "One rep works" if len(chosen) == 1 else f"{len(chosen)} reps work"
    overrides = {f"sales.sdr.reps.{rep}.shift": later for rep in chosen}
    yield Change("hours.later", f"{who} {hours} hours later in the day", overrides)


def _handoffs(scenario: Scenario) -> Iterator[Change]:
    """Yield leads that reach the reps a minute after they came, where systems take longer than that."""
    path, today = "marketing.handoff.system_delay", scenario.marketing.handoff.system_delay
    if today > _FAST_MINUTES:
        slow = f"{today:g} minutes" if today < 120 else f"{today / 60:.3g} hours"
        label = f"Leads reach the reps within a minute instead of {slow}"
        yield Change("handoff.fast", label, {path: f"{_FAST_MINUTES:g} min"})


def _clock(opens: int, closes: int) -> str:
    return "-".join(
        f"{minute // 60:02d}:{minute % 60:02d}" for minute in (opens + LATER_MINUTES, closes + LATER_MINUTES)
    )


def _plausible(scenario: Scenario, path: str, widest: tuple[float, float]) -> tuple[float, float]:
    """Return the range of a belief, where it is one of numbers."""
    belief = scenario.beliefs.get(path)
    ends = belief.range if belief is not None else None
    if ends is None or not all(isinstance(end, int | float) for end in ends):
        return widest
    return max(widest[0], min(ends)), min(widest[1], max(ends))
