"""How far to trust the page: theory beside it, every assumption with its source, how it was simulated."""

from __future__ import annotations

from typing import Any

import numpy as np

from smarketing_sim import __version__
from smarketing_sim.measure.statistics import Interval, t_interval
from smarketing_sim.measure.theory import calendar_ceiling
from smarketing_sim.report.notebook.display import fold, heading
from smarketing_sim.report.notebook.provenance import versions
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.answers import OWN_FIGURE
from smarketing_sim.scenario.contract import AppliesTo, SpeedClause
from smarketing_sim.scenario.evidence import evidence
from smarketing_sim.scenario.kinds import hint_at, is_a
from smarketing_sim.scenario.queue_orders import ORDERS
from smarketing_sim.scenario.schema import Scenario, flatten
from smarketing_sim.scenario.units import Money, Share, share_text
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import business_span, counted, few, money, percent, range_of, span
from smarketing_sim.words.settling import UNSETTLED
from smarketing_sim.words.tables import table_html

_LIMITS = (
    "Mindset, morale and trust between the teams; pay and its incentives; people who leave, unless the plan says so.",
    "Attention: reps follow the queue’s rule and never pick the easy lead.",
    "Several touches before a lead: a lead has the one source that its record names.",
    "Buying groups, and the rush at a quarter’s end.",
    "What people learn from each other: no choice made here changes next month’s leads.",
)


_ENGINES = {
    "compiled": ", the compiled engine, which equals its SimPy model to the bit",
    "reference": ", the SimPy engine",
}


def show_trust(report: Report) -> None:
    """Show, folded away, what the page rests on."""
    heading("How far to trust this", strongest_assumption(report))
    fold("Theory and simulation", twin_html(report))
    fold(f"Assumptions: {len(report.scenario.beliefs)} with a source or a range", assumptions_html(report))
    fold(f"Further values: {len(_without_source(report.scenario))} without a source or a range", choices_html(report))
    fold("How it was simulated", method_html(report))
    fold("What is not in the model", "<ul>" + "".join(f"<li>{escape(limit)}</li>" for limit in _LIMITS) + "</ul>")
    fold("Where these numbers come from", provenance_html(report))


def strongest_assumption(report: Report) -> str:
    """Return a line on the belief that matters most: how fast interest fades."""
    decay = report.scenario.decay
    belief = report.scenario.beliefs.get("decay.preset")
    if decay.preset == "none":
        return "This plan assumes that waiting costs nothing: a strong belief, and published studies contradict it."
    graded = f" (source {belief.source}, grade {belief.grade})" if belief is not None and belief.source else ""
    return (
        f"The strongest assumption is how fast interest fades: the {decay.preset.replace('_', ' ')} curve{graded}. "
        "Published "
        "effects of speed run from 1.7 to 60 times, and no randomised study of response time was found."
    )


def twin_html(report: Report) -> str:
    """Return the table of closed formulas beside the simulation."""
    theory, seen = report.mean("twin_wait_minutes"), report.mean("simulated_wait_minutes")
    present = report.mean("twin_reps_present")
    rows = []
    if np.isfinite(seen.mean):
        formula = "without limit" if not np.isfinite(theory.mean) else business_span(theory.mean)
        rows.append(
            [
                "mean wait of an attempt that is due, business time",
                formula,
                f"{business_span(seen.mean)}, {range_of(seen, business_span)}",
            ]
        )
    if report.settled_load is not None and report.settled_load.settles:
        made = report.years.stacked("attempts_made")[:, 1:].sum(axis=1)
        rows.append(["attempts on a lead", few(report.settled_load.attempts), _told_few(t_interval(made))])
    for name, clause in report.scenario.sla.items():
        ceiling = report.clauses[name].ceiling
        if ceiling is not None and isinstance(clause, SpeedClause) and clause.applies_to == AppliesTo():
            exact = calendar_ceiling(report.scenario, clause)
            rows.append([f"{name}, each lead called at the next open minute", percent(exact), percent(ceiling)])
    even = (
        f"Erlang’s formula for {present.mean:.1f} reps there at once, if attempts came evenly over the open hours and "
        "lasted exponential times."
    )
    if present.mean <= 0:
        text = "Nobody is scheduled, so there is no queue to compare."
    elif report.stability.verdict in ("filling", UNSETTLED):
        text = (
            f"{even} It is about a queue that has found its level, and this one grows month by month: there is no "
            "usual wait to compare, and the distance between the two columns says nothing about uneven days."
        )
    else:
        text = (
            f"{even} They do not: leads gather overnight and over the weekend, follow-ups return in waves, campaigns "
            "and leave come in blocks. The distance between the two columns is what that unevenness costs."
        )
    return f"<p>{escape(text)}</p>" + (table_html(["", "formula", "simulation"], rows) if rows else "")


def _told_few(value: Interval) -> str:
    return f"{few(value.mean)}, {range_of(value, few)}"


