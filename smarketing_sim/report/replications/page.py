"""The page on how many simulated years an answer needs: tables, the chart, the coverage measured, the conclusion."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from smarketing_sim.decide.years_needed import FEWEST_FOR_RANGE, MOST_YEARS
from smarketing_sim.experiment.default_years import QUICK_YEARS, REPORT_YEARS
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.notebook.display import display_html, heading, record, say, show, table
from smarketing_sim.report.replications.charts import margins
from smarketing_sim.report.replications.study import Headline, Study, Use, precision
from smarketing_sim.shipped import shipped
from smarketing_sim.words.markup import escape, unbroken
from smarketing_sim.words.numbers import lower_first, money, points, range_of, signed

HISTORY = shipped("benchmarks/history.jsonl")

_LITTLE = 1.5
_MEASURED = {
    "cover speed": "ranges of the share attained",
    "cover expected": "ranges of the expected revenue",
    "cover wilson": "ranges of the chance kept",
}


@dataclass(frozen=True)
class Coverage:
    """How far ranges strayed from the confidence that they claim, and how far they may; shares."""

    error: float
    allowed: float


def show_answer(study: Study) -> None:
    """Show the answer in one sentence, how it was found, and the years for each use."""
    cards = "".join(_card(use) for use in study.uses)
    lead = (
        f"Judged by a pilot of {study.years_told} of this plan, and as many of three changes to it under the same "
        "luck: the same leads on the same days. More simulated years take away the simulation’s own uncertainty; they "
        "never make an answer truer to the company than its assumptions are."
    )
    display_html(
        f'<h1>{unbroken(finding(study))}</h1><p class="lead">{escape(lead)}</p><div class="cards">{cards}</div>'
    )


def finding(study: Study) -> str:
    """Return the page's answer in one sentence."""
    if study.years < 2:
        return "One simulated year cannot tell how many are needed."
    quick, choice, report = (_years_told(use.years) for use in study.uses)
    return f"A quick look takes {quick} simulated years, a choice between plans {choice}, a published report {report}."


def show_needed(study: Study) -> None:
    """Show how many years each headline needs: the table, and how the margin shrinks."""
    known = [h for h in study.headlines if not math.isnan(h.years.mean)]
    if not known:
        heading("The pilot shows no spread to judge by", "At least two simulated years with a case are needed.")
        return
    least, most = (min(known, key=_by_years), max(known, key=_by_years))
    heading(
        f"Simulated years needed: {_years_told(least.years)} for {lower_first(least.label)}, "
        f"{_years_told(most.years)} for {lower_first(most.label)}",
        "The more one year strays from the next, the more years it takes until the mean is known to within the margin "
        f"wanted; halving a margin takes four times as many years. Ranges are 95%, rough, and given from "
        f"{FEWEST_FOR_RANGE} years on: below that too little is known about the spread itself.",
    )
    names = [
        "headline, mean and range",
        "one year strays by",
        "margin wanted",
        "years needed",
        f"margin after {study.years}",
    ]
    table(names, [_needed_row(study, h) for h in study.headlines], numeric=names[1:])
    drawn = [h for h in known if h.spread.mean > 0.0]
    if drawn:
        show(
            margins(drawn, defaults=(QUICK_YEARS, REPORT_YEARS)),
            alt="Margin against simulated years, both on logarithmic scales. The margin wanted is reached after: "
            + "; ".join(f"{h.label} {_years_told(h.years)}" for h in drawn)
            + ".",
            caption="Line: the margin (half of the 95% range) that the pilot’s spread foretells. Dots: the margin "
            "that the pilot had after its first years. Dashed: the margin wanted. "
            f"Upright: {QUICK_YEARS} and {REPORT_YEARS} years, which the commands take by themselves.",
        )


def show_sharper(study: Study) -> None:
    """Show what makes an answer sharper without more years."""
    gains = [d.sharpness.mean for d in study.differences if math.isfinite(d.sharpness.mean)]
    worth = f"; the same luck for both plans {_least_to_most(gains)}" if gains else ""
    heading(
        f"Expected revenue is worth {_times(study.expectation.mean)} as many years{worth}",
        "Expected revenue counts what each lead was worth at the moment it was reached, in place of the few deals that "
        "happened to close. Under the same luck, two plans meet the same leads, and what is chance in both cancels.",
    )
    rows: list[Sequence[object]] = [("Expected revenue, not realised revenue", "–", _worth(study.expectation), "–")]
    for change in study.changes:
        by_measure = {d.measure: d.sharpness for d in study.differences if d.change == change}
        speed = _worth(by_measure["speed"]) if "speed" in by_measure else "no promise"
        rows.append(
            (f"Same luck: {lower_first(change)}", speed, _worth(by_measure["revenue"]), _worth(study.both(change)))
        )
    names = ["as sharp as so many times as many years", "speed", "expected revenue", "both vs neither"]
    table(names, rows, numeric=names[1:])
    if gains and min(gains) < _LITTLE:
        say(
            "The same luck cancels little where good and bad years do not go together in the two plans: where a "
            "change lifts a team off its limit or pushes it over, and where one plan is nearly alike in every year."
        )


