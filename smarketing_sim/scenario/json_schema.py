"""What every key of a scenario file means, generated from the schema: a table for people, a JSON schema for editors."""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.calendars import Weekday, WeekHours, WeekWeights, Zone
from smarketing_sim.scenario.countries import Country
from smarketing_sim.scenario.dates import Date
from smarketing_sim.scenario.holidays import Dates, Holidays
from smarketing_sim.scenario.marketing import Monthly
from smarketing_sim.scenario.schema import Belief, Scenario
from smarketing_sim.scenario.units import Count, Hours, Minutes, Money, Number, Share, Span, share_text

Node = dict[str, Any]

_UNITS: tuple[tuple[Any, str], ...] = (
    (Share, "share, such as `35%` or `0.35`"),
    (Money, "money, such as `4200`, `4.2k` or `$4.2k`"),
    (Minutes, "time, such as `10 min` or `2 days`"),
    (Count, "whole number"),
    (Number, "number"),
    (Hours, "from-to, such as `09:00-17:00`"),
    (WeekHours, "hours by weekday, such as `{mon-fri: ['09:00-17:00']}`"),
    (WeekWeights, "number by weekday, such as `{sat-sun: 0.4}`"),
    (Monthly, "number, or twelve from January"),
    (Date, "date, such as `2026-01-31`"),
    (Country, "country, such as `NO` or `DE-BY`"),
    (Dates, "list: `2026-12-25`, `2026-07-13..2026-07-17` or `{2026-12-24: ['09:00-13:00']}`"),
    (Weekday, "weekday, such as `mon`"),
    (Zone, "time zone"),
)
_PLAIN = {
    Holidays: "list of days, or a group of keys",
    Span: "time, such as `6 business hours` or `12 days`",
    bool: "`true` or `false`",
    str: "text",
    object: "anything",
    Any: "anything",
}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_EXTENDS = "A file in the same folder, or a packaged one as `smarketing:baseline`, that holds where this one is silent."
_PREAMBLE = """\
# Scenario files

A scenario is one YAML file: every assumption of one planning question. `baseline.yaml` is the company to start from.
Copy a file, or begin one with `extends: baseline.yaml` and name only what differs; a named thing set to `null` is
dropped. `smarketing check params/*.yaml` finds every mistake, with its line. One value is changed from the command line
with `--set sales.sdr.headcount=12`.

Any value can say where it comes from: `{value: 35%, source: E28, grade: B-, range: [22%, 45%], note: …}`. Here
`source` is an id of the evidence ledger or a note in words, `grade` runs from A to C and is `A?` for an assumption, and
`range` holds what is plausible. A value without a source is an assumption.

Amounts are in the plan's `currency`, US dollars where it names none. Whatever comes in another one, from the file that
is extended, with a sign such as `$4.2k` or under an old name such as `deal_value_usd`, is converted by
`exchange: {USD: 10.6}`; without a rate it is refused.

Editors that read `# yaml-language-server: $schema=scenario.schema.json` at the top of a file complete and check keys.

This table and `scenario.schema.json` are generated from the schema by `make params`; change them there."""


def json_schema() -> Node:
    """Return a JSON schema (2020-12) of scenario files for editors.

    Every leaf also takes ``{value, source, grade, range, note}``. Only the top level has required keys, and none where
    a file extends another one, because a file may name just what differs; ``smarketing check`` knows the rest.
    """
    raw = Scenario.model_json_schema()
    parts = {name: _group(part) for name, part in raw["$defs"].items()}
    required = raw["required"]
    root = _group({key: item for key, item in raw.items() if key != "$defs"})
    root["properties"]["extends"] = {"type": "string", "description": _EXTENDS}
    holidays = parts["ContractCalendar"]["properties"]["holidays"]
    holidays["anyOf"] = [parts["Holidays"]["properties"]["dates"], {"$ref": holidays.pop("$ref")}]
    root["properties"]["sla"] = _contract(raw["properties"]["sla"])
    about_values = parts["Belief"]["properties"]
    parts["Belief"]["properties"] = {key: _bare(item) for key, item in about_values.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        **root,
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": required},
        "$defs": parts,
    }


