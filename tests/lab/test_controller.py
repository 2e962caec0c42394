"""The lab without a screen: one state, pure updates, one run in flight, and the numbers of the command line."""

from __future__ import annotations

import errno
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from smarketing_sim import files
from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.compare import compare
from smarketing_sim.experiment.results import to_json
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.lab import simulated_years as lab_years
from smarketing_sim.lab.controller import Controller
from smarketing_sim.lab.saving import plan_text, save
from smarketing_sim.lab.simulated_years import Answer, Progress, Years, refine
from smarketing_sim.lab.state import (
    LOOKS,
    State,
    lever_on,
    move,
    new_cautions,
    open_state,
    pin,
    pull_lever,
    reset,
    scale_leads,
    undo,
    unpin,
)
from smarketing_sim.scenario.files import load
from tests.patience import HANG_SECONDS

from .conftest import Ear, settled

REPS = "sales.sdr.headcount"
LIMIT = "sla.speed.within"


# ------------------------------------------------------------------------------------------------ pure updates


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("3 days", ["sla.depth: attempt 4 is planned at least 4 days after the first one, the clause allows 3 days"]),
        ("4 days", []),
        ("20 business days", []),
    ],
)
def test_a_window_shorter_than_the_cadence_is_told(state: State, window: str, said: list[str]) -> None:
    assert new_cautions(move(state, "sla.depth.within", window)) == said


def test_a_pause_within_a_business_day_is_no_day(state: State) -> None:
    gaps = move(state, "sales.sdr.cadence.gaps", ["2 business hours"])
    assert new_cautions(move(gaps, "sla.depth.within", "6 hours")) == []
    assert new_cautions(move(gaps, "sla.depth.within", "5 hours")) != []


def test_a_company_that_never_opens_has_no_business_day_to_count_in(state: State) -> None:
    never = move(state, "calendar.hours", {})
    assert all("sla.depth" not in told for told in new_cautions(move(never, "sla.depth.within", "6 hours")))


def test_a_move_makes_another_state_and_leaves_the_old_one(state: State) -> None:
    moved = move(state, REPS, 12)
    assert moved.scenario.sales.sdr.headcount == 12
    assert moved.setting.overrides == {REPS: 12}
    assert (state.scenario.sales.sdr.headcount, dict(state.setting.overrides), state.history) == (8, {}, ())


def test_a_move_back_to_where_the_plan_was_leaves_nothing_to_save(state: State) -> None:
    back = move(move(move(state, REPS, 12), LIMIT, "2 business hours"), REPS, 8)
    assert back.setting.overrides == {LIMIT: "2 business hours"}
    assert back.changes == {LIMIT: "2 business hours"}


def test_a_move_to_where_it_stands_is_no_move(state: State) -> None:
    assert move(state, REPS, 8) is state
    assert scale_leads(state, 1.0) is state
    assert reset(state) is state
    assert undo(state) is state


def test_leads_grow_with_what_was_moved_and_go_back_at_one(state: State) -> None:
    path = "marketing.sources.organic.visits_per_month"
    doubled = scale_leads(move(state, path, 400), 2.0)
    assert doubled.scenario.marketing.sources["organic"].visits_per_month == (800.0,)
    assert doubled.scenario.marketing.sources["paid_search"].visits_per_month == (600.0,)
    assert scale_leads(doubled, 1.0).scenario.digest == move(state, path, 400).scenario.digest


@pytest.mark.parametrize("factor", [-0.5, float("nan"), float("inf")])
def test_a_number_of_leads_that_cannot_be_is_refused(state: State, factor: float) -> None:
    with pytest.raises(InputError, match="leads"):
        scale_leads(state, factor)


def test_a_lever_goes_on_and_off_and_a_slider_that_says_the_same_puts_it_on(state: State) -> None:
    on = pull_lever(state, "two_more_reps")
    assert on.scenario.sales.sdr.headcount == 10
    assert lever_on(on, "two_more_reps")
    assert not lever_on(state, "two_more_reps")
    assert lever_on(move(state, REPS, 10), "two_more_reps")
    assert not lever_on(move(on, REPS, 11), "two_more_reps")
    off = pull_lever(on, "two_more_reps")
    assert (off.scenario.digest, dict(off.setting.overrides)) == (state.scenario.digest, {})


