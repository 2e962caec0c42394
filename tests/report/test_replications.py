"""How many simulated years: hand-made years whose answer is known, the page at its edges, and one real publication."""

from __future__ import annotations

import html
import inspect
import json
import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from smarketing_sim.cli import commands
from smarketing_sim.decide.years_needed import running_margins, sharpness, spread, years_for, years_to_tell
from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.default_years import CHAPTER_YEARS
from smarketing_sim.experiment.replications import Failure, Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import replications_for, t_interval
from smarketing_sim.publish.notebooks import notebook_title
from smarketing_sim.publish.reports import publish_report
from smarketing_sim.report.notebook import display
from smarketing_sim.report.notebook.progress import VARIABLE
from smarketing_sim.report.replications import page as replications_page
from smarketing_sim.report.replications import study as replications
from smarketing_sim.report.replications.page import Coverage, measured_coverage
from smarketing_sim.report.replications.study import Study, changes, precision, prepare
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from tests.cli.tiny import write_tiny
from tests.conftest import PARAMS, ROOT
from tests.experiment.stubs import of, replication, two_clauses

from .test_planning import UNFINISHED, _hostile_scenario, _Page, _Shown, scenario_with

JARGON = re.compile(r"P\(kept\)|Wilson|replication|bootstrap|variance|deviation|half[- ]width|resampl", re.IGNORECASE)
SCENARIOS = sorted(path.name for path in PARAMS.glob("*.yaml"))
SHOWN = (
    replications_page.show_answer,
    replications_page.show_needed,
    replications_page.show_sharper,
    replications_page.show_conclusion,
    replications_page.record_results,
)


def luck(count: int, stream: int = 0) -> np.ndarray:
    return np.random.default_rng([7, stream]).standard_normal(count)


def study_of(count: int, *, gain: float = 50.0, months: int = 12) -> Study:
    """Years of one plan, and of a change that brings ``gain`` in every year with a little luck of its own."""
    scenario, shared, own, noise = two_clauses(months), luck(count), luck(count, 1), luck(count, 2)

    def year(number: int, more: float) -> Any:
        expected = 1000.0 + 20.0 * shared[number] + more * (gain + 4.0 * own[number])
        share = float(np.clip(0.85 + 0.05 * shared[number] + more * 0.05, 0.0, 1.0))
        return replication(
            number, {"speed": [share] * months, "quality": [0.95] * months},
            expected_revenue=expected, cohort_revenue=expected + 60.0 * noise[number],
            contribution=0.5 * expected - 400.0,
        )  # fmt: skip

    plans = [of(scenario, [year(number, more) for number in range(count)]) for more in (0.0, 1.0)]
    return Study(plans[0], {"A change": plans[1]})


def real_study(scenario: Scenario, years: int) -> Study:
    plans = {name: override(scenario, overrides) for name, overrides in changes(scenario).items()}
    return Study(Simulation(years).run(scenario), {name: Simulation(years).run(plan) for name, plan in plans.items()})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Study], _Shown]:
    """Return a function that shows every section of a study, each warning an error."""

    def show_all(study: Study) -> _Shown:
        bundles: list[tuple[dict[str, Any], dict[str, Any]]] = []
        monkeypatch.setattr(display, "_emit", lambda bundle, metadata=None: bundles.append((bundle, metadata or {})))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for section in SHOWN:
                section(study)
            replications_page.show_coverage(tmp_path / "history.jsonl")
        return _Shown(bundles)

    return show_all


def test_the_years_needed_are_those_of_the_statistics() -> None:
    values = 3.0 * luck(40)
    assert years_for(values, 0.5).mean == replications_for(values, 0.5)
    assert spread(values).mean == pytest.approx(values.std(ddof=1))


def test_the_range_of_the_years_needed_is_that_of_the_spread() -> None:
    values = 3.0 * luck(40)
    seen, years = spread(values), years_for(values, 0.5)
    assert seen.low < seen.mean < seen.high
    assert seen.low < 3.0 < seen.high
    assert years.low / years.mean == pytest.approx((seen.low / seen.mean) ** 2, rel=0.05)
    assert years.high / years.mean == pytest.approx((seen.high / seen.mean) ** 2, rel=0.05)


