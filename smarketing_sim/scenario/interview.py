"""Twenty questions that any CRM or payroll answers, and what Enter keeps for each."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from babel.numbers import get_territory_currencies
from pydantic import BeforeValidator, Field, ValidationError

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import Zone, expand_days, zones_by_country
from smarketing_sim.scenario.countries import Country
from smarketing_sim.scenario.currency import DOLLARS, Currency, currency_codes, named_currency, settled
from smarketing_sim.scenario.dates import Date
from smarketing_sim.scenario.documents import parse_value
from smarketing_sim.scenario.holidays import Dates
from smarketing_sim.scenario.problems import problem_at, translate
from smarketing_sim.scenario.reach_curve import INSIDE, REACHABLE, best_reach, met_share
from smarketing_sim.scenario.units import Count, Money, Positive, Share, Span, parse_hours

Origins = dict[tuple[str, ...], tuple[str, int]]
_NONE = ("none", "-", "")
_FOR_SHARE = re.compile(r"^(.*?)(?:\s+for\s+(\S.*))?$")
_ATTEMPTS = re.compile(r"^\s*(\d+)\s+(more\s+)?attempts?\s+(?:in|within)\s+(.+)$", re.IGNORECASE)


def _by_source(value: object) -> object:
    """Read ``organic 150, demo request 90`` as a mapping; a single value stays as it is."""
    if not isinstance(value, str):
        _hold_apart(list(value) if isinstance(value, Mapping) else [])
        return value
    found: list[tuple[str, object]] = []
    for part in filter(None, (piece.strip() for piece in re.split("[,;]", value))):
        words = re.fullmatch(r"([\w -]*?)\s*[=: ]\s*([0-9.]+(?:\s*%)?)", part)
        if words is None or not words[1].strip():
            raise ValueError("must be sources with their numbers, such as 'organic 150, demo request 90'")
        found.append((_folded(words[1]), parse_value(words[2], name="answers")))
    _hold_apart([name for name, _ in found])
    return dict(found)


def _share_by_source(value: object) -> object:
    """Read ``22 %`` for all sources, or ``organic 22 %, demo request 34 %``, by folded name."""
    said = value if isinstance(value, str) and re.match(r"\s*[-+0-9.]", value) else _by_source(value)
    return {_folded(name): share for name, share in said.items()} if isinstance(said, Mapping) else said


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


ShareBySource = Annotated[Share | dict[str, Share], BeforeValidator(_share_by_source)]


class SpeedPromise(Part):
    """How soon sales makes the first attempt, and for which share of leads."""

    within: Span
    """Time until the first attempt."""
    target: Share = 0.9
    """Share of leads."""


class DepthPromise(Part):
    """How often sales tries in which time, and for which share of leads."""

    attempts: Annotated[Count, Field(ge=1, le=20)]
    """Attempts, the first among them."""
    within: Span
    """Time in which they are made."""
    target: Share = 0.85
    """Share of leads."""


def _speed(value: object) -> object:
    """Read ``2 business hours for 95 %``."""
    if not isinstance(value, str):
        return value
    within, share = _FOR_SHARE.match(value).groups()  # type: ignore[union-attr]
    return {"within": Span.parse(within), **({} if share is None else {"target": share})}


def _depth(value: object) -> object:
    """Read ``4 attempts in 10 business days for 85 %``, where 3 more attempts are four, or none."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NONE):
        return None
    if not isinstance(value, str):
        return value
    told, share = _FOR_SHARE.match(value).groups()  # type: ignore[union-attr]
    match = _ATTEMPTS.match(told)
    if match is None:
        raise ValueError("must be attempts in a time, such as '4 attempts in 10 business days for 85 %', or none")
    attempts = int(match[1]) + (1 if match[2] else 0)
    return {"attempts": attempts, "within": Span.parse(match[3]), **({} if share is None else {"target": share})}


