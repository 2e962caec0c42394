from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import KINDS, Clause
from smarketing_sim.scenario.schema import Scenario

MADE = {
    "volume": {"leads_per_rep": 70, "contract_headcount": 8},
    "pacing": {"target": 0.9, "leads_per_rep": 70, "contract_headcount": 8},
    "quality": {"target": 0.65},
    "speed": {"target": 0.9, "within": "6 business hours"},
    "depth": {"target": 0.85, "attempts": 4, "within": "12 days"},
    "feedback": {"target": 0.9, "within": "14 days"},
}
TEXTS = {
    "volume": "560 leads handed over a month",
    "pacing": "the running count stays within 15% of the straight line to 560 leads in 90% of weeks",
    "quality": "65% of leads accepted by sales within 14 days",
    "speed": "first attempt within 6 business hours, 90% of leads",
    "depth": "4 attempts within 12 days, 85% of leads",
    "feedback": "outcome and reason recorded within 14 days, 90% of leads",
}


def clause(kind: str, **fields: Any) -> Any:
    return TypeAdapter(Clause).validate_python({"kind": kind, **MADE[kind], **fields})


@pytest.mark.parametrize("kind", KINDS)
def test_a_clause_says_in_words_what_it_promises(kind: str) -> None:
    assert clause(kind).text == TEXTS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_each_side_promises_its_own_clauses_unless_told_otherwise(kind: str) -> None:
    assert clause(kind).side == ("marketing" if kind in ("volume", "pacing", "quality") else "sales")
    assert clause(kind, promised_by="marketing").side == "marketing"


def test_a_tier_is_named_in_the_words_of_its_clause() -> None:
    tier = {"source": "demo_request", "segment": "large", "score_at_least": 60}
    text = clause("speed", applies_to=tier).text
    assert text.endswith("90% of leads from demo_request in large with a score of at least 60")


def test_a_volume_clause_can_promise_worth_in_place_of_a_count() -> None:
    worth = clause("volume", leads_per_rep=None, value_per_rep=50_000)
    assert (worth.promised_amount, worth.text) == (
        400_000,
        "leads worth 400,000 in the plan’s currency handed over a month",
    )


def test_silence_is_told_where_it_accepts_and_refused_where_sales_is_not_asked() -> None:
    assert clause("quality", silence="accepted").text == f"{TEXTS['quality']}, silence means accepted"
    with pytest.raises(ValidationError, match="only where a good lead is one that sales accepts"):
        clause("quality", silence="accepted", counts="qualified_among_reached")


@pytest.mark.parametrize("fields", [{"leads_per_rep": None}, {"value_per_rep": 5}])
def test_a_volume_clause_names_exactly_one_currency(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either leads_per_rep or value_per_rep"):
        clause("volume", **fields)


def test_the_limit_of_a_clause_is_counted_on_its_own_clock(baseline: Scenario) -> None:
    six = override(baseline, {"sla.speed.within": "6 business hours"})
    assert six.clause_minutes(six.sla["speed"]) == 360
    assert baseline.clause_minutes(baseline.sla["depth"]) == 12 * 1440
    day = override(baseline, {"sla.speed.within": "1 business day"})
    assert day.clause_minutes(day.sla["speed"]) == 480


def test_a_promise_whose_name_is_misspelt_is_answered_with_the_one_that_was_meant(baseline: Scenario) -> None:
    with pytest.raises(InputError, match=r"sla\.sped: needs a kind.*; did you mean 'speed'\?"):
        override(baseline, {"sla.sped.within": "2 hours"})
