"""The files that are shipped: each loads, says where its numbers come from, and lands where its opening says."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smarketing_sim.engine import simulate
from smarketing_sim.measure.cohorts import Case, case_of
from smarketing_sim.measure.funnel import FUNNEL_COLUMNS, FunnelSums, funnel
from smarketing_sim.measure.load import WorkSums, load_check
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.evidence import evidence
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario, flatten
from smarketing_sim.world.demand import sample_demand
from tests.conftest import PARAMS
from tests.scenario.ranges import number

FILES = sorted(PARAMS.glob("*.yaml"))
SHIPPED = {"article-sla", "baseline", "hubspot-sla", "olist-2018"}

every_file = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def ledger_ids(source: str) -> list[str]:
    return re.findall(r"\bE\d+[ab]?\b", source)


def simulated(scenario: Scenario, *, replication: int) -> Case:
    return case_of(simulate(scenario, sample_demand(scenario, seed=1, replication=replication)), scenario)


def load_at_the_promise(scenario: Scenario) -> tuple[float, float]:
    """Planned load and load with early stopping, at just the number of leads that marketing promises."""
    short = override(scenario, {"run.warm_up_weeks": 1, "run.cool_down_weeks": 2})
    promised = short.sla["volume"].promised_amount * short.run.horizon_months
    loads = []
    for replication in range(2):
        case = simulated(short, replication=replication)
        loads.append(np.array(load_check(case, case.total(WorkSums.of))) * promised / case.contract_cohort.sum())
    planned, with_stops = np.mean(loads, axis=0).tolist()
    return planned, with_stops


def test_the_shipped_files_are_the_known_ones() -> None:
    assert {path.stem for path in FILES} >= SHIPPED


@every_file
def test_a_shipped_file_loads_without_a_warning_and_says_what_it_is(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scenario = load(path)
    assert scenario.name
    assert len(scenario.description) > 80
    assert scenario.goal.revenue > 0
    head, opening = path.read_text(encoding="utf-8").split("\n", 1)
    assert head == "# yaml-language-server: $schema=scenario.schema.json"
    assert len(re.findall(r"^# .{40,}$", opening.split("\nname:")[0], flags=re.MULTILINE)) >= 4


def test_no_two_shipped_files_share_a_name() -> None:
    names = [load(path).name for path in FILES]
    assert len(set(names)) == len(names)


@every_file
def test_every_source_of_a_shipped_belief_is_in_the_ledger_with_its_grade(path: Path) -> None:
    rows = evidence()
    for at, belief in load(path).beliefs.items():
        cited = ledger_ids(belief.source)
        grades = {grade for name in cited for grade in rows[name].grade.split("/")}
        assert not any(grade.startswith("F") for grade in grades), at
        if cited:
            assert belief.grade in grades, f"{at}: grade {belief.grade}, the ledger has {grades}"
        elif not belief.source:
            assert belief.grade == "A?", f"{at}: a grade needs a source"


@every_file
def test_the_range_of_a_shipped_belief_holds_its_value(path: Path) -> None:
    scenario = load(path)
    values: dict[str, Any] = flatten(scenario.model_dump(mode="json", exclude={"beliefs"}))
    checked = 0
    for at, belief in scenario.beliefs.items():
        if belief.range is None:
            continue
        low, high = (number(bound, scenario) for bound in belief.range)
        known = values[at] if isinstance(values[at], list) else [values[at]]
        assert all(low <= number(value, scenario) <= high for value in known), at
        assert low < high, at
        checked += 1
    assert checked >= 15


@every_file
def test_a_shipped_file_names_no_place_on_a_machine(path: Path) -> None:
    assert not re.search(r"(^|[\s'\"(])(/\w+/|~/|[A-Z]:\\)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_articles_promise_asks_for_about_six_percent_of_selling_time() -> None:
    planned, _ = load_at_the_promise(load(PARAMS / "article-sla.yaml"))
    assert 0.055 <= planned <= 0.059


def test_hubspots_promise_asks_for_more_than_all_selling_time_even_with_early_stopping() -> None:
    planned, with_stops = load_at_the_promise(load(PARAMS / "hubspot-sla.yaml"))
    assert 1.40 <= planned <= 1.44
    assert 1.07 <= with_stops <= 1.11


def test_unlimited_hands_give_roberges_funnel() -> None:
    short = {"run.horizon_months": 4, "run.warm_up_weeks": 1, "run.cool_down_weeks": 6, "sales.sdr.headcount": 30}
    scenario = load(PARAMS / "hubspot-sla.yaml", short)
    cases = [simulated(scenario, replication=n) for n in range(2)]
    counts = sum(funnel(case, case.total(FunnelSums.of)).sum(axis=0) for case in cases)
    stages = dict(zip(FUNNEL_COLUMNS, np.asarray(counts).tolist(), strict=True))
    handed = stages["handed"]
    for stage, share in (("reached", 0.50), ("qualified", 0.30), ("met", 0.15), ("won", 0.05)):
        error = np.sqrt(share * (1.0 - share) / handed)
        assert error <= 0.0065, "too few leads for the test to have power"
        assert abs(stages[stage] / handed - share) <= 4.0 * error, stage


def test_one_more_rep_can_be_set_over_a_belief() -> None:
    assert load(PARAMS / "hubspot-sla.yaml", {"sales.sdr.headcount": 12}).sales.sdr.headcount == 12
    assert load(PARAMS / "olist-2018.yaml", {"sales.sdr.headcount": 12}).sales.sdr.headcount == 12
