"""The sliders of the first screen: reps, lead volume, account executives, and the limit of the first attempt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import ipywidgets as W  # noqa: N812 - the name everybody knows it by

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.lab.state import State, move, scale_leads
from smarketing_sim.scenario.contract import SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.words.numbers import percent

_REPS = "sales.sdr.headcount"
_AES = "sales.ae.headcount"
_BUSINESS = tuple(Span(hours, "hour", True) for hours in (0.5, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24))
_DECIMAL = re.compile(r"[0-9]{1,9}([.,][0-9]{0,9})?|[.,][0-9]{1,9}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_WALL = tuple(Span(hours, "hour") for hours in (0.5, 1, 2, 4, 6, 8, 12, 24, 48, 72))


@dataclass(frozen=True)
class Control:
    """A widget with a value, and what it stands for.

    Parameters
    ----------
    widget
        What is moved.
    apply
        From a state and the widget's value to the next state.
    read
        From a state to the widget's value.
    typed
        Where the value can be typed as well; it shows what the widget stands at.
    parse
        From what was typed to the widget's value; raises InputError.
    """

    widget: Any
    apply: Callable[[State, Any], State]
    read: Callable[[State], Any]
    typed: Any = None
    parse: Callable[[str], Any] | None = None

    @property
    def shown(self) -> Any:
        """What stands on the screen: the widget, with the field beside it where it has one."""
        if self.typed is None:
            return self.widget
        box = W.HBox([self.widget, self.typed])
        box.add_class("lab-slider")
        return box

    def show(self, state: State) -> None:
        """Let the widget stand where the state says, with a longer range where that needs one."""
        value = self.read(state)
        if hasattr(self.widget, "max"):
            self.widget.min, self.widget.max = min(self.widget.min, value), max(self.widget.max, value)
        elif isinstance(self.widget, W.SelectionSlider) and value not in self.widget.options:
            self.widget.options = _ordered({*self.widget.options, value}, state.scenario)
        self.widget.value = value


def sliders_of(state: State) -> dict[str, Control]:
    """Return the sliders that a plan has by name; one without a promise of speed has no limit to move."""
    sliders = {"reps": _reps(state), "leads": _leads()}
    if state.base.sales.ae.headcount > 0:
        sliders["account_executives"] = _account_executives(state)
    speed = next((name for name, c in state.base.sla.items() if isinstance(c, SpeedClause)), None)
    return sliders if speed is None else {**sliders, "limit": _limit(state, speed)}


def whole(label: str, path: str, read: Callable[[Scenario], int], state: State, *, least: int, most: int) -> Control:
    """Return a slider over whole numbers that sets one path."""
    now = read(state.base)
    widget = W.IntSlider(min=min(least, now), max=max(most, now), value=now, description=label, **_look())
    return Control(
        widget,
        lambda state, value: move(state, path, int(value)),
        lambda state: read(state.scenario),
        *_typed(widget, read_whole, str),
    )


def share(
    label: str,
    apply: Callable[[State, float], State],
    read: Callable[[State], float],
    *,
    least: float = 0.0,
    most: float = 3.0,
    start: float = 1.0,
) -> Control:
    """Return a slider over shares, told in percent."""
    widget = W.FloatSlider(
        min=least, max=most, step=0.05, value=start, readout_format=".0%", description=label, **_look()
    )
    return Control(
        widget,
        lambda state, value: apply(state, round(value, 6)),
        lambda state: round(read(state), 6),
        *_typed(widget, partial(read_share, most=most), percent),
    )


def window(label: str, clause: str, state: State, *, business: Sequence[Span], wall: Sequence[Span]) -> Control:
    """Return a slider over the time that a clause allows, on the clause's own clock."""

    def within(scenario: Scenario) -> Span:
        span: Span = getattr(scenario.sla[clause], "within")  # noqa: B009 - not every kind of clause has one
        return span

    now = within(state.base)
    options = _ordered({str(span) for span in (business if now.business else wall)} | {str(now)}, state.base)
    widget = W.SelectionSlider(options=options, value=str(now), description=label, **_look())
    return Control(
        widget,
        lambda state, value: move(state, f"sla.{clause}.within", value),
        lambda state: str(within(state.scenario)),
    )


def read_share(text: str, most: float) -> float:
    """Read a share as people type it: ``130``, ``130%``, ``1.3`` and ``1,3`` are one where ``most`` is 3.

    Raises
    ------
    ValueError
        Where it is no share; says what one looks like.
    """
    bare = text.replace("%", "")
    if not _DECIMAL.fullmatch(bare.strip()):
        raise ValueError("must be a share, such as 85%")
    number = float(bare.replace(",", "."))
    return round(number / 100.0 if bare != text or number > most else number, 6)


def read_whole(text: str) -> int:
    """Read a whole number as people type it; ValueError where it is none."""
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError("must be a whole number, such as 12")
    return int(text)


def _typed(widget: Any, read: Callable[[str], Any], tell: Callable[[Any], str]) -> tuple[Any, Callable[[str], Any]]:
    """Return the field that shows where a slider stands, and how to read what is typed into it.

    It stands in place of the slider's own, which takes 130 for 13,000% and 1,3 for 1.
    """
    field = W.Text(value=tell(widget.value), continuous_update=False, layout=W.Layout(width="5em"))
    widget.observe(lambda change: setattr(field, "value", tell(change["new"])), "value")

    def parse(text: str) -> Any:
        if text == tell(widget.value):  # what the field shows, which may be rounded
            return widget.value
        field.value = tell(widget.value)
        try:
            value = read(text)
            if not widget.min <= value <= widget.max:
                raise ValueError(f"must be between {tell(widget.min)} and {tell(widget.max)}")
        except ValueError as error:
            raise InputError([Problem(str(error), path=widget.description, value=text)]) from None
        return value

    return field, parse


def _reps(state: State) -> Control:
    most = max(20, 2 * state.base.sales.sdr.headcount)
    return whole("Reps", _REPS, lambda scenario: scenario.sales.sdr.headcount, state, least=0, most=most)


def _account_executives(state: State) -> Control:
    most = max(12, 2 * state.base.sales.ae.headcount)
    return whole("Account executives", _AES, lambda scenario: scenario.sales.ae.headcount, state, least=0, most=most)


def _leads() -> Control:
    return share("Leads, of the plan’s", scale_leads, lambda state: state.setting.lead_factor, least=0.25)


def _limit(state: State, name: str) -> Control:
    return window("First call promised", name, state, business=_BUSINESS, wall=_WALL)


def _ordered(spans: set[str], scenario: Scenario) -> list[str]:
    business = scenario.calendar.business_minutes
    return sorted(spans, key=lambda text: (Span.parse(text).minutes(business), text))


def _look() -> dict[str, Any]:
    return {"style": {"description_width": "11em"}, "layout": W.Layout(width="100%")}
