"""Sweeps: one table whatever runs them, resumed to the last bit, and honest about what failed."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.experiment import jobs
from smarketing_sim.experiment.chance_kept import kept_in_a_month, kept_months
from smarketing_sim.experiment.compare import per_replication
from smarketing_sim.experiment.grid import make_points
from smarketing_sim.experiment.jobs import Job, make_jobs
from smarketing_sim.experiment.journal import Journal
from smarketing_sim.experiment.results import clause_results, mean_of
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.sweep import Sweep, identity_of, sweep
from smarketing_sim.experiment.sweep_record import Record, read_record
from smarketing_sim.experiment.workers import workers
from smarketing_sim.measure.names import with_old_names
from smarketing_sim.measure.statistics import Interval
from tests.experiment.sweeps import VARY, YEARS, Ruled, killed_at, same_table, tiny_grid, tiny_sweep


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep without interruption, one job after another."""
    return tiny_sweep(tmp_path_factory.mktemp("alone"))


def row(table: pd.DataFrame, point: int, measure: str) -> Interval:
    found = table[(table["point"] == point) & (table["measure"] == measure)]
    assert len(found) == 1
    return Interval(*(float(found[name].iloc[0]) for name in ("mean", "low", "high")))


def same(a: Interval, b: Interval) -> bool:
    return np.array(list(vars(a).values())).tobytes() == np.array(list(vars(b).values())).tobytes()


# ---------------------------------------------------------------------------------------------------------- table


def test_the_table_is_tidy_and_in_the_order_of_the_grid(alone: Sweep) -> None:
    table = alone.table()
    paths = [setting.partition("=")[0] for setting in VARY]
    assert list(table.columns) == ["point", *paths, "measure", "mean", "low", "high", "replications"]
    assert table["point"].is_monotonic_increasing
    assert table.drop_duplicates("point")[paths[0]].tolist() == [2, 2, 2, 2, 3, 3, 3, 3]
    assert table.drop_duplicates("point")[paths[2]].tolist() == ["none", "medium"] * 4
    assert set(table["replications"]) == {YEARS}
    one = table[table["point"] == 0]["measure"].tolist()
    assert one[:6] == [
        *("expected_revenue", "contribution", "sdr_utilisation", "ae_utilisation"),
        *("attainment.speed", "p_kept.speed"),
    ]
    assert one[-1] == "p_all_kept"


def test_a_point_of_a_sweep_has_the_numbers_of_a_run_of_its_own(alone: Sweep) -> None:
    table = alone.table()
    for point in (0, 5):
        scenario = alone.points[point]
        single = Simulation(YEARS, 7).run(scenario)
        assert same(row(table, point, "expected_revenue"), mean_of(single, "expected_revenue"))
        for name in scenario.sla:
            assert same(row(table, point, f"attainment.{name}"), clause_results(single)[name].attained)
            assert same(row(table, point, f"p_kept.{name}"), kept_in_a_month(kept_months(single, name)))
        for name, series in per_replication(single).items():
            assert alone.series(point, name).tobytes() == series.astype(np.float64).tobytes()


def test_the_table_comes_back_from_its_file_as_it_was(alone: Sweep, tmp_path: Path) -> None:
    tiny_sweep(tmp_path)
    assert same_table(pd.read_parquet(tmp_path / "table.parquet"), alone.table())
    answer = json.loads((tmp_path / "sweep.json").read_text())
    digest = hashlib.sha256((tmp_path / "table.parquet").read_bytes()).hexdigest()
    assert answer.pop("artefacts") == {"table.parquet": digest}
    assert answer == with_old_names(alone.to_json())
    assert str(tmp_path) not in json.dumps(answer)


def test_points_may_have_clauses_of_their_own() -> None:
    grid = tiny_grid("sla.speed=null,{target: 0.9, within: 1 hour}")
    table = sweep(grid, Simulation(2, 7)).table()
    assert "p_kept.speed" not in set(table[table["point"] == 0]["measure"])
    assert "p_kept.speed" in set(table[table["point"] == 1]["measure"])


