"""The command new: answers in, a file that works out, and nothing overwritten unasked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.interview import questions
from tests.conftest import ROOT

from .conftest import Said

ANSWERS = """\
handed_per_month: {inbound: 60, fair: 40}
reps: 3
hours: mon-sat 08:00-18:00
zone: Europe/Berlin
inbound_share: 100%
dials_per_rep_day: 25
dials_per_conversation: 8
attempts: 4
promise: 2 business hours
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answers.yaml").write_text(ANSWERS)
    return tmp_path


@pytest.mark.slow
def test_answers_from_a_file_give_a_plan_that_checks_and_looks_like_the_company(
    smarketing: Callable[..., Said], folder: Path
) -> None:
    said = smarketing("new", "Fachhandel Nord", "--answers", "answers.yaml")
    assert said.code == 0
    assert "wrote params/fachhandel-nord.yaml" in said.out
    assert "Does this look like your company?" in said.out
    assert load("params/fachhandel-nord.yaml").name == "Fachhandel Nord"
    assert smarketing("check", "params/fachhandel-nord.yaml").code == 0


def test_json_is_one_object_without_paths(smarketing: Callable[..., Said]) -> None:
    said = smarketing("new", "A", "--answers", "answers.yaml", "--json")
    answer = json.loads(said.out)
    assert {one["name"] for one in answer["company"]} >= {"dials_per_rep_day", "conversations_per_dial"}
    assert "params" not in said.out


def test_a_file_that_is_there_is_never_written_over_unasked(smarketing: Callable[..., Said], folder: Path) -> None:
    (folder / "params").mkdir()
    mine = folder / "params" / "mine.yaml"
    mine.write_text("mine")
    said = smarketing("new", "Mine", "--answers", "answers.yaml")
    assert said.code == 2
    assert "already exists" in said.err
    assert mine.read_text() == "mine"
    assert smarketing("new", "Mine", "--answers", "answers.yaml", "--yes").code == 0
    assert mine.read_text() != "mine"


def test_contradicting_answers_are_told_with_file_and_line_and_nothing_is_written(
    smarketing: Callable[..., Said], folder: Path
) -> None:
    (folder / "answers.yaml").write_text("reps: 3\ndials_per_conversation: 0.5\nwinrate: 20%\n")
    said = smarketing("new", "A", "--answers", "answers.yaml")
    assert said.code == 2
    assert "answers.yaml:3" in said.err
    assert "did you mean 'win_rate'" in said.err
    (folder / "answers.yaml").write_text("reps: 3\ndials_per_conversation: 0.5\n")
    said = smarketing("new", "A", "--answers", "answers.yaml")
    assert "answers.yaml:2: dials_per_conversation = 0.5: there cannot be more conversations than dials" in said.err
    assert not (folder / "params").exists()


