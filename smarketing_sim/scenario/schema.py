"""The Scenario: every assumption of one planning question, frozen, validated and hashable."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field

from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import ContractCalendar
from smarketing_sim.scenario.contract import Clause
from smarketing_sim.scenario.currency import DOLLARS, Currency
from smarketing_sim.scenario.dates import Date
from smarketing_sim.scenario.decay import DecayPreset
from smarketing_sim.scenario.marketing import Decay, Marketing, Persona
from smarketing_sim.scenario.money import Alternative, Economics, Goal
from smarketing_sim.scenario.sales import Sales
from smarketing_sim.scenario.units import Count, Positive

Result = TypeVar("Result")
MAX_NAME = 200
_WORDS = {"name", "description", "exchange", "beliefs", "alternatives"}


class Belief(Part):
    """Where a number comes from, how well it is known, and how far it may be off."""

    source: str = ""
    """An id of the evidence ledger, such as E13, or a note in words; empty for an assumption."""
    grade: str = "A?"
    """Grade of the source: A to F, or ``A?`` for an assumption without one."""
    range: tuple[Any, Any] | None = None
    """Lowest and highest value that is plausible, in the unit of the value."""
    note: str = ""
    """A caution for the reader."""


class Run(Part):
    """The stretch of time that is simulated; leads arrive through all three parts."""

    starts_on: Date
    """First day of the horizon."""
    horizon_months: Annotated[Count, Field(le=120)] = 12
    """Months that are reported; at least one in a file."""
    warm_up_weeks: Annotated[Count, Field(le=260)] = 26
    """Weeks before it, so that queues and pipeline are as in the middle of a year."""
    cool_down_weeks: Annotated[Count, Field(le=260)] = 8
    """Weeks after it, so that the last leads are worked."""
    opening_backlog: Count = 0
    """Leads already waiting when the simulation begins, beside those the warm-up brings."""


class Scenario(Part):
    """Every assumption of one planning question.

    Notes
    -----
    Read by :func:`smarketing_sim.scenario.files.load`; the fields are never changed,
    :func:`smarketing_sim.scenario.building.override` makes another scenario.
    """

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    """What the page is called."""
    description: str = ""
    """What this company is, in a paragraph."""
    currency: Currency = DOLLARS
    """Currency of every amount that names none: its three letters, such as `EUR`."""
    exchange: dict[Currency, Positive] = {}
    """What one unit of another currency is worth in this one, such as `{USD: 10.6}`; for amounts of other files."""
    run: Run
    """What is simulated."""
    calendar: ContractCalendar
    """The contract's business clock."""
    goal: Goal = Goal()
    """What the year must bring."""
    personas: Annotated[dict[str, Persona], Field(min_length=1)]
    """Kinds of buyer by name."""
    marketing: Marketing
    """Where leads come from."""
    decay: Decay = Decay()
    """What waiting costs."""
    sales: Sales
    """How leads are followed up."""
    sla: dict[str, Clause] = {}
    """The contract: clauses by name."""
    economics: Economics = Economics()
    """How revenue turns into contribution."""
    alternatives: dict[str, Alternative] = {}
    """Named changes that the company could make."""
    beliefs: dict[str, Belief] = {}
    """Source, grade and range by dotted path; filled from the file."""

    def canonical(self) -> dict[str, Any]:
        """Return all that the simulation can feel as plain JSON types, defaults filled in.

        Only the order of territories matters, so they are a list; the order of all other names does not.
        """
        plain = self.model_dump(mode="json", exclude=_WORDS)
        routing = plain["sales"]["sdr"]["routing"]
        routing["territories"] = [[name, territory] for name, territory in routing["territories"].items()]
        return plain

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, in hex: equal on every machine for equal assumptions."""
        return _digest(self)

    @property
    def identity(self) -> dict[str, str]:
        """What an answer in plain JSON types says of its plan: name, digest, and the currency of its amounts."""
        return {"scenario": self.name, "digest": self.digest, "currency": self.currency}

    def diff(self, other: Scenario) -> list[tuple[str, Any, Any]]:
        """List what differs: (dotted path, value here, value there); None where a path is missing."""
        here, there = flatten(self.canonical()), flatten(other.canonical())
        paths = list(dict.fromkeys([*here, *there]))
        return [(path, here.get(path), there.get(path)) for path in paths if here.get(path) != there.get(path)]

    @property
    def curves(self) -> tuple[DecayPreset | None, ...]:
        """How leads of each source cool; None where age does not matter to them."""
        return tuple((source.decay or self.decay).curve for source in self.marketing.sources.values())

    def clause_minutes(self, clause: Any) -> float:
        """Return the limit of a clause in minutes of its own clock."""
        return float(clause.within.minutes(self.calendar.business_minutes))

    def __hash__(self) -> int:
        return hash(self.digest)


class _Same:
    """A scenario as a key that equals no other object's, since equal ones may name things in another order."""

    __slots__ = ("scenario",)

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __hash__(self) -> int:
        return id(self.scenario)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.scenario is other.scenario


def once_per_scenario(work: Callable[[Scenario], Result]) -> Callable[[Scenario], Result]:
    """Let a function of one scenario remember what it returned for the last scenarios; nobody may change it."""
    remembered = functools.lru_cache(maxsize=64)(lambda same: work(same.scenario))

    @functools.wraps(work)
    def recall(scenario: Scenario) -> Result:
        return remembered(_Same(scenario))

    return recall


@once_per_scenario
def _digest(scenario: Scenario) -> str:
    return digest_of(scenario.canonical())


@once_per_scenario
def years_digest(scenario: Scenario) -> str:
    """Return the digest of all that shapes simulated years and what is counted of them, in the order of the names.

    Plans that differ only in their goal, or in the share of leads that a promise covers, have the same years: those
    are held against what was counted, afterwards.
    """
    plain = scenario.canonical()
    del plain["goal"]
    for clause in plain["sla"].values():
        del clause["target"]
    return _ordered(plain)


@once_per_scenario
def ordered_digest(scenario: Scenario) -> str:
    """Return a digest that unlike a scenario's own depends on the order of names, for measures stand in it."""
    return _ordered(scenario.canonical())


def _ordered(plain: Any) -> str:
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def shorten_name(name: str) -> str:
    """Return a name that is not too long for a scenario."""
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def digest_of(plain: Any) -> str:
    """Return the SHA-256, in hex, of plain JSON types with sorted keys."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def flatten(plain: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one with dotted paths; lists stay whole."""
    flat: dict[str, Any] = {}
    for key, value in plain.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{path}.")
        else:
            flat[path] = value
    return flat
