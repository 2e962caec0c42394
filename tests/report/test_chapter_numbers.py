"""The numbers that chapters print in their tables, found again from the ledgers of the same years, with pandas."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smarketing_sim.decide.attribution import explain
from smarketing_sim.decide.confounding import confounding_lab
from smarketing_sim.decide.design import design
from smarketing_sim.decide.hiring import headcount_change
from smarketing_sim.decide.marketing_promise import marketing_promise
from smarketing_sim.decide.ranking import rank_levers
from smarketing_sim.decide.staffing import staff
from smarketing_sim.decide.trial import plan_trial
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.report.beliefs import page as beliefs
from smarketing_sim.report.beliefs.page import doubt_of
from smarketing_sim.report.follow_up import page as follow_up
from smarketing_sim.report.follow_up.page import FollowUp
from smarketing_sim.report.free_levers import page as free_levers
from smarketing_sim.report.marketing_promise import sections as marketing
from smarketing_sim.report.real_trial import page as real_trial
from smarketing_sim.report.replications import page as replications
from smarketing_sim.report.replications.study import Study
from smarketing_sim.report.sales_promise import page as sales_promise
from smarketing_sim.report.sales_promise.page import offer_of
from smarketing_sim.report.staffing import page as staffing
from smarketing_sim.report.who_broke_it import page as who_broke_it
from smarketing_sim.report.who_broke_it.page import Dispute
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.decay import decay_presets
from tests.report.reading import (
    ANNUAL_COST,
    ENDS_AT,
    MARGIN,
    MONTHS,
    REPS,
    SHARE,
    SPEED_MINUTES,
    STARTS_AT,
    Tables,
    Year,
    company,
    depth_kept,
    frames,
    lines_of,
    numbers,
    per_year,
    reads,
    rows_of,
    speed_kept,
    spread,
)

pytestmark = pytest.mark.slow

FEW = 4
Overrides = dict[str, Any]


@cache
def _simulated(count: int, overrides: tuple[tuple[str, Any], ...]) -> list[Year]:
    return frames(Simulation(count).run(override(company(), dict(overrides)), keep_ledgers=True))


def simulated(overrides: Overrides, count: int = FEW) -> list[Year]:
    """The first years of the company with some changes, as data frames."""
    return _simulated(count, tuple((path, value) for path, value in overrides.items()))


def revenue(years: list[Year]) -> np.ndarray:
    return np.array(per_year(years, lambda year: year.created.expected_value.sum()))


def contribution(years: list[Year], *, reps: int = REPS, share: float = SHARE) -> np.ndarray:
    """Margin of the year's leads, less media, less the part of the wages that is meant for these leads."""
    spend = np.array(per_year(years, lambda year: year.spent.spend.sum()))
    return MARGIN * revenue(years) - spend - reps * share * ANNUAL_COST * MONTHS / 12


def kept(years: list[Year]) -> np.ndarray:
    """By year and month: whether sales keeps both its promises."""
    return speed_kept(years)[1] * depth_kept(years)


def test_staffing_tells_what_each_headcount_keeps_brings_and_costs(show_sections: Callable[..., Any]) -> None:
    answer = staff(company(), Simulation(12), keep=0.9)
    rows = rows_of(show_sections([staffing.show_curve], answer))
    today = contribution(simulated({}, 12))
    for step in answer.curve[:4]:
        hired = {"in_place": REPS, "starts_on": "2026-01-01"}
        changes: Overrides = {"sales.sdr.headcount": step.headcount}
        changes |= {f"sales.sdr.hires.{name}": value for name, value in hired.items()} if step.headcount > REPS else {}
        years = simulated(changes, step.years)
        brought = contribution(years, reps=step.headcount)
        chance, money, more, wages, count = rows[str(step.headcount)]
        reads(chance[0], float(kept(years).mean()))
        reads(" ".join(money), *spread(brought, low=-np.inf))
        if step.headcount != REPS:
            reads(" ".join(more), *spread(brought - today[: step.years], low=-np.inf))
        reads(wages[0], step.headcount * ANNUAL_COST)
        reads(count[0], step.years)


