"""Every kind of clause on ledgers of a few leads, judged by hand; then against a slow loop on simulated ones."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.errors import InputError
from smarketing_sim.ledger import OUTCOMES, REASONS, TEXT, Ledger
from smarketing_sim.measure.cohorts import Case, Period, case_of
from smarketing_sim.measure.lead_worth import lead_values
from smarketing_sim.measure.sla import ClauseCounts, measure_clauses
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.contract import DepthClause, FeedbackClause, QualityClause, SpeedClause
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import sample_demand
from tests.builders import Overrides, make_scenario
from tests.engine.scenarios import small_scenarios
from tests.measure.ledgers import OFFICE_YEAR, at, judged, lead, make_ledger, office

DAY = 1440.0
TINY = 2.0**-20
SIX_HOURS = {"speed": {"target": 0.9, "within": "6 business hours"}}


def counted(counts: ClauseCounts, month: int = 0) -> tuple[float, float]:
    return float(counts.numerator[month]), float(counts.denominator[month])


def speed(within: str, **more: Any) -> Scenario:
    return office(sla={"speed": {"target": 0.9, "within": within}}, **more)


def one_call(scenario: Scenario, handed: str, called: str, late: float = 0.0) -> tuple[float, float]:
    calls = [{"lead_id": 0, "started_at": at(scenario, called) + late}]
    return counted(judged(scenario, [lead(at(scenario, handed))], calls))


# ---------------------------------------------------------------------------------------------------------- speed


@pytest.mark.parametrize(
    ("within", "handed", "due"),
    [
        ("6 business hours", "2024-01-03 10:00", "2024-01-03 16:00"),
        ("6 business hours", "2024-01-05 14:00", "2024-01-08 12:00"),  # over a weekend
        ("6 business hours", "2024-01-12 14:00", "2024-01-16 12:00"),  # over a weekend and a holiday
        ("6 business hours", "2024-01-06 03:00", "2024-01-08 15:00"),  # handed over on a Saturday night
        ("8 business hours", "2024-01-03 09:00", "2024-01-03 17:00"),  # the whole of a day
        ("1 business day", "2024-01-05 12:30", "2024-01-08 12:30"),
        ("6 hours", "2024-01-05 14:00", "2024-01-05 20:00"),  # the wall clock knows no night
        ("2 days", "2024-01-05 14:00", "2024-01-07 14:00"),  # and no weekend
    ],
)
def test_a_call_exactly_at_the_limit_keeps_the_promise_and_one_moment_later_breaks_it(
    within: str, handed: str, due: str
) -> None:
    scenario = speed(within)
    assert one_call(scenario, handed, due) == (1, 1)
    assert one_call(scenario, handed, due, late=TINY) == (0, 1)


def test_a_lead_that_nobody_called_is_a_breach_once_due_and_left_out_before() -> None:
    scenario = speed("6 business hours")
    leads, due = [lead(at(scenario, "2024-01-03 10:00"))], at(scenario, "2024-01-03 16:00")
    over = judged(scenario, leads, ends_at=due)
    assert (counted(over), over.left_out_count[0]) == ((0, 1), 0)
    before = judged(scenario, leads, ends_at=due - TINY)
    assert (counted(before), before.left_out_count[0]) == ((0, 0), 1)


def test_a_lead_due_after_the_end_is_left_out_even_if_it_was_called() -> None:
    scenario = speed("6 business hours")
    handed = at(scenario, "2024-01-03 10:00")
    counts = judged(scenario, [lead(handed)], [{"lead_id": 0, "started_at": handed + 5}], ends_at=handed + 60)
    assert (counted(counts), counts.left_out_count[0]) == ((0, 0), 1)


def test_an_automatic_first_touch_is_no_response() -> None:
    scenario = speed("6 business hours", sales__sdr__automatic_reply={"after": "1 min"})
    handed = at(scenario, "2024-01-03 10:00")
    machine = {"lead_id": 0, "started_at": handed + 1, "attempt": 0, "automatic": True, "channel": "automatic",
               "result": "sent", "rep_id": 0}  # fmt: skip
    assert counted(judged(scenario, [lead(handed)], [machine])) == (0, 1)
    human = {"lead_id": 0, "started_at": handed + 60}
    assert counted(judged(scenario, [lead(handed)], [machine, human])) == (1, 1)


def test_the_earliest_response_counts_when_attempts_are_written_down_out_of_order() -> None:
    scenario = speed("6 business hours")
    handed = at(scenario, "2024-01-03 10:00")
    calls = [{"lead_id": 0, "attempt": 1, "started_at": handed + 3 * DAY},
             {"lead_id": 0, "attempt": 2, "started_at": handed + 30}]  # fmt: skip
    assert counted(judged(scenario, [lead(handed)], calls)) == (1, 1)


CHANNELS = {"phone": {}, "social": {"counts_as_response": False}}


def test_a_channel_that_does_not_count_stops_no_clock() -> None:
    scenario = speed("6 business hours", sales__sdr__channels=CHANNELS)
    handed = at(scenario, "2024-01-03 10:00")
    like = {"lead_id": 0, "started_at": handed + 10, "channel": "social"}
    call = {"lead_id": 0, "attempt": 2, "started_at": handed + 60}
    assert counted(judged(scenario, [lead(handed)], [like])) == (0, 1)
    assert counted(judged(scenario, [lead(handed)], [like, call])) == (1, 1)


def test_an_attempt_whose_channel_is_not_known_is_a_response() -> None:
    scenario = speed("6 business hours", sales__sdr__channels=CHANNELS)
    handed = at(scenario, "2024-01-03 10:00")
    call = {"lead_id": 0, "started_at": handed + 60, "channel": -1}
    assert counted(judged(scenario, [lead(handed)], [call])) == (1, 1)


def test_duplicates_are_outside_every_share_and_counted_apart() -> None:
    scenario = speed("6 business hours")
    handed = at(scenario, "2024-01-03 10:00")
    counts = judged(scenario, [lead(handed), lead(handed, duplicate_of=0)], [{"lead_id": 0, "started_at": handed}])
    assert (counted(counts), counts.duplicate_count.tolist()) == ((1, 1), [1, 0])


def test_leads_belong_to_the_month_in_which_their_clock_starts_whenever_they_were_created() -> None:
    scenario = office(sla=SIX_HOURS, run__warm_up_weeks=1)
    old = lead(at(scenario, "2024-01-02 10:00"), created_at=at(scenario, "2023-12-28 10:00"))
    late = lead(at(scenario, "2024-01-31 23:59"))
    next_month, warm_up = lead(at(scenario, "2024-02-01 00:00")), lead(at(scenario, "2023-12-28 10:00"))
    after = lead(at(scenario, "2024-03-01 00:00"))
    never = lead(np.nan, created_at=at(scenario, "2024-01-02 10:00"))
    counts = judged(scenario, [old, late, next_month, warm_up, after, never], ends_at=at(scenario, "2024-03-20 00:00"))
    assert counts.denominator.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("applies_to", "kept"),
    [
        ({}, 3),
        ({"source": "web"}, 2),
        ({"segment": "enterprise"}, 1),
        ({"score_at_least": 80}, 2),
        ({"source": "web", "segment": "smb"}, 1),
        ({"source": "web", "score_at_least": 80.5}, 1),
    ],
)
def test_a_tier_covers_just_the_leads_it_names(applies_to: dict[str, Any], kept: int) -> None:
    source = {"leads_per_month": 10, "qualify_prob": 0.1, "win_prob": 0.1}
    scenario = office(
        personas={
            "anyone": {"share": 0.5, "segment": "smb"},
            "big": {"share": 0.5, "segment": "enterprise", "deal_value": 1},
        },
        marketing__sources={"web": source, "fair": source},
        sla={"speed": {"target": 0.9, "within": "6 hours", "applies_to": applies_to}},
    )
    handed = at(scenario, "2024-01-03 10:00")
    leads = [
        lead(handed, source="web", segment="smb", score=80.0),
        lead(handed, source="web", segment="enterprise", score=90.0),
        lead(handed, source="fair", segment="smb", score=10.0),
    ]
    assert counted(judged(scenario, leads)) == (0, kept)


# ---------------------------------------------------------------------------------------------------------- depth

DEPTH = {"depth": {"target": 0.85, "attempts": 3, "within": "5 days"}}


@pytest.mark.parametrize(
    ("days", "kept"),
    [((0, 1, 5), True), ((0, 1, 5 + TINY), False), ((0, 1), False), ((), False), ((0, 1, 2, 3), True)],
)
def test_depth_counts_attempts_started_by_the_limit(days: tuple[float, ...], kept: bool) -> None:
    scenario = office(sla=DEPTH)
    handed = at(scenario, "2024-01-03 10:00")
    calls = [{"lead_id": 0, "attempt": n, "started_at": handed + day * DAY} for n, day in enumerate(days, 1)]
    assert counted(judged(scenario, [lead(handed)], calls)) == (kept, 1)


def test_depth_takes_the_attempts_by_the_clock_and_not_by_their_numbers() -> None:
    scenario = office(sla=DEPTH)
    handed = at(scenario, "2024-01-03 10:00")
    calls = [{"lead_id": 0, "attempt": n, "started_at": handed + day * DAY} for n, day in enumerate((9, 1, 8, 2, 3), 1)]
    assert counted(judged(scenario, [lead(handed)], calls)) == (1, 1)


def test_depth_in_business_days_lets_the_weekend_pass() -> None:
    business = office(sla={"depth": {"target": 0.85, "attempts": 1, "within": "2 business days"}})
    wall = office(sla={"depth": {"target": 0.85, "attempts": 1, "within": "2 days"}})
    for scenario, kept in ((business, 1), (wall, 0)):
        assert one_call(scenario, "2024-01-05 12:00", "2024-01-09 12:00") == (kept, 1)


def test_an_automatic_touch_adds_no_depth() -> None:
    scenario = office(sla={"depth": {"target": 0.85, "attempts": 2, "within": "5 days"}})
    handed = at(scenario, "2024-01-03 10:00")
    calls = [
        {"lead_id": 0, "attempt": 0, "started_at": handed, "automatic": True},
        {"lead_id": 0, "started_at": handed},
    ]
    assert counted(judged(scenario, [lead(handed)], calls)) == (0, 1)


@pytest.mark.parametrize(
    ("columns", "day", "kept"),
    [
        ({"connected_at": True}, 5.0, True),
        ({"connected_at": True}, 5.0 + TINY, False),
        ({"outcome": "lost", "reason": "bad fit"}, 5.0, True),
        ({"outcome": "lost", "reason": "bad fit"}, 5.0 + TINY, False),
        ({"outcome": "lost", "reason": "unreachable"}, 1.0, True),  # a number that does not exist
        ({"outcome": "recycled", "reason": "unreachable"}, 1.0, False),  # giving up is no disqualification
        ({"outcome": "lost", "reason": "gone_cold"}, 1.0, False),
    ],
)
def test_depth_is_kept_by_a_talk_or_a_disqualification_in_time(columns: dict[str, Any], day: float, kept: bool) -> None:
    scenario = office(sla=DEPTH)
    handed = at(scenario, "2024-01-03 10:00")
    then = handed + day * DAY
    row = {name: then if value is True else value for name, value in columns.items()}
    if "outcome" in row:
        row["resolved_at"] = then
    assert counted(judged(scenario, [lead(handed, **row)], [{"lead_id": 0, "started_at": handed}])) == (kept, 1)


# ------------------------------------------------------------------------------------------- quality and feedback


def test_quality_is_accepted_among_worked_leads_and_the_unworked_are_shown() -> None:
    scenario = office(sla={"quality": {"target": 0.65, "within": "5 days"}})
    handed = at(scenario, "2024-01-03 10:00")
    limit = handed + 5 * DAY
    leads = [lead(handed, accepted_at=limit), lead(handed), lead(handed), lead(handed)]
    calls = [{"lead_id": n, "started_at": start} for n, start in enumerate((limit, limit, limit + TINY))]
    counts = judged(scenario, leads, calls)
    assert (counted(counts), counts.unworked_count[0], counts.left_out_count[0]) == ((1, 2), 2, 0)


def test_where_silence_means_accepted_only_a_rejection_in_time_counts_against_marketing() -> None:
    scenario = office(sla={"quality": {"target": 0.65, "within": "5 days", "silence": "accepted"}})
    handed = at(scenario, "2024-01-03 10:00")
    limit = handed + 5 * DAY
    leads = [lead(handed, accepted_at=limit), lead(handed), lead(handed), lead(handed), lead(handed + 2)]
    calls = [{"lead_id": n, "started_at": start} for n, start in enumerate((limit, limit, limit + TINY))]
    counts = judged(scenario, leads, calls, ends_at=limit + 1)  # of the last one nobody knows yet
    assert (counted(counts), counts.unworked_count[0], counts.left_out_count[0]) == ((3, 4), 2, 1)


def test_quality_by_qualified_is_among_the_reached() -> None:
    clause = {"target": 0.3, "counts": "qualified_among_reached", "within": "5 days"}
    scenario = office(sla={"quality": clause})
    handed = at(scenario, "2024-01-03 10:00")
    limit = handed + 5 * DAY
    leads = [lead(handed, connected_at=limit, qualified_at=limit), lead(handed, connected_at=limit), lead(handed),
             lead(handed, connected_at=limit + TINY, qualified_at=limit + TINY)]  # fmt: skip
    counts = judged(scenario, leads, [{"lead_id": n, "started_at": handed} for n in range(4)])
    assert (counted(counts), counts.unworked_count[0]) == ((1, 2), 2)


def test_feedback_is_recorded_by_the_limit_among_all_handed() -> None:
    scenario = office(sla={"feedback": {"target": 0.9, "within": "14 days"}})
    handed = at(scenario, "2024-01-03 10:00")
    limit = handed + 14 * DAY
    leads = [lead(handed, outcome_recorded_at=limit), lead(handed, outcome_recorded_at=limit + TINY), lead(handed)]
    assert counted(judged(scenario, leads, [{"lead_id": n, "started_at": handed} for n in range(2)])) == (1, 3)


# --------------------------------------------------------------------------------------------- volume and pacing


def volume(**terms: Any) -> Scenario:
    return office(sla={"volume": {"contract_headcount": 2, **terms}}, sales__sdr__headcount=7)


def test_volume_is_held_against_the_reps_of_the_contract_and_not_of_today() -> None:
    scenario = volume(leads_per_rep=2)
    handed = at(scenario, "2024-01-03 10:00")
    counts = judged(scenario, [lead(handed)] * 4 + [lead(handed, duplicate_of=0)])
    assert (counts.numerator.tolist(), counts.denominator.tolist()) == ([4, 0], [4, 4])
    assert counts.kept(1.0).tolist() == [1, 0]
    assert counts.duplicate_count.tolist() == [1, 0]


def test_volume_in_currency_counts_what_a_lead_is_worth_on_average() -> None:
    scenario = volume(value_per_rep=1000)
    # reached at the first attempt with 5.6 / 11.5, qualified one time in two, won one time in two, worth 1,000
    worth = 5.6 / 11.5 * 0.5 * 0.5 * 1000
    counts = judged(scenario, [lead(at(scenario, "2024-01-03 10:00"))] * 3)
    assert counts.numerator[0] == pytest.approx(3 * worth)
    assert counts.denominator.tolist() == [2000, 2000]


def test_the_worth_of_a_lead_is_what_the_simulation_makes_of_it_when_nothing_waits() -> None:
    scenario = make_scenario({
        "run.cool_down_weeks": 6, "run.horizon_months": 2,
        "personas": {"anyone": {"share": 0.7}, "big": {"share": 0.3, "deal_value": 5000, "win_factor": 0.5}},
        "marketing.sources.web": {"leads_per_month": 2000, "handed_share": 0.6, "qualify_prob": 0.4, "win_prob": 0.3,
                                  "promise_match": 0.9},
        "marketing.reachable_share": 0.8,
        "sales.sdr.headcount": 3,
        "sales.sdr.channels": {"phone": {}, "mail": {"connect_factor": 0.5}},
        "sales.sdr.cadence": {"max_attempts": 3, "gaps": ["1 day"], "channels": ["phone", "mail", "phone"]},
        "sales.meetings": {"show_share": 0.7, "rebook_share": 0.5},
    })  # fmt: skip
    values = [
        case_of(simulate_unlimited(scenario, sample_demand(scenario, seed=4, replication=r)), scenario)
        for r in range(3)
    ]
    worth = np.concatenate([case.leads["expected_value"][case.contract_cohort] for case in values])
    error = worth.std(ddof=1) / np.sqrt(len(worth))
    assert error <= 3.0
    assert abs(worth.mean() - lead_values(scenario)["web"]) <= 4 * error


def test_a_month_that_is_not_over_is_no_case_for_a_promise_about_a_month() -> None:
    scenario = volume(leads_per_rep=2)
    leads = [lead(at(scenario, "2024-01-03 10:00")), lead(at(scenario, "2024-02-01 10:00"))]
    counts = judged(scenario, leads, ends_at=at(scenario, "2024-02-10 00:00"))
    assert (counts.denominator.tolist(), counts.left_out_count.tolist()) == ([4, 0], [0, 1])


def pacing(leads_per_rep: float, band: float) -> Scenario:
    terms = {"target": 0.75, "leads_per_rep": leads_per_rep, "contract_headcount": 1, "band": band}
    return office(sla={"pacing": terms}, calendar__zone="UTC")


def february(scenario: Scenario, by_week: tuple[int, ...]) -> ClauseCounts:
    days = (1, 8, 15, 22)
    leads = [
        lead(at(scenario, f"2024-02-{day:02} 10:00")) for day, n in zip(days, by_week, strict=True) for _ in range(n)
    ]
    return judged(scenario, leads)


@pytest.mark.parametrize(
    ("by_week", "inside"),
    [
        ((7, 7, 7, 8), 4),
        ((10, 4, 7, 8), 4),  # 3 leads too many after a week: just inside a band of 3 leads
        ((11, 3, 7, 8), 3),
        ((0, 0, 0, 29), 1),  # all at the end
        ((0, 0, 0, 0), 0),
    ],
)
def test_pacing_counts_the_weeks_whose_running_total_is_inside_the_band(by_week: tuple[int, ...], inside: int) -> None:
    scenario = pacing(29, 3 / 29)  # February 2024 has 29 days, so the line rises by a lead a day
    assert counted(february(scenario, by_week), 1) == (inside, 4)


def test_a_running_total_exactly_on_the_edge_of_the_band_is_inside_whatever_its_rounding() -> None:
    assert 0.29 * 100 < 29  # although a month that ends 29 leads short of 100 is 29% off
    assert counted(february(pacing(100, 0.29), (20, 20, 20, 11)), 1) == (4, 4)


def test_weeks_of_pacing_that_are_not_over_are_no_case() -> None:
    scenario = pacing(29, 3 / 29)
    leads = [lead(at(scenario, f"2024-02-{day:02} 10:00")) for day in range(1, 11)]
    counts = judged(scenario, leads, ends_at=at(scenario, "2024-02-11 00:00"))
    assert counted(counts, 1) == (1, 1)


# ---------------------------------------------------------------------------------------------------- empty, kept


@pytest.mark.parametrize("kind", ["speed", "depth", "quality", "feedback"])
def test_a_month_without_a_lead_is_no_case(kind: str) -> None:
    terms = {"target": 0.9, "within": "5 days"} | ({"attempts": 2} if kind == "depth" else {})
    counts = judged(office(sla={kind: terms}), [])
    assert np.isnan(counts.kept(0.9)).all()
    assert np.isnan(counts.attainment)


def test_a_share_equal_to_its_target_keeps_it() -> None:
    none = np.zeros(3)
    counts = ClauseCounts(np.array([9.0, 8.9, 0.0]), np.array([10.0, 10.0, 0.0]), none, none, none)
    np.testing.assert_array_equal(counts.kept(0.9), [1.0, 0.0, np.nan])
    assert counts.attainment == pytest.approx(17.9 / 20)


def test_a_ledger_of_other_days_is_refused() -> None:
    ledger = make_ledger(office(), [])
    with pytest.raises(InputError, match="other days"):
        case_of(ledger, office(run__starts_on="2024-02-01"))


# ------------------------------------------------------------------------------------- against one lead at a time

CONTRACT: Overrides = {
    "sla": {
        "speed": {"target": 0.9, "within": "3 business hours"},
        "speed_wall": {"kind": "speed", "target": 0.9, "within": "5 hours", "applies_to": {"source": "web"}},
        "depth": {"target": 0.8, "attempts": 3, "within": "4 days"},
        "depth_business": {"kind": "depth", "target": 0.8, "attempts": 2, "within": "2 business days",
                           "applies_to": {"score_at_least": 50}},
        "accepted": {"kind": "quality", "target": 0.6, "within": "3 days"},
        "unless_rejected": {"kind": "quality", "target": 0.6, "within": "1 business day", "silence": "accepted"},
        "qualified": {"kind": "quality", "target": 0.2, "counts": "qualified_among_reached", "within": "7 days",
                      "applies_to": {"segment": "smb"}},
        "feedback": {"target": 0.9, "within": "6 days"},
        "volume": {"leads_per_rep": 5, "contract_headcount": 3},
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def judged_year() -> tuple[Scenario, Ledger]:
    """Two simulated months under nearly every kind of clause."""
    people = {"anyone": {"share": 0.6, "segment": "smb"}, "large": {"share": 0.4, "deal_value": 9_000}}
    scenario = make_scenario(OFFICE_YEAR | {"personas": people} | CONTRACT)
    return scenario, simulate(scenario, sample_demand(scenario, seed=5))


def counts_of(case: Case) -> dict[str, list[list[float]]]:
    return {
        name: [list(getattr(found, column.name)) for column in dataclasses.fields(found)]
        for name, found in measure_clauses(case).items()
    }


def test_a_ledger_kept_from_another_day_is_judged_over_a_period_of_its_own(
    judged_year: tuple[Scenario, Ledger],
) -> None:
    """A real ledger has no run; its second month must come to what the second month of the run came to."""
    scenario, ledger = judged_year
    whole = counts_of(case_of(ledger, scenario))
    terms = override(scenario, {"run.starts_on": "2024-06-01"})
    assert counts_of(case_of(ledger, terms, Period(scenario.run.starts_on, 2))) == whole
    february = counts_of(case_of(ledger, terms, Period(dt.date(2024, 2, 1), 1)))
    assert february == {name: [column[1:] for column in columns] for name, columns in whole.items()}
    assert any(sum(columns[1]) > 0 for columns in february.values())


def test_codes_are_read_through_the_ledgers_own_names(judged_year: tuple[Scenario, Ledger]) -> None:
    """A CRM lists its reasons in an order of its own."""
    scenario, ledger = judged_year
    names = {column: tuple(reversed(known)) for column, known in ledger.categories.items()}
    tables = {
        name: {
            column: np.where(table[column] >= 0, len(names[column]) - 1 - table[column], -1).astype(np.int32)
            if column in TEXT[name]
            else table[column]
            for column in table
        }
        for name, table in ledger.tables.items()
    }
    turned = dataclasses.replace(ledger, categories=names, tables=tables)
    assert turned.leads["reason"].astype(str).tolist() == ledger.leads["reason"].astype(str).tolist()
    assert counts_of(case_of(turned, scenario)) == counts_of(case_of(ledger, scenario))


@pytest.mark.parametrize(
    ("period", "shift", "said"),
    [
        (Period(dt.date(2023, 12, 1), 1), 0, "begins on 2023-12-01, before the ledger, which begins on"),
        (Period(dt.date(2024, 1, 1), 1), 7, "is no midnight in America/New_York"),
    ],
    ids=["too early", "no midnight"],
)
def test_a_period_that_a_ledger_cannot_be_judged_over_is_refused(
    judged_year: tuple[Scenario, Ledger], period: Period, shift: int, said: str
) -> None:
    scenario, ledger = judged_year
    moved = dataclasses.replace(ledger, epoch=ledger.epoch + dt.timedelta(minutes=shift))
    with pytest.raises(InputError, match=said):
        case_of(moved, scenario, period)


def test_leads_of_a_source_that_the_terms_do_not_know_are_worth_nothing_known() -> None:
    """Counted as worth 0, a promise of value would look broken where nobody knows."""
    scenario = volume(value_per_rep=1000)
    ledger = make_ledger(scenario, [lead(at(scenario, "2024-01-05 10:00"))])
    foreign = dataclasses.replace(ledger, categories={**ledger.categories, "source": ("fairs",)})
    (counts,) = measure_clauses(case_of(foreign, scenario)).values()
    np.testing.assert_array_equal(counts.kept(1.0), [np.nan, 0.0])


def naive_due(case: Case, clause: Any, handed_at: float) -> float:
    if not clause.within.business:
        return float(handed_at + case.scenario.clause_minutes(clause))
    left: float = case.scenario.clause_minutes(clause)
    for opens, closes in zip(case.contract.opens_at.tolist(), case.contract.closes_at.tolist(), strict=True):
        here = max(closes - max(opens, handed_at), 0.0)
        if here >= left:
            return float(max(opens, handed_at) + left)
        left -= here
    return np.inf


def naive_hit(case: Case, clause: Any, row: dict[str, Any], calls: list[dict[str, Any]], due: float) -> bool | None:
    """Whether one lead kept a clause; None where the clause cannot tell."""
    started = sorted(call["started_at"] for call in calls)
    if isinstance(clause, SpeedClause):
        return bool(started) and started[0] <= due
    if isinstance(clause, DepthClause):
        deep = len(started) >= clause.attempts and started[clause.attempts - 1] <= due
        dropped = row["reason"] in ("bad fit", "duplicate", "unreachable") and row["resolved_at"] <= due
        gave_up = row["outcome"] == "recycled" and np.isnan(row["connected_at"])
        return deep or row["connected_at"] <= due or (dropped and not gave_up)
    if isinstance(clause, FeedbackClause):
        return bool(row["outcome_recorded_at"] <= due)
    assert isinstance(clause, QualityClause)
    if clause.counts == "accepted":
        unworked = True if clause.silence == "accepted" else None
        return row["accepted_at"] <= due if started and started[0] <= due else unworked
    return row["qualified_at"] <= due if row["connected_at"] <= due else None


def naive(case: Case, clause: Any) -> ClauseCounts:
    months = len(case.line.month_starts_at) - 1
    hits, decided, left_out, unworked, duplicates = (np.zeros(months) for _ in range(5))
    calls = [dict(zip(case.attempts, cells, strict=True)) for cells in zip(*case.attempts.values(), strict=True)]
    for cells in zip(*case.leads.values(), strict=True):
        row = dict(zip(case.leads, cells, strict=True))
        tier = clause.applies_to
        month = [
            m
            for m in range(months)
            if case.line.month_starts_at[m] <= row["handed_at"] < case.line.month_starts_at[m + 1]
        ]
        if (
            not month
            or (tier.source and case.names["source"][row["source"]] != tier.source)
            or (tier.segment and case.names["segment"][row["segment"]] != tier.segment)
            or (tier.score_at_least is not None and row["score"] < tier.score_at_least)
        ):
            continue
        row |= {"outcome": OUTCOMES[row["outcome"]], "reason": REASONS[row["reason"]] if row["reason"] >= 0 else None}
        if row["duplicate_of"] >= 0:
            duplicates[month] += 1
        elif clause.kind == "volume":
            hits[month] += 1
        else:
            due = naive_due(case, clause, row["handed_at"])
            mine = [call for call in calls if call["lead_id"] == row["lead_id"] and not call["automatic"]]
            hit = naive_hit(case, clause, row, mine, due)
            left_out[month] += due > case.ends_at
            silent = getattr(clause, "silence", "") == "accepted" and not any(c["started_at"] <= due for c in mine)
            unworked[month] += due <= case.ends_at and (hit is None or silent)
            decided[month] += due <= case.ends_at and hit is not None
            hits[month] += due <= case.ends_at and bool(hit)
    if clause.kind == "volume":
        decided += clause.promised_amount
    return ClauseCounts(hits, decided, left_out, unworked, duplicates)


@settings(max_examples=40)
@given(small_scenarios(), st.integers(0, 3))
def test_every_clause_counts_as_a_loop_over_single_leads_does(overrides: Overrides, seed: int) -> None:
    scenario = make_scenario(overrides | CONTRACT)
    case = case_of(simulate(scenario, sample_demand(scenario, seed=seed)), scenario)
    for name, counts in measure_clauses(case).items():
        expected = naive(case, scenario.sla[name])
        for column in ("numerator", "denominator", "left_out_count", "unworked_count", "duplicate_count"):
            np.testing.assert_array_equal(
                getattr(counts, column), getattr(expected, column), err_msg=f"{name} {column}"
            )
