"""The commands as people type them: answers, exit codes, and one clear message for each mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim import cli
from smarketing_sim.errors import CadenceWarning, RunFailed
from smarketing_sim.experiment.replications import Failure
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.ledger_files import read_ledger
from tests.patience import HANG_SECONDS

from .conftest import Said, start
from .tiny import write_tiny

Command = Callable[..., Said]
RUN = ("--replications", 2, "--workers", 1)


def _answer(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    answer: dict[str, Any] = json.loads(said.out)
    return answer


@pytest.mark.slow
def test_a_check_draws_nothing_and_loads_no_charts(tiny: Path) -> None:
    """They take as long to load as the whole check."""
    told = "sys.argv = ['smarketing', 'check', 'tiny.yaml']\ntry: main()\nexcept SystemExit: pass"
    loaded = "print({'matplotlib', 'seaborn', 'scipy.stats'} & set(sys.modules))"
    code = f"import sys\nfrom smarketing_sim.cli import main\n{told}\n{loaded}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tiny.parent, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_check_says_what_is_fine(smarketing: Command, tiny: Path) -> None:
    said = smarketing("check", tiny, "baseline.yaml")
    assert said.code == 0
    fine = [line.split(";")[0] for line in said.out.splitlines() if ": fine;" in line]
    assert fine == ["tiny.yaml: fine", "baseline.yaml: fine"]
    assert said.out.count("Does this look like your company?") == 2
    told = "Holidays: closed on 18 days from 4 July 2025 to 15 February 2027; 10 business days fewer in 12 months"
    assert told in said.out


def test_check_tells_in_words_when_the_company_is_closed(smarketing: Command, tiny: Path) -> None:
    days = "{country: NO, dates: [2024-07-15..2024-07-19]}"
    said = smarketing("check", tiny, "--set", "run.starts_on=2024-01-01", "--set", f"calendar.holidays={days}")
    assert said.code == 0, said.err
    assert "Holidays: closed on public holidays (Norway) and on 15–19 July 2024" in said.out
    assert "Holidays: closed on no holiday\n" in smarketing("check", tiny, "--set", "calendar.holidays=[]").out


def test_check_tells_every_problem_of_every_file_once(smarketing: Command, tiny: Path) -> None:
    more = "sales: {sdr: {headcont: 3, annual_cost: lots}}\n"
    line = write_tiny(Path.cwd(), "bad.yaml", more).read_text().count("\n")
    found = smarketing("check", tiny, "bad.yaml", "gone.yaml")
    assert found.code == 2
    assert found.out == ""
    told = sorted(found.err.splitlines())
    assert len(told) == 3
    assert told[0].startswith(f"bad.yaml:{line}: sales.sdr.annual_cost = 'lots'")
    assert told[1].startswith(f"bad.yaml:{line}: sales.sdr.headcont")
    assert "did you mean 'headcount'?" in told[1]
    assert told[2].startswith("gone.yaml: ")


def test_check_as_json_is_one_object_with_every_problem(smarketing: Command, tiny: Path) -> None:
    good = smarketing("check", tiny, "--json")
    assert json.loads(good.out)["valid"] is True
    bad = smarketing("check", tiny, "gone.yaml", "--json")
    assert bad.code == 2
    answer = json.loads(bad.out)
    assert answer["valid"] is False
    assert len(answer["problems"]) == 1
    assert list(answer["scenarios"]) == ["tiny.yaml"]


@pytest.mark.slow
def test_run_prints_the_same_bytes_for_any_number_of_workers(smarketing: Command, tiny: Path) -> None:
    words = ("run", tiny, "--replications", 4, "--json")
    texts = [smarketing(*words, "--workers", count).out for count in (1, 1, 2)]
    assert texts[0] == texts[1] == texts[2]
    answer = json.loads(texts[0])
    assert (answer["scenario"], answer["seed"], answer["replications"]) == ("Tiny plan", 1, 4)
    assert [clause["id"] for clause in answer["clauses"]][:2] == ["sla.speed", "sla.depth"]
    assert str(Path.cwd()) not in texts[0]


def test_another_seed_gives_another_answer(smarketing: Command, tiny: Path) -> None:
    answers = [_answer(smarketing("run", tiny, *RUN, "--json", "--seed", seed)) for seed in (1, 2)]
    assert answers[0]["revenue"] != answers[1]["revenue"]
    assert answers[0]["digest"] == answers[1]["digest"]


def test_set_changes_what_is_simulated(smarketing: Command, tiny: Path) -> None:
    plain = _answer(smarketing("run", tiny, *RUN, "--json"))
    words = ("--set", "sales.sdr.headcount=1", "--set", "name=Alone")
    changed = _answer(smarketing("run", tiny, *RUN, "--json", *words))
    assert changed["scenario"] == "Alone"
    assert changed["utilisation"]["sdr"]["mean"] > 2 * plain["utilisation"]["sdr"]["mean"]


def test_run_prints_every_clause_with_range_and_chance_kept_for_people(smarketing: Command, tiny: Path) -> None:
    said = smarketing("run", tiny, *RUN)
    assert said.code == 0
    assert said.err == ""
    for words in ("sla.speed", "sla.feedback", "chance kept", "rep utilisation", "revenue expected", " to "):
        assert words in said.out
    assert "\x1b" not in said.out


@pytest.mark.parametrize(("require", "code"), [("0", 0), ("1", 1), ("0.5", 1)])
def test_require_leaves_with_one_where_a_promise_is_too_unlikely(
    smarketing: Command, tiny: Path, require: str, code: int
) -> None:
    said = smarketing("run", tiny, *RUN, "--require", require, "--json")
    assert said.code == code
    assert json.loads(said.out)["scenario"] == "Tiny plan"
    assert ("sla.volume" in said.err) == bool(code)


def test_out_writes_the_ledgers_of_all_years(smarketing: Command, tiny: Path) -> None:
    said = smarketing("run", tiny, *RUN, "--out", "ledgers", "--json")
    answer = _answer(said)
    assert {path.name for path in Path("ledgers").iterdir()} == {
        f"{table}.parquet" for table in ("leads", "attempts", "rep_time", "marketing", "runs")
    }
    ledger = read_ledger(Path("ledgers"))
    assert sorted(ledger.leads["replication"].unique()) == [0, 1]
    assert list(ledger.runs["digest"]) == [answer["digest"]] * 2
    assert ledger.runs["expected_revenue"].mean() == pytest.approx(answer["revenue"]["expected"]["mean"])


@pytest.mark.parametrize("place", ["tiny.yaml", "tiny.yaml/below"])
def test_ledgers_that_cannot_be_written_are_one_message(smarketing: Command, tiny: Path, place: str) -> None:
    said = smarketing("run", tiny, *RUN, "--out", place)
    assert said.code == 2
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("tiny.yaml")


def test_compare_shows_paired_differences(smarketing: Command, tiny: Path) -> None:
    write_tiny(Path.cwd(), "more.yaml", "sales: {sdr: {headcount: 4}}\n")
    words = ("compare", tiny, "more.yaml", *RUN)
    texts = [smarketing(*words, "--json").out for _ in range(2)]
    assert texts[0] == texts[1]
    answer = json.loads(texts[0])
    assert answer["changed"] == [{"path": "sales.sdr.headcount", "a": 8, "b": 4}]
    busy = answer["measures"]["sdr_utilisation"]
    assert busy["difference"]["mean"] == pytest.approx(busy["b"]["mean"] - busy["a"]["mean"])
    assert answer["measures"]["handed_count"]["difference"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    people = smarketing(*words)
    assert people.code == 0
    assert "sdr_utilisation" in people.out
    assert "B − A" in people.out


def test_a_plan_compared_with_itself_differs_in_nothing(smarketing: Command, tiny: Path) -> None:
    answer = _answer(smarketing("compare", tiny, tiny, *RUN, "--json"))
    assert answer["changed"] == []
    gaps = [row["difference"]["mean"] for row in answer["measures"].values()]
    assert set(gaps) <= {0.0, None}


MISTAKES: list[tuple[tuple[object, ...], str]] = [
    (("run", "tinny.yaml"), "tinny.yaml: there is no such file; did you mean 'tiny.yaml'?"),
    (("run", "."), ".: "),
    (("run", "tiny.yaml", "--set", "sales.sdr.headcont=3"),
        "--set: sales.sdr.headcont: is not a known key; did you mean 'headcount'?"),
    (("run", "tiny.yaml", "--set", "headcount"),
        "--set: 'headcount': must be path=value, such as sales.sdr.headcount=12"),
    (("run", "tiny.yaml", "--set", "sales.sdr.headcount=lots"),
        "--set: sales.sdr.headcount = 'lots': must be a whole number"),
    (("run", "tiny.yaml", "--set", "sales.sdr.headcount=["), "--set"),
    (("run", "tiny.yaml", "--set", "sales.sdr.headcount.x=1"), "--set: sales.sdr.headcount"),
    (("run", "tiny.yaml", "--replications", 0), "replications = 0: must be between 1 and 100,000"),
    (("run", "tiny.yaml", "--replications", -4), "replications = -4: must be between 1 and 100,000"),
    (("run", "tiny.yaml", "--replications", 10**9), "replications = 1000000000: must be between 1 and 100,000"),
    (("run", "tiny.yaml", "--replications", 1, "--seed", -1), "seed = -1: must be a whole number from 0"),
    (("run", "tiny.yaml", "--replications", 1, "--engine", "steam"),
        "engine = 'steam': is not an engine"),
    (("run", "tiny.yaml", "--replications", 1, "--engine", "references"), "did you mean 'reference'?"),
    (("compare", "tiny.yaml", "tinny.yaml"), "tinny.yaml: there is no such file"),
    (("report", "tinny.yaml"), "tinny.yaml: there is no such file"),
    (("report", "tiny.yaml", "--notebook", "planing_report"), "did you mean 'planning_report'?"),
    (("report", "tiny.yaml", "--notebook", "../notebooks/planning_report"), "is not a notebook in notebooks/"),
    (("report", "tiny.yaml", "--set", "sales.sdr.headcont=3"), "did you mean 'headcount'?"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=[" ".join(map(str, words)) for words, _ in MISTAKES])
def test_a_mistake_is_one_clear_message(smarketing: Command, tiny: Path, words: tuple[object, ...], said: str) -> None:
    found = smarketing(*words)
    assert found.code == 2
    assert found.out == ""
    assert len(found.err.splitlines()) == 1, found.err
    assert said in found.err


USAGE: list[tuple[tuple[object, ...], str]] = [
    (("run", "tiny.yaml", "--nope"), "No such option"),
    (("nope",), "No such command 'nope'"),
    (("run",), "Missing argument"),
    (("compare", "tiny.yaml"), "Missing argument"),
    (("run", "tiny.yaml", "--replications", "many"), "--replications"),
    (("run", "tiny.yaml", "--workers", "0"), "--workers"),
    (("run", "tiny.yaml", "--require", "1.5"), "--require"),
    (("check",), "Missing argument"),
]


@pytest.mark.parametrize(("words", "said"), USAGE, ids=[" ".join(map(str, words)) for words, _ in USAGE])
def test_words_that_are_no_command_are_told_with_the_usage(
    smarketing: Command, tiny: Path, words: tuple[object, ...], said: str
) -> None:
    found = smarketing(*words)
    assert found.code == 2
    assert found.out == ""
    assert said in found.err
    assert "Usage: smarketing" in found.err


def test_failed_years_leave_with_three_and_a_table(
    smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Simulation.run

    def failing(*given: Any, **named: Any) -> Any:
        import dataclasses

        return dataclasses.replace(real(*given, **named), failures=(Failure(5, "ValueError: odd"),))

    monkeypatch.setattr("smarketing_sim.experiment.simulation.Simulation.run", failing)
    said = smarketing("run", tiny, *RUN)
    assert said.code == RunFailed.exit_code == 3
    assert "year 5: ValueError: odd" in said.err


@pytest.mark.parametrize("words", [(), ("--out", "ledgers"), ("--json",)])
def test_where_every_year_fails_it_says_what_failed_and_nothing_else(
    smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise ValueError("odd")

    monkeypatch.setattr("smarketing_sim.experiment.replications.simulate", never)
    said = smarketing("run", tiny, *RUN, *words)
    assert (said.code, said.out) == (3, "")
    assert said.err.splitlines() == [
        "no simulated year was finished, all 2 failed:",
        "  year 0: ValueError: odd",
        "  year 1: ValueError: odd",
    ]
    assert not Path("ledgers").exists()


def test_a_defect_of_ours_is_one_line_and_not_blamed_on_the_user(
    smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr("smarketing_sim.decide.settled_load.run_json", broken)
    said = smarketing("run", tiny, *RUN)
    assert said.code == 3
    assert said.err == "internal error (a bug in smarketing, not your input): KeyError: 'inside'\n"
    monkeypatch.setenv("SMARKETING_DEBUG", "1")
    monkeypatch.setattr("sys.argv", ["smarketing", "run", "tiny.yaml", "--replications", "1"])
    with pytest.raises(KeyError):
        cli.main()


@pytest.mark.slow
def test_our_warnings_are_one_line_on_stderr(smarketing: Command, tiny: Path) -> None:
    said = smarketing("check", tiny, "--set", "sales.sdr.cadence.max_attempts=2", "--json")
    assert said.code == 0
    assert json.loads(said.out)["valid"] is True
    assert [line.startswith("note: sla.depth: asks for 4 attempts") for line in said.err.splitlines()] == [True]
    assert issubclass(CadenceWarning, UserWarning)


@pytest.mark.slow
def test_a_name_in_a_file_is_no_markup_for_the_terminal(smarketing: Command, tiny: Path) -> None:
    text = tiny.read_text().replace("name: Tiny plan", 'name: "Plan [/red] [bold]x"')
    Path("odd.yaml").write_text(text)
    for words in (("check", "odd.yaml"), ("run", "odd.yaml", *RUN), ("compare", "odd.yaml", "odd.yaml", *RUN)):
        said = smarketing(*words)
        assert said.code == 0, said.err
        assert "[/red] [bold]x" in said.out


def test_help_names_every_command(smarketing: Command) -> None:
    said = smarketing("--help")
    assert said.code == 0
    assert all(f" {command} " in said.out for command in ("check", "run", "compare", "sweep", "report"))


@pytest.mark.parametrize("command", ["check", "run", "compare", "sweep", "report"])
def test_each_command_explains_itself(smarketing: Command, command: str) -> None:
    said = smarketing(command, "--help")
    assert said.code == 0
    assert "--json" in said.out


def test_progress_goes_to_a_terminal_only(smarketing: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = smarketing("run", tiny, *RUN, "--json")
    assert quiet.err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    watched = smarketing("run", tiny, *RUN, "--json")
    assert watched.out == quiet.out


@pytest.mark.slow
def test_a_reader_who_stops_listening_is_no_error(tiny: Path) -> None:
    process = start("run", tiny, "--replications", 2, "--json", cwd=Path.cwd())
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(HANG_SECONDS) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.slow
def test_a_command_without_a_terminal_is_silent_but_for_its_answer(tiny: Path) -> None:
    process = start("run", tiny, "--replications", 2, "--json", cwd=Path.cwd(), NO_COLOR="1", TERM="dumb")
    out, err = process.communicate(timeout=HANG_SECONDS)
    assert json.loads(out)["replications"] == 2
    assert err == ""
    assert "\x1b" not in out


@pytest.fixture
def no_numba(tmp_path: Path) -> dict[str, str]:
    """Variables under which no process finds Numba, nor do those that it starts."""
    (tmp_path / "blocked").mkdir()
    blocks = "import sys\nsys.modules['numba'] = sys.modules['llvmlite'] = None\n"
    (tmp_path / "blocked" / "sitecustomize.py").write_text(blocks)
    return {"PYTHONPATH": str(tmp_path / "blocked")}


@pytest.mark.slow
def test_without_numba_a_run_says_so_in_one_line_and_answers_the_same(
    smarketing: Command, tiny: Path, no_numba: dict[str, str]
) -> None:
    process = start("run", tiny, "--replications", 2, "--workers", 2, "--json", cwd=Path.cwd(), **no_numba)
    out, err = process.communicate(timeout=60)
    assert err == "note: simulating with SimPy, for Numba is not installed; try: pip install numba\n"
    assert process.returncode == 0
    assert json.loads(out) == _answer(smarketing("run", tiny, *RUN, "--engine", "reference", "--json"))


@pytest.mark.slow
def test_without_numba_a_wish_for_it_is_refused_in_one_line(tiny: Path, no_numba: dict[str, str]) -> None:
    process = start("run", tiny, "--engine", "compiled", cwd=Path.cwd(), **no_numba)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "engine = 'compiled': is not installed; try: pip install numba" in err
