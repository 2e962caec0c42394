"""The chapter on what follow-up pays: the words of the answer, plans at the edge, and one real publication."""

from __future__ import annotations

import html
import json
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from smarketing_sim.cli.text.design import design_text
from smarketing_sim.decide.design import applied, design, to_json
from smarketing_sim.decide.shadow_price import neighbours_in_time
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.follow_up import page as chapter
from smarketing_sim.report.follow_up.page import FollowUp
from smarketing_sim.report.follow_up.words import age_words, choice_words, edge_words
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import gain, money
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.experiment.stubs import small

from .test_planning import UNFINISHED, _Page, _Shown, scenario_with

JARGON = re.compile(r"P\(kept\)|Wilson|Shapley|replication|luck|shadow|marginal|variance", re.IGNORECASE)
SHOWN = (
    chapter.show_answer,
    chapter.show_hour,
    chapter.show_attempts,
    chapter.show_neighbours,
    chapter.show_reading,
    chapter.record_results,
)


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[FollowUp], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def answer_of(scenario: Scenario, years: int) -> FollowUp:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return FollowUp(scenario, design(scenario, Simulation(years)), years)


def terminal(answer: FollowUp) -> str:
    asked = {"scenario": answer.scenario.name, "replications": answer.years}
    return design_text({**asked, **json.loads(json.dumps(to_json(answer.design), allow_nan=False))})


def hold_words(page: _Shown, answer: FollowUp) -> None:
    for text in (page.text, terminal(answer)):
        assert not UNFINISHED.search(text), UNFINISHED.search(text)
        assert not JARGON.search(text), JARGON.search(text)
    assert all(figure["alt"] for figure in page.figures)


@pytest.fixture(scope="module")
def busy() -> FollowUp:
    return answer_of(small(sales__sdr__headcount=2, economics__outbound_per_hour=20), 4)


def test_the_page_tells_the_optimum_the_hour_the_attempts_and_the_neighbours(
    busy: FollowUp, shown: Callable[[FollowUp], _Shown]
) -> None:
    page, found = shown(busy), busy.design
    hold_words(page, busy)
    best = found.optimum
    assert (
        choice_words(attempts=best.attempts, days=found.days, within=best.within, threshold=best.threshold) in page.text
    )
    assert f"{gain(found.gain.mean)} vs today’s plan" in page.text
    assert f"is worth {money(found.price_today.per_hour.mean)} today" in page.text
    assert "worth $20 each in outbound work" in page.text
    assert "One step away" in page.text
    for one in found.neighbours:
        assert gain(-one.behind.mean) in page.text
    [figure] = page.figures
    assert f"{age_words(5.0)} {found.values.last_that_pays[0]}" in figure["alt"]
    [record] = page.records
    assert len(record["headline"]) <= 4
    assert record["finding"] in page.text
    assert record["results"]["optimum"]["attempts"] == best.attempts


def test_the_neighbours_are_one_step_away_in_one_dimension(busy: FollowUp) -> None:
    here = to_json(busy.design)["optimum"]
    assert 3 <= len(busy.design.neighbours) <= 6
    for one in busy.design.neighbours:
        there = {"within": one.choice.within, "attempts": one.choice.attempts, "threshold": one.choice.threshold}
        assert sum(here[name] != value for name, value in there.items()) == 1


def test_what_the_order_of_the_queue_alone_brings_is_told_apart_from_the_rest(busy: FollowUp) -> None:
    """Where the search looked, the plan's own values in deadline order are behind by the rest of the gain."""
    found = busy.design
    plan, ordered = Simulation(4).panel([busy.scenario, applied(busy.scenario, found.start)])
    alone = float(np.mean(ordered.series("contribution") - plan.series("contribution")))
    (start,) = (one for one in found.tried if one.choice == found.start)
    assert alone == pytest.approx(found.gain_in_search.mean - start.behind.mean)
    assert f"brings {gain(found.order.mean)}" in chapter.order_words(found)


def test_a_limit_that_is_rarely_kept_is_told_to_be_a_rule_and_no_promise(busy: FollowUp) -> None:
    rare = replace(busy.design, kept=Interval(0.4, 0.3, 0.5))
    assert "says whom to call next" in chapter.rule_words(rare)
    assert "in 40% of months" in chapter.rule_words(rare)
    assert not chapter.rule_words(replace(busy.design, kept=Interval(1.0, 0.9, 1.0)))


