"""Commands called in this process, for the examples of the docs."""

from __future__ import annotations

from tests.cli.conftest import smarketing  # noqa: F401 - a fixture