@pytest.mark.parametrize(("count", "known"), [(19, False), (20, True)])
def test_a_spread_has_a_range_only_where_enough_years_tell_of_it(count: int, known: bool) -> None:
    assert math.isfinite(spread(luck(count)).low) is known
    assert math.isfinite(sharpness((luck(count),), luck(count, 1)).high) is known


def test_years_without_a_case_are_left_out() -> None:
    values, gap = luck(30), np.full(5, np.nan)
    assert years_for(np.concatenate([values, gap]), 0.1) == years_for(values, 0.1)
    holed = np.concatenate([values, gap])
    assert sharpness((2.0 * holed,), np.concatenate([values, luck(5)])).mean == pytest.approx(4.0)


@pytest.mark.parametrize("values", [[], [1.0], [np.nan, 2.0], [1.0, np.inf]])
def test_a_pilot_that_shows_no_spread_gives_no_number(values: list[float]) -> None:
    few = np.array(values)
    assert math.isnan(years_for(few, 1.0).mean)
    assert math.isnan(years_to_tell(few).mean)
    assert math.isnan(sharpness((few,), few).mean)


def test_three_times_the_spread_is_nine_times_the_years() -> None:
    assert sharpness((3.0 * luck(40),), luck(40)).mean == pytest.approx(9.0)


def test_independent_plans_add_their_variances() -> None:
    a, b = luck(40), luck(40, 1)
    expected = (a.var(ddof=1) + 4.0 * b.var(ddof=1)) / (b - a).var(ddof=1)
    assert sharpness((a, 2.0 * b), b - a).mean == pytest.approx(expected)


def test_the_range_of_a_gain_holds_a_gain_that_is_known() -> None:
    shared, own = luck(400), luck(400, 1)
    found = sharpness((shared, shared + 0.5 * own), 0.5 * own)
    truth = (1.0 + 1.25) / 0.25
    assert found.low < truth < found.high
    assert found.high / found.low < 1.6


def test_a_difference_that_is_the_same_in_every_year_is_sharp_without_limit() -> None:
    assert math.isinf(sharpness((luck(30), luck(30) + 5.0), np.full(30, 5.0)).mean)
    assert math.isnan(sharpness((np.ones(30), np.ones(30)), np.zeros(30)).mean)


def test_a_difference_is_told_once_its_range_is_half_as_wide_as_it_is_far_from_nothing() -> None:
    differences = 2.0 + 3.0 * luck(40)
    found, mean = years_to_tell(differences), t_interval(differences)
    assert found.mean == replications_for(differences, abs(mean.mean) / 2.0)
    assert found.low == replications_for(differences, mean.high / 2.0)
    assert found.high == replications_for(differences, mean.low / 2.0)
    assert years_to_tell(-differences) == found


def test_a_difference_that_the_pilot_does_not_tell_from_nothing_has_no_number_of_years() -> None:
    assert math.isinf(years_to_tell(luck(40) - luck(40).mean()).mean)


def test_the_promised_years_do_tell_a_difference_in_about_39_of_40_repetitions() -> None:
    differences = 1.0 + 2.0 * np.random.default_rng(3).standard_normal((2000, 400))
    count = replications_for(differences[0] - differences[0].mean() + 1.0, 0.5)
    told = np.mean([t_interval(row[:count]).low > 0.0 for row in differences])
    assert 0.95 < told < 0.995


def test_the_dots_are_the_ranges_of_the_first_years() -> None:
    values = luck(10)
    counts, found = running_margins(values)
    assert list(counts) == list(range(3, 11))
    last = t_interval(values)
    assert found[-1] == pytest.approx((last.high - last.low) / 2.0)
    assert running_margins(luck(2))[0].size == 0


def test_the_line_is_the_margin_of_the_range() -> None:
    headline = study_of(30).headlines[0]
    mean = t_interval(headline.values)
    assert headline.margin(30) == pytest.approx((mean.high - mean.low) / 2.0)
    years = int(headline.years.mean)
    assert headline.margin(years) <= headline.wanted < headline.margin(years - 1)