def test_the_gain_is_told_from_years_that_did_not_choose_it_and_the_other_one_beside_it(
    busy: FollowUp, shown: Callable[[FollowUp], _Shown]
) -> None:
    """Simulated again in the years after those of the search; the best of many looks better where it was chosen."""
    found, best = busy.design, applied(busy.scenario, busy.design.optimum)
    for years, told in ((Simulation(4, first=4), found.gain), (Simulation(4), found.gain_in_search)):
        plan, chosen = years.panel([busy.scenario, best])
        assert told.mean == pytest.approx(float(np.mean(chosen.series("contribution") - plan.series("contribution"))))
    text = shown(busy).text
    there = f"({gain(found.gain_in_search.mean)} there)"
    assert f"judged beside today’s plan in 4 others, for where it was chosen it looks better than it is {there}" in text
    assert f"{gain(found.gain.mean)} (" in terminal(busy)
    assert f"({gain(found.gain_in_search.mean)} in those that did)" in terminal(busy)


def test_the_worth_of_an_hour_is_told_for_the_next_hours_and_for_the_last_ones(
    shown: Callable[[FollowUp], _Shown],
) -> None:
    shared = {"sales__sdr__headcount": 4, "sales__sdr__marketing_time": {"share": 0.5, "form": "interleaved"}}
    busy = answer_of(small(**shared), 4)
    more, less = neighbours_in_time(busy.scenario)
    above, here, below = Simulation(4).panel([more, busy.scenario, less])

    def worth(few: Replications, many: Replications) -> float:
        before_wages = [float(np.mean(y.series("contribution") + y.series("people_cost"))) for y in (few, many)]
        hours = [float(np.mean(years.series("hours_scheduled"))) for years in (few, many)]
        return (before_wages[1] - before_wages[0]) / (hours[1] - hours[0])

    price = busy.design.price_today
    for told, (few, many) in (
        (price.per_hour, (below, above)), (price.next_hour, (here, above)), (price.last_hour, (below, here)),
    ):  # fmt: skip
        assert told.mean == pytest.approx(worth(few, many), rel=1e-6)
    (row,) = re.findall(r'<th scope="row">today</th>(.*?)</tr>', shown(busy).html)
    cells = [html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
    worths = (worth(below, above), worth(here, above), worth(below, here))
    assert [cells[0], cells[2], cells[3]] == [money(one) for one in worths]
    told = terminal(busy)
    assert f"the next 5% bring {money(worth(here, above))} an hour, the last 5% {money(worth(below, here))}" in told
    assert "A hire is a far larger step" in told


def test_a_gain_that_is_not_sure_is_no_recommendation(busy: FollowUp) -> None:
    unsure = replace(busy.design, gain=Interval(10_000.0, -5_000.0, 25_000.0))
    told = chapter.finding(replace(busy, design=unsure))
    assert told.startswith("No follow-up tried is sure to bring more than today’s")
    assert "−$5,000 to +$25k" in told
    assert "sure to bring more than today's; the best is" in terminal(replace(busy, design=unsure))
    sure = replace(busy.design, gain=Interval(10_000.0, 5_000.0, 15_000.0))
    assert "what brings most is" in terminal(replace(busy, design=sure))
    assert chapter.finding(replace(busy, design=sure)).startswith("What pays is")


ONCE: dict[str, Any] = {"sales__sdr__cadence": {"max_attempts": 1, "gaps": []}}
EDGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "one year": ({}, 1, "no range"),
    "no promise on speed": (
        {"sla": {"depth": {"target": 0.8, "attempts": 2, "within": "5 days"}}}, 2, "The contract promises no speed",
    ),
    "no contract": ({"sla": {}}, 2, "no promise"),
    "the action decides": (
        {"marketing__handoff__on": "action", "marketing__sources__web__action_share": 0.8}, 2, "any score",
    ),
    "waiting costs nothing": ({"decay__preset": "none"}, 2, "Whatever its age"),
    "every attempt ages": ({"decay__clock": "each_attempt"}, 2, "find a lead older still"),
    "shares of their own": (
        {"sales__sdr__reps": {str(rep): {"marketing_time": {"share": 0.5}} for rep in (1, 2, 3)}}, 2,
        "could not be found",
    ),
    "deals are worth nothing": ({"personas__anyone__deal_value": 0}, 2, "no attempt"),
    "no account executives": ({"sales__ae__headcount": 0}, 2, "vs today’s plan"),
    "only one attempt": (
        {**ONCE, "sla": {"speed": {"target": 0.9, "within": "4 hours"}}},
        2, "one attempt",
    ),
    "nothing to choose": (
        {**ONCE, "sla": {}, "marketing__handoff__on": "action", "marketing__sources__web__action_share": 0.8}, 2,
        "No step away from it could be tried",
    ),
    "idle": ({"sales__sdr__headcount": 12}, 2, "One step away"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_plans_at_the_edge_of_sense_give_a_page_that_makes_sense(
    edge: str, shown: Callable[[FollowUp], _Shown]
) -> None:
    overrides, years, said = EDGES[edge]
    answer = answer_of(small(**overrides), years)
    page = shown(answer)
    hold_words(page, answer)
    assert said.lower() in page.text.lower()
    assert len(chapter.key_figures(answer).splitlines()) == 12


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"sales__sdr__headcount": 0}, "add reps first"),
        ({"marketing__sources__web__leads_per_month": 0}, "no lead is handed over"),
        ({"marketing__handoff__on": "action"}, "no lead is handed over"),
        ({"run__horizon_months": 0}, r"run\.horizon_months = 0: no month is reported"),
    ],
    ids=["no reps", "no leads", "nobody acts", "no months"],
)
def test_a_plan_in_which_nothing_can_be_designed_is_one_clear_message(overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        answer_of(small(**overrides), 2)
    assert len(str(caught.value).splitlines()) == 1


def test_the_shortest_company_gives_a_page_and_its_tables(tmp_path: Path, shown: Callable[[FollowUp], _Shown]) -> None:
    tables = tmp_path / "tables"
    given = {"params_path": str(write_tiny(tmp_path)), "replications": 2, "seed": 5, "workers": 1}
    answer = chapter.prepare({**given, "tables_dir": str(tables)})
    hold_words(shown(answer), answer)
    tried = pd.read_parquet(tables / "tried.parquet")
    assert list(tried["contribution.mean"]) == [one.contribution.mean for one in answer.design.tried]
    assert len(pd.read_parquet(tables / "attempts.parquet")) == 12 * 7
    with pytest.raises(InputError, match="did you mean 'replications'"):
        chapter.prepare({**given, "tables_dir": "", "replicatons": 3})


@pytest.mark.slow
def test_hostile_names_stay_text(tmp_path: Path, shown: Callable[[FollowUp], _Shown]) -> None:
    plan = scenario_with(tmp_path, {"name": "<script>x</script>\x1b[31m"})
    answer = answer_of(plan, 2)
    assert "script" not in {tag for tag, _ in shown(answer).elements}
    assert "\x1b" not in terminal(answer)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(5.0, "5 minutes"), (60.0, "1 hour"), (240.0, "4 hours"), (1440.0, "1 day"), (10_080.0, "1 week")],
)
def test_ages_are_told_in_the_unit_they_fill(minutes: float, told: str) -> None:
    assert age_words(minutes) == told


