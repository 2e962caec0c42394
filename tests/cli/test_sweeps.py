"""The command sweep: one table, asked for before it is long, resumed after Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.patience import HANG_SECONDS, wait_for

from .conftest import Said, start

Command = Callable[..., Said]
VARY = ("--vary", "sales.sdr.headcount=2,4", "--vary", "sla.speed.within=1 business hour,6 business hours")
SWEEP = ("sweep", "tiny.yaml", *VARY, "--replications", 2)


def _answer(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    answer: dict[str, Any] = json.loads(said.out)
    return answer


@pytest.mark.slow
def test_a_sweep_is_the_same_bytes_again_and_with_more_workers(smarketing: Command, tiny: Path) -> None:
    texts = [smarketing(*SWEEP, "--json", "--out", f"out-{n}", "--workers", count) for n, count in enumerate((1, 1, 2))]
    again = smarketing(*SWEEP, "--json", "--out", "out-0", "--workers", 1)
    assert {said.out for said in [*texts, again]} == {texts[0].out}
    assert {said.err for said in [*texts, again]} == {""}
    answer = json.loads(texts[0].out)
    assert [point["values"] for point in answer["points"]] == [
        {"sales.sdr.headcount": count, "sla.speed.within": within}
        for count in (2, 4)
        for within in ("1 business hour", "6 business hours")
    ]
    assert str(Path.cwd()) not in texts[0].out
    tables = {Path(f"out-{n}", "table.parquet").read_bytes() for n in range(3)}
    assert len(tables) == 1


def test_a_point_says_what_a_run_with_the_same_values_says(smarketing: Command, tiny: Path) -> None:
    swept = _answer(smarketing(*SWEEP, "--json", "--workers", 1))["points"][2]
    words = ("--set", "sales.sdr.headcount=4", "--set", "sla.speed.within=1 business hour")
    single = _answer(smarketing("run", "tiny.yaml", *words, "--replications", 2, "--workers", 1, "--json"))
    assert swept["digest"] == single["digest"]
    assert swept["measures"]["expected_revenue"] == single["revenue"]["expected"]
    assert swept["measures"]["contribution"].items() <= single["contribution"].items()
    assert swept["measures"]["sdr_utilisation"] == single["utilisation"]["sdr"]
    assert swept["measures"]["p_all_kept"] == single["p_all_kept"]["month"]
    for clause in single["clauses"]:
        name = clause["id"].removeprefix("sla.")
        assert swept["measures"][f"attainment.{name}"] == clause["attainment"]
        assert swept["measures"][f"p_kept.{name}"] == clause["p_kept"]


def test_people_see_one_row_for_each_scenario_and_where_the_table_is(smarketing: Command, tiny: Path) -> None:
    said = smarketing(*SWEEP, "--workers", 1)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "Tiny plan: 4 scenarios of 2 simulated years each"
    assert lines[1].split("  ")[0] == "sales.sdr.headcount"
    assert [line.split()[:2] for line in lines[2:]] == [["2", "1"], ["2", "6"], ["4", "1"], ["4", "6"]]
    assert all("%" in line and "$" in line for line in lines[2:])
    place = re.fullmatch(
        r"the table is in (reports/sweeps/tiny-plan-[0-9a-f]{10}-[0-9a-f]{8}/table.parquet)\n", said.err
    )
    assert place
    assert len(pd.read_parquet(place[1])["point"].unique()) == 4


@pytest.mark.slow
def test_other_words_have_a_place_of_their_own(smarketing: Command, tiny: Path) -> None:
    for words in ((), ("--seed", 2), ("--set", "sales.ae.headcount=3")):
        assert smarketing(*SWEEP, *words, "--workers", 1).code == 0
    assert len(list(Path("reports/sweeps").iterdir())) == 3


MISTAKES: list[tuple[tuple[object, ...], str]] = [
    (("--vary", "sales.sdr.headcont=1,2"), "--vary: sales.sdr.headcont: is not a known key; did you mean 'headcount'?"),
    (("--vary", "sales.sdr.headcount=1,2", "--vary", "sales.sdr.headcount=3"), "is varied twice"),
    (("--vary", "sales.sdr.headcount"), "must be path=a,b,c"),
    (("--vary", "sales.sdr.headcount=1,2", "--replications", 0), "replications = 0: must be between 1 and 100,000"),
    (("--vary", "sales.sdr.headcount=1,2", "--engine", "references"), "did you mean 'reference'?"),
    (("--vary", "sales.sdr.headcount=1,2", "--cluster", "tcp://10.0.0.7:8786"), "10.0.0.7:8786': would send"),
    (("--vary", "sales.sdr.headcount=1,2", "--cluster", "nowhere"), "must be the address of a Dask scheduler"),
    (("--vary", "sales.sdr.headcount=1,2", "--cluster", "tcp://127.0.0.1:1", "--workers", 2), "cannot go together"),
    (("--vary", "sales.sdr.headcount=1,2", "--out", "tiny.yaml"), "tiny.yaml"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=[" ".join(map(str, words)) for words, _ in MISTAKES])
def test_a_mistake_is_one_clear_message(smarketing: Command, tiny: Path, words: tuple[object, ...], said: str) -> None:
    found = smarketing("sweep", "tiny.yaml", *words)
    assert found.code == 2
    assert found.out == ""
    assert len(found.err.splitlines()) == 1, found.err
    assert said in found.err
    assert not list(Path("reports").rglob("*.json"))


def test_failed_years_leave_with_three_and_a_table(
    smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise ValueError("odd")

    with monkeypatch.context() as broken:
        broken.setattr("smarketing_sim.experiment.jobs.simulate", never)
        said = smarketing(*SWEEP, "--workers", 1, "--json")
    assert said.code == 3
    assert "8 simulated years failed, and none was finished;" in said.err
    assert "  scenario 0, year 0: ValueError: odd" in said.err
    assert len(json.loads(said.out)["failures"]) == 8
    assert smarketing(*SWEEP, "--workers", 1).code == 0


# -------------------------------------------------------------------------------------------------- before a long one

LONG = ("sweep", "tiny.yaml", "--vary", f"run.opening_backlog={','.join(map(str, range(200)))}",
        "--vary", f"sales.ae.open_limit={','.join(map(str, range(20, 120)))}")  # fmt: skip


def test_a_long_sweep_is_refused_where_nobody_can_be_asked(smarketing: Command, tiny: Path) -> None:
    began = time.process_time()
    said = smarketing(*LONG, "--replications", 50)
    assert time.process_time() - began < 10
    assert said.code == 2
    assert said.err == "this sweep has 20,000 scenarios of 50 simulated years each; add --yes to simulate so many\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
def test_a_long_sweep_asks_and_no_is_taken_for_an_answer(tiny: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from smarketing_sim.cli import main; main()", *LONG],
        env=os.environ | {"PYTHONSAFEPATH": "1"}, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    asked = b""
    while b"[y/N]" not in asked:
        asked += os.read(ours, 1000)
    os.write(ours, b"\n")
    out, _ = process.communicate(timeout=HANG_SECONDS)
    os.close(ours)
    assert b"this sweep has 20,000 scenarios of 20 simulated years each; go on? [y/N]" in asked
    assert process.returncode == 130
    assert out == b""
    assert not Path("reports").exists()


def test_yes_is_an_answer_beforehand(smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smarketing_sim.experiment.grid.ASKED_FROM", 7)
    assert smarketing(*SWEEP, "--workers", 1).code == 2
    assert smarketing(*SWEEP, "--workers", 1, "--yes").code == 0


# ---------------------------------------------------------------------------------------------------------- stopping


HELD = """
import os, time
from pathlib import Path
from smarketing_sim.cli import main

