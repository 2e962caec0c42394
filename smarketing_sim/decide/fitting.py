"""From answers to a scenario whose simulated year shows what was answered."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from smarketing_sim.decide.usual import conversations_per_dial
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.answers import Answers
from smarketing_sim.scenario.building import build, override
from smarketing_sim.scenario.derivation import company
from smarketing_sim.scenario.documents import parse_document
from smarketing_sim.scenario.interview import Interview
from smarketing_sim.scenario.newcomer import to_yaml
from smarketing_sim.scenario.reach_curve import alpha_for, best_reach
from smarketing_sim.scenario.schema import Scenario

FITTING_YEARS = 3
"""Simulated years that a fit is judged by."""
_ROUNDS, _CLOSE = 4, 0.02


@dataclass(frozen=True)
class Fit:
    """A scenario file that was fitted to answers.

    Parameters
    ----------
    text
        The file.
    wanted, seen
        Conversations for each dial: as answered, and as simulated.
    """

    text: str
    wanted: float
    seen: Interval

    @property
    def close(self) -> bool:
        """Whether the simulation shows what was answered, to a tenth."""
        return abs(self.seen.mean - self.wanted) <= 0.1 * self.wanted


def fit(name: str, interview: Interview, simulation: Simulation, *, decay: str = "medium") -> Fit:
    """Write a scenario in which it takes as many dials for a conversation as was answered.

    What a CRM counts is what is left after leads have waited, so a lead called at once is reached more often than that.
    How much more is found by simulating a few years and correcting the reach curve.
    """
    answers = interview.answers
    known, wanted = company(answers), 1.0 / answers.dials_per_conversation
    aimed, best = wanted, best_reach(answers.attempts)
    for _ in range(_ROUNDS):
        text = to_yaml(name, interview, known)
        (found,) = simulation.panel([_believing(read(text), decay)])
        seen = conversations_per_dial(found)
        off = seen.mean / wanted
        if not np.isfinite(off) or off <= 0.0 or abs(off - 1.0) < _CLOSE or (aimed >= best and off < 1.0):
            break
        aimed = min(aimed / off, best)
        known = replace(known, alpha=alpha_for(aimed, answers.attempts))
    return Fit(text, wanted, seen)


def nearest_that_fit(name: str, interview: Interview, simulation: Simulation) -> list[str]:
    """Return changes of answers, the smallest of each kind first, with which the simulation shows what is answered.

    Tried are more dials for a conversation, as the simulation shows them; more reps; and milder beliefs about waiting.
    """
    answers, found = interview.answers, []

    def fits(changed: Answers, decay: str = "medium") -> Fit:
        return fit(name, replace(interview, answers=changed), simulation, decay=decay)

    seen = fits(answers).seen.mean
    if seen > 0.0:
        for more in (1.0, 1.1, 1.25):
            dials = float(f"{more / seen:.2g}")
            if fits(answers.model_copy(update={"dials_per_conversation": dials})).close:
                found.append(f"dials_per_conversation: {dials:g}")
                break
    for more in (1.25, 1.5, 2.0, 3.0, 4.0, 6.0):
        reps = math.ceil(more * answers.reps)
        if fits(answers.model_copy(update={"reps": reps})).close:
            found.append(f"reps: {reps}")
            break
    for decay in ("mild", "none"):
        if fits(answers, decay).close:
            found.append(f"a milder belief, decay.preset: {decay} in the file")
            break
    return found


def _believing(scenario: Scenario, decay: str) -> Scenario:
    return scenario if scenario.decay.preset == decay else override(scenario, {"decay.preset": decay})


def read(text: str) -> Scenario:
    """Return the scenario of a file that was just written."""
    return build(parse_document(text, name="the new file").data)
