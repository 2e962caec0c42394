"""Who broke it: parts that sum to the gap, causes that do nothing, causes that only go together, and bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest

from smarketing_sim.decide.attribution import MEASURES, Attribution, explain, mix, to_json
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.compare import per_replication
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.causes import CAUSES
from smarketing_sim.scenario.schema import Scenario
from tests.experiment.stubs import small

YEARS = 5
WORSE = {
    "sales.sdr.headcount": 2, "marketing.sources.web.leads_per_month": 400, "marketing.sources.web.win_prob": 0.3,
    "sales.sdr.cadence.max_attempts": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Attribution:
    return explain(small(), override(small(), WORSE), Simulation(YEARS, 3))


@pytest.mark.parametrize("measure", MEASURES)
def test_parts_sum_to_the_gap_that_comparing_the_plans_shows(found: Attribution, measure: str) -> None:
    experiments = [Simulation(YEARS, 3).run(plan) for plan in (small(), override(small(), WORSE))]
    gap, parts = found.gap(measure), found.parts(measure)
    assert sum(part.mean for part in parts.values()) == pytest.approx(gap.mean)
    if measure != "sales_months_kept_share":
        a, b = (per_replication(experiment)[measure] for experiment in experiments)
        assert gap.mean == pytest.approx(np.mean(b - a))
        assert (gap.high - gap.low) / 2 == pytest.approx(2.776445 * np.std(b - a, ddof=1) / np.sqrt(YEARS), rel=1e-6)


def test_months_kept_are_those_of_the_promises_of_sales_alone(found: Attribution) -> None:
    base = Simulation(YEARS, 3).run(small())
    names = [name for name, clause in small().sla.items() if clause.side == "sales"]
    kept = [
        np.all([m.clauses[name].kept(small().sla[name].target) for name in names], axis=0).mean() for m in base.measures
    ]
    assert found.side(0, "sales_months_kept_share").mean == pytest.approx(np.mean(kept))


def test_every_cause_has_a_row_in_a_fixed_order_and_those_alike_are_exactly_nothing(found: Attribution) -> None:
    for measure in MEASURES:
        parts = found.parts(measure)
        assert list(parts) == [(cause,) for cause in CAUSES]
        for cause in ("routing", "calendar", "terms, prices and beliefs"):
            part = parts[cause,]
            assert (part.mean, part.low, part.high) == (0.0, 0.0, 0.0)
    assert found.paths(("depth",)) == ("sales.sdr.cadence.max_attempts",)


def test_each_change_hurts_or_helps_as_it_must(found: Attribution) -> None:
    revenue = found.parts("expected_revenue")
    assert revenue["quality",].high < 0.0
    assert revenue["queue",].high < 0.0
    assert found.parts("sales_months_kept_share")["volume",].mean <= 0.0


def test_one_cause_alone_is_the_whole_gap() -> None:
    found = explain(small(), small(sales__sdr__headcount=2), Simulation(2))
    assert found.runs == 4
    assert found.parts()["queue",] == found.gap()


def test_exchanging_the_plans_turns_every_part_around(found: Attribution) -> None:
    back = explain(override(small(), WORSE), small(), Simulation(YEARS, 3))
    for group, part in found.parts().items():
        assert back.parts()[group].mean == pytest.approx(-part.mean)


def test_all_mixtures_are_simulated_in_the_same_years(found: Attribution) -> None:
    assert len(found.mixtures.scenarios) == 2**4
    assert found.runs == YEARS * 2**4
    places = {group[0]: bit for bit, group in enumerate(found.mixtures.groups)}
    mask = 1 << places["queue"] | 1 << places["depth"]
    (alone,) = Simulation(YEARS, 3).panel([found.mixtures.scenarios[mask]])
    assert found.worth["contribution"][mask] == pytest.approx(alone.series("contribution"))
    assert alone.scenario.sales.sdr.headcount == 2
    assert alone.scenario.marketing.sources["web"].win_prob == 0.5


def territories() -> Scenario:
    """Five reps in two territories: no plan has these territories and three reps."""
    east, west = {"reps": [4, 5], "takes": {"source": "web"}}, {"reps": [1, 2, 3]}
    rules = {"sales.sdr.headcount": 5, "sales.sdr.routing.rule": "territory", "decay.preset": "strong"}
    return override(small(), rules | {"sales.sdr.routing.territories": {"east": east, "west": west}})


def test_causes_that_only_go_together_are_counted_as_one_and_it_is_said_why() -> None:
    mixtures = mix(small(), territories())
    assert mixtures.groups == (("routing", "queue"), ("terms, prices and beliefs",))
    (merger,) = mixtures.mergers
    assert merger.causes == ("routing", "queue")
    assert "names a rep that does not exist" in merger.because
    answer = to_json(explain(small(), territories(), Simulation(2)))
    assert [row["cause"] for row in answer["causes"]] == [
        "volume", "quality", "routing with queue", "calendar", "depth", "terms, prices and beliefs",
    ]  # fmt: skip
    assert answer["merged"][0]["causes"] == ["routing", "queue"]


def test_three_causes_at_odds_are_merged_until_every_plan_is_valid() -> None:
    other = override(
        territories(),
        {
            "marketing.sources": {"web": None, "ads": {"leads_per_month": 300, "qualify_prob": 0.5, "win_prob": 0.5}},
            "sales.sdr.routing.territories.east.takes.source": "ads",
        },
    )
    mixtures = mix(small(), other)
    assert ("volume", "routing", "queue") in mixtures.groups
    assert len(mixtures.scenarios) == 2 ** len(mixtures.groups)


def test_the_answer_is_plain_json_with_motivation_not_modelled(found: Attribution) -> None:
    answer = to_json(found)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["not_modelled"] == ["motivation"]
    assert (answer["measure"], answer["runs"], answer["scenarios"]) == ("contribution", 80, 16)
    order = [row["cause"] for row in answer["causes"]]
    assert order == list(CAUSES)
    for other in answer["other_measures"].values():
        assert [row["cause"] for row in other["causes"]] == order
    assert answer["causes"][0]["paths"] == ["marketing.sources.web.leads_per_month"]


def test_a_measure_without_a_case_is_null_and_not_a_number() -> None:
    nothing = {f"sla.{name}": None for name in small().sla}
    plans = [override(small(), {**nothing, "sales.sdr.headcount": count}) for count in (2, 3)]
    answer = to_json(explain(*plans, Simulation(2)))
    assert answer["other_measures"]["sales_months_kept_share"]["gap"]["mean"] is None
    assert answer["gap"]["mean"] > 0.0


def test_one_year_gives_parts_without_a_range() -> None:
    part = explain(small(), small(sales__sdr__headcount=2), Simulation(1)).parts()["queue",]
    assert np.isfinite(part.mean)
    assert np.isnan(part.low)


def test_plans_that_are_the_same_are_refused_in_one_line() -> None:
    same = override(small(), {"name": "Another name"})
    with pytest.raises(InputError, match="name two that differ") as refused:
        explain(small(), same, Simulation(2))
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(("path", "value"), [("run.starts_on", "2024-04-01"), ("run.horizon_months", 3)])
def test_plans_about_different_months_are_refused_with_the_path(path: str, value: object) -> None:
    with pytest.raises(InputError, match="must be about the same months") as refused:
        explain(small(), override(small(), {path: value, "sales.sdr.headcount": 2}), Simulation(2))
    assert str(refused.value).startswith(path)
