"""The marketing side of a scenario: sources, campaigns, scoring, handoff, and how fast interest fades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import ArrivalProfile
from smarketing_sim.scenario.dates import Date
from smarketing_sim.scenario.decay import DecayPreset, decay_presets
from smarketing_sim.scenario.units import Count, Factor, Minutes, Money, NotNegative, Positive, Ratio, Share

MAX_MONTHS = 240
Outcome = Literal["contact", "qualify", "win"]


def _one_or_more(value: object) -> object:
    numbers = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(numbers) <= MAX_MONTHS:
        raise ValueError(f"must be one number, or a list of at most {MAX_MONTHS} months, not {len(numbers)}")
    return numbers


Monthly = Annotated[
    tuple[Annotated[NotNegative, Field(le=1e12)], ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"type": ["number", "array"], "items": {"type": "number"}}),
]


class Scoring(Part):
    """How well marketing's score sees which leads would qualify."""

    auc: Annotated[Share, Field(ge=0.5, lt=1)] = 0.7
    """Chance that a lead that would qualify outscores one that would not, within a source."""
    spread: Annotated[Positive, Field(le=10)] = 1.0
    """How unlike leads are: standard deviation of the latent propensity, on the probit scale."""


class Curve(Part):
    """How interest fades while a lead waits."""

    preset: str = "medium"
    """A published curve: steep, strong, medium, mild, flat_day; none; or custom with points."""
    points: tuple[tuple[Minutes, Share], ...] | None = None
    """A curve of one's own: [age, value] pairs, linear in between, with preset: custom."""

    @model_validator(mode="after")
    def _curve_exists(self) -> Self:
        if (self.preset == "custom") != (self.points is not None):
            raise ValueError("points go with preset: custom, and preset: custom needs points")
        known = (*decay_presets(), "none", "custom")
        if self.preset not in known:
            raise ValueError(f"unknown decay preset '{self.preset}'; known are {', '.join(known)}")
        if self.points is not None:
            try:
                DecayPreset.from_points(self.points)
            except InputError as fault:
                raise ValueError(str(fault)) from None
        return self

    @property
    def curve(self) -> DecayPreset | None:
        """The curve itself, or None where age does not matter."""
        if self.points is not None:
            return DecayPreset.from_points(self.points)
        return None if self.preset == "none" else decay_presets()[self.preset]


class Source(Part):
    """One place that leads come from."""

    leads_per_month: Monthly | None = None
    """Leads created in a month: one number for a mean month, or twelve, January first, that hold in every year."""
    visits_per_month: Monthly | None = None
    """Visits in a month, where leads are a share of visits."""
    months_from: Date | None = None
    """First month of a list that is a course, of any length: its first month holds before it, its last one after it."""
    visit_to_lead_share: Share | None = None
    """Share of visits that become a lead."""
    handed_share: Share = 1.0
    """Share of leads at or above the handoff score of 50, so handed to sales at today's threshold."""
    action_share: Share = 0.0
    """Share of leads that take the agreed action, such as asking for a demo."""
    cost_per_handed: Money = 0.0
    """Media and programme cost of one handed lead at today's threshold."""
    qualify_prob: Share
    """Chance that a handed lead, once reached, qualifies; the mean over today's handed leads."""
    win_prob: Share
    """Chance that an opportunity is won."""
    promise_match: Factor = 1.0
    """Factor on the win chance: below 1 where marketing promised what the product does not keep."""
    personas: dict[str, Share] | None = None
    """Persona mix of this source, where it differs from the company's."""
    profile: ArrivalProfile | None = None
    """Hours and weekdays of this source, where they differ from the company's."""
    in_profile_share: Share | None = None
    """Share of its leads inside the ideal client profile, where it differs from the company's."""
    reachable_share: Share | None = None
    """Share of its leads that can be reached at all, where it differs from the company's."""
    scoring: Scoring | None = None
    """How good the score is on its leads, where it differs from the company's."""
    decay: Curve | None = None
    """How its leads cool, where that differs from the company's; what waiting spoils is said there."""

    @model_validator(mode="after")
    def _one_volume(self) -> Self:
        direct, visits = self.leads_per_month is not None, self.visits_per_month is not None
        if direct == visits:
            raise ValueError("give either leads_per_month, or visits_per_month with visit_to_lead_share")
        if visits and self.visit_to_lead_share is None:
            raise ValueError("visits_per_month needs visit_to_lead_share")
        if direct and self.visit_to_lead_share is not None:
            raise ValueError("visit_to_lead_share needs visits_per_month")
        return self

    @property
    def volume_column(self) -> str:
        """The key that says how much comes from it."""
        return "visits_per_month" if self.leads_per_month is None else "leads_per_month"

    @property
    def monthly_leads(self) -> tuple[float, ...]:
        """Leads by calendar month as twelve numbers, or one number for a mean month."""
        if self.leads_per_month is not None:
            return self.leads_per_month
        return tuple(visits * (self.visit_to_lead_share or 0.0) for visits in self.visits_per_month or ())

    @property
    def mean_monthly_leads(self) -> float:
        """Leads in a mean month."""
        return sum(self.monthly_leads) / len(self.monthly_leads)

    @property
    def mean_monthly_handed(self) -> float:
        """Leads handed over in a mean month; campaigns and those that come back not counted."""
        return self.mean_monthly_leads * self.handed_share


