"""The worth of an hour of the reps, and so which attempt pays.

The reps' time is shared: an attempt on one lead makes the others wait. The price of an hour is what one more of them
would bring. With slack that is the worth of the outbound work it leaves room for; under load it is what shorter
queues bring, found by simulating the same years with a little more and a little less time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.volume import expected_handed
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.lead_worth import contact_values
from smarketing_sim.measure.load import connect_prob, mean_reachable_share
from smarketing_sim.measure.statistics import Interval, ratio_of_sums
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario

STEP = 0.05
"""How far time is moved either way, as a share of it."""

AGES_MINUTES = (5.0, 30.0, 60.0, 240.0, 1440.0, 2880.0, 10_080.0)
"""Ages of a lead, by the wall clock, at which attempts are valued."""


@dataclass(frozen=True)
class HourPrice:
    """The worth of one more hour of the reps for marketing's leads.

    Parameters
    ----------
    per_hour
        Contribution of an hour, before its wage, between ``STEP`` less time and ``STEP`` more.
    next_hour, last_hour
        The same from today's time to ``STEP`` more, and from ``STEP`` less to today's: where they are far apart, the
        plan stands at a cliff and no one price holds. None of them is the price of a hire, which is a larger step.
    wage_per_hour
        What an hour costs.
    utilisation
        How busy the reps are in their time for marketing's leads.
    """

    per_hour: Interval
    next_hour: Interval
    last_hour: Interval
    wage_per_hour: float
    utilisation: Interval


def neighbours_in_time(scenario: Scenario, *, step: float = STEP) -> tuple[Scenario, Scenario]:
    """Return the plan with a little more and a little less of the reps' time for marketing's leads.

    Reps with a share of their own keep it.
    """
    share = scenario.sales.sdr.marketing_time.share
    path = "sales.sdr.marketing_time.share"
    more, less = min(1.0, share * (1.0 + step)), max(0.01, share * (1.0 - step))
    return override(scenario, {path: more}), override(scenario, {path: less})


def hour_price(
    scenario: Scenario,
    simulation: Simulation,
    *,
    step: float = STEP,
) -> HourPrice:
    """Find the worth of one more hour from the shared queue, by paired simulation; three experiments.

    Parameters
    ----------
    scenario
        The plan.
    step
        How far time is moved either way, as a share of it.
    simulation
        How it is simulated.
    """
    plans = [*neighbours_in_time(scenario, step=step), scenario]
    more, less, plan = simulation.panel(plans)
    return price_between(less, more, plan)


def price_between(less: Replications, more: Replications, plan: Replications) -> HourPrice:
    """Return the worth of an hour from a plan's neighbours in time: contribution before wages over hours, differences.

    The interval is that of a ratio of paired means (the delta method).
    """
    scheduled = float(plan.series("hours_scheduled").mean())
    wage = float(plan.series("people_cost").mean()) / scheduled if scheduled > 0 else float("nan")
    idle, there = plan.series("hours_idle"), plan.series("hours_scheduled")
    steps = (_per_hour(less, more), _per_hour(plan, more), _per_hour(less, plan))
    return HourPrice(*steps, wage, ratio_of_sums(there - idle, there).from_zero)


def _per_hour(less: Replications, more: Replications) -> Interval:
    hours = more.series("hours_scheduled") - less.series("hours_scheduled")
    return ratio_of_sums(_before_wages(more) - _before_wages(less), hours)


def _before_wages(experiment: Replications) -> Floats:
    return experiment.series("contribution") + experiment.series("people_cost")


@dataclass(frozen=True, eq=False)
class AttemptValues:
    """What each attempt of the cadence brings and costs, with every lead of the mix as likely as it is handed over.

    Parameters
    ----------
    contact
        Contribution of reaching a lead while it is interested.
    connect_prob
        Chance that attempt n gets through, given that the ones before did not; shape (attempts,).
    minutes
        Rep minutes of attempt n on average; shape (attempts,).
    still_interested
        Share of leads whose first attempt at an age of ``AGES_MINUTES`` finds them interested; shape (ages,).
    cost_per_hour
        Wage and shadow price of an hour.
    """

    contact: float
    connect_prob: Floats
    minutes: Floats
    still_interested: Floats
    cost_per_hour: float

    @property
    def profit(self) -> Floats:
        """Marginal profit of attempt n where the first came at age a; shape (attempts, ages)."""
        gain = self.contact * np.outer(self.connect_prob, self.still_interested)
        return np.asarray(gain - self.minutes[:, None] * self.cost_per_hour / 60.0)

    @property
    def last_that_pays(self) -> list[int]:
        """For each age the last attempt that still pays; 0 where none does."""
        pays = self.profit > 0
        return [int(np.flatnonzero(column)[-1]) + 1 if column.any() else 0 for column in pays.T]


def attempt_values(scenario: Scenario, *, cost_per_hour: float, attempts: int | None = None) -> AttemptValues:
    """Return what attempts bring and cost: attempt n pays when p(connect) × value exceeds minutes × (wage + price).

    Parameters
    ----------
    scenario
        The plan.
    cost_per_hour
        Wage of an hour and its worth for other leads or outbound work.
    attempts
        How many attempts to value; those of the cadence where left out.
    """
    count = attempts or scenario.sales.sdr.cadence.max_attempts
    hazard = np.array([connect_prob(scenario, number) for number in range(1, count + 1)])
    reachable, terms = mean_reachable_share(scenario), scenario.economics
    silent = np.concatenate([[1.0], np.cumprod(1.0 - hazard)[:-1]]) * reachable
    through = hazard * silent / (silent + 1.0 - reachable)
    values, handed = np.array(list(contact_values(scenario).values())), expected_handed(scenario)
    contact = float(values @ handed / handed.sum()) if handed.sum() > 0 else 0.0
    return AttemptValues(
        contact * terms.gross_margin * terms.lifetime_factor,
        through,
        _minutes(scenario, through),
        _fading(scenario, values * handed) if scenario.decay.spoils else np.ones(len(AGES_MINUTES)),
        cost_per_hour,
    )


def _fading(scenario: Scenario, weights: Floats) -> Floats:
    """Return what is left of leads' worth by age; leads of sources that cool differently count by their worth."""
    ages = np.array(AGES_MINUTES)
    left = np.array([np.ones(len(ages)) if curve is None else curve.value(ages) for curve in scenario.curves])
    return np.asarray(np.average(left, axis=0, weights=weights if weights.sum() > 0 else None))


def _minutes(scenario: Scenario, through: Floats) -> Floats:
    sdr = scenario.sales.sdr
    minutes = []
    for number, connects in enumerate(through, start=1):
        channel = sdr.channels[sdr.cadence.channel(number)]
        silent = channel.voicemail_share * channel.voicemail + (1.0 - channel.voicemail_share) * channel.no_answer
        minutes.append(channel.preparation + connects * channel.talk + (1.0 - connects) * silent)
    return np.array(minutes)