# ------------------------------------------------------------------------------------------------------ executors


@pytest.mark.slow
def test_threads_and_processes_give_the_table_of_one_process(alone: Sweep) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert same_table(tiny_sweep(executor=threads).table(), alone.table())
    with workers(2) as two:
        assert two is not None
        assert same_table(tiny_sweep(executor=two).table(), alone.table())


def test_leads_are_sampled_once_for_all_points_that_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    sampled: list[tuple[str, int]] = []
    real = jobs.sample_demand

    def counting(scenario: Any, *, seed: int, replication: int) -> Any:
        sampled.append((scenario.decay.preset, replication))
        return real(scenario, seed=seed, replication=replication)

    monkeypatch.setattr(jobs, "sample_demand", counting)
    tiny_sweep()
    # Only the decay changes what is sampled: 8 points read two demands.
    assert sorted(sampled) == sorted((preset, r) for preset in ("none", "medium") for r in range(YEARS))


def test_a_job_holds_no_more_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BLOCK", 3)
    made = make_jobs(make_points(tiny_grid()), range(2), seed=1, engine="reference")
    assert [job.points for job in made[::2]] == [(0, 2, 4), (6,), (1, 3, 5), (7,)]


def test_no_more_jobs_wait_in_an_executor_than_its_share(monkeypatch: pytest.MonkeyPatch, alone: Sweep) -> None:
    monkeypatch.setattr(jobs, "IN_FLIGHT", 2)
    most = 0

    class Counting(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            nonlocal most
            most = max(most, 1 + sum(not future.done() for future in futures))
            futures.append(super().submit(fn, *args, **kwargs))
            return futures[-1]

    futures: list[Any] = []
    with Counting(1) as executor:
        assert same_table(tiny_sweep(executor=executor).table(), alone.table())
    assert most <= 2


def test_a_worker_that_dies_once_changes_nothing(alone: Sweep) -> None:
    def once(job: Job, tried: list[Job]) -> BrokenExecutor | None:
        return BrokenExecutor("killed") if job.replication == 1 and tried.count(job) == 1 else None

    executor = Ruled(once)
    assert same_table(tiny_sweep(executor=executor).table(), alone.table())
    assert len(executor.tried) == 2 * YEARS + 2


# ------------------------------------------------------------------------------------------------------- failures


def failing(monkeypatch: pytest.MonkeyPatch, *, headcount: int, replication: int) -> None:
    real = jobs.simulate

    def instead(scenario: Any, demand: Any, *, engine: str) -> Any:
        if scenario.sales.sdr.headcount == headcount and demand.replication == replication:
            raise ZeroDivisionError("odd")
        return real(scenario, demand, engine=engine)

    monkeypatch.setattr(jobs, "simulate", instead)


def test_one_failed_year_is_recorded_and_all_others_are_finished_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, alone: Sweep
) -> None:
    with monkeypatch.context() as broken:
        failing(broken, headcount=3, replication=1)
        first = tiny_sweep(tmp_path)
    assert [(f.point, f.replication, f.error) for f in first.failures] == [
        (point, 1, "ZeroDivisionError: odd") for point in (4, 5, 6, 7)
    ]
    assert "instead" in first.failures[0].detail
    table = first.table()
    assert set(table[table["point"] < 4]["replications"]) == {YEARS}
    assert set(table[table["point"] >= 4]["replications"]) == {YEARS - 1}
    assert np.isnan(first.series(4, "won_count")).tolist() == [False, True, False]
    assert json.loads((tmp_path / "sweep.json").read_text())["failures"][0] == {
        "point": 4, "replication": 1, "error": "ZeroDivisionError: odd"
    }  # fmt: skip
    again = tiny_sweep(tmp_path)
    assert again.failures == ()
    assert same_table(again.table(), alone.table())


