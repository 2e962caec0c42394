"""Published runs: where they lie, found by names alone, and what the record of one of them says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from smarketing_sim.publish.pages import readable_time
from smarketing_sim.words.markup import plain_text

RUN_NAME = "run.json"

_RUN_BYTES_MAX = 32_000_000
_FRESH_DAYS = 35
_AGEING_DAYS = 100
_TIMED = re.compile(r"[0-9]{4}(0[1-9]|1[0-2])[0-9]{2}T[0-9]{6}Z-")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a run lies: ``at`` is when it was published, as its name begins, ``plan`` and ``name`` are its folders."""

    at: str
    plan: str
    name: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One number of a run, with its range."""

    label: str
    value: str
    range: str


@dataclass(frozen=True, slots=True)
class Run:
    """One published run as the hub shows it; all texts are plain and not yet escaped."""

    place: Place
    scenario: str
    notebook: str
    title: str
    finding: str
    published_at: datetime
    published: str
    freshness: str
    age: str
    headline: tuple[Headline, ...]
    page: str | None
    pdf: str | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A run whose record cannot be read."""

    name: str
    reason: str


def find_runs(root: Path) -> tuple[list[list[Place]], list[Unreadable]]:
    """Return for each folder of a plan its runs, the last one first, and the folders that cannot be looked into.

    No file is opened and none but a few asked about, so thousands of runs take a moment. Hidden folders are runs in the
    making, which may vanish while one looks.
    """
    plans, shut = [], []
    for plan in _folders(root):
        try:
            found = [Place(_time_of(run), plan.name, run.name) for run in _folders(plan.path)]
        except OSError as error:
            shut.append(Unreadable(plain_text(plan.name), plain_text(_why(error))))
            continue
        if found:
            plans.append(sorted(found, reverse=True))
    return plans, shut


def read_run(place: Place, root: Path, now: datetime) -> Run | Unreadable | None:
    """Return what the record of a run says; None where the folder holds none.

    Parameters
    ----------
    place
        Where it lies.
    root
        The reports folder, links followed.
    now
        The moment that its age is counted to.
    """
    folder = root / place.plan / place.name
    path = folder / RUN_NAME
    if not os.path.lexists(path):
        return None
    try:
        if not path.resolve().is_relative_to(root):
            raise ValueError("it lies outside the reports folder")
        return _run(json.loads(_text(path)), place, folder, root, now)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OverflowError) as error:
        return Unreadable(plain_text(f"{place.plan}/{place.name}"), plain_text(_why(error))[:200])


def _folders(parent: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(parent) as entries:
        found = [entry for entry in entries if not entry.name.startswith(".") and _is_folder(entry)]
    return sorted(found, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _time_of(run: os.DirEntry[str]) -> str:
    """Return when a run was published by its name; of a folder that somebody named, when it was last changed."""
    if _TIMED.match(run.name):
        return run.name[:16]
    return f"{datetime.fromtimestamp(run.stat().st_mtime, UTC):%Y%m%dT%H%M%SZ}"


def _text(path: Path) -> str:
    if path.stat().st_size > _RUN_BYTES_MAX:
        raise ValueError("its run.json is too big")
    return path.read_text("utf-8")


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"its run.json is not JSON: line {error.lineno}"
    if isinstance(error, KeyError):
        return f"its run.json has no {error.args[0]}"
    if isinstance(error, RuntimeError):
        # A link that leads to itself, or endless nesting; the text of either may hold a path.
        return "its run.json leads nowhere"
    return getattr(error, "strerror", None) or str(error) or "its run.json is not a record of a run"


def _run(record: Any, place: Place, folder: Path, root: Path, now: datetime) -> Run:
    if not isinstance(record, Mapping):
        raise TypeError("its run.json is not a record of a run")
    published_at = datetime.fromisoformat(record["published_at"])
    if published_at.tzinfo is None:
        raise ValueError("its publishing time has no time zone")
    published_at = published_at.astimezone(UTC)
    freshness, age = _age(now - published_at)
    return Run(
        place=place,
        scenario=plain_text(record.get("scenario", "")),
        notebook=plain_text(record.get("notebook", "")),
        title=plain_text(record["title"]),
        finding=plain_text(record.get("finding") or ""),
        published_at=published_at,
        published=readable_time(published_at),
        freshness=freshness,
        age=age,
        headline=tuple(_headline(item) for item in record.get("headline") or ()),
        page=_link(folder / "report.html", root),
        pdf=_link(folder / "report.pdf", root),
    )


def _headline(item: Any) -> Headline:
    return Headline(plain_text(item["label"]), plain_text(item["value"]), plain_text(item.get("range") or ""))


def _link(path: Path, root: Path) -> str | None:
    return "/".join(quote(part) for part in path.relative_to(root).parts) if path.is_file() else None


def _age(age: timedelta) -> tuple[str, str]:
    days = max(age.days, 0)
    text = (
        "published today" if days == 0 else f"published {days} day{'s' if days > 1 else ''} before this page was built"
    )
    return ("fresh" if days <= _FRESH_DAYS else "ageing" if days <= _AGEING_DAYS else "stale"), text


def run_id(published_at: datetime, identity_hex8: str) -> str:
    """Return ``YYYYMMDDTHHMMSSZ-xxxxxxxx``: the time in UTC and what tells this run's inputs from others.

    Raises
    ------
    ValueError
        If the time has no zone, or the identity is not eight hexadecimal digits.
    """
    if published_at.tzinfo is None:
        raise ValueError("the publishing time needs a time zone")
    if not re.fullmatch("[0-9a-f]{8}", identity_hex8):
        raise ValueError("the identity is eight hexadecimal digits")
    return f"{published_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{identity_hex8}"
