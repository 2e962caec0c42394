"""The planning page: plans at the edge of sense, hostile names, and one real report from end to end."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import warnings
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from smarketing_sim import cli
from smarketing_sim.analysis.plots import Plots
from smarketing_sim.decide.advice import advise
from smarketing_sim.decide.usual import BENCHMARKS
from smarketing_sim.errors import InputError, SmarketingWarning
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.names import with_old_names
from smarketing_sim.publish import publisher
from smarketing_sim.publish.pages import TEMPLATES
from smarketing_sim.publish.reports import KNOWN_NAME
from smarketing_sim.report.notebook import display
from smarketing_sim.report.notebook.parameters import PARAMETERS, check_parameters
from smarketing_sim.report.notebook.progress import VARIABLE
from smarketing_sim.report.notebook.provenance import git_state
from smarketing_sim.report.planning import answer, company, contract, finance, planning, sections, trust
from smarketing_sim.report.planning import desks as advice_page
from smarketing_sim.report.planning import load as load_page
from smarketing_sim.report.planning.planning import Report, prepare
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.experiment.stubs import small
from tests.hostile import hostile_texts


def _chart(words: Callable[[Report], display.Around], draw: Callable[[Plots], Axes]) -> Callable[[Report], None]:
    """The cell that shows a chart with the words around it."""
    return lambda report: words(report).show(draw(Plots(report.years)))


SHOWN = (
    answer.show_answer,
    advice_page.show_what_to_do,
    advice_page.show_left_on_table,
    advice_page.show_for_sales,
    advice_page.show_for_marketing,
    finance.show_for_finance,
    company.show_company,
    contract.show_contract,
    load_page.show_load,
    load_page.show_months,
    _chart(sections.where_leads_wait, Plots.waiting),
    _chart(sections.how_old_leads_are, Plots.response),
    sections.show_ages,
    _chart(sections.what_sources_bring, Plots.funnel),
    sections.show_funnel,
    _chart(sections.how_revenue_spreads, Plots.revenue),
    sections.show_money,
    trust.show_trust,
    answer.record_results,
)
CLAUSES = ("speed", "depth", "volume", "quality", "feedback")
NO_LEADS = {f"marketing.sources.{name}.visits_per_month": 0 for name in ("organic", "paid_search", "demo_request")}
NO_SLA: dict[str, Any] = {f"sla.{name}": None for name in CLAUSES} | {"alternatives.two_business_hours": None}
CORNERS: dict[str, tuple[dict[str, Any], int, tuple[str, ...]]] = {
    "no reps": (
        {"sales.sdr.headcount": 0}, 3,
        (
            "Nobody is there to call these leads", "Nobody is scheduled", "never called", "broken",
            "there is no queue to compare",
        ),
    ),
    "no leads": (
        NO_LEADS, 3,
        ("Sales has no case, for no lead is handed over", "No lead waits", "No lead arrives", "no case"),
    ),
    "closed for ever": (
        {"calendar.hours": {"mon": []}, "sales.sdr.shift": {"mon": []}}, 3,
        ("Nobody is scheduled", "no case"),
    ),
    "overload": (
        {"sales.sdr.headcount": 1, "marketing.sources.organic.visits_per_month": 40_000}, 3,
        ("some not at all", "does not fit into the time there is", "broken"),
    ),
    "one year": ({}, 1, ("no range", "this page has 1")),
    "no contract": (NO_SLA, 3, ("No contract is written yet", "this plan brings $")),
    "no goal": ({"goal.revenue": 0}, 3, ("are worth $",)),
    "no limit on deals": ({"sales.ae.open_limit": None}, 3, ("none set",)),
    "no account executives": ({"sales.ae.headcount": 0}, 3, ("No source brings revenue", "0 AEs")),
    "too shallow a cadence": (
        {"sales.sdr.cadence.max_attempts": 2}, 3,
        ("at most 35% is possible, with any number of reps",),
    ),
    "too short a promise": (
        {"sla.speed.within": "1 min"}, 3, ("No number of reps could keep the one-minute promise: at most",),
    ),
    "waiting is free": ({"decay.preset": "none"}, 3, ("assumes that waiting costs nothing",)),
    "nothing at all": (
        {**NO_LEADS, **NO_SLA, "sales.sdr.headcount": 0, "goal.revenue": 0}, 1,
        ("No contract is written yet",),
    ),
}  # fmt: skip
SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}
LEADERS_NEVER_READ = re.compile(r"P\(kept\)|Wilson|Shapley|replication|luck", re.IGNORECASE)
UNFINISHED = re.compile(
    r"\b(nan|NaN|inf|-inf|None|True|False)\b|%%|\{\}|array\(|-\d+(\.\d+)? (%|minutes|hours|days)|\$-"
)


class _Page(HTMLParser):
    """What a browser would make of the page: its elements, their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] not in ("script", "style"):
            self.text += f"{data} "


