"""What a company says of itself: answers that its CRM and payroll know, as people type them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import Zone, expand_days
from smarketing_sim.scenario.countries import Country
from smarketing_sim.scenario.currency import Currency
from smarketing_sim.scenario.dates import Date
from smarketing_sim.scenario.documents import parse_value
from smarketing_sim.scenario.holidays import Dates
from smarketing_sim.scenario.marketing import Monthly
from smarketing_sim.scenario.units import WALL_MINUTES, Count, Minutes, Money, Positive, Share, Span, parse_hours

OWN_FIGURE = "own figure"
"""The source of what a company said of itself."""
_NONE = ("none", "-", "")
_FOR_SHARE = re.compile(r"^(.*?)(?:\s+for\s+(\S.*))?$")
_NAMED = re.compile(r"([\w -]*?)\s*[=: ]\s*((?:[A-Z]{3}\s|[$€£])?\s*[0-9.]+(?:\s*%|k|m)?)")
_ATTEMPTS = re.compile(r"^\s*(\d+)\s+(more\s+)?attempts?\s+(?:in|within)\s+(.+)$", re.IGNORECASE)
_LEADS = re.compile(r"^\s*(\d[\d.,]*)(?:\s+leads?)?(?:\s+(?:a|per)\s+month)?\s*$", re.IGNORECASE)
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def by_source(value: object) -> object:
    """Read ``organic 150, demo request 90`` as a mapping; a single value stays as it is."""
    if not isinstance(value, str):
        _hold_apart(list(value) if isinstance(value, Mapping) else [])
        return value
    found: list[tuple[str, object]] = []
    for part in filter(None, (piece.strip() for piece in re.split("[,;]", value))):
        words = _NAMED.fullmatch(part)
        if words is None or not words[1].strip():
            raise ValueError("must be sources with their numbers, such as 'organic 150, demo request 90'")
        found.append((folded(words[1]), parse_value(words[2], name="answers")))
    _hold_apart([name for name, _ in found])
    return dict(found)


def each_by_source(value: object) -> object:
    """Read ``22%`` or ``$200`` for all sources, or ``organic 22%, demo request 34%``, by folded name."""
    alone = isinstance(value, str) and re.match(r"\s*([-+0-9.]|[A-Z]{3}\s|[$€£])", value)
    said = value if alone else by_source(value)
    return {folded(name): share for name, share in said.items()} if isinstance(said, Mapping) else said


def folded(name: object) -> str:
    """Return a source's name as it is when letters and spaces are taken to be alike."""
    return "_".join(str(name).lower().split())


def _hold_apart(names: list[str]) -> None:
    """Refuse names that are one but for capital letters and spaces: the leads of one of them would be lost."""
    alike = [folded(name) for name in names]
    twice = next((name for name in alike if alike.count(name) > 1), None)
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


def _of_some_month(months: tuple[float, ...]) -> tuple[float, ...]:
    if len(months) not in (1, 12):
        raise ValueError(f"must be one number, or twelve, January first, not {len(months)}")
    if not sum(months) > 0.0:
        raise ValueError("must be above 0 in some month")
    return months


OneOrTwelve = Annotated[Monthly, AfterValidator(_of_some_month)]
ShareBySource = Annotated[Share | dict[str, Share], BeforeValidator(each_by_source)]


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
    """Read ``2 business hours for 95%``."""
    if not isinstance(value, str):
        return value
    within, share = _FOR_SHARE.match(_in_digits(value)).groups()  # type: ignore[union-attr]
    return {"within": Span.parse(within), **({} if share is None else {"target": share})}


def _depth(value: object) -> object:
    """Read ``4 attempts in 10 business days for 85%``, where 3 more attempts are four, or none."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NONE):
        return None
    if not isinstance(value, str):
        return value
    words, share = _FOR_SHARE.match(_in_digits(value)).groups()  # type: ignore[union-attr]
    match = _ATTEMPTS.match(words)
    if match is None:
        forms = "'4 attempts in 10 business days for 85%' or '3 more attempts in 10 days'"
        raise ValueError(f"must be attempts in a time, such as {forms}, or none")
    attempts = int(match[1]) + (1 if match[2] else 0)
    return {"attempts": attempts, "within": Span.parse(match[3]), **({} if share is None else {"target": share})}


def _or_none(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in (*_NONE, "enough", "never") else value


def _in_digits(text: str) -> str:
    """Return a text with its numbers up to twelve in digits."""

    def digits(word: re.Match[str]) -> str:
        return str(_NUMBERS.index(word[0].lower()) + 1) if word[0].lower() in _NUMBERS else word[0]

    return re.sub("[A-Za-z]+", digits, text)


def _leads_promised(value: object) -> object:
    """Read ``90 leads a month`` as their number, or none."""
    value = _or_none(value)
    if not isinstance(value, str):
        return value
    words = _LEADS.match(_in_digits(value))
    if words is None:
        raise ValueError("must be leads a month, such as 90, or none")
    return parse_value(words[1].replace(",", ""), name="answers")


def _in_days(value: object) -> object:
    """Read ``2 months`` as days; a number is days already."""
    if not isinstance(value, str):
        return value
    span = Span.parse(f"{value} days" if re.fullmatch(r"\s*[0-9.]+\s*", value) else value)
    if span.business:
        raise ValueError("is told by the calendar; answer for example '60 days' or '2 months'")
    return span.minutes(WALL_MINUTES) / WALL_MINUTES["day"]


def _closed(value: object) -> object:
    """Read ``2027-07-12..2027-07-16, 2027-12-24`` as a list, or none."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NONE):
        return ()
    return [day.strip() for day in value.split(",")] if isinstance(value, str) else value