def show_coverage(history: Path = HISTORY) -> None:
    """Show whether ranges hold what they claim, as measured by ``make bench``, or say that it was not measured."""
    found = measured_coverage(history)
    if not found:
        heading(
            "Whether the ranges hold what they claim has not been measured in this checkout",
            "make bench measures it: it simulates thousands of groups of very short years, and counts how often the "
            "range of a group holds the mean of all.",
        )
        return
    worst = max(found.values(), key=lambda c: c.error)
    honest = all(c.error <= c.allowed for c in found.values())
    verdict = "hold what they claim to within" if honest else "do not hold what they claim: off by up to"
    heading(
        f"The ranges {verdict} {points(worst.error)}",
        "Measured by make bench on very short years of a small test company, not on this plan: how often a range held "
        "the truth, against how often it should. One count of many cases, of which the history keeps no range.",
    )
    names = ["", "off by", "at most allowed", "verdict"]
    rows = [
        (_MEASURED.get(name, name), points(c.error), points(c.allowed), "holds" if c.error <= c.allowed else "fails")
        for name, c in found.items()
    ]
    table(names, rows, numeric=names[1:3])


def measured_coverage(history: Path = HISTORY) -> dict[str, Coverage]:
    """Return the newest coverage in the history of ``make bench``, by figure; empty where there is none."""
    found: dict[str, Coverage] = {}
    for line in history.read_text("utf-8").splitlines() if history.is_file() else []:
        try:
            kept = json.loads(line)
            if kept["figure"].startswith("cover"):
                found[kept["figure"]] = Coverage(float(kept["ratio"]), float(kept["never"]))
        except (ValueError, TypeError, KeyError, AttributeError):  # cut short, or not a figure
            continue
    return found


def show_conclusion(study: Study) -> None:
    """Show what follows for the three uses, and whether the numbers that commands take by themselves suffice."""
    verdicts = [
        f"{words} {' and '.join(labels)}"
        for verdict, words in (("yes", "enough for"), ("no", "too few for"), ("unknown", "not to be judged for"))
        if (labels := [use.label for use in study.uses if _enough(use) == verdict])
    ]
    heading(
        f"The default numbers of years are {'; '.join(verdicts)}",
        "How precise each use is meant to be is a choice; the years follow from it.",
    )
    names = ["for", "so precise", "years needed", "the default", "enough"]
    rows = [
        (use.label, use.precision or "–", _years(use.years), (f"{use.default}", use.command), _enough(use))
        for use in study.uses
    ]
    table(names, rows, numeric=["years needed", "the default"])
    columns = ["change", "expected revenue", "years to tell", "share called in time", "years to tell"]
    table(
        columns,
        [_difference_row(study, change) for change in study.changes],
        caption="What the changes do under the same luck. Years to tell: from so many on, the range of the difference "
        "stays clear of zero in 39 of 40 repetitions.",
        numeric=columns[1:],
    )
    say("\n".join(f"- {escape(sentence)}" for sentence in conclusions(study)))


def conclusions(study: Study) -> list[str]:
    """Return in sentences whether the commands' own numbers of years suffice, and what stays wide."""
    quick = sum(d.years.mean <= QUICK_YEARS for d in study.differences)
    sentences = [
        f"{QUICK_YEARS} paired years tell {quick} of the {len(study.differences)} differences above apart from nothing."
    ]
    judged = [h for unit in ("months", "%") if (h := study.headline(unit)) is not None and not math.isnan(h.years.mean)]
    if judged:
        sentences.append(f"{QUICK_YEARS} years give {_margins_after(judged, QUICK_YEARS)}.")
        sentences.append(f"{REPORT_YEARS} years give {_margins_after(judged, REPORT_YEARS)}{_half_a_month(judged)}.")
    wide = [h for h in study.headlines if h.years.mean > REPORT_YEARS]
    if wide:
        sentences.append(f"Then these are still wider than wanted: {_margins_after(wide, REPORT_YEARS)}.")
    return sentences


