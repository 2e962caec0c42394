"""Figures of answers: how long one takes, how much the common luck helps, and whether intervals hold what they say."""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.adapter import demand_for, scenario_for
from benchmarks.figure import Effort, Figure, fast_engine
from benchmarks.model import Year, sample_year
from benchmarks.peers import naive_simpy
from benchmarks.timing import Contestant, Ratio, interleaved, ratios
from smarketing_sim.arrays import Floats
from smarketing_sim.engine import ENGINES, simulate
from smarketing_sim.measure.statistics import Interval, t_interval, wilson
from smarketing_sim.measure.summary import Measures, measure
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import Demand

SEED = 20_230_101
PROCESSES = 2
REPLICATIONS = 20
ANSWERS_BEFORE = 4
Pair = Callable[[int], tuple[Year, Year]]


def answer_of(pool: ProcessPoolExecutor, *, fresh: bool) -> dict[str, Interval]:
    """Return every headline measure with its interval over replications, from two processes that hold the samples."""
    replicate = functools.partial(_replicate, fresh=fresh)
    found = list(pool.map(replicate, range(REPLICATIONS), chunksize=2))
    answer = {name: t_interval([m.headline[name] for m in found]) for name in found[0].headline}
    return answer | {name: t_interval([m.clauses[name].attainment for m in found]) for name in found[0].clauses}


def _replicate(number: int, *, fresh: bool) -> Measures:
    scenario = _scenario()
    demand = _drawn(number) if fresh else _stored(number)
    return measure(simulate(scenario, demand, engine="compiled"), scenario)


def _drawn(number: int) -> Demand:
    return demand_for(_scenario(), sample_year(seed=SEED + number), number)


_stored = functools.cache(_drawn)


@functools.cache
def _scenario() -> Scenario:
    return scenario_for(rate=60.0, reps=3)


def _hold_samples() -> None:
    """Draw what a process keeps, and compile what it needs, before the first question."""
    for number in range(REPLICATIONS):
        _stored(number)
    _replicate(0, fresh=False)


def p5(effort: Effort) -> list[Figure]:
    """Twenty replications of a year on stored samples, every measure and interval, over one naive replication."""
    return _answers("P5", effort, fresh=False, target=0.05, never=0.15)


def p6(effort: Effort) -> list[Figure]:
    """The same, every lead drawn again."""
    return _answers("P6", effort, fresh=True, target=0.10, never=0.25)


def _answers(name: str, effort: Effort, *, fresh: bool, target: float, never: float) -> list[Figure]:
    """Time an answer while a slider is moved, so after others, and the first one, which meets a core that idled.

    Such a core may run at two thirds of its speed for some tenths of a second, longer than an answer takes.
    """
    fast_engine()
    year, what = sample_year(seed=SEED), f"{REPLICATIONS} replications{', drawn again' if fresh else ''} / one naive"
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"), initializer=_hold_samples) as pool:
        answer = functools.partial(answer_of, pool, fresh=fresh)
        moving = Contestant(lambda _: answer(), prepare=lambda: [answer() for _ in range(ANSWERS_BEFORE)])
        rounds = interleaved(answer, moving, lambda: naive_simpy.run(year), pairs=effort.of(15, 2))
    note = f"{PROCESSES} processes that wait for questions"
    return [
        Figure(name=name, what=what, ratio=ratios(rounds, 1, 2), target=target, never=never, note=note),
        Figure(name=f"{name} first", what=what, ratio=ratios(rounds, 0, 2), note="after a second of idling"),
    ]


def p10(effort: Effort) -> list[Figure]:
    """Variance of a revenue difference with common luck and expected values / independent and sampled."""
    pairs = effort.of(200, 20)
    found = [
        Figure(name="P10", what="2 -> 3 reps", ratio=_variance_ratio(_more_reps, pairs), target=1 / 200, never=1 / 100)
    ]
    for name, what, change in (("P10 p0", "p0 .30 -> .33", _better_reach), ("P10 volume", "60 -> 66 a day", _volume)):
        found.append(Figure(name=name, what=what, ratio=_variance_ratio(change, pairs), note="only shown"))
    return found


def _more_reps(seed: int) -> tuple[Year, Year]:
    return sample_year(seed=seed, reps=2), sample_year(seed=seed, reps=3)


