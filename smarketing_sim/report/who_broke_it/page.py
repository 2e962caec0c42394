"""Who broke it? The gap between two plans, cause by cause, as a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.analysis.plans import find_params
from smarketing_sim.decide.attribution import MEASURE, MEASURES, Attribution, Causes, explain, group_name, to_json
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, fold, heading, record, say, show, table
from smarketing_sim.report.who_broke_it.charts import parts_chart
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.causes import MEANING
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import counted, gain, money, money_unit, range_of, signed, upper_first
from smarketing_sim.words.tables import table_html

PARAMETERS: dict[str, type] = {"other_path": str}
"""Parameters of the notebook beside those of every report."""
_MONTHS = ("run.starts_on", "run.horizon_months")
_REVENUE, _KEPT = MEASURES[1:]


@dataclass(frozen=True, eq=False)
class Dispute:
    """A gap with its parts, and what was done to the other plan so that both are about the same months.

    Parameters
    ----------
    attribution
        The plan asked about is its second one.
    moved
        Whether the other plan was moved to the months of the plan asked about.
    """

    attribution: Attribution
    moved: bool

    @property
    def plan(self) -> Scenario:
        """The plan asked about."""
        return self.attribution.mixtures.pair.b

    @property
    def other(self) -> Scenario:
        """What it is compared with."""
        return self.attribution.mixtures.pair.a

    @property
    def largest(self) -> tuple[Causes, Interval]:
        """The cause with the largest part of the contribution, for better or worse."""
        return max(self.attribution.parts().items(), key=lambda item: abs(item[1].mean))


def prepare(namespace: Mapping[str, Any]) -> Dispute:
    """Check a notebook's parameters and split the gap between its two plans.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.

    Raises
    ------
    InputError
        If a parameter cannot be used, a scenario has problems, or the plans are the same.
    RunFailed
        If a simulated year failed.
    """
    with ask(namespace, **PARAMETERS) as question:
        other = load(find_params(Path(question.params["other_path"])))
        there = _in_the_months_of(question.scenario, other)
        dispute = Dispute(explain(there, question.scenario, question.simulation), there is not other)
    if question.params["tables_dir"]:
        write_tables(dispute.attribution, Path(question.params["tables_dir"]))
    return dispute


def show_answer(dispute: Dispute) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    attribution = dispute.attribution
    between, years = len(attribution.mixtures.scenarios) - 2, counted(attribution.replications, "simulated year")
    lead = f"Compared with “{dispute.other.name}”, both in the same {years}. They differ in one cause alone."
    if between:
        lead = (
            f"Compared with “{dispute.other.name}”. Both plans, and the {between} with some causes from the one and "
            f"the rest from the other, went through the same {years}. The part of a cause is what changing it changes, "
            "on average over every order in which the causes could be changed. The parts sum to the gap."
        )
    display_html(answer_html(finding(dispute), lead, _cards(dispute)))
    if dispute.moved:
        display_html('<p class="note">The other plan was moved to the months of this one.</p>')


def finding(dispute: Dispute) -> str:
    """Return the page's answer in one sentence."""
    gap, (group, part) = dispute.attribution.gap(), dispute.largest
    size = money(abs(gap.mean))
    if part.mean == 0.0:
        return "These plans bring the same: nothing in which they differ changes the contribution."
    if not (gap.low > 0.0 or gap.high < 0.0):
        text = f"No gap is sure: {gain(gap.mean)} of contribution, {range_of(gap, gain)}"
    else:
        text = f"This plan brings {size} {'more' if gap.mean > 0 else 'less'}"
    return f"{text}; the largest cause is {group_name(group)}, {gain(part.mean)}."


def show_parts(dispute: Dispute) -> None:
    """Show the parts of the gap as a chart and a table."""
    attribution, (group, part) = dispute.attribution, dispute.largest
    parts, gap = attribution.parts(), attribution.gap()
    largest = f"The largest part: {gain(part.mean)} of contribution by {group_name(group)}, {_ranged(part, gain)}"
    heading(
        largest if part.mean else "No cause changes the contribution",
        "A bar to the right: this plan is better off by that cause; to the left: worse off. Ranges are 95% and tell "
        "what the simulation itself is unsure of, not whether the assumptions are right.",
    )
    shown = {group: part for group, part in parts.items() if attribution.paths(group)}
    show(
        parts_chart(
            [group_name(group) for group in shown],
            list(shown.values()),
            gap=gap,
            title=f"This plan against the other: {gain(gap.mean)} of contribution, cause by cause",
            axis=f"contribution {dispute.plan.economics.counted}, {money_unit()}",
        ),
        alt="Bars of each cause’s part of the contribution: "
        + ", ".join(f"{group_name(group)} {gain(part.mean)}" for group, part in shown.items())
        + f"; the whole gap {gain(gap.mean)}.",
        caption="Thin lines: 95% ranges. Causes in which the plans do not differ are left out.",
    )
    _show_table(dispute)
    for merger in attribution.mixtures.mergers:
        causes = " and ".join(merger.causes)
        display_html(
            f'<p class="note">{escape(upper_first(causes))} are counted as one: a plan with one of them and without '
            f"the other is no valid plan ({escape(merger.because)}).</p>"
        )


