"""Would a different belief change the decision? Beliefs about speed, and all others, as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from smarketing_sim.decide.beliefs import (
    BeliefRange,
    Effect,
    Regret,
    Swing,
    belief_ranges,
    regret,
    screen,
    tornado,
)
from smarketing_sim.decide.levers import Lever, levers_of
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.files import write_parquet
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.beliefs.charts import belief_span_chart, tornado_chart
from smarketing_sim.report.notebook.asking import ask
from smarketing_sim.report.notebook.cards import Card, answer_html
from smarketing_sim.report.notebook.display import display_html, heading, record, say, show, table
from smarketing_sim.scenario.decay import decay_presets
from smarketing_sim.scenario.ranges import ranges_of, words
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import counted, gain, money, range_of

PARAMETERS: dict[str, type] = {}
"""Parameters of the notebook beside those of every report."""
_SHOWN, _DRAWS = 12, 48


@dataclass(frozen=True, eq=False)
class Doubt:
    """What beliefs do to a plan and to the choice between it and its alternatives.

    Parameters
    ----------
    plan
        The plan.
    regret
        Its alternatives under every published belief about speed.
    change
        The best of them under the plan's own belief; None where the plan has none.
    swings, effects, spans
        Every belief alone, among all others, and all money figures over all beliefs; empty where none has a range.
    years
        Simulated years of the regret table.
    """

    plan: Scenario
    regret: Regret
    change: Lever | None
    swings: tuple[Swing, ...]
    effects: tuple[Effect, ...]
    spans: tuple[BeliefRange, ...]
    years: int


def prepare(namespace: Mapping[str, Any]) -> Doubt:
    """Check a notebook's parameters and simulate the plan and its alternatives under other beliefs.

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
        doubt = doubt_of(question.scenario, question.simulation)
    if question.params["tables_dir"]:
        write_tables(doubt, Path(question.params["tables_dir"]))
    return doubt


