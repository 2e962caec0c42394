"""What leaders act on: what the first change does to the goal, and where a promise of leads costs money."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from smarketing_sim.decide.advice import Advice, advise
from smarketing_sim.decide.levers import levers_of
from smarketing_sim.decide.ranking import Effect
from smarketing_sim.decide.safe_volume import SafeVolume
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval, quantile_interval
from smarketing_sim.report.planning.answer import safe_words, what_to_do, why_not_the_largest
from smarketing_sim.report.planning.contract import show_contract
from smarketing_sim.report.planning.desks import show_what_to_do
from smarketing_sim.report.planning.finance import show_for_finance
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.report.planning.sections import show_money
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.words.numbers import gain, money

pytestmark = pytest.mark.slow  # for the advice that they read
YEARS = 6


@pytest.fixture(scope="module")
def planning() -> Report:
    """The overloaded plan: too many leads for its team, and free changes that mend it."""
    scenario = load("params/overloaded.yaml", {"run.horizon_months": 6, "run.warm_up_weeks": 8})
    return Report(Simulation(YEARS, 1).run(scenario), advise(scenario, Simulation(YEARS, 1)))


def advice_of(planning: Report) -> Advice:
    assert planning.advice is not None
    return planning.advice


def with_finalists(planning: Report, free: tuple[Effect, ...] = (), priced: tuple[Effect, ...] = ()) -> Report:
    """The same report where these changes were looked for and judged."""
    advice = advice_of(planning)
    ranking = replace(advice.judged.ranking, free=free, priced=priced)
    found = replace(advice, ranking=ranking, judged=replace(advice.judged, ranking=ranking))
    return replace(planning, advice=found)


def test_the_first_change_is_told_with_what_it_does_to_revenue_and_to_the_goal(
    planning: Report, show_sections: Callable[..., Any]
) -> None:
    """Lost, a leader sees a contribution and does not learn whether the year's goal comes into reach."""
    goal = advice_of(planning).goal
    assert advice_of(planning).first_rule is not None
    assert goal is not None
    assert goal.years == YEARS
    few, many = Interval(0.1, 0.0, 0.3), Interval(0.8, 0.6, 0.9)

    def told(today: Interval, then: Interval) -> str:
        shift = replace(goal, today=today, then=then)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Advice, "goal", property(lambda _: shift))
            return str(show_sections([show_what_to_do], planning).text)

    assert f"adds {money(goal.more.mean)}" in told(few, many)
    assert "a chance of 80% (60% to 90%) in place of 10%" in told(few, many)
    assert "whether that moves the chance to reach the goal of" in told(few, replace(few, mean=0.2))
    assert "in place of" not in told(few, replace(few, mean=0.2))


def test_the_goal_is_reached_in_as_many_fresh_years_as_is_told(planning: Report) -> None:
    goal, judged = advice_of(planning).goal, advice_of(planning).judged
    assert goal is not None
    rule = advice_of(planning).first_rule
    assert rule is not None
    aim = planning.scenario.goal.from_marketing
    for told, years in ((goal.today, judged.today), (goal.then, judged.years[rule.lever.id])):
        assert told.mean == pytest.approx(float((years.series("cohort_revenue") >= aim).mean()))


def test_a_free_change_that_pays_is_named_where_others_keep_more_promises(
    planning: Report, show_sections: Callable[..., Any]
) -> None:
    """Lost, the title says that nothing free pays, above a table whose first row does for certain."""
    advice = advice_of(planning)
    able = [one for one in advice.ranking.free if one.lever.at_no_cost]
    pays = replace(able[0], contribution=Interval(5e5, 1e5, 9e5), kept=Interval(0.1, 0.05, 0.2))
    keeps = replace(able[1], contribution=Interval(4e5, -1e5, 9e5), kept=Interval(0.96, 0.93, 0.99))
    idle = replace(able[2], contribution=Interval(0.0, -1e5, 1e5), kept=Interval(0.1, 0.05, 0.2))

    def told(*free: Effect) -> str:
        return str(show_sections([show_what_to_do], with_finalists(planning, free=free)).text)

    both = told(pays, keeps, idle)
    assert f"{pays.lever.label}: free, and +$500k; other free changes keep more promises" in both
    assert "No free change adds contribution for certain" in told(keeps, idle)
    order = [lever.id for lever in levers_of(planning.scenario)]
    simple, other = sorted((able[0], able[1]), key=lambda one: order.index(one.lever.id))
    alike = told(
        replace(simple, contribution=Interval(4.9e5, -1e5, 9e5), kept=keeps.kept),
        replace(other, contribution=pays.contribution, kept=keeps.kept),
    )
    assert f"{other.lever.label}: free, and +$500k" in alike
    assert "keep more promises" not in alike


def test_a_plan_without_a_goal_is_told_nothing_of_one(planning: Report, show_sections: Callable[..., Any]) -> None:
    judged = advice_of(planning).judged
    assert "the goal of" in show_sections([show_what_to_do], planning).text
    no_goal = override(planning.scenario, {"goal.revenue": 0})
    years = {name: replace(found, scenario=no_goal) for name, found in judged.years.items()}
    without = replace(planning, advice=replace(advice_of(planning), judged=replace(judged, years=years)))
    assert "goal" not in show_sections([show_what_to_do], without).text


