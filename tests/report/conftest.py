"""What the tests of pages share: how a section is shown without a notebook."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from smarketing_sim.report.notebook import display


@pytest.fixture
def show_sections(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that shows the sections of an answer, each warning an error, and tells what was displayed."""
    from .test_planning import _Shown

    def show(sections: Sequence[Callable[[Any], None]], answer: Any) -> _Shown:
        bundles: list[tuple[dict[str, Any], dict[str, Any]]] = []
        monkeypatch.setattr(display, "_emit", lambda bundle, metadata=None: bundles.append((bundle, metadata or {})))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for section in sections:
                section(answer)
        return _Shown(bundles)

    return show
