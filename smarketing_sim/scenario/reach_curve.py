"""The reach hazard: the chance that an attempt connects; and the curve of it that a company's own counts imply."""

from __future__ import annotations

REACHABLE, BETA, SHOW, REBOOK, BOOKING_DAYS = 0.8, 5.9, 0.8, 0.6, 4.0
IN_PROFILE, OUT_OF_PROFILE_FACTOR = 0.7, 0.2
INSIDE = IN_PROFILE + (1.0 - IN_PROFILE) * OUT_OF_PROFILE_FACTOR
"""The highest mean chance to qualify: everybody inside the profile does (the baseline company, an assumption)."""
MOST_ALPHA = 4.0 * BETA
"""Above it the reachable would answer four first dials of five, which no study comes near (E13: about half)."""


def reach_hazard(attempt: int, *, alpha: float, beta: float) -> float:
    """Return the chance that an attempt, from 1, connects with somebody whom none before it reached.

    α ÷ (α + β + n − 1): attempts needed are beta-geometric, for people differ in how easily they are reached.
    """
    return alpha / (alpha + beta + attempt - 1)


def met_share() -> float:
    """Return the share of meetings that take place, at once or after one rebooking."""
    return SHOW * (1.0 + (1.0 - SHOW) * REBOOK)


def conversations_per_dial(alpha: float, attempts: int) -> float:
    """Return conversations over dials of a cadence that stops at a conversation, age left aside.

    Of the reachable, attempts get through by :func:`reach_hazard`; the others take every attempt.
    """
    silent, reached, dials = 1.0, 0.0, 0.0
    for number in range(attempts):
        dials += REACHABLE * silent + (1.0 - REACHABLE)
        hazard = reach_hazard(number + 1, alpha=alpha, beta=BETA)
        reached += REACHABLE * silent * hazard
        silent *= 1.0 - hazard
    return reached / dials


def best_reach(attempts: int) -> float:
    """Return the most conversations over dials that any reach curve should give."""
    return conversations_per_dial(MOST_ALPHA, attempts)


def alpha_for(through: float, attempts: int) -> float:
    """Return the α with which conversations over dials are as said."""
    from scipy.optimize import brentq  # noqa: PLC0415 - slow to import, and a plan is read without it

    return float(brentq(lambda alpha: conversations_per_dial(alpha, attempts) - through, 1e-9, 1.001 * MOST_ALPHA))
