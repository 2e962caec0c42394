"""Goal, economics and named alternatives of a scenario."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.units import Count, Money, Share


class Goal(Part):
    """What the year must bring."""

    revenue: Money = 0.0
    """First-year value of deals won; 0 means that there is no goal."""
    view: Literal["cohort", "booked"] = "cohort"
    """Leads created in the horizon whenever they close, or deals closed in the horizon."""
    marketing_share: Annotated[Share, Field(gt=0)] = 1.0
    """Share of the goal that marketing's leads must bring; sales sources the rest itself, which is not simulated."""

    @property
    def from_marketing(self) -> float:
        """What marketing's leads must bring."""
        return self.revenue * self.marketing_share


class Economics(Part):
    """How revenue turns into contribution."""

    gross_margin: Share = 1.0
    """Gross margin on revenue."""
    churn_per_year: Share = 0.0
    """Share of customers lost each year."""
    revenue: Literal["recurring", "one_off"] = "recurring"
    """Whether a customer pays the deal's value every year, or once."""
    horizon_months: Annotated[Count, Field(le=600)] = 12
    """Months over which a won deal is counted, where revenue recurs."""
    discount_per_year: Share = 0.0
    """Discount rate."""
    tools_annual: Money = 0.0
    """Yearly cost of tools."""
    outbound_per_hour: Money = 0.0
    """Contribution of a rep’s hour that marketing's leads leave idle, spent on outbound work; 0 counts none."""

    @property
    def lifetime_factor(self) -> float:
        """Worth of a won deal in first-year values: over the horizon discounted, paid yearly, less churn; or once."""
        if self.is_one_off:
            return 1.0
        years, part = divmod(self.horizon_months, 12)
        keep = (1.0 - self.churn_per_year) / (1.0 + self.discount_per_year)
        return sum(keep**year for year in range(years)) + keep**years * part / 12.0

    @property
    def is_one_off(self) -> bool:
        """Whether a deal is paid once."""
        return self.revenue == "one_off"

    @property
    def counted(self) -> str:
        """How long a won deal is counted, as words behind ``contribution``."""
        return "with each deal paid once" if self.is_one_off else f"over {self.horizon_months} months"


class Alternative(Part):
    """A named change that the company could make."""

    label: str
    """What it is, in words."""
    set: Annotated[dict[str, object], Field(min_length=1)]
    """Dotted paths and their new values."""
    one_off: Money = 0.0
    """Cost once."""
    yearly: Money = 0.0
    """Cost a year beside what the model counts."""
