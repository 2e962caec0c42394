"""Text from a file, an argument or a path, made harmless where it is shown: what steers a screen or hides is gone."""

from __future__ import annotations

import re

REPLACED = "\N{REPLACEMENT CHARACTER}"

# Letters and pictures that a joiner may stand between: scripts that need one to be read, and the parts of an emoji.
_JOINED = "\u0590-\u1fff\u2190-\u2bff\u3000-\u9fff\ufe0f\U0001f000-\U0001fbff"
# Controls but for the line's end and the tab; turns of direction; characters without width or ink; half characters.
_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HARMFUL = re.compile(f"[{_UNSEEN}]|(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])")
_ENDS_LINE = re.compile("[\t-\r\x85\u2028\u2029]")


def printable(text: str) -> str:
    """Return a text of several lines so that a terminal or a page shows all of it, in the order in which it is read."""
    return _HARMFUL.sub(REPLACED, text)


def one_line(text: object) -> str:
    """Return a text on one line and otherwise as :func:`printable` does: a name cannot pass for a line of ours."""
    return printable(_ENDS_LINE.sub(" ", str(text)))
