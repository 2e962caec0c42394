"""What can be asked of plans from Python; each question is the one of the command of the same name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from smarketing_sim.analysis.answers import Answer
from smarketing_sim.analysis.frames import interval_frame
from smarketing_sim.analysis.plans import said_from_python
from smarketing_sim.analysis.running import prepared
from smarketing_sim.analysis.years import Years
from smarketing_sim.decide import attribution, ranking, staffing, staffing_answer
from smarketing_sim.decide import design as follow_up
from smarketing_sim.errors import InputError
from smarketing_sim.experiment import compare as paired
from smarketing_sim.experiment.default_years import DESIGN_YEARS, QUICK_YEARS, STAFFING_YEARS
from smarketing_sim.experiment.grid import Axis, make_grid
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.sweep import sweep as sweep_grid
from smarketing_sim.measure.names import unit_of
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.words.numbers import counted, gain, percent, range_of, tell_money_in, upper_first
from smarketing_sim.words.promises import promises_differ


def simulate(
    plan: Scenario,
    replications: int = QUICK_YEARS,
    seed: int = 1,
    *,
    executor: Executor | None = None,
    progress: bool = True,
) -> Years:
    """Simulate a plan in many years, each with leads and luck of its own.

    Parameters
    ----------
    plan
        What :func:`load` returned.
    replications
        How many years. Twenty give a first look, two hundred the precision of a report.
    seed
        Root seed: the same seed gives the same numbers, on any machine and any number of processes.
    executor
        Any ``concurrent.futures`` executor, a Dask client's too; left out, all cores of this machine.
    progress
        Whether to show a bar where it takes more than a second.

    Raises
    ------
    InputError
        If the plan or a number cannot be used.
    RunFailed
        If no year could be finished.

    Examples
    --------
    >>> import smarketing_sim as sm
    >>> years = sm.simulate(sm.load("smarketing:baseline"), replications=3)
    >>> years
    <3 simulated years of 'Baseline plan 2026'>
    >>> list(years.money.columns)
    ['mean', 'low', 'high', 'unit']
    """
    with prepared(replications, seed, years=replications, executor=executor, progress=progress) as simulation:
        found = simulation.run(plan)
    if found.failures and not found.measures:
        raise InputError(f"no simulated year was finished: {found.failures[0].error}")
    return Years.of(found)


def compare(
    a: Scenario | Replications,
    *others: Scenario | Replications,
    replications: int | None = None,
    seed: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> Answer:
    """Set plans against the first one, lead by lead: all meet the same leads and the same luck.

    Of more than two plans the headline names the best, and all ranges of one measure hold at once, so they are wider.

    Parameters
    ----------
    a, *others
        Plans, or simulated years of theirs; of plans, years are simulated first.
    replications, seed
        Of plans that are simulated first; left out, those of the simulated years among them.
    executor, progress
        As for :func:`simulate`.

    Raises
    ------
    InputError
        If there is nothing to compare with, or the years do not pair.
    """
    if not others:
        raise InputError("compare needs two plans at least")
    sides = [a, *others]
    plans = [one for one in sides if isinstance(one, Scenario)]
    known = next((one for one in sides if isinstance(one, Replications)), None)
    if replications is None:
        replications = QUICK_YEARS if known is None else len(known.measures)
    if seed is None:
        seed = 1 if known is None else known.seed
    jobs = replications * len(plans)
    with prepared(replications, seed, years=jobs, executor=executor, progress=progress) as simulation:
        made = iter([step.run(plan) for plan, step in zip(plans, simulation.parts([1.0] * len(plans)), strict=True)])
    found = [next(made) if isinstance(one, Scenario) else one for one in sides]
    base, *rest = found
    answer = paired.compare_all(base, rest) if len(rest) > 1 else paired.compare(*found)
    tell_money_in(base.scenario.currency)
    tables = [one["measures"] for one in answer["others"]] if len(rest) > 1 else [answer["measures"]]
    names = [one.scenario.name for one in rest]
    rows = [
        ((name, measure), _interval(row["difference"]), _unit(measure, base.scenario.currency))
        for name, table in zip(names, tables, strict=True)
        for measure, row in table.items()
    ]
    best = max(zip(names, tables, strict=True), key=lambda pair: pair[1]["contribution"]["difference"]["mean"])
    difference = _interval(best[1]["contribution"]["difference"])
    headline = (
        f"“{best[0]}” brings {gain(difference.mean)} ({range_of(difference, gain)}) of contribution vs "
        f"“{base.scenario.name}”, in {counted(len(base.measures), 'simulated year')} with the same leads"
    )
    changed = [one for table in (answer["others"] if len(rest) > 1 else [answer]) for one in table["changed"]]
    headline = ". ".join(filter(None, [headline, promises_differ(changed).removesuffix(".")]))
    return _answer(headline, found, rows, ["plan", "difference in"], plain=answer, plan=base.scenario)


def sweep(
    plan: Scenario,
    vary: Mapping[str, Any],
    *,
    replications: int = QUICK_YEARS,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> Answer:
    """Simulate every combination of some values under the same luck.

    Parameters
    ----------
    plan
        The plan that the values are put into.
    vary
        Lists of values by dotted path, such as ``{"sales.sdr.headcount": [6, 8, 10]}``.
    replications, seed, executor, progress
        As for :func:`simulate`.

    Raises
    ------
    InputError
        If a path or a value cannot be used; nothing was simulated then.
    """
    listed = all(isinstance(values, Sequence) and not isinstance(values, str) and values for values in vary.values())
    axes = tuple(Axis(path, tuple(values), tuple(map(str, values))) for path, values in vary.items()) if listed else ()
    if not axes:
        raise InputError('sweep needs values by path, such as {"sales.sdr.headcount": [6, 8, 10]}')
    with said_from_python():
        grid = make_grid(plan, axes)
    jobs = grid.count * replications
    with prepared(replications, seed, years=jobs, executor=executor, progress=progress) as simulation:
        found = sweep_grid(grid, simulation)
    headline = f"{counted(grid.count, 'plan')} of {counted(replications, 'simulated year')} each, under the same luck"
    table = found.table().drop(columns=["point", "replications"]).set_index([*vary, "measure"])
    table["unit"] = [_unit(key[-1], plan.currency) for key in table.index]
    return Answer(headline, found, table.copy, found.to_json, plan.currency)


def staff(
    plan: Scenario,
    keep: float = 0.95,
    *,
    period: str = "month",
    clauses: str = "sales",
    cap: int | None = None,
    replications: int = STAFFING_YEARS,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> Answer:
    """Find the least headcount that keeps the promises with a chosen chance.

    Parameters
    ----------
    plan, keep, period, clauses, cap
        As for :func:`smarketing_sim.decide.staffing.staff`.
    replications
        Simulated years of one headcount, at most.
    seed, executor, progress
        As for :func:`simulate`.
    """
    with prepared(replications, seed, years=replications, executor=executor, progress=progress) as simulation:
        found = staffing.staff(plan, simulation, keep=keep, period=period, clauses=clauses, cap=cap)
    rows = [
        ((step.headcount, measure), value, unit)
        for step in found.curve
        for measure, value, unit in (
            ("chance kept", step.p_kept, "share"),
            ("contribution", step.contribution, plan.currency),
            ("contribution vs today", step.difference, plan.currency),
        )
    ]
    least, why = found.headcount, staffing_answer.reason(found)
    enough = (
        f"{counted(least or 0, 'rep')} will do" if found.search.decided else f"{counted(least or 0, 'rep')}, not sure"
    )
    headline = upper_first(why if least is None else f"{enough}: {why}")
    return _answer(headline, found, rows, ["headcount", "measure"], plain=staffing_answer.to_json(found), plan=plan)


def design(
    plan: Scenario,
    *,
    replications: int = DESIGN_YEARS,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> Answer:
    """Find the follow-up that brings most at today's headcount: how fast, how often, from which score.

    Parameters
    ----------
    plan
        The plan.
    replications
        Simulated years of each way to follow up.
    seed, executor, progress
        As for :func:`simulate`.
    """
    jobs = replications * follow_up.MOST_EXPERIMENTS
    with prepared(replications, seed, years=jobs, executor=executor, progress=progress) as simulation:
        found = follow_up.design(plan, simulation)
    tell_money_in(plan.currency)
    best = found.optimum
    limit = "" if best.within is None else f", the first within {best.within}"
    headline = (
        f"{counted(best.attempts, 'attempt')} at most{limit}: {gain(found.gain.mean)} ({range_of(found.gain, gain)}) "
        "of contribution vs today"
    )
    rows = [
        ((str(one.choice.within), one.choice.attempts, one.choice.threshold, measure), value, unit)
        for one in found.tried
        for measure, value, unit in (
            ("contribution", one.contribution, plan.currency),
            ("contribution vs the best", one.behind, plan.currency),
            ("chance kept", one.kept, "share"),
            ("reps’ time in use", one.utilisation, "share"),
        )
    ]
    names = ["first call within", "attempts", "score at least", "measure"]
    return _answer(headline, found, rows, names, plain=follow_up.to_json(found), plan=plan)


def explain(
    a: Scenario,
    b: Scenario,
    *,
    replications: int = QUICK_YEARS,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> Answer:
    """Split the gap between two plans, b − a, over the causes that differ: who broke it.

    Parameters
    ----------
    a, b
        The plan to compare from, such as what was planned, and the one asked about, such as what happened.
    replications
        Simulated years of each mixture of the two, of which there are 2 to the power of the number of causes.
    seed, executor, progress
        As for :func:`simulate`.
    """
    jobs = replications * len(attribution.mix(a, b).scenarios)
    with prepared(replications, seed, years=jobs, executor=executor, progress=progress) as simulation:
        found = attribution.explain(a, b, simulation)
    tell_money_in(a.currency)
    parts = {attribution.group_name(group): part for group, part in found.parts().items()}
    rows = [(name, part, a.currency) for name, part in [*parts.items(), ("gap", found.gap())]]
    name, part = max(parts.items(), key=lambda item: abs(item[1].mean))
    gap = found.gap()
    headline = f"Of a gap of {gain(gap.mean)} ({range_of(gap, gain)}), {name} makes {gain(part.mean)}"
    return _answer(headline, found, rows, "contribution by cause", plain=attribution.to_json(found), plan=a)


def levers(
    plan: Scenario,
    *,
    replications: int = QUICK_YEARS,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> Answer:
    """Rank everything that the plan could change: what is free, and its own named alternatives.

    Parameters
    ----------
    plan
        The plan.
    replications, seed, executor, progress
        As for :func:`simulate`.
    """
    jobs = replications * len(ranking.levers_of(plan))
    with prepared(replications, seed, years=jobs, executor=executor, progress=progress) as simulation:
        found = ranking.rank_levers(plan, simulation)
    tell_money_in(plan.currency)
    best = ranking.best_free(found)
    headline = (
        "No free change helps"
        if best is None
        else f"The best free change is “{best.lever.label}”: {gain(best.contribution.mean)} "
        f"({range_of(best.contribution, gain)}) of contribution, all sales promises kept in {percent(best.kept.mean)} "
        "of months"
    )
    rows = [
        ((effect.lever.label, effect.lever.cost, measure), value, unit)
        for effect in (*found.free, *found.priced)
        for measure, value, unit in (
            ("contribution vs today", effect.contribution, plan.currency),
            ("all sales promises kept", effect.kept, "share"),
        )
    ]
    return _answer(headline, found, rows, ["change", "costs", "measure"], plain=ranking.to_json(found), plan=plan)


def _answer(
    headline: str,
    result: Any,
    rows: Iterable[tuple[Any, Interval, str]],
    names: str | list[str],
    *,
    plain: dict[str, Any],
    plan: Scenario,
) -> Answer:
    return Answer(headline, result, interval_frame(rows, names).copy, lambda: plain, plan.currency)


def _interval(plain: Mapping[str, float | None]) -> Interval:
    return Interval(
        *(float("nan") if plain[end] is None else float(plain[end] or 0.0) for end in ("mean", "low", "high"))
    )


def _unit(measure: str, currency: str) -> str:
    unit = unit_of(measure)
    return currency if unit == "money" else unit
