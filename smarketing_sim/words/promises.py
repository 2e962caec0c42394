"""Words about the promises of plans that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def promises_differ(changed: Iterable[Mapping[str, Any]]) -> str:
    """Return that plans are judged by promises of their own, as a sentence; empty where they promise the same.

    Parameters
    ----------
    changed
        What differs between two plans, with its ``path``.
    """
    paths = [str(one["path"]) for one in changed if str(one["path"]).startswith("sla.")]
    if not paths:
        return ""
    named = ", ".join(paths[:3]) + (" and more" if len(paths) > 3 else "")
    return f"The plans promise different things ({named}): each is judged by its own promise."
