"""What unfolds: each control sets what it says, reads back where it stands, can be undone, and is saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.lab.folds import folds_of
from smarketing_sim.lab.saving import save
from smarketing_sim.lab.sliders import Control
from smarketing_sim.lab.state import State, open_state, pull_lever, scale_leads, undo
from smarketing_sim.lab.widgets import Lab
from smarketing_sim.scenario.files import load
from smarketing_sim.words.markup import escape
from tests.cli.tiny import write_tiny
from tests.conftest import PARAMS
from tests.patience import HANG_SECONDS

TRIED = {
    "order": "newest",
    "new_first": True,
    "attempts": 3,
    "promised_attempts": 2,
    "window": "5 days",
    "inbound_time": 0.55,
    "decay": "steep",
    "source.organic": 1.5,
    "source.paid_search": 0.0,
    "source.demo_request": 2.05,
    "win_prob": 1.25,
    "deal_value": 0.5,
}


def controls_of(state: State) -> dict[str, Control]:
    return {name: control for fold in folds_of(state).values() for name, control in fold.items()}


def test_the_folds_hold_what_a_strategist_may_change(state: State) -> None:
    assert controls_of(state).keys() == TRIED.keys()
    whole = controls_of(open_state(PARAMS / "baseline.yaml"))
    assert len([name for name in whole if name.startswith("source.")]) == 7


@pytest.mark.slow
@pytest.mark.parametrize("name", TRIED)
def test_a_control_sets_reads_back_is_undone_and_is_saved(state: State, name: str) -> None:
    control = controls_of(state)[name]
    assert control.read(state) == control.widget.value
    moved = control.apply(state, TRIED[name])
    assert control.read(moved) == TRIED[name]
    assert moved.scenario.digest != state.scenario.digest
    assert len(moved.history) == 1
    assert control.read(undo(moved)) == control.widget.value
    assert undo(moved).scenario.digest == state.scenario.digest
    assert load(save(moved, "moved")).digest == moved.scenario.digest


def test_the_mix_and_the_slider_of_all_leads_go_together(state: State) -> None:
    control = controls_of(state)["source.organic"]
    both = control.apply(scale_leads(state, 2.0), 1.5)
    was = state.base.marketing.sources["organic"].mean_monthly_leads
    assert both.scenario.marketing.sources["organic"].mean_monthly_leads == pytest.approx(3.0 * was)
    assert both.scenario.marketing.sources["paid_search"].mean_monthly_leads == pytest.approx(
        2.0 * state.base.marketing.sources["paid_search"].mean_monthly_leads
    )
    assert control.read(both) == 1.5


def test_the_bursts_of_a_source_follow_it() -> None:
    state = open_state(PARAMS / "baseline.yaml")
    moved = controls_of(state)["source.webinar"].apply(state, 0.5)
    campaigns = moved.scenario.marketing.campaigns
    assert campaigns["winter_webinar"].first_week_leads == pytest.approx(142.5)
    assert campaigns["spring_search"].first_week_leads == pytest.approx(124.0)


def test_a_lever_moves_the_control_that_it_sets(state: State) -> None:
    pulled = pull_lever(state, "more_inbound_time")
    assert controls_of(state)["inbound_time"].read(pulled) == 0.5


def test_a_chance_above_one_is_refused(state: State) -> None:
    with pytest.raises(InputError, match="must be a share between 0 and 1"):
        controls_of(state)["win_prob"].apply(state, 6.0)


def test_a_plan_with_its_own_curve_can_leave_it_and_come_back(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    own = tmp_path / "own.yaml"
    own.write_text("extends: tiny.yaml\nname: Own\ndecay: {preset: custom, points: [[1 hour, 1], [1 day, 0.2]]}\n")
    state = open_state(own)
    decay = controls_of(state)["decay"]
    assert decay.widget.value == "custom"
    mild = decay.apply(state, "mild")
    assert (mild.scenario.decay.preset, mild.scenario.decay.points) == ("mild", None)
    assert load(save(mild, "mild")).digest == mild.scenario.digest
    assert decay.apply(mild, "custom").scenario.digest == state.scenario.digest


def test_a_plan_without_depth_or_a_second_source_has_no_control_for_them(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    text = (
        path.read_text()
        .replace("demo_speed: null}", "demo_speed: null, depth: null}")
        .replace("paid_search: {visits_per_month: 300}", "paid_search: null")
    )
    path.write_text(text.replace("demo_request: {visits_per_month: 500}", "demo_request: null"))
    found = controls_of(open_state(path))
    assert "window" not in found
    assert not [name for name in found if name.startswith("source.")]


@pytest.fixture
def lab(tiny: Path) -> Iterator[Lab]:
    made = Lab(open_state(tiny, years=1), rests_seconds=0.02)
    yield made
    made.close()


def test_folds_are_closed_until_their_button_is_pressed(lab: Lab) -> None:
    more = lab.screen.children[1].children[2].children
    buttons = [widget for widget in more if "lab-fold" in widget._dom_classes]
    insides = [widget for widget in more if "lab-folded" in widget._dom_classes]
    assert [button.description for button in buttons] == list(lab.folded)
    assert {inside.layout.display for inside in insides} == {"none"}
    buttons[1].value = True
    assert [inside.layout.display for inside in insides] == ["none", "", "none", "none", "none", "none"]
    buttons[1].value = False
    assert insides[1].layout.display == "none"


@pytest.mark.slow
def test_a_folded_control_drives_the_lab_and_follows_undo(lab: Lab) -> None:
    order = lab.folded["Queue order"]["order"].widget
    order.value = "score"
    assert lab.settle(HANG_SECONDS)
    assert lab.controller.state.scenario.sales.sdr.queue.order == "score"
    assert escape("call first: the soonest deadline") in lab.changes.value
    lab.undo_button.click()
    assert order.value == "deadline"


def test_a_control_that_asks_the_impossible_is_told_and_springs_back(lab: Lab) -> None:
    attempts = lab.folded["Cadence"]["attempts"].widget
    lab.controller.apply(lambda state: lab.controls["win_prob"].apply(state, 6.0))
    assert "lab-trouble" in lab.message.value
    assert attempts.value == 6
    assert lab.controls["win_prob"].read(lab.controller.state) == 1.0