class _Shown:
    """All that a page displayed."""

    def __init__(self, bundles: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        self.figures = [meta["image/svg+xml"] for bundle, meta in bundles if "image/svg+xml" in bundle]
        self.records = [bundle[display.RECORD_MIME] for bundle, _ in bundles if display.RECORD_MIME in bundle]
        self.html = "".join(bundle.get("text/html", "") for bundle, _ in bundles)
        page = _Page(self.html)
        self.elements = page.elements
        words = [page.text, *(f"{figure['alt']} {figure['caption']}" for figure in self.figures)]
        words += [attributes["aria-label"] for _, attributes in page.elements if "aria-label" in attributes]
        self.text = re.sub(r"\s+", " ", " ".join(words))


def scenario_with(folder: Path, overrides: dict[str, Any] | None = None) -> Scenario:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmarketingWarning)
        return load(write_tiny(folder), overrides or {})


@pytest.fixture
def shown(show_sections: Callable[..., _Shown]) -> Callable[[Report], _Shown]:
    """Return a function that shows every section, each warning an error."""
    return partial(show_sections, SHOWN)


def _planned(scenario: Scenario, years: int) -> Report:
    """A plan with its advice."""
    return Report(Simulation(years).run(scenario), advise(scenario, Simulation(min(years, 2), 1)))


@pytest.mark.slow
@pytest.mark.parametrize("corner", CORNERS)
def test_a_plan_at_the_edge_of_sense_gives_a_page_that_makes_sense(
    corner: str, tmp_path: Path, shown: Callable[[Report], _Shown]
) -> None:
    overrides, years, said = CORNERS[corner]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan = _planned(scenario_with(tmp_path, overrides), years)
    page = shown(plan)
    for words in said:
        assert words in page.text
    assert not UNFINISHED.search(page.text), UNFINISHED.search(page.text)
    assert not LEADERS_NEVER_READ.search(page.text), LEADERS_NEVER_READ.search(page.text)
    assert all(figure["alt"] and not UNFINISHED.search(figure["alt"]) for figure in page.figures)
    assert all(attributes.get("aria-label") for tag, attributes in page.elements if tag == "svg")
    [record] = page.records
    assert record["finding"] in page.text
    assert record["digest"] == plan.scenario.digest
    assert trust.key_figures(plan).splitlines()[-1].startswith("busy")