def assumptions_html(report: Report) -> str:
    """Return every assumption that has a source, a grade or a range."""
    values = flatten(report.scenario.canonical())
    ledger = evidence()
    rows: list[list[Any]] = []
    for path, belief in report.scenario.beliefs.items():
        named = [ledger[s] for s in belief.source.replace(",", " ").split() if s in ledger]
        source = "; ".join(f"{row.id}: {row.source}" for row in named) or belief.source or "assumption of this scenario"
        grade = "none" if belief.source in ("", OWN_FIGURE) else belief.grade
        bounds = "–" if belief.range is None else " to ".join(value_text(path, end) for end in belief.range)
        rows.append([path, value_text(path, values.get(path)), bounds, (source, belief.note), grade])
    note = "Grades: A independent, B large but observational, C one vendor or thin method."
    return f"<p>{escape(note)}</p>" + table_html(["assumption", "value", "plausible range", "source", "grade"], rows)


def choices_html(report: Report) -> str:
    """Return every value that has neither source nor range."""
    rows = [[path, value_text(path, value)] for path, value in _without_source(report.scenario).items()]
    note = (
        "Choices of the company, such as its hours and promises; definitions; and what nobody has given a source yet."
    )
    return f"<p>{escape(note)}</p>" + table_html(["value", "is"], rows)


def _without_source(scenario: Scenario) -> dict[str, Any]:
    values = flatten(scenario.canonical())
    return {path: value for path, value in values.items() if path not in scenario.beliefs}


def method_html(report: Report) -> str:
    """Return how it was simulated, by the items of the STRESS-DES reporting standard (Monks et al. 2019)."""
    scenario, run = report.scenario, report.scenario.run
    sources, cadence = scenario.marketing.sources, scenario.sales.sdr.cadence
    items = [
        ("1.1 Purpose", "Whether a two-way agreement between marketing and sales can be kept, and what that is worth."),
        (
            "1.2 Outputs",
            "Attainment by clause and month, chance kept, response on both clocks, utilisation, revenue, contribution.",
        ),
        ("1.3 Aims", f"One plan: {scenario.name}."),
        (
            "2.1 Base model",
            "Leads arrive, are scored, handed over, wait, are attempted by a cadence, qualify, meet, are closed.",
        ),
        (
            "2.3 Logic",
            f"Queue: the {ORDERS[scenario.sales.sdr.queue.order].words} first"
            f"{', new leads before follow-ups' if scenario.sales.sdr.queue.new_before_retries else ''}; routing "
            f"{scenario.sales.sdr.routing.rule.replace('_', ' ')}; at most {cadence.max_attempts} attempts.",
        ),
        (
            "2.4 Entities",
            f"Leads from {counted(len(sources), 'source')} and "
            f"{counted(len(scenario.marketing.campaigns), 'campaign')}, {counted(len(scenario.personas), 'persona')}.",
        ),
        (
            "2.5 Resources",
            f"{counted(scenario.sales.sdr.headcount, 'rep')} with shifts and leave; "
            f"{counted(scenario.sales.ae.headcount, 'AE')}.",
        ),
        ("3.1 Data", "Evidence ledger and assumptions, listed above."),
        (
            "3.3 Inputs",
            "Poisson arrivals by hour of the week"
            f"{', with good and bad days' if scenario.marketing.day_effect_shape else ''}; lognormal minutes and "
            "values; a contact law by "
            "attempt; interest by the decay curve.",
        ),
        ("4.1 Initial state", f"Empty, then {run.warm_up_weeks} weeks of warm-up with leads arriving."),
        (
            "4.2 Run length",
            f"{run.horizon_months} months reported from {run.starts_on.isoformat()}, then {run.cool_down_weeks} weeks "
            "of "
            "cool-down with leads still arriving.",
        ),
        (
            "4.3 Estimation",
            f"{report.years_in_words}. Ranges are 95%: Student’s t over years; for the chance kept, clustered by "
            "year, because the months of one year share their fortune.",
        ),
        ("5.1 Software", f"smarketing_sim {__version__}{_ENGINES[report.years.engine]}."),
        (
            "5.2 Randomness",
            f"Named streams from seed {report.years.seed}; a lead’s fortune is drawn before any policy is known.",
        ),
        ("5.3 Execution", "The same seed gives the same numbers on any number of processes."),
    ]
    return table_html(["item", "answer"], items)


def provenance_html(report: Report) -> str:
    """Return digest, seed and versions; no user, host or path."""
    rows = [
        ["scenario digest", report.scenario.digest],
        ["seed", str(report.years.seed)],
        ["simulated years", f"{report.year_count:,}"],
        ["engine", report.years.engine],
        *([name, version] for name, version in versions().items() if version),
    ]
    return table_html(["", ""], rows)


def key_figures(report: Report) -> str:
    """Return a few rounded figures as text, the same for the same seed: what a test of the notebook compares."""
    lines = [f"{name:<10}{percent(report.clauses[name].attained.mean):>8}" for name in report.scenario.sla]
    lines.append(f"{'busy':<10}{percent(report.mean('sdr_utilisation').mean):>8}")
    return "\n".join(lines)


def value_text(path: str, value: Any) -> str:
    """Return a value of a scenario, or an end of its range, in the unit of its path."""
    if value in (None, [], {}):
        return "none set"
    if isinstance(value, list):
        return ", ".join(value_text(path, item) for item in value)
    hint = hint_at(tuple(path.split(".")), Scenario)
    for unit, show in ((Money, money), (Share, share_text)):
        if is_a(hint, unit) and not isinstance(value, str):
            return show(value)
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    text = ("no", "yes")[value] if isinstance(value, bool) else str(value)
    if text.endswith(" min"):
        return span(float(text.removesuffix(" min")))
    return text
