"""The load at which a plan settles, by analysis: late calls make leads cold, cold leads take every attempt there is.

Age at the first call → share gone cold → attempts a lead takes → load → age. Work is let flow hour by hour like water
into the reps' hours, nights, weekends, holidays and campaigns counted, and what chance adds to the wait is Erlang's.
Beginning with leads that are all warm, the loop is run until it stands still; where it stands still at a load of 1 or
more, the plan does not settle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import to_json
from smarketing_sim.measure.load import attempt_minutes, connect_prob, mean_reachable_share
from smarketing_sim.measure.queueing import erlang_c
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.arrivals import flows
from smarketing_sim.world.calendar import contract_calendar
from smarketing_sim.world.due_times import after
from smarketing_sim.world.roster import standard_rep
from smarketing_sim.world.timeline import timeline

_HOUR = 60.0
_ROUNDS, _STILL = 100, 1e-3
_FEWEST, _MOST, _STEPS = 0.05, 4.0, 9


@dataclass(frozen=True)
class SettledLoad:
    """Where the loop stands still.

    Parameters
    ----------
    load
        Work over the reps' time for these leads; 1 or more where the plan does not settle.
    warm_share
        Share of leads still interested at their first call.
    attempts
        Attempts that a lead takes on average.
    wait_minutes
        From MQL to the first call on average, on the buyer's clock.
    settles_up_to
        The largest factor on the number of leads at which the plan settles if no lead is ever dropped: a cliff, found
        without simulating. None where it does not lie between 0.05 and 4.
    """

    load: float
    warm_share: float
    attempts: float
    wait_minutes: float
    settles_up_to: float | None = None

    @property
    def settles(self) -> bool:
        """Whether the loop stands still below a load of 1."""
        return self.load < 1.0


def settled_load(years: Replications) -> SettledLoad | None:
    """Return where the load of a plan settles; None where nobody works or nobody is to be called.

    Parameters
    ----------
    years
        Simulated years of the plan, for the leads handed over and the reps' hours; no wait is taken from them.

    Notes
    -----
    Queues that do not call the longest due first are taken to call new leads before follow-ups. Patience, misroutes,
    hours of a rep's own and what the hour does to the chance to connect are left out.
    """
    if not years.measures:
        return None
    counts = [float(np.mean(years.series(name))) for name in ("handed_count", "duplicates_count", "hours_scheduled")]
    handed, minutes, reps = counts[0] + counts[1], _HOUR * counts[2], float(np.mean(years.series("twin_reps_present")))
    if handed <= 0 or minutes <= 0 or years.scenario.sales.sdr.headcount == 0:
        return None
    course = _Course(years.scenario, handed, minutes, max(round(reps), 1))
    if not course.handed.any():
        return None
    kept = override(years.scenario, {"sales.sdr.cadence.drop_after": None})
    return replace(course.loop(1.0), settles_up_to=_cliff(replace(course, scenario=kept)))


def run_json(years: Replications, found: SettledLoad | None) -> dict[str, Any]:
    """Return the answer of ``smarketing run`` as plain JSON types, with where the load of the plan settles."""
    answer = to_json(years)
    settled = {
        "settled": None if found is None else found.load,
        "warm_share": None if found is None else found.warm_share,
        "attempts_per_lead": None if found is None else found.attempts,
        "first_call_after_minutes": None if found is None else found.wait_minutes,
        "settles_up_to_volume": None if found is None else found.settles_up_to,
    }
    return {**answer, "load_check": {**answer["load_check"], **settled}}


def _cliff(course: _Course) -> float | None:
    """Return the largest factor on the number of leads at which the load settles, by bisection."""
    low, high = _FEWEST, _MOST
    if not course.loop(low, rough=True).settles or course.loop(high, rough=True).settles:
        return None
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if course.loop(middle, rough=True).settles else (low, middle)
    return low


@dataclass(frozen=True, eq=False)
class _Course:
    """A plan's leads and hours over its run."""

    scenario: Scenario
    handed_count: float
    rep_minutes: float
    servers: int

    @cached_property
    def _edges(self) -> Floats:
        hours = math.ceil(timeline(self.scenario).ends_at / _HOUR)
        return np.linspace(0.0, _HOUR * hours, hours + 1)

    @cached_property
    def _inside(self) -> npt.NDArray[np.bool_]:
        line = timeline(self.scenario)
        return (self._edges[:-1] >= line.horizon_starts_at) & (self._edges[:-1] < line.horizon_ends_at)

    @cached_property
    def handed(self) -> Floats:
        """Leads handed over that were created in each hour, as many in the horizon as in the simulated years."""
        found, line = np.zeros(len(self._inside)), timeline(self.scenario)
        for flow in flows(self.scenario, line, np.ones(line.day_count)):
            found += flow.mass * flow.volume * self.scenario.marketing.sources[flow.source].handed_share
        count = found[self._inside].sum()
        return found * (self.handed_count / count if count else 0.0)

    @cached_property
    def _capacity(self) -> Floats:
        """Minutes of all reps for these leads in each hour, as many in the horizon as in the simulated years."""
        calendar, ends = standard_rep(self.scenario).calendar, timeline(self.scenario).ends_at
        found = np.diff(calendar.elapsed(np.minimum(self._edges, ends)))
        inside = found[self._inside].sum()
        return np.asarray(found * (self.rep_minutes / inside if inside else 0.0), dtype=np.float64)

    @cached_property
    def _due(self) -> list[Floats]:
        """When attempt 1, 2, … of the leads of each hour falls due if the one before it was made when it was due."""
        cadence, contract = self.scenario.sales.sdr.cadence, contract_calendar(self.scenario)
        minutes = self.scenario.calendar.business_minutes
        due = [self._mql + self.scenario.marketing.handoff.system_delay]
        for number in range(1, cadence.max_attempts):
            due.append(after(due[-1], cadence.gap(number), calendar=contract, business_minutes=minutes))
        last = self._edges[-1]
        return [np.minimum(np.nan_to_num(at, nan=last, posinf=last), last) for at in due]

    @property
    def _mql(self) -> Floats:
        return self._edges[:-1] + _HOUR / 2.0

    def loop(self, factor: float, *, rough: bool = False) -> SettledLoad:
        """Return where the loop stands still for so many times the leads.

        Without dropped leads a step only ever adds work, so a ``rough`` answer may stop at the first load of 1.
        """
        handed, inside, drops = factor * self.handed, self._inside, self.scenario.sales.sdr.cadence.drop_after
        weights = handed[inside] / handed[inside].sum()
        warm, made = np.ones((1, 1)), np.ones((len(self._due), len(handed)))
        for number in range(_ROUNDS):
            attempts, minutes = self._attempts(warm, made)
            load = float((handed * minutes).sum(axis=0)[inside].sum() / self.rep_minutes)
            begins = self._begins(handed * minutes)
            new_warm, new_made = self._kept(begins)
            step = 1.0 if drops is None else 2.0 / (number + 2.0)
            more_warm, more_made = step * (new_warm - warm), step * (new_made - made)
            warm, made = warm + more_warm, made + more_made
            moved = max(float((np.abs(part) @ handed).max()) for part in (more_warm, more_made))
            if moved < _STILL * handed.sum() or (rough and drops is None and load >= 1.0):
                break
        waits, first = np.minimum(begins[0], self._edges[-1]) - self._mql, np.broadcast_to(warm, made.shape)[0]
        return SettledLoad(load, *(float(one[inside] @ weights) for one in (first, attempts.sum(axis=0), waits)))

    def _attempts(self, warm: Floats, made: Floats) -> tuple[Floats, Floats]:
        """Return the chance that each attempt is made, and its minutes, given who is still warm; (attempts, hours)."""
        numbers = range(1, len(self._due) + 1)
        hazards = np.array([connect_prob(self.scenario, number) for number in numbers])
        first_success = hazards * np.concatenate([[1.0], np.cumprod(1.0 - hazards)[:-1]])
        connects = mean_reachable_share(self.scenario) * first_success[:, None] * warm
        reached = np.cumsum(connects, axis=0) - connects
        attempts = (1.0 - reached) * made
        silent, talk = np.array([attempt_minutes(self.scenario, number) for number in numbers]).T[:, :, None]
        return attempts, attempts * silent + connects * made * (talk - silent)

    def _begins(self, minutes: Floats) -> Sequence[Floats]:
        """Return when each attempt is begun, given the minutes of work that each hour's leads bring."""
        queue, count = self.scenario.sales.sdr.queue, len(self._edges) - 1
        due = zip(self._hours, minutes, strict=True)
        arriving: list[Floats] = [np.bincount(hour, work, count).astype(np.float64) for hour, work in due]
        everything = np.asarray(np.sum(arriving, axis=0), dtype=np.float64)
        if queue.new_before_retries or queue.order != "oldest_due":
            return [*self._free_at(arriving[0], 0, 1), *self._free_at(everything, 1, len(minutes))]
        return self._free_at(everything, 0, len(minutes))

    @cached_property
    def _hours(self) -> list[npt.NDArray[np.int64]]:
        return [np.minimum((at / _HOUR).astype(np.int64), len(self._edges) - 2) for at in self._due]

    @cached_property
    def _done_by(self) -> Floats:
        """Minutes of the reps' time before each hour; shape (hours + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self._capacity)])

    def _free_at(self, arriving: Floats, first: int, last: int) -> list[Floats]:
        """Return when reps get round to some attempts that fall due; the end of the run where never in it.

        Where nobody works the time that is needed stands still, so a lead that waits for nobody is called at opening.
        """
        spare = np.concatenate([[0.0], np.cumsum(arriving - self._capacity)])
        waiting = spare - np.minimum.accumulate(np.minimum(spare, 0.0))
        needed = self._done_by + waiting + self._by_chance(arriving)
        hour = np.clip(np.searchsorted(self._done_by, needed, side="right"), 1, len(self._capacity))
        share = (needed - self._done_by[hour - 1]) / np.maximum(self._capacity[hour - 1], 1e-9)
        during = self._edges[hour - 1] + _HOUR * np.minimum(share, 1.0)
        free = np.where(needed >= self._done_by[-1], self._edges[-1], during)
        return [np.maximum(np.interp(at, self._edges, free), at) for at in self._due[first:last]]

    def _by_chance(self, arriving: Floats) -> float:
        """Return the minutes of work that chance adds on average to what waits: Erlang C, attempts one by one."""
        load = float(arriving[self._inside].sum() / self.rep_minutes)
        if not 0.0 < load < 1.0:
            return 0.0
        one = attempt_minutes(self.scenario, 1)[0]
        return erlang_c(self.servers, load * self.servers) * one / (1.0 - load)

    def _kept(self, begins: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Return the share of each hour's leads still warm at each attempt, and not dropped by then."""
        scenario, ages = self.scenario, np.stack(begins) - self._mql
        counted = ages if scenario.decay.clock == "each_attempt" else ages[:1]
        warm = sum(share * _still(curve, counted) for curve, share in _shares_of_curves(scenario))
        limit = scenario.sales.sdr.cadence.drop_after
        made = np.ones_like(ages) if limit is None else np.minimum.accumulate(ages <= limit, axis=0).astype(np.float64)
        return np.asarray(warm, dtype=np.float64), made


def _still(curve: Any, ages: Floats) -> Floats:
    """Return the share of leads that can still be reached at each age; only some beliefs say that calls go unheard."""
    if curve is None or curve.outcome != "contact":
        return np.ones_like(ages)
    value: Floats = curve.value(ages)
    return value


def _shares_of_curves(scenario: Scenario) -> list[tuple[Any, float]]:
    """Return each source's curve with its share of the leads handed over that can be reached."""
    audiences, sources = scenario.marketing.audiences, scenario.marketing.sources
    weights = np.array([sources[name].mean_monthly_handed * audiences[name].reachable_share for name in sources])
    shares = weights / weights.sum() if weights.sum() > 0 else np.full(len(sources), 1.0 / len(sources))
    found: dict[Any, float] = {}
    for curve, share in zip(scenario.curves, shares.tolist(), strict=True):
        found[curve] = found.get(curve, 0.0) + share
    return list(found.items())
