"""Amounts of money in the plan's own currency, whichever currency, file or old name they came in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.experiment.compare import compare, per_replication
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.names import unit_of
from smarketing_sim.scenario.building import build, override, to_document
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.json_schema import data_dictionary
from smarketing_sim.scenario.schema import Scenario, flatten
from tests.builders import base_document, make_scenario

RATE = 10.6
KRONER = {"currency": "NOK", "exchange.USD": RATE}
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path, params: Path) -> Written:
    """Write a scenario file that extends the baseline, or another one of the same test."""

    def write(text: str, name: str = "plan.yaml", extends: str | None = None) -> Path:
        path = tmp_path / name
        path.write_text(f"extends: {extends or params / 'baseline.yaml'}\n{text}\n", encoding="utf-8")
        return path

    return write


def amounts(scenario: Scenario) -> dict[str, float]:
    """Return every amount of a scenario by path, as the published table of keys says which are money."""
    keys = re.findall(r"^\| `([^`]+)` \|[^|]*\| money", data_dictionary(), re.MULTILINE)
    pattern = re.compile("|".join(re.escape(key).replace("<name>", r"[^.]+").replace("<n>", r"\d+") for key in keys))
    flat = flatten(to_document(scenario))
    return {path: value for path, value in flat.items() if pattern.fullmatch(path)}


def everything(**more: Any) -> Scenario:
    """Return a plan in which every kind of amount is above zero."""
    document = base_document()
    document["alternatives"] = {"other": {"label": "x", "set": {"goal.revenue": 5}, "one_off": 1, "yearly": 2}}
    document["marketing"]["campaigns"] = {
        "fair": {"source": "web", "starts_on": "2024-01-05", "first_week_leads": 5, "cost": 7}
    }
    document["sla"] = {"volume": {"value_per_rep": 900, "contract_headcount": 3}}
    amounts = {
        "goal.revenue": 1000, "marketing.sources.web.cost_per_handed": 10, "sales.sdr.annual_cost": 5,
        "sales.sdr.hires.one_off": 4, "sales.ae.quota": 6, "sales.ae.annual_cost": 7, "economics.tools_annual": 8,
        "economics.outbound_per_hour": 9,
    }  # fmt: skip
    return build(document, overrides=amounts | more)


def test_every_key_that_the_table_calls_money_is_converted() -> None:
    dollars, kroner = amounts(everything()), amounts(override(everything(), KRONER))
    assert len(dollars) == 13
    assert all(amount > 0 for amount in dollars.values())
    assert {path: kroner[path] for path in dollars} == pytest.approx({k: RATE * v for k, v in dollars.items()})


def test_nothing_but_money_is_converted() -> None:
    dollars, kroner = everything(), override(everything(), KRONER)
    changed = {path for path, _, _ in dollars.diff(kroner)}
    money = set(amounts(dollars)) | {"currency"}
    assert changed <= money
    assert kroner.alternatives["other"].set == {"goal.revenue": pytest.approx(5 * RATE)}


def test_a_year_in_another_currency_is_the_same_year_at_the_rate() -> None:
    plan = make_scenario({"sales.sdr.annual_cost": 60_000, "marketing.sources.web.cost_per_handed": 100})
    found = [Simulation(2).run(one) for one in (plan, override(plan, KRONER))]
    here, there = map(per_replication, found)
    for name, values in here.items():
        factor = RATE if unit_of(name) == "money" else 1.0
        assert there[name] == pytest.approx(factor * values, nan_ok=True), name
    assert here["contribution"].any()


def test_plans_in_two_currencies_are_not_set_against_each_other() -> None:
    plan = make_scenario()
    other = override(plan, {"currency": "EUR", "exchange.USD": 0.9})
    with pytest.raises(InputError, match="the plans are in USD and EUR"):
        compare(Simulation(2).run(plan), Simulation(2).run(other))


def test_amounts_of_the_file_that_is_extended_are_converted_with_their_ranges(written: Written) -> None:
    plan = load(written("currency: NOK\nexchange: {USD: 10}\npersonas: {small: {deal_value: 90k}}"))
    assert plan.personas["small"].deal_value == 90_000
    assert plan.personas["mid"].deal_value == 300_000
    assert plan.beliefs["personas.small.deal_value"].range == (100_000, 180_000)
    assert plan.beliefs["personas.mid.deal_value"].range == (220_000, 380_000)
    assert plan.alternatives["one_more_ae"].one_off == 200_000


def test_a_file_that_names_no_currency_speaks_that_of_the_file_it_extends(written: Written) -> None:
    written("currency: NOK\nexchange: {USD: 10}\n", "nordic.yaml")
    plan = load(written("goal: {revenue: 30m}\nsales: {ae: {quota: $1m}}", extends="nordic.yaml"))
    assert (plan.currency, plan.goal.revenue, plan.sales.ae.quota) == ("NOK", 30e6, 10e6)


def test_a_chain_of_three_currencies_is_converted_step_by_step(written: Written) -> None:
    written("currency: NOK\nexchange: {USD: 10}\ngoal: {revenue: 30m}", "nordic.yaml")
    plan = load(written("currency: EUR\nexchange: {NOK: 0.1}", extends="nordic.yaml"))
    assert (plan.goal.revenue, plan.personas["small"].deal_value) == (3e6, 14_000)
    assert plan.exchange == {"NOK": 0.1}


def test_a_currency_without_a_rate_names_the_fields_and_the_line(written: Written) -> None:
    path = written("currency: NOK")
    with pytest.raises(InputError) as refusal:
        load(path)
    told = str(refusal.value)
    assert "goal.revenue" in told
    assert "is in USD, and the plan in NOK; say what one USD is worth, as in exchange: {USD: 1.5}" in told
    assert re.search(r"the same holds for (\S+, ){4}\S+ and [1-9]\d more$", told)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("NOK 850,000", "NOK", 850_000), ("850 000 kr", "NOK", 850_000), ("850k", "NOK", 850_000),
        ("$80k", "NOK", 800_000), ("80k USD", "NOK", 800_000), ("€5k", "NOK", 60_000), ("$80k", "CAD", 80_000),
        ("CA$80k", "CAD", 80_000), ("US$80k", "CAD", 800_000), ("0 EUR", "GBP", 0),
    ],
)  # fmt: skip
def test_an_amount_belongs_to_the_currency_that_it_names(amount: str, currency: str, expected: float) -> None:
    rates = {"USD": 10, "EUR": 12} if currency != "GBP" else {"USD": 10}
    plan = everything(**{"currency": currency, "exchange": rates, "sales.ae.annual_cost": amount})
    assert plan.sales.ae.annual_cost == pytest.approx(expected)


@pytest.mark.parametrize("amount", ["80 kr", "5 qd", "R5", "¤5"])
def test_a_sign_that_means_no_currency_here_is_refused(amount: str) -> None:
    with pytest.raises(InputError, match=re.escape("no currency that this plan knows")):
        everything(**{"sales.ae.annual_cost": amount})


def test_old_names_of_amounts_are_read_and_mean_dollars(written: Written) -> None:
    text = """
