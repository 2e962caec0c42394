"""The package as Python: what is printed of simulated years is what the commands and pages say."""

from __future__ import annotations

import calendar
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from bs4 import BeautifulSoup

import smarketing_sim as sm
from smarketing_sim import cli
from smarketing_sim.experiment.results import clause_results
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS
from smarketing_sim.words.numbers import money, percent
from tests.cli.tiny import write_tiny
from tests.experiment.stubs import small
from tests.patience import HANG_SECONDS


@pytest.fixture(scope="module")
def years() -> sm.Years:
    return sm.simulate(small(), replications=4, seed=3, progress=False)


def test_a_name_of_the_face_that_is_gone_is_missed() -> None:
    """Everything that the package promises is there, and nothing else passes for it."""
    for name in sm.__all__:
        assert getattr(sm, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = sm.simulat  # type: ignore[attr-defined]


@pytest.mark.slow
def test_every_chart_of_a_notebook_is_shown_whoever_draws_first(tmp_path: Path) -> None:
    """Lost, the first chart in a kernel takes all later ones along, the reader's own too, without an error."""
    cell = nbformat.v4.new_code_cell
    write_tiny(tmp_path)
    first = "import smarketing_sim as sm\nyears = sm.simulate(sm.load('tiny.yaml'), replications=2, progress=False)"
    own = "from matplotlib import pyplot\npyplot.subplots();"
    cells = [cell(source) for source in (first, "years.plot.waiting()", "years.plot.clauses();", own)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": ""}})
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    ran = papermill.execute_notebook(
        tmp_path / "mine.ipynb", tmp_path / "ran.ipynb", cwd=tmp_path, progress_bar=False, start_timeout=HANG_SECONDS
    )
    shown = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in ran.cells]
    assert shown == [0, 1, 1, 1]


def test_importing_the_package_loads_neither_data_frames_nor_charts() -> None:
    told = "import sys, smarketing_sim; print({'pandas', 'numpy', 'matplotlib', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_plan_is_named_after_what_was_changed(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    plan = sm.load(path, {"sales.sdr.headcount": 3})
    assert plan.name == "Tiny plan with rep headcount 3"
    assert sm.override(plan, {"sla.speed": None}).name.endswith("with no sla: speed")
    assert sm.load(path).name == "Tiny plan"
    with pytest.raises(sm.InputError, match=r"^sales\.sdr\.headcont: is not a known key; did you mean 'headcount'"):
        sm.override(plan, {"sales.sdr.headcont": 3})
    with pytest.raises(sm.InputError, match=r"^sla\.speed\.target = '120%': must be"):
        sm.load(path, {"sla.speed.target": "120%"})


def test_years_are_those_of_the_run_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    path = write_tiny(tmp_path)
    found = sm.simulate(sm.load(path), replications=2, seed=3, progress=False)
    monkeypatch.setattr("sys.argv", ["smarketing", "run", str(path), "--replications", "2", "--seed", "3", "--json"])
    with pytest.raises(SystemExit):
        cli.main()
    told = json.loads(capsys.readouterr().out)
    mine = found.to_dict()
    assert mine == {name: told[name] for name in mine if name != "measures"} | {"measures": mine["measures"]}
    assert mine["measures"] == {name: told["measures"][name] for name in mine["measures"]}
    for clause in told["clauses"]:
        row = found.clauses.loc[clause["id"].removeprefix("sla."), "attained"]
        assert [row["mean"], row["low"], row["high"]] == pytest.approx(list(clause["attainment"].values()), nan_ok=True)


def test_every_table_has_mean_range_and_unit(years: sm.Years) -> None:
    for table in (years.clauses, years.funnel, years.money, years.waiting, years.to_frame()):
        assert list(table.columns)[-4:] == ["mean", "low", "high", "unit"]
        known = table.dropna()
        assert len(known)
        assert (known["low"] <= known["mean"]).all()
        assert (known["mean"] <= known["high"]).all()
    assert set(years.money["unit"]) == {"USD"}


def test_the_funnel_and_the_waiting_are_means_over_years(years: sm.Years) -> None:
    won = years.stacked("funnel")[:, 0, FUNNEL_COLUMNS.index("won")]
    assert years.funnel.loc[("web", "won"), "mean"] == pytest.approx(won.mean())
    waiting = years.stacked("waiting_new")[:, 24 + 9]
    assert years.waiting.loc[("new", "tue", 9), "mean"] == pytest.approx(waiting.mean())


def test_leads_and_attempts_of_a_year_are_those_that_were_measured(years: sm.Years) -> None:
    """The year is simulated again; were its luck another, tables and leads would tell of two years."""
    kept = Simulation(4, 3).run(small(), keep_ledgers=True).ledgers[2]
    leads, whole = years.leads(2), kept.as_timestamps("leads")
    pd.testing.assert_frame_equal(leads.drop(columns="in_horizon"), whole)
    counted = leads["in_horizon"] & (leads["duplicate_of"] < 0)
    assert counted.sum() == years.stacked("funnel")[2, :, FUNNEL_COLUMNS.index("leads")].sum()
    assert counted.sum() < len(whole)
    pd.testing.assert_frame_equal(years.attempts(2), kept.as_timestamps("attempts"))
    assert str(years.leads(2)["created_at"].dtype.tz) == "UTC"
    with pytest.raises(sm.InputError, match="replication = 9: was not simulated; 4 years were, from 0"):
        years.leads(9)


def test_an_executor_of_ones_own_changes_no_number(years: sm.Years) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = sm.simulate(small(), replications=4, seed=3, executor=pool, progress=False)
    pd.testing.assert_frame_equal(found.to_frame(), years.to_frame())


def test_what_jupyter_shows_says_the_numbers_of_the_tables(years: sm.Years) -> None:
    soup = BeautifulSoup(years._repr_html_(), "html.parser")
    cells = [cell.get_text(" ") for cell in soup.find_all(["th", "td"])]
    contribution = years.money.loc["contribution", "mean"]
    assert money(contribution) in cells
    for one in clause_results(years).values():
        assert any(cell.startswith(percent(one.attained.mean)) for cell in cells)


def test_names_from_a_file_stay_text_in_jupyter(hostile: list[str]) -> None:
    named = small().model_copy(update={"name": hostile[0]})
    html = sm.Years.of(Simulation(1).run(named))._repr_html_()
    assert BeautifulSoup(html, "html.parser").find(["script", "img", "svg"]) is None


def test_each_chart_is_titled_by_what_it_shows(years: sm.Years) -> None:
    from matplotlib import pyplot as plt

    waiting = (years.stacked("waiting_new") + years.stacked("waiting_retries")).mean(axis=0)
    hour = int(np.argmax(waiting))
    titles = {
        name: getattr(years.plot, name)().get_title()
        for name in ("waiting", "response", "funnel", "revenue", "clauses")
    }
    day = list(calendar.day_name)[hour // 24]
    assert titles["waiting"] == (
        f"Leads wait most on {day} from {hour % 24}:00 to {hour % 24 + 1}:00: {waiting[hour]:.0f} at a time"
    )
    brought = years.funnel["mean"].xs("expected_revenue", level="stage")
    best = brought.idxmax().replace("_", " ").capitalize()
    assert titles["funnel"] == f"Most comes from {best.lower()}: {money(brought.max())} a year"
    assert money(years.series("expected_revenue").mean()) in titles["revenue"]
    assert "Half of the leads" in titles["response"]
    worst = min(clause_results(years).values(), key=lambda one: one.kept.mean)
    assert titles["clauses"].startswith(worst.name.capitalize())
    axes = plt.subplots()[1]
    assert years.plot.clauses(ax=axes) is axes
    plt.close("all")


def test_two_maps_with_one_darkest_share_a_scale_and_name_their_zone(years: sm.Years) -> None:
    from matplotlib import pyplot as plt

    own, shared = years.plot.waiting(), years.plot.waiting(darkest=90.0)
    most = (years.stacked("waiting_new") + years.stacked("waiting_retries")).mean(axis=0).max()
    assert own.collections[0].get_clim() == pytest.approx((0.0, most))
    assert shared.collections[0].get_clim() == (0.0, 90.0)
    assert years.scenario.calendar.zone in own.get_xlabel()
    plt.close("all")


def test_exported_tables_hold_what_was_shown(years: sm.Years, tmp_path: Path) -> None:
    written = years.export(tmp_path / "out", replication=1)
    assert {path.name for path in written} == {
        f"{name}.parquet" for name in ("clauses", "funnel", "money", "waiting", "leads", "attempts")
    }
    assert pd.read_parquet(tmp_path / "out" / "money.parquet")["mean"].tolist() == years.money["mean"].tolist()
    assert len(pd.read_parquet(tmp_path / "out" / "leads.parquet")) == len(years.leads(1))
