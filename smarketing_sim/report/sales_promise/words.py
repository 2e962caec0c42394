"""What sales can promise, in words: the answer of the frontier beside the plan that it is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.frontier import DEPTHS, LIMITS, VOLUMES, Frontier, Promise, frontier
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.words.numbers import counted

_TODAY = 1.0
_FEW = 10.0


@dataclass(frozen=True, eq=False)
class Offer:
    """A plan, and what sales can promise in it.

    Parameters
    ----------
    scenario
        The plan.
    frontier
        What can be promised at several depths, the plan's own among them, and several volumes, today's among them.
    years
        Simulated years of each.
    """

    scenario: Scenario
    frontier: Frontier
    years: int

    @property
    def depth(self) -> int:
        """Most attempts on a lead in the plan as it is."""
        return self.scenario.sales.sdr.cadence.max_attempts

    @property
    def today(self) -> dict[int, Promise]:
        """What can be promised at today's leads, by depth."""
        place = VOLUMES.index(_TODAY)
        return {depth: promises[place] for depth, promises in self.by_depth.items()}

    @property
    def by_depth(self) -> dict[int, tuple[Promise, ...]]:
        """What can be promised by depth, fewest leads first."""
        depths = dict.fromkeys(one.attempts for one in self.frontier.promises)
        return {depth: tuple(one for one in self.frontier.promises if one.attempts == depth) for depth in depths}

    @property
    def own(self) -> Promise:
        """What can be promised at today's leads and depth."""
        return self.today[self.depth]

    @property
    def best(self) -> Promise | None:
        """The depth that brings most at today's leads of those that keep some limit; None where none does."""
        kept = [one for one in self.today.values() if one.within is not None]
        return max(kept, key=lambda one: one.contribution.mean, default=None)


def offer_of(scenario: Scenario, simulation: Simulation, *, keep: float) -> Offer:
    """Return what can be promised at the plan's own depth and those of :data:`~.frontier.DEPTHS`."""
    depths = sorted({*DEPTHS, scenario.sales.sdr.cadence.max_attempts})
    return Offer(scenario, frontier(scenario, simulation, keep=keep, depths=depths), simulation.replications)


def speed_of(offer: Offer) -> SpeedClause | None:
    """Return the plan's promise on speed, the first where it has several."""
    return next((clause for clause in offer.scenario.sla.values() if isinstance(clause, SpeedClause)), None)


def promised_place(offer: Offer) -> float | None:
    """Return where the promised limit lies among the limits; None without one, or on the buyer's clock."""
    promised = _promised_minutes(offer)
    if promised is None:
        return None
    known = _limit_minutes(offer)
    order = np.argsort(known, kind="stable")
    return float(np.interp(np.log(max(promised, 1.0)), np.log(np.maximum(known[order], 1.0)), order))


def promised_words(offer: Offer) -> str:
    """Return what the plan promises, and whether that can be kept at today's leads and depth."""
    clause, promised = speed_of(offer), _promised_minutes(offer)
    if clause is None:
        return ""
    text = f"The plan promises {clause.within}"
    if promised is None:
        return f"{text} on the buyer’s clock. "
    place, known = place_of(offer.own), _limit_minutes(offer)
    if place < len(LIMITS) and promised >= known[place]:
        return f"{text}, which it can keep. " if promised == known[place] else f"{text}; it could promise less time. "
    if place > 0 and promised <= known[place - 1]:
        return f"{text}, which is more than it can keep. "
    return f"{text}; that lies between the limits that were tried. "


def _promised_minutes(offer: Offer) -> float | None:
    """Return the promised limit in minutes of business time; None without one, or on the buyer's clock."""
    clause = speed_of(offer)
    if clause is None or not clause.within.business:
        return None
    return clause.within.minutes(offer.scenario.calendar.business_minutes)


def _limit_minutes(offer: Offer) -> Floats:
    return np.array([Span.parse(limit).minutes(offer.scenario.calendar.business_minutes) for limit in LIMITS])


def place_of(one: Promise) -> int:
    """Return where the tightest limit kept lies among the limits; past the last one where none is kept."""
    return len(LIMITS) if one.within is None else LIMITS.index(one.within)


def leads_words(one: Promise) -> str:
    """Return leads per rep a month in words."""
    leads = one.leads_per_rep.mean
    return f"{leads:.0f}" if leads >= _FEW else f"{leads:.1f}"


def depth_words(offer: Offer, depth: int) -> str:
    """Return a number of attempts, with a word where it is the plan's own."""
    return f"{depth}, as today" if depth == offer.depth else f"{depth}"


def trade_words(offer: Offer) -> str:
    """Return up to how many leads per rep the promised limit holds, at today's depth and at the best one."""
    clause, promised, known = speed_of(offer), _promised_minutes(offer), _limit_minutes(offer)
    if clause is None or promised not in known:
        return "Speed, depth and the number of leads are bought from one another"
    place = int(np.flatnonzero(known == promised)[0])
    depths = dict.fromkeys([offer.depth, *([offer.best.attempts] if offer.best else [])])
    text = [_up_to(depth, [one for one in offer.by_depth[depth] if place_of(one) <= place]) for depth in depths]
    return f"The promise of {clause.within} holds {', '.join(text)}"


def _up_to(depth: int, kept: list[Promise]) -> str:
    attempts = counted(depth, "attempt")
    if not kept:
        return f"with {attempts} at no load tried"
    return f"with {attempts} up to {leads_words(kept[-1])} leads per rep"
