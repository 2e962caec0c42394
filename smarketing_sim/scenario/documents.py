"""Reading YAML that anybody may have written: typed values with line numbers, or one clear refusal.

Values follow the YAML 1.2 core schema and nothing else: no tag, no merge key, no alias can construct an object.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from smarketing_sim.errors import InputError, Problem, nearest_name
from smarketing_sim.scenario.nodes import (
    LINE_END,
    MAX_DEPTH,
    MAX_NODES,
    Composer,
    Mapping,
    Node,
    Scalar,
    Sequence,
    refuse,
)
from smarketing_sim.scenario.units import InDoubt
from smarketing_sim.shipped import PREFIX, is_shipped, place, scenario_names

MAX_BYTES = 1_000_000
MAX_PROBLEMS = 50
MAX_DIGITS = 18

_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = re.compile(r"\.(nan|NaN|NAN)")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_STRING_TAG = "tag:yaml.org,2002:str"

_KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One YAML document.

    Parameters
    ----------
    data
        The top-level mapping; every key at every depth is text.
    lines
        Line, from 1, of each key and list item by its path of keys and indices as text; ``()`` is the top.
    """

    data: dict[str, Any]
    lines: dict[tuple[str, ...], int]


def read_document(path: Path) -> Document:
    """Read one YAML file.

    Parameters
    ----------
    path
        A regular file of at most ``MAX_BYTES`` of UTF-8 text; of a longer one no more than that is read. A name such as
        ``smarketing:baseline`` stands for the file that comes with the package.

    Raises
    ------
    InputError
        For every fault of the file or its text, with file and line.
    """
    name = str(path)
    return parse_document(_decode(_read_bytes(place(path), name), name), name=name)


def parse_document(text: str, *, name: str) -> Document:
    """Read one YAML document from text; ``name`` stands for the file in messages.

    Raises
    ------
    InputError
        For every fault of the text, with line.
    """
    root = Composer(_checked(text, name), name).compose()
    if root is None or (isinstance(root, Scalar) and root.plain and not root.text):
        refuse(name, None, "the file is empty")
    if not isinstance(root, Mapping):
        refuse(name, root.line, "the top level must be a mapping of 'key: value' lines")
    builder = _Builder(name)
    data = builder.build(root)
    return Document(data=data, lines=builder.lines)


def parse_value(text: str, *, name: str) -> Any:
    """Read one scalar or flow value, as it stands behind ``path=`` on a command line.

    Returns
    -------
    Any
        None, bool, int, float, str, or a list or dict of these.

    Raises
    ------
    InputError
        For every fault of the text, and where a part of it would be dropped as a comment.
    """
    text = _checked(text, name).strip()
    root = Composer(text, name).compose()
    if root is None or not text:
        refuse(name, None, "no value is given; write null for none, and put text that begins with # in quotes")
    if not isinstance(root, Scalar) and not root.flow:
        refuse(name, root.line, "one value is expected; put text with ': ' or '- ' in quotes, or write {…} or […]")
    if text[root.end :].strip():
        refuse(name, root.line, "text stands behind the value; put the whole value in quotes")
    return _Builder(name).build(root)


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            refuse(name, None, "this is a folder; a YAML file is expected")
        if not path.exists():
            refuse(name, None, "there is no such file", nearest=_nearest_file(path))
        if not path.is_file():
            refuse(name, None, "this is not a regular file")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as fault:
        refuse(name, None, f"the file cannot be read: {fault.strerror or fault}")
    if len(content) > MAX_BYTES:
        refuse(name, None, f"the file is larger than {MAX_BYTES:,} bytes, too large for a scenario")
    return content


def _nearest_file(path: Path) -> str | None:
    beside = itertools.islice(path.parent.iterdir(), 1000) if path.parent.is_dir() else ()
    near = None if is_shipped(path) else nearest_name(path.name, sorted(entry.name for entry in beside))
    shipped = nearest_name(path.stem.removeprefix(PREFIX), scenario_names())
    return near or (shipped and PREFIX + shipped)


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        refuse(name, line, "the text is not UTF-8; save the file as UTF-8")


def _checked(text: str, name: str) -> str:
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        refuse(name, None, f"the text is longer than {MAX_BYTES:,} bytes, too long for a scenario")
    if found := _FORBIDDEN.search(text):
        line = len(LINE_END.findall(text, 0, found.start())) + 1
        refuse(name, line, f"the character U+{ord(found[0]):04X} must not stand in YAML text")
    return text


