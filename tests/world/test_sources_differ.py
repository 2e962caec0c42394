"""What a source may say of its own leads: fit, reach, cooling, the score on them, and months that begin somewhere."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from smarketing_sim.engine import simulate
from smarketing_sim.errors import InputError, VolumeWarning
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.lead_worth import lead_values
from smarketing_sim.measure.load import mean_reachable_share, minutes_per_lead
from smarketing_sim.scenario.building import build, override, to_document
from smarketing_sim.scenario.files import examined
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import Demand, sample_demand
from smarketing_sim.world.timeline import timeline
from tests.builders import base_document, make_demand
from tests.world.test_demand import auc_of

FAIR, WEB = 0, 1


def two_sources(fair: dict[str, Any] | None = None, **overrides: Any) -> Scenario:
    """Return a plan with two like sources, of which one says more of its leads."""
    document = base_document()
    each = {"leads_per_month": 3000, "qualify_prob": 0.2, "win_prob": 0.5, "handed_share": 0.5}
    document["marketing"] = {
        "sources": {"fair": each | (fair or {}), "web": each},
        "in_profile_share": 0.8,
        "out_of_profile_factor": 0.2,
        "reachable_share": 0.9,
    }
    document["decay"] = {"preset": "medium"}
    return build(document, overrides=overrides)


def same_arrays(one: Demand, other: Demand) -> bool:
    values = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(Demand)]
    return all(a.tobytes() == b.tobytes() for a, b in values if isinstance(a, np.ndarray))


def test_a_source_that_says_what_the_company_says_brings_the_same_leads() -> None:
    own = {"in_profile_share": 0.8, "reachable_share": 0.9, "scoring": {"auc": 0.7}, "decay": {"preset": "medium"}}
    assert same_arrays(sample_demand(two_sources(), seed=3), sample_demand(two_sources(own), seed=3))


def test_what_a_source_says_of_its_leads_is_met_and_changes_no_other_source() -> None:
    own = {"in_profile_share": 0.5, "reachable_share": 0.3, "scoring": {"auc": 0.85, "spread": 1.5}}
    plain, demand = sample_demand(two_sources(), seed=3), sample_demand(two_sources(own), seed=3)
    handed = ~np.isnan(demand.handed_at)
    for source, fit, reach in ((FAIR, 0.5, 0.3), (WEB, 0.8, 0.9)):
        mine = demand.source == source
        error = np.sqrt(0.25 / mine.sum())
        assert abs(demand.fit[mine].mean() - fit) < 4 * error
        hazard = two_sources(own).sales.reach.hazard(1)
        through = (demand.connect_before[mine & handed, 0] >= 0).mean()
        assert abs(through - reach * hazard) < 4 * np.sqrt(0.25 / (mine & handed).sum())
        assert abs(demand.qualify_prob[mine & handed].mean() - 0.2) < 0.02
    web = demand.source == WEB
    for name in ("created_at", "score", "fit", "qualify_prob", "handed_at"):
        mine, theirs = getattr(demand, name)[web], getattr(plain, name)[plain.source == WEB]
        assert np.array_equal(mine, theirs, equal_nan=True), name


@pytest.mark.parametrize("auc", [0.55, 0.8])
def test_the_score_sees_the_leads_of_a_source_as_well_as_it_says(auc: float) -> None:
    demand = sample_demand(two_sources({"scoring": {"auc": auc}, "leads_per_month": 20_000}), seed=5)
    luck = np.random.default_rng(1).random(len(demand.score))
    for source, expected in ((FAIR, auc), (WEB, 0.7)):
        rows = (demand.source == source) & demand.fit
        assert abs(auc_of(demand.score[rows], luck[rows] < demand.qualify_prob[rows]) - expected) < 0.025


def test_leads_of_a_source_cool_as_it_says() -> None:
    demand = sample_demand(two_sources({"decay": {"preset": "none"}}), seed=3)
    handed = ~np.isnan(demand.handed_at)
    assert np.all(demand.interest_until[handed & (demand.source == FAIR)] == np.inf)
    assert np.any(np.isfinite(demand.interest_until[handed & (demand.source == WEB)]))


def test_by_value_and_decay_each_lead_counts_by_its_own_sources_curve() -> None:
    cold = {"preset": "custom", "points": [["0 min", 1.0], ["1 day", 0.0]]}
    rules = {"sales.sdr.queue.order": "value_decay", "decay.preset": "none", "decay.outcomes": ["contact"]}
    scenario = two_sources({"decay": cold}, **rules)
    demand = make_demand(
        scenario, handed_at=[0.0, 1.0, 2.0], talk_unit=[600.0, 1.0, 1.0], source=np.array([1, 0, 1]),
        qualify_prob=[0.5, 0.5, 0.4], qualify_luck=1.0, win_prob=1.0, mean_value=100.0,
    )  # fmt: skip
    orders = []
    for engine in ("reference", "compiled"):
        calls = simulate(scenario, demand, engine=engine).tables["attempts"]
        orders.append(calls["lead_id"][np.argsort(calls["started_at"])].tolist())
    assert orders == [[0, 2, 1], [0, 2, 1]]


def test_a_source_that_cools_where_nothing_is_spoilt_is_refused() -> None:
    with pytest.raises(InputError, match=r"marketing\.sources\.fair\.decay: needs decay\.outcomes"):
        two_sources({"decay": {"preset": "steep"}}, **{"decay.preset": "none"})


def test_load_and_worth_of_leads_follow_the_reach_of_their_source() -> None:
    plan = two_sources({"reachable_share": 0.3, "leads_per_month": 1000})
    assert mean_reachable_share(plan) == pytest.approx((1000 * 0.3 + 3000 * 0.9) / 4000)
    parts = [minutes_per_lead(two_sources(**{"marketing.reachable_share": share}))[1] for share in (0.3, 0.9)]
    assert minutes_per_lead(plan)[1] == pytest.approx((parts[0] + 3 * parts[1]) / 4)
    worth = lead_values(plan)
    assert worth["fair"] == pytest.approx(worth["web"] / 3)


def course(months: list[float], **more: Any) -> Scenario:
    document = base_document()
    document["run"] = {"starts_on": "2026-01-01", "horizon_months": 12, "warm_up_weeks": 26, "cool_down_weeks": 8}
    document["marketing"]["sources"]["web"] |= {"leads_per_month": months, **more}
    return build(document)


def leads_by_month(plan: Scenario) -> tuple[float, np.ndarray, float]:
    """Leads a month before the year, in each of its months, and after it, over 20 years."""
    line = timeline(plan)
    found = [sample_demand(plan, seed=1, replication=n).created_at for n in range(20)]
    at = np.concatenate(found)
    inside = np.histogram(at, line.month_starts_at)[0] / 20
    before = (at < line.horizon_starts_at).sum() / 20 / (line.horizon_starts_at / 43_830)
    after = (at >= line.horizon_ends_at).sum() / 20 / ((line.ends_at - line.horizon_ends_at) / 43_830)
    return float(before), inside, float(after)


def test_a_course_of_months_holds_its_first_before_it_and_its_last_after_it() -> None:
    months = [50.0 * n for n in range(2, 14)]
    before, inside, after = leads_by_month(course(months, months_from="2026-01-01"))
    assert before == pytest.approx(100, rel=0.05)
    assert inside == pytest.approx(months, rel=0.1)
    assert after == pytest.approx(650, rel=0.05)


def test_a_course_may_begin_in_any_month_and_have_any_length() -> None:
    before, inside, after = leads_by_month(course([100, 400], months_from="2026-03-01"))
    assert inside == pytest.approx([100, 100, 100, *[400] * 9], rel=0.12)
    assert (before, after) == (pytest.approx(100, rel=0.06), pytest.approx(400, rel=0.06))


def test_twelve_months_that_also_fill_the_warm_up_are_told() -> None:
    growing = to_document(course([100.0 * n for n in range(1, 13)]))
    with pytest.warns(VolumeWarning, match="months_from: 2026-01-01"):
        examined(build(growing))


@pytest.mark.parametrize(
    ("months", "more", "path"),
    [
        ([1, 2, 3], {}, "marketing.sources.web.leads_per_month"),
        ([5], {"months_from": "2026-01-01"}, "marketing.sources.web.months_from"),
        ([1] * 300, {}, "marketing.sources.web.leads_per_month"),
        ([], {}, "marketing.sources.web.leads_per_month"),
    ],
)
def test_a_list_of_months_that_is_no_year_and_no_course_is_refused(
    months: list[float], more: dict[str, Any], path: str
) -> None:
    with pytest.raises(InputError) as refusal:
        course(months, **more)
    assert [problem.path for problem in refusal.value.problems] == [path]


def test_a_deal_that_is_paid_once_counts_once_whatever_the_horizon() -> None:
    plan = two_sources(**{"economics.horizon_months": 36, "economics.revenue": "one_off"})
    [year] = Simulation(1).run(plan).measures
    assert year.headline["contribution"] == year.headline["contribution_year_one"]
    assert np.isnan(year.headline["payback_months"])
    recurring = Simulation(1).run(override(plan, {"economics.revenue": "recurring"})).measures[0]
    assert recurring.headline["contribution"] - year.headline["contribution"] == pytest.approx(
        2 * year.headline["expected_revenue"]
    )
