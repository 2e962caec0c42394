"""What would a real trial need, and why not just look at the calls that were made? As a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.decide import confounding, trial
from smarketing_sim.decide.confounding import ESTIMATES, ORDERS, Lab, confounding_lab
from smarketing_sim.decide.trial import DESIGNS, OUTCOMES, POWERS, Outcome, Trial, plan_trial
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, heading, record, say, show, table
from smarketing_sim.report.real_trial.charts import multipliers_chart, weeks_chart
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import counted, money, percent, range_of, signed

PARAMETERS: dict[str, type] = {"within": str}
"""Parameters of the notebook beside those of every report."""
_OUTCOMES = {"contact": "leads reached", "qualified": "leads that qualify", "revenue": "revenue won"}
_DESIGNS = {"lead": "assigned lead by lead", "day": "assigned day by day"}
_ESTIMATES = {
    "naive": "calls as they were made",
    "adjusted": "leads of the same source and score",
    "truth": "the truth: the same leads, called at both ages",
}
_ORDERS = {"triaged": "best leads called first", "in_turn": "leads called in turn"}
_WEEKS_A_YEAR = 52.18
_LONG_WEEKS = 104.0


@dataclass(frozen=True, eq=False)
class Study:
    """A trial that could be run, and what call data say without one."""

    trial: Trial
    lab: Lab

    @property
    def scenario(self) -> Scenario:
        """The plan."""
        return self.trial.scenario

    @property
    def can_tell(self) -> bool:
        """Whether any trial of this limit could tell a difference."""
        return any(math.isfinite(need.weeks.mean) for need in self.trial.needs)


def prepare(namespace: Mapping[str, Any]) -> Study:
    """Check a notebook's parameters, plan the trial and run the lab.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.

    Raises
    ------
    InputError
        If a parameter cannot be used, or the scenario has problems.
    RunFailed
        If a simulated year failed.
    """
    with ask(namespace, **PARAMETERS) as question:
        first, second = question.simulation.parts((1.0, 1.0))
        planned = plan_trial(question.scenario, first, within=question.params["within"])
        study = Study(planned, confounding_lab(question.scenario, second))
    if question.params["tables_dir"]:
        write_tables(study, Path(question.params["tables_dir"]))
    return study


def show_answer(study: Study) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    planned = study.trial
    lead = (
        f"Half of the leads, assigned at random, are called within {planned.within} of handoff, the others as this "
        f"plan has it; that brings {percent(planned.sooner_share.mean)} of them forward. What it changes follows from "
        f"what the plan believes about waiting, in {counted(planned.replications, 'simulated year')}; a trial finds "
        "out whether the belief is true."
    )
    display_html(answer_html(finding(study), lead, _cards(study)))


def finding(study: Study) -> str:
    """Return the page's answer in one sentence."""
    if not study.can_tell:
        return f"Calling within {study.trial.within} makes no detectable difference here, so no trial could settle it."
    quick, slow = study.trial.need("contact").weeks, study.trial.need("revenue").weeks
    reached = f"A trial that counts leads reached takes {_long(quick.mean)}"
    return f"{reached}; one that counts revenue takes {_long(slow.mean)}."