def _better_reach(seed: int) -> tuple[Year, Year]:
    return sample_year(seed=seed), sample_year(seed=seed, p0=0.33)


def _volume(seed: int) -> tuple[Year, Year]:
    more = sample_year(seed=seed, rate=66.0)
    stays = np.random.Generator(np.random.SFC64([seed, 1])).random(more.lead_count) < 60 / 66
    return more.keep(stays), more


def _variance_ratio(change: Pair, pairs: int) -> Ratio:
    """Return var(difference of expected revenue, paired) / var(difference of revenue, independent), bootstrapped."""
    engine = ENGINES[-1]
    scenarios: dict[int, Scenario] = {}
    revenue = np.zeros((pairs, 2, 2))
    for row in range(pairs):
        for side, year in enumerate(change(SEED + row)):
            scenario = scenarios.setdefault(year.reps, scenario_for(rate=60.0, reps=year.reps))
            leads = simulate(scenario, demand_for(scenario, year), engine=engine).tables["leads"]
            revenue[row, side] = np.nansum(leads["value"]), leads["expected_value"].sum()
    random = np.random.Generator(np.random.SFC64(SEED))
    again = [_ratio_of(revenue[random.integers(0, pairs, pairs)]) for _ in range(1000)]
    return Ratio(float(np.quantile(again, 0.025)), _ratio_of(revenue), float(np.quantile(again, 0.975)))


def _ratio_of(revenue: Floats) -> float:
    sampled, expected = revenue[:, :, 0], revenue[:, :, 1]
    return float(np.var(expected[:, 1] - expected[:, 0], ddof=1) / np.var(sampled, axis=0, ddof=1).sum())


def coverage(effort: Effort) -> list[Figure]:
    """How often intervals of 20 replications hold the truth, over 10,000 groups of tiny years of about 60 leads."""
    groups, chunks = effort.of(10_000, 100), effort.of(100, 4)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(tiny_years, range(chunks), [groups * REPLICATIONS // chunks] * chunks))
    table = np.concatenate(parts).reshape(groups, REPLICATIONS, 2)
    figures = []
    for column, name in enumerate(("speed", "expected")):
        values = table[:, :, column]
        share = held(values)
        figures.append(_coverage_figure(f"cover {name}", f"95 % t intervals of {name}", share, 0.95, groups))
    kept = table[:, :, 0] >= np.quantile(table[:, :, 0], 0.1)
    truth = float(kept.mean())
    inside = np.array([wilson(float(k), REPLICATIONS).low <= truth <= wilson(float(k), REPLICATIONS).high
                       for k in range(REPLICATIONS + 1)])  # fmt: skip
    exact = float(stats.binom.pmf(np.arange(REPLICATIONS + 1), REPLICATIONS, truth) @ inside)
    share = float(inside[kept.sum(axis=1)].mean())
    figures.append(_coverage_figure("cover wilson", f"Wilson's intervals, exactly {exact:.4f}", share, exact, groups))
    return figures


def held(values: Floats) -> float:
    """Return the share of groups (rows) whose t interval holds the mean of all."""
    truth = float(values.mean())
    intervals = [t_interval(row) for row in values]
    return float(np.mean([interval.low <= truth <= interval.high for interval in intervals]))


def _coverage_figure(name: str, what: str, share: float, wanted: float, groups: int) -> Figure:
    error = round(abs(share - wanted), 6)
    return Figure(name=name, what=what, ratio=Ratio(error, error, error), target=0.01, never=0.01,
                  note=f"{share:.4f} of {groups:,} groups; the figure is how far that is off")  # fmt: skip


def tiny_years(chunk: int, count: int) -> Floats:
    """Return (attainment of speed, expected revenue) of some years of four days with one rep; shape (count, 2)."""
    scenario, engine = scenario_for(rate=15.0, reps=1), ENGINES[-1]
    table = np.zeros((count, 2))
    for row in range(count):
        year = sample_year(seed=SEED + chunk * count + row, rate=15.0, reps=1, days=4)
        leads: Any = simulate(scenario, demand_for(scenario, year), engine=engine).tables["leads"]
        quick = leads["first_attempt_at"] - leads["handed_at"] <= 15.0
        table[row] = quick.mean() if len(quick) else np.nan, leads["expected_value"].sum()
    return table