def data_dictionary() -> str:
    """Return a Markdown table of every key: dotted path, meaning, unit and default."""
    return "\n".join([_PREAMBLE, *_sections(Scenario, "", "The file")]) + "\n"


def write(folder: Path) -> None:
    """Write ``README.md`` and ``scenario.schema.json`` into a folder."""
    (folder / "README.md").write_text(data_dictionary(), encoding="utf-8")
    schema = json.dumps(json_schema(), indent=1, ensure_ascii=False)
    (folder / "scenario.schema.json").write_text(schema + "\n", encoding="utf-8")


# ---------------------------------------------------------------------- the schema for editors


def _group(part: Node) -> Node:
    """Return a group of keys whose leaves take a source as well, none of them required."""
    properties = {name: _property(item) for name, item in part["properties"].items()}
    description = part.get("description", "").partition("\n")[0]
    return {"type": "object", "description": description, "additionalProperties": False, "properties": properties}


def _property(node: Node) -> Node:
    """Return a key's schema, a leaf's with the alternative to say where the value comes from."""
    is_group = _holds_groups(node)
    kept = ("description",) if is_group else ("description", "default")
    about: Node = {key: node[key] for key in kept if key in node}
    plain = _plain({key: item for key, item in node.items() if key not in ("description", "default")})
    return about | plain if is_group or "const" in node else about | {"anyOf": [plain, _sourced(plain)]}


def _sourced(value: Node) -> Node:
    reasons = {key: {"$ref": f"#/$defs/Belief/properties/{key}"} for key in Belief.model_fields}
    return {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {"value": value, **reasons},
    }


def _plain(node: Any) -> Any:
    """Put pydantic's words into those of JSON schema, and let maps drop or source their items."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {_BOUNDS.get(key, key): _plain(item) for key, item in node.items() if key != "title"}
    items = node.get("additionalProperties")
    if isinstance(items, dict):
        kept = _plain(items)
        plain["additionalProperties"] = {"anyOf": [kept, {"type": "null"} if _holds_groups(items) else _sourced(kept)]}
    if "items" in node and "09:00-17:00" in node["items"].get("examples", ()):
        plain["type"] = ["array", "string"]
    return plain


def _bare(node: Node) -> Node:
    """Return a key's schema without the alternative: what is said about a value has no source of its own."""
    return {**{key: item for key, item in node.items() if key != "anyOf"}, **node["anyOf"][0]}


def _contract(node: Node) -> Node:
    """Return the schema of the clauses: a kind's own name implies the kind."""
    kinds = node["additionalProperties"]["discriminator"]["mapping"]
    named = {kind: {"anyOf": [{"$ref": ref}, {"type": "null"}]} for kind, ref in kinds.items()}
    others = {"anyOf": [*({"$ref": ref} for ref in kinds.values()), {"type": "null"}]}
    return {
        "type": "object",
        "description": node["description"],
        "properties": named,
        "additionalProperties": others,
    }


def _holds_groups(node: Any) -> bool:
    """Tell whether a schema leads to a group of keys, so is no leaf."""
    if isinstance(node, list):
        return any(_holds_groups(item) for item in node)
    if not isinstance(node, dict):
        return False
    return "$ref" in node or any(_holds_groups(item) for key, item in node.items() if key != "default")


# ---------------------------------------------------------------------- the table for people


