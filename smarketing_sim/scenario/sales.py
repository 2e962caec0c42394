"""The sales side of a scenario: the team, its hours, the cadence, the queue, routing and the deals after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import WeekHours, WeeklyMeeting, Zone
from smarketing_sim.scenario.contract import MAX_ATTEMPTS
from smarketing_sim.scenario.dates import Date
from smarketing_sim.scenario.queue_orders import ORDERS
from smarketing_sim.scenario.reach_curve import reach_hazard
from smarketing_sim.scenario.units import Count, Factor, Minutes, Money, NotNegative, Positive, Ratio, Share, Span

if TYPE_CHECKING:
    OrderName = str
else:
    OrderName = Literal[tuple(ORDERS)]

Pace = Annotated[Positive, Field(ge=0.01, le=100)]


class MarketingTime(Part):
    """How a rep's open time is split between marketing's leads and other work."""

    share: Annotated[Share, Field(ge=0.01)] = 1.0
    """Share of open time for marketing's leads."""
    form: Literal["interleaved", "blocks", "dedicated_rota"] = "interleaved"
    """After each attempt other work is owed; or one block a day; or whole days in turn."""
    block_starts: Literal["first", "last"] = "first"
    """Where in the day the block lies, with form: blocks."""


class Ramp(Part):
    """How a new rep grows to full speed."""

    months: Annotated[Count, Field(le=120)] = 0
    """Months until full speed."""
    start_share: Annotated[Share, Field(ge=0.01)] = 0.5
    """Speed in the first month; it grows by equal steps each month."""


class Hires(Part):
    """Which reps are new: they start on a day, and ramp."""

    in_place: Count | None = None
    """Reps who are there already; those with higher numbers are hired. All are there where left out."""
    starts_on: Date | None = None
    """First working day of those who are hired."""
    one_off: Money = 0.0
    """Cost once of each hire."""

    @model_validator(mode="after")
    def _a_day_is_named(self) -> Self:
        if self.in_place is not None and self.starts_on is None:
            raise ValueError("reps who are hired need a first working day: name starts_on beside in_place")
        return self


class Attrition(Part):
    """Reps who leave at a moment nobody knows, and are replaced: the successor ramps, and costs as a hire does."""

    leave_per_year: Annotated[Share, Field(lt=1)] = 0.0
    """Chance that a rep leaves within a year, at a constant rate; 0 means that all stay."""
    vacant: Minutes = 60480.0
    """Time until the successor's first day; the seat costs nothing until then."""


class Profile(Part):
    """What one rep is like; the team is ``headcount`` copies of it."""

    shift: WeekHours = {}
    """Working hours by weekday, breaks left out; the contract's hours where empty."""
    zone: Zone | None = None
    """Time zone of the rep; the contract's where left out."""
    meetings: tuple[WeeklyMeeting, ...] = ()
    """Weekly meetings."""
    marketing_time: MarketingTime = MarketingTime()
    """Time for marketing's leads."""
    leave_days_per_year: Annotated[Count, Field(le=260)] = 0
    """Working days of leave a year, taken in blocks of up to five."""
    pace: Pace = 1.0
    """Speed of work: minutes are divided by it."""
    skill: Annotated[Factor, Field(gt=0)] = 1.0
    """Factor on the chance to qualify."""
    weight: Factor = 1.0
    """Share of leads under weighted routing."""
    starts_on: Date | None = None
    """First working day; before the run where left out."""
    leaves_on: Date | None = None
    """First day no longer there."""


class RepOverride(Part):
    """What is different about one rep; what is left out is as the team has it."""

    shift: WeekHours | None = None
    """Working hours by weekday."""
    zone: Zone | None = None
    """Time zone."""
    meetings: tuple[WeeklyMeeting, ...] | None = None
    """Weekly meetings."""
    marketing_time: MarketingTime | None = None
    """Time for marketing's leads."""
    leave_days_per_year: Annotated[Count, Field(le=260)] | None = None
    """Working days of leave a year."""
    pace: Pace | None = None
    """Speed of work."""
    skill: Annotated[Factor, Field(gt=0)] | None = None
    """Factor on the chance to qualify."""
    weight: Factor | None = None
    """Share of leads under weighted routing."""
    starts_on: Date | None = None
    """First working day."""
    leaves_on: Date | None = None
    """First day no longer there."""


class Channel(Part):
    """One way to reach a lead."""

    preparation: Minutes = 0.0
    """Mean minutes to prepare an attempt."""
    no_answer: Minutes = 4.0
    """Mean minutes of an attempt that nobody answers."""
    voicemail: Minutes = 4.0
    """Mean minutes where a voicemail is left."""
    voicemail_share: Share = 0.0
    """Share of unanswered attempts that leave one."""
    talk: Minutes = 20.0
    """Mean minutes of a talk with its notes."""
    connect_factor: Factor = 1.0
    """Factor on the chance to connect."""
    counts_as_response: bool = True
    """Whether an attempt on it stops the clock of a speed clause."""


