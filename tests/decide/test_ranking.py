"""What is free: which levers a plan has, what they cost, and how they are ranked."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide.ranking import Effect, Lever, Ranking, best_free, levers_of, rank_levers, to_json
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.compare import compare_all
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, paired_difference
from smarketing_sim.scenario import queue_orders
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import contract_calendar
from smarketing_sim.world.timeline import timeline
from tests.experiment.stubs import of, replication, small, two_clauses

ORDERS = set(queue_orders.ORDERS)
YEARS = 5


def alternatives(**sets: dict[str, Any]) -> Scenario:
    """The small company with named alternatives; a number stands for a one-off cost, the rest for paths."""
    named = {name: {"label": name.replace("_", " ").capitalize(), **made} for name, made in sets.items()}
    return small(alternatives=named)


def by_id(scenario: Scenario) -> dict[str, Lever]:
    return {lever.id: lever for lever in levers_of(scenario)}


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    plan = alternatives(
        hire={"set": {"sales.sdr.headcount": 4}, "one_off": 500},
        slower={"set": {"sla.speed.within": "8 business hours"}},
    )
    return rank_levers(plan, Simulation(YEARS))


def test_every_other_order_is_tried_with_and_without_new_leads_first() -> None:
    found = by_id(small(sales__sdr__queue__order="newest"))
    others = ORDERS - {"newest"}
    assert {f"queue.{order}" for order in others} | {f"queue.{order}.new_first" for order in others} <= set(found)
    assert not {"queue.newest", "queue.newest.new_first"} & set(found)
    assert found["queue.new_first"].overrides == {"sales.sdr.queue.new_before_retries": True}
    changed = found["queue.score.new_first"].scenario
    assert changed is not None
    assert (changed.sales.sdr.queue.order, changed.sales.sdr.queue.new_before_retries) == ("score", True)


def test_a_plan_that_calls_new_leads_first_may_stop_doing_so() -> None:
    found = by_id(small(sales__sdr__queue__new_before_retries=True))
    assert found["queue.new_not_first"].overrides == {"sales.sdr.queue.new_before_retries": False}
    assert "queue.new_first" not in found


def attempts(scenario: Scenario) -> list[int]:
    return [
        int(lever.id.rpartition(".")[2]) for lever in levers_of(scenario) if lever.id.startswith("cadence.attempts.")
    ]


def test_attempts_stay_within_the_range_of_the_belief() -> None:
    assert attempts(small()) == [1, 2, 4, 5]
    believed = {"sales.sdr.cadence.max_attempts": {"value": 3, "range": [2, 4]}}
    assert attempts(small(**believed)) == [2, 4]


def test_gaps_keep_their_clock_when_they_are_made_tighter() -> None:
    gaps = ["2 business days", "4 days"]
    found = by_id(small(sales__sdr__cadence__gaps=gaps))
    assert found["cadence.tighter"].overrides["sales.sdr.cadence.gaps"] == ["1 business day", "2 days"]
    assert found["cadence.wider"].overrides["sales.sdr.cadence.gaps"] == ["3 business days", "6 days"]


def test_the_evening_rota_moves_a_quarter_of_those_without_hours_of_their_own() -> None:
    own = {"4": {"shift": {"mon-fri": ["10:00-18:00"]}}}
    found = by_id(small(sales__sdr__headcount=4, sales__sdr__reps=own))["hours.later"]
    assert list(found.overrides) == ["sales.sdr.reps.3.shift"]
    assert found.scenario is not None
    assert found.scenario.sales.sdr.profile(3).shift["mon"] == ((720, 1200),)
    assert found.scenario.sales.sdr.profile(4).shift["mon"] == ((600, 1080),)


def test_an_evening_rota_past_midnight_is_left_out_with_the_reason() -> None:
    late = by_id(small(calendar__hours={"mon-fri": ["14:00-22:00"]}))["hours.later"]
    assert late.scenario is None
    assert "must lie between 00:00 and 24:00" in late.left_out


def test_one_rep_alone_has_no_evening_rota() -> None:
    assert "hours.later" not in by_id(small(sales__sdr__headcount=1))


def test_a_team_that_does_nothing_else_has_no_form_to_change_and_no_more_time() -> None:
    found = by_id(small())
    assert not {"time.blocks", "time.dedicated_rota"} & set(found)
    assert [name for name in found if name.startswith("time.share")] == ["time.share.90"]
    part = by_id(small(sales__sdr__marketing_time={"share": 0.4, "form": "blocks"}))
    assert {"time.interleaved", "time.dedicated_rota", "time.share.30", "time.share.50"} <= set(part)
    assert (part["time.share.50"].cost, part["time.share.30"].cost) == ("other work", "nothing")


@pytest.mark.parametrize("label", ["New first", "Call new leads before follow-ups"], ids=["its own", "as ours is"])
def test_an_alternative_keeps_its_own_name_and_its_twin_is_left_out(label: str) -> None:
    found = by_id(alternatives(new_first={"label": label, "set": {"sales.sdr.queue.new_before_retries": True}}))
    assert found["alternatives.new_first"].scenario is not None
    assert found["queue.new_first"].left_out == f"the same as {label}"


def test_an_alternative_that_costs_money_hides_no_free_twin() -> None:
    found = by_id(alternatives(tool={"set": {"sales.sdr.queue.new_before_retries": True}, "yearly": 900}))
    assert found["alternatives.tool"].cost == "people or money"
    assert found["queue.new_first"].scenario is not None


def test_an_alternative_with_an_unknown_path_is_told_with_the_nearest_name() -> None:
    plan = alternatives(hire={"set": {"sales.sdr.headcont": 4}}, wrong={"set": {"sales.sdr.headcount": "lots"}})
    with pytest.raises(InputError) as caught:
        levers_of(plan)
    assert [str(problem) for problem in caught.value.problems] == [
        "alternatives.hire.set.sales.sdr.headcont: is not a known key; did you mean 'headcount'?",
        "alternatives.wrong.set.sales.sdr.headcount = 'lots': must be a whole number",
    ]


def test_an_alternative_that_this_plan_forbids_is_left_out_with_the_reason() -> None:
    found = by_id(alternatives(rota={"set": {"sales.sdr.reps.9.skill": 1.2}}))["alternatives.rota"]
    assert found.scenario is None
    assert "overrides a rep that does not exist" in found.left_out


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"sales.sdr.headcount": 3}, "the same as today’s plan"), ({"run.horizon_months": 3}, "no year can be paired")],
)
def test_what_cannot_be_compared_is_left_out(changes: dict[str, Any], said: str) -> None:
    found = by_id(alternatives(odd={"set": changes}))["alternatives.odd"]
    assert found.scenario is None
    assert said in found.left_out


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({"sales.sdr.headcount": 4}, "people or money"),
        ({"sales.ae.headcount": 3}, "people or money"),
        ({"sales.sdr.annual_cost": 50_000}, "people or money"),
        ({"sales.sdr.reps.3.leaves_on": "2024-04-01"}, "people or money"),
        ({"sla.speed.within": "8 business hours"}, "promise"),
        ({"calendar.hours": {"mon-fri": ["08:00-18:00"]}}, "promise"),
        ({"marketing.sources.web.leads_per_month": 200}, "assumption"),
        ({"sales.sdr.channels.phone.talk": "10 min"}, "assumption"),
        ({"sales.sdr.pace": 1.2}, "assumption"),
        ({"sales.sdr.marketing_time.share": 0.8}, "nothing"),
        ({"sales.sdr.marketing_time.share": 0.95}, "other work"),
        ({"sales.sdr.reps.3.marketing_time": {"share": 1.0}}, "other work"),
        ({"sales.sdr.reps.3.shift": {"mon-fri": ["10:00-18:00"]}}, "working hours"),
        ({"sales.sdr.routing.escalation": {}, "sales.sdr.cadence.max_attempts": 2}, "nothing"),
        ({"marketing.handoff.system_delay": "1 min"}, "systems"),
        ({"sales.sdr.queue.order": "newest", "sla.speed.target": 0.8}, "promise"),
    ],
)
def test_what_an_alternative_costs_is_told_by_what_it_changes(changes: dict[str, Any], cost: str) -> None:
    named = {"one": {"label": "One", "set": changes}}
    plan = small(alternatives=named, sales__sdr__marketing_time={"share": 0.9})
    found = by_id(plan)["alternatives.one"]
    assert found.cost == cost
    assert found.free == (cost in {"nothing", "other work", "working hours"})


def test_all_levers_are_simulated_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = Simulation.panel

    def counting(simulation: Simulation, plans: Any, **how: Any) -> Any:
        calls.append(len(plans))
        return real(simulation, plans, **how)

    monkeypatch.setattr(Simulation, "panel", counting)
    found = rank_levers(small(), Simulation(1))
    assert calls == [1 + len(found.free) + len(found.priced)]


def test_each_lever_is_ranked_by_its_paired_difference_from_today(ranking: Ranking) -> None:
    for effects in (ranking.free, ranking.priced):
        means = [effect.contribution.mean for effect in effects]
        assert means == sorted(means, reverse=True)
    assert {effect.lever.id for effect in ranking.priced} == {"alternatives.hire", "alternatives.slower"}
    assert all(effect.lever.free for effect in ranking.free)
    effect = next(e for e in ranking.free if e.lever.id == "cadence.attempts.1")
    assert effect.lever.scenario is not None
    alone = Simulation(YEARS).run(effect.lever.scenario)
    gaps = alone.series("contribution") - ranking.today.series("contribution")
    assert effect.contribution.mean == pytest.approx(gaps.mean())
    assert effect.sdr_utilisation.mean == pytest.approx(
        np.mean(alone.series("sdr_utilisation") - ranking.today.series("sdr_utilisation"))
    )


@pytest.mark.slow
def test_the_ranges_of_all_levers_hold_at_once(ranking: Ranking) -> None:
    tried = [*ranking.free, *ranking.priced]
    others = [Simulation(YEARS).run(effect.lever.scenario) for effect in tried if effect.lever.scenario is not None]
    listed = compare_all(ranking.today, others)["others"]
    for effect, other in zip(tried, listed, strict=True):
        expected = other["measures"]["expected_revenue"]["difference"]
        assert effect.expected_revenue.as_dict() == pytest.approx(expected)


def test_a_higher_confidence_gives_wider_ranges() -> None:
    low, high = (rank_levers(small(), Simulation(3), level=level) for level in (0.8, 0.99))
    widths = [
        next(e.contribution.high - e.contribution.low for e in found.free if e.lever.id == "cadence.attempts.1")
        for found in (low, high)
    ]
    assert widths[1] > 2.0 * widths[0]


def test_an_alternatives_own_cost_is_subtracted_for_the_months_simulated() -> None:
    changes = {"sales.sdr.headcount": 4}
    plan = alternatives(bare={"set": changes}, paid={"set": changes, "one_off": 1000, "yearly": 12_000})
    found = {effect.lever.id: effect.contribution for effect in rank_levers(plan, Simulation(2)).priced}
    assert found["alternatives.bare"].mean - found["alternatives.paid"].mean == pytest.approx(1000 + 2000)


def test_time_for_leads_is_told_in_hours_of_other_work() -> None:
    plan = small(sales__sdr__marketing_time={"share": 0.5})
    line = timeline(plan)
    minutes = float(contract_calendar(plan).between(line.horizon_starts_at, line.horizon_ends_at))
    found = {e.lever.id: e.other_hours_per_year.mean for e in rank_levers(plan, Simulation(2)).free}
    assert found["time.share.60"] == pytest.approx(0.1 * 3 * 6 * minutes / 60.0)
    assert found["time.share.40"] == pytest.approx(-found["time.share.60"])
    assert found["queue.newest"] == 0.0


def test_time_in_blocks_is_the_same_hours_of_other_work() -> None:
    hours = []
    for form in ("interleaved", "blocks"):
        plan = small(sales__sdr__marketing_time={"share": 0.5, "form": form})
        effects = rank_levers(plan, Simulation(1)).free
        hours.append(next(e.other_hours_per_year.mean for e in effects if e.lever.id == "time.share.60"))
    assert hours[1] == pytest.approx(hours[0], rel=0.01)


def effect(name: str, kept: list[float], gain: float, cost: Any = "nothing", step: float = 0.0) -> Effect:
    nothing = Interval(0.0, 0.0, 0.0)
    share = Interval(float(np.mean(kept)), math.nan, math.nan)
    lever = Lever(name, name, {}, cost=cost, share_step=step)
    gained, by_year = Interval(gain, math.nan, math.nan), np.array(kept)
    return Effect(lever, gained, nothing, nothing, nothing, share, nothing, kept_by_year=by_year)


def ranking_with(*effects: Effect) -> Ranking:
    scenario = two_clauses()
    today = of(scenario, [replication(n, {"speed": [1, 0], "quality": [1, 1]}) for n in range(3)])
    return Ranking(today, 0.95, effects, (), ())


def test_the_best_free_lever_is_the_one_most_likely_to_keep_the_promises() -> None:
    rich, safe = effect("rich", [0.5, 0.6, 0.4], 900.0), effect("safe", [0.9, 1.0, 0.9], 10.0)
    found = best_free(ranking_with(rich, safe))
    assert found is safe


def test_levers_that_years_cannot_tell_apart_by_chance_rank_by_contribution() -> None:
    rich, safe = effect("rich", [1.0, 0.9, 1.0], 900.0), effect("safe", [1.0, 1.0, 1.0], 10.0)
    assert best_free(ranking_with(rich, safe)) is rich


def test_a_change_that_keeps_the_promises_well_enough_is_as_good_as_the_surest() -> None:
    enough, surest = effect("enough", [0.96, 0.97, 0.96], 900.0), effect("surest", [1.0, 1.0, 1.0], 10.0)
    assert best_free(ranking_with(surest, enough)) is enough
    assert best_free(ranking_with(surest, enough), keep=0.99) is surest


def test_of_changes_that_bring_the_same_the_simplest_is_best() -> None:
    """Two changes that gain much in good years and little in bad ones are told apart by their differences alone."""

    def gaining(number: int, by_year: list[float]) -> Effect:
        told = effect(levers_of(two_clauses())[number].id, [1.0, 1.0, 1.0], float(np.mean(by_year)))
        return dataclasses.replace(told, gained_by_year=np.array(by_year))

    involved = gaining(4, [1000.0, 100.0, 500.0])
    simple, less = gaining(1, [900.0, 180.0, 510.0]), gaining(0, [950.0, 51.0, 449.0])
    assert best_free(ranking_with(involved, simple, less)) is simple
    assert best_free(ranking_with(involved, less)) is involved


def test_one_year_ranks_by_chance_alone_and_contribution_breaks_the_tie() -> None:
    one, two, three = effect("one", [0.5], 900.0), effect("two", [1.0], 1.0), effect("three", [1.0], 2.0)
    assert best_free(ranking_with(one, two, three)) is three


def test_moving_time_to_or_from_other_work_is_not_the_best_free_lever() -> None:
    taken = effect("taken", [1.0, 1.0, 1.0], 900.0, cost="other work", step=0.1)
    given = effect("given", [1.0, 1.0, 1.0], 900.0, step=-0.1)
    free = effect("free", [0.1, 0.0, 0.1], -5.0)
    assert best_free(ranking_with(taken, given, free)) is free
    assert best_free(ranking_with(taken, given)) is None


def test_where_sales_promises_nothing_contribution_alone_ranks() -> None:
    nan = math.nan
    assert best_free(ranking_with(effect("a", [nan, nan], 1.0), effect("b", [nan, nan], 2.0))).lever.id == "b"  # type: ignore[union-attr]


def test_the_difference_in_months_kept_is_that_of_its_years(ranking: Ranking) -> None:
    for found in ranking.free:
        gap = paired_difference(found.kept_by_year, np.zeros(YEARS)).mean
        assert found.kept.mean == pytest.approx(gap)
        assert found.p_kept.mean == pytest.approx(gap - ranking.kept.mean)
        assert -1.0 <= found.p_kept.low <= found.p_kept.high <= 1.0


def test_json_tells_every_lever_with_ranges(ranking: Ranking) -> None:
    answer = json.loads(json.dumps(to_json(ranking), allow_nan=False))
    assert answer["replications"] == YEARS
    assert [row["id"] for row in answer["levers"]] == [effect.lever.id for effect in ranking.free]
    assert {row["id"] for row in answer["not_free"]} == {"alternatives.hire", "alternatives.slower"}
    row = answer["levers"][0]
    assert set(row["difference"]) == {"contribution", "expected_revenue", "p_kept", "sdr_utilisation"}
    assert all(set(interval) == {"mean", "low", "high"} for interval in row["difference"].values())
    assert answer["best_free"] in {row["id"] for row in answer["levers"]}
    assert set(answer["today"]) == {"contribution", "expected_revenue", "sdr_utilisation", "p_kept"}


@pytest.mark.parametrize(
    "changes",
    [{"sales__sdr__headcount": 0}, {"sla": None}, {"marketing__sources__web__leads_per_month": 0}],
    ids=["no reps", "no contract", "no leads"],
)
def test_a_plan_at_the_edge_of_sense_is_ranked_without_a_number_that_is_none(changes: dict[str, Any]) -> None:
    json.dumps(to_json(rank_levers(small(**changes), Simulation(2))), allow_nan=False)