currency: NOK
exchange: {USD: 10}
personas: {small: {deal_value_usd: 9k}}
goal: {revenue_usd: {value: $3m, range: [2m, $4m]}}
economics: {outbound_usd_per_hour: 4}
alternatives: {more: {label: x, set: {sales.sdr.annual_cost_usd: 90k}, yearly_usd: 5}}
"""
    plan = load(written(text), {"sales.ae.quota_usd": 1e5})
    assert plan.personas["small"].deal_value == 90_000
    assert (plan.goal.revenue, plan.beliefs["goal.revenue"].range) == (30e6, (20e6, 40e6))
    assert (plan.economics.outbound_per_hour, plan.sales.ae.quota) == (40, 1e6)
    more = plan.alternatives["more"]
    assert (more.set, more.yearly) == ({"sales.sdr.annual_cost": 900_000}, 50)


def test_an_amount_under_both_its_names_is_refused(written: Written) -> None:
    with pytest.raises(InputError, match=r"personas\.small\.deal_value_usd: is not a known key"):
        load(written("personas: {small: {deal_value_usd: 9k, deal_value: 9k}}"))


def test_a_fault_in_an_amount_under_its_old_name_names_the_line(written: Written) -> None:
    with pytest.raises(InputError, match=r"plan\.yaml:3: personas\.small\.deal_value = 'cheap': must be an amount"):
        load(written("\npersonas: {small: {deal_value_usd: cheap}}"))


def test_a_scenario_in_kroner_survives_its_own_document() -> None:
    plan = override(everything(), KRONER)
    again = build(to_document(plan))
    assert again == plan
    assert override(again, {"goal.revenue": "$1m"}).goal.revenue == pytest.approx(RATE * 1e6)


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("nok", "NOK"), ("Norwegian kroner", "NOK"), ("NKO", "NOK"), ("kroner", "DKK or NOK"), ("dollars", None),
        (7, None),
    ],
)  # fmt: skip
def test_a_currency_that_is_not_known_is_met_with_the_nearest_one(said: object, near: str | None) -> None:
    with pytest.raises(InputError, match="must be a currency's three letters") as refusal:
        make_scenario({"currency": said})
    assert (f"did you mean {near}?" in str(refusal.value)) == (near is not None)


@pytest.mark.parametrize("rate", [0, -1, "ten", math.inf])
def test_a_rate_that_is_no_positive_number_is_refused(rate: object) -> None:
    with pytest.raises(InputError, match=r"exchange|is in USD"):
        make_scenario({"currency": "NOK", "exchange": {"USD": rate}})