@pytest.mark.slow
def test_a_page_in_another_currency_says_the_same_with_its_own_amounts(
    tmp_path: Path, shown: Callable[[Report], _Shown], money_in: Callable[[str], None]
) -> None:
    told, amounts = [], []
    dollars = scenario_with(tmp_path)
    for plan in (dollars, override(dollars, {"currency": "NOK", "exchange.USD": 10})):
        money_in(plan.currency)
        page = shown(_planned(plan, 3))
        marks = r"[+−]?(?:\$|NOK )((?:\d+[.,])*\d+)(k|m|bn)?\b"
        text = page.text.replace(BENCHMARKS["cost_per_handed"].source, "").replace(plan.digest, "")
        amounts.append([float(n.replace(",", "")) * SCALES[unit] for n, unit in re.findall(marks, text)])
        told.append(re.sub(marks, "#", text).replace("Norwegian kroner", "US dollars"))
    assert told[1].count(" currency NOK ") == 1
    told[1] = told[1].replace(" currency NOK ", " currency USD ")
    assert "$" not in told[1]
    assert "; at 10 to the dollar" in told[1]  # what is usual was seen in dollars
    told[1] = told[1].replace("; at 10 to the dollar", "")
    assert told[1] == told[0]
    assert len(amounts[0]) > 50
    assert amounts[1] == pytest.approx([10 * amount for amount in amounts[0]], rel=0.06, abs=6)


def test_a_range_that_reads_like_its_mean_is_told_once(tmp_path: Path, show_sections: Callable[..., _Shown]) -> None:
    scenario = scenario_with(tmp_path, {"sales.sdr.headcount": 60})
    idle = Simulation(2).run(scenario)
    assert idle.series("response_business_p50_minutes").max() < 0.5
    page = show_sections([sections.show_ages], Report(idle))
    assert "less than a minute range the same" in page.text
    assert "to less than a minute" not in page.text


@pytest.mark.slow
def test_the_page_of_a_plan_without_a_goal_offers_no_chance_to_reach_it(
    tmp_path: Path, shown: Callable[[Report], _Shown]
) -> None:
    without = Simulation(2).run(scenario_with(tmp_path, {"goal.revenue": 0}))
    assert "reach the goal" not in shown(Report(without)).text
    assert "reach the goal" in shown(Report(Simulation(2).run(scenario_with(tmp_path)))).text


def test_visits_of_some_sources_only_are_told_as_such(tmp_path: Path, show_sections: Callable[..., Any]) -> None:
    """Lost, the page shows 352 visits beside 846 leads and leaves a leader to wonder."""
    direct = {
        f"marketing.sources.organic.{key}": value
        for key, value in {"visits_per_month": None, "visit_to_lead_share": None, "leads_per_month": 90}.items()
    }
    mixed, alike = (Report(Simulation(1).run(scenario_with(tmp_path, given))) for given in (direct, {}))
    assert "Visits are counted only where leads are a share of them, so not for organic." in show_sections(
        [sections.show_funnel], mixed
    ).text.replace("Organic", "organic")
    assert "Visits are counted" not in show_sections([sections.show_funnel], alike).text


