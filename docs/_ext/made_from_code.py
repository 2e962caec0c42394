"""Parts of pages that are made from the package while the site is built: commands, tables, evidence, a run.

A page says where: ``<!-- made at build: commands -->``. The Markdown takes that line's place before it is read, so
headings and links of made parts are as good as those of written ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from command_pages import commands
from evidence_pages import ledger, tales, values
from ledger_pages import tables
from measure_pages import measures
from run_pages import example
from sphinx.application import Sphinx

PLACE = re.compile(r"^<!-- made at build: (\w+) -->$", re.MULTILINE)
MADE: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands,
    "tables": tables,
    "example": example,
    "measures": measures,
    "ledger": ledger,
    "folklore": tales,
    "values": values,
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _fill(_: Sphinx, __: str, source: list[str]) -> None:
    """Put what is made in its places; a name that nothing makes stops the build."""
    source[0] = PLACE.sub(lambda place: "\n".join(MADE[place[1]]()), source[0])
