"""The contract as data: who promises what, to whom, by which clock, in which period, to which share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.units import Count, Limit, Money, NotNegative, Positive, Share, Span, share_text

Side = Literal["marketing", "sales"]
MAX_ATTEMPTS = 20
Headcount = Annotated[Count, Field(ge=1, le=2000)]


class AppliesTo(Part):
    """The leads that a clause covers; a field left out covers all."""

    source: str | None = None
    """A source by name."""
    segment: str | None = None
    """A segment by name."""
    score_at_least: NotNegative | None = None
    """Leads with at least this score."""

    def __str__(self) -> str:
        parts = [self.source and f"from {self.source}", self.segment and f"in {self.segment}"]
        parts.append(f"with a score of at least {self.score_at_least:g}" if self.score_at_least is not None else None)
        return " ".join(part for part in parts if part)


class ClauseBase(Part):
    """What every clause has."""

    target: Annotated[Share, Field(gt=0)]
    """Share that is promised."""
    period: Literal["month"] = "month"
    """Period over which the share is counted, by the calendar of the contract."""
    applies_to: AppliesTo = AppliesTo()
    """The leads it covers."""

    default_side: ClassVar[Side] = "sales"
    about_flow: ClassVar[bool] = False
    """Whether it promises a flow of leads, which no rep can change."""
    can_be_outdone: ClassVar[bool] = False
    """Whether more than all of it can be attained."""

    @property
    def side(self) -> Side:
        """Who promises it."""
        return getattr(self, "promised_by", None) or self.default_side

    def _covered(self) -> str:
        covered = str(self.applies_to)
        return f" {covered}" if covered else ""


class VolumeClause(ClauseBase):
    """Marketing promises a number of leads, or their worth."""

    kind: Literal["volume"]
    """What is promised."""
    about_flow: ClassVar[bool] = True
    can_be_outdone: ClassVar[bool] = True
    promised_by: Side = "marketing"
    """Who promises it."""
    target: Annotated[Share, Field(gt=0)] = 1.0
    """Share of the promised volume that counts as kept."""
    leads_per_rep: Positive | None = None
    """Leads handed in a month for each rep of the contract."""
    value_per_rep: Annotated[Money, Field(gt=0)] | None = None
    """In place of a count: expected value of the leads handed, for each rep of the contract."""
    contract_headcount: Headcount
    """Reps in the contract: a number agreed, not today's roster."""

    def model_post_init(self, context: Any) -> None:
        """Hold that exactly one currency is named."""
        if (self.leads_per_rep is None) == (self.value_per_rep is None):
            raise ValueError("a volume clause needs either leads_per_rep or value_per_rep")

    @property
    def promised_amount(self) -> float:
        """Leads, or their worth in the plan's currency, promised for a month."""
        return float(self.leads_per_rep or self.value_per_rep or 0.0) * self.contract_headcount

    @property
    def text(self) -> str:
        """The clause in words."""
        amount = f"{self.promised_amount:,.0f}"
        what = f"{amount} leads" if self.leads_per_rep is not None else f"leads worth {amount} in the plan’s currency"
        return f"{what}{self._covered()} handed over a month"


class PacingClause(ClauseBase):
    """Marketing promises an even flow within the month."""

    kind: Literal["pacing"]
    """What is promised."""
    about_flow: ClassVar[bool] = True
    promised_by: Side = "marketing"
    """Who promises it."""
    leads_per_rep: Positive
    """Leads handed in a month for each rep of the contract."""
    contract_headcount: Headcount
    """Reps in the contract."""
    band: Share = 0.15
    """How far the running count may stray from the straight line, as a share of the month's promise."""

    @property
    def promised_amount(self) -> float:
        """Leads promised for a month."""
        return self.leads_per_rep * self.contract_headcount

    @property
    def text(self) -> str:
        """The clause in words."""
        return (
            f"the running count{self._covered()} stays within {share_text(self.band)} of the straight line "
            f"to {self.promised_amount:,.0f} leads in {share_text(self.target)} of weeks"
        )


class QualityClause(ClauseBase):
    """Marketing promises leads that sales accepts."""

    kind: Literal["quality"]
    """What is promised."""
    promised_by: Side = "marketing"
    """Who promises it."""
    counts: Literal["accepted", "qualified_among_reached"] = "accepted"
    """What a good lead is: accepted at the first attempt, or qualified once reached."""
    within: Limit = Span(14, "day")
    """Time after handoff in which that must be decided."""
    silence: Literal["left_out", "accepted"] = "left_out"
    """A lead not worked by then: left out of the share and shown, or accepted, for nobody rejected it in time."""

    def model_post_init(self, context: Any) -> None:
        """Hold that silence accepts only where sales is to accept."""
        if self.silence == "accepted" and self.counts != "accepted":
            raise ValueError("silence can mean accepted only where a good lead is one that sales accepts")

    @property
    def text(self) -> str:
        """The clause in words."""
        what = "accepted by sales" if self.counts == "accepted" else "qualified once reached"
        silence = ", silence means accepted" if self.silence == "accepted" else ""
        return f"{share_text(self.target)} of leads{self._covered()} {what} within {self.within}{silence}"


class SpeedClause(ClauseBase):
    """Sales promises a first human attempt in time."""

    kind: Literal["speed"]
    """What is promised."""
    promised_by: Side = "sales"
    """Who promises it."""
    within: Limit
    """Time from handoff to the first human attempt."""

    @property
    def text(self) -> str:
        """The clause in words."""
        return f"first attempt within {self.within}, {share_text(self.target)} of leads{self._covered()}"


class DepthClause(ClauseBase):
    """Sales promises a number of attempts before it gives up."""

    kind: Literal["depth"]
    """What is promised."""
    promised_by: Side = "sales"
    """Who promises it."""
    attempts: Annotated[Count, Field(ge=1, le=MAX_ATTEMPTS)]
    """Human attempts that must have been started."""
    within: Limit
    """Time from handoff; connected or disqualified before that will do."""

    @property
    def text(self) -> str:
        """The clause in words."""
        return f"{self.attempts} attempts within {self.within}, {share_text(self.target)} of leads{self._covered()}"


class FeedbackClause(ClauseBase):
    """Sales promises to write down what came of a lead."""

    kind: Literal["feedback"]
    """What is promised."""
    promised_by: Side = "sales"
    """Who promises it."""
    within: Limit
    """Time from handoff to the recorded outcome and reason."""

    @property
    def text(self) -> str:
        """The clause in words."""
        return f"outcome and reason recorded within {self.within}, {share_text(self.target)} of leads{self._covered()}"


Clause = Annotated[
    VolumeClause | PacingClause | QualityClause | SpeedClause | DepthClause | FeedbackClause,
    Field(discriminator="kind"),
]


def speed_by_business_clock(clauses: Iterable[ClauseBase]) -> SpeedClause | None:
    """Return the first promise of speed that counts business time; None where there is none."""
    speeds = (clause for clause in clauses if isinstance(clause, SpeedClause))
    return next((clause for clause in speeds if clause.within.business), None)


CLAUSE_CLASSES: tuple[type[ClauseBase], ...] = get_args(get_args(Clause)[0])
KINDS: tuple[str, ...] = tuple(get_args(one.model_fields["kind"].annotation)[0] for one in CLAUSE_CLASSES)
"""The kinds of clause, in the order in which they are listed."""
