"""What every part of a scenario has in common: frozen, strict about names, hashable."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from smarketing_sim.errors import InputError


class Part(BaseModel):
    """A frozen piece of a scenario; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse: a plan never changes, for simulated years hang on it."""
        raise InputError(f"{name} cannot be set: a plan never changes; override gives another one with other values")

    def __hash__(self) -> int:
        return hash(self.model_dump_json())
