"""What commands say, and how they show that they are at work."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from smarketing_sim.errors import RunFailed, SmarketingWarning
from smarketing_sim.measure.names import with_old_names
from smarketing_sim.printable import one_line, printable

if TYPE_CHECKING:
    import rich.progress

_TOLD_FROM = 50


def print_json(answer: Any) -> None:
    """Print one JSON object, its measures under their old names, too."""
    say(json.dumps(with_old_names(answer), indent=1, ensure_ascii=True, allow_nan=False))


def show(answer: dict[str, Any], words: Callable[[dict[str, Any]], str], *, as_json: bool) -> None:
    """Print an answer as one JSON object, or in words, in which no name from a file passes for a line of ours."""
    print_json(answer) if as_json else say(words(_on_lines_of_ours(answer)))


def _on_lines_of_ours(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value.strip())
    if isinstance(value, Mapping):
        return {_on_lines_of_ours(key): _on_lines_of_ours(item) for key, item in value.items()}
    return [_on_lines_of_ours(item) for item in value] if isinstance(value, list | tuple) else value


def say(text: str) -> None:
    """Print an answer; a reader who stopped listening, such as ``head``, changes nothing else."""
    try:
        print(printable(text), flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise RunFailed(f"the answer could not be printed: {error.strerror}") from None


def tell(text: str) -> None:
    """Print what is not the answer; nobody may be left to read it where a terminal was closed."""
    with contextlib.suppress(OSError):
        print(printable(text), file=sys.stderr, flush=True)


def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print a warning of ours on one line, and no other."""
    if isinstance(message, SmarketingWarning):
        tell(f"note: {one_line(message)}")


class Progress:
    """A progress bar on stderr where somebody is watching, a line at each tenth elsewhere, with the time left.

    Parameters
    ----------
    what
        What is counted; of work that has no common unit, what is done.
    in_percent
        Whether it has none, and so no pace that the time left could be told from.
    """

    def __init__(self, what: str, *, in_percent: bool = False) -> None:
        self._what, self._in_percent = what, in_percent
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self._told = 0
        self._first: tuple[float, int] | None = None

    def __enter__(self) -> Callable[[int, int], None]:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TaskProgressColumn,
                TextColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn() if self._in_percent else MofNCompleteColumn(),
                *([] if self._in_percent else [TimeRemainingColumn()]),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        return self._update

    def _update(self, done: int, planned: int) -> None:
        self._first = self._first or (time.monotonic(), done)
        if self._bar is None:
            tenth = 10 * done // max(planned, 1)
            if tenth > self._told and (planned >= _TOLD_FROM or self._in_percent):
                part = f"{10 * tenth}%" if self._in_percent else f"{done} of {planned}"
                tell(f"{self._what}: {part}{self._left(done, planned)}")
            self._told = max(tenth, self._told)
            return
        if self._task is None:
            self._task = self._bar.add_task(self._what, total=planned, completed=done)
        self._bar.update(self._task, completed=done, total=planned)

    def _left(self, done: int, planned: int) -> str:
        """Return the time left at the pace since the first word of progress, which counts what was done before."""
        began_at, before = self._first or (0.0, 0)
        if done in {before, planned} or self._in_percent:
            return ""
        minutes = (time.monotonic() - began_at) / (done - before) * (planned - done) / 60.0
        if minutes < 1.0:
            return ", less than a minute left"
        from smarketing_sim.words.numbers import span

        return f", about {span(minutes)} left"

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
