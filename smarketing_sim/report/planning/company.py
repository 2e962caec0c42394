"""Does this look like your company? What a plan implies beside what is usual, for a terminal and for the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from smarketing_sim.decide.usual import MONEY, Implied, self_check
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import heading, table
from smarketing_sim.scenario.holidays import Holidays
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import counted, money, percent, range_of, signed
from smarketing_sim.world.timeline import add_months

if TYPE_CHECKING:  # a terminal needs no charts
    from smarketing_sim.report.planning.planning import Report


def self_check_text(implied: Sequence[Implied]) -> str:
    """Return a self-check as lines for a terminal."""
    lines = ["Does this look like your company?"]
    for one in implied:
        mark = "!" if one.unusual else " "
        lines.append(f" {mark} {one.label}: {_shown(one, one.value.mean)} ({_range(one)}); usual {_usual(one)}")
    if any(one.unusual for one in implied):
        lines.append(" ! is outside what is usual: see whether a number of the file is off, or you are the exception.")
    return "\n".join(lines)


def holidays_text(scenario: Scenario) -> str:
    """Return when a company is closed, in words, with how many business days that takes off the months reported."""
    calendar, run = scenario.calendar, scenario.run
    last = add_months(run.starts_on, run.horizon_months) - dt.timedelta(days=1)
    closed = counted(calendar.closed_days(run.starts_on, last), "business day")
    less = f"{closed} fewer in {counted(run.horizon_months, 'month')}"
    return f"Holidays: {calendar.holidays}" + (f"; {less}" if calendar.holidays != Holidays() else "")


def show_company(report: Report) -> None:
    """Show what the plan implies about the company, with what is outside the usual marked."""
    implied = self_check(report.years)
    if not implied:
        return
    odd = [one for one in implied if one.unusual]
    some = f"{len(odd)} of {len(implied)} numbers {'is' if len(odd) == 1 else 'are'} unusual"
    count = some if odd else "nothing that the plan implies is unusual"
    heading(
        f"Does this look like your company? {count[:1].upper() + count[1:]}",
        "What the plan implies, next to what is usual in the field. A number far from what you know of your own "
        f"company points to a wrong input. {holidays_text(report.scenario)}.",
    )
    rows = [
        (one.label, _shown(one, one.value.mean), _range(one), (_usual(one), one.benchmark.source),
         "unusual" if one.unusual else "")
        for one in implied
    ]  # fmt: skip
    table(["", "here", "range", "usual", ""], rows, numeric=["here", "range"])


def _shown(one: Implied, value: float) -> str:
    if one.name in MONEY:
        return money(value)
    return percent(value) if one.name == "conversations_per_dial" else signed(f"{value:,.1f}")


def _range(one: Implied) -> str:
    return range_of(one.value, lambda value: _shown(one, value))


def _usual(one: Implied) -> str:
    return range_of(Interval(0.0, one.benchmark.low, one.benchmark.high), lambda value: _shown(one, value))
