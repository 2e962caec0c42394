"""How many simulated years a plan's answers need: a pilot, three changes that met the same luck, and what follows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smarketing_sim.arrays import Floats
from smarketing_sim.decide.hiring import headcount_change
from smarketing_sim.decide.volume import more_leads
from smarketing_sim.decide.years_needed import UNKNOWN, sharpness, spread, years_for, years_to_tell
from smarketing_sim.experiment.compare import per_replication
from smarketing_sim.experiment.default_years import QUICK_YEARS, REPORT_YEARS
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.names import with_old_names
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.planning import planning
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import DepthClause, SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import counted, money, month_range, months, percent, range_of

_MONEY = {
    "Expected revenue": "expected_revenue",
    "Realised revenue": "cohort_revenue",
    "Contribution": "contribution",
}


@dataclass(frozen=True, eq=False)
class Headline:
    """A number of the page, in the unit in which its precision is told.

    Parameters
    ----------
    label
        What it is called.
    mean_told
        Its mean over the pilot, with range, in words.
    values
        By simulated year, in ``unit``; shape (years,).
    unit
        ``points`` (of a share), ``months`` (of twelve) or ``%`` (of the mean).
    wanted
        The margin that is small enough, in ``unit``.
    """

    label: str
    mean_told: str
    values: Floats
    unit: str
    wanted: float

    @cached_property
    def spread(self) -> Interval:
        """How far one simulated year strays from the mean: its standard deviation, with range."""
        return spread(self.values)

    @cached_property
    def years(self) -> Interval:
        """How many simulated years reach the margin wanted, with range."""
        return years_for(self.values, self.wanted)

    def margin(self, years: Any) -> Any:
        """Return the half width of the 95% range after so many simulated years, by the pilot's spread."""
        return stats.t.ppf(0.975, np.asarray(years) - 1.0) * self.spread.mean / np.sqrt(years)


@dataclass(frozen=True, eq=False)
class Difference:
    """What a change of the plan does to one number, year by year under the same luck.

    Parameters
    ----------
    change, measure
        What they are called.
    base, changed
        The number by simulated year without and with the change; shape (years,).
    """

    change: str
    measure: str
    base: Floats
    changed: Floats

    @property
    def mean(self) -> Interval:
        """The mean difference, with range."""
        return t_interval(self.changed - self.base)

    @cached_property
    def sharpness(self) -> Interval:
        """As how many times as many years of independent luck the same luck is sharp."""
        return sharpness((self.base, self.changed), self.changed - self.base)

    @property
    def years(self) -> Interval:
        """How many simulated years tell the change apart from nothing; infinite where the pilot does not."""
        return years_to_tell(self.changed - self.base)


@dataclass(frozen=True)
class Use:
    """What an answer is for, how many simulated years that takes, and how many a command takes by itself."""

    label: str
    precision: str
    years: Interval
    command: str
    default: int

    @property
    def enough(self) -> bool:
        """Whether the command's own number reaches it."""
        return self.years.mean <= self.default


@dataclass(frozen=True, eq=False)
class Study:
    """A pilot of one plan, and of changes to it that met the same luck."""

    base: Replications
    changes: Mapping[str, Replications]

    @property
    def scenario(self) -> Scenario:
        """The plan without a change."""
        return self.base.scenario

    @property
    def years(self) -> int:
        """Simulated years of the pilot."""
        return len(self.base.measures)

    @property
    def years_told(self) -> str:
        """The same in words."""
        return counted(self.years, "simulated year")

    @cached_property
    def series(self) -> dict[str, dict[str, Floats]]:
        """Every headline measure by simulated year, for the plan under an empty name and for each change."""
        return {label: per_replication(e) for label, e in {"": self.base, **self.changes}.items()}

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """The numbers of the page with the precision that is wanted of them."""
        clauses, promise = self.scenario.sla.items(), _first_promise(self.scenario)
        shares = [name for kind in (SpeedClause, DepthClause) for name, c in clauses if isinstance(c, kind)]
        found = [self._share(name) for name in shares] + ([] if promise is None else [self._months(promise)])
        return (*found, *(self._money(label, name) for label, name in _MONEY.items()))

    def headline(self, unit: str) -> Headline | None:
        """Return the first headline in a unit; in ``%`` that is the expected revenue."""
        return next((found for found in self.headlines if found.unit == unit), None)

    @cached_property
    def expectation(self) -> Interval:
        """As how many times as many years the expected revenue is sharp beside the realised revenue."""
        return sharpness((self.series[""]["cohort_revenue"],), self.series[""]["expected_revenue"])

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """What each change does to the expected revenue and to the share called in time."""
        speed = next((name for name, clause in self.scenario.sla.items() if isinstance(clause, SpeedClause)), None)
        measures = {"revenue": "expected_revenue"} | ({} if speed is None else {"speed": f"attainment.{speed}"})
        return tuple(
            Difference(change, measure, self.series[""][name], self.series[change][name])
            for change in self.changes
            for measure, name in measures.items()
        )

    def both(self, change: str) -> Interval:
        """Return as how many times as many years expected revenue and the same luck are sharp together.

        Beside the difference of two revenues as they fall out, each with a luck of its own.
        """
        before, after = self.series[""], self.series[change]
        apart = (before["cohort_revenue"], after["cohort_revenue"])
        return sharpness(apart, after["expected_revenue"] - before["expected_revenue"])

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """What simulated years are for: a quick look, a choice between plans, a published report."""
        text = [found.years for found in self.differences if math.isfinite(found.years.mean)]
        choice = f"{len(text)} of {counted(len(self.differences), 'difference')} told apart from nothing"
        return (
            Use("a quick look", *self._precise(1.0, 10.0), "smarketing run", QUICK_YEARS),
            Use("a choice between plans", choice, _most(text), "smarketing compare", QUICK_YEARS),
            Use("a published report", *self._precise(0.5, 3.0), "smarketing report", REPORT_YEARS),
        )

    def _precise(self, month_margin: float, revenue_margin: float) -> tuple[str, Interval]:
        margins = {"months": ("months kept", month_margin), "%": ("expected revenue", revenue_margin)}
        found = [(h, *margins[unit]) for unit in margins if (h := self.headline(unit)) is not None]
        text = ", ".join(f"{label} to within {precision(margin, h.unit)}" for h, label, margin in found)
        return text, _most([years_for(h.values, margin) for h, _, margin in found])

    def _share(self, name: str) -> Headline:
        mean, values = Report(self.base).clauses[name].attained, self.series[""][f"attainment.{name}"]
        text = f"{percent(mean.mean)}, {range_of(mean, percent)}"
        return Headline(f"Share attained ({_named(name)})", text, 100.0 * values, "points", 1.0)

    def _months(self, name: str) -> Headline:
        plan, values = Report(self.base), self.series[""][f"p_kept.{name}"]
        kept = plan.clauses[name].kept
        text = "no case" if math.isnan(kept.mean) else f"{months(kept, plan.months)}, {month_range(kept, plan.months)}"
        return Headline(f"Months kept ({_named(name)})", text, 12.0 * values, "months", 0.5)

    def _money(self, label: str, name: str) -> Headline:
        mean, values = Report(self.base).mean(name), self.series[""][name]
        relative = 100.0 * values / abs(mean.mean) if mean.mean else np.full_like(values, np.nan)
        return Headline(label, f"{money(mean.mean)}, {range_of(mean, money)}", relative, "%", 3.0)


