"""Replications over any executor: the same answer in the same order, and failures that stop nothing else."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.experiment import replications
from smarketing_sim.experiment.default_years import MAX_REPLICATIONS
from smarketing_sim.experiment.replications import Failure, Replications, replicate
from smarketing_sim.experiment.results import joined_ledger, to_json
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.workers import workers
from smarketing_sim.measure.statistics import t_interval
from smarketing_sim.measure.summary import Measures
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.experiment.executors import Backwards, Dying, Murderous
from tests.experiment.stubs import replication, small


def as_bytes(experiment: Replications) -> bytes:
    """Every number of an experiment, to the last bit."""
    parts = [json.dumps(to_json(experiment), allow_nan=False).encode()]
    for m in experiment.measures:
        parts.append(np.array(list(m.headline.values())).tobytes())
        parts += [column.tobytes() for counts in m.clauses.values() for column in vars(counts).values()]
        parts += [value.tobytes() for value in vars(m).values() if isinstance(value, np.ndarray)]
    return b"".join(parts)


@pytest.fixture(scope="module")
def alone() -> Replications:
    return Simulation(5, 3).run(small())


@pytest.mark.slow
def test_one_worker_two_workers_and_threads_give_the_same_bytes(alone: Replications) -> None:
    with workers(2) as two:
        assert two is not None
        assert as_bytes(Simulation(5, 3, executor=two).run(small())) == as_bytes(alone)
    with ThreadPoolExecutor(3) as threads:
        assert as_bytes(Simulation(5, 3, executor=threads).run(small())) == as_bytes(alone)


def test_results_come_in_run_order_whatever_finishes_first(alone: Replications) -> None:
    backwards = Backwards()
    experiment = Simulation(5, 3, executor=backwards).run(small())
    assert backwards.order == [4, 3, 2, 1, 0]
    assert [m.replication for m in experiment.measures] == [0, 1, 2, 3, 4]
    assert as_bytes(experiment) == as_bytes(alone)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(alone: Replications) -> None:
    assert as_bytes(Simulation(5, 3).run(small())) == as_bytes(alone)
    assert to_json(Simulation(5, 4).run(small()))["revenue"] != to_json(alone)["revenue"]
    assert alone.measures[0].headline != alone.measures[1].headline


def test_any_replication_can_be_run_again_alone_and_more_of_them_change_none(alone: Replications) -> None:
    outcome = replicate(small(), 3, 4, "reference", False)
    assert not isinstance(outcome, Failure)
    assert outcome[0].headline == pytest.approx(alone.measures[4].headline, rel=0, abs=0, nan_ok=True)
    fewer = Simulation(2, 3).run(small())
    assert [m.headline for m in fewer.measures] == [m.headline for m in alone.measures[:2]]


def test_ledgers_come_back_in_order_with_every_headline_beside_them() -> None:
    experiment = Simulation(3, 3, executor=Backwards()).run(small(), keep_ledgers=True)
    joined = joined_ledger(experiment)
    assert joined.runs["replication"].tolist() == [0, 1, 2]
    assert joined.runs["expected_revenue"].tolist() == experiment.series("expected_revenue").tolist()
    assert set(np.unique(joined.tables["leads"]["replication"]).tolist()) == {0, 1, 2}
    assert Simulation(1, 3).run(small()).ledgers == ()


# ------------------------------------------------------------------------------------------------------- failures


def failing_at(number: int, error: Exception) -> Any:
    def instead(scenario: Scenario, *, seed: int, replication: int = 0) -> Any:
        if replication == number:
            raise error
        return _sample(scenario, seed=seed, replication=replication)

    return instead


_sample = sample_demand


def test_a_failed_replication_is_recorded_and_the_others_finish(
    monkeypatch: pytest.MonkeyPatch, alone: Replications
) -> None:
    monkeypatch.setattr(replications, "sample_demand", failing_at(2, ZeroDivisionError("luck ran out")))
    experiment = Simulation(5, 3).run(small())
    assert [m.replication for m in experiment.measures] == [0, 1, 3, 4]
    (failure,) = experiment.failures
    assert (failure.replication, failure.error) == (2, "ZeroDivisionError: luck ran out")
    assert "sample_demand" in failure.detail
    others = [m for m in alone.measures if m.replication != 2]
    assert as_bytes(dataclasses.replace(experiment, failures=())) == as_bytes(
        dataclasses.replace(alone, measures=tuple(others))
    )
    assert to_json(experiment)["replications"] == 4


def test_a_fault_of_the_input_is_raised_and_not_told_once_for_each_replication(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replications, "sample_demand", failing_at(0, InputError("no such thing")))
    for executor in (None, Backwards()):
        with pytest.raises(InputError, match="no such thing"):
            Simulation(3, executor=executor).run(small())


def test_an_input_error_comes_back_whole_from_another_process() -> None:
    with workers(2) as two, pytest.raises(InputError) as raised:
        Simulation(3, engine="steam", executor=two).run(small())
    assert raised.value.problems[0].path == "engine"


def test_when_everything_fails_everything_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise OSError("no luck at all")

    monkeypatch.setattr(replications, "sample_demand", never)
    experiment = Simulation(3).run(small(), precision={"won_count": 1.0})
    assert ([f.replication for f in experiment.failures], experiment.measures) == ([0, 1, 2], ())
    json.dumps(to_json(experiment), allow_nan=False)


def test_jobs_that_fell_with_a_killed_worker_are_run_again(alone: Replications) -> None:
    dying = Dying({2})
    experiment = Simulation(5, 3, executor=dying).run(small())
    assert dying.tried == [0, 1, 2, 3, 4, 2, 3, 4]
    assert [m.replication for m in experiment.measures] == [0, 1, 3, 4]
    assert [(f.replication, f.error) for f in experiment.failures] == [(2, "BrokenExecutor: a worker was killed")]
    others = tuple(m for m in alone.measures if m.replication != 2)
    assert as_bytes(dataclasses.replace(experiment, failures=())) == as_bytes(
        dataclasses.replace(alone, measures=others)
    )


def test_a_pool_that_stays_broken_fails_what_is_left_and_keeps_what_is_done() -> None:
    experiment = Simulation(4, 3, executor=Dying({1}, heals=False)).run(small())
    assert [m.replication for m in experiment.measures] == [0]
    assert [f.replication for f in experiment.failures] == [1, 2, 3]


def test_a_job_whose_future_was_cancelled_is_a_failed_replication() -> None:
    class Cancelling(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            if args[0].replication == 1:
                future.cancel()
                future.set_running_or_notify_cancel()
            else:
                future.set_result(fn(*args))
            return future

    experiment = Simulation(3, executor=Cancelling()).run(small())
    assert [f.replication for f in experiment.failures] == [1]
    assert [m.replication for m in experiment.measures] == [0, 2]


@pytest.mark.slow
@pytest.mark.parametrize("always", [False, True], ids=["once", "every time"])
def test_a_process_killed_at_work_costs_at_most_its_own_replication(
    tmp_path: Path, alone: Replications, always: bool
) -> None:
    with workers(2) as two:
        assert two is not None
        killer = Murderous(two, victim=1, mark=None if always else tmp_path / "killed")
        experiment = Simulation(5, 3, executor=killer).run(small())
    if always:
        assert [f.replication for f in experiment.failures] == [1]
        assert [m.replication for m in experiment.measures] == [0, 2, 3, 4]
    else:
        assert as_bytes(experiment) == as_bytes(alone)


# ---------------------------------------------------------------------------------------------- how many, how far


def spread(wanted: dict[int, float]) -> Any:
    """A stand-in for a replication, its revenue given by its number."""

    def instead(scenario: Scenario, seed: int, number: int, engine: str, keep: bool) -> tuple[Measures, None]:
        return replication(number, expected_revenue=wanted.get(number, float(number % 2))), None

    return instead


def test_precision_stops_once_the_interval_is_narrow_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replications, "replicate", spread({}))
    experiment = Simulation(10_000).run(small(), precision={"expected_revenue": 0.1})
    values = experiment.series("expected_revenue")
    found, before = t_interval(values), t_interval(values[: len(values) // 2])
    assert (found.high - found.low) / 2 <= 0.1
    assert (before.high - before.low) / 2 > 0.1
    assert 50 < len(values) < 200
    assert [m.replication for m in experiment.measures] == list(range(len(values)))


def test_precision_takes_no_more_than_the_first_look_where_nothing_varies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replications, "replicate", spread(dict.fromkeys(range(100), 5.0)))
    assert len(Simulation(1000).run(small(), precision={"expected_revenue": 0.1}).measures) == replications.FIRST_LOOK


def test_precision_never_runs_more_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replications, "replicate", spread({}))
    assert len(Simulation(37).run(small(), precision={"expected_revenue": 1e-6}).measures) == 37


def test_precision_of_a_measure_that_does_not_exist_names_those_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replications, "replicate", spread({}))
    with pytest.raises(InputError, match=r"revenu is not a measure; known are .*expected_revenue"):
        Simulation(20).run(small(), precision={"revenu": 1.0})


@pytest.mark.parametrize("count", [0, -1, MAX_REPLICATIONS + 1])
def test_a_number_of_replications_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(InputError, match="must be between 1 and 100,000"):
        Simulation(count).run(small())


def test_progress_tells_each_replication_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replications, "replicate", spread({}))
    seen: list[tuple[int, int]] = []
    Simulation(4, progress=lambda done, planned: seen.append((done, planned))).run(small())
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_few_jobs_and_single_workers_run_here() -> None:
    with workers(1) as executor:
        assert executor is None
    with workers(4, jobs=2) as executor:
        assert executor is None