def test_a_lever_stays_on_while_the_number_of_leads_is_moved(state: State) -> None:
    assert lever_on(scale_leads(pull_lever(state, "two_more_reps"), 1.5), "two_more_reps")


def test_an_unknown_lever_is_refused_with_the_nearest_name(state: State) -> None:
    with pytest.raises(InputError, match="did you mean 'two_more_reps'"):
        pull_lever(state, "two_more_rep")


def test_undo_goes_back_move_by_move_and_takes_back_a_reset(state: State) -> None:
    first = move(state, REPS, 12)
    third = scale_leads(pull_lever(first, "two_business_hours"), 1.25)
    cleared = reset(third)
    assert cleared.scenario.digest == state.scenario.digest
    back = [cleared]
    for _ in range(4):
        back.append(undo(back[-1]))
    expected = [cleared, third, pull_lever(first, "two_business_hours"), first, state]
    assert [s.scenario.digest for s in back] == [s.scenario.digest for s in expected]
    assert (back[-1].setting, back[-1].history) == (state.setting, ())


def test_a_pin_stays_while_the_plan_moves_on(state: State) -> None:
    pinned = move(pin(state), REPS, 12)
    assert pinned.pinned is state.scenario
    assert undo(pinned).pinned is state.scenario
    assert unpin(pinned).pinned is None


def test_the_answer_is_refined_in_steps_to_the_years_asked_for(tiny: Path) -> None:
    assert open_state(tiny).looks == (*LOOKS, 200) == (4, 20, 200)
    assert open_state(tiny, years=20).looks == (4, 20)
    assert open_state(tiny, years=3).looks == (3,)
    with pytest.raises(InputError, match="between 1"):
        open_state(tiny, years=0)


def test_a_promise_that_the_cadence_cannot_keep_is_pointed_out(state: State) -> None:
    assert new_cautions(state) == []
    [caution] = new_cautions(move(state, "sales.sdr.cadence.max_attempts", 2))
    assert "asks for 4 attempts, the cadence plans 2" in caution


def test_a_caution_is_told_when_it_comes_up(controller: Controller, ear: Ear) -> None:
    controller.apply(lambda s: move(s, "sales.sdr.cadence.max_attempts", 2))
    assert ear.words == new_cautions(controller.state)
    assert ear.troubles == []


# ------------------------------------------------------------------------------------------------ numbers


def test_the_numbers_are_those_of_the_command_to_the_last_digit(controller: Controller, ear: Ear) -> None:
    controller.apply(lambda s: scale_leads(move(s, REPS, 2), 1.5))
    settled(controller)
    for answer in ear.answers:
        alone = Simulation(answer.years, controller.state.seed).run(controller.state.scenario)
        assert answer.scorecard == to_json(alone)
    assert [(a.years, a.final) for a in ear.answers] == [(4, False), (6, True)]
    assert controller.state.simulated == 6


def test_the_pinned_plan_is_compared_as_the_command_does(controller: Controller, ear: Ear) -> None:
    before = controller.state.scenario
    controller.apply(pin)
    controller.apply(lambda s: move(s, REPS, 2))
    settled(controller)
    seed = controller.state.seed
    alone = compare(Simulation(6, seed).run(before), Simulation(6, seed).run(controller.state.scenario))
    assert ear.answers[-1].comparison == alone
    assert alone["measures"]["sdr_utilisation"]["difference"]["mean"] > 0
    controller.apply(unpin)
    settled(controller)
    assert ear.answers[-1].comparison is None


def test_beyond_twenty_years_the_ceilings_are_still_those_of_the_command(state: State) -> None:
    *_, last = refine(Years(), state.scenario, pinned=None, seed=3, looks=(22,))
    assert not isinstance(last, Progress)
    assert last.scorecard == to_json(Simulation(22, 3).run(state.scenario))


