"""The lab without a screen: it holds the state, lets one worker answer the latest question, and tells what happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from smarketing_sim.errors import InputError, SmarketingError
from smarketing_sim.lab.faults import fault_words
from smarketing_sim.lab.publishing import Publication, Publisher
from smarketing_sim.lab.saving import save
from smarketing_sim.lab.simulated_years import Answer, Progress, Years, refine
from smarketing_sim.lab.state import State, new_cautions
from smarketing_sim.lab.worker import Worker
from smarketing_sim.words.numbers import counted

Update = Callable[[State], State]


@dataclass(frozen=True)
class Told:
    """One line for the person at the controls.

    Parameters
    ----------
    text
        The line.
    trouble
        Whether something asked for could not be done.
    keeping
        Whether it is about saving or publishing the plan.
    """

    text: str
    trouble: bool = False
    keeping: bool = False


News = Progress | Answer | Told | Publication


class Controller:
    """One state, changed by pure updates; every change is a new question to one worker in the background.

    Parameters
    ----------
    state
        Where to begin; nothing is simulated before :meth:`ask`.
    tell
        Called with everything that happens: answers and progress from the worker's thread, the rest from the caller's.
    engine
        Which engine; None takes the fastest one installed.
    """

    def __init__(self, state: State, tell: Callable[[News], None], *, engine: str | None = None) -> None:
        self._state, self._tell = state, tell
        self._changing = threading.RLock()
        self._years = Years(engine)
        self._worker = Worker(self._hear, self._failed)
        self._publisher = Publisher(tell)
        self._saved: tuple[str, Path] | None = None

    @property
    def state(self) -> State:
        """The state as it is now."""
        return self._state

    def apply(self, update: Update) -> bool:
        """Change the state and ask anew; tell what is wrong, and leave the state as it is, where that cannot be done.

        Returns
        -------
        bool
            Whether the update was possible.
        """
        with self._changing:
            before = self._state
            try:
                self._state = update(before)
            except SmarketingError as error:
                self._tell(Told(one_line(error), trouble=True))
                return False
            if self._state is not before:
                self._tell(Told("; ".join(new_cautions(self._state))))
                self.ask()
            return True

    def ask(self) -> None:
        """Answer the question as it stands, in the background; an older one is dropped."""
        with self._changing:
            state = self._state
            self._worker.ask(
                partial(refine, self._years, state.scenario, pinned=state.pinned, seed=state.seed, looks=state.looks)
            )

    def cancel(self) -> None:
        """Stop simulating; the last answer stays, and so do the years that were simulated."""
        if self._worker.cancel():
            self._tell(Told("stopped; the answer shown stays"))

    def save(self, name: str, *, overwrite: bool = False) -> Path | None:
        """Save the plan as it stands beside the file that was opened; None, with the reason told, where it cannot be.

        Parameters
        ----------
        name
            What the plan is called; its file is named after it.
        overwrite
            Whether a file of that name may be replaced.
        """
        try:
            path = save(self._state, name, overwrite=overwrite)
        except SmarketingError as error:
            self._tell(Told(one_line(error), trouble=True, keeping=True))
            return None
        self._saved = self._state.scenario.digest, path
        short = f"{path.resolve().parent.name}/{path.name}"  # as it is called from the top of the checkout
        self._tell(Told(f"saved as {short}", keeping=True))
        return path

    def publish(self, name: str, *, overwrite: bool = False) -> bool:
        """Publish the report of the plan as it stands, in the background, and tell what becomes of it.

        Parameters
        ----------
        name, overwrite
            As for :meth:`save`, where the plan is in no file yet.

        Returns
        -------
        bool
            Whether publishing began; where not, the reason was told.
        """
        if self._publisher.busy:
            self._tell(Told("a report is being published already; one at a time", trouble=True, keeping=True))
            return False
        path = self._file() or self._named(name, overwrite=overwrite)
        if path is not None:
            self._publisher.publish(path, years=self._state.years, seed=self._state.seed)
        return path is not None

    def _file(self) -> Path | None:
        """Return the file that holds the plan as it stands, if there is one."""
        digest = self._state.scenario.digest
        if digest == self._state.base.digest:
            return self._state.source
        return self._saved[1] if self._saved is not None and self._saved[0] == digest else None

    def _named(self, name: str, *, overwrite: bool) -> Path | None:
        if name.strip():
            return self.save(name, overwrite=overwrite)
        rule = "a report is published from a file: give the plan a name under 'Save as' first"
        self._tell(Told(rule, trouble=True, keeping=True))
        return None

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is being simulated; tell whether that came in time."""
        return self._worker.wait(seconds)

    def close(self) -> None:
        """Stop for good."""
        self._publisher.close()
        self._worker.close()

    def _hear(self, news: Progress | Answer) -> None:
        if isinstance(news, Answer):
            with self._changing:
                if news.experiment.scenario is self._state.scenario:
                    self._state = replace(self._state, simulated=news.years)
        self._tell(news)

    def _failed(self, error: Exception) -> None:
        what = one_line(error) if isinstance(error, SmarketingError) else fault_words(error)
        self._tell(Told(f"this could not be simulated: {what}", trouble=True))


def one_line(error: Exception) -> str:
    """Return an error's words on one line: of many problems the first, and how many more there are."""
    problems = error.problems if isinstance(error, InputError) else ()
    # Where a value was moved by a control, there is no option of the command line to mend.
    lines = [str(replace(p, file=None) if p.file == "--set" else p) for p in problems] or str(error).splitlines()
    reasons = [line.strip() for line in lines if line.strip()] or ["no reason given"]
    rest = f"; and {counted(len(reasons) - 1, 'more problem')}" if len(reasons) > 1 and problems else ""
    return reasons[0] + rest if problems else "; ".join(reasons)