def test_headlines_are_told_in_points_months_and_parts_of_the_mean() -> None:
    study = study_of(30)
    found = {h.label: h for h in study.headlines}
    assert list(found) == [
        "Share attained (speed)", "Months kept (speed)", "Expected revenue", "Realised revenue", "Contribution",
    ]  # fmt: skip
    assert [(h.unit, h.wanted) for h in study.headlines] == [("points", 1.0), ("months", 0.5), *[("%", 3.0)] * 3]
    shares = study.series[""]["attainment.speed"]
    assert found["Share attained (speed)"].values == pytest.approx(100.0 * shares)
    assert set(found["Months kept (speed)"].values) == {0.0, 12.0}
    assert found["Expected revenue"].values.mean() == pytest.approx(100.0)


def test_gains_of_the_study_are_those_of_its_series() -> None:
    study = study_of(40)
    before, after = study.series[""], study.series["A change"]
    expected, cohort = before["expected_revenue"], before["cohort_revenue"]
    revenue, speed = study.differences
    assert study.expectation.mean == pytest.approx(cohort.var() / expected.var())
    step = after["expected_revenue"] - expected
    assert revenue.sharpness.mean == pytest.approx((expected.var() + after["expected_revenue"].var()) / step.var())
    assert study.both("A change").mean == pytest.approx((cohort.var() + after["cohort_revenue"].var()) / step.var())
    assert (revenue.measure, speed.measure) == ("revenue", "speed")
    assert revenue.mean.mean == pytest.approx(step.mean())


def test_each_use_takes_its_slowest_headline() -> None:
    study = study_of(40)
    quick, choice, report = study.uses
    kept, revenue = study.headline("months"), study.headline("%")
    assert kept is not None
    assert revenue is not None
    assert quick.years == max((years_for(kept.values, 1.0), years_for(revenue.values, 10.0)), key=lambda n: n.mean)
    assert report.years == max((years_for(kept.values, 0.5), years_for(revenue.values, 3.0)), key=lambda n: n.mean)
    assert choice.years == max((d.years for d in study.differences), key=lambda n: n.mean)
    assert [use.enough for use in study.uses] == [use.years.mean <= use.default for use in study.uses]


@pytest.mark.slow
def test_a_change_that_does_nothing_is_not_counted_as_told_apart(shown: Callable[[Study], _Shown]) -> None:
    study = study_of(30, gain=0.0)
    assert "1 of 2 differences" in study.uses[1].precision
    page = shown(study)
    assert "not told apart by the pilot" in page.text
    assert "20 paired years tell 1 of the 2 differences" in page.text


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_three_changes_fit_every_scenario(name: str) -> None:
    scenario = load(PARAMS / name, {})
    plans = [override(scenario, overrides) for overrides in changes(scenario).values()]
    assert len({plan.digest for plan in (scenario, *plans)}) == 4
    assert plans[0].sales.sdr.headcount == scenario.sales.sdr.headcount + 2
    volumes = [sum(s.mean_monthly_leads for s in plan.marketing.sources.values()) for plan in (scenario, plans[2])]
    assert volumes[1] == pytest.approx(1.1 * volumes[0])


def test_a_plan_that_calls_new_leads_first_is_changed_the_other_way(tmp_path: Path) -> None:
    scenario = scenario_with(tmp_path, {"sales.sdr.queue.new_before_retries": True})
    assert changes(scenario)["New leads no longer first"] == {"sales.sdr.queue.new_before_retries": False}


@pytest.mark.parametrize(
    ("command", "years"),
    [
        (commands.run, replications.QUICK_YEARS),
        (commands.compare, replications.QUICK_YEARS),
    ],
)
def test_the_years_judged_are_those_that_the_commands_take(command: Callable[..., None], years: int) -> None:
    assert inspect.signature(command).parameters["replications"].default == years
    assert CHAPTER_YEARS["planning_report"] == replications.REPORT_YEARS


