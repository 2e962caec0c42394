"""The hub: every run found, damaged ones told, hostile ones harmless."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from smarketing_sim.publish.hub import rebuild_hub
from smarketing_sim.words.markup import plain_text

from .conftest import MOMENT


def add(root: Path, folder: str, run: str, *, pdf: bool = False, days: int = 0, **changes: Any) -> Path:
    place = root / folder / run
    place.mkdir(parents=True)
    (place / "report.html").write_text("x")
    if pdf:
        (place / "report.pdf").write_text("x")
    record = {
        "title": "Baseline",
        "scenario": folder,
        "notebook": "planning_report",
        "published_at": (MOMENT - timedelta(days=days)).isoformat(),
        "headline": [{"label": "months kept", "value": "2 of 12", "range": "1–3"}],
        **changes,
    }
    (place / "run.json").write_text(json.dumps(record))
    return place


def hub(root: Path) -> BeautifulSoup:
    return BeautifulSoup(rebuild_hub(root, now=MOMENT).read_text("utf-8"), "html.parser")


def test_an_empty_shelf_says_what_to_do(tmp_path: Path) -> None:
    assert "Nothing is published yet" in hub(tmp_path).text


def test_each_plan_stands_once_with_its_newest_run_on_top(tmp_path: Path) -> None:
    add(tmp_path, "plan", "r1", days=3, title="old")
    add(tmp_path, "plan", "r2", days=1, title="new")
    add(tmp_path, "other", "r1", days=2, title="between")
    soup = hub(tmp_path)
    assert [h.text for h in soup.find_all("h2")] == ["new", "between"]
    assert soup.details.summary.text == "1 earlier run"
    assert "old" in soup.details.text


def test_numbers_stand_with_their_range(tmp_path: Path) -> None:
    add(tmp_path, "plan", "r1", finding="Kept in 2 months.")
    card = hub(tmp_path).find(class_="c")
    assert [t.text for t in card.find_all(["small", "b"])] == ["months kept", "2 of 12", "1–3"]
    assert hub(tmp_path).find(class_="finding").text == "Kept in 2 months."


def test_links_lead_to_files_that_are_there(tmp_path: Path) -> None:
    add(tmp_path, "a plan #1 50% <b>", "r?1", pdf=True)
    (add(tmp_path, "other", "r1") / "report.html").unlink()
    soup = hub(tmp_path)
    links = [a["href"] for a in soup.find("main").find_all("a")]
    assert len(links) == 3
    for link in links:
        assert not set(link) & set(" #?<>")
        assert (tmp_path / unquote(link)).is_file()
    assert "The page of this run is missing" in soup.text


@pytest.mark.parametrize(
    ("days", "kind"), [(0, "fresh"), (35, "fresh"), (36, "ageing"), (100, "ageing"), (101, "stale")]
)
def test_age_is_told_as_it_was_when_the_hub_was_built(tmp_path: Path, days: int, kind: str) -> None:
    add(tmp_path, "plan", "r1", days=days)
    age = hub(tmp_path).find(class_="age")
    assert kind in age["class"]
    told = "published today" if not days else f"published {days} days before this page was built"
    assert age["data-age"] == told


def test_a_run_from_the_future_is_no_crash(tmp_path: Path) -> None:
    add(tmp_path, "plan", "r1", days=-400)
    assert "fresh" in hub(tmp_path).find(class_="age")["class"]


def test_a_hidden_run_is_not_shown(tmp_path: Path) -> None:
    add(tmp_path, ".staging-1", "run")
    add(tmp_path, "plan", ".hidden")
    assert "Nothing is published yet" in hub(tmp_path).text


def test_a_run_in_the_making_may_vanish_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, "plan", "r1")
    (tmp_path / ".staging-1" / "run").mkdir(parents=True)

    def vanish(look: Any) -> Any:
        def gone(path: Any = ".") -> Any:
            if ".staging" in str(path):
                raise FileNotFoundError(path)
            return look(path)

        return gone

    for name in ("scandir", "listdir"):
        monkeypatch.setattr(os, name, vanish(getattr(os, name)))
    assert [h.text for h in hub(tmp_path).find_all("h2")] == ["Baseline"]


def test_a_folder_that_cannot_be_looked_into_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, "plan", "r1")
    add(tmp_path, "shut", "r1")
    look = os.scandir

    def refuse(folder: Any) -> Any:
        if Path(folder).name == "shut":
            raise PermissionError(13, "Permission denied")
        return look(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert hub(tmp_path).li.text == "shut: Permission denied"


BROKEN: dict[str, str | bytes] = {
    "empty": "",
    "half": '{"title": "x", "publ',
    "list": "[]",
    "null": "null",
    "number": "7",
    "not text": b"\xff\xfe\x00",
    "no title": '{"published_at": "2026-01-05T00:00:00+00:00"}',
    "no time": '{"title": "x"}',
    "no zone": '{"title": "x", "published_at": "2026-01-05T00:00:00"}',
    "bad time": '{"title": "x", "published_at": "yesterday"}',
    "time of another type": '{"title": "x", "published_at": 7}',
    "headline of another type": '{"title": "x", "published_at": "2026-01-05T00:00:00+00:00", "headline": 7}',
    "headline of texts": '{"title": "x", "published_at": "2026-01-05T00:00:00+00:00", "headline": ["a"]}',
    "headline without value": '{"title": "x", "published_at": "2026-01-05T00:00:00+00:00", "headline": [{"label": 1}]}',
    "end of time": '{"title": "x", "published_at": "0001-01-01T00:00:00+14:00"}',
    "deep": "[" * 100_000,
    "huge number": '{"title": "x", "published_at": "2026-01-05T00:00:00+00:00", "seed": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_damaged_record_is_listed_and_the_others_stand(tmp_path: Path, content: str | bytes) -> None:
    add(tmp_path, "plan", "r1")
    broken = add(tmp_path, "plan", "r2") / "run.json"
    broken.write_bytes(content if isinstance(content, bytes) else content.encode())
    soup = hub(tmp_path)
    assert [h.text for h in soup.find_all("h2")] == ["Baseline", "Runs that cannot be read"]
    assert soup.li.code.text == "plan/r2"


def test_a_record_too_big_to_read_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smarketing_sim.publish.runs._RUN_BYTES_MAX", 10)
    add(tmp_path, "plan", "r1")
    assert "too big" in hub(tmp_path).li.text


def test_a_record_that_is_a_folder_or_a_dead_link_is_listed(tmp_path: Path) -> None:
    (tmp_path / "plan" / "r1" / "run.json").mkdir(parents=True)
    (tmp_path / "plan" / "r2").mkdir()
    (tmp_path / "plan" / "r2" / "run.json").symlink_to("run.json")
    soup = hub(tmp_path)
    assert [li.code.text for li in soup.find_all("li")] == ["plan/r1", "plan/r2"]
    assert str(tmp_path) not in soup.text


def test_a_record_outside_the_shelf_is_not_shown(tmp_path: Path) -> None:
    secret = add(tmp_path / "lab-secret", "plan", "r1", title="secret")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "plan").symlink_to(secret.parent)
    soup = hub(tmp_path / "lab")
    assert "secret" not in soup.text
    assert "outside" in soup.li.text


def test_no_hostile_text_adds_an_element(tmp_path: Path, hostile: list[str]) -> None:
    def built(root: Path, texts: list[str]) -> list[tuple[str, list[str]]]:
        for number, text in enumerate(texts):
            headline = [{"label": text, "value": text, "range": text}]
            facts = {"title": text, "scenario": f"{number:03} {text}", "notebook": text, "finding": text}
            add(root, f"plan-{number}", "r1", headline=headline, **facts)
        return [(tag.name, sorted(tag.attrs)) for tag in hub(root).find_all()]

    texts = [text for text in hostile[:100] if plain_text(text)]
    assert built(tmp_path / "a", texts) == built(tmp_path / "b", ["x"] * len(texts))


def test_a_name_from_right_to_left_turns_no_word_around_it(tmp_path: Path) -> None:
    name = "תוכנית 2026"
    for run in ("r1", "r2"):
        add(tmp_path, "plan", run, scenario=name, title=name, headline=[{"label": name, "value": "2"}])
    soup = hub(tmp_path)
    shown = [text.parent for text in soup.main.find_all(string=re.compile(name))]
    assert len(shown) == 5
    for tag in shown:
        whole = tag.parent if tag.name == "a" else tag
        assert whole.name == "bdi" or whole["dir"] == "auto"


@pytest.mark.parametrize("text", ["{{7*7}}", "{% for x in y %}", "{{''.__class__}}"])
def test_template_language_in_a_record_stays_literal(tmp_path: Path, text: str) -> None:
    add(tmp_path, "plan", "r1", title=text, finding=text, scenario=text, notebook="")
    soup = hub(tmp_path)
    assert [soup.h2.text, soup.find(class_="finding").text] == [text, text]
    assert text in soup.article.find(class_="k").text


def test_the_hub_asks_for_nothing_and_runs_nothing(tmp_path: Path) -> None:
    add(tmp_path, "plan", "r1")
    soup = hub(tmp_path)
    assert soup.find(["script", "link", "img", "iframe"]) is None
    assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]


def test_the_same_records_give_the_same_hub(tmp_path: Path) -> None:
    for number in range(5):
        add(tmp_path, "plan", f"r{number}", scenario="same")
    assert rebuild_hub(tmp_path, now=MOMENT).read_bytes() == rebuild_hub(tmp_path, now=MOMENT).read_bytes()
