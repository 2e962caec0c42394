"""The planning report's numbers: parameters in, one experiment, every figure that the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smarketing_sim.analysis.years import Years
from smarketing_sim.charts import years as charts
from smarketing_sim.decide.advice import Advice, advise
from smarketing_sim.decide.bottleneck import Bottleneck, bottleneck
from smarketing_sim.decide.settled_load import SettledLoad, settled_load
from smarketing_sim.errors import RunFailed
from smarketing_sim.experiment import results
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.stability import Stability, stability
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.measure.names import with_old_names
from smarketing_sim.measure.response import BUSINESS_GRID, WALL_GRID
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import counted


@dataclass(frozen=True, eq=False)
class Report:
    """Simulated years of a plan, what to do about it, and what the page asks of both."""

    years: Replications
    advice: Advice | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario that was run."""
        return self.years.scenario

    @property
    def months(self) -> int:
        """Months of the horizon."""
        return self.scenario.run.horizon_months

    @property
    def year_count(self) -> int:
        """Simulated years."""
        return len(self.years.measures)

    @property
    def years_in_words(self) -> str:
        """Simulated years in words, such as ``200 simulated years``."""
        return counted(self.year_count, "simulated year")

    def mean(self, name: str) -> Interval:
        """Return a headline measure with its range."""
        return results.mean_of(self.years, name)

    @cached_property
    def clauses(self) -> dict[str, results.ClauseResult]:
        """What came of each clause."""
        return results.clause_results(self.years)

    @cached_property
    def stability(self) -> Stability:
        """Whether the plan settles."""
        return stability(self.years)

    @cached_property
    def settled_load(self) -> SettledLoad | None:
        """Where the load settles, by analysis; None where nobody works or nobody is to be called."""
        return settled_load(self.years)

    @cached_property
    def bottleneck(self) -> Bottleneck | None:
        """The stage behind which most revenue waits; None where nothing was tried, or nothing much waits."""
        return None if self.advice is None else bottleneck(self.years, self.advice.table)

    def by_source(self, column: str) -> list[Interval]:
        """Return one column of the funnel with its range, by source."""
        return charts.by_source(self.years, column)

    def total(self, column: str) -> Interval:
        """Return one column of the funnel over all sources, with its range."""
        values = self.years.stacked("funnel")[:, :, FUNNEL_COLUMNS.index(column)]
        return t_interval(values.sum(axis=1)).from_zero


def prepare(namespace: Mapping[str, Any]) -> Report:
    """Check a notebook's parameters and run the experiment they ask for.

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
    with ask(namespace) as question:
        first, second = question.simulation.parts((1.0, 1.0))
        years = Years.of(first.run(question.scenario))
        hold_failures(years)
        report = Report(years, advise(question.scenario, second))
    if question.params["tables_dir"]:
        write_tables(report, Path(question.params["tables_dir"]))
    return report


def hold_failures(years: Replications) -> None:
    """Raise RunFailed where a simulated year failed."""
    if years.failures:
        count, first = len(years.failures), years.failures[0]
        raise RunFailed(f"{count} simulated years failed; year {first.replication}: {first.error}")


def write_tables(report: Report, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: clauses, funnel, response, waiting, years."""
    for name, frame in tables(report).items():
        write_parquet(frame, folder / f"{name}.parquet")


def tables(report: Report) -> dict[str, pd.DataFrame]:
    """Return the numbers behind the page as tidy frames."""
    simulated = report.years
    clauses = [
        {
            "replication": m.replication,
            "clause": name,
            "month": month + 1,
            "numerator": counts.numerator[month],
            "denominator": counts.denominator[month],
            "left_out_count": counts.left_out_count[month],
            "unworked_count": counts.unworked_count[month],
            "duplicate_count": counts.duplicate_count[month],
        }
        for m in simulated.measures
        for name, counts in m.clauses.items()
        for month in range(report.months)
    ]
    sources = list(report.scenario.marketing.sources)
    funnel = [
        {"replication": m.replication, "source": source, **dict(zip(FUNNEL_COLUMNS, row, strict=True))}
        for m in simulated.measures
        for source, row in zip(sources, m.funnel, strict=True)
    ]
    curves = {"business": (BUSINESS_GRID, "called_business"), "wall": (WALL_GRID, "called_wall")}
    response = [
        pd.DataFrame({"clock": clock, "age_minutes": grid, "called_share": np.mean(simulated.stacked(name), axis=0)})
        for clock, (grid, name) in curves.items()
    ]
    waiting = pd.DataFrame(
        {
            "hour_of_week": range(168),
            "new_leads": np.mean(simulated.stacked("waiting_new"), axis=0),
            "follow_ups": np.mean(simulated.stacked("waiting_retries"), axis=0),
        }
    )
    years = pd.DataFrame([{"replication": m.replication, **with_old_names(m.headline)} for m in simulated.measures])
    return {
        "clauses": pd.DataFrame(clauses),
        "funnel": pd.DataFrame(funnel),
        "waiting": waiting,
        "years": years,
        "response": pd.concat(response, ignore_index=True),
    }
