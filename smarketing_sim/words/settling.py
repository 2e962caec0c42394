"""Whether a plan settles, in words: the backlog's trend, and from when sales' promises are lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from smarketing_sim.words.numbers import few, percent

UNSETTLED = "not settling"


def unsettled_words(stability: Mapping[str, Any]) -> str:
    """Return as a sentence that a plan does not settle, and from when its promises are lost; empty where it settles.

    Parameters
    ----------
    stability
        As :meth:`Stability.to_json <smarketing_sim.experiment.stability.Stability.to_json>` returns it.
    """
    if stability["verdict"] != UNSETTLED:
        return ""
    return f"This plan does not settle: {_backlog(stability)}{_lost(stability)}."


def backlog_words(stability: Mapping[str, Any]) -> str:
    """Return how the backlog moves, and from when the promises of sales are lost, as a part of a sentence."""
    return f"{stability['verdict']}: {_backlog(stability)}{_lost(stability)}"


def month_words(month: str) -> str:
    """Return a month for people: ``2026-04`` is ``April 2026``."""
    return f"{dt.date.fromisoformat(f'{month}-01'):%B %Y}"


def _backlog(stability: Mapping[str, Any]) -> str:
    growth = stability["growth_per_month"]
    if stability["verdict"] == "unknown":
        return "that takes at least four months and two simulated years"
    if stability["verdict"] == "steady":
        return "the backlog does not grow over the year, or hardly"
    share = f", {percent(stability['left_behind_share'])} of those handed over" if growth["mean"] >= 1.0 else ""
    mean, low, high = (few(growth[end]) for end in ("mean", "low", "high"))
    return f"the backlog grows by {mean} leads a month ({low} to {high}){share}"


def _lost(stability: Mapping[str, Any]) -> str:
    month = stability["promise_lost_from"]
    if month is None or stability["verdict"] in ("steady", "unknown"):
        return ""
    return f", and sales’ promises are lost from {month_words(month)} on"
