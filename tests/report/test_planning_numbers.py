"""Every number of the planning page, read where it is printed and found another way: from the ledgers, with pandas."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from smarketing_sim.decide.advice import advise
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.report.planning import answer, contract, desks, sections, trust
from smarketing_sim.report.planning import load as load_page
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import flatten
from tests.report.reading import (
    AE_COST,
    ANNUAL_COST,
    ATTEMPTS,
    DAY,
    EDGES,
    ENDS_AT,
    MARGIN,
    MONTHS,
    PREPARATION,
    REPS,
    SHARE,
    SILENT,
    SPEED_MINUTES,
    STARTS_AT,
    TALK,
    TOOLS,
    YEARS,
    Tables,
    Year,
    company,
    depth_kept,
    frames,
    frames_kept,
    month_of,
    numbers,
    per_year,
    pooled,
    reads,
    rows_of,
    speed_kept,
    spread,
    volume_kept,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report() -> Report:
    plan = company()
    return Report(Simulation(YEARS).run(plan, keep_ledgers=True), advise(plan, Simulation(4)))


@pytest.fixture(scope="module")
def years(report: Report) -> list[Year]:
    return frames(report.years)


def test_the_first_sentence_tells_both_sides_and_the_whole_contract(report: Report, years: list[Year]) -> None:
    sales, marketing = speed_kept(years)[1] * depth_kept(years), volume_kept(years)
    told = answer.contract_kept(report)
    expected = [pooled(kept) for kept in (sales, marketing, sales * marketing)]
    found = re.findall(r"in ([0-9.]+)(?: of 5 months)? \(([0-9.]+)–([0-9.]+)\)", told)
    assert len(found) == 3, told
    for printed, wanted in zip(found, expected, strict=True):
        for text, share in zip(printed, wanted, strict=True):
            reads(text, MONTHS * share)


def test_the_contract_shows_what_was_attained_and_in_how_many_months_it_was_kept(
    report: Report, years: list[Year], show_sections: Callable[..., Any]
) -> None:
    rows = rows_of(show_sections([contract.show_contract], report))
    leads = [year.handed for year in years]
    attained = {
        "Speed": [float((one.first_attempt_at - one.handed_at <= SPEED_MINUTES).mean()) for one in leads],
        "Volume": [len(one) / (260 * 3 * MONTHS) for one in leads],
    }
    kept = {"Speed": speed_kept(years)[1], "Depth": depth_kept(years), "Volume": volume_kept(years)}
    for name, months in kept.items():
        mean, low, high = pooled(months)
        shown = rows[name][2]
        reads(shown[0].partition(" of ")[0], MONTHS * mean)
        bounds = shown[1].removeprefix("range ").split("–")
        for text, share in zip(bounds, (low, high) if len(bounds) == 2 else (low,), strict=True):
            reads(text, MONTHS * share)
        if name in attained:
            reads(" ".join(rows[name][1]), *spread(attained[name], high=1.0 if name == "Speed" else np.inf))


def test_each_month_of_a_promise_has_its_bar_and_its_chance(
    report: Report, years: list[Year], show_sections: Callable[..., Any]
) -> None:
    page = show_sections([contract.show_contract], report)
    rows = rows_of(page)
    kept = {"Speed": speed_kept(years)[1], "Depth": depth_kept(years), "Volume": volume_kept(years)}
    names = ("January", "February", "March", "April", "May")
    for month, name in enumerate(names):
        for cell, months in zip(rows[name], kept.values(), strict=True):
            reads(" ".join(cell), *pooled(months[:, [month]]))
    drawn = re.findall(r'aria-label="chance that (\w+) is kept: ([^"]*)">(.*?)</svg>', html.unescape(page.html))
    assert [name for name, _, _ in drawn] == list(kept)
    for (_, said, bars), months in zip(drawn, kept.values(), strict=True):
        for part, name, share in zip(said.split(", "), names, months.mean(axis=0), strict=True):
            assert part.startswith(name)
            reads(part, float(share))
        heights = [float(height) for height in re.findall(r'height="([0-9.]+)" fill="#(?!eef1f4)', bars)]
        assert heights == pytest.approx(20 * months.mean(axis=0), abs=0.06)
        assert re.findall(r">(Q[1-4])<", bars) == ["Q1", "Q2"]


def test_the_attempts_a_lead_takes_stand_beside_what_analysis_says() -> None:
    plenty = Simulation(3).run(override(company(), {"sales.sdr.headcount": 30}), keep_ledgers=True)
    page = Tables(trust.twin_html(Report(plenty)))
    (row,) = [row for row in page.rows if row and row[0] == ["attempts on a lead"]]
    made = [float(year.handed.attempt_count.mean()) for year in frames(plenty)]
    reads(" ".join(row[2]), *spread(made))
    silent, expected = 1.0, 0.0
    for _ in range(ATTEMPTS):  # nobody waits long, so hardly a lead is cold
        expected += 0.8 * silent + 0.2
        silent *= 0.6
    ((formula, _),) = numbers(row[1][0])
    assert formula == pytest.approx(expected, rel=0.15)


def scheduled_minutes(year: Year) -> float:
    """The reps' minutes in the months reported that are meant for marketing's leads: half of those in the schedule."""
    inside = year.rep_time[year.rep_time.state != "overtime"]
    overlap = inside.ended_at.clip(STARTS_AT, ENDS_AT) - inside.started_at.clip(STARTS_AT, ENDS_AT)
    return float(SHARE * overlap.sum())


def busy_share(year: Year) -> float:
    working = year.rep_time[year.rep_time.state == "working"]
    overlap = working.ended_at.clip(STARTS_AT, ENDS_AT) - working.started_at.clip(STARTS_AT, ENDS_AT)
    return float(overlap.sum() / scheduled_minutes(year))


def test_the_load_is_attempts_times_minutes_over_the_time_there_is(
    report: Report, years: list[Year], show_sections: Callable[..., Any]
) -> None:
    shown = show_sections([load_page.show_load], report)
    rows = rows_of(shown)
    every = ATTEMPTS * (PREPARATION + SILENT)
    reach, silent, warm_minutes = 0.8, 1.0, 0.0
    for _ in range(ATTEMPTS):
        made = reach * silent + (1 - reach)
        warm_minutes += made * (PREPARATION + SILENT) + reach * silent * 0.4 * (TALK - SILENT)
        silent *= 0.6

    def load(year: Year, minutes: float) -> float:
        inside = (year.leads.handed_at >= STARTS_AT) & (year.leads.handed_at < ENDS_AT)  # second records take time, too
        return float(inside.sum() * minutes / scheduled_minutes(year))

    stops = "follow-up stops when a lead is reached, and none has gone cold"
    for label, minutes in (("every planned attempt made", every), (stops, warm_minutes)):
        reads(" ".join(cell[0] for cell in rows[label]), *spread([load(year, minutes) for year in years]))
    reads(" ".join(cell[0] for cell in rows["in use in the simulation (utilisation)"]),
          *spread(per_year(years, busy_share)))  # fmt: skip


def waiting(year: Year) -> np.ndarray:
    """Mean number of leads waiting in each month, one wait at a time."""
    leads, calls = year.leads, year.attempts
    waits = [calls[["due_at", "started_at"]].to_numpy()]
    ends = np.fmin(leads.resolved_at, 14 * DAY + 151 * DAY + 21 * DAY)
    unworked = leads[(leads.attempt_count == 0) & leads.handed_at.notna()]
    waits.append(np.column_stack([unworked.handed_at, ends[unworked.index]]))
    last = calls.groupby("lead_id").ended_at.max()
    open_ones = leads[leads.connected_at.isna() & leads.attempt_count.between(1, ATTEMPTS - 1)]
    open_ones = open_ones[(open_ones.outcome == "open") | (open_ones.reason == "gone_cold")]
    waits.append(np.column_stack([open_ones.lead_id.map(last) + DAY, ends[open_ones.index]]))
    begins, stops = np.concatenate(waits).T
    return np.array([
        np.clip(np.fmin(stops, b) - np.fmax(begins, a), 0, None).sum() / (b - a)
        for a, b in pairwise(EDGES)
    ])  # fmt: skip


def test_a_backlog_that_grows_is_told_month_by_month_with_its_money(
    report: Report, years: list[Year], show_sections: Callable[..., Any]
) -> None:
    backlog = np.array([waiting(year) for year in years])
    at = np.arange(MONTHS)
    slopes = [np.polyfit(at, one, 1)[0] for one in backlog]
    growth = report.stability.growth
    assert (growth.mean, growth.low, growth.high) == pytest.approx(spread(slopes, low=-np.inf), rel=1e-3, abs=0.05)
    revenue = np.array(
        [year.created.groupby(month_of(year.created.created_at)).expected_value.sum().to_numpy() for year in years]
    )
    assert report.stability.verdict in ("filling", "not settling"), report.stability.verdict
    rows = rows_of(show_sections([load_page.show_months], report))
    sales = speed_kept(years)[1] * depth_kept(years)
    for month, name in enumerate(("January 2026", "February 2026", "March 2026", "April 2026", "May 2026")):
        cells = [" ".join(cell) for cell in rows[name]]
        expected = spread(backlog[:, month])
        for (value, rounding), wanted in zip(numbers(cells[0]), expected, strict=True):
            assert value == pytest.approx(
                wanted, abs=rounding + 0.02 + 0.002 * wanted
            )  # an hour counts where it begins
        reads(cells[1], *pooled(sales[:, [month]]))
        reads(cells[2], *spread(revenue[:, month]))


def test_the_funnel_counts_leads_source_by_source(
    report: Report, years: list[Year], show_sections: Callable[..., Any]
) -> None:
    rows = rows_of(show_sections([sections.show_funnel], report))
    stages = {"handed": "handed_at", "reached": "connected_at", "qualified": "qualified_at"}
    for source in ("web", "fair", None):

        def mine(table: pd.DataFrame, source: str | None = source) -> pd.DataFrame:
            return table if source is None else table[table.source == source]

        cells = rows["all" if source is None else source.capitalize()]
        counts = [per_year(years, lambda year: len(mine(year.created)))]
        counts += [per_year(years, lambda year, at=at: mine(year.created)[at].notna().sum()) for at in stages.values()]
        counts.append(per_year(years, lambda year: (mine(year.created).outcome == "won").sum()))
        for cell, values in zip(cells, counts, strict=False):
            reads(cell[0], float(np.mean(values)))
        reads(cells[5][0], float(np.mean(per_year(years, lambda year: mine(year.spent).spend.sum()))))
        revenue = per_year(years, lambda year: mine(year.created).expected_value.sum())
        reads(" ".join(cells[6]), *spread(revenue))
        reads(cells[7][0], float(np.mean(revenue) / np.mean(counts[1])))


def test_the_money_is_that_of_the_ledgers(report: Report, years: list[Year], show_sections: Callable[..., Any]) -> None:
    rows = rows_of(show_sections([sections.show_money], report))
    part_of_year = MONTHS / 12
    people, all_people = REPS * SHARE * ANNUAL_COST, REPS * ANNUAL_COST + 2 * AE_COST + TOOLS
    expected = np.array(per_year(years, lambda year: year.created.expected_value.sum()))
    spend = np.array(per_year(years, lambda year: year.spent.spend.sum()))
    won = np.array(per_year(years, lambda year: (year.created.outcome == "won").sum()))
    booked = per_year(
        years, lambda year: year.leads[(year.leads.deal_closed_at >= STARTS_AT) & (year.leads.deal_closed_at < ENDS_AT)
                                       & (year.leads.outcome == "won")].value.sum()
    )  # fmt: skip
    contribution = MARGIN * expected - spend - people * part_of_year
    loaded = MARGIN * expected - spend - all_people * part_of_year
    costs = spend + all_people * part_of_year

    def told(label: str) -> str:
        return " ".join(cell[0] for cell in rows[label])

    reads(told("revenue from this year’s leads, whenever they close"), *spread(expected))
    reads(told("revenue booked this year, whenever the lead came"), *spread(booked))
    reads(told("contribution over 12 months"), *spread(contribution, low=-np.inf))
    reads(told("the same, cash of the first year only"), *spread(contribution, low=-np.inf))
    reads(told("the same, with all people and tools"), *spread(loaded, low=-np.inf))
    assert numbers(told("cost of one won deal, all people and tools"))[0][0] == pytest.approx(
        costs.sum() / won.sum(), rel=0.01
    )
    assert numbers(told("margin over a customer’s life to that cost"))[0][0] == pytest.approx(
        MARGIN * expected.sum() / costs.sum(), abs=0.05
    )
    quota = float(np.mean(np.array(booked) >= 2 * 12_000 * part_of_year))
    assert numbers(told("chance that bookings reach the account executives’ quota"))[0][0] == pytest.approx(
        quota, abs=0.005
    )
    unworked = per_year(
        years, lambda year: sum(
            cost * (one.handed_at.notna() & one.first_attempt_at.isna()).sum()
            for source, cost in (("web", 12.0), ("fair", 20.0))
            for one in [year.created[year.created.source == source]]
        )
    )  # fmt: skip
    reads(told("media spent on leads that nobody called"), *spread(unworked))


def test_the_four_cards_say_contract_goal_revenue_and_contribution(report: Report, years: list[Year]) -> None:
    cards = {label: (value, note) for label, value, note in answer.headline_cards(report)}
    kept = speed_kept(years)[1] * depth_kept(years) * volume_kept(years)
    reads(cards["months in which the whole contract holds"][0].partition(" of ")[0], MONTHS * pooled(kept)[0])
    won = per_year(years, lambda year: year.created[year.created.outcome == "won"].value.sum())
    goal = cards["chance to reach marketing’s part of the goal, $4,000"]
    reads(goal[0], float(np.mean(np.array(won) >= 4_000)))
    expected = np.array(per_year(years, lambda year: year.created.expected_value.sum()))
    revenue = cards["revenue expected from this year’s leads"]
    reads(f"{revenue[0]} {revenue[1]}", *spread(expected))
    spend = np.array(per_year(years, lambda year: year.spent.spend.sum()))
    worth = cards["contribution over 12 months"]
    people = REPS * SHARE * ANNUAL_COST * MONTHS / 12
    reads(f"{worth[0]} {worth[1]}", *spread(MARGIN * expected - spend - people, low=-np.inf))


def test_ages_are_the_times_from_handoff_and_from_the_raised_hand(
    report: Report, years: list[Year], show_sections: Callable[..., Any]
) -> None:
    rows = rows_of(show_sections([sections.show_ages], report))
    for label, share in (("half of leads are called within", 0.5), ("nine tenths of leads are called within", 0.9)):
        for column, since in enumerate(("handed_at", "mql_at")):
            ages = [
                float(np.quantile((one.first_attempt_at - one[since]).fillna(np.inf), share, method="inverted_cdf"))
                for one in (year.handed for year in years)
            ]
            shown = " ".join(rows[label][column])
            for (value, rounding), wanted in zip(numbers(shown), spread(ages), strict=False):
                assert value == pytest.approx(wanted, abs=rounding + 1e-6)


def test_each_finalist_brings_and_keeps_what_other_years_of_it_do(
    report: Report, show_sections: Callable[..., Any]
) -> None:
    assert report.advice is not None
    judged = report.advice.judged
    shown = Tables(show_sections([desks.show_what_to_do], report).html)
    table = {row[0][0]: row[1:] for row in reversed(shown.rows) if row and len(row) == 4}
    numbers_of = [year.replication for year in judged.today.measures]
    others = Simulation(1).of(len(numbers_of), first=numbers_of[0])
    today = others.run(report.scenario).series("contribution")
    assert judged.effects
    for one in judged.effects:
        changed = others.run(override(report.scenario, one.lever.overrides))
        gained = changed.series("contribution") - one.lever.one_off - one.lever.yearly * MONTHS / 12 - today
        contribution, months, _ = table[one.lever.label]
        reads(contribution[0], float(gained.mean()))
        kept = frames_kept(others, one.lever.overrides, report.scenario)
        reads(months[0].partition(" of ")[0], MONTHS * float(kept.mean()))
    as_it_is = frames_kept(others, {}, report.scenario)
    reads(table["as it is, in the same years"][1][0].partition(" of ")[0], MONTHS * float(as_it_is.mean()))
    hires = rows_of(show_sections([desks.show_for_sales], report))
    reads(hires["as it is"][0][0].partition(" of ")[0], MONTHS * float(as_it_is.mean()))


def test_the_key_figures_that_notebooks_keep_are_those_of_the_ledgers(report: Report, years: list[Year]) -> None:
    lines = dict(line.split() for line in trust.key_figures(report).splitlines())
    leads = [year.handed for year in years]
    reads(lines["speed"], float(np.mean([(x.first_attempt_at - x.handed_at <= SPEED_MINUTES).mean() for x in leads])))
    reads(lines["busy"], float(np.mean(per_year(years, busy_share))))


def test_every_value_of_the_plan_stands_on_the_page_once_with_or_without_a_source(report: Report) -> None:
    sourced, chosen = (html.unescape(made(report)) for made in (trust.assumptions_html, trust.choices_html))
    for path in flatten(report.scenario.canonical()):
        assert (f">{path}</th>" in sourced) + (f">{path}</th>" in chosen) == 1, path
    assert f">sales.sdr.headcount</th><td>{REPS}</td>" in chosen
    assert ">sla.speed.within</th><td>2 hours</td>" in chosen
    assert ">economics.gross_margin</th><td>80%</td>" in chosen