def test_free_levers_tell_what_each_change_brings_keeps_and_takes(show_sections: Callable[..., Any]) -> None:
    ranking = rank_levers(company(), Simulation(FEW))
    rows = rows_of(show_sections([free_levers.show_ranking], ranking))
    today = simulated({})
    tried = {one.lever.label: one.lever.overrides for one in ranking.free}
    simple = {label: paths for label, paths in tried.items() if not any(isinstance(v, dict) for v in paths.values())}
    assert len(simple) > 12
    for label, paths in list(simple.items())[::3]:
        years = simulated({path: tuple(v) if isinstance(v, list) else v for path, v in paths.items()})
        share = float(paths.get("sales.sdr.marketing_time.share", SHARE))
        more, worth, months, _ = rows[label]
        reads(more[0], float((contribution(years, share=share) - contribution(today)).mean()))
        reads(worth[0], float((revenue(years) - revenue(today)).mean()))
        reads(months[0].partition(" of ")[0], MONTHS * float(kept(years).mean()))


def test_the_sales_promise_tells_the_tightest_limit_that_the_calls_keep(show_sections: Callable[..., Any]) -> None:
    """The limits are hours of a company that never closes, so a call within four hours is just that."""
    limits = {f"{n} business hour{'s' if n > 1 else ''}": 60.0 * n for n in (1, 2, 3, 4, 6)}
    limits |= {f"{n} business day{'s' if n > 1 else ''}": 1440.0 * n for n in (1, 2, 3, 5)}
    rows = rows_of(show_sections([sales_promise.show_today], offer_of(company(), Simulation(FEW), keep=0.4)))
    seen = 0
    for depth in ("1", "2", "3", "4", "6"):
        if depth not in rows:
            continue
        limit, chance, deep, brings = rows[depth]
        years = simulated({"sales.sdr.cadence.max_attempts": int(depth)})
        by_limit = {name: _in_time(years, minutes) for name, minutes in limits.items()}
        able = [name for name, share in by_limit.items() if share >= 0.4]
        seen += bool(able)
        assert limit[0] == (able[0] if able else "none up to 5 business days")
        reads(chance[0], by_limit[able[0] if able else "5 business days"])
        reads(brings[0], float(contribution(years).mean()))
        assert deep
    assert seen > 1


def _in_time(years: list[Year], minutes: float) -> float:
    """Share of months in which nine of ten leads were called in so many minutes."""
    shares = [
        (year.handed.first_attempt_at - year.handed.handed_at <= minutes).groupby(year.handed.month).mean()
        for year in years
    ]
    return float((np.array(shares) >= 0.9 - 1e-12).mean())


def test_who_broke_it_splits_the_gap_as_by_hand(show_sections: Callable[..., Any]) -> None:
    """With two causes, a part is the mean of changing that cause first and of changing it last."""
    hired: Overrides = {"sales.sdr.headcount": 4}
    more: Overrides = {"marketing.sources.web.leads_per_month": 500}
    dispute = Dispute(explain(override(company(), hired | more), company(), Simulation(FEW)), False)
    rows = rows_of(show_sections([who_broke_it.show_parts], dispute))
    plans = {(reps, web): simulated((hired if reps == 4 else {}) | (more if web == 500 else {}))
             for reps in (3, 4) for web in (500, 620)}  # fmt: skip
    worth = {key: contribution(years, reps=key[0]) for key, years in plans.items()}
    months = {key: MONTHS * kept(years).mean(axis=1) for key, years in plans.items()}
    for told, by_plan, column in ((worth, "contribution", 0), (months, "months", 2)):
        queue = ((told[3, 500] - told[4, 500]) + (told[3, 620] - told[4, 620])) / 2
        volume = ((told[4, 620] - told[4, 500]) + (told[3, 620] - told[3, 500])) / 2
        gap = told[3, 620] - told[4, 500]
        for label, part in (("queue", queue), ("volume", volume), ("the whole gap", gap)):
            assert numbers(rows[label][column][0])[0][0] == pytest.approx(
                float(part.mean()), abs=numbers(rows[label][column][0])[0][1]
            ), (by_plan, label)


def test_the_next_leads_of_a_source_bring_what_more_of_them_bring(show_sections: Callable[..., Any]) -> None:
    promise = marketing_promise(company(), Simulation(FEW))
    rows = rows_of(show_sections([marketing.show_next], promise))
    today = simulated({})
    handed = np.mean(per_year(today, lambda year: len(year.handed)))
    expected = {"web": 620 * 0.7 * MONTHS, "fair": 250.0 + 350 + 700 + 700 + 500}
    volumes = {"web": (620,), "fair": (250, 350, 700, 700, 500)}
    for source, known in expected.items():
        count = 10 * round(0.05 * sum(expected.values()) / 10)
        volume = tuple(v * (1 + count / known) for v in volumes[source])
        years = simulated({f"marketing.sources.{source}.leads_per_month": volume})
        came = np.mean(per_year(years, lambda year: len(year.handed))) - handed
        each = (contribution(years) - contribution(today)) / came
        brings, range_told, _, told = rows[source]
        reads(f"{brings[0]} {range_told[0]}", *spread(each, low=-np.inf))
        reads(told[0], came)


