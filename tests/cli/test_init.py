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


def test_made_again_it_brings_back_what_is_missing_and_leaves_the_rest_alone(empty: Path, smarketing) -> None:
    smarketing("init")
    (empty / "params" / "baseline.yaml").write_text("name: Mine\n")
    before = contents(empty)
    (empty / "notebooks" / "staffing.ipynb").unlink()
    told = smarketing("init")
    assert told.code == 0
    assert told.out.startswith(f"made 1 files in .; {len(before) - 1} that were there already stay as they are;")
    assert contents(empty) == before


def test_a_readme_of_the_folders_own_stays(empty: Path, smarketing) -> None:
    (empty / "README.md").write_text("# Our project\n")
    assert smarketing("init", ".").code == 0
    assert set(contents(empty)) == SHIPPED | {"README.md"}
    assert (empty / "README.md").read_text() == "# Our project\n"


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


@pytest.mark.slow
def test_a_shipped_scenario_that_stands_in_for_a_file_is_said(empty: Path, smarketing) -> None:
    told = smarketing("check", "params/olist-2018.yaml", "--json")
    assert told.code == 0
    assert told.err == (
        "there is no params/olist-2018.yaml here; taking smarketing:olist-2018, which comes with the package\n"
    )
    assert smarketing("check", "smarketing:olist-2018", "--json").err == ""
    smarketing("init")
    assert smarketing("check", "params/olist-2018.yaml", "--json").err == ""


@pytest.mark.parametrize("words", [("--version",), ("--version", "report")])
def test_the_version_is_one_line(words: tuple[str, ...], smarketing) -> None:
    told = smarketing(*words)
    assert (told.code, told.out, told.err) == (0, f"smarketing {__version__}\n", "")
