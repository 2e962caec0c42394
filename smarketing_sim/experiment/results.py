"""From replications to the numbers people read, each with its interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.chance_kept import all_kept_months, kept_all_year, kept_in_a_month
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.stability import stability
from smarketing_sim.ledger import Ledger
from smarketing_sim.measure.names import HEADLINES
from smarketing_sim.measure.sla import ClauseCounts
from smarketing_sim.measure.statistics import Interval, ratio_of_sums, t_interval, wilson
from smarketing_sim.scenario.contract import Clause

ONE_YEAR_FROM = 200
RESPONSES = ("business", "wall")


@dataclass(frozen=True)
class ClauseResult:
    """What came of one clause, over simulated years or over a ledger of one's own.

    Parameters
    ----------
    name, clause
        The clause.
    attained
        The attained share.
    kept, kept_year
        The chance that a month keeps it, and that every month of a year does.
    ceiling
        What unlimited reps would attain; None where reps cannot change it, or nobody asked.
    left_out_per_year, unworked_per_year
        Leads that the share leaves out: due after the end of observation, and not worked in time.
    """

    name: str
    clause: Clause
    attained: Interval
    kept: Interval
    kept_year: Interval
    ceiling: float | None
    left_out_per_year: float | None
    unworked_per_year: float | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "id": f"sla.{self.name}",
            "promised_by": self.clause.side,
            "kind": self.clause.kind,
            "text": self.clause.text,
            "target": self.clause.target,
            "attainment": self.attained.as_dict(),
            "p_kept": self.kept.as_dict(),
            "p_kept_year": self.kept_year.as_dict(),
            "ceiling": self.ceiling,
            "left_out_per_year": self.left_out_per_year,
            "unworked_per_year": self.unworked_per_year,
        }


def clause_result(
    name: str, clause: Clause, counts: Sequence[ClauseCounts], ceilings: Sequence[float] = ()
) -> ClauseResult:
    """Return what came of a clause.

    Parameters
    ----------
    name, clause
        The clause.
    counts
        What was counted month by month, one item a year or a ledger.
    ceilings
        What unlimited reps would attain, by year, as far as that was found out.
    """
    months = len(counts[0].denominator) if counts else 0
    kept = np.array([found.kept(clause.target) for found in counts]).reshape(len(counts), months)
    known = [value for value in ceilings if not np.isnan(value)]
    return ClauseResult(
        name,
        clause,
        attained([found.attainment for found in counts], clause),
        kept_in_a_month(kept),
        kept_all_year(kept),
        float(np.mean(known)) if known and not clause.about_flow else None,
        _per_year([found.left_out_count for found in counts]),
        _per_year([found.unworked_count for found in counts]),
    )


def clause_results(experiment: Replications) -> dict[str, ClauseResult]:
    """Return what came of every clause of the contract, by name."""
    years = experiment.measures
    return {
        name: clause_result(
            name, clause, [m.clauses[name] for m in years], [m.ceiling[name] for m in years if name in m.ceiling]
        )
        for name, clause in experiment.scenario.sla.items()
    }


def attained(values: npt.ArrayLike, clause: Clause) -> Interval:
    """Return the mean of attainments by replication; only some promises can be outdone."""
    found = t_interval(values)
    return found.from_zero if clause.can_be_outdone else found.of_share


def goal_reached(experiment: Replications) -> Interval:
    """Return the chance that a single year reaches marketing's part of the goal, in the view the goal is set in."""
    goal = experiment.scenario.goal
    if goal.revenue <= 0:
        return Interval(np.nan, np.nan, np.nan)
    revenue = experiment.series("cohort_revenue" if goal.view == "cohort" else "booked_revenue")
    return wilson(float(np.sum(revenue >= goal.from_marketing)), float(len(revenue)))


def quota_reached(experiment: Replications) -> Interval:
    """Return the chance that deals booked in the horizon reach the quota of all account executives."""
    ae, months = experiment.scenario.sales.ae, experiment.scenario.run.horizon_months
    quota = ae.quota * ae.headcount * months / 12.0
    if quota <= 0:
        return Interval(np.nan, np.nan, np.nan)
    booked = experiment.series("booked_revenue")
    return wilson(float(np.sum(booked >= quota)), float(len(booked)))


