"""How many people: the answer holds in other years, says where it cannot be told, and sets what is free beside it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide import staffing
from smarketing_sim.decide.erlang import steady_headcount
from smarketing_sim.decide.promise_kept import Promise
from smarketing_sim.decide.sequential import Years
from smarketing_sim.decide.staffing import MOST_EXPERIMENTS, Staffing, smallest_team, staff
from smarketing_sim.decide.staffing_answer import reason, to_json
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_all_year, kept_in_a_month
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.queueing import mmc
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from tests.builders import make_scenario
from tests.experiment.stubs import small

KEEP = 0.9
SPEED = {"target": 0.9, "within": "4 business hours"}


COUNTED: list[int] = []


@pytest.fixture(scope="module")
def answer() -> Staffing:
    panel = Simulation.panel

    def counting(simulation: Simulation, plans: Any, **how: Any) -> Any:
        COUNTED.append(len(plans))
        return panel(simulation, plans, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Simulation, "panel", counting)
        return staff(small(), Simulation(60), keep=KEEP)


@pytest.fixture
def few_levers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a question that is not about what is free spend no time on it."""
    monkeypatch.setattr(staffing, "_MOST_LEVERS", 2)


def team(scenario: Scenario, headcount: int) -> Scenario:
    return override(scenario, {"sales.sdr.headcount": headcount})


@pytest.mark.slow
def test_in_other_years_the_answer_keeps_the_promises_and_one_fewer_does_not(answer: Staffing) -> None:
    assert answer.search.decided
    assert answer.headcount is not None
    enough, fewer = (
        kept_in_a_month(all_kept_months(Simulation(120, 77).run(team(small(), count)), ("sales",)))
        for count in (answer.headcount, answer.headcount - 1)
    )
    assert enough.low >= KEEP
    assert fewer.high < KEEP


@pytest.mark.slow
def test_the_answer_is_told_by_intervals_on_both_sides(answer: Staffing) -> None:
    assert answer.p_kept.low >= KEEP
    assert answer.p_kept_one_fewer is not None
    assert answer.p_kept_one_fewer.high < KEEP
    assert f"{answer.headcount} reps keep the promises in" in reason(answer)


def test_each_look_is_widened_so_that_all_of_them_hold_together(answer: Staffing) -> None:
    """By hand: sixty years are looked at after 25 and after 60, each with half of the five per cent."""
    assert answer.terms.looks == (25, 60)
    assert answer.promise.level == pytest.approx(0.975)


def test_fewer_than_sixty_experiments_are_needed_and_counted(answer: Staffing) -> None:
    assert answer.experiments == sum(COUNTED) <= MOST_EXPERIMENTS < 60


def test_every_headcount_meets_the_same_leads(answer: Staffing) -> None:
    step = answer.step(5)
    assert step is not None
    again = Simulation(step.years).run(team(small(), 5))
    known = Simulation(step.years).run(small())
    assert np.array_equal(again.series("handed_count"), known.series("handed_count"))
    assert step.contribution.mean == pytest.approx(again.series("contribution").mean())
    gap = again.series("contribution") - known.series("contribution")
    assert step.difference.mean == pytest.approx(gap.mean())
    assert step.people_cost == 5 * 60_000


def test_the_free_change_is_judged_in_other_years_than_it_was_found_in(answer: Staffing) -> None:
    free = answer.free
    assert free is not None
    assert free.lever.cost == "nothing"
    assert free.lever.scenario is not None
    found = Simulation(free.years).run(free.lever.scenario)
    assert free.p_kept.mean == pytest.approx(np.nanmean(all_kept_months(found, ("sales",))))
    assert free.enough == answer.promise.decided(free.p_kept)


@pytest.mark.slow
@pytest.mark.usefixtures("few_levers")
def test_a_year_is_kept_less_often_than_a_month(answer: Staffing) -> None:
    yearly = staff(small(), Simulation(60), keep=KEEP, period="year")
    assert yearly.headcount is not None
    assert answer.headcount is not None
    assert yearly.headcount >= answer.headcount
    step = yearly.step(3)
    assert step is not None
    found = Simulation(step.years).run(small())
    assert step.p_kept.mean == kept_all_year(all_kept_months(found, ("sales",))).mean
    assert answer.step(3).p_kept.mean > step.p_kept.mean  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.usefixtures("few_levers")
