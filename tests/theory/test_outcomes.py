"""Reach, interest, the funnel and the load against their formulas, with unlimited reps where nothing waits."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.ledger import RESULTS, Ledger
from smarketing_sim.measure import queueing
from smarketing_sim.scenario.decay import decay_presets
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.timeline import timeline
from tests.builders import Overrides, make_demand, make_scenario
from tests.theory.estimates import Estimate, hold, of_independent

PUBLISHED_REACH = (0.487, 0.717, 0.834, 0.898, 0.935, 0.957)
EVERY_DAY = {"max_attempts": 6, "gaps": ["1 day"]}


def many_leads(overrides: Overrides, *, leads: int = 16_000) -> Scenario:
    """One month of leads and one to finish them."""
    return make_scenario(
        {
            "run.cool_down_weeks": 5,
            "marketing.sources.web.leads_per_month": leads / 2,
            "sales.reach.beta": 0,
            **overrides,
        }
    )


def reached_within(ledger: Ledger, attempts: int) -> Estimate:
    """Share of leads, of those created in the first month, that were connected by an attempt up to a number."""
    leads, calls = ledger.tables["leads"], ledger.tables["attempts"]
    talks = calls["lead_id"][(calls["result"] == RESULTS.index("talk")) & (calls["attempt"] <= attempts)]
    early = leads["created_at"] < 30 * 1440
    return of_independent(np.isin(leads["lead_id"][early], talks))


@functools.cache
def beta_geometric_ledger() -> Ledger:
    scenario = many_leads({"sales.sdr.cadence": EVERY_DAY, "sales.reach": {"alpha": 5.6, "beta": 5.9}})
    return simulate_unlimited(scenario, sample_demand(scenario, seed=31))


@pytest.mark.parametrize("attempts", range(1, 7))
def test_beta_geometric_hazard_reaches_the_published_shares(attempts: int) -> None:
    expected = queueing.beta_geometric_reach(attempts, a=5.6, b=5.9)
    assert expected == pytest.approx(PUBLISHED_REACH[attempts - 1], abs=6e-4)
    hold(reached_within(beta_geometric_ledger(), attempts), expected, cap=0.007)


@pytest.mark.parametrize("attempts", [1, 3, 6])
def test_fixed_chance_reaches_one_minus_its_misses(attempts: int) -> None:
    scenario = many_leads({"sales.sdr.cadence": EVERY_DAY, "sales.reach.connect_probs": [0.22]})
    ledger = simulate_unlimited(scenario, sample_demand(scenario, seed=32))
    hold(reached_within(ledger, attempts), queueing.geometric_reach(attempts, prob=0.22), cap=0.007)


def test_share_that_cannot_be_reached_never_is() -> None:
    scenario = many_leads({"sales.sdr.cadence": EVERY_DAY, "marketing.reachable_share": 0.7})
    ledger = simulate_unlimited(scenario, sample_demand(scenario, seed=33))
    assert reached_within(ledger, 1).mean == reached_within(ledger, 6).mean
    hold(reached_within(ledger, 6), 0.7, cap=0.007)


@pytest.mark.parametrize("attempts", [1, 5])
@pytest.mark.parametrize(("preset", "age"), [("strong", 30), ("medium", 2_000), ("flat_day", 1_441)])
def test_contacts_fall_by_the_curve_at_the_age_of_the_first_attempt(preset: str, age: int, attempts: int) -> None:
    common = {
        "sales.reach.connect_probs": [0.3],
        "marketing.handoff.system_delay": f"{age} min",
        "sales.sdr.cadence": {"max_attempts": attempts, "gaps": ["1 day"]},
    }
    with_decay, without = many_leads({**common, "decay.preset": preset}), many_leads(common)
    demand = sample_demand(with_decay, seed=34)
    faded = simulate_unlimited(with_decay, demand)
    whole = simulate_unlimited(without, sample_demand(without, seed=34))
    hot = demand.interest_until >= age
    hot_ids = demand.lead_id[hot]
    connected = ~np.isnan(whole.tables["leads"]["connected_at"])
    still = connected & np.isin(whole.tables["leads"]["lead_id"], hot_ids)
    np.testing.assert_array_equal(~np.isnan(faded.tables["leads"]["connected_at"]), still)
    expected = float(decay_presets()[preset].value(np.array([float(age)]))[0])
    hold(of_independent(hot), expected, cap=0.007)
    hold(reached_within(faded, attempts), expected * queueing.geometric_reach(attempts, prob=0.3), cap=0.007)


@pytest.mark.parametrize(
    ("preset", "age", "column", "untouched"),
    [("steep", 20, "qualified_at", "connected_at"), ("mild", 600, "value", "qualified_at")],
)
def test_late_first_attempt_spoils_only_what_the_study_measured(
    preset: str, age: int, column: str, untouched: str
) -> None:
    prompt = {"decay.preset": preset, "sales.sdr.cadence": EVERY_DAY}
    late = {**prompt, "marketing.handoff.system_delay": f"{age} min"}
    ledgers = []
    for overrides in (prompt, late):
        scenario = many_leads(overrides)
        ledgers.append(simulate_unlimited(scenario, sample_demand(scenario, seed=35)).tables["leads"])
    early = ledgers[0]["created_at"] < 50 * 1440
    before, after = (~np.isnan(leads[untouched][early]) for leads in ledgers)
    np.testing.assert_array_equal(before, after)
    kept = ~np.isnan(ledgers[1][column][early])[~np.isnan(ledgers[0][column][early])]
    hold(of_independent(kept), float(decay_presets()[preset].value(np.array([float(age)]))[0]), cap=0.01)


def test_stricter_clock_holds_every_attempt_against_its_own_age() -> None:
    points = [["0 min", 1.0], ["1 day", 1.0], ["1 day", 0.5], ["2 days", 0.5], ["2 days", 0.2]]
    scenario = many_leads(
        {
            "decay": {"preset": "custom", "points": points, "outcomes": ["contact"], "clock": "each_attempt"},
            "sales.reach.connect_probs": [0.3],
            "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["25 hours"]},
        }
    )
    ledger = simulate_unlimited(scenario, sample_demand(scenario, seed=36))
    hold(reached_within(ledger, 3), 0.3 + 0.7 * 0.3 * 0.5 + 0.49 * 0.3 * 0.2, cap=0.007)


def test_roberges_funnel_lies_inside_what_100_leads_bring() -> None:
    scenario = many_leads(
        {
            "marketing.sources.web.qualify_prob": 0.6,
            "marketing.sources.web.win_prob": 1 / 3,
            "sales.meetings.show_share": 0.5,
            "sales.sdr.cadence": {"max_attempts": 5, "gaps": ["1 day"]},
            "sales.reach.connect_probs": [0.13],
        }
    )
    leads = simulate_unlimited(scenario, sample_demand(scenario, seed=37)).tables["leads"]
    early = np.flatnonzero(leads["created_at"] < 55 * 1440)
    steps = [~np.isnan(leads[name][early]) for name in ("connected_at", "qualified_at", "met_at", "value")]
    reach = queueing.geometric_reach(5, prob=0.13)
    for step, expected, published in zip(
        steps, (reach, 0.6 * reach, 0.3 * reach, 0.1 * reach), (50, 30, 15, 5), strict=True
    ):
        hold(of_independent(step), expected, cap=0.007)
        groups = step[: len(step) // 100 * 100].reshape(-1, 100).sum(axis=1)
        low, high = np.quantile(groups, [0.025, 0.975])
        assert low <= published <= high
        assert abs(groups.mean() - published) < 0.06 * published + 4 * groups.std() / np.sqrt(len(groups))


def selling_minutes() -> float:
    return 168 * 60 * 0.35


def test_five_leads_and_four_tries_ask_six_percent_of_the_selling_time() -> None:
    scenario = make_scenario(
        {
            "run": {"starts_on": "2024-01-01", "horizon_months": 0, "warm_up_weeks": 0, "cool_down_weeks": 3},
            "sales.sdr": {
                "shift": {"mon-sun": ["09:00-17:00"]},
                "marketing_time": {"share": 0.35},
                "cadence": {"max_attempts": 4, "gaps": ["1 day"]},
                "channels": {"phone": {"no_answer": "10 min"}},
            },
        }
    )
    ledger = simulate(scenario, make_demand(scenario, handed_at=[0.0] * 5, connect_before=-1.0))
    time = ledger.rep_time
    minutes = (time["ended_at"] - time["started_at"]).groupby(time["state"], observed=False).sum()
    assert minutes.sum() == 168 * 60
    assert minutes["working"] == 5 * 4 * 10
    assert minutes["other work"] == pytest.approx(200 * 0.65 / 0.35, abs=1e-3)
    assert minutes["working"] / selling_minutes() == pytest.approx(0.0567, abs=1e-4)


@pytest.mark.parametrize(("stop", "expected", "cap"), [(0.0, 1.417, 1e-9), (0.13, 1.094, 0.01)])
def test_a_hundred_leads_and_five_calls_ask_more_than_all_selling_time(
    stop: float, expected: float, cap: float
) -> None:
    scenario = many_leads(
        {
            "sales.sdr.cadence": {"max_attempts": 5, "gaps": ["1 day"]},
            "sales.reach.connect_probs": [stop],
            "sales.sdr.channels.phone": {"no_answer": "10 min", "talk": "10 min"},
        }
    )
    ledger = simulate_unlimited(scenario, sample_demand(scenario, seed=38))
    leads = ledger.tables["leads"]
    early = leads["created_at"] < 50 * 1440
    load = 100 * 10 * leads["attempt_count"][early] / selling_minutes()
    assert expected == pytest.approx(
        100 * 10 * queueing.cadence_rate(1, stop_prob=stop, most_attempts=5) / selling_minutes(), abs=1e-3
    )
    if stop == 0:
        assert set(load) == {100 * 50 / selling_minutes()}
    else:
        hold(
            of_independent(load),
            1000 * queueing.cadence_rate(1, stop_prob=stop, most_attempts=5) / selling_minutes(),
            cap=cap,
        )


def test_the_pipeline_obeys_littles_law() -> None:
    """Deals open on average = deals opened a minute × how long one is open, wait for an account executive included."""
    plan = make_scenario(
        {
            "run": {"horizon_months": 24, "warm_up_weeks": 40, "cool_down_weeks": 1},
            "marketing.sources.web": {"leads_per_month": 600, "qualify_prob": 0.4}, "sales.sdr.headcount": 30,
            "sales.ae": {"headcount": 4, "open_limit": 40, "cycle_median": "30 days", "cycle_cv": 0.6},
        }
    )  # fmt: skip
    line, opened, minutes, inside = timeline(plan), 0, [], 0.0
    starts, ends = line.horizon_starts_at, line.horizon_ends_at
    for ledger in Simulation(8).run(plan, keep_ledgers=True).ledgers:
        leads = {name: ledger.tables["leads"][name] for name in ("opportunity_at", "deal_closed_at")}
        begins, closes = leads["opportunity_at"], leads["deal_closed_at"]
        mine = (begins >= starts) & (begins < ends)
        opened += int(mine.sum())
        minutes.append(closes[mine] - begins[mine])
        inside += float(np.nansum(np.clip(np.minimum(closes, ends) - np.maximum(begins, starts), 0.0, None)))
    span = 8 * (ends - starts)
    assert opened > 5_000
    assert inside / span == pytest.approx(opened / span * np.concatenate(minutes).mean(), rel=0.02)
