"""The measures as Markdown, read from the vocabulary that commands, tables and pages share."""

from __future__ import annotations

from collections.abc import Iterator

from smarketing_sim.measure.names import HEADLINES, OLD_NAMES

UNITS = {"money": "the plan's currency", "share": "share of 1", "count": "count", "minutes": "minutes"}


def measures() -> Iterator[str]:
    """Yield a row for each measure, and one for each name that it had before."""
    yield "| name | what it is | unit |\n|---|---|---|"
    for name, measure in HEADLINES.items():
        yield f"| `{name}` | {measure.label} | {UNITS[measure.unit]} |"
    yield "\n## Old names\n\nThey are understood, and printed beside the new ones, until version 0.3.\n"
    yield "| name | now |\n|---|---|"
    for old, new in OLD_NAMES.items():
        yield f"| `{old}` | `{new}` |"