def _sections(part: type[Part], path: str, about: str) -> Iterator[str]:
    """Yield the table of a group and then those of the groups inside it."""
    hints = typing.get_type_hints(part, include_extras=True)
    inner: list[tuple[type[Part], str, str]] = []
    rows = [] if path else [f"| `extends` | {_EXTENDS} | text | none |"]
    for name, field in part.model_fields.items():
        at = f"{path}.{name}" if path else name
        groups = list(_groups(hints[name], at))
        if groups:
            description = field.description if len(groups) == 1 else None
            inner += [(group, place, description or _first_line(group)) for group, place in groups]
        if not groups or hints[name] is Holidays:
            cells = (f"`{at}`", field.description or "", unit(hints[name]), _default(name, field, hints[name]))
            rows.append(f"| {' | '.join(cells)} |")
    yield f"\n## {f'`{path}`' if path else about}\n"
    if path:
        yield f"{about}\n"
    if rows:
        yield "\n".join(["| key | meaning | unit | default |", "|---|---|---|---|", *rows])
    for group, place, meaning in inner:
        yield from _sections(group, place, meaning)


def _groups(hint: Any, path: str) -> Iterator[tuple[type[Part], str]]:
    """Yield the groups of keys that a field leads to, each with its path."""
    kind = _without_extras(hint)
    if isinstance(kind, type) and issubclass(kind, Part):
        yield kind, path
    elif typing.get_origin(kind) in (typing.Union, types.UnionType):
        for member in typing.get_args(kind):
            tag = typing.get_args(member.model_fields["kind"].annotation)[0] if _is_clause(member) else None
            yield from _groups(member, path.replace("<name>", tag) if tag else path)
    elif typing.get_origin(kind) is dict:
        yield from _groups(typing.get_args(kind)[1], f"{path}.{_KEYS.get(path, '<name>')}")
    elif typing.get_origin(kind) is tuple:
        yield from _groups(typing.get_args(kind)[0], f"{path}[]")


_KEYS = {"sales.sdr.reps": "<n>", "beliefs": "<path>"}


def _is_clause(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, Part) and "kind" in member.model_fields


def unit(hint: Any) -> str:
    """Return the unit of a field's type in words, such as ``number`` or ``one of `a`, `b```."""
    args, origin = typing.get_args(hint), typing.get_origin(hint)
    known = (words for alias, words in _UNITS if args[:2] == typing.get_args(alias)[:2])
    if args and (words := next(known, None)):
        return words
    if origin is Annotated or origin in (typing.Union, types.UnionType):
        return unit(next(arg for arg in args if arg is not type(None)))
    return _of_many(args, origin) if args else _PLAIN[hint]


def _of_many(args: tuple[Any, ...], origin: Any) -> str:
    """Return the unit of a choice, a list, a pair or a map."""
    if origin is Literal:
        return ("one of " if len(args) > 1 else "") + ", ".join(f"`{choice}`" for choice in args)
    if origin is dict:
        return f"by name: {unit(args[1])}"
    if args[-1] is Ellipsis:
        return f"list: {unit(args[0])}"
    return "pair: " + "; ".join(dict.fromkeys(unit(arg) for arg in args))


def _without_extras(hint: Any) -> Any:
    while typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    members = [arg for arg in typing.get_args(hint) if arg is not type(None)]
    is_optional = typing.get_origin(hint) in (typing.Union, types.UnionType) and len(members) == 1
    return _without_extras(members[0]) if is_optional else hint


def _default(name: str, field: FieldInfo, hint: Any) -> str:
    """Return a field's default as a file would say it."""
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "its key" if name == "kind" else "required"
    if value is None or value in ((), {}, "", Holidays()):
        return "none"
    return f"`{_as_text(value, unit(hint))}`"


def _as_text(value: Any, unit_words: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        same = len(value) > 2 and len(set(value)) == 1
        inner = unit_words.removeprefix("list: ")
        return f"{len(value)} × {value[0]:g}" if same else f"[{', '.join(_as_text(item, inner) for item in value)}]"
    if isinstance(value, float) and unit_words.startswith("share"):
        return share_text(value)
    if isinstance(value, float) and unit_words.startswith("time,"):
        return f"{value / 1440:g} days" if value >= 1440 else f"{value:g} min"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _first_line(part: type[Part]) -> str:
    return (part.__doc__ or "").strip().partition("\n")[0]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
