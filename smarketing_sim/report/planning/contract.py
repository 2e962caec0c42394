"""The contract, clause by clause: promise, attained share, the months that keep it, and what is possible."""

from __future__ import annotations

import numpy as np

from smarketing_sim.charts import style
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_in_a_month, kept_months
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import display_html, fold, heading
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.contract import VolumeClause
from smarketing_sim.scenario.units import share_text
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import counted, month_range, months, percent, range_of, readable
from smarketing_sim.words.tables import table_html
from smarketing_sim.world.timeline import add_months

_SAFE, _HALF = 0.9, 0.5


def show_contract(report: Report) -> None:
    """Show the contract clause by clause: promise, attained share with range, months kept, and what is possible."""
    names = list(report.scenario.sla)
    if not names:
        heading("No contract is written yet", "Clauses under sla: in the scenario file appear here.")
        return
    safe = sum(round(report.clauses[name].kept.mean * report.months, 1) >= _SAFE * report.months for name in names)
    every = kept_in_a_month(all_kept_months(report.years))
    title = f"{safe} of {len(names)} promises {'is' if safe == 1 else 'are'} kept in at least nine months of ten"
    if np.isfinite(every.mean) and safe < len(names):
        title += f", all together in {months(every, report.months)} ({_month_words(every, report.months)})"
    heading(
        title,
        "Attained share with its 95% range; the upright tick is what was promised. The small bars are the chance that "
        f"each month keeps it. {report.years_in_words}.",
    )
    rows = "".join(_clause_row(report, name) for name in names)
    head = "".join(f'<th scope="col">{h}</th>' for h in ("clause", "promise", "attained", "months kept", "verdict"))
    display_html(f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>')
    fold("The chance of each month, with its range", _months_table(report))
    left = {name: np.mean([m.clauses[name].left_out_count.sum() for m in report.years.measures]) for name in names}
    unworked = {name: np.mean([m.clauses[name].unworked_count.sum() for m in report.years.measures]) for name in names}
    kinks = [
        f"{escape(name)}: {count:.0f} leads a year due after the end of observation, left out"
        for name, count in left.items()
        if count >= 0.5
    ]
    silent = {name for name in names if getattr(report.scenario.sla[name], "silence", "") == "accepted"}
    kinks += [
        f"{escape(name)}: {count:.0f} leads a year not worked in time, left out"
        for name, count in unworked.items()
        if count >= 0.5 and name not in silent
    ]
    if kinks:
        display_html(f'<p class="s">Not in the shares: {"; ".join(kinks)}. Duplicates never count.</p>')
    for name in (one for one in names if one in silent and unworked[one] >= 0.5):
        many = round(float(unworked[name]))
        text = f"{readable(name)}: {counted(many, 'lead')} a year {'counts' if many == 1 else 'count'} as accepted"
        display_html(
            f'<p class="s">{escape(text)}, because nobody looked at {"it" if many == 1 else "them"} in time.</p>'
        )


def _clause_row(report: Report, name: str) -> str:
    clause, attained, kept = report.scenario.sla[name], report.clauses[name].attained, report.clauses[name].kept
    css, verdict = _verdict(report, name)
    colour = {"kept": style.BLUE, "risk": "#85550c", "broken": style.ORANGE}.get(css, style.GREY)
    said = (
        f"attained {percent(attained.mean)}, range {range_of(attained, percent)}; promised {share_text(clause.target)}"
    )
    bar = style.clause_bar(
        mean=attained.mean,
        low=attained.low,
        high=attained.high,
        target=clause.target,
        colour=colour,
        label=escape(said),
    )
    below = f"{percent(attained.mean)}, {range_of(attained, percent)}" if np.isfinite(attained.mean) else "no case"
    months_kept = months(kept, report.months) if np.isfinite(kept.mean) else "no case"
    return (
        f'<tr><th scope="row">{escape(readable(name))}<span>{clause.side}</span></th>'
        f'<td>{escape(clause.text)}</td><td class="bar">{bar}<span>{below}</span></td>'
        f'<td class="n">{months_kept}<span>{_month_words(kept, report.months)}</span>{_bars(report, name, colour)}</td>'
        f'<td class="{css}">{escape(verdict)}</td></tr>'
    )


def _bars(report: Report, name: str, colour: str) -> str:
    """Return the chance of each month that it keeps a clause as small bars, the quarters named."""
    chances, names = [month.mean for month in _by_month(report, name)], _month_names(report)
    said = ", ".join(
        f"{month} {percent(chance)}" for month, chance in zip(names, chances, strict=True) if np.isfinite(chance)
    )
    quarters = [
        (place, f"Q{(month.month + 2) // 3}")
        for place in range(report.months)
        if (month := add_months(report.scenario.run.starts_on, place)).month % 3 == 1
    ]
    label = escape(f"chance that {readable(name)} is kept: {said or 'no case'}")
    return style.month_bars(chances, quarters=quarters, colour=colour, label=label)


def _by_month(report: Report, name: str) -> list[Interval]:
    """Return the chance that a clause is kept, with its range, by month."""
    kept = kept_months(report.years, name)
    return [kept_in_a_month(kept[:, [month]]) for month in range(report.months)]


def _month_names(report: Report) -> list[str]:
    starts_on = report.scenario.run.starts_on
    return [f"{add_months(starts_on, month):%B}" for month in range(report.months)]


def _months_table(report: Report) -> str:
    """Return the chance of each month that it keeps each clause, with its range."""
    by_clause = [_by_month(report, name) for name in report.scenario.sla]
    rows = [
        (month, *((percent(one.mean), range_of(one, percent)) if np.isfinite(one.mean) else "no case" for one in row))
        for month, *row in zip(_month_names(report), *by_clause, strict=True)
    ]
    names = ["month", *map(readable, report.scenario.sla)]
    return table_html(names, rows, numeric=names[1:])


def _verdict(report: Report, name: str) -> tuple[str, str]:
    """Return a colour class and the verdict on a clause, with what any number of people could reach."""
    clause, kept, ceiling = report.scenario.sla[name], report.clauses[name].kept, report.clauses[name].ceiling
    if not np.isfinite(kept.mean):
        return "", "no case"
    word, css = (
        ("kept", "kept") if kept.mean >= _SAFE else ("at risk", "risk") if kept.mean >= _HALF else ("broken", "broken")
    )
    if css != "kept" and isinstance(clause, VolumeClause) and _past_cliff(report, clause):
        return css, f"● {word}; but fewer leads would earn more"
    if css == "kept" or ceiling is None or clause.about_flow or clause.side == "marketing":
        return css, f"● {word}"
    if ceiling < clause.target:
        return css, f"● {word}; at most {percent(ceiling)} is possible, with any number of reps"
    return css, f"● {word}; {percent(ceiling)} is achievable with enough reps"


def _past_cliff(report: Report, clause: VolumeClause) -> bool:
    """Tell whether a promise of leads lies where one more lead costs money."""
    if report.advice is None or clause.leads_per_rep is None:
        return False
    cliff = report.advice.curves[0].cliff
    return cliff.in_sight and cliff.handed_per_month.mean < clause.promised_amount


def _month_words(kept: object, total: int) -> str:
    words = month_range(kept, total)  # type: ignore[arg-type]
    return words if words == "no range" else f"range {words}"
