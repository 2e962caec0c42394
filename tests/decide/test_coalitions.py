"""Plans between two plans: each field from the side of its cause, names that exist on one side only among them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from smarketing_sim.decide.coalitions import Pair
from smarketing_sim.errors import InputError
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.causes import CAUSES, cause_of
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario, flatten
from tests.conftest import PARAMS
from tests.experiment.stubs import small

BASELINE, HUBSPOT = (load(PARAMS / f"{name}.yaml") for name in ("baseline", "hubspot-sla"))
SOURCE: dict[str, Any] = {"leads_per_month": 100, "qualify_prob": 0.2, "win_prob": 0.3}


def sources(scenario: Scenario) -> dict[str, Any]:
    return dict(scenario.marketing.sources)


def handed_per_month(scenario: Scenario) -> float:
    return sum(s.mean_monthly_leads * s.handed_share for s in scenario.marketing.sources.values())


@pytest.mark.parametrize("pair", [(BASELINE, HUBSPOT), (HUBSPOT, BASELINE)], ids=["to hubspot", "to baseline"])
def test_no_cause_is_the_first_plan_and_all_causes_are_the_second(pair: tuple[Scenario, Scenario]) -> None:
    mixed = Pair(*pair)
    assert mixed.mixed([]) is pair[0]
    assert mixed.mixed(CAUSES) is pair[1]
    assert mixed.mixed([cause for cause in CAUSES if cause not in mixed.differences]) is pair[0]


def test_every_field_comes_from_the_side_of_its_cause() -> None:
    other = override(BASELINE,
        {
            "sales.sdr.headcount": 11, "sales.sdr.cadence.max_attempts": 4, "sales.sdr.shift.mon": ["10:00-16:00"],
            "sales.sdr.routing.rule": "round_robin", "marketing.sources.organic.visits_per_month": 9_000,
            "marketing.sources.organic.win_prob": 0.5, "marketing.sources.social.cost_per_handed": 999,
            "personas.small.deal_value": 1, "sla.speed.target": 0.5, "sales.sdr.channels.phone.talk": "30 min",
            "sales.sdr.channels.phone.connect_factor": 0.9, "sales.sdr.reps.2.shift.tue": ["10:00-12:00"],
        }
    )  # fmt: skip
    pair, a, b = Pair(BASELINE, other), *(flatten(s.canonical()) for s in (BASELINE, other))
    assert set(pair.differences) == set(CAUSES)
    for taken in itertools.chain.from_iterable(itertools.combinations(CAUSES, k) for k in (1, 3, 6)):
        mixed = flatten(pair.mixed(taken).canonical())
        for path in (p for p in a if not p.startswith("sales.sdr.reps")):
            assert mixed[path] == (b if cause_of(path) in taken else a)[path], (path, taken)
        assert ("sales.sdr.reps.2.shift.tue" in mixed) == ("calendar" in taken)


def test_all_differences_are_listed_once_under_their_cause() -> None:
    other = override(BASELINE, {"sales.sdr.headcount": 9, "sales.ae.open_limit": 50, "decay.preset": "strong"})
    assert Pair(BASELINE, other).differences == {
        "queue": ("sales.sdr.headcount", "sales.ae.open_limit"),
        "terms, prices and beliefs": ("decay.preset",),
    }


def test_a_plan_that_only_describes_a_rep_anew_differs_in_that_alone() -> None:
    other = override(BASELINE, {"sales.sdr.reps.7.shift": {"mon-fri": ["12:00-20:00"]}})
    assert list(Pair(BASELINE, other).differences) == ["calendar"]
    assert Pair(BASELINE, other).mixed(["queue"]) is BASELINE


def test_what_is_said_about_reps_who_are_not_there_is_dropped() -> None:
    other = override(BASELINE, {"sales.sdr.headcount": 10, "sales.sdr.reps.10.shift": {"mon-fri": ["12:00-20:00"]}})
    mixed = Pair(BASELINE, other).mixed(["calendar"])
    assert mixed.sales.sdr.headcount == 8
    assert mixed.sales.sdr.reps == {}


def test_a_new_source_belongs_to_volume_and_brings_all_it_has() -> None:
    plan = small()
    other = override(plan, {"marketing.sources.fair": {**SOURCE, "cost_per_handed": 50}})
    pair = Pair(plan, other)
    assert pair.differences == {"volume": ("marketing.sources.fair",)}
    more = Pair(plan, override(other, {"marketing.sources.web.win_prob": 0.4}))
    assert more.differences == {"volume": ("marketing.sources.fair",), "quality": ("marketing.sources.web.win_prob",)}
    assert sources(more.mixed(["volume"]))["fair"] == sources(other)["fair"]
    assert list(sources(more.mixed(["quality"]))) == ["web"]


def test_where_sources_are_replaced_volume_keeps_the_numbers_and_quality_the_chances() -> None:
    pair = Pair(BASELINE, HUBSPOT)
    more_leads, better_leads = pair.mixed(["volume"]), pair.mixed(["quality"])
    assert handed_per_month(more_leads) == pytest.approx(800)
    assert handed_per_month(better_leads) == pytest.approx(handed_per_month(BASELINE))
    assert list(sources(better_leads)) == list(sources(BASELINE))
    assert {s.qualify_prob for s in sources(better_leads).values()} == {0.6}
    assert sources(better_leads)["organic"].handed_share == 0.35
    mean = sum(s.mean_monthly_leads * s.win_prob for s in sources(more_leads).values()) / 800
    handed = handed_per_month(BASELINE)
    assert mean == pytest.approx(
        sum(s.mean_monthly_leads * s.handed_share * s.win_prob for s in sources(BASELINE).values()) / handed
    )


def test_where_sources_are_replaced_a_handed_lead_costs_what_it_does_on_the_side_of_the_terms() -> None:
    pair, handed = Pair(BASELINE, HUBSPOT), handed_per_month(BASELINE)
    here = sum(s.mean_monthly_leads * s.handed_share * s.cost_per_handed for s in sources(BASELINE).values())
    terms = "terms, prices and beliefs"
    for taken, cost in ((["volume"], here / handed), (["volume", "quality"], here / handed), ([terms], 30.0)):
        mixed = pair.mixed(taken)
        assert [s.cost_per_handed for s in sources(mixed).values()] == pytest.approx([cost] * len(sources(mixed)))
    for taken in (["quality"], ["volume", terms], ["quality", "depth"]):
        mixed = pair.mixed(taken)
        known = sources(HUBSPOT) if "volume" in taken else sources(BASELINE)
        costs = {s.cost_per_handed for s in sources(mixed).values()}
        assert costs == {s.cost_per_handed for s in known.values()}
    assert "marketing.sources.inbound.cost_per_handed" in pair.differences[terms]


def test_the_largest_part_of_a_split_source_keeps_its_name_so_that_its_leads_stay_the_same() -> None:
    assert list(sources(Pair(BASELINE, HUBSPOT).mixed(["volume"])))[:2] == ["inbound", "inbound as 2"]


def test_campaigns_are_split_with_the_source_they_run_on() -> None:
    plan = small(marketing__campaigns={"fair": {"source": "web", "starts_on": "2024-03-11", "first_week_leads": 40,
                                                "cost": 900}})  # fmt: skip
    other = small(marketing__sources={"ads": {**SOURCE, "leads_per_month": 300}, "mail": SOURCE, "web": None})
    mixed = Pair(plan, other).mixed(["quality"])
    assert {n: c.source for n, c in mixed.marketing.campaigns.items()} == {"fair": "web", "fair as 2": "web as 2"}
    assert [c.first_week_leads for c in mixed.marketing.campaigns.values()] == pytest.approx([30.0, 10.0])
    assert sum(c.cost for c in mixed.marketing.campaigns.values()) == pytest.approx(900)


def test_personas_of_one_plan_never_mix_with_those_of_the_other() -> None:
    pair = Pair(BASELINE, HUBSPOT)
    assert list(pair.mixed(["quality"]).personas) == ["small_business"]
    assert list(pair.mixed(["volume", "terms, prices and beliefs"]).personas) == list(BASELINE.personas)
    assert "personas.small_business" in pair.differences["quality"]


def test_the_order_of_territories_alone_is_a_difference_of_routing() -> None:
    one, two = {"reps": [1]}, {"reps": [2, 3]}
    rule = {"sales.sdr.routing.rule": "territory"}
    here = override(small(), rule | {"sales.sdr.routing.territories": {"north": one, "south": two}})
    there = override(small(), rule | {"sales.sdr.routing.territories": {"south": two, "north": one}})
    assert here.digest != there.digest
    assert list(Pair(here, there).differences) == ["routing"]
    both = Pair(here, override(there, {"sales.sdr.headcount": 4}))
    assert list(both.mixed(["routing"]).sales.sdr.routing.territories) == ["south", "north"]


def test_parts_that_do_not_go_together_are_refused() -> None:
    other = override(small(), {"sales.sdr.headcount": 5, "sales.sdr.routing.territories.east": {"reps": [5]}})
    with pytest.raises(InputError, match="a rep that does not exist"):
        Pair(small(), other).mixed(["routing"])


def test_every_mixture_of_the_shipped_plans_is_a_valid_plan_of_the_same_leads_per_volume() -> None:
    pair = Pair(BASELINE, HUBSPOT)
    for count in range(len(pair.differences) + 1):
        for taken in itertools.combinations(pair.differences, count):
            handed = handed_per_month(pair.mixed(taken))
            assert handed == pytest.approx(800 if "volume" in taken else handed_per_month(BASELINE))
