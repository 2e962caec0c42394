"""What is free? Changes that cost neither people nor money, ranked by what they bring, as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.decide.levers import COSTS
from smarketing_sim.decide.ranking import WHAT_COUNTS, Effect, Ranking, best_free, rank_levers, to_json
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.free_levers.charts import levers_chart
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, fold, heading, record, say, show, table
from smarketing_sim.words.numbers import counted, gain, money, month_range, months, more_points, range_of
from smarketing_sim.words.tables import table_html

_FIRST = 8


def prepare(namespace: Mapping[str, Any]) -> Ranking:
    """Check a notebook's parameters and simulate every lever of its plan.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.

    Raises
    ------
    InputError
        If a parameter cannot be used, or the scenario or one of its alternatives has problems.
    RunFailed
        If a simulated year failed.
    """
    with ask(namespace) as question:
        ranking = rank_levers(question.scenario, question.simulation)
    if question.params["tables_dir"]:
        write_tables(ranking, Path(question.params["tables_dir"]))
    return ranking


def show_answer(ranking: Ranking) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    today = ranking.today
    count = counted(len(ranking.free), "change")
    lead = (
        f"Before anybody is hired: {count} that cost neither people nor money, each in the same "
        f"{counted(len(today.measures), 'simulated year')} as today’s plan, with the same leads on the same days. "
        f"Contribution counts the margin {today.scenario.economics.counted}, less media and the reps’ hours for leads."
    )
    display_html(answer_html(finding(ranking), lead, _cards(ranking)))


def finding(ranking: Ranking) -> str:
    """Return the page's answer in one sentence."""
    best, total = _best(ranking), ranking.today.scenario.run.horizon_months
    if best is None:
        return "Nothing that is free is sure to help this plan."
    text = f"At no cost, “{best.lever.label}” brings {money(best.contribution.mean)} more"
    if math.isnan(best.kept.mean):
        return f"{text}."
    if best.contribution.low <= 0.0:
        text = f"At no cost, “{best.lever.label}” helps"
    kept = f"all sales promises are kept in {months(best.kept, total)} months, today in {months(ranking.kept, total)}"
    return f"{text}: {kept}."


def show_ranking(ranking: Ranking) -> None:
    """Show the free changes, best first: the chart, and the numbers behind it."""
    free, total = ranking.free, ranking.today.scenario.run.horizon_months
    if not free:
        heading("This plan has nothing free to change", "No candidate change applies.")
        return
    better, worse, first = _sure(free, 1), _sure(free, -1), free[0]
    heading(
        f"{better} of {counted(len(free), 'free change')} bring more for certain, {worse} bring less",
        f"Best first, by contribution. All ranges of a column hold at once with {100 * ranking.level:.0f}% "
        "confidence, so the best of many is not just the one that chance favoured.",
    )
    show(
        levers_chart(
            [effect.lever.label for effect in free],
            [effect.contribution for effect in free],
            [effect.kept for effect in free],
            kept_today=ranking.kept.mean,
            months=total,
            title=f"“{first.lever.label}” brings most: {gain(first.contribution.mean)}",
        ),
        alt="Free changes by contribution vs today’s, best first: "
        + "; ".join(f"{effect.lever.label} {gain(effect.contribution.mean)}" for effect in free)
        + ".",
        caption="Dots with their ranges. Blue: brings more for certain; orange: less; grey: not told apart."
        + (f" Dashed: the months kept today, {months(ranking.kept, total)}." if _promised(ranking) else ""),
    )
    names, rows = _numbers(ranking, free)
    table(names, rows[:_FIRST], numeric=names[1:])
    if len(rows) > _FIRST:
        fold(f"All {len(rows)} free changes in numbers", table_html(names, rows, numeric=names[1:]))


def show_priced(ranking: Ranking) -> None:
    """Show the named alternatives that are not free."""
    if not ranking.priced:
        heading("No alternative that costs something is named in this plan", "They go under alternatives: in its file.")
        return
    first = ranking.priced[0]
    free = _best_by_contribution(ranking)
    beats = free is not None and free.contribution.mean >= first.contribution.mean
    title = "No change that costs something beats the best free one" if beats else (
        f"“{first.lever.label}” brings more than anything free"
    )  # fmt: skip
    named = "Alternatives named in the plan’s file, their own cost subtracted. They are ranked apart."
    if not any(one.lever.named for one in ranking.priced):
        named = "No alternative that costs something is named in this plan; they go under alternatives: in its file."
    if any(one.lever.cost == "systems" for one in ranking.priced):
        named += " What faster systems cost is not known here, so nothing is subtracted for them."
    heading(title, named)
    names, rows = _numbers(ranking, ranking.priced, costs=True)
    table(names, rows, numeric=names[1:])


def show_left_out(ranking: Ranking) -> None:
    """Show, folded away, what could not be had and why."""
    if ranking.left_out:
        rows = [(lever.label, lever.left_out) for lever in ranking.left_out]
        fold(f"{counted(len(rows), 'change')} left out, each with its reason", table_html(["change", "why"], rows))


def show_reading(ranking: Ranking) -> None:
    """Show how to read the answer, what would change it, and what it leaves out."""
    decay = ranking.today.scenario.decay.preset
    fading = "that waiting costs nothing" if decay == "none" else f"the “{decay.replace('_', ' ')}” curve"
    heading("How to read this, what would change it, and what it leaves out")
    say(
        "\n".join(
            [
                "- Changes are tried one at a time, and two that mend the same queue do not add up. To try a pair, "
                "name it under `alternatives:` in the plan’s file.",
                f"- What the order of the queue is worth hangs on how fast interest fades. This plan believes "
                f"{fading}; if waiting costs less than that, calling new leads first is worth less.",
                "- Hours moved to leads are taken from other work. What outbound calls would have brought counts only "
                "as far as the plan’s file prices it.",
                "- Free means: neither people nor money. The effort to bring a change about and to get used to it is "
                "not modelled, and neither is what people think of it.",
                "- Fewer attempts, and dropping leads that do not fit, save hours at the price of a few deals. Both "
                "are in these numbers, and a broken promise on the number of attempts is in the months kept.",
            ]
        )
    )