@dataclass
class _Builder:
    """Nodes to plain values; faults are collected, so that one reading shows them all."""

    name: str
    lines: dict[_KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    node_count: int = 0

    def build(self, root: Node) -> Any:
        self.lines[()] = root.line
        value = self._value(root, ())
        if self.problems:
            self._stop()
        return value

    def _stop(self) -> NoReturn:
        by_line = sorted(self.problems, key=lambda problem: problem.line or 0)
        raise InputError(by_line)

    def _fault(self, line: int, path: _KeyPath, rule: str, value: object = None) -> None:
        self.problems.append(Problem(rule, file=self.name, line=line, path=".".join(path) or None, value=value))
        if len(self.problems) >= MAX_PROBLEMS:
            self._stop()

    def _value(self, node: Node, path: _KeyPath) -> Any:
        # counted again, with every alias followed: a few aliases of aliases can stand for billions of values
        self.node_count += 1
        if self.node_count > MAX_NODES:
            refuse(self.name, node.line, f"more than {MAX_NODES:,} keys and values once aliases are followed")
        if node.tag is not None and not (isinstance(node, Scalar) and node.tag == _STRING_TAG):
            self._fault(node.line, path, f"tags such as {_short_tag(node.tag)} are not read; write a plain value")
            return None
        if isinstance(node, Scalar):
            return self._scalar(node, path)
        if len(path) >= MAX_DEPTH:
            refuse(self.name, node.line, f"nested deeper than {MAX_DEPTH} levels once aliases are followed")
        return self._list(node, path) if isinstance(node, Sequence) else self._dict(node, path)

    def _list(self, node: Sequence, path: _KeyPath) -> list[Any]:
        values = []
        for index, item in enumerate(node.items):
            here = (*path, str(index))
            self.lines[here] = item.line
            values.append(self._value(item, here))
        return values

    def _dict(self, node: Mapping, path: _KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.pairs:
            key = self._key(key_node, path)
            if key is None:
                continue
            here = (*path, key)
            if key in values:
                rule = f"the key stands twice; the first is on line {self.lines[here]}"
                self._fault(key_node.line, here, rule)
                continue
            self.lines[here] = key_node.line
            values[key] = self._value(value_node, here)
        return values

    def _key(self, node: Node, path: _KeyPath) -> str | None:
        if not isinstance(node, Scalar):
            self._fault(node.line, path, "a key must be text, not a list or a mapping")
            return None
        if node.plain and node.tag is None and node.text == "<<":
            self._fault(node.line, path, "merge keys '<<' are not read; name the file to build on with 'extends:'")
            return None
        fault_count = len(self.problems)
        key = self._value(node, path)
        if len(self.problems) > fault_count:
            return None
        if isinstance(key, int) and not isinstance(key, bool):
            return str(key)
        if not isinstance(key, str):
            self._fault(node.line, path, "a key must be text or a whole number; put it in quotes", node.text)
            return None
        return key

    def _scalar(self, node: Scalar, path: _KeyPath) -> Any:
        if found := _FORBIDDEN.search(node.text):
            self._fault(node.line, path, f"the character U+{ord(found[0]):04X} must not stand in a value")
            return None
        is_change = path[:1] == ("alternatives",) and path[2:3] == ("set",) and node.text.startswith(("+", "-"))
        if not node.plain or node.tag == _STRING_TAG or is_change:
            return node.text
        try:
            return resolve_scalar(node.text)
        except ValueError as fault:
            self._fault(node.line, path, str(fault), node.text)
            return None


def resolve_scalar(text: str) -> bool | int | float | str | None:
    """Return the value of an unquoted scalar by the YAML 1.2 core schema (section 10.3 of the specification).

    Times of day, dates, percentages, ``yes`` and ``no`` stay text; ``010`` is ten.

    Raises
    ------
    ValueError
        For NaN, and for numbers too long to be held exactly or at all.
    """
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _NAN.fullmatch(text):
        raise ValueError("'not a number' cannot be used; leave the value out or write null")
    for pattern, base in ((_INT, 10), (_OCTAL, 8), (_HEX, 16)):
        if pattern.fullmatch(text):
            return _whole(text, base)
    if _INFINITE.fullmatch(text):
        return -math.inf if text[0] == "-" else math.inf
    if _FLOAT.fullmatch(text):
        value = InDoubt.read(text)
        if math.isinf(value):
            raise ValueError("this number is too large; write .inf for infinity")
        return value
    return text


def _whole(text: str, base: int) -> int:
    digits = text.lstrip("+-") if base == 10 else text[2:]
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"whole numbers have at most {MAX_DIGITS} digits; put an identifier in quotes")
    return int(text, base)


def _short_tag(tag: str) -> str:
    return repr(tag.replace("tag:yaml.org,2002:", "!!")[:60])
