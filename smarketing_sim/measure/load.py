"""How much work the plan asks for, and how busy people are: the same words can ask 6% or 142% of a rep's day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.ledger import STATES
from smarketing_sim.measure.cohorts import Case, Selection
from smarketing_sim.measure.sums import Sums
from smarketing_sim.scenario.schema import Scenario, once_per_scenario

IDLE, WORKING, OVERTIME, OTHER = range(len(STATES))


@dataclass(frozen=True, eq=False)
class WorkSums(Sums):
    """What leads ask of people in the horizon.

    Parameters
    ----------
    handed_count
        Leads handed over to reps, duplicates among them.
    deal_minutes
        Minutes that opportunities were open.
    """

    handed_count: float
    deal_minutes: float

    @classmethod
    def of(cls, case: Case) -> WorkSums:
        """Add up some leads."""
        deals = Selection(case.leads, np.flatnonzero(~np.isnan(case.leads["opportunity_at"])))
        ends = np.fmin(deals["deal_closed_at"], case.line.horizon_ends_at)
        open_minutes = ends - np.maximum(deals["opportunity_at"], case.line.horizon_starts_at)
        return cls(float(np.count_nonzero(case.is_handed)), float(np.maximum(open_minutes, 0.0).sum()))


def planned_load(*, leads_count: float, attempts: float, minutes_per_attempt: float, selling_minutes: float) -> float:
    """Return the share of selling time that a follow-up plan asks for: leads × attempts × minutes ÷ selling time.

    Examples
    --------
    Five leads with four attempts of ten minutes, of 35% of 168 hours:

    >>> round(planned_load(leads_count=5, attempts=4, minutes_per_attempt=10, selling_minutes=168 * 0.35 * 60), 3)
    0.057
    """
    if selling_minutes <= 0:
        return float("nan") if leads_count == 0 else float("inf")
    return leads_count * attempts * minutes_per_attempt / selling_minutes


def connect_prob(scenario: Scenario, number: int) -> float:
    """Return the chance that an attempt on its channel gets through to a reachable lead; age and hour play no part."""
    sdr = scenario.sales.sdr
    factor = sdr.channels[sdr.cadence.channel(number)].connect_factor
    return min(1.0, scenario.sales.reach.hazard(number) * factor)


def mean_reachable_share(scenario: Scenario) -> float:
    """Return the share of handed leads that can be reached at all; the plain mean of sources where none hands over."""
    sources = scenario.marketing.sources.values()
    handed = [source.mean_monthly_handed for source in sources]
    shares = [audience.reachable_share for audience in scenario.marketing.audiences.values()]
    if len(set(shares)) == 1:
        return shares[0]
    return float(np.average(shares, weights=handed if sum(handed) > 0 else None))


def expected_attempts(scenario: Scenario) -> Floats:
    """Return the chance that attempt 1, 2, … is made when follow-up stops at a connection; age plays no part here."""
    hazards = np.array([connect_prob(scenario, n) for n in range(1, scenario.sales.sdr.cadence.max_attempts + 1)])
    still_silent = np.concatenate([[1.0], np.cumprod(1.0 - hazards)[:-1]])
    reachable = mean_reachable_share(scenario)
    return reachable * still_silent + (1.0 - reachable)


@once_per_scenario
def minutes_per_lead(scenario: Scenario) -> tuple[float, float]:
    """Return rep minutes for one lead: every planned attempt made and unanswered, and with stops at a connection."""
    made = expected_attempts(scenario)
    planned, with_stops = 0.0, 0.0
    still = mean_reachable_share(scenario)
    for number in range(1, scenario.sales.sdr.cadence.max_attempts + 1):
        silent, talk = attempt_minutes(scenario, number)
        connects = still * connect_prob(scenario, number)
        planned += silent
        with_stops += made[number - 1] * silent + connects * (talk - silent)
        still -= connects
    return planned, with_stops


def attempt_minutes(scenario: Scenario, number: int) -> tuple[float, float]:
    """Return mean rep minutes of an attempt, preparation included: where nobody answers, and with a talk."""
    sdr = scenario.sales.sdr
    channel = sdr.channels[sdr.cadence.channel(number)]
    silent = channel.voicemail_share * channel.voicemail + (1.0 - channel.voicemail_share) * channel.no_answer
    return channel.preparation + silent, channel.preparation + channel.talk


def scheduled_minutes(case: Case) -> float:
    """Return the reps' minutes in the horizon that are meant for marketing's leads."""
    spent = case.shared_minutes_by_state
    return float(spent[IDLE] + spent[WORKING] + spent[OTHER])


def sdr_utilisation(case: Case) -> float:
    """Return minutes on marketing's leads inside the schedule over minutes scheduled; NaN without any."""
    scheduled = scheduled_minutes(case)
    return float(case.minutes_by_state[WORKING]) / scheduled if scheduled > 0 else float("nan")


def ae_utilisation(case: Case, work: WorkSums) -> float:
    """Return open opportunities over the limit of all account executives, on average; NaN without a limit."""
    ae = case.scenario.sales.ae
    if ae.open_limit is None or ae.headcount == 0:
        return float("nan")
    room = ae.headcount * ae.open_limit * (case.line.horizon_ends_at - case.line.horizon_starts_at)
    return work.deal_minutes / room if room > 0 else float("nan")


def load_check(case: Case, work: WorkSums) -> tuple[float, float]:
    """Return planned work over scheduled time in the horizon: every attempt made, and with stops at a connection."""
    scheduled, count = scheduled_minutes(case), work.handed_count
    planned, with_stops = minutes_per_lead(case.scenario)
    loads = [
        planned_load(leads_count=count, attempts=1, minutes_per_attempt=minutes, selling_minutes=scheduled)
        for minutes in (planned, with_stops)
    ]
    return loads[0], loads[1]