def record_results(study: Study) -> None:
    """Hand the results to the publisher for ``run.json`` and the hub."""
    differences = {
        f"{d.change}: {d.measure}": {
            "difference": d.mean.as_dict(),
            "sharpness": d.sharpness.as_dict(),
            "years": d.years.as_dict(),
        }
        for d in study.differences
    }
    headlines = {
        h.label: {"unit": h.unit, "wanted": h.wanted, "spread": h.spread.as_dict(), "years": h.years.as_dict()}
        for h in study.headlines
    }
    uses = {use.label: {"years": use.years.as_dict(), "default": use.default} for use in study.uses}
    results = {"headlines": headlines, "expectation": study.expectation.as_dict(), "differences": differences}
    cards = [{"label": u.label, "value": _years_told(u.years), "range": _years_range(u.years)} for u in study.uses]
    facts = {"finding": finding(study), "digest": study.scenario.digest, "headline": cards}
    record({**facts, "results": {**results, "uses": uses}})


def key_figures(study: Study) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    lines = [(use.label, _years_told(use.years)) for use in study.uses]
    found = [h for unit in ("points", "months", "%") if (h := study.headline(unit)) is not None]
    lines += [(h.label, f"± {precision(h.spread.mean, h.unit)}") for h in found if not math.isnan(h.spread.mean)]
    return "\n".join(f"{label:<32}{figure:>12}" for label, figure in lines)


def _needed_row(study: Study, headline: Headline) -> tuple[object, ...]:
    strays, unit = headline.spread, headline.unit
    after = float(headline.margin(study.years)) if study.years > 1 else math.nan
    return (
        (headline.label, headline.mean_told),
        "–" if math.isnan(strays.mean) else (precision(strays.mean, unit), range_of(strays, lambda x: f"{x:.1f}")),
        f"±{precision(headline.wanted, unit)}",
        _years(headline.years),
        "–" if math.isnan(after) else f"±{precision(after, unit)}",
    )


def _difference_row(study: Study, change: str) -> tuple[object, ...]:
    found = {d.measure: d for d in study.differences if d.change == change}
    revenue = (_shift(found["revenue"].mean, money, money), _years(found["revenue"].years))
    if "speed" not in found:
        return (change, *revenue, "no promise", "–")
    speed = found["speed"]
    return (change, *revenue, _shift(speed.mean, points, lambda x: signed(f"{100.0 * x:.1f}")), _years(speed.years))


def _shift(mean: Interval, tell: Callable[[float], str], in_range: Callable[[float], str]) -> object:
    return "no case" if math.isnan(mean.mean) else (tell(mean.mean), range_of(mean, in_range))


def _card(use: Use) -> str:
    years, note = escape(_years_told(use.years)), escape(_years_range(use.years))
    label = f"simulated years for {escape(use.label)}"
    return f'<div class="c"><small>{label}</small><b>{years}</b><small>{note}</small></div>'


def _years(years: Interval) -> object:
    return (_years_told(years), _years_range(years)) if math.isfinite(years.mean) else _years_told(years)


def _years_told(years: Interval) -> str:
    if math.isnan(years.mean):
        return "unknown"
    if math.isinf(years.mean):
        return "not told apart by the pilot"
    return f"{years.mean:,.0f}" if years.mean <= MOST_YEARS else f"more than {MOST_YEARS:,}"


def _years_range(years: Interval) -> str:
    words = range_of(years, lambda n: f"{n:,.0f}")
    return words if words == "no range" else f"range {words}"


def _worth(times: Interval) -> object:
    if math.isnan(times.mean):
        return "no difference"
    if math.isinf(times.mean):
        return "the same in every year"
    words = range_of(times, lambda x: f"{x:.1f}")
    return _times(times.mean), words if words == "no range" else f"range {words}"


def _times(gain: float) -> str:
    if not math.isfinite(gain):
        return "an unknown number of times"
    return f"{gain:.1f} times" if gain < 9.95 else f"{gain:,.0f} times"


def _least_to_most(gains: Sequence[float]) -> str:
    least, most = _times(min(gains)), _times(max(gains))
    return most if least == most else f"{least.removesuffix(' times')} to {most}"


def _enough(use: Use) -> str:
    if math.isnan(use.years.mean):
        return "unknown"
    return "yes" if use.enough else "no"


def _margins_after(headlines: Sequence[Headline], years: int) -> str:
    return ", ".join(f"{lower_first(h.label)} to within {precision(float(h.margin(years)), h.unit)}" for h in headlines)


def _half_a_month(headlines: Sequence[Headline]) -> str:
    """Return whether the months kept, where they are among the headlines, reach the precision wanted."""
    found = [h.years.mean <= REPORT_YEARS for h in headlines if h.unit == "months"]
    return f": {'within' if found[0] else 'wider than'} the half month wanted" if found else ""


def _by_years(headline: Headline) -> float:
    return headline.years.mean
