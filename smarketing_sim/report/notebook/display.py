"""What a report notebook calls to show something: figures with their description, words, tables, and its results."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smarketing_sim.words.markup import escape, plain_text, to_html, unbroken
from smarketing_sim.words.tables import table_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RECORD_MIME = "application/vnd.smarketing+json"
WHAT_IF = "data-what-if"
"""The attribute with the numbers that the sliders of a page move over."""

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def show(figure: Figure, *, alt: str, caption: str = "") -> None:
    """Show ``figure`` as an SVG whose bytes depend on the drawing alone, and close it.

    Parameters
    ----------
    figure
        The drawing; it gets the constrained layout unless it has a layout of its own.
    alt
        What a reader who cannot see it should know: the finding, in one sentence. Plain text.
    caption
        A line below the figure. Plain text.

    Raises
    ------
    ValueError
        If ``alt`` is empty.
    """
    from matplotlib import pyplot as plt  # noqa: PLC0415 - slow to import

    described = {"alt": plain_text(alt), "caption": plain_text(caption)}
    if not described["alt"]:
        raise ValueError("a figure needs an alternative text")
    bundle = {"image/svg+xml": figure_svg(figure), "text/plain": described["alt"]}
    _emit(bundle, {"image/svg+xml": described})
    plt.close(figure)


@dataclass(frozen=True)
class Around:
    """What stands around a chart on the page; the chart's own title becomes the section's heading.

    Parameters
    ----------
    note
        A line below the heading on how to read the chart. Plain text.
    caption
        A line below the chart. Plain text.
    alt
        The chart in words, for those who cannot see it; empty where there is nothing to draw.
    """

    note: str
    caption: str = ""
    alt: str = ""

    def show(self, axes: Axes) -> None:
        """Show the chart drawn on ``axes`` as a section of the page, and close it."""
        from matplotlib import pyplot as plt  # noqa: PLC0415 - slow to import

        heading(axes.get_title(), self.note)
        figure: Figure = axes.get_figure(root=True)  # type: ignore[assignment]
        if self.alt:
            axes.set_title("")
            show(figure, alt=self.alt, caption=self.caption)
            return
        plt.close(figure)
        if self.caption:
            display_html(f'<p class="s">{escape(self.caption)}</p>')


def figure_svg(figure: Figure) -> str:
    """Return ``figure`` as SVG text, equal run after run: no date, no maker, fixed ids, letters drawn as paths."""
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import

    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": "smarketing", "svg.fonttype": "path", "text.parse_math": False}):
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    return buffer.getvalue()


def display_html(html: str) -> None:
    """Show ready HTML; whoever made it has put all text from data through :func:`~.markup.escape`."""
    _emit({"text/html": html, "text/plain": ""})


def say(markdown: str) -> None:
    """Show ``markdown``; text from data inside it must have gone through :func:`~.markup.escape`."""
    display_html(to_html(markdown))


def fold(summary: str, html: str) -> None:
    """Show ready ``html`` folded away below the plain-text line ``summary``."""
    display_html(f"<details><summary>{escape(summary)}</summary>{html}</details>")


def heading(title: str, note: str = "") -> None:
    """Show a section's heading, which states its finding, and a line on how to read it."""
    below = f'<p class="s">{escape(note)}</p>' if note else ""
    display_html(f"<h2>{unbroken(title)}</h2>{below}")


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    caption: str = "",
    numeric: Collection[str] = (),
) -> None:
    """Show a table, as :func:`~smarketing_sim.words.tables.table_html` makes it."""
    display_html(table_html(headings, rows, caption=caption, numeric=numeric))


def record(results: Mapping[str, Any]) -> None:
    """Hand ``results`` to the publisher, which writes them into ``run.json``; a reader of the page sees nothing.

    Parameters
    ----------
    results
        ``headline`` (a list of ``{"label", "value", "range"}`` for the hub), ``results`` (anything), ``digest`` (of the
        scenario that really ran) and ``finding`` (the report's answer in one sentence); all optional. NumPy numbers
        become plain ones, and what is not finite becomes null.

    Raises
    ------
    TypeError
        If something in it is no JSON.
    """
    payload = json.loads(json.dumps(_finite(results), allow_nan=False))
    _emit({RECORD_MIME: payload, "text/plain": ""})


def _emit(bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
    from IPython.display import display  # noqa: PLC0415 - the package works without a notebook

    display(bundle, metadata=metadata or {}, raw=True)  # type: ignore[no-untyped-call]


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
