"""Experiments without a simulation: replications whose numbers are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import to_json
from smarketing_sim.measure.sla import ClauseCounts
from smarketing_sim.measure.summary import Measures
from smarketing_sim.scenario.schema import Scenario
from tests.builders import Overrides, make_scenario

# Three reps who are busy but not drowned, for two months; every kind of clause.
SMALL: Overrides = {
    "run": {"starts_on": "2024-03-04", "horizon_months": 2, "warm_up_weeks": 1, "cool_down_weeks": 3},
    "calendar.hours": {"mon-fri": ["09:00-17:00"]},
    "goal.revenue": 20_000,
    "marketing.sources.web": {"leads_per_month": 300, "cost_per_handed": 10},
    "marketing.duplicates.share": 0.05,
    "decay.preset": "medium",
    "sales.sdr": {
        "headcount": 3,
        "annual_cost": 60_000,
        "minutes_cv": 0.7,
        "channels": {
            "phone": {"preparation": "10 min", "no_answer": "10 min", "voicemail": "10 min", "talk": "40 min"}
        },
        "cadence": {"max_attempts": 3, "gaps": ["1 day"]},
    },
    "sales.ae": {"headcount": 2, "open_limit": 40, "cycle_median": "20 days", "quota": 100_000},
    "sla": {
        "speed": {"target": 0.9, "within": "4 business hours"},
        "depth": {"target": 0.8, "attempts": 2, "within": "5 days"},
        "quality": {"target": 0.6, "within": "14 days"},
        "feedback": {"target": 0.9, "within": "14 days"},
        "volume": {"leads_per_rep": 95, "contract_headcount": 3},
        "pacing": {"target": 0.75, "leads_per_rep": 95, "contract_headcount": 3},
    },
}
HEADLINE = (
    "expected_revenue",
    "cohort_revenue",
    "booked_revenue",
    "contribution",
    "contribution_year_one",
    "contribution_loaded",
    "sdr_utilisation",
    "ae_utilisation",
    "load_planned",
    "load_with_early_stopping",
    "response_business_p50_minutes",
    "response_business_p90_minutes",
    "response_wall_p50_minutes",
    "response_wall_p90_minutes",
    "won_count",
    "ae_wait_minutes",
    "faded_revenue",
    "handed_count",
    "never_called_share",
    "spend",
)


def small(**overrides: Any) -> Scenario:
    return make_scenario(SMALL | {name.replace("__", "."): value for name, value in overrides.items()})


def counts_of(shares: Sequence[float]) -> ClauseCounts:
    """A clause that attained these shares of 100 leads in each month; NaN stands for a month without a lead."""
    given = np.asarray(shares, dtype=np.float64)
    none = np.zeros(len(given))
    return ClauseCounts(np.nan_to_num(given) * 100, np.where(np.isnan(given), 0.0, 100.0), none, none, none)


def replication(number: int, clauses: Mapping[str, Sequence[float]] | None = None, **headline: float) -> Measures:
    nothing = np.zeros(0)
    months = max((len(shares) for shares in (clauses or {}).values()), default=1)
    return Measures(
        number, dict.fromkeys(HEADLINE, float(number)) | headline,
        {name: counts_of(shares) for name, shares in (clauses or {}).items()}, {},
        np.zeros((1, 14)), nothing, nothing, np.zeros((2, months)), np.zeros(months),
        nothing, nothing, nothing)  # fmt: skip


def two_clauses(months: int = 2) -> Scenario:
    """Marketing promises quality, sales promises speed; the target of both is 90%."""
    sla = {"quality": {"target": 0.9, "within": "5 days"}, "speed": {"target": 0.9, "within": "6 hours"}}
    return make_scenario({"sla": sla, "run.horizon_months": months})


def of(scenario: Scenario, measures: Sequence[Measures], seed: int = 1) -> Replications:
    return Replications(scenario, seed, "reference", tuple(measures))


def clause(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    (found,) = [item for item in answer["clauses"] if item["id"] == f"sla.{name}"]
    return dict(found)


def answer_of(scenario: Scenario, measures: Sequence[Measures]) -> dict[str, Any]:
    return to_json(of(scenario, measures))