def test_years_are_simulated_once_and_leads_are_sampled_once_while_they_stay_the_same(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled, simulated = [], []
    sample, simulate = lab_years.sample_demand, lab_years.simulate
    monkeypatch.setattr(lab_years, "sample_demand", lambda *a, **k: sampled.append(k) or sample(*a, **k))
    monkeypatch.setattr(lab_years, "simulate", lambda *a, **k: simulated.append(a) or simulate(*a, **k))
    years, more_reps = Years(), move(state, REPS, 12)
    ask = partial(refine, years, pinned=None, seed=1)
    list(ask(state.scenario, looks=(4, 6)))
    assert (len(sampled), len(simulated)) == (6, 6)
    list(ask(more_reps.scenario, looks=(4, 6)))
    assert (len(sampled), len(simulated)) == (6, 12)
    back = list(ask(state.scenario, looks=(4, 6)))
    assert (len(sampled), len(simulated)) == (6, 12)
    assert [type(news).__name__ for news in back] == ["Answer"]
    (answer,) = list(ask(move(state, "sla.speed.target", 0.5).scenario, looks=(4, 6)))
    assert (len(sampled), len(simulated)) == (6, 12)  # a promise for fewer leads is held against what was counted
    told = {one["id"]: one["target"] for one in answer.scorecard["clauses"]}  # type: ignore[union-attr]
    assert told["sla.speed"] == 0.5
    list(ask(scale_leads(state, 2.0).scenario, looks=(4,)))
    assert (len(sampled), len(simulated)) == (10, 16)


def test_leads_are_kept_for_the_plans_in_question_only(state: State) -> None:
    years = Years()
    for factor in (1.0, 1.5, 2.0, 2.5):
        list(refine(years, scale_leads(state, factor).scenario, pinned=state.scenario, seed=1, looks=(12,)))
    assert len(years._demands) == 24


def test_leads_are_kept_up_to_a_number_whatever_the_plan(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    years = Years()
    [*_, all_kept] = refine(years, state.scenario, pinned=None, seed=1, looks=(4,))
    sizes = [len(demand.lead_id) for demand in years._demands.values()]
    monkeypatch.setattr(lab_years, "_KEPT_LEADS", sizes[0] + sizes[1])
    few = Years()
    [*_, answer] = refine(few, state.scenario, pinned=None, seed=1, looks=(4,))
    assert [len(demand.lead_id) for demand in few._demands.values()] == sizes[:2]
    assert answer.scorecard == all_kept.scorecard


def test_plans_that_were_asked_about_long_ago_are_forgotten(state: State) -> None:
    years = Years()
    for reps in range(1, 80):
        years.known(move(state, REPS, reps).scenario, 1)
    assert len(years._plans) == 64


# ------------------------------------------------------------------------------------------------ the worker


@pytest.mark.slow
def test_a_hundred_quick_moves_leave_one_run_in_flight_and_the_last_answer_wins(
    controller: Controller, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most, simulate = [0], [0], lab_years.simulate

    def counting(*args: object, **how: object) -> object:
        running[0] += 1
        most[0] = max(most[0], running[0])
        try:
            return simulate(*args, **how)  # type: ignore[arg-type]
        finally:
            running[0] -= 1

    monkeypatch.setattr(lab_years, "simulate", counting)
    threads = threading.active_count()
    for turn in range(100):
        controller.apply(lambda s, reps=1 + turn % 17: move(s, REPS, reps))
    controller.apply(lambda s: move(s, REPS, 5))
    settled(controller)
    assert most == [1]
    assert threading.active_count() == threads
    assert ear.answers[-1].final
    assert ear.answers[-1].experiment.scenario.digest == controller.state.scenario.digest
    assert controller.state.scenario.sales.sdr.headcount == 5
    assert sum(answer.final for answer in ear.answers) < 20
    assert ear.troubles == []


def test_an_answer_to_an_older_question_is_never_told_after_a_newer_move(controller: Controller, ear: Ear) -> None:
    for reps in (1, 2, 3, 4):
        controller.apply(lambda s, reps=reps: move(s, REPS, reps))
        controller.wait(0.05)
    settled(controller)
    told = [answer.experiment.scenario.sales.sdr.headcount for answer in ear.answers]
    assert told == sorted(told)
    assert told[-1] == 4


def test_progress_counts_up_to_each_answer(controller: Controller, ear: Ear) -> None:
    controller.ask()
    settled(controller)
    told = [(news.done, news.planned) for news in ear.heard if isinstance(news, Progress)]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4), (5, 6), (6, 6)]


def test_a_cancelled_run_stops_keeps_its_years_and_can_be_taken_up_again(tiny: Path, ear: Ear) -> None:
    begun = threading.Event()

    def listen(news: object) -> None:
        ear(news)  # type: ignore[arg-type]
        begun.set()

    controller = Controller(open_state(tiny, years=100_000), listen)
    controller.ask()
    assert begun.wait(HANG_SECONDS)
    controller.cancel()
    settled(controller)
    assert not [answer for answer in ear.answers if answer.final]
    assert ear.words == ["stopped; the answer shown stays"]
    done = len([news for news in ear.heard if isinstance(news, Progress)])
    controller.cancel()
    assert len(ear.words) == 1
    controller.ask()
    controller.cancel()
    controller.close()
    assert done < 100_000


def test_an_exception_in_the_worker_is_told_in_one_line_and_the_lab_goes_on(
    controller: Controller, ear: Ear, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing\nat all")

    with monkeypatch.context() as patch:
        patch.setattr(lab_years, "simulate", broken)
        controller.apply(lambda s: move(s, REPS, 3))
        settled(controller)
    told = "this could not be simulated: internal error in the lab (ZeroDivisionError); the details are in its log"
    assert ear.troubles == [told]
    assert "by nothing\nat all" in caplog.text
    assert ear.answers == []
    controller.apply(lambda s: move(s, REPS, 4))
    settled(controller)
    assert ear.answers[-1].final


def test_a_listener_that_fails_is_told_of_and_does_not_end_the_worker(state: State) -> None:
    heard: list[object] = []

    def listen(news: object) -> None:
        heard.append(news)
        if isinstance(news, Answer) and not news.final:
            raise RuntimeError("no paint")

    controller = Controller(state, listen)
    controller.ask()
    settled(controller)
    assert "internal error in the lab (RuntimeError)" in str(heard[-1])
    controller.apply(lambda s: replace(s, years=3))
    settled(controller)
    assert isinstance(heard[-1], Answer)
    controller.close()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (REPS, -1, REPS),
        (REPS, "many", REPS),
        ("sales.sdr.headcont", 9, "did you mean 'headcount'"),
        (LIMIT, "soon", LIMIT),
        ("marketing.sources.organic.visits_per_month", 1e300, "visits_per_month"),
        ("sales.sdr.cadence.gaps.99", "1 day", "gaps.99"),
    ],
)
def test_bad_input_is_told_in_one_line_and_the_state_stays(
    controller: Controller, ear: Ear, path: str, value: object, said: str
) -> None:
    before = controller.state
    assert not controller.apply(lambda s: move(s, path, value))
    assert controller.state is before
    assert len(ear.troubles) == 1
    assert said in ear.troubles[0]
    assert "\n" not in ear.troubles[0]


