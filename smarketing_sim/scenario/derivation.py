"""What no CRM shows and a scenario needs, worked out from answers: minutes, reach, chances, when leads arrive.

Nothing here simulates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import brentq

from smarketing_sim.arrays import Floats
from smarketing_sim.scenario.answers import Answers
from smarketing_sim.scenario.calendars import WEEKDAYS, expand_days
from smarketing_sim.scenario.reach_curve import BETA, REACHABLE, alpha_for, best_reach, met_share
from smarketing_sim.scenario.units import parse_hours

SILENT_TO_TALK = 4.0 / 20.0
"""Minutes of an unanswered attempt over those of a talk with its notes: the baseline company's, an assumption."""
OPEN_DEALS = 25.0
"""Open deals of one account executive where nobody said how many there are, an assumption within E37."""
USUAL_WARM_UP, MOST_WARM_UP = 26, 260
CLOSED_DAY = 0.4
"""Leads of a closed day over those of an open one (E23)."""


@dataclass(frozen=True)
class Company:
    """The numbers that a scenario needs and no CRM shows.

    Parameters
    ----------
    preparation_minutes, silent_minutes, talk_minutes
        Minutes of an attempt: before it, without an answer, and with a talk.
    alpha
        First parameter of the reach curve, with ``BETA``, in which as many dials lead to a conversation as was said.
    qualify_prob
        Chance by source that a lead, once reached, qualifies: more than become opportunities, for some miss their
        meeting.
    ae_headcount
        Account executives: as answered, else enough for the opportunities there will be.
    hour_weights, closed_day_weight
        Weight of each hour of the day, and of a closed day, with which the share outside the hours is as answered.
    """

    preparation_minutes: float
    silent_minutes: float
    talk_minutes: float
    alpha: float
    qualify_prob: dict[str, float]
    ae_headcount: int
    hour_weights: tuple[float, ...]
    closed_day_weight: float


def company(answers: Answers) -> Company:
    """Derive what no CRM shows from answers that do not contradict each other."""
    through = min(1.0 / answers.dials_per_conversation, best_reach(answers.attempts))
    opens, closes = parse_hours(answers.hours[1])
    per_dial = (closes - opens) / answers.dials_per_rep_day
    talk = per_dial / (2.0 * SILENT_TO_TALK * (1.0 - through) + (1.0 + SILENT_TO_TALK) * through)
    opportunities = sum(
        leads * answers.opportunity_share(name) for name, leads in answers.leads_by_source.items()
    ) * _reached(answers, through)
    enough = max(1, math.ceil(opportunities * answers.days_to_win / 30.0 / OPEN_DEALS))
    hour_weights, closed_day_weight = _arrivals(answers)
    return Company(
        preparation_minutes=SILENT_TO_TALK * talk,
        silent_minutes=SILENT_TO_TALK * talk,
        talk_minutes=talk,
        alpha=alpha_for(through, answers.attempts),
        qualify_prob={name: answers.opportunity_share(name) / met_share() for name in answers.handed_per_month},
        ae_headcount=answers.account_executives or enough,
        hour_weights=hour_weights,
        closed_day_weight=closed_day_weight,
    )


def warm_up_weeks(days_to_win: float) -> int:
    """Return weeks after which about as many deals close as open: nine in ten take less than three medians."""
    return min(MOST_WARM_UP, max(USUAL_WARM_UP, math.ceil(3.0 * days_to_win / 7.0)))


def _arrivals(answers: Answers) -> tuple[tuple[float, ...], float]:
    """Return weights of hours and of a closed day with which so many leads come outside the hours.

    Closed days bring 0.4 of an open one where that leaves room; the rest comes in the other hours of the day.
    """
    opens, closes = parse_hours(answers.hours[1])
    open_days, outside = len(expand_days(answers.hours[0])), answers.outside_share
    closed_days = len(WEEKDAYS) - open_days
    inside = np.array([max(0, min(closes, 60 * hour + 60) - max(opens, 60 * hour)) / 60.0 for hour in range(24)])

    def share(weights: Floats, closed: float) -> float:
        return float(1.0 - open_days * (inside @ weights) / ((open_days + closed * closed_days) * weights.sum()))

    for weights in (inside, np.floor(inside)):  # of an hour that is open in part, leads come in the other part, too
        by_hours = partial(_with_others, weights)
        if share(weights, CLOSED_DAY) <= outside and np.any(inside < 1.0):
            more = brentq(lambda w, of=by_hours: share(of(w), CLOSED_DAY) - outside, 0.0, 1e3)
            return tuple(by_hours(more).tolist()), CLOSED_DAY
        if closed_days and share(weights, 0.0) <= outside:
            closed = brentq(lambda c, of=weights: share(of, c) - outside, 0.0, CLOSED_DAY)
            return tuple(weights.tolist()), float(closed)
    return tuple(inside.tolist()), 0.0


def _with_others(weights: Floats, weight: float) -> Floats:
    return weights + weight * (1.0 - weights)


def _reached(answers: Answers, through: float) -> float:
    """Return the share of leads that are reached in the end."""
    alpha, silent = alpha_for(through, answers.attempts), 1.0
    for number in range(answers.attempts):
        silent *= 1.0 - alpha / (alpha + BETA + number)
    return REACHABLE * (1.0 - silent)
