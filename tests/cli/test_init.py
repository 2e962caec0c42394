"""The command init: a working folder that is the user's own, and nothing of theirs is ever written over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smarketing_sim import __version__
from tests.conftest import ROOT

SHIPPED = {
    path.relative_to(ROOT).as_posix()
    for pattern in ("params/*", "notebooks/*.ipynb")
    for path in ROOT.glob(pattern)
    if path.is_file()
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_working_folder_holds_all_that_comes_with_the_package_and_says_what_to_do(empty: Path, smarketing) -> None:
    told = smarketing("init", "mylab")
    assert (told.code, told.err) == (0, "")
    made = contents(empty / "mylab")
    assert set(made) == SHIPPED | {"README.md"}
    assert all(made[name] == (ROOT / name).read_bytes() for name in SHIPPED)
    assert told.out.splitlines()[0].startswith(f"made {len(made)} files in mylab")
    assert told.out.splitlines()[-1] == "Next: cd mylab && smarketing report"


def test_made_again_it_changes_nothing(empty: Path, smarketing) -> None:
    smarketing("init")
    before = contents(empty)
    (empty / "params" / "article-sla.yaml").unlink()
    assert smarketing("init").out.startswith("made 1 files in .")
    assert smarketing("init").out.startswith("all is in . already")
    assert contents(empty) == before


def test_nothing_is_written_where_a_file_would_be_lost_and_every_such_file_is_named(empty: Path, smarketing) -> None:
    (empty / "params").mkdir()
    (empty / "params" / "baseline.yaml").write_text("name: Mine\n")
    (empty / "README.md").mkdir()
    told = smarketing("init", ".")
    assert told.code == 2
    assert [line.partition(":")[0] for line in told.err.splitlines()] == ["README.md", "params/baseline.yaml"]
    assert contents(empty) == {"params/baseline.yaml": b"name: Mine\n"}


def test_a_folder_that_cannot_be_made_is_one_line(empty: Path, smarketing) -> None:
    (empty / "mylab").write_text("a file")
    told = smarketing("init", "mylab")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "mylab" in told.err


def test_every_command_that_the_folders_own_readme_names_is_one(empty: Path, smarketing) -> None:
    smarketing("init")
    named = set(re.findall(r"^smarketing (\w+)", (empty / "README.md").read_text(), flags=re.MULTILINE))
    assert {"report", "new", "check", "run", "app", "lab"} <= named
    for command in named:
        assert smarketing(command, "--help").code == 0


@pytest.mark.parametrize("words", [("--version",), ("--version", "report")])
def test_the_version_is_one_line(words: tuple[str, ...], smarketing) -> None:
    told = smarketing(*words)
    assert (told.code, told.out, told.err) == (0, f"smarketing {__version__}\n", "")
