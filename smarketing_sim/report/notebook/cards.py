"""The row of headline numbers below a page's answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from smarketing_sim.words.markup import escape, unbroken


@dataclass(frozen=True)
class Card:
    """A headline number: what it is, its value in words, and its range or whatever else belongs below it."""

    label: str
    value: str
    note: str

    def as_dict(self) -> dict[str, str]:
        """Return the card as the hub keeps it."""
        return {"label": self.label, "value": self.value, "range": self.note}


def answer_html(finding: str, lead: str, cards: Iterable[Card]) -> str:
    """Return the opening of a page: the finding as its heading, what stands behind it, the headline numbers."""
    row = "".join(
        f'<div class="c"><small>{escape(card.label)}</small><b>{escape(card.value)}</b>'
        f"<small>{escape(card.note)}</small></div>"
        for card in cards
    )
    return f'<h1>{unbroken(finding)}</h1><p class="lead">{escape(lead)}</p><div class="cards">{row}</div>'
