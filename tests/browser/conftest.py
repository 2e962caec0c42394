"""A real browser, one for each file of tests, and visitors with patience."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.patience import HANG_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = Path("/usr/bin/chromium")
_PATIENCE = 1000 * HANG_SECONDS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=str(CHROMIUM), args=flags, timeout=_PATIENCE)
        yield started
        started.close()


def visitor(browser: Browser, **how: Any) -> BrowserContext:
    """Return a visitor of his own, whose pages wait for as long as something may still come."""
    context = browser.new_context(**how)
    context.set_default_timeout(_PATIENCE)
    return context
