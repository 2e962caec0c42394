"""What is counted lot by lot and added up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self, TypeVar


@dataclass(frozen=True, eq=False)
class Sums:
    """What is counted of some leads: numbers and arrays that add up, and tuples of values that are put together."""

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


Counted = TypeVar("Counted", bound=Sums)
