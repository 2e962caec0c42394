"""The widgets driven in process, without a browser: what is moved changes what is shown, and nothing is swallowed."""

from __future__ import annotations

import ast
import html
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.lab import page, widgets
from smarketing_sim.lab import simulated_years as lab_years
from smarketing_sim.lab.debounce import Debounce
from smarketing_sim.lab.scorecard import scorecard_html
from smarketing_sim.lab.state import open_state
from smarketing_sim.lab.widgets import Lab
from smarketing_sim.scenario.files import load
from smarketing_sim.words.markup import escape
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.patience import HANG_SECONDS, wait_for

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
DRAWN = 'src="data:image/png;base64,'


@pytest.fixture
def lab(tiny: Path) -> Iterator[Lab]:
    made = Lab(open_state(tiny, years=3), rests_seconds=0.02)
    settled(made)
    yield made
    made.close()


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing out, which takes most of the time, where a test does not look at the charts."""
    monkeypatch.setattr(widgets, "waiting_png", lambda _: PNG)
    monkeypatch.setattr(widgets, "response_png", lambda _: PNG)


def settled(lab: Lab) -> None:
    assert lab.settle(HANG_SECONDS), "the lab did not come to rest"


def shown(lab: Lab) -> tuple[str, str, str]:
    return lab.scorecard.value, lab.waiting.value, lab.response.value


def test_the_first_screen_shows_clauses_figures_and_two_charts_without_a_move(lab: Lab) -> None:
    for text in ("first attempt within 6 business hours", "utilisation", "contribution", "chance kept in a month"):
        assert escape(text) in lab.scorecard.value or text in lab.scorecard.value
    assert DRAWN in lab.waiting.value
    assert DRAWN in lab.response.value
    assert "leads waiting" in lab.waiting.value
    assert "Leads called by age" in lab.response.value
    assert lab.progress_words.value == "3 of 3 simulated years"
    assert set(lab.sliders) == {"reps", "leads", "account_executives", "limit"}
    assert lab.levers.keys() == {"two_more_reps", "two_business_hours", "one_more_ae", "more_inbound_time"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [("reps", 1), ("leads", 2.5), ("limit", "0.5 business hours")])
def test_moving_a_slider_changes_scorecard_and_chart_by_itself(lab: Lab, name: str, value: object) -> None:
    before = shown(lab)
    lab.sliders[name].widget.value = value
    wait_for("the move to count", lambda: lab.controller.state.history != ())
    wait_for("its answer", lambda: lab.answer and lab.answer.experiment.scenario is lab.controller.state.scenario)
    settled(lab)
    after = shown(lab)
    assert after[0] != before[0]
    assert (after[1] != before[1]) == (name != "limit")
    assert after[2] != before[2]


@pytest.mark.usefixtures("unpainted")
def test_what_is_shown_is_what_the_command_says(lab: Lab) -> None:
    lab.sliders["reps"].widget.value = 2
    settled(lab)
    assert lab.answer is not None
    alone = Simulation(3, 1).run(lab.controller.state.scenario)
    told = lab_years.Answer(alone, lab_years.to_json(alone), None, final=True)
    assert lab.scorecard.value == scorecard_html(told)


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize(
    ("name", "typed", "value", "told"),
    [
        ("leads", "130", 1.3, "130%"),
        ("leads", "130%", 1.3, "130%"),
        ("leads", "1,3", 1.3, "130%"),
        ("leads", "1.3", 1.3, "130%"),
        ("leads", " 87.5% ", 0.875, "88%"),
        ("leads", "3", 3.0, "300%"),
        ("reps", " 12 ", 12, "12"),
    ],
)
def test_what_is_typed_beside_a_slider_means_what_a_person_means(
    lab: Lab, name: str, typed: str, value: float, told: str
) -> None:
    control = lab.sliders[name]
    control.typed.value = typed
    assert control.widget.value == value
    assert control.typed.value == told
    settled(lab)
    assert control.read(lab.controller.state) == value
    assert control.typed.value == told


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("leads", "400", "Leads, of the plan’s = '400': must be between 25% and 300%"),
        ("leads", "5", "Leads, of the plan’s = '5': must be between 25% and 300%"),
        ("leads", "a third", "Leads, of the plan’s = 'a third': must be a share, such as 85%"),
        ("leads", "1,300.5", "must be a share, such as 85%"),
        ("reps", "12,5", "Reps = '12,5': must be a whole number, such as 12"),
        ("reps", "-1", "must be a whole number"),
        ("reps", "99", "Reps = '99': must be between 0 and 20"),
        ("reps", "", "must be a whole number"),
    ],
)
def test_what_cannot_be_typed_is_told_and_the_field_shows_what_holds(
    lab: Lab, name: str, typed: str, said: str
) -> None:
    control = lab.sliders[name]
    stood, shown_before = control.widget.value, control.typed.value
    control.typed.value = typed
    assert said in html.unescape(lab.message.value)
    assert "lab-trouble" in lab.message.value
    assert (control.widget.value, control.typed.value) == (stood, shown_before)


@pytest.mark.usefixtures("unpainted")
def test_a_field_that_shows_a_rounded_share_moves_nothing_when_it_is_left(lab: Lab) -> None:
    control = lab.controls["inbound_time"]
    control.widget.value = 0.4333
    assert control.typed.value == "43%"
    control.typed.value = "43"
    assert control.widget.value == 0.43
    control.widget.value = 0.4333
    assert control.widget.value == 0.4333


@pytest.mark.usefixtures("unpainted")
def test_a_fault_that_is_typed_outlives_a_move_made_just_before_it(tiny: Path) -> None:
    """Lost, the move counts once the hand rests, and what was told of the fault is gone before it is read."""
    lab = Lab(open_state(tiny, years=1), rests_seconds=30.0)
    lab.sliders["leads"].typed.value = "85%"
    lab.sliders["reps"].typed.value = "a dozen"
    settled(lab)
    assert lab.controller.state.setting.lead_factor == 0.85
    assert "must be a whole number" in lab.message.value
    lab.close()


@pytest.mark.usefixtures("unpainted")
def test_a_lever_moves_the_slider_along_and_a_second_click_takes_it_back(lab: Lab) -> None:
    before = lab.scorecard.value
    lever = lab.levers["two_more_reps"]
    lever.value = True
    assert lab.sliders["reps"].widget.value == 10
    assert escape("Not in the contribution") not in lab.changes.value
    assert lever.description.startswith("✓ ")
    settled(lab)
    lever.value = False
    assert lab.sliders["reps"].widget.value == 8
    settled(lab)
    assert lab.scorecard.value == before
    lab.levers["one_more_ae"].value = True
    assert lab.sliders["account_executives"].widget.value == 6
    assert escape("Not in the contribution: $20k once and $220k a year") in lab.changes.value
    settled(lab)


@pytest.mark.usefixtures("unpainted")
def test_a_lever_beyond_the_slider_is_shown_all_the_same(tmp_path: Path) -> None:
    more = "  thirty: {label: Thirty reps, set: {sales.sdr.headcount: 30}}\n"
    more += "  odd: {label: An odd limit, set: {sla.speed.within: 7 business hours}}\n"
    path = write_tiny(tmp_path)
    head, _ = path.read_text().split("alternatives:")
    path.write_text(f"{head}alternatives:\n  new_leads_first: null\n  evening_rota: null\n{more}")
    lab = Lab(open_state(path, years=1))
    lab.levers["thirty"].value = True
    lab.levers["odd"].value = True
    assert lab.sliders["reps"].widget.value == 30
    limit = lab.sliders["limit"].widget
    assert limit.value == "7 business hours"
    assert limit.options.index("6 business hours") + 1 == limit.options.index("7 business hours")
    lab.close()


@pytest.mark.usefixtures("unpainted")
def test_undo_and_as_opened_move_the_controls_back(lab: Lab) -> None:
    assert lab.undo_button.disabled
    for value in (9, 11):
        lab.sliders["reps"].widget.value = value
        settled(lab)
    lab.undo_button.click()
    assert lab.sliders["reps"].widget.value == 9
    lab.sliders["leads"].widget.value = 1.5
    settled(lab)
    lab.reset_button.click()
    assert (lab.sliders["reps"].widget.value, lab.sliders["leads"].widget.value) == (8, 1.0)
    lab.undo_button.click()
    assert (lab.sliders["reps"].widget.value, lab.sliders["leads"].widget.value) == (9, 1.5)


@pytest.mark.usefixtures("unpainted")
def test_pin_and_compare_show_paired_differences_until_unpinned(lab: Lab) -> None:
    lab.pin_button.click()
    lab.sliders["reps"].widget.value = 1
    settled(lab)
    assert "difference" in lab.comparison.value
    assert escape("Against the pinned plan, in the same 3 simulated years") in lab.comparison.value
    assert lab.pin_button.description == "Unpin"
    lab.pin_button.click()
    settled(lab)
    assert lab.comparison.value == ""
    assert lab.pin_button.description == "Pin this plan"


@pytest.mark.usefixtures("unpainted")
def test_save_writes_a_file_that_opens_to_what_is_shown_and_never_over_another(lab: Lab) -> None:
    lab.sliders["reps"].widget.value = 3
    settled(lab)
    lab.save_name.value = "three reps"
    lab.save_button.click()
    [path] = lab.controller.state.source.parent.glob("three-reps-*.yaml")
    assert load(path).digest == lab.controller.state.scenario.digest
    assert escape(path.name) in lab.kept.value
    lab.save_button.click()
    assert "lab-trouble" in lab.kept.value
    lab.save_over.value = True
    lab.save_button.click()
    assert "lab-trouble" not in lab.kept.value


@pytest.mark.usefixtures("unpainted")
def test_dragging_counts_once_per_rest_and_leaves_the_slider_in_the_hand(tiny: Path) -> None:
    lab = Lab(open_state(tiny, years=1), rests_seconds=HANG_SECONDS)
    for value in (9, 10, 11, 12, 13, 14):
        lab.sliders["reps"].widget.value = value
    assert lab.controller.state.history == ()
    lab.levers["two_business_hours"].value = True
    assert lab.sliders["reps"].widget.value == 14
    settled(lab)
    assert lab.controller.state.scenario.sales.sdr.headcount == 14
    assert len(lab.controller.state.history) == 2
    lab.close()


@pytest.mark.usefixtures("unpainted")
def test_stop_leaves_the_last_answer_and_says_so(tiny: Path) -> None:
    lab = Lab(open_state(tiny, years=50_000))
    assert lab.wait_first(HANG_SECONDS) is not None
    lab.cancel_button.click()
    settled(lab)
    assert escape("stopped; the answer shown stays") in lab.message.value
    assert DRAWN in lab.waiting.value
    lab.close()


def test_a_fault_while_simulating_is_shown_and_the_lab_goes_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(lab)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("<b>gone</b>")

    with monkeypatch.context() as patch:
        patch.setattr(lab_years, "simulate", broken)
        lab.sliders["reps"].widget.value = 3
        settled(lab)
    assert "ZeroDivisionError" in lab.message.value
    assert "<b>" not in lab.message.value
    assert shown(lab) == before
    lab.sliders["reps"].widget.value = 4
    settled(lab)
    assert shown(lab) != before
    assert "ZeroDivisionError" not in lab.message.value


def test_a_fault_of_the_lab_itself_is_shown_where_the_reader_looks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("why")

    monkeypatch.setattr(lab.controller, "save", broken)
    lab.save_button.click()
    assert escape("KeyError") in lab.message.value
    monkeypatch.setattr(widgets, "waiting_png", broken)
    lab.sliders["reps"].widget.value = 4
    settled(lab)
    assert escape("could not be simulated") in lab.message.value


@pytest.mark.usefixtures("unpainted")
def test_a_lever_that_does_not_go_with_the_reps_is_told_and_springs_back(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    path.write_text(path.read_text().replace(", evening_rota: null", ""))
    lab = Lab(open_state(path, years=1))
    lab.sliders["reps"].widget.value = 2
    settled(lab)
    lab.levers["evening_rota"].value = True
    assert not lab.levers["evening_rota"].value
    assert "lab-trouble" in lab.message.value
    assert lab.sliders["reps"].widget.value == 2
    lab.close()


@pytest.mark.usefixtures("unpainted")
def test_five_hundred_hostile_names_stay_text(tiny: Path) -> None:
    from tests.hostile import hostile_texts

    lab = Lab(open_state(tiny, years=1))
    settled(lab)
    answer = lab.answer
    assert answer is not None
    allowed = scorecard_html(answer).count("<")
    for text in hostile_texts():
        card = {**answer.scorecard, "clauses": [{**answer.scorecard["clauses"][0], "text": text},
                                                *answer.scorecard["clauses"][1:]]}  # fmt: skip
        made = scorecard_html(lab_years.Answer(answer.experiment, card, None, final=False))
        assert made.count("<") == allowed
        lab.save_name.value = text
        lab.controller._tell(widgets.Told(text))
        assert lab.message.value.count("<") in {0, 2}
    lab.close()


@pytest.mark.usefixtures("unpainted")
def test_a_plan_without_a_promise_opens_too(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    text = path.read_text().replace("sla: {speed: {within: 6 business hours}, demo_speed: null}", "sla: null")
    path.write_text(text.replace("evening_rota: null", "evening_rota: null, two_business_hours: null"))
    lab = Lab(open_state(path, years=2))
    settled(lab)
    assert "limit" not in lab.sliders
    assert "No contract is written" in lab.scorecard.value
    lab.close()


def test_a_plan_without_a_lead_is_drawn_too(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    text = path.read_text().replace("visits_per_month: 1000", "visits_per_month: 0")
    path.write_text(text.replace("visits_per_month: 300", "visits_per_month: 0").replace("500}", "0}"))
    lab = Lab(open_state(path, years=2))
    settled(lab)
    assert lab.trouble == ""
    assert DRAWN in lab.response.value
    assert escape("no case") in lab.scorecard.value or "no case" in lab.scorecard.value
    lab.close()


def test_a_debounce_hands_over_only_the_last_of_each_control() -> None:
    seen, waits = [], []
    debounce = Debounce(HANG_SECONDS, seen.append)
    for control, value in [*(("a", value) for value in range(10)), ("b", 1)]:
        debounce.note(control, value)
        waits.append(debounce._timer)
    assert [timer.finished.is_set() for timer in waits] == [True] * 10 + [False]
    assert debounce.waits("a")
    assert seen == []
    waits[-1].function()
    assert seen == [{"a": 9, "b": 1}]
    assert not debounce.waits("a")


def test_a_debounce_hands_over_by_itself_once_the_hand_rests() -> None:
    handed = threading.Event()
    debounce = Debounce(0.01, lambda _: handed.set())
    debounce.note("a", 1)
    assert handed.wait(HANG_SECONDS)
    assert not debounce.waits("a")


# ------------------------------------------------------------------------------------------------ the notebook


GIVEN = {"replications": 2, "seed": 1, "workers": 0, "tables_dir": ""}


def test_the_notebook_holds_a_screen_and_no_logic() -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "scenario_lab.ipynb", as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "lab.screen" in code
    assert sum(len(ast.parse(source).body) for source in code) <= 12


def test_a_misspelt_parameter_is_refused(tiny: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'seed'"):
        page.open_lab({**GIVEN, "params_path": str(tiny), "sede": 1})


@pytest.mark.usefixtures("unpainted")
def test_the_key_figures_are_those_of_the_first_look(tiny: Path, tmp_path: Path) -> None:
    lab = page.open_lab({**GIVEN, "replications": 30, "params_path": str(tiny)})
    told = page.key_figures(lab)
    assert lab.first is not None
    assert lab.first.years == 4
    assert told.splitlines()[0].startswith("speed kept in a month")
    settled(lab)
    assert page.key_figures(lab) == told
    page.keep_first_look(lab, "")
    page.keep_first_look(lab, str(tmp_path / "tables"))
    assert list((tmp_path / "tables").glob("*.parquet"))
    lab.close()


@pytest.mark.usefixtures("unpainted")
def test_the_cells_can_be_run_again(tiny: Path) -> None:
    first = page.open_lab({**GIVEN, "params_path": str(tiny)})
    second = page.open_lab({**GIVEN, "params_path": str(tiny), "lab": first})
    assert not first.controller._worker._thread.is_alive()
    settled(second)
    second.close()


def test_a_first_look_that_fails_is_an_error_in_a_run_that_nobody_watches(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("gone")

    monkeypatch.setattr(lab_years, "simulate", broken)
    lab = page.open_lab({**GIVEN, "params_path": str(tiny)})
    with pytest.raises(RunFailed, match="ZeroDivisionError"):
        page.key_figures(lab)
    lab.close()


@pytest.mark.usefixtures("unpainted")
def test_a_promise_that_moved_alone_is_told_to_change_nothing_that_reps_do(tmp_path: Path) -> None:
    path = write_tiny(tmp_path, more="sales: {sdr: {queue: {order: oldest_due}}}\n")
    lab = Lab(open_state(path, years=3), rests_seconds=0.02)
    settled(lab)
    lab.sliders["limit"].widget.value = "3 business hours"
    settled(lab)
    assert escape("speed, promised within: 6 business hours → 3 business hours") in lab.changes.value
    assert "Only the promise changed" in lab.changes.value
    lab.sliders["reps"].widget.value = 9
    settled(lab)
    assert "Only the promise changed" not in lab.changes.value
    lab.close()
