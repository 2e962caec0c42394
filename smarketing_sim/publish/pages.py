"""From an executed notebook to the page a leader reads: one file, no code, no request, and no script but ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from nbconvert import HTMLExporter
from nbformat import NotebookNode

from smarketing_sim.report.notebook.display import WHAT_IF
from smarketing_sim.words.markup import plain_text, to_html

TEMPLATES = Path(__file__).parent / "templates"

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def render_page(
    notebook: NotebookNode,
    *,
    title: str,
    published_at: datetime,
    kicker: str = "",
    scripts: Sequence[str] = (),
    language: str = "en",
) -> str:
    """Return the HTML of the executed ``notebook``; equal but for the publishing time when the run is the same.

    Parameters
    ----------
    notebook
        The executed notebook. HTML in it is taken as it is: what made it has escaped all text from data
        (:func:`~.markup.escape`). Code, prompts, printed lines and errors are left out.
    title
        The page's title, and its heading unless the notebook brings a first-level heading of its own. Plain text.
    published_at
        With a time zone; shown in the one element with the id ``published``.
    kicker
        A line above the heading, such as the kind of report and the name of the plan. Plain text.
    scripts
        Scripts of this package, the only ones that the page's policy lets run; none from data.
    language
        The language of the text, as in ``lang``.
    """
    page = {
        "title": plain_text(title),
        "kicker": plain_text(kicker),
        "published": readable_time(published_at),
        "published_machine": f"{published_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "policy": content_policy(scripts),
        "scripts": list(scripts),
        "language": language,
    }
    html, _ = _exporter().from_notebook_node(notebook, resources={"page": page})
    return f"{html}\n"


def scripts_of(notebook: NotebookNode) -> list[str]:
    """Return the scripts that an executed notebook's page needs: those of its sliders and tables, where it has some."""
    shown = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    html = "".join(data.get("text/html", "") for data in shown)
    needed = {"what_if.js": f"{WHAT_IF}=", "tables.js": "<table"}
    folder = TEMPLATES / "leader"
    return [(folder / name).read_text(encoding="utf-8") for name, mark in needed.items() if mark in html]


def readable_time(moment: datetime) -> str:
    """Return ``moment`` in UTC as a person writes it: ``5 January 2026, 09:30 UTC``."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC"


def content_policy(scripts: Sequence[str] = ()) -> str:
    """Return the Content-Security-Policy of a page: nothing but its own styles, its images, and exactly ``scripts``.

    Raises
    ------
    ValueError
        If a script holds what ends a script element.
    """
    if any("</script" in script.lower() or "<!--" in script for script in scripts):
        raise ValueError("a script inside a page may hold neither '</script' nor '<!--'")
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii") for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="leader",
        # Stated in full, or templates of the same name in the working folder would be taken.
        template_paths=[str(TEMPLATES / "leader")],
        filters={"to_html": to_html, "text_base64": _text_base64},
    )
    exporter.environment.autoescape = True
    return exporter


def _text_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
