"""YAML text to a tree of checked nodes, by the events of the library's parser.

Nothing is constructed here, and nothing recurses or grows beyond a limit, whatever the text holds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from smarketing_sim.errors import InputError, Problem

MAX_DEPTH = 50
MAX_ALIASES = 100
MAX_NODES = 50_000
LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One piece of text, with the index behind its last character; ``plain`` means that it stands without quotes."""

    line: int
    text: str
    plain: bool
    tag: str | None
    end: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; ``flow`` means that it is written in brackets."""

    line: int
    items: list[Node]
    tag: str | None
    flow: bool
    end: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values in the order of the text, doubles included; ``flow`` means that it is written in braces."""

    line: int
    pairs: list[tuple[Node, Node]]
    tag: str | None
    flow: bool
    end: int


Node = Scalar | Sequence | Mapping


def refuse(name: str, line: int | None, rule: str, *, nearest: str | None = None) -> NoReturn:
    """Raise an ``InputError`` with this one problem."""
    raise InputError([Problem(rule, file=name, line=line, nearest=nearest)])


class Composer:
    """Events of one document to nodes, refused at the first limit they pass.

    Parameters
    ----------
    text
        At most a few megabytes of printable text.
    name
        What messages call the file.
    """

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.line_ends = [found.end() for found in LINE_END.finditer(text)]
        self.anchors: dict[str, Node] = {}
        self.alias_count = 0
        self.node_count = 0

    def compose(self) -> Node | None:
        """Return the root of the one document, or None where there is no document.

        Raises
        ------
        InputError
            For bad syntax, a second document, and everything beyond the limits of this module.
        """
        root: Node | None = None
        document_count = 0
        events = self._events()
        for event in events:
            if isinstance(event, DocumentStartEvent):
                document_count += 1
                self._check_start(event, document_count)
                root = self._node(next(events), events, 1)
        return root

    def _events(self) -> Iterator[Any]:
        line = 1
        try:
            for event in YAML(typ="safe", pure=True).parse(self.text):
                line = self._line(event.end_mark)
                yield event
        except MarkedYAMLError as fault:
            self._refuse_syntax(fault)
        except Exception as fault:  # the parser meets hostile text: whatever it trips over is a fault of that text
            refuse(self.name, line, f"this is not valid YAML, here or below: {fault}")

    def _refuse_syntax(self, fault: Any) -> NoReturn:
        mark = fault.problem_mark or fault.context_mark
        rule = f"this is not valid YAML: {fault.problem or fault.context}"
        if fault.context and fault.context != fault.problem:
            rule += f", {fault.context}"
            if fault.context_mark:
                rule += f" that begins on line {self._line(fault.context_mark)}"
        if "'\\t'" in rule:
            rule += "; indent with spaces, not tabs"
        refuse(self.name, self._line(mark) if mark else None, rule)

    def _line(self, mark: Any) -> int:
        return bisect_right(self.line_ends, mark.index) + 1

    def _check_start(self, event: Any, document_count: int) -> None:
        line = self._line(event.start_mark)
        if document_count > 1:
            refuse(self.name, line, "a file holds one document; a second one begins here")
        if event.version not in (None, (1, 2)):
            refuse(self.name, line, "YAML 1.2 is read here; remove the %YAML line")

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        line = self._line(event.start_mark)
        self.node_count += 1
        if self.node_count > MAX_NODES:
            refuse(self.name, line, f"more than {MAX_NODES:,} keys and values")
        if isinstance(event, AliasEvent):
            return self._aliased(event.anchor, line)
        node: Node
        if isinstance(event, ScalarEvent):
            node = Scalar(line, event.value, event.style is None, event.tag, event.end_mark.index)
        elif depth > MAX_DEPTH:
            refuse(self.name, line, f"nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, SequenceStartEvent):
            items, end = self._items(events, depth)
            node = Sequence(line, items, event.tag, bool(event.flow_style), end)
        elif isinstance(event, MappingStartEvent):
            pairs, end = self._pairs(events, depth)
            node = Mapping(line, pairs, event.tag, bool(event.flow_style), end)
        else:
            refuse(self.name, line, "this is not valid YAML: a value is expected")
        if event.anchor:
            self.anchors[str(event.anchor)] = node
        return node

    def _items(self, events: Iterator[Any], depth: int) -> tuple[list[Node], int]:
        items = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self._node(event, events, depth + 1))
        return items, event.end_mark.index

    def _pairs(self, events: Iterator[Any], depth: int) -> tuple[list[tuple[Node, Node]], int]:
        pairs = []
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._node(event, events, depth + 1)
            pairs.append((key, self._node(next(events), events, depth + 1)))
        return pairs, event.end_mark.index

    def _aliased(self, anchor: str, line: int) -> Node:
        self.alias_count += 1
        if self.alias_count > MAX_ALIASES:
            refuse(self.name, line, f"more than {MAX_ALIASES} aliases")
        if anchor not in self.anchors:
            refuse(self.name, line, f"the alias *{anchor} names nothing that is complete before it")
        return self.anchors[anchor]
