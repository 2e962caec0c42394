"""Who wins on some years is judged on others: where it was chosen, the best of many looks better than it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from smarketing_sim.decide.hiring import headcount_change
from smarketing_sim.decide.levers import Lever
from smarketing_sim.decide.ranking import KEPT_FROM, Effect, Ranking, best_free, ranked
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario

Certainty = Literal["keeps", "very probably keeps", "cannot tell", "does not keep"]
SUREST_FIRST: tuple[Certainty, ...] = get_args(Certainty)

YEARS = 40
"""Fresh simulated years of each finalist: enough for a promise kept in every month to count as kept in 95% of them."""
HIRES = (1, 2, 3)
IDLE_PLACES = 0.5
"""Below this share of their places for open deals in use, account executives are more than a plan needs."""
BUSY_PLACES = 0.75
"""With one fewer, the others may use this share of theirs: beyond it deals begin to wait."""
WAIT_MINUTES = 1.0
"""Mean wait of a deal for an account executive below which one more of them changes nothing."""
HIRE = "hire."
"""What the ids of hires begin with."""
_FREE_FINALISTS = 3


def certainty(kept: Interval, *, keep: float = KEPT_FROM) -> Certainty:
    """Tell how surely a promise is kept, from the share of months that kept it and its 95% range.

    ``keeps``: the whole range reaches the share wanted; ``very probably keeps``: so does half of its lower arm, about
    one standard error; ``cannot tell``: the range holds the share wanted; else ``does not keep``. Without a range
    nobody can tell.
    """
    if kept.low >= keep:
        return "keeps"
    if (kept.mean + kept.low) / 2.0 >= keep:
        return "very probably keeps"
    return "does not keep" if kept.high < keep else "cannot tell"


@dataclass(frozen=True, eq=False)
class Judged:
    """Finalists in years that did not choose them.

    Parameters
    ----------
    ranking
        Today's plan, finalists and hires in these years.
    years
        What was simulated, by id of the lever.
    """

    ranking: Ranking
    years: dict[str, Replications]

    @property
    def today(self) -> Replications:
        """The plan as it is, in the same years."""
        return self.ranking.today

    @property
    def year_count(self) -> int:
        """Fresh years of each finalist."""
        return len(self.today.measures)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The finalists, free ones first, without the hires."""
        return tuple(one for one in (*self.ranking.free, *self.ranking.priced) if not one.lever.id.startswith(HIRE))

    @property
    def hires(self) -> tuple[Effect, ...]:
        """One, two and three more reps, one more account executive, and one fewer where they are idle."""
        found = [one for one in self.ranking.priced if one.lever.id.startswith(HIRE)]
        return tuple(sorted(found, key=lambda one: one.lever.id))

    def effect(self, lever: Lever) -> Effect:
        """Return what came of a finalist."""
        return next(one for one in self.effects if one.lever.id == lever.id)


def judge(scenario: Scenario, ranking: Ranking, simulation: Simulation) -> Judged:
    """Simulate the finalists of a ranking, and hires, in fresh years.

    Parameters
    ----------
    scenario
        Today's plan.
    ranking
        Its levers, as found in other years.
    simulation
        How it is simulated; its years must not be those of the ranking.
    """
    hires = hires_of(scenario, ranking.today) + fewer_of(scenario, ranking.today)
    new = {_what(one) for one in hires}
    levers = [one for one in finalists(ranking) if _what(one) not in new] + hires
    plans = [scenario, *(lever.scenario for lever in levers if lever.scenario is not None)]
    today, *found = simulation.panel(plans)
    return Judged(ranked(today, levers, found), {one.id: years for one, years in zip(levers, found, strict=True)})


def _what(lever: Lever) -> tuple[str, float, float]:
    """Return what makes two levers one: the plan they lead to, and what it costs beside what the model counts."""
    return "" if lever.scenario is None else lever.scenario.digest, lever.one_off, lever.yearly


def finalists(ranking: Ranking) -> list[Lever]:
    """Return the levers that may be recommended: for each price the best ones, by promises kept and by contribution."""
    at_no_cost = [one for one in ranking.free if one.lever.at_no_cost]
    chosen = [best_free(ranking), *_best(at_no_cost, keeping=True)[:_FREE_FINALISTS], *_best(at_no_cost)[:1]]
    others = [one for one in (*ranking.free, *ranking.priced) if not one.lever.at_no_cost]
    for cost in ("other work", "working hours", "people or money", "promise"):
        chosen += _best([one for one in others if one.lever.cost == cost], keeping=True)[:1]
    chosen += [one for one in others if one.lever.cost == "systems" and one.contribution.low > 0.0][:1]
    return list({one.lever.id: one.lever for one in chosen if one is not None}.values())


def hires_of(scenario: Scenario, today: Replications) -> list[Lever]:
    """Return one, two and three more reps as levers, and one more account executive where deals do wait for one."""
    ae, waits = scenario.sales.ae, float(today.series("ae_wait_minutes").mean()) >= WAIT_MINUTES
    levers = [
        _hire(scenario, f"{more}", f"Hire {more} more {'rep' if more == 1 else 'reps'}",
              headcount_change(scenario, scenario.sales.sdr.headcount + more))
        for more in HIRES
    ]  # fmt: skip
    if ae.headcount > 0 and ae.open_limit is not None and waits:
        one = _hire(scenario, "ae", "Hire 1 more account executive", {"sales.ae.headcount": ae.headcount + 1})
        levers.append(replace(one, yearly=ae.annual_cost))
    return levers


def fewer_of(scenario: Scenario, today: Replications) -> list[Lever]:
    """Return one account executive fewer as a lever, where the others would have room enough for all deals."""
    ae, used = scenario.sales.ae, float(today.series("ae_utilisation").mean())
    if ae.headcount < 2 or ae.open_limit is None or not used < IDLE_PLACES:
        return []
    if not used * ae.headcount / (ae.headcount - 1) < BUSY_PLACES:
        return []
    one = _hire(scenario, "ae_fewer", "Do without 1 account executive", {"sales.ae.headcount": ae.headcount - 1})
    return [replace(one, yearly=-ae.annual_cost)]


def _hire(scenario: Scenario, name: str, label: str, change: dict[str, Any]) -> Lever:
    return Lever(f"{HIRE}{name}", label, change, "people or money", scenario=override(scenario, change))


def _best(effects: Iterable[Effect], *, keeping: bool = False) -> Sequence[Effect]:
    """Return effects by what they bring, the best first; with ``keeping``, those that keep the promises."""
    able = [one for one in effects if not keeping or one.kept.mean >= KEPT_FROM]
    return sorted(able, key=lambda one: -one.contribution.mean)
