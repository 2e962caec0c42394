"""A dozen questions that any CRM answers, and the hard numbers that follow from the answers.

Nothing here simulates: minutes and chances are worked out from what was said, and what contradicts itself is told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from scipy.optimize import brentq

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import Zone, expand_days
from smarketing_sim.scenario.documents import parse_value
from smarketing_sim.scenario.problems import problem_at, translate
from smarketing_sim.scenario.units import Count, Money, Positive, Share, Span, parse_hours

Origins = dict[tuple[str, ...], tuple[str, int]]

SILENT_TO_TALK = 4.0 / 20.0
"""Minutes of an unanswered attempt over those of a talk with its notes: the baseline company's, an assumption."""
REACHABLE, BETA, SHOW, REBOOK, BOOKING_DAYS = 0.8, 5.9, 0.8, 0.6, 4.0


def _sources(value: object) -> object:
    """Read ``organic 150, demo request 90`` as a mapping."""
    if not isinstance(value, str):
        _hold_apart(list(value) if isinstance(value, Mapping) else [])
        return value
    found: list[tuple[str, object]] = []
    for part in filter(None, (piece.strip() for piece in re.split("[,;]", value))):
        name, _, count = re.sub("[=:]", " ", part).rpartition(" ")
        if not re.fullmatch(r"[\w -]+", name.strip()):
            raise ValueError("must be sources with their leads, such as 'organic 150, demo request 90'")
        found.append((_folded(name), parse_value(count, name="answers")))
    _hold_apart([name for name, _ in found])
    return dict(found)


def _folded(name: object) -> str:
    return "_".join(str(name).lower().split())


