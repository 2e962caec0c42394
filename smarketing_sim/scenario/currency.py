"""Money in the plan's own currency: whatever a file, a person or an older file says, as one plain number.

An amount belongs to the currency that its text names, else to that of the file it stands in. Where that is not the
plan's, ``exchange`` says how many units of the plan's currency one unit of it is worth; no rate is ever guessed.
"""

from __future__ import annotations

import functools
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from babel.numbers import get_currency_name, list_currencies
from pydantic import BeforeValidator, WithJsonSchema

from smarketing_sim.errors import InputError, nearest_name
from smarketing_sim.scenario.base import Part
from smarketing_sim.scenario.kinds import Path, hint_inside, hints_of, is_a, plain_kind
from smarketing_sim.scenario.problems import Origins, problem_at
from smarketing_sim.scenario.units import Money, parse_amount

DOLLARS = "USD"
_SIGNS = {
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₹": ("INR",), "r$": ("BRL",), "zł": ("PLN",), "fr": ("CHF",),
    "us$": ("USD",), "ca$": ("CAD",), "a$": ("AUD",), "nz$": ("NZD",),
    "kr": ("", "NOK", "SEK", "DKK", "ISK"),
}  # fmt: skip
"""Currencies that a sign may stand for; the first is meant where the plan's own is not among them."""
_ALIAS = re.compile(r"_usd(?=_|$)")
_SHOWN = 6
_BY_PATH = ("set", "beliefs")
"""Keys whose own keys are dotted paths of the whole scenario."""


@functools.cache
def currency_codes() -> frozenset[str]:
    """Return the ISO 4217 codes that are known."""
    return frozenset(list_currencies())


def currency_name(code: str) -> str:
    """Return what amounts of a currency are called, such as ``Norwegian kroner``."""
    return str(get_currency_name(code, count=2, locale="en"))


def _known(value: object) -> object:
    if not _is_code(value):
        near = _meant(str(value))
        raise ValueError(
            "must be a currency's three letters, such as USD, EUR or NOK" + (f"; did you mean {near}?" if near else "")
        )
    return value


def _meant(said: str) -> str | None:
    """Return the codes of a currency written in small letters, by its name or with a slip."""
    if _is_code(said.upper()):
        return said.upper()
    if said.lower() in _SIGNS:
        return _or_listed([code for code in _SIGNS[said.lower()] if code])
    named = [code for code in sorted(currency_codes()) if said.lower() in currency_name(code).lower()]
    return _or_listed(named) if 0 < len(named) <= _SHOWN else nearest_name(said.upper(), currency_codes())


def _or_listed(codes: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(codes[:-1]), codes[-1])))


Currency = Annotated[
    str, BeforeValidator(_known), WithJsonSchema({"type": "string", "examples": ["USD", "EUR", "GBP", "NOK"]})
]


def settled(
    data: Any,
    model: Any,
    *,
    currency: str,
    rates: Mapping[str, Any] | None = None,
    numbers_in: str | None = None,
    origins: Origins | None = None,
) -> Any:
    """Return plain data with every amount as a number of one currency, and every key under its plain name.

    Parameters
    ----------
    data
        What a file says, as YAML gives it; amounts that cannot be read stay as they are, for the schema to refuse.
    model
        The part of a scenario that the data describe.
    currency
        ISO 4217 code of the amounts returned.
    rates
        Units of ``currency`` for one unit of another, by that one's code.
    numbers_in
        Currency of amounts that name none; ``currency`` where left out. A key that ends in ``_usd`` names dollars.
    origins
        File and line by path, for messages.

    Raises
    ------
    InputError
        Where amounts are in a currency without a rate, with the fields.
    """
    if not _is_code(currency):
        currency = numbers_in or DOLLARS  # the schema refuses the other
    exchange = _Exchange(model, currency, _plain_rates(rates), numbers_in or currency)
    return exchange.complete(exchange.at(model, data, ()), origins or {})


