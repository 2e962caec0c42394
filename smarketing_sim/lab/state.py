"""The lab's one state, and the pure updates that the controls stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from smarketing_sim.decide.volume import more_leads
from smarketing_sim.errors import InputError, Problem, nearest_name
from smarketing_sim.experiment.default_years import REPORT_YEARS, check_numbers
from smarketing_sim.scenario.building import override, to_document
from smarketing_sim.scenario.checks import cautions
from smarketing_sim.scenario.contract import DepthClause
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.money import Alternative
from smarketing_sim.scenario.relative import resolved
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.units import Span
from smarketing_sim.shipped import named

LOOKS = (4, 20)
"""Simulated years after which a first and a second answer are shown, before all that were asked for."""

_HISTORY = 200
_DAY = 1440.0


@dataclass(frozen=True)
class Setting:
    """Where the controls stand.

    Parameters
    ----------
    overrides
        New values by dotted path; what equals the plan that was opened is not among them.
    lead_factor
        Leads of every source and campaign as a share of the plan's.
    """

    overrides: Mapping[str, Any] = field(default_factory=dict)
    lead_factor: float = 1.0


@dataclass(frozen=True, eq=False)
class State:
    """Everything the lab knows about what is asked; an update makes another one.

    Parameters
    ----------
    base
        The plan as it was opened.
    source
        The file it was read from, or the name of the scenario where it came with the package.
    scenario
        The plan with the setting applied.
    setting
        Where the controls stand.
    seed
        Root seed.
    years
        Simulated years asked for.
    pinned
        The plan that answers are compared with; None for none.
    history
        Earlier settings, the latest last.
    simulated
        Simulated years behind the answer that is shown, 0 before the first one.
    """

    base: Scenario
    source: Path
    scenario: Scenario
    setting: Setting = Setting()
    seed: int = 1
    years: int = REPORT_YEARS
    pinned: Scenario | None = None
    history: tuple[Setting, ...] = ()
    simulated: int = 0

    @property
    def looks(self) -> tuple[int, ...]:
        """Simulated years after which an answer is shown, rising."""
        return (*(years for years in LOOKS if years < self.years), self.years)

    @cached_property
    def unscaled(self) -> Scenario:
        """The plan with all that was moved but the slider of all leads."""
        return _moved(self.base, self.setting.overrides)

    @property
    def changes(self) -> dict[str, Any]:
        """What makes the plan that was opened into this one: new values by dotted path."""
        return {**self.setting.overrides, **_leads(self.unscaled, self.setting.lead_factor)}


def open_state(path: Path, *, seed: int = 1, years: int = REPORT_YEARS) -> State:
    """Read a scenario file and return the state in which nothing has been moved.

    Raises
    ------
    InputError
        If the file, the seed or the number of simulated years cannot be used.
    """
    check_numbers(replications=years, seed=seed)
    base = load(path)
    return State(base, named(path), base, seed=seed, years=years)


def move(state: State, path: str, value: Any) -> State:
    """Return the state with one value set by dotted path; InputError where it cannot be had."""
    return move_all(state, {path: value})


def move_all(state: State, values: Mapping[str, Any]) -> State:
    """Return the state with several values set at once, as one move."""
    return _turned(state, replace(state.setting, overrides={**state.setting.overrides, **values}))


def scale_leads(state: State, factor: float) -> State:
    """Return the state with the leads of every source and campaign multiplied by a factor of the opened plan's.

    Raises
    ------
    InputError
        If the factor is no finite number from 0, or brings more leads than a scenario may have.
    """
    if not 0.0 <= factor < float("inf"):
        raise InputError([Problem("must be a number from 0", path="leads", value=factor)])
    return _turned(state, replace(state.setting, lead_factor=float(factor)))


def pull_lever(state: State, alternative: str) -> State:
    """Return the state with a named alternative of the plan applied, or taken back where it was.

    Raises
    ------
    InputError
        If the plan has no such alternative, or it does not go with what was moved before.
    """
    wanted = _wanted(state, alternative)
    kept = {path: value for path, value in state.setting.overrides.items() if path not in wanted}
    overrides = kept if lever_on(state, alternative) else {**state.setting.overrides, **wanted}
    return _turned(state, replace(state.setting, overrides=overrides))


def lever_on(state: State, alternative: str) -> bool:
    """Tell whether the plan as it stands holds what an alternative would set."""
    wanted = _wanted(state, alternative)
    if not any(path in state.setting.overrides for path in wanted):
        return False
    try:
        return _moved(state.base, {**state.setting.overrides, **wanted}).digest == state.unscaled.digest
    except InputError:
        return False


def pin(state: State) -> State:
    """Return the state that compares every further answer with the plan as it stands."""
    return replace(state, pinned=state.scenario, simulated=0)


def unpin(state: State) -> State:
    """Return the state that compares with nothing."""
    return replace(state, pinned=None, simulated=0)


def undo(state: State) -> State:
    """Return the state before the last move; the same where nothing was moved."""
    if not state.history:
        return state
    *earlier, last = state.history
    return replace(state, scenario=_plan(state.base, last), setting=last, history=tuple(earlier), simulated=0)


def reset(state: State) -> State:
    """Return the state with every control where the opened plan has it; this can be undone too."""
    return _turned(state, Setting())


def new_cautions(state: State) -> list[str]:
    """Return what is odd about the plan as it stands and was not about the plan that was opened."""
    known = set(_odd(state.base))
    return [text for text in _odd(state.scenario) if text not in known]


def _odd(scenario: Scenario) -> list[str]:
    return [*map(str, cautions(scenario)), *_short_windows(scenario)]


def _short_windows(scenario: Scenario) -> Iterator[str]:
    """Yield the promises of depth in days that are over before a cadence in business days is through."""
    cadence, business = scenario.sales.sdr.cadence, scenario.calendar.business_minutes
    if not business["day"]:
        return  # a company that never opens
    for name, clause in scenario.sla.items():
        if isinstance(clause, DepthClause) and cadence.max_attempts >= clause.attempts:
            gaps = [cadence.gap(n) for n in range(1, clause.attempts)]
            mixed = any(gap.business for gap in gaps) and not clause.within.business
            at_least = sum(_elapsed(gap, business) for gap in gaps)
            if mixed and at_least > clause.within.minutes(business):
                when = f"attempt {clause.attempts} is planned at least {at_least / _DAY:.0f} days after the first one"
                yield f"sla.{name}: {when}, the clause allows {clause.within}"


def _elapsed(gap: Span, business: Mapping[str, float]) -> float:
    """Return the least time on the wall clock that a pause takes: the next business day is a day away at least."""
    minutes, day = gap.minutes(business), business["day"] if gap.business else _DAY
    days, rest = divmod(minutes, day) if day else (0.0, minutes)
    return days * _DAY + rest


def _turned(state: State, setting: Setting) -> State:
    """Return the state with another setting; the same object where nothing comes of it."""
    setting = _pruned(state.base, setting)
    if setting == state.setting:
        return state
    history = (*state.history, state.setting)[-_HISTORY:]
    return replace(state, scenario=_plan(state.base, setting), setting=setting, history=history, simulated=0)


def _plan(base: Scenario, setting: Setting) -> Scenario:
    moved = _moved(base, setting.overrides)
    leads = _leads(moved, setting.lead_factor)
    return _moved(moved, leads)


def _moved(base: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    return override(base, overrides) if overrides else base


def _leads(scenario: Scenario, factor: float) -> dict[str, Any]:
    return more_leads(scenario, factor) if factor != 1.0 else {}


def _pruned(base: Scenario, setting: Setting) -> Setting:
    """Return a setting without the overrides that say what the opened plan says anyway."""
    moved = _moved(base, setting.overrides)
    changed = [path for path, _, _ in base.diff(moved)]
    kept = {path: value for path, value in setting.overrides.items() if any(_touch(path, c) for c in changed)}
    return replace(setting, overrides=kept) if _moved(base, kept).digest == moved.digest else setting


def _touch(path: str, other: str) -> bool:
    """Tell whether one dotted path is, or lies within, the other."""
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")


def _wanted(state: State, name: str) -> dict[str, Any]:
    """Return what an alternative sets, with every change counted from the opened plan."""
    return resolved(to_document(state.base), _alternative(state, name).set)


def _alternative(state: State, name: str) -> Alternative:
    known = state.base.alternatives
    if name not in known:
        near = nearest_name(name, known)
        raise InputError([Problem("is not an alternative of this plan", path="alternatives", value=name, nearest=near)])
    return known[name]