def test_leads_that_cannot_be_sampled_fail_the_points_that_read_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise MemoryError("too many")

    monkeypatch.setattr(jobs, "sample_demand", never)
    result = tiny_sweep()
    assert len(result.failures) == 8 * YEARS
    assert set(result.table()["replications"]) == {0}
    assert result.table()["mean"].isna().all()
    json.dumps(result.to_json(), allow_nan=False)


def test_a_job_that_kills_every_worker_is_a_failure_of_its_own_points_only() -> None:
    class KilledWorker(Exception):
        pass

    for error in (BrokenExecutor("a worker was killed"), KilledWorker("tcp://10.0.0.7:1234")):
        executor = Ruled(lambda job, _, error=error: error if job.replication == 2 and 0 in job.points else None)
        result = tiny_sweep(executor=executor)
        assert [(f.point, f.replication) for f in result.failures] == [(0, 2), (2, 2), (4, 2), (6, 2)]
        assert "10.0.0.7" not in result.failures[0].error


def test_a_fault_of_the_input_stops_the_sweep_with_its_own_words() -> None:
    for executor in (None, Ruled()):
        with pytest.raises(InputError, match="is not an engine"):
            sweep(tiny_grid(), Simulation(1, engine="steam", executor=executor))
    with pytest.raises(InputError, match="must be between 1"):
        sweep(tiny_grid(), Simulation(0))


# --------------------------------------------------------------------------------------------------------- resume


def counted_jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    ran: list[Job] = []
    real = Job.run

    def counting(job: Job) -> Any:
        ran.append(job)
        return real(job)

    monkeypatch.setattr(Job, "run", counting)
    return ran


def test_a_finished_sweep_is_not_simulated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: Sweep) -> None:
    tiny_sweep(tmp_path)
    ran = counted_jobs(monkeypatch)
    seen: list[tuple[int, int]] = []
    assert same_table(tiny_sweep(tmp_path, progress=lambda *now: seen.append(now)).table(), alone.table())
    assert ran == []
    assert seen == [(8 * YEARS, 8 * YEARS)]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _flip(path: Path) -> None:
    path.write_text(path.read_text().replace('"sdr_utilisation": 0.', '"sdr_utilisation": 1.', 1))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _nest(path: Path) -> None:
    path.write_text("[" * 100_000)


def _list(path: Path) -> None:
    path.write_text("[1]")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [_cut, _flip, _empty, _nest, _list, _binary])
def test_a_corrupted_piece_is_simulated_again_and_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: Sweep, spoil: Callable[[Path], None]
) -> None:
    tiny_sweep(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "jobs").iterdir()}
    victim = sorted((tmp_path / "jobs").iterdir())[1]
    spoil(victim)
    assert victim.read_bytes() != before[victim.name]
    ran = counted_jobs(monkeypatch)
    assert same_table(tiny_sweep(tmp_path).table(), alone.table())
    assert len(ran) == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "jobs").iterdir()} == before


def test_pieces_of_another_job_or_another_sweep_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: Sweep
) -> None:
    tiny_sweep(tmp_path)
    first, second = sorted((tmp_path / "jobs").iterdir())[:2]
    first.write_bytes(second.read_bytes())
    other = sweep(tiny_grid(), Simulation(YEARS, 8), folder=tmp_path / "other")
    for path in (tmp_path / "other" / "jobs").iterdir():
        shutil.copy(path, tmp_path / "jobs")
    ran = counted_jobs(monkeypatch)
    assert same_table(tiny_sweep(tmp_path).table(), alone.table())
    assert len(ran) == 1
    assert not same_table(other.table(), alone.table())