def _hold_apart(names: list[str]) -> None:
    """Refuse names that are one but for capital letters and spaces: the leads of one of them would be lost."""
    folded = [_folded(name) for name in names]
    twice = next((name for name in folded if folded.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"names {twice.replace('_', ' ')} more than once; add its leads up, or tell the two apart")


def _working_hours(value: object) -> object:
    """Read ``mon-fri 09:00-17:00`` as days and hours, and hold that both are real."""
    words = str(value).split()
    if len(words) != 2:
        raise ValueError("must be days and hours, such as 'mon-fri 09:00-17:00'")
    expand_days(words[0])
    opens, closes = parse_hours(words[1])
    if closes == opens:
        raise ValueError("must be open for some time")
    return (words[0], words[1])


def _promise(value: object) -> Span:
    return Span.parse(value)


class Answers(Part):
    """What a company says of itself; each answer is one that its CRM or payroll knows."""

    handed_per_month: Annotated[
        dict[str, Annotated[Positive, Field(le=1e6)]], BeforeValidator(_sources), Field(min_length=1)
    ]
    """Leads that marketing hands to sales in a month, by source, such as: organic 150, demo request 90"""
    reps: Annotated[Count, Field(ge=1, le=10_000)]
    """SDRs who follow them up"""
    hours: Annotated[tuple[str, str], BeforeValidator(_working_hours)]
    """Their days and hours"""
    zone: Zone
    """Their time zone"""
    inbound_share: Annotated[Share, Field(ge=0.01)]
    """Share of their day that is meant for these leads"""
    dials_per_rep_day: Annotated[Positive, Field(le=1000)]
    """Dials that a rep makes in a day, on all of the work"""
    dials_per_conversation: Annotated[Positive, Field(le=10_000)]
    """Dials that it takes for one conversation, on these leads"""
    attempts: Annotated[Count, Field(ge=1, le=20)]
    """Attempts before they give a lead up"""
    conversation_to_opportunity: Share
    """Share of conversations that become an opportunity"""
    win_rate: Share
    """Share of opportunities that are won"""
    deal_value: Money
    """Value of a won deal in its first year"""
    days_to_win: Annotated[Positive, Field(le=3650)]
    """Days from an opportunity to a won deal, half are faster"""
    promise: Annotated[Span, BeforeValidator(_promise)]
    """What sales promises for the first attempt, kept for nine leads of ten"""


DEFAULTS: dict[str, tuple[str, str]] = {
    "handed_per_month": ("organic 154, paid search 114, demo request 90, referral 58", "the baseline company"),
    "reps": ("8", "the baseline company"),
    "hours": ("mon-fri 09:00-17:00", "the baseline company"),
    "zone": ("America/New_York", "the baseline company"),
    "inbound_share": ("40 %", "E28: 22 to 45 %"),
    "dials_per_rep_day": ("50", "E37: 50 to 80"),
    "dials_per_conversation": ("14", "E14 has 10; leads that waited take more"),
    "attempts": ("6", "E13, E22"),
    "conversation_to_opportunity": ("22 %", "E31: 14 to 31 % of leads"),
    "win_rate": ("20 %", "E32: 15 to 30 %"),
    "deal_value": ("$25k", "E34"),
    "days_to_win": ("60", "E34"),
    "promise": ("6 business hours", "the baseline company"),
}
"""What Enter keeps for each question, as it would be typed, and where it comes from."""


def questions() -> dict[str, str]:
    """Return every question by its name."""
    return {name: str(field.description or name) for name, field in Answers.model_fields.items()}


def read_answers(given: Mapping[str, Any], *, origins: Origins | None = None) -> Answers:
    """Return checked answers; a question without one keeps its default.

    Raises
    ------
    InputError
        With every answer that cannot be, or that contradicts another.
    """
    data = {name: parse_value(text, name=name) for name, (text, _) in DEFAULTS.items()} | dict(given)
    try:
        answers = Answers.model_validate(data)
    except ValidationError as error:
        raise InputError(translate(error, model=Answers, data=data, origins=dict(origins or {}))) from None
    broken = contradictions(answers)
    if broken:
        raise InputError(
            [problem_at((path,), rule, origins=dict(origins or {}), value=data[path]) for path, rule in broken.items()]
        )
    return answers


def contradictions(answers: Answers) -> dict[str, str]:
    """Return the answers that contradict others, with the rule that each breaks."""
    found = {}
    best, met = best_reach(answers.attempts), _met()
    if answers.dials_per_conversation < 1.0:
        found["dials_per_conversation"] = (
            "there cannot be more conversations than dials; give at least 1, and 3 to 10 is usual"
        )
    elif 1.0 / answers.dials_per_conversation > best:
        found["dials_per_conversation"] = (
            f"{answers.attempts} attempts lead to at most one conversation in {1 / best:.2f} dials, because "
            f"{1 - REACHABLE:.0%} of leads are out of reach; give at least {math.ceil(100 / best) / 100:.2f}"
        )
    if answers.conversation_to_opportunity > met:
        found["conversation_to_opportunity"] = (
            f"only {met:.0%} of meetings take place, so no more conversations can become an opportunity"
        )
    return found


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
        Chance that a lead, once reached, qualifies: more than become opportunities, for some miss their meeting.
    ae_headcount
        Account executives enough for the opportunities there will be, at most 25 open each.
    """

    preparation_minutes: float
    silent_minutes: float
    talk_minutes: float
    alpha: float
    qualify_prob: float
    ae_headcount: int


def company(answers: Answers) -> Company:
    """Derive what no CRM shows from answers that do not contradict each other."""
    through = 1.0 / answers.dials_per_conversation
    opens, closes = parse_hours(answers.hours[1])
    per_dial = (closes - opens) / answers.dials_per_rep_day
    talk = per_dial / (2.0 * SILENT_TO_TALK * (1.0 - through) + (1.0 + SILENT_TO_TALK) * through)
    monthly = sum(answers.handed_per_month.values())
    open_deals = monthly * _reached(answers, through) * answers.conversation_to_opportunity * answers.days_to_win / 30.0
    return Company(
        preparation_minutes=SILENT_TO_TALK * talk,
        silent_minutes=SILENT_TO_TALK * talk,
        talk_minutes=talk,
        alpha=alpha_for(through, answers.attempts),
        qualify_prob=answers.conversation_to_opportunity / _met(),
        ae_headcount=max(1, math.ceil(open_deals / 25.0)),
    )


def _met() -> float:
    """Return the share of meetings that take place, at once or after one rebooking."""
    return SHOW * (1.0 + (1.0 - SHOW) * REBOOK)


def conversations_per_dial(alpha: float, attempts: int) -> float:
    """Return conversations over dials of a cadence that stops at a conversation, age left aside.

    Of the reachable, attempt n gets through with α ÷ (α + β + n − 1) (beta-geometric); the others take every attempt.
    """
    silent, reached, dials = 1.0, 0.0, 0.0
    for number in range(attempts):
        dials += REACHABLE * silent + (1.0 - REACHABLE)
        hazard = alpha / (alpha + BETA + number)
        reached += REACHABLE * silent * hazard
        silent *= 1.0 - hazard
    return reached / dials


def best_reach(attempts: int) -> float:
    """Return the most conversations over dials that a reach curve can give: the reachable answer the first dial."""
    return conversations_per_dial(1e9, attempts) * (1.0 - 1e-6)


def alpha_for(through: float, attempts: int) -> float:
    """Return the α with which conversations over dials are as said."""
    return float(brentq(lambda alpha: conversations_per_dial(alpha, attempts) - through, 1e-9, 1e9))


def _reached(answers: Answers, through: float) -> float:
    """Return the share of leads that are reached in the end."""
    alpha, silent = alpha_for(through, answers.attempts), 1.0
    for number in range(answers.attempts):
        silent *= 1.0 - alpha / (alpha + BETA + number)
    return REACHABLE * (1.0 - silent)
