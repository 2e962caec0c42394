"""Waiting until a hand rests: of many quick changes only the last of each control counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any


class Debounce:
    """Gathers changes by control and hands them over together once none came for a while.

    Parameters
    ----------
    seconds
        How long a hand must rest.
    act
        Called with the last change of each control, in a thread of its own.
    """

    def __init__(self, seconds: float, act: Callable[[Mapping[str, Any]], None]) -> None:
        self._seconds, self._act = seconds, act
        self._lock, self._acting = threading.Lock(), threading.RLock()
        self._pending: dict[str, Any] = {}
        self._timer: threading.Timer | None = None

    def note(self, control: str, value: Any) -> None:
        """Note a change, and begin to wait anew."""
        with self._lock:
            self._pending[control] = value
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._seconds, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def waits(self, control: str) -> bool:
        """Tell whether a change of a control has not been handed over yet."""
        return control in self._pending

    def flush(self) -> None:
        """Hand over at once what was noted, and wait for what is being handed over."""
        with self._acting:
            with self._lock:
                noted, self._pending = self._pending, {}
                if self._timer is not None:
                    self._timer.cancel()
            if noted:
                self._act(noted)