jobs, sync = Path("kept/jobs"), os.fsync

def held(handle):
    while len(list(jobs.glob("*.json"))) >= 3 and list(jobs.glob(".part-*")):
        time.sleep(1)
    sync(handle)

os.fsync = held
main()
"""


def held(*words: object, cwd: Path) -> subprocess.Popen[str]:
    """Start a sweep that stands still while it writes its fourth job, and wait until it does."""
    process, jobs = start(*words, cwd=cwd, program=HELD), cwd / "kept" / "jobs"
    wait_for("a half-written job", lambda: _files(jobs) == 3 and list(jobs.glob(".part-*")), by=process)
    return process


def _files(folder: Path) -> int:
    return len(list(folder.glob("*.json"))) if folder.is_dir() else 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on_from_there(
    smarketing: Command, tiny: Path, workers: int
) -> None:
    words = (*SWEEP[:-1], 24, "--workers", workers, "--out", "kept", "--json")
    process = held(*words, cwd=Path.cwd())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "stopped; the same command goes on from there"
    assert "half-written" not in err
    jobs = Path("kept/jobs")
    assert _files(jobs) == 3
    assert not Path("kept/sweep.json").exists()
    assert not list(Path("kept").rglob(".part-*"))
    stamps = {path: path.stat().st_mtime_ns for path in jobs.iterdir()}
    again = smarketing(*words)
    assert again.code == 0, again.err
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    assert smarketing(*words[:-2], "fresh", "--json").out == again.out
    tables = [Path(name, "table.parquet").read_bytes() for name in ("kept", "fresh")]
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_from_there(smarketing: Command, tiny: Path) -> None:
    words = (*SWEEP[:-1], 12, "--workers", 1, "--json", "--out")
    process = held(*words, "kept", cwd=Path.cwd())
    process.kill()
    process.communicate()
    again, fresh = (smarketing(*words, name) for name in ("kept", "fresh"))
    assert again.out == fresh.out
    assert again.code == fresh.code == 0