def test_a_single_attempt_is_not_told_as_up_to_one() -> None:
    assert (
        choice_words(attempts=1, days=0, within="1 business hour", threshold=None)
        == "one attempt, within 1 business hour"
    )
    assert choice_words(attempts=2, days=1, within=None, threshold=45.0) == (
        "up to 2 attempts over 1 day, for leads that score 45 or more"
    )


def test_a_score_of_nothing_is_any_score() -> None:
    assert choice_words(attempts=1, days=0, within=None, threshold=0.0) == "one attempt, for leads of any score"


@pytest.mark.parametrize(
    ("within", "attempts", "threshold", "told"),
    [
        ("4 business hours", 5, 50.0, ""),
        ("1 business hour", 5, 50.0, "Its limit lies at the end of what was tried."),
        ("1 business hour", 12, 30.0, "Its limit and number of attempts and score lie at the end of what was tried."),
        (None, 3, 0.0, ""),
        (None, 3, None, ""),
    ],
)
def test_a_best_at_the_end_of_the_grid_is_said_to_be_there(
    within: str | None, attempts: int, threshold: float | None, told: str
) -> None:
    assert edge_words(within=within, attempts=attempts, threshold=threshold) == told


@pytest.mark.slow
def test_the_notebook_is_published_as_a_chapter(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    published = publish_report(
        ROOT / "notebooks" / "follow_up.ipynb", load(path, {}), params_file=path, root=root, replications=2, seed=1,
        workers=1,
    )  # fmt: skip
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert "What follow-up pays? · Tiny plan" in page.text
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert [bool(a.get("alt", "").strip()) for tag, a in page.elements if tag == "img"] == [True]
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "follow_up"
    assert {"tables/tried.parquet", "tables/attempts.parquet"} <= set(record["artefacts"])
