"""The answer to "how many people?" in a sentence, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from smarketing_sim.decide.promise_kept import Unlimited
from smarketing_sim.decide.staffing import FreeAlternative, Staffing, Step
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.contract import VolumeClause
from smarketing_sim.scenario.units import share_text


def reason(answer: Staffing) -> str:
    """Return in a sentence why this is the answer."""
    keep, search, lowest = share_text(answer.promise.keep), answer.search, answer.terms.lowest
    if search.headcount is None:
        return _why_none(answer)
    text = f"{_reps(search.headcount)} keep the promises in {_told(answer, answer.p_kept)}"
    if answer.p_kept_one_fewer is not None:
        text += f", {_reps(search.headcount - 1)} in {_told(answer, answer.p_kept_one_fewer)}"
    elif lowest == 1:
        text += ", and no team is smaller"
    else:
        text += f"; the plan names rep {lowest}, so no smaller team was tried"
    if search.decided:
        return f"{text}; {keep} are wanted"
    years = max(one.years for count, one in search.seen.items() if count in {search.at_least, search.at_most})
    unsure = f"cannot tell whether {search.at_least} are enough or {search.at_most} are needed"
    return f"{years} simulated years {unsure}: {text}; {keep} are wanted"


def notes(answer: Staffing) -> list[str]:
    """Return what else there is to know about an answer."""
    return list(_notes(answer))


def to_json(answer: Staffing) -> dict[str, Any]:
    """Return the answer of ``smarketing staff`` as plain JSON types."""
    promise, search, one_fewer = answer.promise, answer.search, answer.p_kept_one_fewer
    return {
        **answer.scenario.identity,
        "seed": answer.seed,
        "engine": answer.engine,
        "keep": promise.keep,
        "period": promise.period,
        "promised_by": promise.promised_by,
        "clauses": [f"sla.{name}" for name in promise.clauses],
        "headcount": search.headcount,
        "decided": search.decided,
        "between": None if search.at_least is None else [search.at_least, search.at_most],
        "p_kept": answer.p_kept.as_dict(),
        "p_kept_one_fewer": None if one_fewer is None else one_fewer.as_dict(),
        "reason": reason(answer),
        "notes": notes(answer),
        "headcount_today": answer.terms.today,
        "headcount_lowest": answer.terms.lowest,
        "headcount_cap": answer.terms.cap,
        "headcount_by_theory": answer.terms.start,
        "level": promise.level,
        "replications": search.seen[search.closest].years,
        "experiments": answer.experiments,
        "cost_curve": [_step(step) for step in answer.curve],
        "free_alternative": None if answer.free is None else _free(answer.free),
        "unlimited": None if answer.unlimited is None else _unlimited(answer, answer.unlimited),
    }


def _why_none(answer: Staffing) -> str:
    search, unlimited, cap = answer.search, answer.unlimited, answer.terms.cap
    best = f"the best, {_reps(search.closest)}, keep the promises in {_told(answer, answer.p_kept)}"
    if not search.decided:
        years = search.seen[search.closest].years
        return f"{years} simulated years cannot tell whether a headcount up to {cap} is enough: {best}"
    wanted = f"{share_text(answer.promise.keep)} of {answer.promise.period}s"
    none = f"no headcount up to {cap} keeps the promises in {wanted}: {best}"
    if unlimited is None:
        return none
    reached = f"unlimited reps reach {_told(answer, unlimited.p_kept)}"
    if answer.promise.decided(unlimited.p_kept):
        return f"{none}; {reached}, so a larger cap may help"
    return f"{none}; {reached}, and what stands in the way is sla.{unlimited.obstacle}"


def _notes(answer: Staffing) -> Iterator[str]:
    search, terms = answer.search, answer.terms
    if search.headcount is not None:
        more = search.seen.get(search.headcount + 1)
        if more is not None and more.p_kept.high < answer.promise.keep:
            yield f"more reps may do worse: {_reps(search.headcount + 1)} keep them in {_told(answer, more.p_kept)}"
    if terms.lowest > 1:
        yield f"the plan names rep {terms.lowest}, so no team of fewer than {terms.lowest} was tried"
    clauses = [answer.scenario.sla[name] for name in answer.promise.clauses]
    if any(isinstance(clause, VolumeClause) for clause in clauses):
        yield "a promise on volume keeps the headcount that stands in the contract"


def _step(step: Step) -> dict[str, Any]:
    return {
        "headcount": step.headcount,
        "replications": step.years,
        "p_kept": step.p_kept.as_dict(),
        "contribution": step.contribution.as_dict(),
        "contribution_difference": step.difference.as_dict(),
        "people_cost": step.people_cost,
    }


def _free(free: FreeAlternative) -> dict[str, Any]:
    return {
        "id": free.lever.id,
        "label": free.lever.label,
        "set": dict(free.lever.overrides),
        "replications": free.years,
        "p_kept": free.p_kept.as_dict(),
        "contribution_difference": free.difference.as_dict(),
        "enough": free.enough,
    }


def _unlimited(answer: Staffing, unlimited: Unlimited) -> dict[str, Any]:
    return {
        "p_kept": unlimited.p_kept.as_dict(),
        "obstacle": f"sla.{unlimited.obstacle}",
        "clauses": [
            {
                "id": f"sla.{name}",
                "target": answer.scenario.sla[name].target,
                "attainment": unlimited.attained[name].as_dict(),
                "p_kept": kept.as_dict(),
            }
            for name, kept in unlimited.by_clause.items()
        ],
    }


def _reps(count: int) -> str:
    return "1 rep" if count == 1 else f"{count} reps"


def _told(answer: Staffing, p_kept: Interval) -> str:
    mean, low, high = (f"{100.0 * share:.3g}%" for share in (p_kept.mean, p_kept.low, p_kept.high))
    bounds = "no range" if math.isnan(p_kept.low) else f"{low} to {high}"
    return f"{mean} of {answer.promise.period}s ({bounds})"