def show_needs(study: Study) -> None:
    """Show the leads and weeks that a trial takes, by what it measures."""
    planned = study.trial
    if not study.can_tell:
        heading(
            "There is no sure difference to find",
            "Leads are called within this limit already, or the plan believes that waiting costs nothing, or there "
            "were too few simulated years to tell.",
        )
    else:
        heading(
            f"The further down the funnel, the longer: {_long(planned.need('qualified').weeks.mean)} until it shows in "
            "leads that qualify",
            "Chance of finding the difference 80% or 90%; chance of finding one where there is none 5%. Ranges come "
            "from how sure the simulation is of the difference itself.",
        )
    names = ["measured on each lead", "as planned", "called in time", "difference"]
    table(names, [_outcome_row(outcome) for outcome in planned.outcomes], numeric=names[1:])
    weeks = {_DESIGNS[d]: [planned.need(o, design=d).weeks for o in OUTCOMES] for d in DESIGNS}
    show(
        weeks_chart(
            [_OUTCOMES[name] for name in OUTCOMES], weeks, title="Length of a trial that finds it 8 times in 10"
        ),
        alt="Length of a trial by what it measures: "
        + "; ".join(f"{_OUTCOMES[name]} {_long(planned.need(name).weeks.mean)}" for name in OUTCOMES)
        + ".",
        caption=f"At {planned.leads_per_week.mean:.0f} leads a week ({_range(planned.leads_per_week, _count)}). "
        "Lines: 95% ranges. What no trial could tell is not drawn.",
    )
    columns = ["", *(f"found with a chance of {percent(power)}" for power in POWERS)]
    rows = [
        ((_OUTCOMES[name], _DESIGNS[design]), *(_need_cell(planned, name, design, power) for power in POWERS))
        for name in OUTCOMES
        for design in DESIGNS
    ]
    table(columns, rows, caption="Leads in each half, and how long that takes", numeric=columns[1:])


def show_confounding(study: Study) -> None:
    """Show what call data seem to say about speed, with and without best leads called first."""
    lab = study.lab
    naive, truth = lab.multiplier("naive"), lab.multiplier("truth")
    if not math.isfinite(truth.mean):
        heading(
            "Here call data can say nothing about speed",
            "No simulated year has both leads called within an hour and leads called later.",
        )
    else:
        excess = lab.overstated("naive")
        sure = "overstate" if excess.low > 0.0 else "may or may not overstate"
        heading(
            f"Where the best leads are called first, call data {sure} speed: {_times(naive.mean)}, in truth "
            f"{_times(truth.mean)}",
            "How many times as likely a lead is to qualify when it is called within an hour of raising its hand, "
            "compared with leads called later. A team that calls good leads first credits speed for good leads.",
        )
    by_order = {_ORDERS[o]: [lab.multiplier(e, o) for e in ESTIMATES] for o in ORDERS}
    show(
        multipliers_chart([_ESTIMATES[e] for e in ESTIMATES], by_order, title="What speed seems to be worth, and is"),
        alt="Times as likely to qualify when called within an hour, best leads called first: "
        + "; ".join(f"{_ESTIMATES[e]} {_times(lab.multiplier(e).mean)}" for e in ESTIMATES)
        + ".",
        caption="Dots: means; lines: 95% ranges. In the simulation the truth is known: the same leads are called "
        "twice, at the ages of fast leads like them and of later ones.",
    )
    columns = ["", *(_ESTIMATES[e] for e in ESTIMATES), "calls overstate by"]
    rows = [
        (
            (_ORDERS[order], f"{percent(lab.fast_share(order).mean)} called within an hour"),
            *((_times(i.mean), _range(i, _number)) for i in (lab.multiplier(e, order) for e in ESTIMATES)),
            (_number(lab.overstated("naive", order).mean), _range(lab.overstated("naive", order), _number)),
        )
        for order in ORDERS
    ]
    table(columns, rows, numeric=columns[1:])


def show_reading(study: Study) -> None:
    """Show what a trial must hold to, what would change the answer, and what is left out."""
    heading("How to run it, what would change this answer, and what it leaves out")
    say(
        "\n".join(
            [
                "- Assign at random: no rep and no score may choose. Whoever chooses which leads are called fast picks "
                "the better ones, and the trial ends where the calls of the last years do.",
                "- Give the fast half its own reps. Both halves share one queue otherwise, and what one gains the "
                "other loses: the difference would look larger than it is. Assigning whole days keeps the halves "
                "apart, and takes more leads, because leads of one day share the queue and the hour.",
                "- Decide beforehand when to stop. Looking every week and stopping at the first good week finds "
                "differences that are not there.",
                "- Count leads reached first. Revenue strays so much from lead to lead that few companies have the "
                "leads to see a difference in it; what reached leads are worth is known from the funnel.",
                "- The length follows from the belief about waiting. If interest fades more slowly than this plan "
                "believes, the difference is smaller, and half the difference takes four times the leads.",
                "- Not modelled: leads that hear from a competitor, reps who try harder when watched, and a trial that "
                "one side can see through.",
            ]
        )
    )


