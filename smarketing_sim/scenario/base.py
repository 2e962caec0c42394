"""What every part of a scenario has in common: frozen, strict about names, hashable."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen piece of a scenario; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def __hash__(self) -> int:
        return hash(self.model_dump_json())