class Cadence(Part):
    """The plan of follow-up attempts, and when to stop."""

    max_attempts: Annotated[Count, Field(ge=1, le=MAX_ATTEMPTS)] = 1
    """How many attempts at most."""
    gaps: tuple[Span, ...] = ()
    """Pause after attempt 1, 2, …; the last one repeats."""
    channels: tuple[str, ...] = ("phone",)
    """Channel of attempt 1, 2, …; the last one repeats."""
    stop_when_rejected: bool = False
    """Whether a lead that sales does not accept is dropped after its first attempt."""
    drop_after: Minutes | None = None
    """Age since MQL above which a waiting lead is dropped instead of called."""

    def gap(self, attempt: int) -> Span:
        """Return the pause after attempt number ``attempt`` (from 1)."""
        return self.gaps[min(attempt, len(self.gaps)) - 1]

    def channel(self, attempt: int) -> str:
        """Return the channel of attempt number ``attempt`` (from 1)."""
        return self.channels[min(attempt, len(self.channels)) - 1]

    @model_validator(mode="after")
    def _gaps_are_there(self) -> Self:
        if self.max_attempts > 1 and not self.gaps:
            raise ValueError("more than one attempt needs gaps, such as ['1 day', '2 days']")
        if not self.channels:
            raise ValueError("channels must name at least one channel")
        return self


class Queue(Part):
    """Which waiting lead a free rep takes next."""

    order: OrderName = "oldest_due"
    """Oldest due first, newest first, contract deadline first, best score, or value times decay."""
    new_before_retries: bool = False
    """Whether a lead never called goes before every follow-up."""


class Takes(Part):
    """Which leads a territory takes; a field left out takes all."""

    source: str | None = None
    """A source by name."""
    persona: str | None = None
    """A persona by name."""
    segment: str | None = None
    """A segment by name."""


class Territory(Part):
    """A group of reps with leads of its own."""

    reps: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Numbers of its reps, from 1."""
    takes: Takes = Takes()
    """Leads that belong to it; the first territory that takes a lead has it."""


class Misroute(Part):
    """Leads that first go to the wrong owner."""

    share: Share = 0.0
    """Share of handed leads."""
    mend: Span = Span(1, "day", business=True)
    """Time until the mistake is mended; the promise's clock runs on."""


class Escalation(Part):
    """What happens when a promised first attempt is running late."""

    front_at_share: Share = 0.75
    """Share of the limit after which the lead goes to the front."""
    reassign_at_breach: bool = True
    """Whether any rep may take it once the limit is over."""


class Routing(Part):
    """Which rep gets which lead."""

    rule: Literal["pool", "round_robin", "weighted", "territory"] = "pool"
    """One shared queue; in turn; in turn by weight; or by territory."""
    if_absent: Literal["wait", "skip"] = "wait"
    """Whether a lead waits for a rep who is off that day, or goes to the next."""
    open_leads_cap: Annotated[Count, Field(ge=1)] | None = None
    """Leads a rep may hold at once under round robin and weights; null for no cap."""
    sticky_owner: bool = False
    """Whether follow-ups stay with the rep of the first attempt."""
    territories: dict[str, Territory] = {}
    """Territories by name, with rule: territory."""
    misroute: Misroute = Misroute()
    """Leads sent to the wrong owner."""
    escalation: Escalation | None = None
    """Late leads to the front; null for none."""


class Recording(Part):
    """How reps write down what came of a lead."""

    share: Share = 1.0
    """Share of worked leads whose outcome and reason are written down at all."""
    lag: Minutes = 0.0
    """Mean time from the end of the work to the record, exponential."""
    at_latest: Minutes = 10080.0
    """Time after the first attempt when open leads are written up as they stand."""


class AutomaticReply(Part):
    """A first touch sent by a machine; it is shown, and is not a response."""

    after: Minutes = 1.0
    """Time after handoff."""


