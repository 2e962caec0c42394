"""What was moved by hand, in the words of the controls that moved it."""

from __future__ import annotations

import re
from typing import Any

from smarketing_sim.lab.state import State
from smarketing_sim.scenario.decay import decay_presets
from smarketing_sim.scenario.queue_orders import ORDERS
from smarketing_sim.scenario.ranges import words
from smarketing_sim.scenario.schema import flatten
from smarketing_sim.words.numbers import percent

_LABELS = {
    r"sales\.sdr\.headcount": "reps",
    r"sales\.sdr\.queue\.order": "call first",
    r"sales\.sdr\.queue\.new_before_retries": "new leads before every follow-up",
    r"sales\.sdr\.cadence\.max_attempts": "attempts at most",
    r"sales\.sdr\.marketing_time\.share": "time for leads",
    r"decay\.preset": "interest left",
    r"sla\.(\w+)\.within": r"\1, promised within",
    r"sla\.(\w+)\.attempts": r"\1, attempts promised",
}


def moved_by_hand(state: State, by_lever: set[str]) -> list[str]:
    """Return what was moved beside the levers' paths, each with what the opened plan says there."""
    before = flatten(state.base.canonical())
    moved = {path: value for path, value in state.setting.overrides.items() if path not in by_lever}
    return [
        f"{_label(path)}: {_value(path, before.get(path, 'as by default'))} → {_value(path, value)}"
        for path, value in moved.items()
    ]


def only_promises(state: State) -> bool:
    """Tell whether all that was moved is what is promised, while nobody works by the promise."""
    paths = state.setting.overrides
    by_promise = state.scenario.sales.sdr.queue.order == "deadline"
    unmoved = state.setting.lead_factor == 1.0 and not by_promise
    return bool(paths) and unmoved and all(path.startswith("sla.") for path in paths)


def _label(path: str) -> str:
    for pattern, label in _LABELS.items():
        found = re.fullmatch(pattern, path)
        if found:
            return found.expand(label).replace("_", " ")
    return words(path)


def _value(path: str, value: Any) -> str:
    if path.endswith(".queue.order"):
        return f"the {ORDERS[value].words}"
    if path.endswith(".marketing_time.share"):
        return percent(value) if isinstance(value, float) else str(value)
    if path == "decay.preset" and value in decay_presets():
        return decay_presets()[value].name.lower()
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