def test_follow_up_tells_what_an_hour_of_today_brings_and_costs(show_sections: Callable[..., Any]) -> None:
    """From 5% less time to 5% more: 24 hours a day are open, so a twentieth of half of them is known beforehand."""
    answer = FollowUp(company(), design(company(), Simulation(FEW)), FEW)
    rows = rows_of(show_sections([follow_up.show_hour], answer))
    hours = REPS * (ENDS_AT - STARTS_AT) / 60.0 * SHARE
    before_wages = {
        share: contribution(simulated({"sales.sdr.marketing_time.share": share}), reps=0)
        for share in (0.95 * SHARE, SHARE, 1.05 * SHARE)
    }
    less, now, more = before_wages.values()
    worth, ends, following, last, wage, _ = rows["today"]
    reads(f"{worth[0]} {ends[0]}", *spread((more - less) / (0.1 * hours), low=-np.inf))
    reads(following[0], float((more - now).mean()) / (0.05 * hours))
    reads(last[0], float((now - less).mean()) / (0.05 * hours))
    reads(wage[0], ANNUAL_COST * MONTHS / 12 / ((ENDS_AT - STARTS_AT) / 60.0))


def test_beliefs_tell_how_far_each_choice_is_behind_the_best_if_one_is_true(show_sections: Callable[..., Any]) -> None:
    newest: Overrides = {"sales.sdr.queue.order": "newest", "sales.sdr.queue.new_before_retries": True}
    named = {"newest": {"label": "Newest first", "set": newest}}
    doubt = doubt_of(override(company(), {"alternatives": named}), Simulation(FEW))
    rows = rows_of(show_sections([beliefs.show_regret], doubt))
    told = 0
    for preset in doubt.regret.presets:
        under: Overrides = {"decay.preset": preset}
        brought = [float(contribution(simulated(under | changes)).mean()) for changes in ({}, newest)]
        for cell, mine in zip(rows[decay_presets()[preset].name], brought, strict=True):
            behind = max(brought) - mine
            if behind == 0.0:
                assert not numbers(cell[0])
            else:
                reads(cell[0], behind)
                told += 1
    assert told >= 3


def _needed(values: np.ndarray, margin: float) -> int:
    """The least number of years whose 95% range is at most so wide to either side, tried one by one."""
    strays = values.std(ddof=1)
    return next(n for n in range(2, 10**6) if stats.t.ppf(0.975, n - 1) * strays / np.sqrt(n) <= margin)


def test_replications_tell_how_far_years_stray_and_how_many_are_needed(show_sections: Callable[..., Any]) -> None:
    count = 12
    rows = lines_of(show_sections([replications.show_needed], Study(Simulation(count).run(company()), {})))
    years = simulated({}, count)
    in_time = [(y.handed.first_attempt_at - y.handed.handed_at <= SPEED_MINUTES).mean() for y in years]
    won = np.array(per_year(years, lambda year: year.created.value.sum()))
    series = {
        "Share attained (speed)": (np.array(in_time), 0.01, 0.01),
        "Months kept (speed)": (12 * speed_kept(years)[1].mean(axis=1), 0.5, 1.0),
        "Expected revenue": (revenue(years) / revenue(years).mean(), 0.03, 0.01),
        "Realised revenue": (won / won.mean(), 0.03, 0.01),
        "Contribution": (contribution(years) / abs(contribution(years).mean()), 0.03, 0.01),
    }
    means = {"Expected revenue": revenue(years), "Realised revenue": won, "Contribution": contribution(years)}
    for label, (values, wanted, unit) in series.items():
        (_, mean), strays, _, needed, after = rows[label]
        if label in means:
            reads(mean, *spread(means[label], low=-np.inf))
        reads(strays[0].rstrip("%"), values.std(ddof=1) / unit)
        reads(needed[0], _needed(values, wanted))
        reads(after[0].rstrip("%"), stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / np.sqrt(count) / unit)