@pytest.mark.slow
def test_one_years_spread_is_shown_from_200_years_on_only(
    tmp_path: Path, shown: Callable[[Report], _Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Report(Simulation(3).run(scenario_with(tmp_path)))
    assert "eight years of ten bring" not in shown(plan).text
    monkeypatch.setattr("smarketing_sim.experiment.results.ONE_YEAR_FROM", 3)
    page = shown(plan)
    assert "eight years of ten bring" in page.text
    assert any("Histogram of revenue" in figure["alt"] for figure in page.figures)


def _hostile_scenario(folder: Path, nasty: list[str]) -> Scenario:
    """Return the tiny scenario with hostile text wherever a file can carry text."""
    plain = scenario_with(folder).model_dump(mode="json", exclude_none=True)
    texts = iter(text.replace(".", "·").replace("/", "∕") for text in nasty)
    sources = plain["marketing"]["sources"]
    plain["marketing"]["sources"] = {next(texts)[:100]: source for source in sources.values()}
    plain["personas"] = {next(texts)[:100]: persona for persona in plain["personas"].values()}
    plain["sla"] = {next(texts)[:100]: clause for clause in plain["sla"].values()}
    first = next(iter(plain["marketing"]["sources"]))
    plain["marketing"]["campaigns"] = {
        next(texts)[:100]: {
            "source": first, "starts_on": "2026-01-05", "first_week_leads": 3, "weekly_decay": 0.5, "weeks": 1,
        }
    }  # fmt: skip
    plain["alternatives"] = {next(texts)[:100]: {"label": nasty[20], "set": {"sales.sdr.headcount": 9}}}
    channel = next(texts)[:100]
    plain["sales"]["sdr"]["channels"] = {channel: plain["sales"]["sdr"]["channels"]["phone"]}
    plain["sales"]["sdr"]["cadence"]["channels"] = [channel]
    speed = next(name for name, clause in plain["sla"].items() if clause["kind"] == "speed")
    plain["sla"][speed]["applies_to"] = {"source": first}
    plain["name"], plain["description"] = nasty[21][:200] or "x", nasty[22]
    plain["beliefs"] = {
        "sales.sdr.headcount": {
            "source": nasty[23],
            "grade": nasty[24],
            "note": nasty[0],
            "range": [nasty[1], nasty[2]],
        },
        "decay.preset": {"source": nasty[3], "grade": nasty[4], "note": nasty[5]},
    }
    from smarketing_sim.scenario.building import build

    return build(plain)


@pytest.mark.slow
@pytest.mark.parametrize("start", [0, 25, 50, 175, 300])
def test_hostile_names_stay_text_on_the_page(
    start: int, tmp_path: Path, shown: Callable[[Report], _Shown], hostile: list[str]
) -> None:
    allowed = {
        "h1", "h2", "p", "div", "small", "b", "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "svg",
        "line", "circle", "rect", "text", "details", "summary", "ul", "li",
    }  # fmt: skip
    nasty = hostile[start : start + 25]
    scenario = _hostile_scenario(tmp_path, nasty)
    page = shown(Report(Simulation(2).run(scenario)))
    assert {tag for tag, _ in page.elements} <= allowed
    names = {name for _, attributes in page.elements for name in attributes}
    assert not any(name.startswith("on") or name in {"href", "src", "style", "srcdoc"} for name in names)
    assert "{{" not in page.html
    assert "javascript:" not in page.html
    assert set(re.findall(r"<[^>]*>", page.html.replace("\n", " "))) == set(re.findall(r"<[a-z/][^<>]*>", page.html))


@pytest.mark.slow
def test_the_hostile_texts_really_reach_the_page(tmp_path: Path, shown: Callable[[Report], _Shown]) -> None:
    scenario = _hostile_scenario(tmp_path, hostile_texts()[:25])
    text = shown(Report(Simulation(2).run(scenario))).text
    for source in scenario.marketing.sources:
        assert source.replace("_", " ").capitalize().split()[-1] in text
    assert " ".join(scenario.name.split())[:20] in text


def _parameters(**changes: Any) -> dict[str, Any]:
    given = {"params_path": "plan.yaml", "replications": 2, "seed": 1, "workers": 1, "tables_dir": ""}
    return {"np": np, "json": json, "print": print, "_": 3, "__doc__": "x", "In": [], "Out": {}, **given, **changes}


def test_modules_functions_and_the_notebooks_own_names_are_no_parameters() -> None:
    assert list(check_parameters(_parameters())) == list(PARAMETERS)


def test_a_cell_that_prepares_can_be_run_a_second_time(tmp_path: Path) -> None:
    """Lost, whoever runs the cell again in JupyterLab is told that its own answer is an unknown parameter."""
    answer = Report(Simulation(1).run(scenario_with(tmp_path)))
    assert list(check_parameters(_parameters(plan=answer))) == list(PARAMETERS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"replicatons": 3}, "replicatons = 3: is not a parameter of this notebook; did you mean 'replications'?"),
        ({"replications": "3"}, "replications = '3': must be a whole number"),
        ({"replications": 3.0}, "replications = 3.0: must be a whole number"),
        ({"replications": True}, "replications = True: must be a whole number"),
        ({"params_path": 7}, "params_path = 7: must be text"),
        ({"seed": None}, "seed: must be a whole number"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name_and_rule(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_parameters(_parameters(**changes))
    assert str(caught.value) == said


def test_every_wrong_parameter_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        check_parameters(_parameters(sede=1, seed="x", workers=1.5))
    assert len(caught.value.problems) == 3


@pytest.mark.slow
def test_preparing_runs_what_was_asked_and_writes_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tiny(tmp_path)
    told = tmp_path / "progress"
    monkeypatch.setenv(VARIABLE, str(told))
    plan = prepare(_parameters(params_path=str(path), tables_dir=str(tmp_path / "tables")))
    done, planned = told.read_text().split()
    assert done == planned
    assert (plan.year_count, plan.months, plan.years.seed) == (2, 1, 1)
    frames = {file.stem: pd.read_parquet(file) for file in (tmp_path / "tables").iterdir()}
    assert set(frames) == {"clauses", "funnel", "response", "waiting", "years"}
    assert len(frames["clauses"]) == 2 * len(CLAUSES)
    assert len(frames["funnel"]) == 2 * 3
    assert len(frames["waiting"]) == 168
    assert list(frames["years"]["replication"]) == [0, 1]
    for table, frame in planning.tables(plan).items():
        pd.testing.assert_frame_equal(frame, frames[table], check_dtype=False)


@pytest.mark.slow
def test_a_notebook_in_its_own_folder_finds_the_scenario_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    write_tiny(tmp_path / "params")
    monkeypatch.chdir(tmp_path / "notebooks")
    assert prepare(_parameters(params_path="params/tiny.yaml", replications=1)).scenario.name == "Tiny plan"
    with pytest.raises(InputError, match=r"params/tinny\.yaml"):
        prepare(_parameters(params_path="params/tinny.yaml"))


def test_a_range_never_reaches_below_zero_where_the_number_cannot(tmp_path: Path) -> None:
    plan = Report(Simulation(2).run(scenario_with(tmp_path)))
    names = ("expected_revenue", "response_wall_p50_minutes", "sdr_utilisation", "overtime_hours")
    assert all(plan.mean(name).low >= 0 for name in names)
    assert plan.mean("contribution").low < 0
    assert all(found.low >= 0 for found in plan.by_source("expected_revenue"))
    assert plan.total("expected_revenue").low == 0


def test_failed_years_stop_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from smarketing_sim.errors import RunFailed
    from smarketing_sim.experiment.replications import Failure

    def failing(_: Simulation, scenario: Scenario, **__: Any) -> Replications:
        return Replications(scenario, 1, "reference", (), (Failure(4, "ValueError: odd"),))

    monkeypatch.setattr(Simulation, "run", failing)
    with pytest.raises(RunFailed, match="year 4: ValueError: odd"):
        prepare(_parameters(params_path=str(write_tiny(tmp_path))))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Publish the tiny plan by the command line on three days: here, by two processes, and from the years they kept."""
    folder = tmp_path_factory.mktemp("report")
    params = write_tiny(folder)
    patch = pytest.MonkeyPatch()
    pages = []
    for day, count in ((5, "1"), (6, "2"), (7, "2")):
        moment = datetime(2026, 1, day, 9, 30, tzinfo=UTC)
        patch.setattr(publisher, "datetime", SimpleNamespace(now=lambda _, moment=moment: moment))
        common = [str(params), "--replications", "2", "--seed", "3", "--workers", count]
        patch.setattr("sys.argv", ["smarketing", "report", *common, "--out", str(folder / "reports")])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert left.value.code == 0
        [page] = (folder / "reports").glob(f"*/2026010{day}T093000Z-*/report.html")
        pages.append(page)
    patch.undo()
    return SimpleNamespace(pages=pages, root=folder / "reports", params=params, folder=folder)


def _record(page: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((page.parent / "run.json").read_text())
    return loaded


@pytest.mark.slow
def test_a_report_published_thrice_differs_in_its_time_alone(published: SimpleNamespace) -> None:
    texts = [page.read_text("utf-8") for page in published.pages]
    without = [re.sub(r"<time\b.*?</time>", "", text, flags=re.DOTALL) for text in texts]
    assert len(set(texts)) == 3
    assert len(set(without)) == 1
    assert texts[0].count("<time") == 1


@pytest.mark.slow
def test_a_report_published_again_has_simulated_nothing_anew(published: SimpleNamespace) -> None:
    tables = [sorted((page.parent / "tables").glob("*.parquet")) for page in published.pages]
    assert len({tuple(path.read_bytes() for path in paths) for paths in tables}) == 1
    with closing(sqlite3.connect(published.root / KNOWN_NAME)) as years:
        [(kept, last)] = years.execute("SELECT count(*), max(rowid) FROM years")
    assert kept == last > 50


@pytest.mark.slow
def test_the_record_of_a_report_holds_all_that_was_promised_and_nothing_private(published: SimpleNamespace) -> None:
    import getpass
    import socket

    record = _record(published.pages[0])
    assert {
        "title", "notebook", "scenario", "published_at", "seed", "model_version", "finding", "headline", "results",
        "params", "digest", "replications", "params_file", "versions", "git", "duration_seconds", "artefacts",
    } <= set(record)  # fmt: skip
    assert record["git"] == git_state(ROOT / "notebooks")
    assert (record["git"] is not None) == (ROOT / ".git").exists()
    assert record["params_file"]["name"] == "tiny.yaml"
    assert len(record["params_file"]["sha256"]) == 64
    assert record["params"]["sales"]["sdr"]["headcount"] == 8
    assert {"report.html", "notebook.ipynb", "tables/clauses.parquet"} <= set(record["artefacts"])
    for file in ("run.json", "notebook.ipynb", "report.html"):
        text = (published.pages[0].parent / file).read_text("utf-8")
        private = [str(published.folder), str(Path.home()) + "/", socket.gethostname(), "/tmp/"]
        private += [getpass.getuser()] if getpass.getuser() != "root" else []
        assert not [word for word in private if word in text]


@pytest.mark.slow
def test_a_report_holds_the_numbers_of_the_run_command_to_the_last_digit(
    published: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", str(published.params), "--replications", "2", "--seed", "3", "--json"]
    monkeypatch.setattr("sys.argv", ["smarketing", *words])
    with pytest.raises(SystemExit):
        cli.main()
    assert with_old_names(_record(published.pages[0])["results"]) == json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_the_hub_lists_every_report_with_its_finding(published: SimpleNamespace) -> None:
    hub = (published.root / "index.html").read_text("utf-8")
    for page in published.pages:
        assert page.relative_to(published.root).as_posix() in hub
        assert _record(page)["finding"] in html.unescape(hub)


@pytest.mark.slow
def test_a_published_page_speaks_to_leaders_and_describes_every_figure(published: SimpleNamespace) -> None:
    page = _Page(re.sub(r"<style.*?</style>", "", published.pages[0].read_text("utf-8"), flags=re.DOTALL))
    assert not LEADERS_NEVER_READ.search(page.text)
    assert not UNFINISHED.search(page.text)
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) >= 3
    assert all(image.get("alt", "").strip() for image in images)
    assert [tag for tag, _ in page.elements].count("h1") == 1
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", published.pages[0].read_text("utf-8"), flags=re.DOTALL)
    assert scripts == [(TEMPLATES / "leader" / name).read_text("utf-8") for name in ("what_if.js", "tables.js")]


def test_leads_that_silence_accepted_are_counted_beside_the_contract(show_sections: Callable[..., Any]) -> None:
    """Lost, a plan whose leads nobody calls shows quality of 100% without a word."""
    quality = {"kind": "quality", "target": 0.6, "within": "1 hour", "silence": "accepted"}
    years = Simulation(2).run(small(sla={"quality": quality}))
    silent = np.mean([year.clauses["quality"].unworked_count.sum() for year in years.measures])
    assert silent > 2
    page = show_sections([contract.show_contract], Report(years)).text
    assert f"Quality: {silent:.0f} leads a year count as accepted, because nobody looked at them in time." in page
    assert "not worked in time, left out" not in page
