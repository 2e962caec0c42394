"""Text to HTML: the one place where text from data is made harmless, and where our own Markdown becomes a page."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from smarketing_sim.printable import printable

if TYPE_CHECKING:
    import mistune

_NEEDS_ENTITY = re.compile(r"[^\w ,]|_", re.UNICODE)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
_FIGURE = r"\d(?:\d|(?:,|&#46;)(?=\d))*"
_WITH_UNIT = re.compile(rf"{_FIGURE} &#37;|(?:&#43;|&#8722;)?\b[A-Z]{{3}} {_FIGURE}\w*")  # as escaped
_ISOLATED = "\N{FIRST STRONG ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"


def plain_text(text: object) -> str:
    """Return ``text`` on one line, with what no page can show (control, direction, unseen, half characters) replaced.

    Use it where a template escapes by itself: captions, alternative texts and titles.
    """
    return printable(" ".join(str(text).split()))


def escape(text: object) -> str:
    """Return ``text`` so that it reads as itself in HTML, in an attribute and in Markdown.

    Every character but letters, digits, spaces and commas becomes a numeric entity, so no mark of either language is
    left: no tag, no link, no emphasis, no heading. All text from data, YAML and file names goes through here. Text that
    is written from right to left turns none of the words around it.

    Parameters
    ----------
    text
        Anything; its ``str`` is shown on one line.
    """
    plain = plain_text(text)
    shown = _ISOLATED.format(plain) if _RIGHT_TO_LEFT.search(plain) else plain
    return _NEEDS_ENTITY.sub(lambda match: f"&#{ord(match[0])};", shown)


def unbroken(text: object) -> str:
    """Return what :func:`escape` does, with each number and its unit kept on one line, for headings."""
    return _WITH_UNIT.sub(r'<span class="nb">\g<0></span>', escape(text))


def to_html(markdown: str) -> str:
    """Return the HTML of ``markdown`` written by this package; raw HTML in it is kept, dollars are just dollars.

    Data inside it must have gone through :func:`escape`. Addresses that run code are defused all the same.
    """
    html = _renderer()(markdown)
    if not isinstance(html, str):  # pragma: no cover - the renderer is fixed to HTML
        raise TypeError("the Markdown renderer gave no text")
    return html


@cache
def _renderer() -> mistune.Markdown:
    import mistune  # noqa: PLC0415 - a notebook that shows only figures need not load it

    return mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])
