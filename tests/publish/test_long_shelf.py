"""A shelf of very many runs: publishing one more reads few of them, and every one can be found."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from smarketing_sim.publish import hub as hub_module
from smarketing_sim.publish.hub import rebuild_hub

from .conftest import MOMENT
from .test_hub import add

DAY = timedelta(days=1)


def fill(root: Path, count: int, *, plans: int, minutes: int = 60) -> None:
    """Put so many runs on a shelf, one after another over a number of plans, the last one now."""
    for number in range(count):
        put(root, f"plan{number % plans}", minutes * (count - 1 - number))


def put(root: Path, plan: str, minutes_ago: int, **changes: Any) -> Path:
    at = MOMENT - timedelta(minutes=minutes_ago)
    record = {"published_at": at.isoformat(), "title": f"{plan} {minutes_ago}", **changes}
    return add(root, plan, f"{at:%Y%m%dT%H%M%SZ}-01234567", **record)


def page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def reports_on(path: Path) -> list[str]:
    links = [unquote(link["href"]) for link in page(path).main.find_all("a")]
    return [link for link in links if link.endswith("report.html")]


def months(root: Path) -> list[Path]:
    return sorted(root.glob("runs-*.html"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the records that are read."""
    counted, real = Counter[str](), hub_module.read_run

    def reading(place: Any, *how: Any) -> Any:
        counted["records"] += 1
        return real(place, *how)

    monkeypatch.setattr(hub_module, "read_run", reading)
    return counted


@pytest.mark.slow
@pytest.mark.parametrize("plans", [1, 7, 600])
def test_one_more_run_reads_as_few_records_on_a_long_shelf_as_on_a_short_one(
    tmp_path: Path, read: Counter[str], plans: int
) -> None:
    found = []
    for count in (600, 1200):
        root = tmp_path / str(count)
        fill(root, count, plans=plans, minutes=120)
        rebuild_hub(root, now=MOMENT)
        read.clear()
        put(root, "plan0", -1)
        rebuild_hub(root, now=MOMENT)
        found.append(read["records"])
        assert len(page(root / "index.html").find_all("article")) <= 52
        assert len(reports_on(root / "index.html")) <= 50 * 7
    most = 200 + min(plans, 50) * 6
    assert max(found) <= most


def test_every_run_stands_on_one_page_of_its_month(tmp_path: Path) -> None:
    fill(tmp_path, 700, plans=3)
    root = rebuild_hub(tmp_path, now=MOMENT).parent
    listed = Counter(link for path in months(root) for link in reports_on(path))
    assert set(listed) == {path.relative_to(root).as_posix() for path in root.glob("*/*/report.html")}
    assert set(listed.values()) == {1}
    assert max(len(reports_on(path)) for path in months(root)) <= 200
    linked = [a["href"] for a in page(root / "index.html").find(class_="months").find_all("a")]
    assert sorted(linked) == [path.name for path in months(root)]
    assert "more of this plan stand by month" in " ".join(page(root / "index.html").details.text.split())


def test_a_short_shelf_has_one_page(tmp_path: Path) -> None:
    fill(tmp_path, 6, plans=1)
    rebuild_hub(tmp_path, now=MOMENT)
    assert months(tmp_path) == []
    assert len(reports_on(tmp_path / "index.html")) == 7


def test_runs_deleted_by_hand_are_gone_from_every_page_and_so_is_a_page_without_any(tmp_path: Path) -> None:
    fill(tmp_path, 120, plans=2, minutes=60 * 24)
    rebuild_hub(tmp_path, now=MOMENT)
    before = months(tmp_path)
    first = reports_on(before[0])
    for link in first:
        shutil.rmtree((tmp_path / link).parent)
    newest = (tmp_path / reports_on(tmp_path / "index.html")[0]).parent
    shutil.rmtree(newest)
    rebuild_hub(tmp_path, now=MOMENT)
    assert months(tmp_path) == before[1:]
    links = [link for path in (*months(tmp_path), tmp_path / "index.html") for link in reports_on(path)]
    assert all((tmp_path / link).is_file() for link in links)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"<!doctype"), Path.touch])
def test_a_page_of_a_month_that_was_lost_or_damaged_is_made_anew(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    fill(tmp_path, 120, plans=1, minutes=60 * 24)
    rebuild_hub(tmp_path, now=MOMENT)
    whole = {path.name: path.read_bytes() for path in months(tmp_path)}
    spoil(months(tmp_path)[0])
    rebuild_hub(tmp_path, now=MOMENT + DAY)
    assert {path.name: path.read_bytes() for path in months(tmp_path)} == whole


def test_hostile_and_damaged_records_do_no_harm_on_the_page_of_a_month(tmp_path: Path, hostile: list[str]) -> None:
    for number, text in enumerate(hostile[:40]):
        put(tmp_path, "plan", 60 * 24 * 40 + number, title=text, scenario=text, finding=text)
    (put(tmp_path, "plan", 60 * 24 * 40 + 99) / "run.json").write_text("{")
    fill(tmp_path, 20, plans=1)
    rebuild_hub(tmp_path, now=MOMENT)
    soup = page(months(tmp_path)[0])
    assert soup.find(["script", "img", "iframe", "svg", "object"]) is None
    assert not [attribute for tag in soup.find_all() for attribute in tag.attrs if attribute.startswith("on")]
    assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert [item.code.text.split("/")[0] for item in soup.find_all("li")] == ["plan"]


def test_a_folder_that_somebody_named_stands_by_the_time_of_its_last_change(tmp_path: Path) -> None:
    fill(tmp_path, 20, plans=1)
    add(tmp_path, "plan0", "by hand", days=1)
    add(tmp_path, "plan0", "99999999T999999Z-odd", days=2)
    rebuild_hub(tmp_path, now=MOMENT)
    listed = {link.split("/")[1] for path in months(tmp_path) for link in reports_on(path)}
    assert {"by hand", "99999999T999999Z-odd"} <= listed


@pytest.mark.soak
def test_thirty_thousand_runs_are_no_burden(tmp_path: Path, read: Counter[str]) -> None:
    fill(tmp_path, 30_000, plans=300, minutes=30)
    rebuild_hub(tmp_path, now=MOMENT)
    read.clear()
    put(tmp_path, "plan0", -1)
    rebuild_hub(tmp_path, now=MOMENT)
    assert read["records"] <= 50 * 6 + 200
    assert (tmp_path / "index.html").stat().st_size < 500_000