def prepare(namespace: Mapping[str, Any]) -> Study:
    """Check a notebook's parameters and simulate the plan and its changes.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook; a plain name in it that is not a parameter is a misspelt one.

    Raises
    ------
    InputError
        If a parameter is unknown or has the wrong type, or the scenario has problems.
    RunFailed
        If a simulated year failed.
    """
    found: list[Replications] = []
    with ask(namespace) as question:
        changed = {
            label: override(question.scenario, overrides) for label, overrides in changes(question.scenario).items()
        }
        plans = (question.scenario, *changed.values())
        for plan, step in zip(plans, question.simulation.parts([1.0] * len(plans)), strict=True):
            found.append(step.run(plan))
            planning.hold_failures(found[-1])
    study = Study(found[0], dict(zip(changed, found[1:], strict=True)))
    if question.params["tables_dir"]:
        write_tables(study, Path(question.params["tables_dir"]))
    return study


def changes(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Return three changes that any plan can make: overrides by what they are called."""
    first = scenario.sales.sdr.queue.new_before_retries
    order = "New leads no longer first" if first else "New leads before follow-ups"
    return {
        "Two more reps": headcount_change(scenario, scenario.sales.sdr.headcount + 2),
        order: {"sales.sdr.queue.new_before_retries": not first},
        "A tenth more leads": more_leads(scenario, 1.1, campaigns=False),
    }


def precision(margin: float, unit: str) -> str:
    """Return a margin with its unit, such as ``0.5 months``, ``1 point`` or ``14%``."""
    text = f"{margin:.0f}" if margin >= 9.95 or margin == round(margin) else f"{margin:.1f}"
    return f"{text}%" if unit == "%" else f"{text} {unit.removesuffix('s') if text == '1' else unit}"


def write_tables(study: Study, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: every simulated year of every plan, and the years needed."""
    numbers = [m.replication for m in study.base.measures]
    years = [
        pd.DataFrame({"plan": label or "as it is", "replication": numbers, **with_old_names(s)})
        for label, s in study.series.items()
    ]
    needed = [
        {"headline": h.label, "unit": h.unit, "wanted": h.wanted, "spread": h.spread.mean, "years": h.years.mean}
        for h in study.headlines
    ]
    write_parquet(pd.concat(years, ignore_index=True), folder / "years.parquet")
    write_parquet(pd.DataFrame(needed), folder / "needed.parquet")


def _most(years: Sequence[Interval]) -> Interval:
    return max((n for n in years if not math.isnan(n.mean)), key=lambda n: n.mean, default=UNKNOWN)


def _named(clause: str) -> str:
    return clause.replace("_", " ")


def _first_promise(scenario: Scenario) -> str | None:
    """Return the first clause on speed, else the first that sales promises."""
    clauses = scenario.sla.items()
    speed = [name for name, clause in clauses if isinstance(clause, SpeedClause)]
    sales = [name for name, clause in clauses if clause.side == "sales"]
    return next(iter([*speed, *sales, *scenario.sla]), None)
