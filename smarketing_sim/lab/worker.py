"""One thread in the background that always works on the latest question and drops the one before."""

from __future__ import annotations

import atexit
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

Question = Callable[[], Iterator[Any]]


class Worker:
    """Runs one question at a time; a newer one makes the older stop at its next word.

    Parameters
    ----------
    tell
        Called in the worker's thread with each thing that the current question yields.
    told_failure
        Called there with the exception that ended a question.
    """

    def __init__(self, tell: Callable[[Any], None], told_failure: Callable[[Exception], None]) -> None:
        self._tell, self._told_failure = tell, told_failure
        self._changed = threading.Condition()
        self._generation = 0
        self._waiting: Question | None = None
        self._busy = self._closed = False
        self._thread = threading.Thread(target=self._work, name="scenario-lab", daemon=True)
        self._thread.start()
        atexit.register(self.close)  # a thread that is cut off in compiled code takes the whole process down

    def ask(self, question: Question) -> None:
        """Work on a question as soon as the current one, which is dropped, has let go."""
        with self._changed:
            self._generation += 1
            self._waiting = question
            self._changed.notify_all()

    def cancel(self) -> bool:
        """Drop what is being worked on; tell whether there was anything."""
        with self._changed:
            was = self._busy or self._waiting is not None
            self._generation += 1
            self._waiting = None
            self._changed.notify_all()
            return was

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until there is nothing to do; tell whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and self._waiting is None, seconds)

    def close(self) -> None:
        """Drop everything and end the thread."""
        with self._changed:
            self._closed = True
        atexit.unregister(self.close)
        self.cancel()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or self._waiting is not None)
                if self._closed or self._waiting is None:
                    return
                question, generation = self._waiting, self._generation
                self._waiting, self._busy = None, True
            self._answer(question, generation)

    def _answer(self, question: Question, generation: int) -> None:
        try:
            for word in question():
                if generation != self._generation:
                    return
                self._tell(word)
        except Exception as error:  # the lab goes on, whatever a question ran into
            self._fail(error, generation)

    def _fail(self, error: Exception, generation: int) -> None:
        try:
            if generation == self._generation:
                self._told_failure(error)
        except Exception:  # not even the fault can be shown where the reader looks
            traceback.print_exc()