def record_results(ranking: Ranking) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    cards = [card.as_dict() for card in _cards(ranking)]
    digest = ranking.today.scenario.digest
    record({"finding": finding(ranking), "digest": digest, "headline": cards, "results": to_json(ranking)})


def key_figures(ranking: Ranking) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    total = ranking.today.scenario.run.horizon_months
    lines = [("today", "", months(ranking.kept, total))]
    lines += [(e.lever.id, gain(e.contribution.mean), months(e.kept, total)) for e in ranking.free[:5]]
    return "\n".join(f"{name:<32}{more:>10}{kept:>14}" for name, more, kept in lines)


def write_tables(ranking: Ranking, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: one row for each change, those left out in a table of their own."""
    names = (*WHAT_COUNTS, "p_kept", "kept", "other_hours_per_year")
    rows = [
        {
            "id": effect.lever.id,
            "label": effect.lever.label,
            "cost": effect.lever.cost,
            **{
                f"{name}.{end}": getattr(getattr(effect, name), end)
                for name in names
                for end in ("mean", "low", "high")
            },
        }
        for effect in (*ranking.free, *ranking.priced)
    ]
    left = [{"id": lever.id, "label": lever.label, "reason": lever.left_out} for lever in ranking.left_out]
    write_parquet(pd.DataFrame(rows), folder / "levers.parquet")
    write_parquet(pd.DataFrame(left, columns=["id", "label", "reason"]), folder / "left_out.parquet")


def _best(ranking: Ranking) -> Effect | None:
    """Return the best free change, where it is sure to help."""
    best = best_free(ranking)
    helps = best is not None and (best.p_kept.low > 0.0 or best.contribution.low > 0.0)
    return best if helps else _best_by_contribution(ranking, sure=True)


def _best_by_contribution(ranking: Ranking, *, sure: bool = False) -> Effect | None:
    able = (effect for effect in ranking.free if effect.lever.at_no_cost)
    return next((effect for effect in able if effect.contribution.low > 0.0 or not sure), None)


def _cards(ranking: Ranking) -> list[Card]:
    total, today, best = ranking.today.scenario.run.horizon_months, ranking.kept, _best(ranking)
    kept = "months with all sales promises kept"
    cards = [Card(f"{kept}, today", months(today, total), _month_range(today, total))] if _promised(ranking) else []
    if best is not None:
        if _promised(ranking):
            cards.append(Card(f"{kept}, best free change", months(best.kept, total), _month_range(best.kept, total)))
        cards.append(Card("contribution, best free change", gain(best.contribution.mean), _range(best.contribution)))
    helping = f"{_sure(ranking.free, 1)} of {len(ranking.free)}"
    return [*cards, Card("free changes that bring more for certain", helping, "by contribution")]


def _numbers(
    ranking: Ranking, effects: Sequence[Effect], *, costs: bool = False
) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the headings and the rows of a table of changes."""
    names = ["change", "contribution", "expected revenue", "months kept", "reps busy"]
    return names, [_row(ranking, effect, costs=costs) for effect in effects]


def _row(ranking: Ranking, effect: Effect, *, costs: bool) -> tuple[object, ...]:
    total, lever = ranking.today.scenario.run.horizon_months, effect.lever
    note = _hours(effect) if lever.share_step else f"costs {COSTS[lever.cost]}{_bill(effect)}" if costs else ""
    kept = "no promise" if math.isnan(effect.kept.mean) else months(effect.kept, total)
    return (
        (lever.label, note) if note else lever.label,
        (gain(effect.contribution.mean), range_of(effect.contribution, gain)),
        (gain(effect.expected_revenue.mean), range_of(effect.expected_revenue, gain)),
        (kept, _month_range(effect.kept, total)),
        (_busier(effect.sdr_utilisation.mean), range_of(effect.sdr_utilisation, _busier)),
    )


def _hours(effect: Effect) -> str:
    hours = effect.other_hours_per_year
    if math.isnan(hours.mean):
        return ""
    does = "takes" if hours.mean > 0 else "gives"
    return f"{does} {abs(hours.mean):,.0f} hours a year {'from' if hours.mean > 0 else 'to'} other work"


def _bill(effect: Effect) -> str:
    lever = effect.lever
    parts = [(lever.one_off, "once"), (lever.yearly, "a year")]
    text = " and ".join(f"{money(usd)} {when}" for usd, when in parts if usd)
    return f": {text} on top of what the plan counts" if text else ""


def _sure(effects: Sequence[Effect], sign: int) -> int:
    ends = (e.contribution.low if sign > 0 else -e.contribution.high for e in effects)
    return sum(end > 0.0 for end in ends)


def _promised(ranking: Ranking) -> bool:
    return not math.isnan(ranking.kept.mean)


def _range(interval: Interval) -> str:
    words = range_of(interval, gain)
    return words if words == "no range" else f"range {words}"


def _month_range(kept: Interval, total: int) -> str:
    words = month_range(kept, total)
    return words if words == "no range" else f"range {words}"


def _busier(share: float) -> str:
    return more_points(share, decimals=0)