def test_more_leads_than_can_be_simulated_are_told_and_the_lab_goes_on(controller: Controller, ear: Ear) -> None:
    assert not controller.apply(lambda s: scale_leads(s, 1e6))
    [told] = ear.troubles
    assert "20,000,000 can be simulated" in told
    assert not controller.apply(lambda s: scale_leads(s, 1e12))
    assert "--set" not in ear.troubles[-1]
    assert "more problem" in ear.troubles[-1]
    controller.apply(lambda s: move(s, REPS, 3))
    settled(controller)
    assert ear.answers[-1].final


# ------------------------------------------------------------------------------------------------ saving


def _much_moved(state: State) -> State:
    moved = scale_leads(pull_lever(move(state, REPS, 12), "more_inbound_time"), 1.35)
    moved = move(moved, "calendar.hours.fri", ["09:00-13:00"])
    moved = move(moved, "sales.sdr.cadence.gaps.0", "2 business days")
    moved = move(moved, "marketing.sources.demo_request", None)
    moved = move(moved, "sales.sdr.reps.3.shift", {"mon-thu": ["10:00-16:00"]})
    return move(moved, "personas.small.deal_value", "$15k")


def test_a_saved_plan_extends_the_opened_one_and_opens_to_the_same_digest(state: State) -> None:
    moved = _much_moved(state)
    path = save(moved, "Hire & wait")
    assert path.parent == state.source.parent
    text = path.read_text()
    assert text.splitlines()[1:3] == ["extends: tiny.yaml", "name: Hire & wait"]
    reopened = load(path)
    assert reopened.digest == moved.scenario.digest != state.scenario.digest
    assert reopened.name == "Hire & wait"
    again = save(move(open_state(path), REPS, 3), "And again")
    assert load(again).digest == move(moved, REPS, 3).scenario.digest


