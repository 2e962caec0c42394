"""Figures of the engines: against the C loop, against other packages, over threads, over size, and equality."""

from __future__ import annotations

import multiprocessing
import statistics
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.adapter import demand_for, scenario_for, thin_of
from benchmarks.figure import Effort, Figure, fast_engine
from benchmarks.model import Thin, Year, sample_year
from benchmarks.peers import ciw_model, heap_loop, naive_simpy, salabim_model
from benchmarks.timing import Contestant, Ratio, interleaved, ratios
from smarketing_sim.engine import simulate
from smarketing_sim.engine.plan import make_plan
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand

BASELINE = "params/baseline.yaml"
SEED = 20_230_101


def loop_of(year: Year, *, rate: float) -> Contestant:
    """Return the compiled event loop alone, on a plan made before."""
    fast_engine()
    from smarketing_sim.engine.compiled import CompiledFollowUp  # noqa: PLC0415 - may not be installed

    scenario = scenario_for(rate=rate, reps=year.reps)
    plan = make_plan(scenario, demand_for(scenario, year))
    return Contestant(lambda follow_up: follow_up.run(), prepare=lambda: CompiledFollowUp(plan))


def whole(year: Year, engine: str, *, rate: float) -> Callable[[], Any]:
    """Return a replication from its demand to its ledger."""
    scenario = scenario_for(rate=rate, reps=year.reps)
    demand = demand_for(scenario, year)
    return lambda: simulate(scenario, demand, engine=engine)


def p1(effort: Effort) -> list[Figure]:
    """Compiled event loop over the C heap."""
    year = sample_year(seed=SEED)
    rounds = interleaved(loop_of(year, rate=60.0), heap_loop.Prepared(year).run, pairs=effort.of(51, 5))
    return [Figure(name="P1", what="compiled loop / C heap", ratio=ratios(rounds), target=0.60, never=1.0)]


def p2(effort: Effort) -> list[Figure]:
    """Whole replication, sampling included, over the C loop on arrays prepared before."""
    engine, scenario = fast_engine(), scenario_for(rate=60.0, reps=3)

    def replication() -> Thin:
        return thin_of(simulate(scenario, demand_for(scenario, sample_year(seed=SEED)), engine=engine))

    loop = heap_loop.Prepared(sample_year(seed=SEED))
    rounds = interleaved(replication, loop.run, lambda: sample_year(seed=SEED), pairs=effort.of(51, 5))
    note = f"sampling alone {ratios(rounds, above=2).median:.2f}"
    return [Figure(name="P2", what="replication / C heap", ratio=ratios(rounds), target=1.0, never=1.5, note=note)]


def p3(effort: Effort) -> list[Figure]:
    """Reference engine over naive SimPy."""
    year = sample_year(seed=SEED, days=effort.of(250, 25))
    rounds = interleaved(
        whole(year, "reference", rate=60.0), lambda: naive_simpy.run(year), pairs=effort.of(5, 2), warm_up=False
    )
    return [Figure(name="P3", what="reference / naive SimPy", ratio=ratios(rounds), target=0.30, never=0.50)]


def p4(effort: Effort) -> list[Figure]:
    """How many times faster than each peer the compiled engine is, ledgers being equal."""
    year = sample_year(seed=SEED, days=effort.of(250, 10))
    run = whole(year, fast_engine(), rate=60.0)
    told = thin_of(run())
    peers = {"simpy": naive_simpy, "ciw": ciw_model, "salabim": salabim_model}
    limits = {"simpy": (250.0, 150.0), "ciw": (900.0, 500.0), "salabim": (1500.0, 1000.0)}
    wrong = dict.fromkeys(peers, 0)

    def contestant(name: str) -> Callable[[], Any]:
        def call() -> None:
            wrong[name] += peers[name].run(year).mismatches(told)

        return call

    loop = loop_of(year, rate=60.0)
    rounds = interleaved(loop, run, *map(contestant, peers), pairs=effort.of(5, 2))
    figures = []
    for place, name in enumerate(peers, start=2):
        target, never = limits[name]
        note = f"{wrong[name]} leads differ; whole replication {ratios(rounds, above=place, below=1).median:.0f}"
        found = ratios(rounds, above=place, below=0)
        figures.append(Figure(name=f"P4 {name}", what=f"{name} / compiled loop", ratio=found, target=target,
                              never=never, note=note, void=wrong[name] > 0))  # fmt: skip
    return figures