def _or_none(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in (*_NONE, "enough") else value


def _closed(value: object) -> object:
    """Read ``2027-07-12..2027-07-16, 2027-12-24`` as a list, or none."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NONE):
        return ()
    return [day.strip() for day in value.split(",")] if isinstance(value, str) else value


def _one_off(value: object) -> object:
    return value.strip().lower().replace("-", "_").replace(" ", "_") if isinstance(value, str) else value


class Answers(Part):
    """What a company says of itself; each answer is one that its CRM or payroll knows."""

    country: Annotated[Country | None, BeforeValidator(_or_none)]
    """Country whose public holidays close the company, two letters, or none"""
    zone: Zone
    """Its time zone"""
    currency: Currency
    """Currency of its money, three letters"""
    dollar_rate: Positive | None
    """What one US dollar is worth in that currency; costs that you need not give are known in dollars"""
    starts_on: Date
    """First day of the year that is planned"""
    handed_per_month: Annotated[
        dict[str, Annotated[Positive, Field(le=1e6)]], BeforeValidator(_by_source), Field(min_length=1)
    ]
    """Leads that marketing hands to sales in a month, by source, such as: organic 150, demo request 90"""
    outside_share: Annotated[Share, Field(le=0.95)]
    """Share of leads that come outside the reps' days and hours"""
    reps: Annotated[Count, Field(ge=1, le=10_000)]
    """SDRs who follow them up"""
    hours: Annotated[tuple[str, str], BeforeValidator(_working_hours)]
    """Their days and hours"""
    closed: Annotated[Dates, BeforeValidator(_closed)]
    """Further days without work, such as: 2027-07-12..2027-07-16, 2027-12-24; or none"""
    inbound_share: Annotated[Share, Field(ge=0.01)]
    """Share of the reps' day that is meant for these leads"""
    dials_per_rep_day: Annotated[Positive, Field(le=1000)]
    """Dials that a rep makes in a day, on all of the work"""
    dials_per_conversation: Annotated[Positive, Field(le=10_000)]
    """Dials that it takes for one conversation, on these leads"""
    attempts: Annotated[Count, Field(ge=1, le=20)]
    """Attempts before they give a lead up"""
    conversation_to_opportunity: ShareBySource
    """Share of conversations that become an opportunity; one for all, or by source, such as: organic 22 %, demo 34 %"""
    win_rate: ShareBySource
    """Share of opportunities that are won; one for all, or by source"""
    deal_value: Money
    """Value of a won deal, in its first year where it recurs"""
    revenue: Annotated[Literal["recurring", "one_off"], BeforeValidator(_one_off)]
    """Whether a customer pays that every year or once: recurring or one-off"""
    gross_margin: Share
    """Gross margin: what of a deal is left after what is sold was made, bought or run"""
    days_to_win: Annotated[Positive, Field(le=3650)]
    """Days from an opportunity to a won deal, half are faster"""
    account_executives: Annotated[Annotated[Count, Field(ge=1, le=10_000)] | None, BeforeValidator(_or_none)]
    """Account executives who close the deals, or enough for the opportunities there will be"""
    promise: Annotated[SpeedPromise, BeforeValidator(_speed)]
    """What sales promises for the first attempt, such as: 6 business hours for 90 %"""
    follow_up: Annotated[DepthPromise | None, BeforeValidator(_depth)]
    """What sales promises for following up, such as: 4 attempts in 10 business days for 85 %; or none"""

    def opportunity_share(self, source: str) -> float:
        """Share of a source's conversations that become an opportunity."""
        said = self.conversation_to_opportunity
        return said[_folded(source)] if isinstance(said, dict) else said

    def win_share(self, source: str) -> float:
        """Share of a source's opportunities that are won."""
        return self.win_rate[_folded(source)] if isinstance(self.win_rate, dict) else self.win_rate


@dataclass(frozen=True)
class Interview:
    """Answers, and where each comes from.

    Parameters
    ----------
    answers
        What was said, defaults filled in.
    origins
        By question ``answered``, what it ``follows from``, or what was ``assumed``.
    """

    answers: Answers
    origins: Mapping[str, str]


_BASELINE = "the baseline company"
_DEFAULTS: dict[str, tuple[str, str]] = {
    "handed_per_month": ("organic 154, paid search 114, demo request 90, referral 58", _BASELINE),
    "outside_share": ("38 %", "E23: 38 % of forms"),
    "reps": ("8", _BASELINE),
    "hours": ("mon-fri 09:00-17:00", _BASELINE),
    "closed": ("none", _BASELINE),
    "inbound_share": ("40 %", "E28: 22 to 45 %"),
    "dials_per_rep_day": ("50", "E37: 50 to 80"),
    "dials_per_conversation": ("14", "E14 has 10; leads that waited take more"),
    "attempts": ("6", "E13, E22"),
    "conversation_to_opportunity": ("22 %", "E31: 14 to 31 % of leads"),
    "win_rate": ("20 %", "E32: 15 to 30 %"),
    "revenue": ("recurring", _BASELINE),
    "days_to_win": ("60", "E34"),
    "account_executives": ("enough", "25 open deals each"),
    "promise": ("6 business hours for 90 %", _BASELINE),
    "follow_up": ("none", _BASELINE),
}
_DEAL_DOLLARS = 25_000


def defaults(given: Mapping[str, Any], *, today: dt.date) -> dict[str, tuple[str, str]]:
    """Return what Enter keeps for each question, as it would be typed, and where it comes from.

    What is said of one thing tells the likely answer to another: a zone its country, a country its zone and currency.

    Parameters
    ----------
    given
        What is answered so far.
    today
        The plan begins on the next first of January.
    """
    country, zone = str(given.get("country") or ""), str(given.get("zone") or "")
    of_zone = next((code for code, zones in zones_by_country().items() if zone in zones), None)
    country = country.upper().partition("-")[0] if "country" in given else of_zone or "US"
    zones = zones_by_country().get(country, ())
    named = named_currency(given.get("deal_value"))
    local = next(iter(get_territory_currencies(country)), None) if "country" in given and zones else None
    money = named or local or DOLLARS
    currency = str(given.get("currency") or money)
    rate = given.get("dollar_rate")
    goods = str(_one_off(given.get("revenue"))) == "one_off"
    value = _DEAL_DOLLARS if currency == DOLLARS or not isinstance(rate, int | float) else _DEAL_DOLLARS * rate
    found = {
        "country": (country, "the time zone" if of_zone else _BASELINE),
        "zone": (zones[0] if zones and country != "US" else "America/New_York", "the country" if zones else _BASELINE),
        "currency": (money, "the deal's value" if named else "the country" if local else _BASELINE),
        "dollar_rate": ("1" if currency == DOLLARS else "", "the currency"),
        "starts_on": (dt.date(today.year + 1, 1, 1).isoformat(), "the next first of January"),
        "deal_value": (f"{value:.10g}", "E34: $25k"),
        "gross_margin": ("40 %", "goods, not software") if goods else ("80 %", "software"),
        **_DEFAULTS,
    }
    return {name: found[name] for name in Answers.model_fields}


def questions() -> dict[str, str]:
    """Return every question by its name."""
    return {name: str(field.description or name) for name, field in Answers.model_fields.items()}


def read_answers(given: Mapping[str, Any], *, today: dt.date, origins: Origins | None = None) -> Interview:
    """Return checked answers; a question without one keeps its default.

    Raises
    ------
    InputError
        With every answer that cannot be, or that contradicts another.
    """
    where = dict(origins or {})
    kept = defaults(given, today=today)
    data: dict[str, Any] = {name: _typed(name, text) for name, (text, _) in kept.items()} | dict(given)
    if data["currency"] == DOLLARS:
        data["dollar_rate"] = 1.0
    elif data["dollar_rate"] is None and data["currency"] in currency_codes():
        rule = f"is needed: what one US dollar is worth in {data['currency']}, for costs that are known in dollars"
        raise InputError([problem_at(("dollar_rate",), rule, origins=where)])
    data = settled(data, Answers, currency=data["currency"], rates={DOLLARS: data["dollar_rate"]}, origins=where)
    try:
        answers = Answers.model_validate(data)
    except ValidationError as error:
        raise InputError(translate(error, model=Answers, data=data, origins=where)) from None
    broken = contradictions(answers)
    if broken:
        raise InputError([problem_at((path,), rule, origins=where, value=data[path]) for path, rule in broken.items()])
    follows = {"the country", "the time zone", "the currency", "the deal's value"}
    told = {
        name: "answered" if name in given else f"follows from {why}" if why in follows else f"assumed: {why}"
        for name, (_, why) in kept.items()
    }
    return Interview(answers, told)


def _typed(name: str, text: str) -> Any:
    """Return an answer as typed text, or as the number that it stands for."""
    if name == "dollar_rate" and not text:
        return None
    return text if name in TEXTS else parse_value(text, name=name)


TEXTS = {
    "country", "zone", "currency", "starts_on", "handed_per_month", "hours", "closed", "revenue", "promise",
    "follow_up", "conversation_to_opportunity", "win_rate", "account_executives",
}  # fmt: skip
"""Questions whose answers are words, or numbers with words."""


def contradictions(answers: Answers) -> dict[str, str]:
    """Return the answers that contradict others, with the rule that each breaks."""
    found = {}
    best, met = best_reach(answers.attempts), met_share()
    if answers.dials_per_conversation < 1.0:
        found["dials_per_conversation"] = (
            "there cannot be more conversations than dials; give at least 1, and 3 to 10 is usual"
        )
    elif 1.0 / answers.dials_per_conversation > best:
        found["dials_per_conversation"] = (
            f"{answers.attempts} attempts lead to at most one conversation in {1 / best:.2f} dials, because "
            f"{1 - REACHABLE:.0%} of leads are out of reach; give at least {math.ceil(100 / best) / 100:.2f}"
        )
    shares = answers.conversation_to_opportunity
    for key in ("conversation_to_opportunity", "win_rate"):
        said = getattr(answers, key)
        sources = {_folded(name) for name in answers.handed_per_month}
        if isinstance(said, dict) and set(said) != sources:
            apart = ", ".join(sorted(sources ^ set(said))).replace("_", " ")
            found[key] = f"must name the sources of handed_per_month, each once; look at {apart}"
    highest = max(shares.values(), default=0.0) if isinstance(shares, dict) else shares
    if highest > met:
        found["conversation_to_opportunity"] = (
            f"only {met:.0%} of meetings take place, so no more conversations can become an opportunity"
        )
    elif highest / met > INSIDE:
        found["conversation_to_opportunity"] = (
            f"must be at most {INSIDE * met:.0%}: three leads of ten are taken to lie outside the profile, and a fifth "
            "of those qualify"
        )
    if answers.follow_up is not None and answers.follow_up.attempts > answers.attempts:
        found["follow_up"] = (
            f"promises {answers.follow_up.attempts} attempts, and reps give a lead up after {answers.attempts}; "
            "say more attempts, or promise fewer"
        )
    opens, closes = parse_hours(answers.hours[1])
    if answers.outside_share > 0 and closes - opens == 1440 and len(expand_days(answers.hours[0])) == 7:
        found["outside_share"] = "no lead can come outside of hours that never end; answer 0 %"
    return found