def test_a_broken_promise_of_leads_past_the_cliff_is_not_told_as_a_want_of_leads(
    planning: Report, show_sections: Callable[..., Any]
) -> None:
    """Lost, the page asks marketing for more leads where each of them costs money."""
    clause = planning.scenario.sla["volume"]
    cliff = advice_of(planning).curves[0].cliff
    assert cliff.in_sight
    assert cliff.handed_per_month.mean < clause.promised_amount  # type: ignore[union-attr]
    assert "fewer leads would earn more" in show_sections([show_contract], planning).text


def test_a_belief_under_which_the_change_is_not_the_best_is_told_in_words(
    planning: Report, show_sections: Callable[..., Any]
) -> None:
    """Lost, a reader meets the name of a curve and does not learn what one has to believe."""
    doubt = advice_of(planning).regret
    assert doubt is not None
    others = [best for best in doubt.best if best != doubt.choices[-1]]
    told = show_sections([show_for_finance], planning).text
    assert ("after eight hours is still worth" in told) == bool(others)


def test_the_headline_says_what_its_advice_costs(planning: Report) -> None:
    """Lost, a leader reads "hire" and not that the hire costs more than it brings."""
    first, *others = advice_of(planning).judged.hires
    hire = replace(first, kept=Interval(0.99, 0.98, 1.0), contribution=Interval(-123_000.0, -2e5, -5e4))
    unsure = [replace(one, kept=Interval(0.1, 0.05, 0.2)) for one in others]
    told = what_to_do(with_finalists(planning, priced=(hire, *unsure)))
    assert told == (
        "What keeps every sales promise in 95% of months: hire 1 more rep "
        "(−$123k of contribution, 40% of their wages counted)."
    )


def test_one_hire_that_very_probably_is_enough_goes_before_two_and_one_that_may_be_is_to_be_tried_first(
    planning: Report,
) -> None:
    one, two, *others = advice_of(planning).judged.hires
    probable, sure = replace(one, kept=Interval(0.97, 0.94, 1.0)), replace(two, kept=Interval(0.99, 0.98, 1.0))
    unsure = [replace(other, kept=Interval(0.1, 0.05, 0.2)) for other in others]
    told = what_to_do(with_finalists(planning, priced=(probable, sure, *unsure)))
    assert "What very probably keeps every sales promise in 95% of months: hire 1 more rep" in told
    assert "Try first" not in told
    perhaps = replace(probable, kept=Interval(0.96, 0.91, 1.0))
    told = what_to_do(with_finalists(planning, priced=(perhaps, sure, *unsure)))
    tried = (
        f"Try first, for wages: “hire 1 more rep” may be enough, 5.8 of 6 months (5.5–6) in {YEARS} simulated years."
    )
    assert f"{tried} What keeps every sales promise in 95% of months: hire 2 more reps" in told


def test_a_change_without_any_effect_is_named_and_fills_no_row(
    planning: Report, show_sections: Callable[..., Any]
) -> None:
    """Lost, "Never give a lead up: $0 ($0 to $0)" stands in a table of what could be done."""
    advice = advice_of(planning)
    nothing = Interval(0.0, 0.0, 0.0)
    moved, idle = (
        advice.ranking.free[0],
        replace(advice.ranking.free[1], contribution=nothing, kept=advice.ranking.kept, gained_by_year=np.zeros(YEARS)),
    )
    ranking = replace(advice.ranking, free=(moved, idle), priced=())
    page = show_sections([show_what_to_do], replace(planning, advice=replace(advice, ranking=ranking)))
    folded = page.html.partition("<details>")[2]
    assert folded.count("<tr>") == 2  # the heading, and what has an effect
    assert f"Without any effect on this plan: {idle.lever.label}." in page.text


def test_hires_for_a_team_that_mostly_waits_point_to_the_month_that_breaks(planning: Report) -> None:
    """Lost, a page says to hire two where reps are busy for 43% and the company is closed for half of August."""
    advice = advice_of(planning)
    first, *others = advice.judged.hires
    hire = replace(first, kept=Interval(0.99, 0.98, 1.0))
    found = with_finalists(planning, priced=(hire, *(replace(one, kept=Interval(0.1, 0.05, 0.2)) for one in others)))
    idle = override(planning.scenario, {"sales.sdr.headcount": 40})
    closed = override(idle, {"calendar.holidays": ["2026-01-05..2026-01-09"], "sla.speed.within": "10 min"})
    told = what_to_do(replace(found, years=Simulation(2).run(closed)))
    assert "But the reps are busy for only" in told
    assert "January, with 5 business days closed: see who is there when it opens again before you hire" in told