def _show_table(dispute: Dispute) -> None:
    """Show the parts of every measure, and what is not modelled."""
    attribution = dispute.attribution
    names = ["cause", "contribution", "expected revenue", "months with all sales promises kept"]
    measured = [(measure, attribution.parts(measure), tell) for measure, tell in _tellers(dispute)]
    rows: list[tuple[object, ...]] = [
        ((group_name(group), _meaning(group)), *(_cell(listed[group], tell) for _, listed, tell in measured))
        if attribution.paths(group)
        else ((group_name(group), _meaning(group)), *("the same in both" for _ in measured))
        for group in attribution.parts()
    ]
    rows.append((("motivation", "whether people try"), *("not modelled" for _ in measured)))
    rows.append(("the whole gap", *(_cell(attribution.gap(measure), tell) for measure, _, tell in measured)))
    table(names[: len(measured) + 1], rows, numeric=names[1:])


def show_differences(dispute: Dispute) -> None:
    """Show what differs between the plans, by cause."""
    listed = {group: dispute.attribution.paths(group) for group in dispute.attribution.parts()}
    count = sum(len(paths) for paths in listed.values())
    heading(
        f"The plans differ in {counted(count, 'assumption')}",
        "Each belongs to one cause, by a table that anybody can read. A source that only one plan has takes along what "
        "only it has; where each plan has sources that the other lacks, how many leads come is volume, and what they "
        "are like is quality.",
    )
    rows = [(group_name(group), f"{len(paths)}", ", ".join(paths)) for group, paths in listed.items() if paths]
    fold("Every assumption that differs", table_html(["cause", "assumptions", "paths"], rows, numeric=["assumptions"]))


def show_reading(dispute: Dispute) -> None:
    """Show what would change the answer and what it leaves out."""
    causes = counted(len(dispute.attribution.mixtures.groups), "cause")
    heading("What would change this answer, and what it leaves out")
    say(
        "\n".join(
            [
                f"- Causes work together: with a long queue, more leads cost more than they bring. The {causes} share "
                "such effects evenly, so a part is not what would be won by mending that cause alone.",
                "- A part is only as good as the two plans are. A belief that both share, above all how fast interest "
                "fades while a lead waits, shapes every part without being one.",
                "- Motivation is not modelled: people here neither slack off nor pick the leads they like.",
                "- The plans say what differs. If nobody wrote down that the hours changed, no part can show it.",
            ]
        )
    )


def record_results(dispute: Dispute) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = [card.as_dict() for card in _cards(dispute)]
    facts = {"finding": finding(dispute), "digest": dispute.plan.digest, "headline": cards}
    record({**facts, "results": to_json(dispute.attribution)})


def key_figures(dispute: Dispute) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    lines = [("contribution, gap", gain(dispute.attribution.gap().mean))]
    lines += [(group_name(group), gain(part.mean)) for group, part in dispute.attribution.parts().items()]
    return "\n".join(f"{label:<40}{figure:>10}" for label, figure in lines)


def write_tables(attribution: Attribution, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: the parts, and every plan between the two in every year."""
    parts = [
        {"measure": measure, "cause": group_name(group), "mean": part.mean, "low": part.low, "high": part.high}
        for measure in MEASURES
        for group, part in attribution.parts(measure).items()
    ]
    groups = attribution.mixtures.groups
    years = [
        {
            **{group_name(group): bool(mask >> bit & 1) for bit, group in enumerate(groups)},
            "replication": replication,
            **{measure: float(attribution.worth[measure][mask, replication]) for measure in MEASURES},
        }
        for mask in range(2 ** len(groups))
        for replication in range(attribution.replications)
    ]
    write_parquet(pd.DataFrame(parts), folder / "parts.parquet")
    write_parquet(pd.DataFrame(years), folder / "mixtures.parquet")


def _in_the_months_of(plan: Scenario, other: Scenario) -> Scenario:
    """Return another plan in the months of this one; the same object where it is so already."""
    values = {path: getattr(plan.run, path.partition(".")[2]) for path in _MONTHS}
    apart = {path: value for path, value in values.items() if value != getattr(other.run, path.partition(".")[2])}
    return override(other, apart) if apart else other


def _cards(dispute: Dispute) -> list[Card]:
    attribution, (group, part) = dispute.attribution, dispute.largest
    labels = {
        MEASURE: "contribution, this plan less the other",
        _REVENUE: "expected revenue, this plan less the other",
        _KEPT: "months with all sales promises kept",
    }
    gaps = [(labels[measure], attribution.gap(measure), tell) for measure, tell in _tellers(dispute)]
    shown = [gaps[0], *([(f"of it by {group_name(group)}", part, gain)] if part.mean else []), *gaps[1:]]
    return [Card(label, tell(gap.mean), _ranged(gap, tell)) for label, gap, tell in shown]


def _tellers(dispute: Dispute) -> list[tuple[str, Callable[[float], str]]]:
    """Return the measures that have a case, each with how it is told."""
    listed: list[tuple[str, Callable[[float], str]]] = [(MEASURE, gain), (_REVENUE, gain)]
    listed.append((_KEPT, partial(_months, dispute.plan.run.horizon_months)))
    return [(measure, tell) for measure, tell in listed if math.isfinite(dispute.attribution.gap(measure).mean)]


def _cell(part: Interval, tell: Callable[[float], str]) -> tuple[str, str]:
    return tell(part.mean), range_of(part, tell)


def _ranged(part: Interval, tell: Callable[[float], str]) -> str:
    words = range_of(part, tell)
    return words if words == "no range" else f"range {words}"


def _months(total: int, share: float) -> str:
    """Return a share of months more or less, as months."""
    text = signed(f"{total * share:.1f}")
    return f"{'+' if share > 0.0 and text != '0.0' else ''}{text} of {total}"


def _meaning(group: Causes) -> str:
    return "; ".join(MEANING[cause] for cause in group)
