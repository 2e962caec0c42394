"""Answers to questions about plans: each is a table to look at, a data frame, and the JSON of its command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import tell_money_in


@dataclass(frozen=True, eq=False)
class Answer:
    """What one question came to.

    Parameters
    ----------
    headline
        The answer in a sentence.
    result
        The object of the decision itself, with everything that was found.
    """

    headline: str
    result: Any = field(repr=False)
    _frame: Callable[[], pd.DataFrame] = field(repr=False)
    _plain: Callable[[], dict[str, Any]] = field(repr=False)
    _currency: str = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the answer as a table: a row for each thing compared, with mean and ends of its range."""
        return self._frame()

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as its command prints it with ``--json``."""
        return self._plain()

    def __str__(self) -> str:
        """Return the sentence, and the table below it."""
        return f"{self.headline}\n{self._frame().to_string(float_format=_rounded, na_rep='–')}"

    def _repr_html_(self) -> str:
        tell_money_in(self._currency)
        table = self._frame().to_html(float_format=_rounded, na_rep="–", border=0)
        return f"<p><b>{escape(self.headline)}</b></p>{table}"


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
