"""What a plan implies about a company, beside what is usual in the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import cost_per_won
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.measure.statistics import Interval, ratio_of_sums, t_interval
from smarketing_sim.scenario.currency import DOLLARS
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.roster import standard_rep
from smarketing_sim.world.timeline import timeline

YEARS = 4
"""Simulated years that suffice to see what a plan implies."""


@dataclass(frozen=True)
class Benchmark:
    """What is usual: a range, and where it comes from."""

    low: float
    high: float
    source: str


BENCHMARKS: dict[str, Benchmark] = {
    "dials_per_rep_day": Benchmark(20.0, 100.0, "E37: 50 to 80 calls a day; phones alone, so a wider band"),
    "conversations_per_dial": Benchmark(0.05, 0.35, "E13, E14: a tenth to a third"),
    "opportunities_per_rep_month": Benchmark(3.0, 25.0, "assumption: a rep of 8 to 15 opportunities a month, and room"),
    "open_deals_per_ae": Benchmark(5.0, 50.0, "E37: 15 to 50 leads at once"),
    "cost_per_won": Benchmark(0.02, 3.0, "assumption: up to three years' margin of a customer"),
    "cost_per_handed": Benchmark(20.0, 600.0, "E33: $164 organic to $310 paid, and room"),
}
"""The cost of a won deal in mean margins of one, of its first year where it recurs; media cost in US dollars."""
ONE_OFF = Benchmark(0.02, 1.0, "assumption: up to the margin of a deal, which is paid once")
MONEY = ("cost_per_won", "cost_per_handed")
LABELS: dict[str, str] = {
    "dials_per_rep_day": "dials a rep makes in a whole day at this pace",
    "conversations_per_dial": "conversations per dial",
    "opportunities_per_rep_month": "opportunities per rep-month spent on these leads",
    "open_deals_per_ae": "open deals per account executive",
    "cost_per_won": "cost of one won deal, people and tools included (CAC)",
    "cost_per_handed": "media cost of one lead handed over",
}


@dataclass(frozen=True)
class Implied:
    """A number that a plan implies.

    Parameters
    ----------
    name, label
        Its key, and what it is in words.
    value
        What the plan implies, with its range.
    benchmark
        What is usual.
    """

    name: str
    label: str
    value: Interval
    benchmark: Benchmark

    @property
    def unusual(self) -> bool:
        """Whether it lies outside what is usual."""
        return bool(self.value.mean < self.benchmark.low or self.value.mean > self.benchmark.high)


def self_check(experiment: Replications) -> list[Implied]:
    """Return what an experiment implies about a company; a number that has no case is left out."""
    usual, found = _usual(experiment.scenario), _implied(experiment)
    return [
        Implied(name, LABELS[name], value.from_zero, usual[name])
        for name, value in found.items()
        if np.isfinite(value.mean) and np.isfinite(usual[name].high)
    ]


def _usual(scenario: Scenario) -> dict[str, Benchmark]:
    """Return what is usual in the plan's currency; without a rate nothing is known of media costs in another one."""
    rate = 1.0 if scenario.currency == DOLLARS else scenario.exchange.get(DOLLARS, np.nan)
    media, terms = BENCHMARKS["cost_per_handed"], scenario.economics
    margin = terms.gross_margin * sum(persona.share * persona.deal_value for persona in scenario.personas.values())
    source = media.source if scenario.currency == DOLLARS else f"{media.source}; at {rate:g} to the dollar"
    won = ONE_OFF if terms.is_one_off else BENCHMARKS["cost_per_won"]
    return BENCHMARKS | {
        "cost_per_handed": Benchmark(rate * media.low, rate * media.high, source),
        "cost_per_won": Benchmark(margin * won.low, margin * won.high, won.source),
    }


def to_json(implied: list[Implied]) -> list[dict[str, Any]]:
    """Return a self-check as plain JSON types."""
    return [
        {
            "name": one.name,
            "value": one.value.as_dict(),
            "usual": [one.benchmark.low, one.benchmark.high],
            "source": one.benchmark.source,
            "unusual": one.unusual,
        }
        for one in implied
    ]


def conversations_per_dial(experiment: Replications) -> Interval:
    """Return conversations over human attempts, of leads created and handed over in the horizon."""
    return ratio_of_sums(_total(experiment, "reached"), _dials(experiment)).of_share


def _implied(experiment: Replications) -> dict[str, Interval]:
    scenario = experiment.scenario
    sdr = scenario.sales.sdr
    rep_months = scenario.run.horizon_months * sdr.headcount * sdr.marketing_time.share
    days = (experiment.series("hours_scheduled") - experiment.series("hours_idle")) / _day_hours(scenario)
    room = scenario.sales.ae.open_limit or np.nan
    return {
        "dials_per_rep_day": ratio_of_sums(_dials(experiment), days),
        "conversations_per_dial": conversations_per_dial(experiment),
        "opportunities_per_rep_month": t_interval(_total(experiment, "opportunities") / (rep_months or np.nan)),
        "open_deals_per_ae": t_interval(room * experiment.series("ae_utilisation")),
        "cost_per_won": cost_per_won(experiment),
        "cost_per_handed": ratio_of_sums(_total(experiment, "spend"), _total(experiment, "handed")),
    }


def _total(experiment: Replications, column: str) -> Floats:
    """Return a column of the funnel over all sources, by simulated year."""
    return np.asarray(experiment.stacked("funnel")[:, :, FUNNEL_COLUMNS.index(column)].sum(axis=1), dtype=np.float64)


def _dials(experiment: Replications) -> Floats:
    """Return human attempts on the contract cohort by simulated year."""
    made = experiment.stacked("attempts_made")[:, 1:].sum(axis=1)
    return np.asarray(np.nan_to_num(made) * experiment.series("handed_count"), dtype=np.float64)


def _day_hours(scenario: Scenario) -> float:
    """Return the hours of a rep's working day on average."""
    line, calendar = timeline(scenario), standard_rep(scenario).calendar
    days = line.day_starts_at[line.day_starts_at >= line.horizon_starts_at]
    minutes = np.diff(calendar.elapsed(np.append(days, line.horizon_ends_at)))
    return float(minutes[minutes > 0].mean()) / 60.0 if np.any(minutes > 0) else float("nan")