def p7(effort: Effort) -> list[Figure]:
    """Two threads against one; two C loops side by side tell whether a second core was free."""
    engine, count = fast_engine(), effort.of(32, 8)
    scenario = scenario_for(rate=60.0, reps=3)
    years = [sample_year(seed=SEED + number) for number in range(count)]
    demands = [demand_for(scenario, year, number) for number, year in enumerate(years)]
    loops = [heap_loop.Prepared(year) for year in years]
    jobs: list[Callable[[], Any]] = [lambda d=d: simulate(scenario, d, engine=engine) for d in demands]  # type: ignore[misc]
    controls: list[Callable[[], Any]] = [loop.run for loop in loops]

    def over(calls: list[Callable[[], Any]], threads: int) -> Callable[[], Any]:
        def call() -> None:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda part: [job() for job in part], [calls[n::threads] for n in range(threads)]))

        return call

    rounds = interleaved(over(jobs, 1), over(jobs, 2), over(controls, 1), over(controls, 2), pairs=effort.of(9, 3))
    gain, control = ratios(rounds), ratios(rounds, above=2, below=3)
    return [Figure(name="P7", what="one thread / two threads", ratio=gain, target=1.9, never=1.7,
                   note=f"C loops side by side {control.median:.2f}", void=control.median < 1.8)]  # fmt: skip


def p8(effort: Effort) -> list[Figure]:
    """Time an event takes in a large year over that in the usual one."""
    small, large = sample_year(seed=SEED), sample_year(seed=SEED, rate=effort.of(6000, 600), reps=effort.of(300, 30))
    c_small, c_large = heap_loop.Prepared(small), heap_loop.Prepared(large)
    # Each in rounds of its own: a large year of the other in between would leave nothing of this one in the cache.
    pairs = effort.of(7, 3)
    rounds = interleaved(loop_of(large, rate=6000.0), loop_of(small, rate=60.0), pairs=pairs)
    of_c = interleaved(c_large.run, c_small.run, pairs=pairs)
    per_event = c_large.events / c_small.events
    found = Ratio.of([seconds[0] / seconds[1] / per_event for seconds in rounds])
    control = statistics.median(seconds[0] / seconds[1] / per_event for seconds in of_c)
    return [Figure(name="P8", what="time an event, 1.5 M leads / 15 k", ratio=found, target=1.5, never=2.2,
                   note=f"C heap {control:.2f}")]  # fmt: skip


def p11(effort: Effort) -> list[Figure]:
    """Leads of which the reference and the compiled engine tell different stories, every column held equal."""
    fast_engine()
    half = effort.of(5_000_000, 20_000)
    spawn = multiprocessing.get_context("spawn")
    wrong = compared = 0
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        for kind in (_benchmark_pair, _baseline_pair):
            done, number = 0, 0
            while done < half:
                for leads, differ in pool.map(kind, range(number, number + 8)):
                    done, wrong = done + leads, wrong + differ
                number += 8
            compared += done
    found = Ratio(float(wrong), float(wrong), float(wrong))
    return [Figure(name="P11", what="leads that differ, reference and compiled", ratio=found, target=0.0, never=0.0,
                   note=f"{compared:,} handed leads compared")]  # fmt: skip


def _benchmark_pair(number: int) -> tuple[int, int]:
    """Return how many leads of a benchmark year were compared, and how many differ."""
    reps, order = 2 + number % 2, ("newest", "score")[number // 2 % 2]
    scenario = scenario_for(rate=60.0, reps=reps)
    year = sample_year(seed=SEED + 1_000 + number, reps=reps, order=order)  # type: ignore[arg-type]
    return _pair(scenario, demand_for(scenario, year))


def _baseline_pair(number: int) -> tuple[int, int]:
    scenario = load(BASELINE)
    return _pair(scenario, sample_demand(scenario, seed=SEED, replication=number))


def _pair(scenario: Scenario, demand: Any) -> tuple[int, int]:
    ours = simulate(scenario, demand, engine=fast_engine()).tables
    theirs = simulate(scenario, demand, engine="reference").tables
    return int((~np.isnan(demand.handed_at)).sum()), len(differing_leads(ours, theirs))


def differing_leads(ours: Any, theirs: Any) -> set[int]:
    """Return the ids of leads with any column, of the lead or of its attempts, that is not equal; NaN equals NaN."""
    differ: set[int] = set()
    for name in ("leads", "attempts"):
        one, other = ours[name], theirs[name]
        if not np.array_equal(one["lead_id"], other["lead_id"]):
            ids, counts = np.unique(np.concatenate([one["lead_id"], other["lead_id"]]), return_counts=True)
            return set(ids.tolist()) if name == "leads" else differ | set(ids[counts % 2 == 1].tolist()) or {-1}
        for column in other:
            a, b = one[column], other[column]
            unequal = a != b if a.dtype.kind != "f" else (a != b) & ~(np.isnan(a) & np.isnan(b))
            differ |= set(one["lead_id"][unequal].tolist())
    return differ