def one_year(experiment: Replications) -> dict[str, float] | None:
    """Return the spread of a single year's revenue from 200 replications on, else None."""
    if len(experiment.measures) < ONE_YEAR_FROM:
        return None
    low, middle, high = np.quantile(experiment.series("cohort_revenue"), (0.1, 0.5, 0.9))
    return {"p10": float(low), "p50": float(middle), "p90": float(high)}


def cost_per_won(experiment: Replications) -> Interval:
    """Return what a won deal costs, media, all people and tools included: the costs of all years over their deals."""
    return ratio_of_sums(_all_costs(experiment), experiment.series("won_count"))


def margin_to_cost(experiment: Replications) -> Interval:
    """Return the margin of the deals, over a customer's life where they recur, over those costs."""
    terms = experiment.scenario.economics
    margin = terms.gross_margin * terms.lifetime_factor * experiment.series("expected_revenue")
    return ratio_of_sums(margin, _all_costs(experiment))


def _all_costs(experiment: Replications) -> Floats:
    beside = experiment.series("contribution") - experiment.series("contribution_loaded")
    return experiment.series("spend") + experiment.series("people_cost") + beside


def fallen_out(experiment: Replications) -> Floats:
    """Return by simulated year the contribution with the deals that were won in place of those expected."""
    terms = experiment.scenario.economics
    more = experiment.series("cohort_revenue") - experiment.series("expected_revenue")
    return experiment.series("contribution") + terms.gross_margin * terms.lifetime_factor * more


def mean_of(experiment: Replications, name: str) -> Interval:
    """Return a headline measure with its interval; infinite values make it unknown."""
    return mean_named(name, experiment.series(name))


def mean_named(name: str, values: Floats) -> Interval:
    """Return the mean of a measure over replications with its interval; infinite throughout where one of them is.

    Only contributions can be negative: the interval of anything else ends at zero.
    """
    if np.isinf(values).any():
        return Interval(np.inf, np.inf, np.inf)
    return t_interval(values) if name.startswith("contribution") else t_interval(values).from_zero


def joined_ledger(experiment: Replications) -> Ledger:
    """Return the ledgers of all replications as one, with every headline measure in ``runs``."""
    facts = [
        {"replication": m.replication, "digest": experiment.scenario.digest, "seed": experiment.seed, **m.headline}
        for m in experiment.measures
    ]
    return dataclasses.replace(Ledger.concat(experiment.ledgers), facts=tuple(facts))


def to_json(experiment: Replications) -> dict[str, Any]:
    """Return the answer of ``smarketing run`` as plain JSON types: no times, durations or paths."""
    scenario = experiment.scenario
    everything = all_kept_months(experiment)
    return {
        **scenario.identity,
        "seed": experiment.seed,
        "replications": len(experiment.measures),
        "engine": experiment.engine,
        "clauses": [found.to_json() for found in clause_results(experiment).values()],
        "p_all_kept": {"month": kept_in_a_month(everything).as_dict(), "year": kept_all_year(everything).as_dict()},
        "goal": {
            "target": scenario.goal.from_marketing or None,
            "view": scenario.goal.view,
            "p_reached": goal_reached(experiment).as_dict(),
            "p_quota": quota_reached(experiment).as_dict(),
        },
        "measures": {name: mean_of(experiment, name).as_dict() for name in HEADLINES},
        "revenue": {
            "expected": mean_of(experiment, "expected_revenue").as_dict(),
            "booked": mean_of(experiment, "booked_revenue").as_dict(),
            "one_year": one_year(experiment),
        },
        "contribution": {
            **mean_of(experiment, "contribution").as_dict(),
            "year_one": mean_of(experiment, "contribution_year_one").as_dict(),
            "fully_loaded": mean_of(experiment, "contribution_loaded").as_dict(),
        },
        "utilisation": {side: mean_of(experiment, f"{side}_utilisation").as_dict() for side in ("sdr", "ae")},
        "stability": stability(experiment).to_json(),
        "load_check": {
            "planned": _number(mean_of(experiment, "load_planned").mean),
            "with_early_stopping": _number(mean_of(experiment, "load_with_early_stopping").mean),
        },
        "response_minutes": {
            clock: {p: mean_of(experiment, f"response_{clock}_{p}_minutes").as_dict() for p in ("p50", "p90")}
            for clock in RESPONSES
        },
    }


def _per_year(by_month: list[Floats]) -> float | None:
    """Return the mean of counts by month over years, as a rate a year."""
    years = sum(len(counts) for counts in by_month) / 12.0
    return float(sum(counts.sum() for counts in by_month) / years) if years else None


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