def test_replications_tell_what_the_same_luck_is_worth_and_what_changes_do(show_sections: Callable[..., Any]) -> None:
    count, change = 12, headcount_change(company(), REPS + 2)
    runs = [Simulation(count).run(plan) for plan in (company(), override(company(), change))]
    study = Study(runs[0], {"Two more reps": runs[1]})
    before, after = revenue(simulated({}, count)), revenue(simulated(change, count))
    rows = rows_of(show_sections([replications.show_sharper], study))
    apart = before.var(ddof=1) + after.var(ddof=1)
    reads(rows["Same luck: two more reps"][1][0].removesuffix(" times"), apart / (after - before).var(ddof=1))
    rows = rows_of(show_sections([replications.show_conclusion], study))
    more, range_told = rows["Two more reps"][0]
    mean, low, high = spread(after - before, low=-np.inf)
    reads(f"{more} {range_told}", mean, low, high)
    told = _needed(after - before, abs(mean) / 2)
    reads(rows["Two more reps"][1][0], told)


def test_a_real_trial_takes_so_many_leads_and_weeks(show_sections: Callable[..., Any]) -> None:
    """From the chances to be reached, the textbook's number of leads; from the ledgers, the weeks that they take."""
    study = real_trial.Study(
        plan_trial(company(), Simulation(FEW), within="30 min"), confounding_lab(company(), Simulation(FEW))
    )
    page = show_sections([real_trial.show_answer, real_trial.show_needs], study)
    years = simulated({})
    handed = [year.handed for year in years]
    sooner = [float((~(one.first_attempt_at - one.handed_at <= 30.0)).mean()) for one in handed]
    assert f"that brings {100 * np.mean(sooner):.0f}% of them forward" in page.text
    per_week = np.mean([len(one) for one in handed]) / (MONTHS * 365.25 / 12 / 7)
    assert f"At {per_week:.0f} leads a week" in page.text
    reached = study.trial.outcomes[0]
    now, fast = reached.now.mean, reached.fast.mean
    rows = lines_of(page)
    _, planned, in_time, gap = rows["leads reached"]
    reads(f"{planned[0]} {in_time[0]} {gap[0]}", now, fast, fast - now)
    strays = reached.deviation_now**2 + reached.deviation_fast**2
    assert strays == pytest.approx(now * (1 - now) + fast * (1 - fast), rel=0.01)
    need = next(row for row in Tables(page.html).rows if row and row[0] == ["leads reached", "assigned lead by lead"])
    for power, told in ((0.8, 1), (0.9, 2)):
        z = stats.norm.ppf(0.975) + stats.norm.ppf(power)
        leads = np.ceil(z**2 * strays / (fast - now) ** 2)
        assert need[told][0].startswith(f"{leads:,.0f} leads, {np.ceil(2 * leads / per_week):.0f} week")


def test_call_data_say_of_speed_what_the_calls_say(show_sections: Callable[..., Any]) -> None:
    """The share that qualifies of leads called within an hour, over that of the others; and among leads alike."""
    lab = confounding_lab(company(), Simulation(FEW))
    study = real_trial.Study(plan_trial(company(), Simulation(2), within="30 min"), lab)
    rows = lines_of(show_sections([real_trial.show_confounding], study))
    for order, label in (("score", "best leads called first"), ("oldest_due", "leads called in turn")):
        naive, alike, fast_shares = [], [], []
        for year in simulated({"sales.sdr.queue.order": order}):
            called = year.handed[year.handed.first_attempt_at.notna()]
            called = called.assign(
                fast=called.first_attempt_at - called.mql_at <= 60.0,
                good=called.qualified_at.notna(),
                tenth=pd.qcut(called.score, 10, labels=False, duplicates="drop"),
            )
            shares = called.groupby("fast").good.mean()
            naive.append(shares[True] / shares[False])
            fast_shares.append(called.fast.mean())
            groups = called.groupby(["source", "tenth"])
            both = groups.filter(lambda one: one.fast.nunique() == 2)
            weights = both.groupby(["source", "tenth"]).size()
            chances = both.groupby(["source", "tenth", "fast"]).good.mean().unstack()
            alike.append((chances[True] * weights).sum() / (chances[False] * weights).sum())
        (_, share), told, same, *_ = rows[label]
        reads(share.removesuffix(" called within an hour"), float(np.mean(fast_shares)))
        reads(" ".join(told).replace(" times", ""), *spread(naive))
        reads(same[0].replace(" times", ""), float(np.mean(alike)))