def test_enter_keeps_every_default_and_a_wrong_answer_is_asked_for_again(
    smarketing: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    typed = iter(["", "", "", "", "organic", "organic 200", "", "", "", "many", "5"])

    def prompt(text: str, *, default: str, err: bool) -> str:
        asked.append(text)
        return next(typed, default) or default

    monkeypatch.setattr("typer.prompt", prompt)
    said = smarketing("new", "Asked")
    assert said.code == 0
    assert len(asked) == len(questions()) - 1 + 2  # nobody is asked what a dollar is worth in dollars
    assert "must be a whole number" in said.err
    plan = load("params/asked.yaml")
    assert plan.sales.sdr.headcount == 5
    assert list(plan.marketing.sources) == ["organic"]


def test_yes_asks_nothing(smarketing: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object, **__: object) -> str:
        raise AssertionError("a question was asked")

    monkeypatch.setattr("typer.prompt", ask)
    assert smarketing("new", "Unasked", "--yes").code == 0
    text = Path("params/unasked.yaml").read_text(encoding="utf-8")
    assert "# answered" not in text
    assert "# assumed: E34" in text


@pytest.mark.slow
def test_what_would_fit_fits(smarketing: Callable[..., Said], folder: Path) -> None:
    (folder / "few.yaml").write_text("reps: 3\n")
    said = smarketing("new", "Few", "--answers", "few.yaml")
    reps = re.search(r"What would fit: reps: (\d+)", said.err)
    assert reps is not None
    (folder / "more.yaml").write_text(f"reps: {reps[1]}\n")
    assert "What would fit" not in smarketing("new", "More", "--answers", "more.yaml").err


def test_a_plan_in_another_currency_is_told_in_it(
    smarketing: Callable[..., Said], folder: Path, money_in: Callable[[str], None]
) -> None:
    (folder / "answers.yaml").write_text(ANSWERS + "deal_value: NOK 850k\ndollar_rate: 10.6\n")
    said = smarketing("new", "Oslo", "--answers", "answers.yaml")
    money_in("USD")
    assert said.code == 0
    assert "NOK" in said.out
    assert "$" not in said.out


def test_a_name_without_letters_needs_a_file(smarketing: Callable[..., Said]) -> None:
    said = smarketing("new", "???", "--answers", "answers.yaml")
    assert said.code == 2
    assert "--out" in said.err


@pytest.mark.slow
def test_answers_that_no_belief_fits_are_told_in_the_file_too(smarketing: Callable[..., Said], folder: Path) -> None:
    (folder / "answers.yaml").write_text(ANSWERS.replace("dials_per_conversation: 8", "dials_per_conversation: 3"))
    said = smarketing("new", "Too good", "--answers", "answers.yaml")
    assert said.code == 0
    assert "and you said 3. What would fit: dials_per_conversation: " in said.err
    text = (folder / "params" / "too-good.yaml").read_text()
    assert text.startswith("# DOES NOT FIT: At the speed these answers give")
    assert load("params/too-good.yaml").name == "Too good"


@pytest.mark.slow
@pytest.mark.parametrize("reps", [1, 3])
def test_a_team_far_too_small_gets_a_file_that_says_what_to_change(
    reps: int, smarketing: Callable[..., Said], folder: Path
) -> None:
    (folder / "few.yaml").write_text(f"reps: {reps}\n")
    said = smarketing("new", "Too few", "--answers", "few.yaml")
    assert said.code == 0
    fault = {1: "With these answers nobody is ever reached", 3: "At the speed these answers give, the belief"}[reps]
    assert fault in said.err
    text = (folder / "params" / "too-few.yaml").read_text()
    assert text.startswith(f"# DOES NOT FIT: {fault}")
    assert "What would fit: reps: " in " ".join(text.split()).replace("# ", "")
    assert load("params/too-few.yaml").sales.sdr.headcount == reps


def test_the_answers_that_the_guide_shows_make_a_plan(smarketing: Callable[..., Said], folder: Path) -> None:
    guide = (ROOT / "docs" / "how-to" / "describe-your-company.md").read_text(encoding="utf-8")
    shown = guide.split("```yaml\n# answers.yaml")[1].split("```")[0]
    (folder / "shown.yaml").write_text("#" + shown)
    assert smarketing("new", "Shown", "--answers", "shown.yaml").code == 0
    plan = load("params/shown.yaml")
    assert plan.sales.sdr.headcount == 3
    assert list(plan.marketing.sources) == ["inbound", "trade fair"]


def test_what_a_file_of_answers_leaves_open_is_said(smarketing: Callable[..., Said], folder: Path) -> None:
    (folder / "few.yaml").write_text("reps: 8\ndials_per_rep_day: 50\n")
    [line] = [line for line in smarketing("new", "Few", "--answers", "few.yaml").err.splitlines() if "assumed" in line]
    assert "win_rate 20%" in line
    assert "lead_cost organic 164, paid search 310, demo request 40, referral 60" in line
    assert "dials_per_rep_day" not in line


def test_the_help_names_every_question(smarketing: Callable[..., Said]) -> None:
    told = " ".join(smarketing("new", "--help").out.replace("│", " ").split())
    assert ", ".join(questions()) in told
