"""Text to HTML: the one place where text from data is made harmless, and where our own Markdown becomes a page."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mistune

_NEEDS_ENTITY = re.compile(r"[^\w ,]|_", re.UNICODE)
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff\ufffe\uffff\ud800-\udfff]"
)


def plain_text(text: object) -> str:
    """Return ``text`` on one line, with what no page can show (control, direction and half characters) replaced.

    Use it where a template escapes by itself: captions, alternative texts and titles.
    """
    return _UNPRINTABLE.sub("\ufffd", " ".join(str(text).split()))


def escape(text: object) -> str:
    """Return ``text`` so that it reads as itself in HTML, in an attribute and in Markdown.

    Every character but letters, digits, spaces and commas becomes a numeric entity, so no mark of either language is
    left: no tag, no link, no emphasis, no heading. All text from data, YAML and file names goes through here.

    Parameters
    ----------
    text
        Anything; its ``str`` is shown on one line.
    """
    return _NEEDS_ENTITY.sub(lambda match: f"&#{ord(match[0])};", plain_text(text))


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