def test_an_impossible_promise_names_the_clause_and_what_unlimited_reps_reach() -> None:
    plan = small(sla={"speed": SPEED | {"within": "30 minutes"}, "feedback": {"target": 0.9, "within": "14 days"}})
    found = staff(plan, Simulation(25), keep=0.8, cap=8)
    assert (found.headcount, found.search.decided) == (None, True)
    assert found.unlimited is not None
    assert found.unlimited.obstacle == "speed"
    ceiling = [m.ceiling["speed"] for m in Simulation(20).run(plan).measures]
    assert found.unlimited.attained["speed"].mean == pytest.approx(np.mean(ceiling), abs=0.03)
    assert found.unlimited.attained["speed"].mean < 0.9
    told = reason(found)
    assert "no headcount up to 8 keeps the promises in 80% of months" in told
    assert "unlimited reps reach" in told
    assert told.endswith("what stands in the way is sla.speed")


@pytest.mark.usefixtures("few_levers")
def test_a_cap_below_what_is_needed_says_that_more_may_help() -> None:
    found = staff(small(), Simulation(25), keep=0.8, cap=3)
    assert found.headcount is None
    assert found.p_kept_one_fewer is None
    assert reason(found).endswith("so a larger cap may help")


@pytest.mark.usefixtures("few_levers")
def test_judging_all_clauses_counts_what_marketing_promised_too() -> None:
    found = staff(small(), Simulation(25), keep=KEEP, clauses="all", cap=6)
    assert found.promise.clauses == ("speed", "depth", "quality", "feedback", "volume", "pacing")
    assert found.headcount is None
    assert found.unlimited is not None
    assert found.unlimited.obstacle in {"volume", "pacing"}
    assert any("a promise on volume" in note for note in to_json(found)["notes"])


@pytest.mark.usefixtures("few_levers")
def test_a_rep_with_terms_of_their_own_bounds_the_team_from_below() -> None:
    plan = small(marketing__sources__web__leads_per_month=20, sales__sdr__reps={"2": {"skill": 1.1}})
    assert smallest_team(plan) == 2
    found = staff(plan, Simulation(25), keep=0.5)
    assert (found.headcount, found.search.decided) == (2, True)
    assert found.p_kept_one_fewer is None
    assert "the plan names rep 2" in reason(found)
    assert to_json(found)["headcount_lowest"] == 2


def test_a_territory_bounds_the_team_too() -> None:
    territory = {"west": {"reps": [1, 3], "takes": {"source": "web"}}}
    assert smallest_team(small(sales__sdr__routing={"rule": "territory", "territories": territory})) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("few_levers")
def test_the_same_question_gives_the_same_answer() -> None:
    answers = [json.dumps(to_json(staff(small(), Simulation(25), keep=KEEP)), allow_nan=False) for _ in range(2)]
    assert answers[0] == answers[1]


def test_json_tells_all_that_was_promised(answer: Staffing) -> None:
    told = json.loads(json.dumps(to_json(answer), allow_nan=False))
    assert {"headcount", "keep", "p_kept", "p_kept_one_fewer", "decided", "experiments"} <= set(told)
    assert {"cost_curve", "free_alternative", "clauses", "period", "reason"} <= set(told)
    assert told["clauses"] == ["sla.speed", "sla.depth", "sla.feedback"]
    assert (told["period"], told["promised_by"], told["keep"]) == ("month", "sales", KEEP)
    assert [step["headcount"] for step in told["cost_curve"]] == sorted(answer.search.seen)
    assert all(set(step["p_kept"]) == {"mean", "low", "high"} for step in told["cost_curve"])
    assert {"id", "label", "set", "p_kept", "enough"} <= set(told["free_alternative"])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"keep": 1.0}, "keep = 1.0: must lie above 0 and below 1"),
        ({"keep": 0.0}, "keep = 0.0: must lie above 0 and below 1"),
        ({"clauses": "sale"}, "clauses = 'sale': must be one of sales, all; did you mean 'sales'?"),
        ({"period": "week"}, "period = 'week': must be one of month, year"),
        ({"cap": 0}, "cap = 0: must be from 1, to 2,000"),
        ({"cap": 2001}, "cap = 2001: must be from 1, to 2,000"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_clear_line(how: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match="^" + said.replace("?", r"\?")):
        staff(small(), Simulation(), **how)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sla": {"quality": {"target": 0.6, "within": "14 days"}}}, "sla: sales promises nothing"),
        ({"sla": None}, "sla: the contract has no clause, so"),
        ({"marketing__sources__web__leads_per_month": 0}, "no simulated month has a lead to judge by"),
    ],
    ids=["none by sales", "none at all", "no leads"],
)
@pytest.mark.usefixtures("few_levers")
def test_a_plan_from_which_no_headcount_follows_is_one_clear_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        staff(small(**changes), Simulation(2))


