"""Which levers a plan has: its named alternatives and what its team can change by itself, and what each costs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from smarketing_sim.decide.free_levers import Change, free_changes
from smarketing_sim.errors import ConflictError, InputError, Problem
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario, once_per_scenario

Cost = Literal["nothing", "other work", "working hours", "systems", "promise", "assumption", "people or money"]
COSTS: dict[Cost, str] = {
    "nothing": "nothing",
    "other work": "the reps’ other work",
    "working hours": "other working hours",
    "systems": "faster systems",
    "promise": "another promise",
    "assumption": "another assumption about the world",
    "people or money": "people or money",
}
"""What a change costs, as people say it."""

_PEOPLE = re.compile(r"(headcount|annual_cost|tools_annual|starts_on|leaves_on)$")
_SYSTEMS = re.compile(r"marketing\.handoff\.system_delay$")
_PROMISE = re.compile(r"(sla|calendar)(\.|$)")
_HOURS = re.compile(r"sales\.sdr\.(reps\.\w+\.)?(shift|zone)(\.|$)")
_OURS = re.compile(
    r"sales\.sdr\.(queue|cadence|routing|marketing_time|shift|meetings|recording|automatic_reply)(\.|$)"
    r"|sales\.sdr\.reps(\.\w+(\.(shift|zone|meetings|marketing_time|weight).*)?)?$"
    r"|marketing\.handoff\.(on|score_at_least)$"
)


@dataclass(frozen=True, eq=False)
class Lever:
    """A change that a plan could make.

    Parameters
    ----------
    id, label
        Short name, ``alternatives.…`` for one of the scenario's own; and what it is, in words.
    overrides
        Values by dotted path.
    cost
        What it costs: nothing; time of the reps' other work; other working hours; faster systems; another promise;
        another assumption about the world; or people or money.
    one_off, yearly
        Cost beside what the model counts, in the plan's currency.
    share_step
        How much more of a day goes to marketing's leads, on average over the team.
    scenario
        The plan with the change, or None where it cannot be had.
    left_out
        Why it cannot be had; empty where it can.
    """

    id: str
    label: str
    overrides: Mapping[str, Any]
    cost: Cost = "nothing"
    one_off: float = 0.0
    yearly: float = 0.0
    share_step: float = 0.0
    scenario: Scenario | None = field(default=None, repr=False)
    left_out: str = ""

    @property
    def named(self) -> bool:
        """Whether it is one of the plan's own alternatives."""
        return self.id.startswith("alternatives.")

    @property
    def free(self) -> bool:
        """Whether it costs neither people nor money, and changes neither the promise nor the world."""
        return self.cost in ("nothing", "other work", "working hours")

    @property
    def at_no_cost(self) -> bool:
        """Whether it costs nothing at all and moves no time to or from other work, whose worth nobody counts here."""
        return self.cost == "nothing" and self.share_step == 0.0


@once_per_scenario
def levers_of(scenario: Scenario) -> Sequence[Lever]:
    """Return every lever of a scenario: its named alternatives, then what its team can change by itself.

    A lever that would be no valid scenario, or would change nothing that is not changed by an earlier one, is there
    with the reason in ``left_out``.

    Raises
    ------
    InputError
        If a named alternative cannot be read: an unknown path, with the nearest name, or a value of the wrong kind.
    """
    levers, seen = list[Lever](), {scenario.digest: "today’s plan"}
    for lever in [*_alternatives(scenario), *(_tried(scenario, change) for change in free_changes(scenario))]:
        found = lever
        if lever.scenario is not None and not lever.one_off and not lever.yearly:
            twin = seen.get(lever.scenario.digest)
            if twin is not None:
                found = dataclasses.replace(lever, scenario=None, left_out=f"the same as {twin}")
            seen.setdefault(lever.scenario.digest, lever.label)
        levers.append(found)
    return levers


def _alternatives(scenario: Scenario) -> list[Lever]:
    levers, broken = list[Lever](), list[Problem]()
    for name, alternative in scenario.alternatives.items():
        change = Change(f"alternatives.{name}", alternative.label, dict(alternative.set))
        try:
            lever = _tried(scenario, change, named=True)
        except InputError as error:
            broken += [
                dataclasses.replace(problem, file=None, line=None, path=f"{change.id}.set.{problem.path or ''}")
                for problem in error.problems
            ]
            continue
        paid = alternative.one_off > 0.0 or alternative.yearly > 0.0
        cost: Cost = "people or money" if paid else lever.cost
        one_off, yearly = alternative.one_off, alternative.yearly
        levers.append(dataclasses.replace(lever, cost=cost, one_off=one_off, yearly=yearly))
    if broken:
        raise InputError(broken)
    return levers


def _tried(scenario: Scenario, change: Change, *, named: bool = False) -> Lever:
    """Return a change as a lever, with the reason where the rules of a scenario forbid it.

    A named one that cannot even be read is its author's mistake and raises.
    """
    lever = Lever(change.id, change.label, change.overrides)
    try:
        changed = override(scenario, change.overrides)
    except InputError as error:
        if named and not isinstance(error, ConflictError):
            raise
        return dataclasses.replace(lever, left_out="; ".join(f"{p.path} {p.rule}" for p in error.problems))
    paths = [path for path, _, _ in scenario.diff(changed)]
    if any(path.startswith("run.") for path in paths):
        return dataclasses.replace(lever, left_out="it changes the time that is simulated, so no year can be paired")
    step = round(_mean_share(changed) - _mean_share(scenario), 9)
    return dataclasses.replace(lever, scenario=changed, cost=_cost(paths, step), share_step=step)


def _mean_share(scenario: Scenario) -> float:
    sdr = scenario.sales.sdr
    shares = [sdr.profile(rep).marketing_time.share for rep in range(1, sdr.headcount + 1)]
    return sum(shares) / len(shares) if shares else sdr.marketing_time.share


def _cost(paths: Sequence[str], share_step: float) -> Cost:
    if any(_PEOPLE.search(path) for path in paths):
        return "people or money"
    if any(_PROMISE.match(path) for path in paths):
        return "promise"
    if not all(_OURS.match(path) or _SYSTEMS.match(path) for path in paths):
        return "assumption"
    if any(_SYSTEMS.match(path) for path in paths):
        return "systems"
    if any(_HOURS.search(path) for path in paths):
        return "working hours"
    return "other work" if share_step > 0.0 else "nothing"
