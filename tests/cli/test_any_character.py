"""Any character in a name, on any terminal: nothing fails for it, and charts take a dollar sign for one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from smarketing_sim.charts import style
from smarketing_sim.printable import REPLACED
from smarketing_sim.report.notebook.display import figure_svg
from smarketing_sim.scenario.building import to_document
from smarketing_sim.scenario.files import load

RUN = (sys.executable, "-m", "smarketing_sim", "run", "--replications", "1")
ROCKET, FAIRS = "Plan \N{ROCKET} für Łódź", "fairs $5k # $6k \N{PARTY POPPER}"


@pytest.fixture
def odd(tiny: Path) -> Path:
    """The tiny company with a name, and a source, that few have thought of."""
    document = to_document(load(tiny)) | {"name": ROCKET}
    sources = document["marketing"]["sources"]
    sources[FAIRS] = sources.pop("organic")
    Path("odd.yaml").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return Path("odd.yaml")


@pytest.mark.slow
def test_a_report_can_be_published_and_shows_the_names(odd: Path, smarketing) -> None:
    assert smarketing("report", odd, "--replications", 2).code == 0
    (page,) = Path("reports").glob("*/*/report.html")
    text = page.read_text(encoding="utf-8")
    assert ROCKET in text
    assert FAIRS[1:] in text  # it begins a line there


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_every_terminal_gets_the_answer(odd: Path, encoding: str) -> None:
    done = subprocess.run([*RUN, odd], env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, check=True)
    assert done.stderr == b""
    assert done.stdout.startswith(f"{ROCKET}: 1 simulated year".encode(encoding, "replace"))


FORGED = "Plan\nall reports: https://evil.example\u202egpj.exe\u2066\u200b\u2028end\U000e0041"
LINE = "all reports: https://evil.example"
UNSEEN = set("\r\x1b\u202e\u2066\u200b\u2028\U000e0041")
TWO = ("--replications", 2, "--workers", 1)


@pytest.fixture
def forged(tiny: Path) -> Path:
    """The tiny company with a name, and names of a source and of a clause, that would forge lines and turn text."""
    document = to_document(load(tiny)) | {"name": FORGED}
    sources = document["marketing"]["sources"]
    sources[FORGED.replace(".", "").replace("/", "")] = sources.pop("organic")
    document["sla"][FORGED.replace(".", "").replace("/", "")] = document["sla"]["speed"]
    Path("forged.yaml").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    Path("other.yaml").write_text("extends: forged.yaml\nsales: {sdr: {headcount: 4}}\n")
    return Path("forged.yaml")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("check", "forged.yaml"),
        ("run", "forged.yaml", *TWO, "--require", "1", "--out", "a\nb\u202ec"),
        ("compare", "forged.yaml", "other.yaml", *TWO),
        ("compare", "forged.yaml", "other.yaml", "other.yaml", *TWO),
        ("compare", "forged.yaml", "other.yaml", "--best", "expected_revenue", "--indifference", "1", *TWO),
        ("sweep", "forged.yaml", "--vary", "sales.sdr.headcount=2,3", *TWO, "--out", "s\nb\u202ec"),
        ("explain", "forged.yaml", "other.yaml", *TWO),
        ("report", "forged.yaml", *TWO, "--out", "r\nb\u202ec"),
        ("init", "i\nb\u202ec"),
    ],
    ids=lambda words: words[0],
)
def test_no_name_forges_a_line_or_turns_one(smarketing, forged: Path, words: tuple[object, ...]) -> None:
    said = smarketing(*words)
    assert said.code in {0, 1}, said.err
    told = said.out + said.err
    assert not UNSEEN & set(told)
    lines = told.splitlines()
    assert not [line for line in lines if line.startswith((LINE, "b\N{REPLACEMENT CHARACTER}c"))]
    if words[0] != "init":
        assert REPLACED in told


@pytest.mark.parametrize(
    "words",
    [
        ("run", "gone\nfine\u202e.yaml"),
        ("run", "tiny.yaml", "--set", "name\nfine\u202e=x"),
        ("run", "tiny.yaml", "--set", "run.horizon_months=\u202e1\nfine"),
        ("run", "tiny.yaml", "--engine", "fast\nfine\u202e"),
        ("run", "tiny.yaml", "--replications", "1\nfine\u202e"),
        ("run", "tiny.yaml", "--fast\nfine\x1b[1m\u202e"),
        ("fast\nfine\x1b[1m\u202e",),
        ("report", "tiny.yaml", "--notebook", "x\nfine\u202e"),
        ("report", "tiny.yaml", "-p", "x\nfine\u202e=1"),
        ("sweep", "tiny.yaml", "--vary", "x\nfine\u202e=1"),
        ("compare", "tiny.yaml", "tiny.yaml", "--best", "x\nfine\u202e", "--indifference", "1"),
    ],
    ids=lambda words: " ".join(words[:1] + words[2:3]).split("\n")[0],
)
def test_no_word_that_was_typed_forges_a_line_of_the_message(smarketing, tiny: Path, words: tuple[str, ...]) -> None:
    said = smarketing(*words)
    assert (said.code, said.out) == (2, "")
    assert not {"\x1b", "\u202e"} & set(said.err)
    assert not [line for line in said.err.splitlines() if line.startswith("fine")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "Łódź 計画 خطة תוכנית",
        "\N{ROCKET} \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "می\u200cخواهم",
        "❤\ufe0f\u200d🔥",
    ],
)
def test_letters_and_pictures_of_every_script_stay_as_they_are(smarketing, tiny: Path, name: str) -> None:
    said = smarketing("run", tiny, *TWO, "--set", f"name={name}")
    assert said.out.startswith(f"{name}: 2 simulated years")
    refused = smarketing("run", tiny, "--set", f"sales.sdr.headcount={name}")
    assert name in refused.err


@pytest.mark.slow
def test_an_answer_that_cannot_be_printed_is_no_defect(odd: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no full device")
    with full.open("w") as stream:
        done = subprocess.run([*RUN, odd], stdout=stream, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "the answer could not be printed: No space left on device\n")


def test_a_chart_takes_no_name_for_mathematics() -> None:
    figure, axes = style._figure(3.0, 2.0)
    axes.set_title("deals $5k_$50k")
    axes.set_xlabel(r"fairs $\frac$ # $6k")
    assert "<svg" in figure_svg(figure)
    plain, axes = style._figure(3.0, 2.0)
    axes.set_title("deals $5k_$50k", parse_math=False)
    axes.set_xlabel(r"fairs $\frac$ # $6k", parse_math=False)
    assert figure_svg(figure) == figure_svg(plain)