def test_finance_reads_a_bad_year_as_it_falls_out_and_what_all_people_leave(
    show_sections: Callable[..., Any], planning: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smarketing_sim.report.planning.finance.ONE_YEAR_FROM", 20)
    found = Simulation(24, 2).run(planning.scenario)
    plan = replace(planning, years=found)
    page = show_sections([show_for_finance], plan).text
    terms, series = plan.scenario.economics, found.series
    money_left = series("contribution") - terms.gross_margin * terms.lifetime_factor * (
        series("expected_revenue") - series("cohort_revenue")
    )
    below = quantile_interval(money_left, 0.1).mean
    assert money(below) != money(quantile_interval(series("contribution"), 0.1).mean)
    assert f"one year in ten earns less than {money(below)}" in page
    assert f"the same, with all people and tools {money(series('contribution_loaded').mean())}" in page


def test_the_steps_from_revenue_to_contribution_add_up_to_what_finance_reads(
    show_sections: Callable[..., Any], planning: Report
) -> None:
    """By hand: 80% margin, that of 36 months at 15% churn and a tenth of discount, media, 40% of eight half wages."""
    page = show_sections([show_for_finance], planning)
    series, staff = planning.years.series, planning.scenario.sales.sdr
    revenue, margin = float(series("expected_revenue").mean()), planning.scenario.economics.gross_margin
    later = planning.scenario.economics.lifetime_factor - 1.0
    assert 1.0 < later < 2.0
    steps = [
        revenue, -(1 - margin) * revenue, margin * later * revenue, -float(series("spend").mean()),
        -0.5 * staff.headcount * staff.annual_cost * staff.marketing_time.share,
    ]  # fmt: skip
    assert sum(steps) == pytest.approx(float(series("contribution").mean()))
    folded = page.html.partition("The steps in numbers")[2]
    assert [html.unescape(cell) for cell in re.findall(r'<td class="n r">([^<]*)</td><td', folded)] == list(
        map(gain, steps)
    )
    (chart,) = [figure for figure in page.figures if figure["alt"].startswith("From the revenue")]
    assert all(gain(step) in chart["alt"] for step in steps)
    assert money(float(series("contribution").mean())) in chart["alt"]


def test_the_cost_of_a_deal_on_the_page_is_that_of_its_totals(
    show_sections: Callable[..., Any], planning: Report
) -> None:
    page = show_sections([show_money], planning).text
    series = planning.years.series
    staff = planning.scenario.sales
    wages = staff.sdr.headcount * staff.sdr.annual_cost + staff.ae.headcount * staff.ae.annual_cost
    everything = series("spend").sum() + 0.5 * YEARS * (wages + planning.scenario.economics.tools_annual)
    assert f"cost of one won deal, all people and tools {money(everything / series('won_count').sum())}" in page


def test_where_leads_follow_a_season_the_promise_does_too(planning: Report) -> None:
    """Lost, a promise of 18 a month is advised, which is July's, to a company that hands over 48."""
    kept = Interval(0.96, 0.95, 0.97)
    seasonal = SafeVolume("volume", 45, 11, kept, (20, 48, 64, 40, 30, 11))
    assert "promise month by month, from 11 in June to 64 in March, and 95% of years" in safe_words(planning, seasonal)
    even = SafeVolume("volume", 45, 40, kept, (44, 45, 46, 47, 48, 44))
    assert "a promise of 40 would be kept in 96% of months (95% to 97%)" in safe_words(planning, even)


def test_a_larger_gain_that_was_left_aside_says_why(planning: Report) -> None:
    """Lost, a page recommends +$344k above a row of +$550k that keeps as many months."""
    advice = advice_of(planning)
    rule, larger = advice.ranking.free[0], advice.ranking.free[1]
    assert rule.lever.at_no_cost
    assert larger.lever.at_no_cost
    fresh = replace(larger, contribution=Interval(5e5, 4e5, 6e5), kept=Interval(0.97, 0.95, 0.99))
    chosen = replace(rule, contribution=Interval(3e5, 2e5, 4e5), kept=Interval(0.97, 0.95, 0.99))
    judged = replace(advice.judged, ranking=replace(advice.judged.ranking, free=(fresh, chosen), priced=()))
    told = why_not_the_largest(replace(planning, advice=replace(advice, judged=judged)), chosen)
    assert "would bring +$500k; these years cannot tell the two apart, and the first is the simpler." in told
    surer = replace(chosen, kept=Interval(0.99, 0.98, 1.0))
    unsure = replace(fresh, kept=Interval(0.97, 0.90, 0.99))
    both = replace(advice, judged=replace(judged, ranking=replace(judged.ranking, free=(unsure, surer))))
    told = why_not_the_largest(replace(planning, advice=both), surer)
    assert "would bring +$500k, but whether it keeps every sales promise is less sure." in told
    less = replace(judged, ranking=replace(judged.ranking, free=(replace(fresh, kept=Interval(0.5, 0.4, 0.6)), chosen)))
    told = why_not_the_largest(replace(planning, advice=replace(advice, judged=less)), chosen)
    assert "would bring +$500k, but keeps every sales promise in 3.0 of 6 months (2.4–3.6)." in told
