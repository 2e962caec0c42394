"""Years finished before: told apart by all that settles them, found again to the last bit, never in the way."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from smarketing_sim.decide.advice import advise
from smarketing_sim.errors import RunFailed
from smarketing_sim.experiment import years_cache as known_years
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import clause_results
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.workers import workers
from smarketing_sim.experiment.years_cache import KnownYears, code_digest, fingerprint, from_plain, to_plain
from smarketing_sim.experiment.years_cache_place import years_file, years_kept
from tests.experiment.stubs import small


class Counting(Executor):
    """Runs each job at once, and counts them."""

    def __init__(self, broken_from: int = 10**9) -> None:
        self.count, self.broken_from = 0, broken_from

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.count += 1
        if self.count > self.broken_from:
            raise KeyboardInterrupt
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


def simulated(file: Path, work: Callable[[Executor], Any]) -> tuple[int, Any]:
    """How many jobs had to be run, and what they came to."""
    counting = Counting()
    known = KnownYears(counting, file)
    found = work(known)
    known.close()
    return counting.count, found


def bits(experiments: list[Replications]) -> str:
    """Every number of some experiments, exactly."""
    return json.dumps([[to_plain(one) for one in experiment.measures] for experiment in experiments])


def few(executor: Executor, **changes: Any) -> list[Replications]:
    asked = {name: value for name, value in changes.items() if name in {"replications", "seed", "first", "engine"}}
    how = {"ceilings": True} | {name: value for name, value in changes.items() if name not in asked}
    simulation = Simulation(**{"replications": 3, "seed": 5, "executor": executor} | asked)
    return simulation.panel([small(), small(sales__sdr__headcount=4)], **how)


def test_what_was_simulated_once_is_found_again_to_the_last_bit(tmp_path: Path) -> None:
    first, fresh = simulated(tmp_path / "years", few)
    again, found = simulated(tmp_path / "years", few)
    assert (first, again) == (3, 0)
    assert bits(found) == bits(fresh)


def test_the_years_of_a_run_are_found_again_and_more_are_added(tmp_path: Path) -> None:
    def of(count: int) -> Callable[[Executor], list[Replications]]:
        return lambda executor: [Simulation(count, 2, executor=executor).run(small())]

    assert simulated(tmp_path / "years", of(3))[0] == 3
    count, found = simulated(tmp_path / "years", of(5))
    assert count == 2
    assert bits(found) == bits([Simulation(5, 2).run(small())])


@pytest.mark.slow
def test_every_year_behind_a_planning_page_is_kept(tmp_path: Path) -> None:
    def page(executor: Executor) -> Any:
        return advise(small(), Simulation(2, 1, executor=executor))

    first, fresh = simulated(tmp_path / "years", page)
    again, found = simulated(tmp_path / "years", page)
    assert first > 40
    assert again == 0
    assert [e.contribution for e in found.ranking.free] == [e.contribution for e in fresh.ranking.free]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"seed": 6},
        {"first": 3},
        {"ceilings": False},
        {"unlimited": True},
        {"engine": "reference"},
        {"judged_by": [small(sla__speed__within="1 business hour"), small(sales__sdr__headcount=4)]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_year_that_was_asked_for_otherwise_is_simulated(tmp_path: Path, otherwise: dict[str, Any]) -> None:
    simulated(tmp_path / "years", few)
    assert simulated(tmp_path / "years", lambda executor: few(executor, **otherwise))[0] == 3


def test_the_same_names_in_another_order_are_another_scenario_for_measures_stand_in_it(tmp_path: Path) -> None:
    plan = small()
    turned = plan.model_copy(update={"sla": dict(reversed(plan.sla.items()))})
    assert plan.digest == turned.digest
    simulated(tmp_path / "years", lambda executor: Simulation(1, executor=executor).panel([plan]))
    count, (found,) = simulated(tmp_path / "years", lambda executor: Simulation(1, executor=executor).panel([turned]))
    assert count == 1
    assert list(found.measures[0].clauses) == list(turned.sla)


def test_a_promise_for_another_share_of_leads_simulates_nothing_and_is_judged_anew(tmp_path: Path) -> None:
    """Counted again by hand: the months in which so large a share was called in time."""

    def promised(target: float) -> Replications:
        def asked(executor: Executor) -> list[Replications]:
            plan = small(sla__speed__target=target, goal__revenue=1000 * target)
            return [Simulation(3, 5, executor=executor).run(plan), *Simulation(3, 5, executor=executor).panel([plan])]

        count, (run, paneled) = simulated(tmp_path / "years", asked)
        counts.append(count)
        assert bits([paneled]) != bits([run])  # only a run looks for the ceilings
        return paneled

    counts: list[int] = []
    many, few_of_them = promised(0.9), promised(0.3)
    assert counts == [6, 0]
    assert bits([many]) == bits([few_of_them])
    for found, target in ((many, 0.9), (few_of_them, 0.3)):
        shares = np.array([m.clauses["speed"].numerator / m.clauses["speed"].denominator for m in found.measures])
        assert clause_results(found)["speed"].kept.mean == pytest.approx(np.mean(shares >= target))


def test_years_of_other_code_are_not_believed_and_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated(tmp_path / "years", few)
    monkeypatch.setattr(known_years, "code_digest", lambda: "another state of the code")
    assert simulated(tmp_path / "years", few)[0] == 3
    monkeypatch.undo()
    assert simulated(tmp_path / "years", few)[0] == 3


def test_a_changed_line_of_the_package_is_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "__init__.py").touch()
    (tmp_path / "room" / "model.py").write_text("RATE = 1\n")
    monkeypatch.setattr(known_years.smarketing_sim, "__file__", str(tmp_path / "__init__.py"))
    before = code_digest.__wrapped__()
    (tmp_path / "room" / "model.py").write_text("RATE = 2\n")
    assert code_digest.__wrapped__() != before


@pytest.mark.parametrize("name", ["numpy", "tzdata", "holidays"])
def test_another_version_of_what_makes_numbers_or_days_is_other_code(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_digest.__wrapped__()
    monkeypatch.setattr(known_years, "version", lambda asked: "0" if asked == name else version(asked))
    assert code_digest.__wrapped__() != before


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    stopped = KnownYears(Counting(broken_from=2), tmp_path / "years")
    with pytest.raises(KeyboardInterrupt):
        few(stopped)
    count, found = simulated(tmp_path / "years", few)
    assert count == 1
    assert bits(found) == bits(few(Counting()))


def test_a_year_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("smarketing_sim.experiment.panel.simulate", fails)
        with pytest.raises(RunFailed):
            simulated(tmp_path / "years", few)
        patch.setattr("smarketing_sim.experiment.replications.simulate", fails)
        simulated(tmp_path / "years", lambda executor: Simulation(2, executor=executor).run(small()))
    assert simulated(tmp_path / "years", few)[0] == 3
    count, found = simulated(tmp_path / "years", lambda executor: Simulation(2, executor=executor).run(small()))
    assert (count, len(found.failures)) == (2, 0)


def _garbage(file: Path) -> None:
    file.write_bytes(b"not a database at all" * 100)


def _torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _other_table(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE years (something TEXT)")


def _spoilt_rows(file: Path) -> None:
    with sqlite3.connect(file) as years:
        years.execute("UPDATE years SET found = substr(found, 1, 40)")


def _foreign_rows(file: Path) -> None:
    with sqlite3.connect(file) as years:
        years.execute("UPDATE years SET found = ?", [known_years.zlib.compress(b'{"kind": "Scenario", "fields": []}')])


def _other_columns(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE years (name TEXT PRIMARY KEY, code TEXT, fount BLOB)")


def _no_text(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE years", b"CREATE TABLE \xffears"))


def _moved_rows(file: Path) -> None:
    with sqlite3.connect(file) as years:
        years.execute("UPDATE years SET found = (SELECT found FROM years ORDER BY name LIMIT 1)")


def _another_years_plain_result(file: Path) -> None:
    with sqlite3.connect(file) as years:
        years.execute("UPDATE years SET found = ?", [known_years.zlib.compress(b"[[1.0, 2.0], [3.0, 4.0]]")])


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


SPOILT = [_garbage, _torn, _other_table, _other_columns, _no_text, _spoilt_rows, _foreign_rows, _moved_rows,
          _another_years_plain_result]  # fmt: skip


@pytest.mark.parametrize("spoil", [*SPOILT, _a_folder])
def test_whatever_happened_to_the_file_the_numbers_are_right(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    _, fresh = simulated(tmp_path / "years", few)
    spoil(tmp_path / "years")
    assert bits(simulated(tmp_path / "years", few)[1]) == bits(fresh)


@pytest.mark.slow
@pytest.mark.parametrize("spoil", SPOILT)
def test_a_spoilt_file_is_made_anew(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    simulated(tmp_path / "years", few)
    spoil(tmp_path / "years")
    simulated(tmp_path / "years", few)
    assert simulated(tmp_path / "years", few)[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_two_hundred_flipped_bits_change_no_number(tmp_path: Path, seed: int) -> None:
    file, draw = tmp_path / "years", np.random.default_rng(seed)
    _, fresh = simulated(file, few)
    whole = file.read_bytes()
    described = np.concatenate([np.arange(100), np.arange(3900, 4096)])  # the head of the file and the table's words
    for at in draw.choice(described if seed else len(whole), 100):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << draw.integers(8)]) + whole[at + 1 :])
        assert bits(simulated(file, few)[1]) == bits(fresh), at
        assert simulated(file, few)[0] == 0, at


def test_a_link_is_not_followed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "theirs") as theirs:
        theirs.execute("CREATE TABLE years (name TEXT PRIMARY KEY, code TEXT, found BLOB)")
        theirs.execute("INSERT INTO years VALUES ('a', 'b', 'c')")
    theirs.close()
    before = (tmp_path / "theirs").read_bytes()
    (tmp_path / "years").symlink_to(tmp_path / "theirs")
    assert simulated(tmp_path / "years", few)[0] == 3
    assert simulated(tmp_path / "years", few)[0] == 3
    assert (tmp_path / "theirs").read_bytes() == before


def test_where_no_file_can_be_made_every_year_is_simulated(tmp_path: Path) -> None:
    assert simulated(tmp_path / "no" / "such" / "folder", few)[0] == 3
    assert simulated(tmp_path / "no" / "such" / "folder", few)[0] == 3


def test_a_disk_that_fills_up_loses_no_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def execute(self, command: str, *_: Any) -> Any:
            raise sqlite3.OperationalError("database or disk is full")

        def close(self) -> None:
            pass

    monkeypatch.setattr(known_years, "_opened", lambda *_: Full())
    count, found = simulated(tmp_path / "years", few)
    assert count == 3
    assert bits(found) == bits(few(Counting()))


def test_two_at_once_share_a_file(tmp_path: Path) -> None:
    found: list[str] = []

    def work() -> None:
        with ThreadPoolExecutor(1) as pool:
            known = KnownYears(pool, tmp_path / "years")
            found.append(bits(few(known)))
            known.close()

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert found[0] == found[1] == bits(few(Counting()))
    assert simulated(tmp_path / "years", few)[0] == 0


def test_the_oldest_go_when_a_file_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated(tmp_path / "years", few)
    monkeypatch.setattr(known_years, "MOST", 2)
    assert simulated(tmp_path / "years", few)[0] == 1


@pytest.mark.slow
def test_workers_know_the_years_of_the_block_around_them_and_only_there(tmp_path: Path) -> None:
    with years_kept(tmp_path / "years"), workers(2) as executor:
        assert isinstance(executor, KnownYears)
        few(executor)
    assert years_file() is None
    assert simulated(tmp_path / "years", few)[0] == 0
    with workers(2) as executor:
        assert not isinstance(executor, KnownYears)


@dataclass(frozen=True)
class _Foreign:
    """Not of the package: its code could change unseen."""

    number: int = 1

    def run(self) -> int:
        return self.number


def test_a_job_whose_code_is_not_of_the_package_is_always_run(tmp_path: Path) -> None:
    for _ in range(2):
        count, _found = simulated(
            tmp_path / "years", lambda executor: [executor.submit(_Foreign().run), executor.submit(lambda: 1)]
        )
        assert count == 2


@pytest.mark.parametrize("value", [{1}, object(), np.zeros(2), _Foreign(), _Foreign, lambda: 1, (1, {2})])
def test_what_cannot_be_told_in_plain_types_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        fingerprint(value)


def test_years_that_differ_in_one_field_are_told_apart() -> None:
    (year,) = few(Counting(), replications=1)[0].measures
    assert json.dumps(to_plain(year)) != json.dumps(to_plain(replace(year, replication=1)))


NUMBERS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
NESTED = st.recursive(
    NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=3),
)
SOME_ARRAYS = arrays.arrays(
    st.sampled_from([np.float64, np.int64, np.int32, np.bool_]), arrays.array_shapes(min_side=0, max_dims=2)
)


@given(NESTED)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert repr(from_plain(to_plain(value))) == repr(value)


@given(SOME_ARRAYS)
def test_arrays_come_back_to_the_last_bit_and_can_be_written(array: npt.NDArray[Any]) -> None:
    found = from_plain(to_plain(array))
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert found.flags.writeable


@pytest.mark.parametrize(
    "value",
    [np.array(["text"]), np.array([object()]), {1}, small()],
    ids=["text", "object", "set", "scenario"],
)
def test_what_cannot_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_plain(value)