def test_a_piece_with_a_right_check_but_wrong_content_is_not_taken(tmp_path: Path, alone: Sweep) -> None:
    journal = Journal(tmp_path, "abc")
    scenario = alone.points[0]
    good = alone.records[0][0].plain()
    for bad in (
        {"measures": {}, "kept": {}},
        good | {"kept": {name: months[:-1] for name, months in good["kept"].items()}},
        good | {"measures": good["measures"] | {"won_count": "many"}},
        good | {"measures": good["measures"] | {"won_count": True}},
        [1],
        {"error": "x", "detail": ""},
    ):
        journal.write("job", bad)
        assert journal.read("job") == bad
        with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
            read_record(bad, scenario)
    assert Journal(tmp_path, "abd").read("job") is None
    assert journal.read("another") is None


def test_numbers_come_back_from_disk_to_the_last_bit(tmp_path: Path, alone: Sweep) -> None:
    names = list(alone.records[0][0].measures)
    odd = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, np.nan, np.inf, -np.inf, 1e22 / 3]
    record = Record(dict(zip(names, odd * 9, strict=False)), alone.records[0][0].kept)
    journal = Journal(tmp_path, "abc")
    journal.write("job", record.plain())
    back = read_record(journal.read("job"), alone.points[0])
    assert np.array(list(back.measures.values())).tobytes() == np.array(list(record.measures.values())).tobytes()


def test_what_tells_sweeps_apart_is_what_they_simulate() -> None:
    asked = Simulation(3, 7, "reference")
    mine = identity_of(tiny_grid(), asked)
    assert mine == identity_of(tiny_grid(), asked)
    others = [identity_of(tiny_grid(), replace(asked, **change)) for change in ({"replications": 4}, {"seed": 8})]
    others.append(identity_of(tiny_grid(*VARY[:2]), asked))
    others.append(identity_of(tiny_grid(*reversed(VARY)), asked))
    assert len({mine, *others}) == 5


def test_leftovers_of_killed_runs_go_once_they_are_a_day_old(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    old, new = (tmp_path / "jobs" / f".part-{name}" for name in ("old", "new"))
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    tiny_sweep(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


def interrupted(folder: Path, point: int) -> bool:
    """Sweep in a process that is killed at a point; tell whether it was reached."""
    process = multiprocessing.get_context("fork").Process(target=killed_at, args=(folder, point))
    process.start()
    process.join(120)
    assert process.exitcode in {-9, 0}
    return process.exitcode == -9


def check_kills(folder: Path, points: list[int], alone: Sweep) -> None:
    for point in points:
        place = folder / str(point)
        reached = interrupted(place, point)
        assert reached, f"there is no point {point}"
        for name in ("table.parquet", "sweep.json"):
            if (place / name).exists():
                assert (place / name).read_bytes() == (folder / "whole" / name).read_bytes()
        assert same_table(tiny_sweep(place).table(), alone.table())
        assert (place / "table.parquet").read_bytes() == (folder / "whole" / "table.parquet").read_bytes()
        assert (place / "sweep.json").read_bytes() == (folder / "whole" / "sweep.json").read_bytes()


def points_there_are(folder: Path) -> int:
    """Count the points before and after each call that changes the disk."""
    assert not interrupted(folder / "beyond", 10_000)
    return int((folder / "beyond" / "points").read_text())


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="forks")


@pytest.mark.slow
@on_linux
def test_a_killed_sweep_goes_on_to_the_table_of_one_that_was_not(tmp_path: Path, alone: Sweep) -> None:
    tiny_sweep(tmp_path / "whole")
    last = points_there_are(tmp_path)
    assert last > 40
    check_kills(tmp_path, [1, 6, 18, last - 6, last], alone)


@on_linux
@pytest.mark.soak
def test_forty_kills_each_end_in_the_table_of_a_sweep_that_was_not_killed(tmp_path: Path, alone: Sweep) -> None:
    tiny_sweep(tmp_path / "whole")
    last = points_there_are(tmp_path)
    check_kills(tmp_path, [*range(1, 21), *range(last - 19, last + 1)], alone)


def test_a_base_that_is_refused_costs_no_work(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        sweep(tiny_grid("sales.sdr.headcount=2,3"), Simulation(2, -1), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
