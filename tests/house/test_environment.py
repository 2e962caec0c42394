"""One set of names and ranges, in pyproject.toml, environment.yml, the two locks and CITATION.cff."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from ruamel.yaml import YAML

import smarketing_sim
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {name: [Requirement(text) for text in listed] for name, listed in PROJECT["optional-dependencies"].items()}
CORE = [Requirement(text) for text in PROJECT["dependencies"]]
DECLARED = CORE + [requirement for listed in EXTRAS.values() for requirement in listed]
LOCK = (ROOT / "requirements.lock").read_text()
DEV_LOCK = (ROOT / "requirements-dev.lock").read_text()
PYTHONS = ("3.11.2", "3.12.8", "3.13.1", "3.14.0")

NAMED_BY_THE_USER = {"jupyterlab", "papermill", "simpy", "scipy", "seaborn", "nbval", "ipywidgets"}
ONLY_WITH_PIP = {"playwright", "axe-playwright-python"}
CONDA_NAMES = {"python-tzdata": "tzdata"}
FLOORS = {
    "nbconvert": "7.17.1",  # CVE-2026-39377, CVE-2026-39378, CVE-2025-53000
    "jupyter-server": "2.18.0",  # CVE-2026-35397, CVE-2026-40934
    "pyarrow": "14.0.1",  # CVE-2023-47248
    "voila": "0.5.6",  # CVE-2024-30265
    "distributed": "2021.10.0",  # CVE-2021-42343
}
ALWAYS_DECLARED = {"nbconvert", "jupyter-server", "pyarrow"}


def below_the_floor(requirements: list[Requirement]) -> list[str]:
    """Requirements that would let in a version with a known hole."""
    found = []
    for requirement in requirements:
        floor = FLOORS.get(canonicalize_name(requirement.name))
        lows = [Version(part.version) for part in requirement.specifier if part.operator in {">=", "==", "~="}]
        if floor and (not lows or max(lows) < Version(floor)):
            found.append(f"{requirement}: floor is {floor}")
    return found


def pins(lock: str, python: str) -> dict[str, Version]:
    """The version of each package that the lock gives to one Python."""
    environment = default_environment() | {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
    }
    wanted = (Requirement(line.rstrip("\\ ")) for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line))
    return {
        canonicalize_name(requirement.name): Version(str(requirement.specifier).removeprefix("=="))
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }


def conda_requirements() -> tuple[dict[str, SpecifierSet], list[str]]:
    listed = YAML(typ="safe", pure=True).load(ROOT / "environment.yml")["dependencies"]
    requirements = [Requirement(item) for item in listed if isinstance(item, str)]
    names = {canonicalize_name(CONDA_NAMES.get(r.name, r.name)): r.specifier for r in requirements}
    return names, next(item["pip"] for item in listed if isinstance(item, dict))


def test_a_lowered_security_floor_is_noticed() -> None:
    assert not below_the_floor(DECLARED)
    assert {canonicalize_name(r.name) for r in CORE} >= ALWAYS_DECLARED
    planted = [Requirement(text) for text in ("nbconvert>=7.16.6", "jupyter_server", "pyarrow<20", "voila==0.5.5")]
    assert len(below_the_floor(planted)) == len(planted)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_locks_hold_every_declared_package_within_its_range(python: str) -> None:
    pinned = pins(LOCK + DEV_LOCK, python)
    wrong = [str(r) for r in DECLARED if pinned.get(canonicalize_name(r.name), Version("0")) not in r.specifier]
    assert not wrong
    assert not [name for name, floor in FLOORS.items() if name in pinned and pinned[name] < Version(floor)]


@pytest.mark.parametrize("lock", [LOCK, DEV_LOCK], ids=["requirements.lock", "requirements-dev.lock"])
def test_a_lock_hashes_every_package_and_holds_no_address(lock: str) -> None:
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.strip()):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]
        assert not re.search(r"://|@|\B/|#|index|(?m:^-)", entry), entry.splitlines()[0]


def test_environment_yml_differs_from_pyproject_in_no_name_or_range() -> None:
    conda, pip = conda_requirements()
    assert pip == ["-e ."]
    assert conda.pop("python") == SpecifierSet(PROJECT["requires-python"])
    wanted = CORE + EXTRAS["cluster"] + EXTRAS["test"]
    expected = {canonicalize_name(r.name): r.specifier for r in wanted if r.name not in ONLY_WITH_PIP}
    assert conda == expected
    assert set(conda) >= NAMED_BY_THE_USER


def test_the_version_is_written_the_same_everywhere() -> None:
    citation = YAML(typ="safe", pure=True).load(ROOT / "CITATION.cff")
    assert "version" in PROJECT["dynamic"]
    assert str(citation["version"]) == smarketing_sim.__version__


def test_the_wheel_leaves_no_file_of_the_package_behind(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    package = ROOT / "smarketing_sim"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert expected <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "notebooks/"))]