def record_results(study: Study) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = [card.as_dict() for card in _cards(study)]
    results = {"trial": trial.to_json(study.trial), "confounding": confounding.to_json(study.lab)}
    record({"finding": finding(study), "digest": study.scenario.digest, "headline": cards, "results": results})


def key_figures(study: Study) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    lines = [(_OUTCOMES[name], _long(study.trial.need(name).weeks.mean)) for name in OUTCOMES]
    lines += [(_ESTIMATES[name], _times(study.lab.multiplier(name).mean)) for name in ESTIMATES]
    return "\n".join(f"{label:<50}{figure:>12}" for label, figure in lines)


def write_tables(study: Study, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: what a trial takes, and the lab's multipliers by year."""
    needs = [
        {"outcome": n.outcome, "design": n.design, "power": n.power, **_ends("leads_per_arm", n.leads_per_arm)}
        | _ends("weeks", n.weeks)
        for n in study.trial.needs
    ]
    multipliers = [
        {"order": order, "estimate": estimate, "replication": year, "multiplier": float(value)}
        for order, by_estimate in zip(ORDERS, study.lab.multipliers, strict=True)
        for estimate, values in zip(ESTIMATES, by_estimate, strict=True)
        for year, value in enumerate(values)
    ]
    write_parquet(pd.DataFrame(needs), folder / "needs.parquet")
    write_parquet(pd.DataFrame(multipliers), folder / "multipliers.parquet")


def _cards(study: Study) -> list[Card]:
    need = {name: study.trial.need(name).weeks for name in OUTCOMES}
    cards = [Card(f"until it shows in {_OUTCOMES[n]}", _long(w.mean), _range(w, _long)) for n, w in need.items()]
    excess = study.lab.overstated("naive")
    if math.isfinite(excess.mean):
        naive, truth = (study.lab.multiplier(name).mean for name in ("naive", "truth"))
        cards.append(Card("what call data say of speed, best leads first", _times(naive), f"in truth {_times(truth)}"))
    return cards


def _outcome_row(outcome: Outcome) -> tuple[object, ...]:
    tell = money if outcome.name == "revenue" else _share
    cells = ((tell(i.mean), _range(i, tell)) for i in (outcome.now, outcome.fast, outcome.effect))
    return (_OUTCOMES[outcome.name], *cells)


def _need_cell(planned: Trial, outcome: str, design: str, power: float) -> object:
    need = planned.need(outcome, design=design, power=power)
    if not math.isfinite(need.weeks.mean):
        return "no trial could tell"
    return f"{_count(need.leads_per_arm.mean)} leads, {_long(need.weeks.mean)}", _range(need.weeks, _long)


def _ends(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _range(interval: Interval, tell: Callable[[float], str]) -> str:
    if math.isfinite(interval.low) and math.isinf(interval.high):
        return f"range from {tell(interval.low)}"
    words = range_of(interval, tell)
    return words if words == "no range" else f"range {words}"


def _long(weeks: float) -> str:
    """Return a length of time in weeks, or in years where it is long."""
    if not math.isfinite(weeks):
        return "for ever" if weeks > 0 else "–"
    if weeks >= _LONG_WEEKS:
        years = weeks / _WEEKS_A_YEAR
        text = f"{years:.1f}" if years < 10 else f"{years:,.0f}"
        return f"{text} years" if years < 1000 else "over 1,000 years"
    return counted(max(1, math.ceil(weeks)), "week")


def _times(multiplier: float) -> str:
    return f"{multiplier:.1f} times" if math.isfinite(multiplier) else "no case"


def _number(value: float) -> str:
    return signed(f"{value:.1f}") if math.isfinite(value) else "no case"


def _share(value: float) -> str:
    return signed(f"{100.0 * value:.1f}") + "%" if math.isfinite(value) else "no case"


def _count(value: float) -> str:
    return f"{value:,.0f}"
