"""The hub: a page of the plans published last, and pages of all runs by month; made from the ``run.json`` files alone.

However many runs there are, publishing one more reads few records: the hub shows some, and a page that lists the same
runs as before stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from jinja2.sandbox import SandboxedEnvironment

from smarketing_sim import __version__
from smarketing_sim.files import disk_faults_told, write_atomically
from smarketing_sim.publish.pages import MONTHS, TEMPLATES, content_policy, readable_time
from smarketing_sim.publish.runs import Place, Run, Unreadable, find_runs, read_run
from smarketing_sim.publish.store import locked

HUB_NAME = "index.html"

_PLANS, _EARLIER = 50, 5  # that the hub shows, and how many earlier runs of each
_PAGE_RUNS = 200
_HEAD_BYTES = 300
_LISTED = re.compile(rb'<meta name="runs" content="([0-9a-f]{64})">')


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with its newest run, a few earlier ones, and how many more there are."""

    run: Run
    earlier: list[Run]
    more: int


def rebuild_hub(root: Path, *, now: datetime | None = None) -> Path:
    """Rewrite ``root/index.html``, and the pages of months whose runs changed; what cannot be read is listed as such.

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
    page, moment = root / HUB_NAME, now or datetime.now(UTC)
    with locked(root), disk_faults_told(root):
        inside = root.resolve()
        plans, shut = find_runs(inside)
        shown = sorted(plans, key=lambda places: places[0], reverse=True)[:_PLANS]
        whole = len(shown) == len(plans) and all(len(places) <= 1 + _EARLIER for places in plans)
        pages = {} if whole else _by_month(place for places in plans for place in places)
        for name, places in pages.items():
            _write_month(root / name, places, inside, moment)
        write_atomically(page, _render_hub(shown, shut, inside, moment, hidden=len(plans) - len(shown), pages=pages))
        for stale in {path.name for path in root.glob("runs-*-*-*.html")} - set(pages):
            (root / stale).unlink(missing_ok=True)
    return page


def _render_hub(
    shown: Sequence[Sequence[Place]],
    shut: Sequence[Unreadable],
    root: Path,
    now: datetime,
    *,
    hidden: int,
    pages: Mapping[str, Sequence[Place]],
) -> str:
    """Return the HTML of the hub over the newest runs of some plans; the hidden ones stand on the months' pages."""
    found = [one for places in shown for place in places[: 1 + _EARLIER] if (one := read_run(place, root, now))]
    unread = {places[0].plan: max(0, len(places) - 1 - _EARLIER) for places in shown}
    return _rendered(
        "hub.html.j2",
        plans=_by_plan([one for one in found if isinstance(one, Run)], unread),
        hidden=hidden,
        months=_month_links(pages),
        unreadable=sorted([*(one for one in found if isinstance(one, Unreadable)), *shut], key=lambda one: one.name),
        built=readable_time(now),
    )


def _by_plan(runs: Iterable[Run], unread: Mapping[str, int]) -> list[Plan]:
    """Return per scenario and notebook the newest run and the earlier ones, the plan published last first."""

    def plan(run: Run) -> tuple[str, str]:
        return run.scenario, run.notebook

    newest_first = sorted(runs, key=lambda run: run.published_at, reverse=True)
    grouped = [list(group) for _, group in groupby(sorted(newest_first, key=plan), key=plan)]
    plans = [Plan(group[0], group[1:], unread.get(group[0].place.plan, 0)) for group in grouped]
    return sorted(plans, key=lambda plan: plan.run.published_at, reverse=True)


def _by_month(places: Iterable[Place]) -> dict[str, list[Place]]:
    """Return for the name of each page the runs that it lists, so many at most, the first page the oldest."""
    pages = {}
    for month, group in groupby(sorted(places), key=lambda place: place.at[:6]):
        found = list(group)
        for number, start in enumerate(range(0, len(found), _PAGE_RUNS), start=1):
            pages[f"runs-{month[:4]}-{month[4:]}-{number}.html"] = found[start : start + _PAGE_RUNS]
    return pages


def _month_links(pages: Mapping[str, Sequence[Place]]) -> list[dict[str, Any]]:
    """Return each month with its pages, the last one first."""
    by_month: dict[str, list[str]] = {}
    for name in reversed(list(pages)):
        by_month.setdefault(_month(pages[name][0]), []).append(name)
    return [
        {"month": month, "runs": sum(len(pages[name]) for name in names), "pages": names}
        for month, names in by_month.items()
    ]


def _month(place: Place) -> str:
    return f"{MONTHS[int(place.at[4:6]) - 1]} {place.at[:4]}"


def _write_month(page: Path, places: Sequence[Place], root: Path, now: datetime) -> None:
    """Write the page that lists some runs of a month, unless it lists them already."""
    listed = hashlib.sha256(json.dumps([__version__, [[p.plan, p.name] for p in places]]).encode()).hexdigest()
    if page.is_file():
        with page.open("rb") as file:
            known = _LISTED.search(file.read(_HEAD_BYTES))
        if known and known[1].decode() == listed:
            return
    found = [one for place in reversed(places) if (one := read_run(place, root, now))]
    runs, unreadable = ([one for one in found if isinstance(one, kind)] for kind in (Run, Unreadable))
    month = _month(places[0])
    html = _rendered("month.html.j2", month=month, runs=runs, unreadable=unreadable, listed=listed, hub=HUB_NAME)
    write_atomically(page, html)


def _rendered(template: str, **values: Any) -> str:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader([TEMPLATES / "hub", TEMPLATES / "leader"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(policy=content_policy(), **values)
