"""What comes with the package is found in any folder, and a reader's own file of the same name comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.shipped import named, place, scenario_names
from tests.conftest import PARAMS


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_shipped_scenario_is_found_by_name_and_by_the_path_it_has_in_a_checkout(empty: Path) -> None:
    assert scenario_names() == sorted(path.stem for path in PARAMS.glob("*.yaml"))
    for path in PARAMS.glob("*.yaml"):
        expected = load(path).digest
        assert load(Path(f"smarketing:{path.stem}")).digest == expected
        assert load(Path("params") / path.name).digest == expected


def test_a_readers_own_file_wins_over_the_shipped_one(empty: Path) -> None:
    (empty / "params").mkdir()
    (empty / "params" / "baseline.yaml").write_text("extends: smarketing:baseline\nname: Mine\n")
    assert load(Path("params/baseline.yaml")).name == "Mine"
    assert load(Path("smarketing:baseline")).name == load(PARAMS / "baseline.yaml").name


def test_a_file_that_extends_a_shipped_one_is_that_with_its_own_changes(empty: Path) -> None:
    Path("ours.yaml").write_text("extends: smarketing:baseline\nname: Ours\nsales: {sdr: {headcount: 12}}\n")
    expected = override(load(PARAMS / "baseline.yaml"), {"sales.sdr.headcount": 12})
    assert load(Path("ours.yaml")).sales == expected.sales


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("smarketing:basline", "smarketing:basline: there is no such file; did you mean 'smarketing:baseline'?"),
        (
            "smarketing:../params/baseline",
            "smarketing:../params/baseline: there is no such file; did you mean 'smarketing:baseline'?",
        ),
        ("smarketing:/etc/passwd", "smarketing:/etc/passwd: there is no such file"),
        (
            "params/olist-2017.yaml",
            "params/olist-2017.yaml: there is no such file; did you mean 'smarketing:olist-2018'?",
        ),
        (
            "elsewhere/baseline.yaml",
            "elsewhere/baseline.yaml: there is no such file; did you mean 'smarketing:baseline'?",
        ),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest_one(path: str, told: str, empty: Path) -> None:
    with pytest.raises(InputError) as refused:
        load(Path(path))
    assert str(refused.value) == told


def test_a_parent_that_does_not_come_with_the_package_is_refused_with_line_and_nearest_name(empty: Path) -> None:
    Path("ours.yaml").write_text("name: Ours\nextends: smarketing:basline\n")
    with pytest.raises(
        InputError, match=r"^ours.yaml:2: extends = 'smarketing:basline': names a file that is not there"
    ):
        load(Path("ours.yaml"))


def test_a_fault_in_what_extends_a_shipped_scenario_names_no_folder_of_this_machine(empty: Path) -> None:
    with pytest.raises(InputError) as refused:
        load(Path("smarketing:baseline"), overrides={"personas.small.share": 0.9})
    assert str(refused.value).startswith("smarketing:baseline:")
    assert str(PARAMS.parent) not in str(refused.value)


def test_paths_that_are_no_shipped_names_stay_as_they_are(empty: Path) -> None:
    for path in (Path("plan.yaml"), Path("params/none.yaml"), Path("/params/baseline.yaml"), PARAMS / "baseline.yaml"):
        assert named(path) == path
        assert place(path) == path
