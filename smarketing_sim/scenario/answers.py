"""What a company says of itself: answers that its CRM and payroll know, as people type them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from smarketing_sim.scenario import phrases
from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import Zone
from smarketing_sim.scenario.countries import Country
from smarketing_sim.scenario.currency import Currency
from smarketing_sim.scenario.dates import Date
from smarketing_sim.scenario.holidays import Dates
from smarketing_sim.scenario.marketing import Monthly
from smarketing_sim.scenario.units import Count, Minutes, Money, Positive, Share, Span

OWN_FIGURE = "own figure"
"""The source of what a company said of itself."""


def _of_some_month(months: tuple[float, ...]) -> tuple[float, ...]:
    if len(months) not in (1, 12):
        raise ValueError(f"must be one number, or twelve, January first, not {len(months)}")
    if not sum(months) > 0.0:
        raise ValueError("must be above 0 in some month")
    return months


OneOrTwelve = Annotated[Monthly, AfterValidator(_of_some_month)]
ShareBySource = Annotated[Share | dict[str, Share], BeforeValidator(phrases.shares_by_source)]


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


class Answers(Part):
    """What a company says of itself; each answer is one that its CRM or payroll knows."""

    country: Annotated[Country | None, BeforeValidator(phrases.or_none)]
    """Country whose public holidays close the company, two letters, or none"""
    zone: Zone
    """Its time zone"""
    currency: Currency
    """Currency of its money, three letters"""
    dollar_rate: Positive | None
    """What one US dollar is worth in that currency; costs that you need not give are known in dollars"""
    starts_on: Date
    """First day of the year that is planned"""
    handed_per_month: Annotated[dict[str, OneOrTwelve], BeforeValidator(phrases.by_source), Field(min_length=1)]
    """Leads that marketing hands to sales in a month, by source, such as: organic 150, demo request 90"""
    lead_cost: dict[str, Money]
    """What media and programmes cost for one of these leads; one amount for all, or by source, such as: organic 150"""
    outside_share: Annotated[Share, Field(le=0.95), BeforeValidator(phrases.share)]
    """Share of leads that come outside the reps' days and hours"""
    handoff_delay: Annotated[Minutes, BeforeValidator(phrases.age)]
    """Time until a rep can see a lead that just came, such as: 10 minutes"""
    reps: Annotated[Count, Field(ge=1, le=10_000), BeforeValidator(phrases.number)]
    """reps who follow them up"""
    hours: Annotated[tuple[str, str], BeforeValidator(phrases.working_hours)]
    """Their days and hours"""
    closed: Annotated[Dates, BeforeValidator(phrases.closed)]
    """Further days without work, such as: 2027-07-12..2027-07-16, 2027-12-24; or none"""
    rep_cost: Money
    """What one of them costs a year, with all that goes with a wage"""
    inbound_share: Annotated[Share, Field(ge=0.01), BeforeValidator(phrases.share)]
    """Share of the reps' day that is meant for these leads"""
    dials_per_rep_day: Annotated[Positive, Field(le=1000), BeforeValidator(phrases.number)]
    """Dials that a rep makes in a day, on all of the work"""
    dials_per_conversation: Annotated[Positive, Field(le=10_000), BeforeValidator(phrases.number)]
    """Dials that it takes for one conversation, on these leads"""
    attempts: Annotated[Count, Field(ge=1, le=20), BeforeValidator(phrases.number)]
    """Attempts before they give a lead up"""
    give_up_after: Annotated[Annotated[Minutes, Field(gt=0)] | None, BeforeValidator(phrases.age)]
    """Age at which reps give up a lead that still waits, such as: 21 days; or never"""
    conversation_to_opportunity: ShareBySource
    """Share of conversations that become an opportunity; one for all, or by source, such as: organic 22%, demo 34%"""
    win_rate: ShareBySource
    """Share of opportunities that are won; one for all, or by source"""
    deal_value: Money
    """Value of a won deal, in its first year where it recurs"""
    revenue: Annotated[Literal["recurring", "one_off"], BeforeValidator(phrases.one_off)]
    """Whether a customer pays that every year or once: recurring or one-off"""
    gross_margin: Annotated[Share, BeforeValidator(phrases.share)]
    """Gross margin: what of a deal is left after what is sold was made, bought or run"""
    days_to_win: Annotated[Positive, Field(le=3650), BeforeValidator(phrases.days)]
    """Days from an opportunity to a won deal, half are faster"""
    account_executives: Annotated[Annotated[Count, Field(ge=1, le=10_000)] | None, BeforeValidator(phrases.or_none)]
    """Account executives who close the deals, or enough for the opportunities there will be"""
    ae_cost: Money
    """What one of them costs a year, with all that goes with a wage"""
    promise: Annotated[SpeedPromise, BeforeValidator(phrases.speed)]
    """What sales promises for the first attempt, such as: 6 business hours for 90%"""
    follow_up: Annotated[DepthPromise | None, BeforeValidator(phrases.depth)]
    """What sales promises for following up, such as: 4 attempts in 10 business days for 85%; or none"""
    leads_promised: Annotated[Annotated[Positive, Field(le=1e6)] | None, BeforeValidator(phrases.leads_promised)]
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
        return self.lead_cost[phrases.folded(source)]

    def opportunity_share(self, source: str) -> float:
        """Share of a source's conversations that become an opportunity."""
        said = self.conversation_to_opportunity
        return said[phrases.folded(source)] if isinstance(said, dict) else said

    def win_share(self, source: str) -> float:
        """Share of a source's opportunities that are won."""
        return self.win_rate[phrases.folded(source)] if isinstance(self.win_rate, dict) else self.win_rate
