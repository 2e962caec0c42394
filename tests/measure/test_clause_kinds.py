"""Every kind of clause keeps one contract: schema, words, judgement, and the numbers that follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smarketing_sim.experiment.results import clause_results
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.clause_kinds import JUDGED, AboutFlow
from smarketing_sim.scenario.contract import CLAUSE_CLASSES, KINDS
from tests.measure.ledgers import at, judged, lead, office

TERMS: dict[str, dict[str, Any]] = {
    "volume": {"leads_per_rep": 1, "contract_headcount": 1},
    "pacing": {"leads_per_rep": 4, "contract_headcount": 1, "band": 1.0, "target": 0.1},
    "quality": {"target": 0.5, "within": "3 days"},
    "speed": {"target": 0.9, "within": "2 hours"},
    "depth": {"target": 0.9, "attempts": 1, "within": "2 days"},
    "feedback": {"target": 0.9, "within": "3 days"},
}
"""For each kind a clause that one lead which was called, accepted, and written down within the hour keeps."""


def test_a_kind_without_a_judgement_or_an_example_is_missed() -> None:
    assert set(KINDS) == set(JUDGED) == set(TERMS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_kept_by_a_lead_that_keeps_it_and_broken_by_none(kind: str) -> None:
    scenario = office(sla={"one": {"kind": kind, **TERMS[kind]}})
    handed = at(scenario, "2024-01-03 10:00")
    done = {"first_attempt_at": handed + 10, "accepted_at": handed + 10, "outcome_recorded_at": handed + 60}
    call = [{"lead_id": 0, "started_at": handed + 10}]
    good = judged(scenario, [lead(handed, attempt_count=1, **done)], call)
    target = scenario.sla["one"].target
    assert good.kept(target)[0] == 1.0
    assert good.attainment > 0
    late = judged(scenario, [lead(handed)])
    about_flow = isinstance(JUDGED[kind], AboutFlow)
    assert late.kept(target)[0] == (1.0 if about_flow else np.nan if kind == "quality" else 0.0) or (
        kind == "quality" and np.isnan(late.kept(target)[0])
    )


@pytest.mark.parametrize("one", CLAUSE_CLASSES, ids=KINDS)
def test_a_kind_says_what_it_is_and_whom_it_binds(one: type) -> None:
    kind = KINDS[CLAUSE_CLASSES.index(one)]
    scenario = office(sla={"one": {"kind": kind, **TERMS[kind]}})
    clause = scenario.sla["one"]
    assert type(clause) is one
    assert clause.text
    assert clause.side in {"marketing", "sales"}
    assert one.__doc__
    assert clause.about_flow == isinstance(JUDGED[kind], AboutFlow)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_every_number_of_a_result(kind: str) -> None:
    scenario = office(sla={"one": {"kind": kind, **TERMS[kind]}}, run__horizon_months=1)
    (found,) = clause_results(Simulation(2).run(scenario)).values()
    told = found.to_json()
    assert told["kind"] == kind
    assert told["text"] == scenario.sla["one"].text
    assert set(told["attainment"]) == {"mean", "low", "high"}
    assert (found.ceiling is None) == scenario.sla["one"].about_flow
