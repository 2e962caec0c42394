"""Numbers with their ranges as data frames, and as tables that a person likes to look at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from smarketing_sim.experiment import results
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import ClauseResult
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.measure.names import HEADLINES
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.scenario.calendars import WEEKDAYS
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import share_text
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import counted, percent, range_of, tell_money_in
from smarketing_sim.words.numbers import money as told_money
from smarketing_sim.words.tables import table_html

COLUMNS = ["mean", "low", "high", "unit"]
_MONEY_COLUMNS = {"spend", "spend_unworked", "expected_revenue", "won_revenue"}


def interval_frame(rows: Iterable[tuple[Any, Interval, str]], names: str | list[str]) -> pd.DataFrame:
    """Return numbers with their ranges and units, one row each; a row is (key, interval, unit)."""
    listed = list(rows)
    keys = [key for key, _, _ in listed]
    index = pd.Index(keys, name=names) if isinstance(names, str) else pd.MultiIndex.from_tuples(keys, names=names)
    return pd.DataFrame([(i.mean, i.low, i.high, unit) for _, i, unit in listed], index=index, columns=COLUMNS)


def clauses(results: Mapping[str, ClauseResult]) -> pd.DataFrame:
    """Return what came of each clause; index ``clause`` and ``measure``."""
    return interval_frame(
        (
            ((name, measure), value, "share")
            for name, one in results.items()
            for measure, value in (
                ("attained", one.attained),
                ("kept in a month", one.kept),
                ("kept all year", one.kept_year),
                ("attained with unlimited reps", Interval(_known(one.ceiling), math.nan, math.nan)),
            )
        ),
        ["clause", "measure"],
    )


def funnel(years: Replications) -> pd.DataFrame:
    """Return the funnel; index ``source`` and ``stage``."""
    table, currency = years.stacked("funnel"), years.scenario.currency
    return interval_frame(
        (
            ((source, stage), t_interval(table[:, row, column]).from_zero, _unit(stage, currency))
            for row, source in enumerate(years.scenario.marketing.sources)
            for column, stage in enumerate(FUNNEL_COLUMNS)
        ),
        ["source", "stage"],
    )


def money(years: Replications) -> pd.DataFrame:
    """Return the money of a year; index ``measure``."""
    currency = years.scenario.currency
    rows = [(n, results.mean_of(years, n), currency) for n, measure in HEADLINES.items() if measure.unit == "money"]
    rows.append(("cost_per_won", results.cost_per_won(years), currency))
    return interval_frame(rows, "measure")


def headlines(years: Replications) -> pd.DataFrame:
    """Return every headline measure; index ``measure``, with a column ``label``."""
    units = {"money": years.scenario.currency}
    rows = ((n, results.mean_of(years, n), units.get(m.unit, m.unit)) for n, m in HEADLINES.items())
    found = interval_frame(rows, "measure")
    found.insert(0, "label", [measure.label for measure in HEADLINES.values()])
    return found


def waiting(years: Replications) -> pd.DataFrame:
    """Return the mean number of leads waiting; index ``queue``, ``weekday`` and ``hour`` of the contract's clock."""
    return interval_frame(
        (
            ((queue, WEEKDAYS[hour // 24], hour % 24), t_interval(values[:, hour]).from_zero, "leads")
            for queue, values in (
                ("new", years.stacked("waiting_new")),
                ("follow-up", years.stacked("waiting_retries")),
            )
            for hour in range(168)
        ),
        ["queue", "weekday", "hour"],
    )


def years_html(plan: Scenario, count: int, results: Mapping[str, ClauseResult], amounts: pd.DataFrame) -> str:
    """Return simulated years as two small tables: the contract, and the money."""
    tell_money_in(plan.currency)
    contract = [
        (
            (name.replace("_", " "), one.clause.side),
            one.clause.text,
            share_text(one.clause.target),
            (percent(one.attained.mean), range_of(one.attained, percent)),
            (percent(one.kept.mean), range_of(one.kept, percent)),
        )
        for name, one in results.items()
    ]
    heads = ["clause", "promise", "promised", "attained", "chance kept in a month"]
    rows = [(HEADLINES[n].label, *_told(row)) for n, row in amounts.iterrows() if n in HEADLINES]
    title = f"<p><b>{escape(plan.name)}</b>: {counted(count, 'simulated year')}; ranges are 95%.</p>"
    return (
        title
        + (table_html(heads, contract, numeric=heads[2:]) if contract else "")
        + table_html(["money of a year", "mean", "range"], rows, numeric=["mean", "range"])
    )


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _told(row: Any) -> tuple[str, str]:
    return told_money(row["mean"]), range_of(Interval(row["mean"], row["low"], row["high"]), told_money)


def _unit(stage: str, currency: str) -> str:
    return currency if stage in _MONEY_COLUMNS else "count"
