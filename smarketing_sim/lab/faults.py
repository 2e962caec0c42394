"""What is said of a fault: one sentence to whoever moves the controls, and where in the code it lies to the log."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import Any

from smarketing_sim.errors import InputError, SmarketingError
from smarketing_sim.printable import printable
from smarketing_sim.shipped import HOME

NOT_OPENED = "The lab was not opened."
_log = logging.getLogger(__name__)
_WORDED = {kind.__name__ for kind in (*SmarketingError.__subclasses__(), *InputError.__subclasses__())}
_NO_FAULT = "No such comm"  # said whenever a page is loaded, for it asks after a channel of its own
_FOLDERS = re.compile(r"(?<![^\s'\"(\[=])/(?:[^\s/'\"]+/)+")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def in_words(kind: str, message: str) -> str:
    """Return what may be shown of an error: its own words if they were chosen for a reader, else only what kind it is.

    Parameters
    ----------
    kind
        The name of its class.
    message
        What it says.
    """
    if kind in _WORDED:
        return short_paths(message)
    return f"internal error in the lab ({kind}); the details are in its log"


def fault_words(error: Exception) -> str:
    """Return an error in words, and log where it was raised if it is a defect of ours."""
    if not isinstance(error, SmarketingError):
        _log.error("internal error in the lab", exc_info=error)
    return in_words(type(error).__name__, str(error))


def short_paths(text: str) -> str:
    """Return a text whose files are named from the folder of scenarios on, or by their last name alone."""
    home = os.environ.get(HOME)
    return _FOLDERS.sub("…/", text.replace(f"{home}/", "") if home else text)


def shown(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what a visitor may read of a kernel's message, or None; what is kept back is logged.

    Parameters
    ----------
    kind
        The message's type.
    content
        Its content.
    """
    if kind == "execute_input":  # the notebook's code, which names the file that was opened
        return None
    if kind == "stream" and content.get("name") == "stderr":
        if not content["text"].startswith(_NO_FAULT):
            _keep(content["text"])
        return None
    if "ename" not in content:
        return content
    if content["ename"] not in _WORDED:
        _keep("\n".join(content.get("traceback", [])))
    words = in_words(content["ename"], content.get("evalue", ""))
    return {**content, "evalue": words, "traceback": [words]}


def _keep(text: str) -> None:
    _log.error("%s", printable(_COLOURS.sub("", text)).rstrip())
