"""What is known, what is folklore, and what the example rests on, as Markdown read from the package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from smarketing_sim.report.planning.trust import value_text
from smarketing_sim.scenario.evidence import evidence, folklore
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import flatten

EXAMPLE = Path(__file__).parents[2] / "params" / "baseline.yaml"


def ledger() -> Iterator[str]:
    """Yield a row for each finding of the evidence ledger."""
    yield "| id | finding | source | grade | keep in mind |\n|---|---|---|---|---|"
    for row in evidence().values():
        year = f", {row.year}" if row.year else ""
        yield f"| {row.id} | {_cell(row.finding)} | {_cell(row.source)}{year} | {row.grade} | {_cell(row.caution)} |"


def tales() -> Iterator[str]:
    """Yield each claim of the field as it is told, and what is behind it."""
    for tale in folklore():
        yield f"## “{tale.told}”\n\n{tale.reality}\n"


def values() -> Iterator[str]:
    """Yield a row for each value of the example: with its source, grade and range, or without."""
    scenario = load(EXAMPLE)
    yield "| value | is | plausible range | source | grade |\n|---|---|---|---|---|"
    for path, value in flatten(scenario.canonical()).items():
        belief = scenario.beliefs.get(path)
        bounds, source, grade = "–", "none", "–"
        if belief is not None:
            bounds = "–" if belief.range is None else " to ".join(value_text(path, end) for end in belief.range)
            source, grade = belief.source or "assumption of this scenario", belief.grade or "–"
        yield f"| `{path}` | {_cell(value_text(path, value))} | {_cell(bounds)} | {_cell(source)} | {grade} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("$", "\\$")
