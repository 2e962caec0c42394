"""The hub: one page over all published runs, rebuilt from their ``run.json`` files alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import FileSystemLoader
from jinja2.sandbox import SandboxedEnvironment

from smarketing_sim.publish.markup import plain_text
from smarketing_sim.publish.pages import TEMPLATES, content_policy, readable_time
from smarketing_sim.publish.store import locked, write_atomically

HUB_NAME = "index.html"
RUN_NAME = "run.json"

_RUN_BYTES_MAX = 32_000_000
_FRESH_DAYS = 35
_AGEING_DAYS = 100


@dataclass(frozen=True, slots=True)
class Headline:
    """One number of a run, with its range."""

    label: str
    value: str
    range: str


@dataclass(frozen=True, slots=True)
class Run:
    """One published run as the hub shows it; all texts are plain and not yet escaped."""

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


def rebuild_hub(root: Path, *, now: datetime | None = None) -> Path:
    """Rewrite ``root/index.html`` from every ``*/*/run.json``; a record that cannot be read is listed as such.

    Parameters
    ----------
    root
        The reports folder.
    now
        The moment that ages are counted to; the present if left out.

    Raises
    ------
    InputError
        If the folder cannot be written.
    RunFailed
        If the disk fails or is full; the old hub is kept.
    """
    page = root / HUB_NAME
    with locked(root):
        write_atomically(page, render_hub(root, now=now or datetime.now(UTC)))
    return page


def render_hub(root: Path, *, now: datetime) -> str:
    """Return the HTML of the hub over the runs in ``root``."""
    found = list(_records(root, now))
    runs = sorted((r for r in found if isinstance(r, Run)), key=lambda run: run.published_at, reverse=True)
    environment = SandboxedEnvironment(
        loader=FileSystemLoader([TEMPLATES / "hub", TEMPLATES / "leader"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("hub.html.j2").render(
        groups=_by_plan(runs),
        unreadable=[r for r in found if isinstance(r, Unreadable)],
        built=readable_time(now),
        policy=content_policy(),
    )


def _by_plan(runs: list[Run]) -> list[tuple[Run, list[Run]]]:
    """Return per scenario and notebook the newest run and the earlier ones, the plan published last first."""
    by_plan = sorted(runs, key=lambda run: (run.scenario, run.notebook))
    grouped = [list(group) for _, group in groupby(by_plan, key=lambda run: (run.scenario, run.notebook))]
    return sorted(((g[0], g[1:]) for g in grouped), key=lambda group: group[0].published_at, reverse=True)


def _records(root: Path, now: datetime) -> Iterator[Run | Unreadable]:
    for plan in _folders(root):
        try:
            records = [run / RUN_NAME for run in _folders(plan)]
        except OSError as error:
            yield Unreadable(plain_text(plan.name), plain_text(_why(error)))
            continue
        yield from (_read(path, root, now) for path in records if os.path.lexists(path))


def _folders(parent: Path) -> list[Path]:
    """Return the folders that are shown; hidden ones are runs in the making, which may vanish while one looks."""
    return sorted(path for path in parent.iterdir() if not path.name.startswith(".") and path.is_dir())


def _read(path: Path, root: Path, now: datetime) -> Run | Unreadable:
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise ValueError("it lies outside the reports folder")
        return _run(json.loads(_text(path)), path.parent, root, now)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OverflowError) as error:
        name = "/".join(path.relative_to(root).parts[:-1])
        return Unreadable(plain_text(name), plain_text(_why(error))[:200])


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


def _run(record: Any, folder: Path, root: Path, now: datetime) -> Run:
    if not isinstance(record, Mapping):
        raise TypeError("its run.json is not a record of a run")
    published_at = datetime.fromisoformat(record["published_at"])
    if published_at.tzinfo is None:
        raise ValueError("its publishing time has no time zone")
    published_at = published_at.astimezone(UTC)
    freshness, age = _age(now - published_at)
    return Run(
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