def one_off(value: object) -> object:
    """Read ``One-off`` as ``one_off``."""
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
    handed_per_month: Annotated[dict[str, OneOrTwelve], BeforeValidator(by_source), Field(min_length=1)]
    """Leads that marketing hands to sales in a month, by source, such as: organic 150, demo request 90"""
    lead_cost: dict[str, Money]
    """What media and programmes cost for one of these leads; one amount for all, or by source, such as: organic 150"""
    outside_share: Annotated[Share, Field(le=0.95)]
    """Share of leads that come outside the reps' days and hours"""
    reps: Annotated[Count, Field(ge=1, le=10_000)]
    """reps who follow them up"""
    hours: Annotated[tuple[str, str], BeforeValidator(_working_hours)]
    """Their days and hours"""
    closed: Annotated[Dates, BeforeValidator(_closed)]
    """Further days without work, such as: 2027-07-12..2027-07-16, 2027-12-24; or none"""
    rep_cost: Money
    """What one of them costs a year, with all that goes with a wage"""
    inbound_share: Annotated[Share, Field(ge=0.01)]
    """Share of the reps' day that is meant for these leads"""
    dials_per_rep_day: Annotated[Positive, Field(le=1000)]
    """Dials that a rep makes in a day, on all of the work"""
    dials_per_conversation: Annotated[Positive, Field(le=10_000)]
    """Dials that it takes for one conversation, on these leads"""
    attempts: Annotated[Count, Field(ge=1, le=20)]
    """Attempts before they give a lead up"""
    give_up_after: Annotated[Annotated[Minutes, Field(gt=0)] | None, BeforeValidator(_or_none)]
    """Age at which reps give up a lead that still waits, such as: 21 days; or never"""
    conversation_to_opportunity: ShareBySource
    """Share of conversations that become an opportunity; one for all, or by source, such as: organic 22%, demo 34%"""
    win_rate: ShareBySource
    """Share of opportunities that are won; one for all, or by source"""
    deal_value: Money
    """Value of a won deal, in its first year where it recurs"""
    revenue: Annotated[Literal["recurring", "one_off"], BeforeValidator(one_off)]
    """Whether a customer pays that every year or once: recurring or one-off"""
    gross_margin: Share
    """Gross margin: what of a deal is left after what is sold was made, bought or run"""
    days_to_win: Annotated[Positive, Field(le=3650), BeforeValidator(_in_days)]
    """Days from an opportunity to a won deal, half are faster"""
    account_executives: Annotated[Annotated[Count, Field(ge=1, le=10_000)] | None, BeforeValidator(_or_none)]
    """Account executives who close the deals, or enough for the opportunities there will be"""
    ae_cost: Money
    """What one of them costs a year, with all that goes with a wage"""
    promise: Annotated[SpeedPromise, BeforeValidator(_speed)]
    """What sales promises for the first attempt, such as: 6 business hours for 90%"""
    follow_up: Annotated[DepthPromise | None, BeforeValidator(_depth)]
    """What sales promises for following up, such as: 4 attempts in 10 business days for 85%; or none"""
    leads_promised: Annotated[Annotated[Positive, Field(le=1e6)] | None, BeforeValidator(_leads_promised)]
    """Leads that marketing promises to hand over in a month, from all sources together; or none"""

    @property
    def leads_by_source(self) -> dict[str, float]:
        """Leads handed over in a mean month, by source."""
        return {name: sum(months) / len(months) for name, months in self.handed_per_month.items()}

    @property
    def leads_per_month(self) -> float:
        """Leads handed over in a mean month."""
        return sum(self.leads_by_source.values())

    def source_cost(self, source: str) -> float:
        """Media and programme cost of a lead from a source."""
        return self.lead_cost[folded(source)]

    def opportunity_share(self, source: str) -> float:
        """Share of a source's conversations that become an opportunity."""
        said = self.conversation_to_opportunity
        return said[folded(source)] if isinstance(said, dict) else said

    def win_share(self, source: str) -> float:
        """Share of a source's opportunities that are won."""
        return self.win_rate[folded(source)] if isinstance(self.win_rate, dict) else self.win_rate
