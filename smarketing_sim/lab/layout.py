"""How the lab looks: controls on one side, what they bring on the other; one below the other on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as W  # noqa: N812 - the name everybody knows it by

from smarketing_sim.lab.state import State
from smarketing_sim.words.markup import escape

_SPOKEN = Path(__file__).with_name("spoken.js")
_STYLE = """<style>
.lab{max-width:84rem;margin:0 auto;font-size:14px;line-height:1.45;container-type:inline-size}
.lab .lab-sides{display:grid;grid-template-columns:minmax(0,1fr);gap:0 2.5rem;align-items:start}
.lab .lab-sides,.lab .lab-sides>*,.lab .lab-folded{min-width:0;overflow:visible}
.lab .lab-first>*,.lab .lab-more>*,.lab .lab-folded>*{margin-left:0;margin-right:0;max-width:100%}
@container (min-width:50rem){.lab .lab-sides{grid-template:"first found" auto "more found" 1fr/minmax(19rem,2fr) 3fr}
.lab .lab-first{grid-area:first} .lab .lab-more{grid-area:more} .lab .lab-found{grid-area:found}}
@container (min-width:64rem){.lab .lab-card td{white-space:nowrap}}
@container (max-width:30rem){.lab .widget-inline-hbox{flex-wrap:wrap;height:auto}
.lab .widget-inline-hbox>.widget-label{width:100%!important;text-align:left}
.lab .widget-inline-hbox>.slider-container{flex:1 1 10rem}}
.lab h1{font-size:1.6rem;line-height:1.2;margin:.4em 0 .2em} .lab h2{font-size:1.05rem;margin:1em 0 .3em}
.lab p{margin:.3em 0;line-height:1.45} .lab .lab-wrap{flex-flow:row wrap;gap:4px 6px}
.lab .lab-wrap{margin-top:6px} .lab .lab-wrap>button{margin:0}
.lab .widget-html-content,.lab .widget-html>div{line-height:1.45;overflow-wrap:anywhere}
.lab .lab-fold{display:block;width:100%;text-align:left;margin:3px 0;background:none;border-bottom:1px solid #c3cad1}
.lab .lab-fold::before{content:"\\25b8\\00a0\\00a0"} .lab .lab-fold.mod-active::before{content:"\\25be\\00a0\\00a0"}
.lab button.lab-fold.mod-active{box-shadow:none}
.lab .lab-folded{padding:2px 0 8px 8px}
.lab button:focus-visible,.lab .noUi-handle:focus-visible,.lab select:focus-visible,.lab input:focus-visible,
.lab a:focus-visible{outline:3px solid #0b5fa5;outline-offset:2px}
.lab button{height:auto;min-height:32px;white-space:normal;line-height:1.25;padding-top:4px;padding-bottom:4px}
.lab button:disabled{opacity:1;color:#5f6a75} .lab button.mod-active:not(.lab-fold){background:#0b5fa5;color:#fff}
.lab .lab-slider{overflow:visible} .lab .lab-slider>.widget-slider{flex:1 1 auto;min-width:0}
.lab .lab-slider .widget-readout{display:none}
.lab .widget-readout{min-width:6.5em;text-align:left}
.lab-card table{border-collapse:collapse;margin:.2em 0 .8em;width:100%;font-size:14px;line-height:1.35}
.lab .lab-card table{overflow-wrap:normal}
.lab-card th,.lab-card td{text-align:left;vertical-align:top;padding:.3em .8em .3em 0;border-bottom:1px solid #dfe4e9}
.lab-card thead th,.lab-card th span,.lab-card caption{color:#4d5863}
.lab-card thead th{font-weight:600} .lab-card th span{display:block;font-weight:400} .lab-card tbody th{font-weight:600}
.lab-card caption{text-align:left;font-weight:600} .lab-trouble{color:#a33b06;font-weight:600}
.lab a{color:#0b5fa5;text-decoration:underline}
.lab img{max-width:100%;height:auto;display:block;margin:0 0 .8em}
</style>"""


def frame(state: State, first: Iterable[Any], found: Iterable[Any], more: Iterable[Any]) -> Any:
    """Return the whole screen of a plan: what is moved first, what comes of it, and what else there is to move."""
    opened = f"<p>As opened: {escape(state.base.description)}</p>" if state.base.description else ""
    title = f"{_STYLE}<h1>{escape(state.base.name)}</h1>{opened}"
    parts = {"first": W.VBox(list(first)), "found": W.VBox(list(found)), "more": W.VBox(list(more))}
    sides = W.Box(list(parts.values()))
    screen = W.VBox([W.HTML(title), sides, _spoken()])
    for widget, name in (
        (screen, "lab"),
        (sides, "lab-sides"),
        *((part, f"lab-{name}") for name, part in parts.items()),
    ):
        widget.add_class(name)
    return screen


def _spoken() -> Any:
    """Return the script that tells screen readers what the widgets are called; it shows nothing."""
    script = {"application/javascript": _SPOKEN.read_text(encoding="utf-8")}
    shown = {"output_type": "display_data", "data": script, "metadata": {}}
    return W.Output(outputs=(shown,), layout=W.Layout(display="none"))


def heading(text: str) -> Any:
    """Return the heading of a group."""
    return W.HTML(f"<h2>{escape(text)}</h2>")


def row(*widgets: Any) -> Any:
    """Return widgets side by side, on several lines where they do not fit."""
    box = W.HBox(list(widgets))
    box.add_class("lab-wrap")
    return box


def folds(groups: Mapping[str, Iterable[Any]]) -> list[Any]:
    """Return groups of widgets that are closed at first; the key opens them too, unlike those of an Accordion."""
    return [part for title, widgets in groups.items() for part in _fold(title, list(widgets))]


def _fold(title: str, widgets: list[Any]) -> tuple[Any, Any]:
    button = W.ToggleButton(description=title, tooltip=f"Show or hide: {title}")
    inside = W.VBox(widgets, layout=W.Layout(display="none"))
    button.add_class("lab-fold")
    inside.add_class("lab-folded")
    button.observe(lambda change: setattr(inside.layout, "display", "" if change["new"] else "none"), "value")
    return button, inside
