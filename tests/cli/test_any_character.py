"""Any character in a name, on any terminal: nothing fails for it, and charts take a dollar sign for one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from smarketing_sim.publish import charts
from smarketing_sim.publish.display import figure_svg
from smarketing_sim.scenario.files import to_document
from smarketing_sim.scenario.schema import Scenario

RUN = (sys.executable, "-m", "smarketing_sim", "run", "--replications", "1")
ROCKET, FAIRS = "Plan \N{ROCKET} für Łódź", "fairs $5k # $6k \N{PARTY POPPER}"


@pytest.fixture
def odd(tiny: Path) -> Path:
    """The tiny company with a name, and a source, that few have thought of."""
    document = to_document(Scenario.load(tiny)) | {"name": ROCKET}
    sources = document["marketing"]["sources"]
    sources[FAIRS] = sources.pop("organic")
    Path("odd.yaml").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return Path("odd.yaml")


def test_a_report_can_be_published_and_shows_the_names(odd: Path, smarketing) -> None:
    assert smarketing("report", odd, "--replications", 2).code == 0
    (page,) = Path("reports").glob("*/*/report.html")
    text = page.read_text(encoding="utf-8")
    assert ROCKET in text
    assert FAIRS[1:] in text  # it begins a line there


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_every_terminal_gets_the_answer(odd: Path, encoding: str) -> None:
    done = subprocess.run([*RUN, odd], env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, check=True)
    assert done.stderr == b""
    assert done.stdout.startswith(f"{ROCKET}: 1 simulated year".encode(encoding, "replace"))


def test_an_answer_that_cannot_be_printed_is_no_defect(odd: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no full device")
    with full.open("w") as stream:
        done = subprocess.run([*RUN, odd], stdout=stream, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "the answer could not be printed: No space left on device\n")


def test_a_chart_takes_no_name_for_mathematics() -> None:
    figure, axes = charts._figure(3.0, 2.0)
    axes.set_title("deals $5k_$50k")
    axes.set_xlabel(r"fairs $\frac$ # $6k")
    assert "<svg" in figure_svg(figure)
    plain, axes = charts._figure(3.0, 2.0)
    axes.set_title("deals $5k_$50k", parse_math=False)
    axes.set_xlabel(r"fairs $\frac$ # $6k", parse_math=False)
    assert figure_svg(figure) == figure_svg(plain)