def doubt_of(plan: Scenario, simulation: Simulation) -> Doubt:
    """Simulate a plan and its alternatives under other beliefs."""
    named = [lever for lever in levers_of(plan) if lever.named and lever.scenario is not None]
    named = [lever for lever in named if lever.cost not in {"assumption", "promise"}]
    found = regret(plan, {lever.label: lever.overrides for lever in named}, simulation)
    change = _best(plan, found, named)
    swings: list[Swing] = []
    effects: list[Effect] = []
    if ranges_of(plan):
        swings = tornado(plan, change.overrides if change else {}, simulation.of(max(1, simulation.replications // 4)))
        effects = screen(plan, simulation, rounds=max(2, simulation.replications // 3))
    spans = belief_ranges(plan, simulation.of(1), draws=_DRAWS)
    return Doubt(plan, found, change, tuple(swings), tuple(effects), tuple(spans), simulation.replications)


def finding(doubt: Doubt) -> str:
    """Return the page's answer in one sentence."""
    regret, count = doubt.regret, len(doubt.regret.presets)
    if len(regret.choices) == 1:
        return "This plan names no alternative, so no belief can change a choice; write some under alternatives."
    if not regret.changes:
        return f"“{regret.best[0]}” is the best choice under each of {count} published beliefs about speed."
    most = max(set(regret.best), key=regret.best.count)
    text = f"“{most}” is the best choice under {regret.best.count(most)} of {count} published beliefs about speed"
    return f"{text}, and the safest." if regret.safest == most else f"{text}; the safest is “{regret.safest}”."


def show_answer(doubt: Doubt) -> None:
    """Show the answer in one sentence, what stands behind it, and the headline numbers."""
    lead = (
        "How fast a lead goes cold is the most contested number of the field: published effects of speed run from 1.7 "
        "to 60 times. Each choice was simulated under each belief, in the same "
        f"{counted(doubt.years, 'simulated year')}. More of them do not settle which belief is true; only a trial does."
    )
    display_html(answer_html(finding(doubt), lead, _cards(doubt)))


def show_regret(doubt: Doubt) -> None:
    """Show what each choice costs under each belief."""
    regret = doubt.regret
    if len(regret.choices) == 1:
        return
    worst = max(row[regret.choices.index(regret.safest)].mean for row in regret.regret)
    heading(
        f"The safest choice, “{regret.safest}”, is never more than {money(worst)} behind the best",
        "By how much contribution each choice is behind the best one, if that belief is true; the plan’s own belief is "
        f"{_belief_name(doubt.plan)}.",
    )
    rows = [
        (decay_presets()[preset].name, *(_behind(cell) for cell in row))
        for preset, row in zip(regret.presets, regret.regret, strict=True)
    ]
    names = ["if this is true", *regret.choices]
    table(names, rows, numeric=names[1:])


def show_tornado(doubt: Doubt) -> None:
    """Show every belief alone: what it does to the plan, and whether it turns the choice."""
    if not doubt.swings:
        heading("No value of this plan has a range", "Write ranges to learn which beliefs matter.")
        return
    widest, turning = doubt.swings[0], [swing for swing in doubt.swings if swing.turns]
    label = "the change" if doubt.change is None else f"“{doubt.change.label}”"
    heading(
        f"{words(widest.belief.path).capitalize()} moves contribution most; "
        + (
            f"{counted(len(turning), 'belief')} alone can turn {label}" if turning else f"no belief alone turns {label}"
        ),
        "Each belief at the ends of its range, all others as in the plan, in the same simulated years.",
    )
    shown = doubt.swings[:_SHOWN]
    show(
        tornado_chart(shown),
        alt="Bars of the change in contribution at both ends of each belief’s range: "
        + "; ".join(f"{words(s.belief.path)} {gain(s.low.mean)} and {gain(s.high.mean)}" for s in shown)
        + ".",
        caption=f"The {len(shown)} widest of {len(doubt.swings)} beliefs with a range.",
    )
    if doubt.change is None:
        return
    rows = [(words(s.belief.path), _cell(s.gain_low), _cell(s.gain_high), _turning(s))
            for s in shown]  # fmt: skip
    names = ["belief", "gain at its lowest value", "gain at its highest value", "turns the choice"]
    table(names, rows, caption=f"What {label} brings then", numeric=names[1:3])


def show_screen(doubt: Doubt) -> None:
    """Show which beliefs matter when all may be off, and how far money moves then."""
    if not doubt.effects:
        return
    first = doubt.effects[0]
    heading(
        f"With all beliefs in doubt at once, {words(first.belief.path)} still matters most"
        if first.belief.path == doubt.swings[0].belief.path
        else f"With all beliefs in doubt at once, {words(first.belief.path)} matters most",
        "Mean size of what moving a belief across its whole range does to contribution, from many starting points; the "
        "last column says how much that depends on the other beliefs.",
    )
    rows = [(words(e.belief.path), *_amount(e.mean), money(e.spread)) for e in doubt.effects[:_SHOWN]]
    names = ["belief", "mean effect", "range", "spread over other beliefs"]
    table(names, rows, numeric=names[1:])


def show_spans(doubt: Doubt) -> None:
    """Show every money figure over all beliefs."""
    if not doubt.spans:
        return
    first = doubt.spans[0]
    heading(
        f"{first.label}: {money(first.mean.mean)} as planned, "
        f"{money(first.low)} to {money(first.high)} over all beliefs",
        "The grey span comes from beliefs and shrinks only by knowing more.",
    )
    show(
        belief_span_chart(doubt.spans),
        alt="Money figures with their spans over all beliefs: "
        + "; ".join(f"{one.label} {money(one.low)} to {money(one.high)}" for one in doubt.spans)
        + ".",
        caption=f"{_DRAWS} sets of beliefs, each drawn evenly from its range, one simulated year each.",
    )


def show_reading(doubt: Doubt) -> None:
    """Show what would change the answer and what it leaves out."""
    heading("What would change this answer, and what it leaves out")
    say(
        "\n".join(
            [
                "- Ranges are the plan’s own. A range too narrow hides a belief that matters; widen it in the file.",
                "- Beliefs are drawn as if they had nothing to do with each other. Sets that contradict each other are "
                "left out.",
                "- The plan’s belief about speed is held in every part but the first table.",
                "- Values without a range are taken as known: headcount, hours, the contract.",
                "- Mindset and morale are in no belief, because they are not modelled.",
            ]
        )
    )


def record_results(doubt: Doubt) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    regret = doubt.regret
    results = {
        "choices": list(regret.choices),
        "presets": list(regret.presets),
        "regret": [[cell.as_dict() for cell in row] for row in regret.regret],
        "best": list(regret.best),
        "safest": regret.safest,
        "beliefs": [{"path": s.belief.path, "low": s.low.as_dict(), "high": s.high.as_dict(), "turns": s.turns}
                    for s in doubt.swings],
        "spans": [{"measure": one.measure, "low": one.low, "high": one.high} for one in doubt.spans],
    }  # fmt: skip
    cards = [card.as_dict() for card in _cards(doubt)]
    record({"finding": finding(doubt), "digest": doubt.plan.digest, "headline": cards, "results": results})


def key_figures(doubt: Doubt) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    lines = [(decay_presets()[p].name, best) for p, best in zip(doubt.regret.presets, doubt.regret.best, strict=True)]
    lines += [(words(swing.belief.path), gain(swing.low.mean)) for swing in doubt.swings[:3]]
    return "\n".join(f"{label:<30}{figure:>40}" for label, figure in lines)


def write_tables(doubt: Doubt, folder: Path) -> None:
    """Write the numbers behind the page as Parquet: regret, and every belief alone and among the others."""
    regret = doubt.regret
    cells = [
        {"preset": preset, "choice": choice, **asdict(cell)}
        for preset, row in zip(regret.presets, regret.regret, strict=True)
        for choice, cell in zip(regret.choices, row, strict=True)
    ]
    write_parquet(pd.DataFrame(cells), folder / "regret.parquet")
    alone = {swing.belief.path: swing for swing in doubt.swings}
    beliefs = [
        {
            "path": effect.belief.path,
            "low": effect.belief.low,
            "high": effect.belief.high,
            "alone_low": alone[effect.belief.path].low.mean,
            "alone_high": alone[effect.belief.path].high.mean,
            "mean_effect": effect.mean.mean,
            "spread": effect.spread,
        }
        for effect in doubt.effects
    ]
    write_parquet(pd.DataFrame(beliefs), folder / "beliefs.parquet")


def _best(plan: Scenario, regret: Regret, levers: list[Lever]) -> Lever | None:
    """Return the alternative with the highest contribution under the plan's own belief, or the nearest one to it."""
    if not levers:
        return None
    row = regret.presets.index(plan.decay.preset) if plan.decay.preset in regret.presets else 0
    return max(zip(levers, regret.contribution[row][1:], strict=True), key=lambda item: item[1].mean)[0]


def _cards(doubt: Doubt) -> list[Card]:
    regret = doubt.regret
    cards = [
        Card("published beliefs about speed", f"{len(regret.presets)}", "from the steepest to the flattest"),
        Card("best choices among them", f"{len(set(regret.best))}", "1 means that the belief does not matter"),
    ]
    if doubt.swings:
        turning = sum(swing.turns for swing in doubt.swings)
        cards.append(Card("beliefs that alone turn the choice", f"{turning}", f"of {len(doubt.swings)} with a range"))
    if doubt.spans:
        first = doubt.spans[0]
        cards.append(Card("contribution over all beliefs", money(first.mean.mean),
                          f"{money(first.low)} to {money(first.high)}"))  # fmt: skip
    return cards


def _turning(swing: Swing) -> str:
    if swing.turns:
        return "yes"
    return "no" if min(swing.gain_low.low, swing.gain_high.low) >= 0.0 else "cannot tell"


def _behind(cell: Interval) -> tuple[str, str]:
    return ("best", "") if cell.mean == 0.0 else (money(cell.mean), range_of(cell, money))


def _cell(interval: Interval) -> tuple[str, str]:
    return gain(interval.mean), range_of(interval, gain)


def _amount(interval: Interval) -> tuple[str, str]:
    low = Interval(interval.mean, max(interval.low, 0.0), interval.high)
    return money(interval.mean), range_of(low, money)


def _belief_name(plan: Scenario) -> str:
    preset = plan.decay.preset
    return decay_presets()[preset].name if preset in decay_presets() else preset