class Sdr(Profile):
    """The team that follows up."""

    headcount: Annotated[Count, Field(le=2000)]
    """How many reps."""
    annual_cost: Money = 0.0
    """Loaded cost of one rep for a year."""
    ramp: Ramp = Ramp()
    """How a new rep grows to full speed."""
    hires: Hires = Hires()
    """Which reps are new."""
    attrition: Attrition = Attrition()
    """Reps who leave and are replaced."""
    minutes_cv: Ratio = 0.0
    """Standard deviation of attempt minutes over their mean; minutes are lognormal."""
    reps: dict[str, RepOverride] = {}
    """What is different about single reps, by number from 1; it holds for those who succeed them."""
    channels: dict[str, Channel] = {"phone": Channel()}
    """Channels by name."""
    cadence: Cadence = Cadence()
    """The plan of attempts."""
    queue: Queue = Queue()
    """Which lead next."""
    routing: Routing = Routing()
    """Which rep."""
    recording: Recording = Recording()
    """What is written down."""
    automatic_reply: AutomaticReply | None = None
    """A machine's first touch; null for none."""

    def is_hired(self, rep: int) -> bool:
        """Tell whether rep number ``rep`` (from 1) is new."""
        return self.hires.in_place is not None and rep > self.hires.in_place

    def seat_of(self, rep: int) -> int:
        """Return whose seat a rep holds: numbers above the headcount are successors, counted on through the seats."""
        return rep if rep <= self.headcount else (rep - 1) % self.headcount + 1

    def profile(self, rep: int) -> Profile:
        """Return what rep number ``rep`` (from 1) is like, overrides applied; a successor is as the one before."""
        rep, fields = self.seat_of(rep), {name: getattr(self, name) for name in Profile.model_fields}
        override = self.reps.get(str(rep))
        if override is not None:
            fields |= {name: value for name in Profile.model_fields if (value := getattr(override, name)) is not None}
        if self.is_hired(rep) and fields["starts_on"] is None:
            fields["starts_on"] = self.hires.starts_on
        return Profile.model_construct(**fields)


class Reach(Part):
    """The chance that an attempt gets through to a reachable lead."""

    alpha: Positive = 5.6
    """First parameter of the beta-geometric law of attempts needed."""
    beta: NotNegative = 5.9
    """Second parameter; 0 means that every attempt gets through."""
    connect_probs: tuple[Share, ...] | None = None
    """Chance at attempt 1, 2, … in place of the beta-geometric law; the last one repeats."""
    presence: tuple[Share, ...] | None = None
    """Factor by hour of the week, Monday midnight first, 168 numbers; null for none."""

    @model_validator(mode="after")
    def _presence_is_a_week(self) -> Self:
        if self.presence is not None and (len(self.presence) != 168 or max(self.presence) <= 0):
            raise ValueError("presence must list 168 factors, Monday midnight first, at least one above 0")
        if self.connect_probs is not None and not self.connect_probs:
            raise ValueError("connect_probs must list at least one chance")
        return self

    def hazard(self, attempt: int) -> float:
        """Return the chance that attempt ``attempt`` connects, given that none before it did."""
        if self.connect_probs is not None:
            return self.connect_probs[min(attempt, len(self.connect_probs)) - 1]
        return reach_hazard(attempt, alpha=self.alpha, beta=self.beta)


class Meetings(Part):
    """From a qualified lead to a meeting that takes place."""

    booking_lag: Minutes = 0.0
    """Median time from qualified to the meeting, lognormal."""
    booking_lag_cv: Ratio = 0.0
    """Its standard deviation over its mean."""
    show_share: Share = 1.0
    """Share of meetings that take place."""
    rebook_share: Share = 0.0
    """Share of missed meetings that are booked once more."""


class Ae(Part):
    """Account executives, who close."""

    headcount: Annotated[Count, Field(le=2000)] = 0
    """How many."""
    open_limit: Annotated[Count, Field(ge=1)] | None = None
    """Opportunities that one can hold open at once; null for no limit."""
    fade_half_life: Minutes | None = None
    """Waiting time that halves the chance to win; null for none."""
    cycle_median: Minutes = 86400.0
    """Median time from opportunity to close, lognormal, the same for won and lost."""
    cycle_cv: Ratio = 0.0
    """Its standard deviation over its mean."""
    quota: Money = 0.0
    """Yearly quota of one."""
    annual_cost: Money = 0.0
    """Loaded cost of one for a year."""


class LossReasons(Part):
    """What is written down for a lost lead; labels only, nothing depends on them."""

    no_need_share: Share = 0.6
    """Of reached leads that do not qualify though they fit: no need; the rest say timing."""
    competitor_share: Share = 0.5
    """Of lost opportunities: a competitor; the rest say no need."""


class Sales(Part):
    """How leads are followed up and closed."""

    sdr: Sdr
    """The team that follows up."""
    reach: Reach = Reach()
    """Whether an attempt gets through."""
    meetings: Meetings = Meetings()
    """From qualified to met."""
    ae: Ae = Ae()
    """Who closes."""
    loss_reasons: LossReasons = LossReasons()
    """Labels of lost leads."""
