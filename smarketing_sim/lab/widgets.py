"""The lab's screen: levers, sliders, folded controls, a live scorecard and two charts, driven by the controller."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as W  # noqa: N812 - the name everybody knows it by

from smarketing_sim.errors import InputError
from smarketing_sim.lab.charts import picture_html, response_png, response_words, waiting_png, waiting_words
from smarketing_sim.lab.controller import Controller, News, Told, one_line
from smarketing_sim.lab.debounce import Debounce
from smarketing_sim.lab.faults import fault_words, short_paths
from smarketing_sim.lab.folds import folds_of
from smarketing_sim.lab.layout import folds, frame, heading, row
from smarketing_sim.lab.publishing import Publication
from smarketing_sim.lab.scorecard import changes_html, comparison_html, scorecard_html
from smarketing_sim.lab.simulated_years import Answer, Progress
from smarketing_sim.lab.sliders import Control, sliders_of
from smarketing_sim.lab.state import State, lever_on, pin, pull_lever, reset, undo, unpin
from smarketing_sim.words.markup import escape

RESTS_SECONDS = 0.15
"""How long a slider must rest before it counts."""
_PROGRESS_SECONDS = 0.1


class Lab:
    """The widgets of one visitor.

    Parameters
    ----------
    state
        Where to begin; the first answer is asked for at once.
    engine
        Which engine; None takes the fastest one installed.
    rests_seconds
        How long a slider must rest before it counts.
    """

    def __init__(self, state: State, *, engine: str | None = None, rests_seconds: float = RESTS_SECONDS) -> None:
        self.first: Answer | None = None
        self.answer: Answer | None = None
        self.trouble = ""
        self._first_told = threading.Event()
        self._following = threading.RLock()
        self._told_at = 0.0
        self._follower: int | None = None
        self._debounce = Debounce(rests_seconds, self._moved)
        self._make(state)
        self.controller = Controller(state, self._hear, engine=engine)
        self._wire()
        self._follow()
        self.controller.ask()

    def _make(self, state: State) -> None:
        """Make every widget, none of them wired yet."""
        self.sliders: dict[str, Control] = sliders_of(state)
        self.folded: dict[str, dict[str, Control]] = folds_of(state)
        self.levers = {
            name: W.ToggleButton(description=lever.label, tooltip=lever.label, layout=W.Layout(width="auto"))
            for name, lever in state.base.alternatives.items()
        }
        self.scorecard = W.HTML("<p>Simulating the first years …</p>")
        self.comparison, self.changes, self.message = W.HTML(), W.HTML(), W.HTML()
        self.kept, self.report = W.HTML(), W.HTML()
        self.waiting, self.response = W.HTML(), W.HTML()
        self.progress = W.IntProgress(min=0, max=1, layout=W.Layout(width="10em"))
        self.progress_words = W.Label()
        self.pin_button = W.Button(description="Pin this plan", tooltip="Compare every further answer with this plan")
        self.undo_button, self.reset_button = W.Button(description="Undo"), W.Button(description="As opened")
        self.cancel_button = W.Button(description="Stop", tooltip="Stop simulating; the answer shown stays")
        self.save_name = W.Text(description="Save as", placeholder="name of the plan")
        self.save_over = W.Checkbox(description="replace a file of that name", indent=False)
        self.save_button = W.Button(description="Save as YAML")
        self.publish_button = W.Button(
            description="Publish the report", tooltip="Publish the planning report of this plan, saved first"
        )
        self.screen = self._layout(state)

    @property
    def controls(self) -> dict[str, Control]:
        """Every control with a value, by name."""
        return self.sliders | {name: control for fold in self.folded.values() for name, control in fold.items()}

    def _layout(self, state: State) -> Any:
        levers = [heading("Levers"), row(*self.levers.values())] if self.levers else []
        sliders = [slider.shown for slider in self.sliders.values()]
        unfolding = folds({title: [c.shown for c in fold.values()] for title, fold in self.folded.items()})
        keeping = [self.save_name, self.save_over, row(self.save_button, self.publish_button), self.kept, self.report]
        first = [
            *(heading("Sliders"), *sliders, row(self.pin_button, self.undo_button, self.reset_button)),
            *(self.changes, self.message, *levers),
        ]
        running = row(self.progress, self.progress_words, self.cancel_button)
        found = [running, self.scorecard, self.comparison, self.waiting, self.response]
        more = [heading("More to change"), *unfolding, heading("Keep it"), *keeping]
        return frame(state, first, found, more)

    def _wire(self) -> None:
        for name, control in self.controls.items():
            control.widget.observe(partial(self._slid, name), "value")
            if control.typed is not None:
                control.typed.observe(partial(self._typed, control), "value")
        for name, lever in self.levers.items():
            lever.observe(partial(self._pulled, name), "value")
        clicks: list[tuple[W.Button, Callable[[], object]]] = [
            (self.pin_button, self._pin),
            (self.undo_button, lambda: self.controller.apply(undo)),
            (self.reset_button, lambda: self.controller.apply(reset)),
            (self.cancel_button, self._stop),
            (self.save_button, lambda: self.controller.save(self.save_name.value, overwrite=self.save_over.value)),
            (
                self.publish_button,
                lambda: self.controller.publish(self.save_name.value, overwrite=self.save_over.value),
            ),
        ]
        for button, act in clicks:
            button.on_click(lambda _, act=act: self._guarded(act))

    def settle(self, seconds: float | None = None) -> bool:
        """Let every slider count at once and wait for the last answer; tell whether it came in time."""
        self._debounce.flush()
        return self.controller.wait(seconds)

    def wait_first(self, seconds: float) -> Answer | None:
        """Wait for the first answer, or for word that there will be none, and return it."""
        self._first_told.wait(seconds)
        return self.first

    def close(self) -> None:
        """Stop for good."""
        self.controller.close()

    def _slid(self, name: str, change: Mapping[str, Any]) -> None:
        if self._follower != threading.get_ident():
            self._debounce.note(name, change["new"])

    def _typed(self, control: Control, change: Mapping[str, Any]) -> None:
        if control.parse is None:
            return
        try:
            control.widget.value = control.parse(change["new"])
        except InputError as error:
            self._debounce.flush()  # lest a move made before, once it counts, takes the place of what is told
            self._hear(Told(one_line(error), trouble=True))

    def _moved(self, moved: Mapping[str, Any]) -> None:
        def update(state: State) -> State:
            for name, value in moved.items():
                state = self.controls[name].apply(state, value)
            return state

        self._guarded(lambda: self.controller.apply(update))

    def _pulled(self, name: str, change: Mapping[str, Any]) -> None:
        if self._follower != threading.get_ident():
            self._guarded(lambda: self.controller.apply(partial(pull_lever, alternative=name)))

    def _pin(self) -> None:
        self.controller.apply(unpin if self.controller.state.pinned is not None else pin)
        if self.controller.state.pinned is None:
            self.comparison.value = ""

    def _stop(self) -> None:
        self.controller.cancel()

    def _guarded(self, act: Callable[[], object]) -> None:
        """Do what a control asks for; a fault is shown, for the widgets' own log is read by nobody."""
        try:
            act()
        except Exception as error:  # the lab goes on
            self._hear(Told(fault_words(error), trouble=True))
        self._follow()

    def _follow(self) -> None:
        """Let every control stand where the state says; a slider in somebody's hand is left alone."""
        state = self.controller.state
        with self._following:
            self._follower = threading.get_ident()
            try:
                for name, control in self.controls.items():
                    if not self._debounce.waits(name):
                        control.show(state)
                for name, lever in self.levers.items():
                    lever.value = lever_on(state, name)
                    lever.description = f"{'✓ ' if lever.value else ''}{state.base.alternatives[name].label}"
                self.undo_button.disabled = not state.history
                self.pin_button.description = "Pin this plan" if state.pinned is None else "Unpin"
                self.changes.value = changes_html(state)
            finally:
                self._follower = None

    def _hear(self, news: News) -> None:
        if isinstance(news, Answer):
            self._show(news)
        elif isinstance(news, Progress):
            self._show_progress(news)
        elif isinstance(news, Publication):
            self._show_report(news)
        else:
            css = ' class="lab-trouble"' if news.trouble else ""
            line = self.kept if news.keeping else self.message
            line.value = f'<p role="status"{css}>{escape(short_paths(news.text))}</p>' if news.text else ""
            if news.trouble and not news.keeping:
                self.trouble = news.text
                self._first_told.set()

    def _show(self, answer: Answer) -> None:
        """Show an answer; called in the worker's thread, one answer after another."""
        self.answer = answer
        self.scorecard.value = scorecard_html(answer)
        self.comparison.value = comparison_html(answer)
        self.waiting.value = picture_html(waiting_png(answer.experiment), waiting_words(answer.experiment))
        self.response.value = picture_html(response_png(answer.experiment), response_words(answer.experiment))
        if answer.final:
            self._tell_progress(answer.years, answer.years)
        self.first = self.first or answer
        self._first_told.set()

    def _show_report(self, report: Publication) -> None:
        link = f' <a href="{escape(report.address)}" target="_blank" rel="noopener">Open the report</a>'
        css = ' class="lab-trouble"' if report.trouble else ""
        self.report.value = f"<p{css}>{escape(short_paths(report.text))}{link if report.address else ''}</p>"
        self.publish_button.disabled = not report.ended

    def _show_progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            self._tell_progress(progress.done, progress.planned)

    def _tell_progress(self, done: int, planned: int) -> None:
        self.progress.max, self.progress.value = planned, done
        self.progress_words.value = f"{done} of {planned} simulated years"
