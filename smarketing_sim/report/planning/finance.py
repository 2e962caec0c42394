"""What finance reads: the contribution and how it comes about, a bad year, and what would change the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from smarketing_sim.charts.money import waterfall
from smarketing_sim.decide.advice import Advice
from smarketing_sim.experiment.results import ONE_YEAR_FROM, fallen_out
from smarketing_sim.measure.statistics import Interval, quantile_interval, t_interval
from smarketing_sim.report.notebook.display import display_html, fold, heading, show, table
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.decay import DecayPreset, decay_presets
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import gain, money, percent, range_of
from smarketing_sim.words.tables import table_html

_SAME_DAY_MINUTES = 480.0


def show_for_finance(report: Report) -> None:
    """Show finance the contribution, the payback, a bad year, and what would change the answer."""
    advice = report.advice
    if advice is None:
        return
    contribution, bad, once = report.mean("contribution"), _bad_year(report), report.scenario.economics.is_one_off
    ends = f"; one year in ten earns less than {money(bad.mean)}" if np.isfinite(bad.mean) else ""
    heading(
        f"For finance: a contribution of {money(contribution.mean)} on average{ends}",
        "The first range is the simulation’s own and shrinks with more simulated years. The second lets every belief "
        "of the plan lie anywhere in its range at once, and shrinks only by knowing more.",
    )
    beliefs = {one.measure: one for one in advice.beliefs}
    labels = {
        "contribution": f"contribution {report.scenario.economics.counted}",
        "contribution_year_one": "contribution in the first year",
        "expected_revenue": "revenue expected from this year’s leads",
        "spend": "media spend",
    }
    rows: list[Sequence[object]] = []
    if once:
        del labels["contribution_year_one"]
    for measure, label in labels.items():
        amount = report.mean(measure)
        doubt = f"{money(beliefs[measure].low)} to {money(beliefs[measure].high)}" if beliefs else "no ranges"
        rows.append((label, money(amount.mean), range_of(amount, money), doubt))
    loaded, payback = report.mean("contribution_loaded"), report.mean("payback_months")
    rows.insert(1, ("the same, with all people and tools", money(loaded.mean), range_of(loaded, money), "–"))
    if not once:
        rows.append(("months until a won customer has paid back", _plain(payback.mean), range_of(payback, _plain), "–"))
    names = ["", "mean", "95% range", "middle 90% over all beliefs"]
    table(names, rows, numeric=names[1:])
    show_way_to_contribution(report)
    display_html(f'<p class="s">{escape(_doubt(advice))}</p>')


def show_way_to_contribution(report: Report) -> None:
    """Show how the revenue expected from a year's leads becomes contribution, step by step."""
    steps, total = way_to_contribution(report), f"contribution {report.scenario.economics.counted}"
    if not steps[0][1].mean > 0.0:
        return
    amounts = [(name, amount.mean) for name, amount in steps]
    show(
        waterfall(amounts, total=total),
        alt=f"From the revenue of a year’s leads to {total}, step by step: "
        + "; ".join(f"{name} {gain(amount)}" for name, amount in amounts)
        + f"; in all {money(report.mean('contribution').mean)}.",
        caption="How the revenue expected from this year’s leads becomes contribution.",
    )
    rows = [(name, gain(amount.mean), range_of(amount, gain)) for name, amount in steps]
    names = ["step", "mean", "95% range"]
    html = table_html(names, rows, numeric=names[1:])
    fold("The steps in numbers", html)


def way_to_contribution(report: Report) -> list[tuple[str, Interval]]:
    """Return what makes contribution of the revenue expected from a year's leads, each step with its range."""
    terms, series = report.scenario.economics, report.years.series
    revenue, margin = series("expected_revenue"), terms.gross_margin
    steps = [
        ("revenue expected from this year’s leads", revenue),
        (f"what is sold costs {percent(1.0 - margin)} of it", -(1.0 - margin) * revenue),
        (
            f"the margin of later months, to month {terms.horizon_months}",
            margin * (terms.lifetime_factor - 1.0) * revenue,
        ),
        ("media and programmes", -series("spend")),
        ("the wages for the reps’ time for these leads", -series("people_cost")),
    ]
    if terms.lifetime_factor == 1.0:
        del steps[2]
    rest = series("contribution") - sum(amount for _, amount in steps)
    if terms.outbound_per_hour:
        steps.append(("outbound work in idle hours", rest))
    return [(name, t_interval(amount)) for name, amount in steps]


def _bad_year(report: Report) -> Interval:
    """Return the contribution that one year in ten, as its deals fall out, is short of; NaN with too few years."""
    values = fallen_out(report.years)
    if len(values) < ONE_YEAR_FROM:
        return Interval(*3 * (float("nan"),))
    return quantile_interval(values, 0.1)


def _doubt(advice: Advice) -> str:
    regret = advice.regret
    if regret is None:
        return "No free change stands out that could be held against other beliefs about speed."
    choice = regret.choices[-1]
    other = [_belief(decay_presets()[preset]) for preset, best in zip(regret.presets, regret.best, strict=True)
             if best != choice]  # fmt: skip
    if not other:
        return f"“{choice}” is the better choice under each of {len(regret.presets)} published beliefs about speed."
    return (
        f"“{choice}” is the better choice under {len(regret.presets) - len(other)} of {len(regret.presets)} published "
        f"beliefs about how fast a lead goes cold; not under {', '.join(other)}. "
        "The chapter on beliefs has the rest."
    )


def _belief(preset: DecayPreset) -> str:
    """Return a belief about speed by name, with what it says of a call on the same day."""
    left = float(preset.curve.value(np.array([_SAME_DAY_MINUTES]))[0])
    return f"“{preset.name}”, by which a call after eight hours is still worth {percent(left)} of one at once"


def _plain(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.1f}"
