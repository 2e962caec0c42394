"""The ledger's tables as Markdown, read from its schema and its docstrings."""

from __future__ import annotations

from collections.abc import Iterator

from smarketing_sim.ledger import KEYS, OUTCOMES, REASONS, RESULTS, SCHEMA, STATES, TEXT, TIMES, Ledger

NAMES = {
    ("leads", "outcome"): OUTCOMES,
    ("leads", "reason"): REASONS,
    ("attempts", "result"): RESULTS,
    ("rep_time", "state"): STATES,
}


def tables() -> Iterator[str]:
    """Yield a section for each table: one row of what, the key that sorts it, and every column with its type."""
    for table, columns in SCHEMA.items():
        key = ", ".join(f"`{column}`" for column in KEYS[table])
        yield f"\n## `{table}`\n\n{getattr(Ledger, table).__doc__}\n\nSorted by {key}.\n"
        yield "| column | in memory | holds |\n|---|---|---|"
        for column, dtype in columns.items():
            yield f"| `{column}` | {dtype} | {_holds(table, column, dtype)} |"
        yield ""


def _holds(table: str, column: str, dtype: str) -> str:
    if column in TIMES[table]:
        return "minutes since the epoch; NaN where it has not happened"
    if (table, column) in NAMES:
        return "one of " + ", ".join(f"`{name}`" for name in NAMES[table, column])
    if column in TEXT[table]:
        return "a name of the scenario"
    return {"bool": "true or false", "float64": "number", "object": "text"}.get(dtype, "whole number")
