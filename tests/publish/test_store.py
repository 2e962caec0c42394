"""The shelf: safe names, nothing outside it, nothing half-written."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.files import slug, write_atomically
from smarketing_sim.publish.publisher import folder_name
from smarketing_sim.publish.runs import run_id
from smarketing_sim.publish.store import locked, manifest, staged

PATH_NAMES = [
    *[
        "",
        " ",
        ".",
        "..",
        "...",
        "/",
        "//",
        "\\",
        "~",
        "~root",
        "-",
        "--",
        "-rf",
        "a/",
        "/a",
        "a/b",
        "a\\b",
        "a//b",
        "./a",
    ],
    *[
        "../a",
        "..\\a",
        "a/..",
        "a/../b",
        "/etc/passwd",
        "C:",
        "C:\\x",
        "c:x",
        "\\\\host\\share",
        "//host/share",
        "file:///a",
    ],
    *[
        "con",
        "CON",
        "con.txt",
        "nul",
        "NUL",
        "aux",
        "prn",
        "com1",
        "COM9",
        "lpt1",
        "lpt9.html",
        "a.",
        "a..",
        "a ",
        " a",
        "A",
    ],
    *[
        "a\x00b",
        "a\nb",
        "a\tb",
        "a:b",
        "a*b",
        "a?b",
        'a"b',
        "a<b",
        "a|b",
        "%2e%2e",
        "%2e%2e%2f",
        "．．／",
        "ａ",
        "é",
        "e\u0301",
    ],
    *[
        "index.html",
        "run.json",
        ".lock",
        ".staging-x",
        "a" * 65,
        "a" * 255,
        "a" * 5000,
        "\ud800",
        "🎉",
        "ß",
        "ss",
        "İ",
        "i",
    ],
]
STAMP = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@pytest.fixture
def names(hostile: list[str]) -> list[str]:
    near = [
        name + tail
        for name in ("a", "plan", "con", "")
        for tail in ("", "-", " ", "-0123456789", "--b", "-b", " b", ".b")
    ]
    hashed = [slug(name) for name in [*PATH_NAMES, *hostile]]
    return sorted({*PATH_NAMES, *hostile, *near, *hashed})


def test_no_two_names_share_a_folder_not_even_a_name_and_the_slug_of_another(names: list[str]) -> None:
    assert len(names) > 1000
    assert len({slug(name) for name in names}) == len(names)


def test_every_name_becomes_a_safe_one(names: list[str]) -> None:
    for name in names:
        assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", slug(name)), name
        assert not re.fullmatch("con|prn|aux|nul|(com|lpt)[0-9]", slug(name)), name


@pytest.mark.parametrize("name", ["baseline", "plan-2026", "a", "a" * 64, "7"])
def test_a_name_that_is_safe_already_stays_as_it_is(name: str) -> None:
    assert slug(name) == name


def test_a_readable_part_of_the_name_is_kept() -> None:
    assert re.fullmatch("zurich-plan-2026-[0-9a-f]{10}", slug("Zürich: Plan 2026"))


def test_a_name_depends_on_itself_alone() -> None:
    assert slug("Baseline plan") == "baseline-plan-" + hashlib.sha256(b"Baseline plan").hexdigest()[:10]


def test_hostile_names_write_only_below_the_root(tmp_path: Path, names: list[str]) -> None:
    root = tmp_path / "in" / "reports"
    for name in names[::20]:
        with staged(root, folder_name(name, name), run_id(STAMP, "0" * 8)) as staging:
            (staging.folder / "report.html").write_text("x")
        assert staging.place is not None
        assert staging.place.resolve().is_relative_to(root.resolve())
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["reports"]


@pytest.mark.parametrize("part", ["", ".", "..", "a/b", "/a", "a\\b", "../a", ".hidden", "a\0b"])
def test_a_part_that_is_no_plain_name_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(InputError, match="no name for a folder"), staged(tmp_path / "reports", part, "run"):
        pass  # pragma: no cover
    assert not [p for p in tmp_path.rglob("*") if p.name.startswith(".staging")]


def test_the_run_id_is_the_time_in_utc_and_the_identity() -> None:
    east = datetime(2026, 1, 5, 1, 2, 3, tzinfo=timezone(timedelta(hours=5)))
    assert run_id(east, "0123abcd") == "20260104T200203Z-0123abcd"


def test_a_run_id_without_zone_or_with_another_identity_is_a_defect() -> None:
    with pytest.raises(ValueError, match="time zone"):
        run_id(datetime(2026, 1, 5), "0123abcd")
    with pytest.raises(ValueError, match="eight"):
        run_id(STAMP, "../../..")


def test_a_run_appears_in_one_piece_and_only_when_it_is_done(tmp_path: Path) -> None:
    root = tmp_path / "reports"
    with staged(root, "plan", "run") as staging:
        (staging.folder / "tables").mkdir()
        (staging.folder / "tables" / "a.csv").write_text("1")
        (staging.work / "scratch").write_text("2")
        assert [p for p in root.iterdir() if not p.name.startswith(".")] == []
    assert staging.place == root / "plan" / "run"
    assert {p.relative_to(root).as_posix() for p in root.rglob("*")} == {
        *("plan", "plan/run", "plan/run/tables", "plan/run/tables/a.csv", ".lock")
    }


def test_a_published_folder_can_be_read_by_others(tmp_path: Path) -> None:
    with staged(tmp_path, "plan", "run") as staging:
        write_atomically(staging.folder / "report.html", "x")
    assert staging.place is not None
    mask = os.umask(0)
    os.umask(mask)
    assert staging.place.stat().st_mode & 0o777 == 0o777 & ~mask
    assert (staging.place / "report.html").stat().st_mode & 0o777 == 0o666 & ~mask


def test_the_same_id_again_gets_a_number(tmp_path: Path) -> None:
    places = []
    for _ in range(3):
        with staged(tmp_path, "plan", "run") as staging:
            (staging.folder / "a").write_text("x")
        places.append(staging.place)
    assert [p.name for p in places if p] == ["run", "run-2", "run-3"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_goes_wrong_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with staged(tmp_path, "plan", "run") as staging:
            (staging.folder / "a").write_text("x")
            raise error

    with pytest.raises(error):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == []


def test_a_link_out_of_the_shelf_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "lab", tmp_path / "lab-secret"
    root.mkdir()
    outside.mkdir()
    (root / "plan").symlink_to(outside)
    with pytest.raises(InputError, match="leads out"), staged(root, "plan", "run"):
        pass  # pragma: no cover
    assert list(outside.iterdir()) == []


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan").symlink_to("plan")
    with pytest.raises(InputError), staged(tmp_path, "plan", "run"):
        pass  # pragma: no cover


def test_a_link_put_there_while_the_run_was_made_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "lab", tmp_path / "lab-secret"
    outside.mkdir()
    with pytest.raises(InputError, match="leads out"), staged(root, "plan", "run"):
        (root / "plan").symlink_to(outside)
    assert list(outside.iterdir()) == []


def test_the_shelf_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "reports").symlink_to(tmp_path / "real")
    with staged(tmp_path / "reports", "plan", "run"):
        pass
    assert (tmp_path / "real" / "plan" / "run").is_dir()


def test_leftovers_of_killed_runs_go_after_a_day_and_no_sooner(tmp_path: Path) -> None:
    old, young, other = tmp_path / ".staging-old", tmp_path / ".staging-young", tmp_path / "staging-plan"
    linked = tmp_path / ".staging-link"
    for folder in (old, young, other):
        (folder / "run").mkdir(parents=True)
        os.utime(folder, (0, 0) if folder != young else None)
    linked.symlink_to(other)
    with staged(tmp_path, "plan", "run"):
        pass
    assert [p.exists() for p in (old, young, other, linked)] == [False, True, True, True]


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        os, "mkdir", lambda *a, **k: (_ for _ in ()).throw(PermissionError(errno.EACCES, "Permission denied"))
    )
    with pytest.raises(InputError) as refused, staged(tmp_path / "reports", "plan", "run"):
        pass  # pragma: no cover
    assert str(refused.value) == f"{tmp_path / 'reports'}: cannot be written: Permission denied; choose another folder"


def test_a_file_where_a_folder_should_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    told = r"reports: cannot be written: .*; choose another folder"
    with pytest.raises(InputError, match=told), staged(tmp_path / "reports", "plan", "run"):
        pass  # pragma: no cover
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "plan").write_text("")
    with pytest.raises(InputError, match="plan: cannot be written"), staged(tmp_path / "shelf", "plan", "run"):
        pass


def test_a_written_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index.html"
    write_atomically(path, "old")
    monkeypatch.setattr(
        os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device"))
    )
    with pytest.raises(RunFailed, match=r"No space left on device; what was there before is kept"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, bytes(data[:7])))
    write_atomically(tmp_path / "a", b"0123456789" * 100)
    assert (tmp_path / "a").read_bytes() == b"0123456789" * 100


def test_a_link_in_place_of_the_hub_is_replaced_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    (tmp_path / "index.html").symlink_to(secret)
    write_atomically(tmp_path / "index.html", "hub")
    assert secret.read_text() == "mine"
    assert (tmp_path / "index.html").read_text() == "hub"


def test_a_link_in_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError), locked(tmp_path):
        pass  # pragma: no cover
    assert not (tmp_path / "elsewhere").exists()


def test_only_one_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def work() -> None:
        with locked(tmp_path):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_the_manifest_names_every_file_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "run" / "tables").mkdir(parents=True)
    (tmp_path / "run" / "tables" / "a.csv").write_text("1")
    (tmp_path / "run" / "b.html").write_text("2")
    (tmp_path / "secret").write_text("3")
    (tmp_path / "run" / "c").symlink_to(tmp_path / "secret")
    expected = {"b.html": hashlib.sha256(b"2").hexdigest(), "tables/a.csv": hashlib.sha256(b"1").hexdigest()}
    assert manifest(tmp_path / "run") == expected
    assert list(manifest(tmp_path / "run")) == sorted(expected)