@pytest.mark.usefixtures("few_levers")
def test_a_plan_without_reps_is_staffed_from_nothing(answer: Staffing) -> None:
    found = staff(small(sales__sdr__headcount=0), Simulation(25), keep=KEEP)
    assert found.headcount == answer.headcount


def test_years_that_were_added_are_those_of_one_longer_run() -> None:
    years, plans = Years(Simulation(seed=4)), [small(), team(small(), 4)]
    years.reach(plans, 3)
    [longer] = years.reach(plans[:1], 7)
    whole = Simulation(7, 4).run(small())
    assert [m.replication for m in longer.measures] == list(range(7))
    assert np.array_equal(longer.series("contribution"), whole.series("contribution"))
    assert years.experiments == 3
    assert [years.count(plan) for plan in plans] == [7, 3]


def test_progress_counts_all_years_together() -> None:
    told: list[tuple[int, int]] = []
    years = Years(Simulation(progress=lambda done, planned: told.append((done, planned))), planned=5)
    years.reach([small()], 2)
    years.reach([small(), team(small(), 4)], 3)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[0] == (1, 5)
    assert told[-1] == (6, 6)


def test_unlimited_reps_are_the_ones_that_ceilings_are_made_of() -> None:
    [unlimited] = Years(Simulation()).simulate([small()], first=0, count=3, unlimited=True)
    ceilings = [m.ceiling for m in Simulation(3).run(small()).measures]
    for name in ("speed", "depth", "feedback"):
        assert [m.clauses[name].attainment for m in unlimited.measures] == [one[name] for one in ceilings]


def test_a_promise_is_decided_only_by_the_whole_interval() -> None:
    promise = Promise(0.9, "month", "sales", ("speed",), 0.95)
    chances = {
        kept: promise.share(np.array([[1.0] * kept + [0.0] * (40 - kept)] * 30).reshape(-1, 4)) for kept in (20, 36, 40)
    }
    assert [promise.decided(chances[kept]) for kept in (20, 36, 40)] == [False, None, True]


def test_theory_begins_where_a_steady_queue_keeps_the_promise() -> None:
    plan = make_scenario(
        {
            "run.horizon_months": 12,
            "marketing.sources.web.leads_per_month": 3000,
            "sales.sdr.channels.phone": dict.fromkeys(("no_answer", "voicemail", "talk"), "60 min"),
            "sla.speed": {"target": 0.9, "within": "30 minutes"},
        }
    )
    found = Simulation(4).run(plan)
    rate = float(found.series("handed_count").mean()) / (366 * 24)
    enough = [
        count
        for count in range(int(rate) + 1, 20)
        if mmc(arrival_rate=rate, service_rate=1.0, servers=count).wait_within_prob(0.5) >= 0.9
    ]
    assert steady_headcount(found, sides=("sales",), most=40) == enough[0]
    assert steady_headcount(found, sides=("marketing",), most=40) == int(rate) + 1
    assert steady_headcount(found, sides=("sales",), most=4) == 4


def test_theory_divides_the_work_by_the_share_of_the_day_and_the_days_worked() -> None:
    def start(**changes: Any) -> int:
        plan = small(marketing__sources__web__leads_per_month=3000, sla=None, **changes)
        return steady_headcount(Simulation(1).run(plan), sides=("sales",), most=500)

    whole = start()
    assert start(sales__sdr__marketing_time={"share": 0.5}) == pytest.approx(2 * whole, abs=1)
    assert start(sales__sdr__leave_days_per_year=130) == pytest.approx(2 * whole, abs=1)
    assert start(sales__sdr__pace=2.0) == pytest.approx(whole / 2, abs=1)
