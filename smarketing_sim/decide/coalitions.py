"""Plans between two plans: some causes as in one, the others as in the other.

A field that both plans have is taken from the side of its cause. What exists on one side only, such as a source, is
there where the side that decides on names has it, and takes along what only it has. Where each plan has sources that
the other lacks, the leads of one are given the quality of the other: each source of the one is split over the sources
of the other in the shares in which these hand leads over, so that numbers and hours come from the one, and the chances
to qualify and to be won from the other; and they are given the mean cost of a lead handed over by the other.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from smarketing_sim.scenario.building import build
from smarketing_sim.scenario.causes import CAUSES, NAMED, QUALITY, TERMS, VOLUME, cause_of
from smarketing_sim.scenario.sales import RepOverride
from smarketing_sim.scenario.schema import Scenario, flatten

Document = dict[str, Any]
Things = dict[str, Document]

SOURCES, CAMPAIGNS, REPS = "marketing.sources", "marketing.campaigns", "sales.sdr.reps"
_TERRITORIES = "sales.sdr.routing.territories"
_WHOLE = ("personas", "sla")
_ABSENT = object()
_COST = "cost_per_handed"
_SPLIT = ("leads_per_month", "visits_per_month")
_NAME_ROOM = 90


@dataclass(frozen=True)
class Pair:
    """Two plans whose assumptions can be mixed cause by cause.

    Parameters
    ----------
    a, b
        The plans.
    """

    a: Scenario
    b: Scenario

    @cached_property
    def differences(self) -> dict[str, tuple[str, ...]]:
        """Paths that differ by cause, causes in the order of ``CAUSES``; those without a difference are left out."""
        found: dict[str, dict[str, None]] = {cause: {} for cause in CAUSES}
        here, there = (flatten(side.document) for side in self._sides)
        apart = [path for path in dict.fromkeys([*here, *there]) if here.get(path, _ABSENT) != there.get(path, _ABSENT)]
        for path in apart:
            # A path with others below it is empty on one side, and known in full by the other.
            if not any(other.startswith(f"{path}.") for other in apart):
                known = self._one_sided(path) or path
                found[cause_of(known)][known] = None
        if all(self._only(SOURCES)):
            names = [f"{SOURCES}.{name}" for side in self._only(SOURCES) for name in side]
            found[QUALITY] |= dict.fromkeys(names)
            found[TERMS] |= dict.fromkeys(f"{name}.{_COST}" for name in names)
        return {cause: tuple(paths) for cause, paths in found.items() if paths}

    def mixed(self, from_b: Collection[str]) -> Scenario:
        """Return the plan that has some causes from ``b`` and the others from ``a``.

        Raises
        ------
        InputError
            If they do not go together.
        """
        if not set(from_b) & set(self.differences):
            return self.a
        if set(self.differences) <= set(from_b):
            return self.b
        flat = {
            path: value
            for number, side in enumerate(self._sides)
            for path, value in flatten(side.rest).items()
            if (cause_of(path) in from_b) == bool(number)
        }
        document = _nested(flat)
        for group in NAMED:
            _put(document, group, self._things(group, from_b))
        _drop_absent_reps(document)
        _drop_uncovered_clauses(document)
        _put(document, _TERRITORIES, dict(_at(document, _TERRITORIES)))
        label = " and ".join(sorted(from_b, key=CAUSES.index))
        return build({**document, "name": f"{label} of the second plan"})

    def _things(self, group: str, from_b: Collection[str]) -> Things:
        """Return the named things of a group, each field from the side of its cause."""

        def side(cause: str) -> _Side:
            return self._sides[cause in from_b]

        owner, mixed = side(NAMED[group]).things[group], Things()
        for name, thing in owner.items():
            sides = {field: side(cause_of(f"{group}.{name}.{field}")).things[group] for field in thing}
            mixed[name] = {field: there.get(name, thing)[field] for field, there in sides.items()}
        if group not in {SOURCES, CAMPAIGNS} or not all(self._only(SOURCES)):
            return mixed
        first, second = self._sides
        (replaced, replacing), other = self._only(SOURCES), second
        if side(VOLUME) is second:
            replaced, replacing, other = replacing, replaced, first
        others = {name: other.things[SOURCES][name] for name in replacing}
        if group == SOURCES and side(TERMS) is other:
            mixed |= {name: {**mixed[name], _COST: _mean_cost(others)} for name in replaced}
        if side(QUALITY) is not other:
            return mixed
        return (_split_sources if group == SOURCES else _split_campaigns)(mixed, replaced, others)

    def _one_sided(self, path: str) -> str | None:
        """Return the named thing that a path leads through, where only one side has it."""
        for group in (*NAMED, *_WHOLE):
            if path.startswith(f"{group}."):
                name = path[len(group) + 1 :].partition(".")[0]
                return f"{group}.{name}" if any(name in only for only in self._only(group)) else None
        return None

    def _only(self, group: str) -> tuple[list[str], list[str]]:
        """Return the names in a group that only the first, and only the second plan has."""
        here, there = (_at(side.document, group) for side in self._sides)
        return [name for name in here if name not in there], [name for name in there if name not in here]

    @cached_property
    def _sides(self) -> tuple[_Side, _Side]:
        numbers = dict.fromkeys([*self.a.sales.sdr.reps, *self.b.sales.sdr.reps])
        return _Side.of(self.a, numbers), _Side.of(self.b, numbers)


@dataclass(frozen=True)
class _Side:
    """One plan as plain data.

    Parameters
    ----------
    document
        All of it; a rep that only the other plan describes is described as the team is.
    things
        Its named things by group.
    rest
        The document without them.
    """

    document: Document
    things: dict[str, Things]
    rest: Document

    @classmethod
    def of(cls, scenario: Scenario, reps: Collection[str]) -> _Side:
        document = scenario.canonical()
        nothing = RepOverride().model_dump(mode="json")
        _put(document, REPS, {number: _at(document, REPS).get(number, nothing) for number in reps})
        rest = copy.deepcopy(document)
        for group in NAMED:
            _put(rest, group, None)
        return cls(document, {group: _at(document, group) for group in NAMED}, _without_groups(rest))


def _split_sources(mixed: Things, replaced: Collection[str], qualities: Things) -> Things:
    """Give the leads of some sources the quality of others, each source split over them by what they hand over."""
    split = Things()
    for name, thing in mixed.items():
        if name not in replaced:
            split[name] = thing
            continue
        for new_name, share, other in _dealt(name, qualities):
            volumes = {field: _scaled(thing[field], share) for field in _SPLIT}
            fields = {f: other[f] for f in thing if cause_of(f"{SOURCES}.{name}.{f}") == QUALITY}
            split[new_name] = {**thing, **volumes, **fields}
    return split


def _split_campaigns(mixed: Things, replaced: Collection[str], qualities: Things) -> Things:
    """Split campaigns as the sources that they run on."""
    split = Things()
    for name, thing in mixed.items():
        if thing["source"] not in replaced:
            split[name] = thing
            continue
        dealt = zip(_dealt(name, qualities), _dealt(thing["source"], qualities), strict=True)
        for (new_name, share, _), (source, _, _) in dealt:
            sizes = {field: thing[field] * share for field in ("first_week_leads", "cost")}
            split[new_name] = {**thing, **sizes, "source": source}
    return split


def _dealt(name: str, qualities: Things) -> Iterator[tuple[str, float, Document]]:
    """Yield under which name, with which share, a source takes on each of some qualities; the largest keeps its name.

    The name decides which leads there are, so that leads stay the same where only their quality changes.
    """
    handed = {other: _handed_per_month(thing) for other, thing in qualities.items()}
    total = sum(handed.values())
    order = sorted(qualities, key=lambda other: (-handed[other], other))
    for place, other in enumerate(order):
        share = handed[other] / total if total > 0 else 1.0 / len(order)
        yield name if place == 0 else f"{name[:_NAME_ROOM]} as {place + 1}", share, qualities[other]


def _mean_cost(sources: Things) -> float:
    """Return what a handed lead costs on average; where none is handed over, the plain mean of sources."""
    handed = [_handed_per_month(source) for source in sources.values()]
    weights = handed if sum(handed) > 0 else [1.0] * len(handed)
    costs = [source[_COST] for source in sources.values()]
    return float(np.average(costs, weights=weights))


def _handed_per_month(source: Document) -> float:
    volumes = source["leads_per_month"] or source["visits_per_month"]
    share = 1.0 if source["leads_per_month"] is not None else source["visit_to_lead_share"]
    return float(sum(volumes) / len(volumes) * share * source["handed_share"])


def _scaled(volumes: list[float] | None, share: float) -> list[float] | None:
    return None if volumes is None else [volume * share for volume in volumes]


def _drop_absent_reps(document: Document) -> None:
    """Drop what is said about reps above the headcount, who are not there, and about reps who are like the team."""
    said, headcount = _at(document, REPS), document["sales"]["sdr"]["headcount"]
    kept = {number: rep for number, rep in said.items() if int(number) <= headcount and any(_said(rep))}
    _put(document, REPS, kept)


def _drop_uncovered_clauses(document: Document) -> None:
    """Drop the clauses about a source that this plan has not: there is no lead to judge them by."""
    sources = _at(document, SOURCES)
    document["sla"] = {
        name: clause for name, clause in document["sla"].items() if clause["applies_to"]["source"] in (None, *sources)
    }


def _said(rep: Document) -> Iterator[bool]:
    return (value is not None for value in rep.values())


def _without_groups(document: Document) -> Document:
    for group in NAMED:
        *above, last = group.split(".")
        del _at(document, ".".join(above))[last]
    return document


def _at(document: Document, path: str) -> Any:
    node: Any = document
    for step in path.split("."):
        node = node[step]
    return node


def _put(document: Document, path: str, value: Any) -> None:
    """Set a value by path, making the groups on the way."""
    *above, last = path.split(".")
    node = document
    for step in above:
        node = node.setdefault(step, {})
    node[last] = value


def _nested(flat: Document) -> Document:
    """Undo :func:`~smarketing_sim.scenario.schema.flatten`."""
    document: Document = {}
    for path, value in flat.items():
        _put(document, path, value)
    return document