def test_a_saved_plan_holds_only_what_differs(state: State) -> None:
    text = plan_text(move(state, REPS, 12), "x", extends="tiny.yaml")
    assert text.splitlines()[1:] == ["extends: tiny.yaml", "name: x", "sales:", "  sdr:", "    headcount: 12"]


def test_no_file_is_written_over_unasked(controller: Controller, ear: Ear) -> None:
    controller.apply(lambda s: move(s, REPS, 12))
    path = controller.save("mine")
    assert path is not None
    first = path.read_bytes()
    controller.apply(lambda s: move(s, REPS, 13))
    assert controller.save("mine") is None
    assert "already exists" in ear.troubles[-1]
    assert path.read_bytes() == first
    assert controller.save("mine", overwrite=True) == path
    assert load(path).sales.sdr.headcount == 13


@pytest.mark.parametrize("name", ["tiny", "baseline"])
def test_a_file_that_the_plan_builds_on_is_never_written_over(state: State, name: str) -> None:
    target = state.source.parent / f"{name}.yaml"
    before = target.read_bytes()
    with pytest.raises(InputError, match="builds on"):
        save(move(state, REPS, 3), name, overwrite=True)
    assert target.read_bytes() == before


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x\x00y", "\ud800", "a\u202eb", "n" * 300])
def test_a_name_that_is_none_is_refused(state: State, name: str) -> None:
    with pytest.raises(InputError, match="give the plan a name"):
        save(state, name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["../../up", "/etc/passwd", "..\\up", "CON", ".hidden", "a/b", "{{7*7}}", "!!python/object:os.system", "#"]
)
def test_a_hostile_name_stays_text_and_inside_the_folder(state: State, name: str) -> None:
    path = save(move(state, REPS, 3), name)
    assert path.resolve().parent == state.source.parent.resolve()
    assert load(path).name == name


def test_a_link_out_of_the_folder_is_not_followed(state: State, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "kept.yaml"
    outside.write_text("kept")
    (state.source.parent / "mine.yaml").symlink_to(outside)
    with pytest.raises(InputError, match="link"):
        save(state, "mine", overwrite=True)
    assert outside.read_text() == "kept"


def test_a_folder_that_cannot_be_written_is_told_in_one_line(
    controller: Controller, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, _: bytes) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(files, "_write_synced", refused)
    assert controller.save("mine") is None
    [told] = ear.troubles
    assert told.endswith("cannot be written: Permission denied; choose another folder")
    assert not (controller.state.source.parent / "mine.yaml").exists()


def test_a_folder_that_is_gone_is_told_in_one_line(controller: Controller, ear: Ear) -> None:
    for path in controller.state.source.parent.iterdir():
        path.unlink()
    assert controller.save("mine") is None
    assert len(ear.troubles) == 1
    assert "\n" not in ear.troubles[0]


def test_a_plan_whose_file_was_changed_meanwhile_is_not_saved_as_something_else(state: State) -> None:
    state.source.write_text(state.source.read_text() + "sales: {sdr: {annual_cost: $1k}}\n")
    with pytest.raises(RunFailed, match="was changed since it was opened"):
        save(move(state, REPS, 3), "mine")
    assert not (state.source.parent / "mine.yaml").exists()


def test_a_file_that_became_broken_yaml_is_told_and_the_lab_goes_on(controller: Controller, ear: Ear) -> None:
    controller.state.source.write_text("name: [")
    assert controller.save("mine") is None
    assert len(ear.troubles) == 1
    controller.apply(lambda s: move(s, REPS, 3))
    settled(controller)
    assert ear.answers[-1].final
