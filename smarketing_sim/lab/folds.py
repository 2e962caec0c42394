"""What unfolds below the first screen: queue, cadence, the reps' day, decay, the mix of sources, and deal terms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ipywidgets as W  # noqa: N812 - the name everybody knows it by

from smarketing_sim.decide.volume import more_leads
from smarketing_sim.lab.sliders import Control, share, whole, window
from smarketing_sim.lab.state import State, move, move_all
from smarketing_sim.scenario.building import to_document
from smarketing_sim.scenario.contract import MAX_ATTEMPTS, DepthClause
from smarketing_sim.scenario.decay import DecayPreset, decay_presets
from smarketing_sim.scenario.queue_orders import ORDERS
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.words.numbers import percent, readable

_QUEUE = "sales.sdr.queue"
_SHARE = "sales.sdr.marketing_time.share"
_WINDOWS = tuple(Span(days, "day") for days in (1, 2, 3, 5, 7, 10, 12, 14, 21, 30))
_BUSINESS_WINDOWS = tuple(Span(days, "day", True) for days in (1, 2, 3, 5, 8, 10, 15, 20))


def folds_of(state: State) -> dict[str, dict[str, Control]]:
    """Return what can be unfolded, by title, and in each fold its controls by name; empty folds are left out."""
    folds = {
        "Queue order": _queue(state),
        "Cadence": _cadence(state),
        "The reps’ day": {"inbound_time": _inbound_time(state)},
        "How fast interest fades": {"decay": _decay(state)},
        "Leads by source, of the plan’s": _mix(state),
        "Deal terms, of the plan’s": _terms(state),
    }
    return {title: controls for title, controls in folds.items() if controls}


def _queue(state: State) -> dict[str, Control]:
    queue = state.base.sales.sdr.queue
    order = W.Dropdown(
        options=[(f"the {order.words}", name) for name, order in ORDERS.items()],
        value=queue.order,
        description="Call first",
        **_wide("16em"),
    )
    first = W.Checkbox(value=queue.new_before_retries, description="New leads before every follow-up", indent=False)
    return {
        "order": Control(order, _setter(f"{_QUEUE}.order"), lambda state: state.scenario.sales.sdr.queue.order),
        "new_first": Control(
            first,
            _setter(f"{_QUEUE}.new_before_retries"),
            lambda state: state.scenario.sales.sdr.queue.new_before_retries,
        ),
    }


def _cadence(state: State) -> dict[str, Control]:
    attempts = whole(
        "Attempts at most",
        "sales.sdr.cadence.max_attempts",
        lambda scenario: scenario.sales.sdr.cadence.max_attempts,
        state,
        least=1,
        most=min(MAX_ATTEMPTS, 12),
    )
    depth = next((name for name, clause in state.base.sla.items() if isinstance(clause, DepthClause)), None)
    if depth is None:
        return {"attempts": attempts}

    def promised(scenario: Scenario) -> int:
        return int(getattr(scenario.sla[depth], "attempts"))  # noqa: B009 - not every kind of clause has them

    return {
        "attempts": attempts,
        "promised_attempts": whole("Attempts promised", f"sla.{depth}.attempts", promised, state, least=1, most=12),
        "window": window("… started within", depth, state, business=_BUSINESS_WINDOWS, wall=_WINDOWS),
    }


def _inbound_time(state: State) -> Control:
    return share(
        "Time for leads",
        _setter(_SHARE),
        lambda state: state.scenario.sales.sdr.marketing_time.share,
        least=0.05,
        most=1.0,
        start=state.base.sales.sdr.marketing_time.share,
    )


def _decay(state: State) -> Control:
    own = to_document(state.base).get("decay", {}).get("points")
    options = [(_faded(preset), name) for name, preset in decay_presets().items()]
    options += [
        ("all of it, however late", "none"),
        *([("as in the plan’s own curve", "custom")] if own is not None else []),
    ]
    widget = W.Dropdown(options=options, value=state.base.decay.preset, description="Interest left", **_wide("16em"))

    def apply(state: State, preset: str) -> State:
        points = {} if own is None else {"decay.points": own if preset == "custom" else None}
        return move_all(state, {"decay.preset": preset, **points})

    return Control(widget, apply, lambda state: state.scenario.decay.preset)


def _faded(preset: DecayPreset) -> str:
    hour, day = preset.value([60.0, 1440.0])
    return f"{preset.name.lower()}: {percent(float(hour))} after an hour, {percent(float(day))} after a day"


def _mix(state: State) -> dict[str, Control]:
    """Return a slider for each source, as a share of the opened plan's leads of that source and its campaigns."""
    sources = {name: source for name, source in state.base.marketing.sources.items() if source.mean_monthly_leads > 0}

    def apply(state: State, factor: float, name: str) -> State:
        return move_all(state, more_leads(state.base, factor, sources=[name]))

    def read(state: State, name: str) -> float:
        return state.unscaled.marketing.sources[name].mean_monthly_leads / sources[name].mean_monthly_leads

    if len(sources) < 2:
        return {}
    labels = {name: readable(name) for name in sources}
    return {
        f"source.{name}": share(labels[name], partial(apply, name=name), partial(read, name=name)) for name in sources
    }


def _terms(state: State) -> dict[str, Control]:
    def win_probs(scenario: Scenario) -> dict[str, float]:
        return {f"marketing.sources.{n}.win_prob": s.win_prob for n, s in scenario.marketing.sources.items()}

    def values(scenario: Scenario) -> dict[str, float]:
        return {f"personas.{name}.deal_value": p.deal_value for name, p in scenario.personas.items()}

    terms = {
        "win_prob": ("Chance to win", win_probs),
        "deal_value": ("Deal value", values),
    }
    return {name: _scaled(label, at) for name, (label, at) in terms.items() if sum(at(state.base).values()) > 0}


def _scaled(label: str, at: Callable[[Scenario], dict[str, float]]) -> Control:
    """Return a slider that multiplies what the opened plan has at some paths."""

    def apply(state: State, factor: float) -> State:
        return move_all(state, {path: factor * value for path, value in at(state.base).items()})

    def read(state: State) -> float:
        return sum(at(state.scenario).values()) / sum(at(state.base).values())

    return share(label, apply, read, least=0.25)


def _setter(path: str) -> Any:
    return lambda state, value: move(state, path, value)


def _wide(label: str) -> dict[str, Any]:
    return {"style": {"description_width": label}, "layout": W.Layout(width="100%")}
