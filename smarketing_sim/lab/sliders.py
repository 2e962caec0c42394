"""The sliders of the first screen: reps, lead volume, and the limit of the first attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as W  # noqa: N812 - the name everybody knows it by

from smarketing_sim.lab.state import State, move, scale_leads
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span

_REPS = "sales.sdr.headcount"
_BUSINESS = tuple(Span(hours, "hour", True) for hours in (0.5, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24))
_WALL = tuple(Span(hours, "hour") for hours in (0.5, 1, 2, 4, 6, 8, 12, 24, 48, 72))
_WIDE = {"description_width": "12em"}


@dataclass(frozen=True)
class Slider:
    """A slider and what it stands for.

    Parameters
    ----------
    widget
        What is moved.
    apply
        From a state and the slider's value to the next state.
    read
        From a state to the slider's value.
    """

    widget: Any
    apply: Callable[[State, Any], State]
    read: Callable[[State], Any]

    def show(self, state: State) -> None:
        """Let the slider stand where the state says, with a longer range where that needs one."""
        value = self.read(state)
        if hasattr(self.widget, "max"):
            self.widget.max = max(self.widget.max, value)
        elif value not in self.widget.options:
            self.widget.options = _ordered({*self.widget.options, value}, state.scenario)
        self.widget.value = value


def sliders_of(state: State) -> dict[str, Slider]:
    """Return the sliders that a plan has by name; one without a promise of speed has no limit to move."""
    sliders = {"reps": _reps(state), "leads": _leads()}
    speed = next((name for name, c in state.base.sla.items() if isinstance(c, SpeedClause)), None)
    return sliders if speed is None else {**sliders, "limit": _limit(state, speed)}


def _reps(state: State) -> Slider:
    now = state.scenario.sales.sdr.headcount
    widget = W.IntSlider(min=0, max=max(20, 2 * now), value=now, description="Reps", style=_WIDE, layout=_layout())
    return Slider(
        widget, lambda state, value: move(state, _REPS, int(value)), lambda state: state.scenario.sales.sdr.headcount
    )


def _leads() -> Slider:
    widget = W.FloatSlider(min=0.25, max=3.0, step=0.05, value=1.0, readout_format=".0%", style=_WIDE,
                           description="Leads, of the plan’s", layout=_layout())  # fmt: skip
    return Slider(
        widget, lambda state, value: scale_leads(state, round(value, 6)), lambda state: state.setting.lead_factor
    )


def _limit(state: State, name: str) -> Slider:
    within = _within(state, name)
    options = _ordered({str(span) for span in (_BUSINESS if within.business else _WALL)} | {str(within)}, state.base)
    widget = W.SelectionSlider(options=options, value=str(within), description="First attempt within", style=_WIDE,
                               layout=_layout())  # fmt: skip
    return Slider(
        widget,
        lambda state, value: move(state, f"sla.{name}.within", value),
        lambda state: str(_within(state, name)),
    )


def _within(state: State, name: str) -> Span:
    clause = state.scenario.sla[name]
    assert isinstance(clause, SpeedClause)  # noqa: S101 - the slider is there for such a clause alone
    return clause.within


def _ordered(spans: set[str], scenario: Scenario) -> list[str]:
    day = scenario.calendar.business_day_minutes
    return sorted(spans, key=lambda text: (Span.parse(text).minutes(day), text))


def _layout() -> W.Layout:
    return W.Layout(width="min(40em, 95%)")