def settled_overrides(
    overrides: Mapping[str, Any], model: Any, *, currency: str, rates: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return values by dotted path with amounts in one currency and paths under their plain names; see `settled`."""
    exchange = _Exchange(model, currency if _is_code(currency) else DOLLARS, _plain_rates(rates), currency)
    return dict(exchange.complete(exchange.by_path(overrides), {}))


def hold_one_currency(currencies: Iterable[str]) -> None:
    """Refuse to set amounts of several currencies against each other."""
    found = list(dict.fromkeys(currencies))
    if len(found) > 1:
        raise InputError(
            f"the plans are in {' and '.join(found)}, and money can only be compared in one currency; give one of them "
            f"currency: {found[0]} and the rate, exchange: {{{found[1]}: …}}"
        )


def named_currency(value: object) -> str | None:
    """Return the currency that an amount names by its code or sign; None where it names none."""
    read = parse_amount(value)
    return _code_of(read[1], ()) if read is not None and read[1] else None


def _code_of(mark: str, likely: Sequence[str]) -> str | None:
    """Return what a sign or code stands for, one of the likely currencies where it may."""
    if _is_code(mark.upper()):
        return mark.upper()
    meant = _SIGNS.get(mark.lower(), ("",))
    return next((code for code in likely if code in meant), meant[0]) or None


def plain_path(path: Path, model: Any) -> Path:
    """Return a path with amounts under their plain names."""
    return _follow(model, path)[0] if any(_ALIAS.search(step) for step in path) else path


def _is_code(value: object) -> bool:
    return isinstance(value, str) and value in currency_codes()


def _plain_rates(rates: Mapping[str, Any] | None) -> dict[str, float]:
    """Return the rates that are numbers; the schema refuses the others."""
    said = rates if isinstance(rates, Mapping) else {}
    found = {code: rate.get("value") if isinstance(rate, Mapping) else rate for code, rate in said.items()}
    return {code: float(rate) for code, rate in found.items() if isinstance(rate, int | float) and rate > 0}


def _unknown_rate(exchange: _Exchange, code: str, origins: Origins) -> Any:
    paths = list(dict.fromkeys(".".join(path) for path in exchange.unknown[code]))
    others = ", ".join(paths[1:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
    rule = (
        f"is in {code}, and the plan in {exchange.currency}; say what one {code} is worth, as in "
        f"exchange: {{{code}: 1.5}}" + (f"; the same holds for {others}" if others else "")
    )
    return problem_at(exchange.unknown[code][0], rule, origins=origins)


@dataclass
class _Exchange:
    """A walk through data beside their schema; ``unknown`` gathers paths of amounts without a rate, by currency."""

    whole: Any
    currency: str
    rates: Mapping[str, float]
    numbers_in: str
    unknown: dict[str, list[Path]] = field(default_factory=dict)

    def complete(self, found: Any, origins: Origins) -> Any:
        """Return what a walk found; InputError where an amount of it had no rate."""
        if self.unknown:
            raise InputError([_unknown_rate(self, code, origins) for code in self.unknown])
        return found

    def at(self, kind: Any, node: Any, path: Path, numbers_in: str | None = None) -> Any:
        """Return a node of the data as it is meant; ``told`` is the currency of its amounts that name none."""
        if is_a(kind, Money):
            return self._leaf(node, path, numbers_in or self.numbers_in)
        kind = plain_kind(kind, {"kind": path[-1], **node} if path and isinstance(node, dict) else node)
        if not isinstance(node, dict):
            return node
        if isinstance(kind, type) and issubclass(kind, Part):
            return self._part(kind, node, path)
        inner = typing.get_args(kind)[1] if typing.get_origin(kind) is dict else None
        return {key: self.at(inner, item, (*path, key)) for key, item in node.items()}

    def by_path(self, values: Mapping[str, Any], before: Path = ()) -> dict[str, Any]:
        """Return values by dotted path of the whole, and the same of what is said about them."""
        found = {}
        for dotted, value in values.items():
            steps, kind, numbers_in = _follow(self.whole, tuple(str(dotted).split(".")))
            found[".".join(steps)] = self.at(kind, value, (*before, *steps), numbers_in)
        return found

    def _part(self, kind: type[Part], node: dict[str, Any], path: Path) -> dict[str, Any]:
        hints, found = hints_of(kind), {}
        for key, item in node.items():
            name, numbers_in = _plain_name(key, hints)
            if name != key and name in node:
                name, numbers_in = key, None  # named twice: the schema refuses the old name
            by_path = key in _BY_PATH and key in hints and isinstance(item, dict)
            at = (*path, name)
            found[name] = self.by_path(item, at) if by_path else self.at(hints.get(name), item, at, numbers_in)
        return found

    def _leaf(self, node: Any, path: Path, numbers_in: str) -> Any:
        """Return an amount, or what is said about one: its value where it is there, and the ends of its range."""
        if not isinstance(node, dict):
            return self._amount(node, path, numbers_in)
        found = dict(node)
        if "value" in node:
            found["value"] = self._amount(node["value"], path, numbers_in)
        if isinstance(node.get("range"), list):
            found["range"] = [self._amount(end, path, numbers_in) for end in node["range"]]
        return found

    def _amount(self, value: Any, path: Path, numbers_in: str) -> Any:
        read = parse_amount(value)
        if read is None:
            return value
        amount, mark = read
        code = _code_of(mark, (self.currency, numbers_in)) if mark else numbers_in
        if code == self.currency or amount == 0.0:
            return amount
        if code is None:
            return value
        if code not in self.rates:
            self.unknown.setdefault(code, []).append(path)
            return value
        return float(f"{amount * self.rates[code]:.12g}")


def _plain_name(key: str, hints: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return a key without the dollars in an amount's old name, and the currency that it named."""
    plain = _ALIAS.sub("", key)
    return (plain, DOLLARS) if plain != key and is_a(hints.get(plain), Money) else (key, None)


def _follow(whole: Any, path: Path) -> tuple[Path, Any, str | None]:
    """Return a path under its plain names, what kind of value stands there, and the currency that its old name says."""
    kind, numbers_in, steps = whole, None, tuple[str, ...]()
    for step in path:
        group = plain_kind(kind, {"kind": steps[-1] if steps else None})
        is_part = isinstance(group, type) and issubclass(group, Part)
        name, numbers_in = _plain_name(step, hints_of(group)) if is_part else (step, None)
        kind, steps = hint_inside(group, name), (*steps, name)
    return steps, kind, numbers_in