class Campaign(Part):
    """A burst of extra leads on one source; they carry the source's mix and the campaign's name."""

    source: str
    """The source whose quality and profile the extra leads have."""
    starts_on: Date
    """First day of the burst."""
    first_week_leads: NotNegative
    """Expected extra leads in the first week."""
    weekly_decay: Share = 0.5
    """What is left of a week's burst in the week after."""
    weeks: Annotated[Count, Field(le=520)] = 2
    """How many weeks the burst lasts."""
    cost: Money = 0.0
    """What the burst costs beside the usual media."""


class Intelligence(Part):
    """What marketing knows about a lead and passes on with it."""

    passed_share: Share = 0.0
    """Share of handed leads that arrive with it."""
    preparation_factor: Factor = 1.0
    """Factor on preparation minutes where it was passed on."""
    qualify_factor: Factor = 1.0
    """Factor on the chance to qualify where it was passed on."""


class Handoff(Part):
    """The agreed point at which a lead becomes an MQL and goes to sales."""

    on: Literal["score", "action", "either", "both"] = "score"
    """What makes a lead an MQL: the score, an action, either of them, or both."""
    score_at_least: NotNegative = 50.0
    """Score threshold; 50 is the point at which each source's handed_share holds."""
    system_delay: Minutes = 0.0
    """Time from MQL to the rep's queue: routing, sync, enrichment."""
    intelligence: Intelligence = Intelligence()
    """What is passed on with a lead."""


class Nurture(Part):
    """Leads below the handoff point wait here and may come back."""

    return_share: Share = 0.0
    """Share of nurtured leads that come back and are handed over."""
    return_after: Minutes = 43200.0
    """Mean time until they come back, exponential."""
    keep: Minutes = 259200.0
    """How long a lead is nurtured before it is given up."""


class Duplicates(Part):
    """Second records of a lead that is already there; reps find out when they reach the person."""

    share: Share = 0.0
    """Duplicates per lead handed over."""
    lag: Minutes = 10080.0
    """Mean time between the lead and its duplicate, exponential."""


class Persona(Part):
    """A kind of buyer."""

    share: Share
    """Share of leads."""
    deal_value: Money
    """Mean first-year value of a won deal."""
    deal_value_cv: Ratio = 0.6
    """Standard deviation of deal values over their mean; values are lognormal."""
    qualify_factor: Factor = 1.0
    """Factor on the chance to qualify."""
    win_factor: Factor = 1.0
    """Factor on the chance to win."""
    segment: str = ""
    """Segment that clauses and territories can name; the persona's own name where left out."""


class Decay(Curve):
    """How the value of a first attempt falls with the lead's age: the most contested belief in the field."""

    outcomes: tuple[Outcome, ...] | None = None
    """What a late first attempt spoils; where left out, what the preset's study measured."""
    clock: Literal["first_attempt", "each_attempt"] = "first_attempt"
    """Whose age counts: only the first attempt's, or (stricter) each attempt's."""

    @property
    def spoils(self) -> tuple[Outcome, ...]:
        """Outcomes that a cold lead no longer reaches."""
        if self.outcomes is not None or self.preset == "none":
            return self.outcomes or ()
        curve = self.curve
        return () if curve is None else (curve.outcome,)


@dataclass(frozen=True)
class Audience:
    """Who comes from a source: how many fit and can be reached, and how well the score sees who would qualify."""

    in_profile_share: float
    reachable_share: float
    scoring: Scoring


class Marketing(Part):
    """Where leads come from and when they reach sales."""

    sources: Annotated[dict[str, Source], Field(min_length=1)]
    """Lead sources by name."""
    campaigns: dict[str, Campaign] = {}
    """Bursts by name."""
    profile: ArrivalProfile = ArrivalProfile()
    """When in the week leads arrive."""
    season: tuple[Factor, ...] = (1.0,) * 12
    """Factor on volume by calendar month, January first."""
    day_effect_shape: Annotated[Positive, Field(ge=0.01)] | None = None
    """Gamma shape of good and bad days, shared by all sources; smaller is noisier, null is plain Poisson."""
    in_profile_share: Share = 1.0
    """Share of leads inside the ideal client profile; only these are accepted by sales."""
    out_of_profile_factor: Share = 0.0
    """Factor on the chance to qualify outside the profile."""
    reachable_share: Share = 1.0
    """Share of leads that can be reached at all."""
    bad_number_share: Share = 0.0
    """Share of unreachable leads whose first phone attempt shows that the number is wrong."""
    scoring: Scoring = Scoring()
    """How good the score is."""
    handoff: Handoff = Handoff()
    """When a lead goes to sales."""
    nurture: Nurture = Nurture()
    """What happens below that point."""
    duplicates: Duplicates = Duplicates()
    """Second records."""
    patience_mean: Minutes | None = None
    """Mean patience of a waiting lead, exponential; null means that none leaves the queue."""

    @model_validator(mode="after")
    def _season_is_a_year(self) -> Self:
        if len(self.season) != 12:
            raise ValueError(f"season must list twelve factors, January first, not {len(self.season)}")
        return self

    @property
    def audiences(self) -> dict[str, Audience]:
        """Who comes from each source: as the source says, else as the company says."""
        return {
            name: Audience(
                self.in_profile_share if source.in_profile_share is None else source.in_profile_share,
                self.reachable_share if source.reachable_share is None else source.reachable_share,
                source.scoring or self.scoring,
            )
            for name, source in self.sources.items()
        }