@pytest.mark.parametrize(
    ("margin", "unit", "told"),
    [
        (0.5, "months", "0.5 months"), (1.0, "months", "1 month"), (1.13, "months", "1.1 months"),
        (1.0, "points", "1 point"), (2.06, "points", "2.1 points"), (3.0, "%", "3%"), (14.42, "%", "14%"),
    ],
)  # fmt: skip
def test_margins_are_told_in_words(margin: float, unit: str, told: str) -> None:
    assert precision(margin, unit) == told


EDGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "one year": ({}, 1, "One simulated year cannot tell"),
    "two years": ({}, 2, "no range"),
    "no leads": (
        {f"marketing.sources.{name}.visits_per_month": 0 for name in ("organic", "paid_search", "demo_request")}, 3,
        "unknown",
    ),
    "no reps": ({"sales.sdr.headcount": 0}, 3, "simulated years"),
    "no contract": (
        {f"sla.{name}": None for name in ("speed", "depth", "volume", "quality", "feedback")}
        | {"alternatives.two_business_hours": None}, 3,
        "no promise",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_a_plan_at_the_edge_of_sense_gives_a_page_that_makes_sense(
    edge: str, tmp_path: Path, shown: Callable[[Study], _Shown]
) -> None:
    overrides, years, said = EDGES[edge]
    study = real_study(scenario_with(tmp_path, overrides), years)
    page = shown(study)
    assert said in page.text
    _hold_words(page)
    assert "nan" not in replications_page.key_figures(study)


def test_a_page_of_many_years_speaks_to_leaders(shown: Callable[[Study], _Shown]) -> None:
    study = study_of(40)
    page = shown(study)
    _hold_words(page)
    assert len(page.figures) == 1
    for headline in study.headlines:
        assert f"{headline.years.mean:,.0f}" in page.figures[0]["alt"]
    [record] = page.records
    assert record["finding"] in page.text
    assert record["digest"] == study.scenario.digest
    assert len(record["headline"]) == 3
    assert record["results"]["headlines"]["Expected revenue"]["years"]["mean"] == study.headlines[2].years.mean
    assert 3 <= len(replications_page.key_figures(study).splitlines()) <= 6


def test_a_number_that_is_the_same_in_every_year_is_not_drawn(shown: Callable[[Study], _Shown]) -> None:
    scenario = two_clauses(12)
    same = [replication(n, {"speed": [1.0] * 12, "quality": [1.0] * 12}, expected_revenue=9.0) for n in range(25)]
    page = shown(Study(of(scenario, same), {"A change": of(scenario, same)}))
    assert "Contribution" in page.figures[0]["alt"]
    assert "Expected revenue" not in page.figures[0]["alt"]
    assert "no difference" in page.text
    _hold_words(page)


def _hold_words(page: _Shown) -> None:
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not JARGON.search(page.text), JARGON.search(page.text)
    assert all(figure["alt"] for figure in page.figures)


@pytest.mark.slow
@pytest.mark.parametrize("start", [0, 25, 50])
def test_hostile_names_stay_text_on_the_page(
    start: int, tmp_path: Path, shown: Callable[[Study], _Shown], hostile: list[str]
) -> None:
    study = real_study(_hostile_scenario(tmp_path, hostile[start : start + 25]), 2)
    page = shown(study)
    tags = [tag for tag, _ in page.elements]
    allowed = {"h1", "h2", "p", "div", "small", "b", "table", "caption", "thead", "tbody", "tr", "th", "td", "span"}
    assert set(tags) <= allowed | {"ul", "li"}
    assert (tags.count("ul"), tags.count("li")) == (1, len(replications_page.conclusions(study)))
    assert not any(name.startswith("on") or name in {"href", "src", "style"} for _, a in page.elements for name in a)


def _history(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8")
    return path


def _line(name: str, ratio: float) -> dict[str, Any]:
    return {"figure": name, "ratio": ratio, "min": ratio, "max": ratio, "target": 0.01, "never": 0.01}


def _coverage_text(history: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    bundles: list[tuple[dict[str, Any], dict[str, Any]]] = []
    monkeypatch.setattr(display, "_emit", lambda bundle, metadata=None: bundles.append((bundle, metadata or {})))
    replications_page.show_coverage(history)
    return _Shown(bundles).text


def test_coverage_that_was_never_measured_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured_coverage(tmp_path / "history.jsonl") == {}
    for history in (tmp_path / "none.jsonl", _history(tmp_path / "history.jsonl", _line("P1", 0.5))):
        text = _coverage_text(history, monkeypatch)
        assert "has not been measured in this checkout" in text
        assert "make bench" in text
        assert not re.search(r"\d", text)


def test_the_newest_coverage_counts_and_broken_lines_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (_line("cover speed", 0.009), _line("P1", 3.0), _line("cover speed", 0.004), "", "[1]", '{"figure": "cover')
    history = _history(tmp_path / "history.jsonl", *lines, {"figure": "cover wilson", "ratio": None})
    assert measured_coverage(history) == {"cover speed": Coverage(0.004, 0.01)}
    text = _coverage_text(history, monkeypatch)
    assert "The ranges hold what they claim to within 0.4 points" in text


def test_ranges_that_do_not_hold_what_they_claim_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = _history(tmp_path / "history.jsonl", _line("cover speed", 0.004), _line("cover expected", 0.031))
    text = _coverage_text(history, monkeypatch)
    assert "The ranges do not hold what they claim: off by up to 3.1 points" in text
    assert "fails" in text


def _parameters(**given: Any) -> dict[str, Any]:
    return {"params_path": "plan.yaml", "replications": 2, "seed": 1, "workers": 1, "tables_dir": "", **given}


def test_preparing_simulates_four_plans_under_one_luck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, told = write_tiny(tmp_path), tmp_path / "progress"
    monkeypatch.setenv(VARIABLE, str(told))
    study = prepare(_parameters(params_path=str(path), seed=5, tables_dir=str(tmp_path / "tables")))
    assert told.read_text() == "1000 1000"
    assert study.years == 2
    assert {experiment.seed for experiment in (study.base, *study.changes.values())} == {5}
    years = pd.read_parquet(tmp_path / "tables" / "years.parquet")
    assert list(years["plan"].unique()) == ["as it is", *study.changes]
    assert len(years) == 8
    needed = pd.read_parquet(tmp_path / "tables" / "needed.parquet")
    assert list(needed["headline"]) == [h.label for h in study.headlines]


def test_a_misspelt_parameter_and_a_failed_year_stop_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="did you mean 'replications'"):
        prepare(_parameters(replicatons=3))

    def failing(_: Simulation, scenario: Scenario, **__: Any) -> Replications:
        return Replications(scenario, 1, "reference", (), (Failure(4, "ValueError: odd"),))

    monkeypatch.setattr(Simulation, "run", failing)
    with pytest.raises(RunFailed, match="year 4: ValueError: odd"):
        prepare(_parameters(params_path=str(write_tiny(tmp_path))))


def test_a_notebook_is_called_what_it_begins_with() -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "replications.ipynb", as_version=4)
    assert notebook_title(notebook) == "How many simulated years?"
    assert notebook_title(nbformat.v4.new_notebook()) == ""
    assert notebook_title(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("no heading")])) == ""


@pytest.mark.slow
def test_the_notebook_is_published_beside_the_planning_report(tmp_path: Path) -> None:
    path, root = write_tiny(tmp_path), tmp_path / "reports"
    published = publish_report(
        ROOT / "notebooks" / "replications.ipynb", load(path, {}), params_file=path, root=root, replications=3, seed=1,
        workers=1,
    )  # fmt: skip
    text = (published.path / "report.html").read_text("utf-8")
    page = _Page(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    assert published.path.parent.name.endswith("-replications")
    assert "How many simulated years? · Tiny plan" in page.text
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) == 1
    assert all(image.get("alt", "").strip() for image in images)
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert not JARGON.search(page.text), JARGON.search(page.text)
    record = json.loads((published.path / "run.json").read_text("utf-8"))
    assert record["notebook"] == "replications"
    assert record["finding"] in html.unescape((root / "index.html").read_text("utf-8"))
    assert "tables/years.parquet" in record["artefacts"]
