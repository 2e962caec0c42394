"""A dozen answers: what follows from them is what was said, and what contradicts itself is told in one line."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.answers import Answers
from smarketing_sim.scenario.building import build
from smarketing_sim.scenario.derivation import Company
from smarketing_sim.scenario.derivation import company as derived
from smarketing_sim.scenario.documents import parse_document
from smarketing_sim.scenario.interview import defaults, questions
from smarketing_sim.scenario.interview import read_answers as read_interview
from smarketing_sim.scenario.newcomer import to_yaml
from smarketing_sim.scenario.reach_curve import (
    BETA,
    MOST_ALPHA,
    REACHABLE,
    alpha_for,
    best_reach,
    conversations_per_dial,
)
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.calendar import contract_calendar
from smarketing_sim.world.demand import sample_demand

TODAY = dt.date(2026, 11, 29)
UNLIKE = {
    "handed_per_month": {"inbound": 60, "fair": 40},
    "reps": 3,
    "hours": "mon-sat 08:00-18:00",
    "zone": "Europe/Berlin",
    "inbound_share": "100%",
    "dials_per_rep_day": 25,
    "dials_per_conversation": 8,
    "attempts": 4,
    "conversation_to_opportunity": "30%",
    "win_rate": 0.4,
    "deal_value": "3k",
    "days_to_win": 14,
    "promise": "2 business hours",
    "dollar_rate": 0.9,
}


def read_answers(given: dict[str, object]) -> Answers:
    return read_interview(given, today=TODAY).answers


def company(given: dict[str, object]) -> Company:
    return derived(read_answers(given))


def text_of(given: dict[str, object], name: str = "New") -> str:
    interview = read_interview(given, today=TODAY)
    return to_yaml(name, interview, derived(interview.answers))


def plan_of(given: dict[str, object], name: str = "New") -> Scenario:
    return build(parse_document(text_of(given, name), name="new").data)


def test_every_question_has_words_and_a_default_with_its_origin() -> None:
    assert list(questions()) == list(defaults({}, today=TODAY)) == list(Answers.model_fields)
    assert all(len(words) > 10 for words in questions().values())
    assert all(source for _, source in defaults({}, today=TODAY).values())


def test_what_was_answered_stands_in_the_file() -> None:
    plan = plan_of(UNLIKE, 'Fach: "Handel" # Nord')
    sdr = plan.sales.sdr
    assert plan.name == 'Fach: "Handel" # Nord'
    assert {name: s.leads_per_month for name, s in plan.marketing.sources.items()} == {
        "inbound": (60.0,),
        "fair": (40.0,),
    }
    assert all(s.handed_share == 1.0 and s.win_prob == 0.4 for s in plan.marketing.sources.values())
    assert (sdr.headcount, sdr.cadence.max_attempts, sdr.marketing_time.share) == (3, 4, 1.0)
    assert plan.calendar.zone == "Europe/Berlin"
    assert plan.personas["buyer"].deal_value == 3000
    assert str(plan.sla["speed"].within) == "2 business hours"
    assert plan.sales.ae.cycle_median == 14 * 1440


def test_the_defaults_make_a_valid_plan() -> None:
    assert plan_of({}).sales.sdr.headcount == 8


def test_minutes_add_up_to_the_dials_of_a_day() -> None:
    found, through = company(UNLIKE), 1 / 8
    mean = found.preparation_minutes + through * found.talk_minutes + (1 - through) * found.silent_minutes
    assert 25 * mean == pytest.approx(600.0)


def test_reach_gives_the_dials_for_a_conversation_that_were_said() -> None:
    """By hand, two attempts: reached ÷ dials = r(h₁ + (1−h₁)h₂) ÷ (1 + (1−r) + r(1−h₁))."""
    alpha = alpha_for(0.2, 2)
    first, second = alpha / (alpha + BETA), alpha / (alpha + BETA + 1)
    reached = REACHABLE * (first + (1 - first) * second)
    dials = 1 + (1 - REACHABLE) + REACHABLE * (1 - first)
    assert reached / dials == pytest.approx(0.2)
    assert conversations_per_dial(alpha, 2) == pytest.approx(0.2)


def test_more_conversations_than_the_reachable_can_have_are_refused() -> None:
    """Four of five reachable leads answer the first dial, at most: no curve is taken to be better than that."""
    assert pytest.approx(0.8) == MOST_ALPHA / (MOST_ALPHA + BETA)
    assert best_reach(1) == pytest.approx(0.8 * 0.8)
    with pytest.raises(
        InputError, match=r"dials_per_conversation = 1\.5: 12 attempts lead to at most one conversation"
    ):
        read_answers({"dials_per_conversation": 1.5, "attempts": 12})


def test_opportunities_are_conversations_that_qualified_and_met() -> None:
    found = company(UNLIKE)
    assert found.qualify_prob["fair"] * 0.8 * (1 + 0.2 * 0.6) == pytest.approx(0.30)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dials_per_conversation": 0.5}, "more conversations than dials"),
        ({"conversation_to_opportunity": "95%"}, "of meetings take place"),
        ({"handed_per_month": "organic"}, "organic 150, demo request 90"),
        ({"handed_per_month": {}}, "handed_per_month"),
        ({"hours": "mon-xri 09:00-17:00"}, "mon-xri"),
        ({"hours": "09:00-17:00"}, "days and hours"),
        ({"hours": "mon-fri 17:00-09:00"}, "hours"),
        ({"zone": "Berlin"}, "zone"),
        ({"win_rate": 140}, "at most 100%"),
        ({"win_rate": 40}, "write '40%'"),
        ({"reps": 0}, "reps"),
        ({"promise": "soon"}, "6 business hours"),
        ({"days_to_win": -3}, "days_to_win"),
        ({"rep": 3}, "did you mean 'reps'"),
        ({"attempts": 1e9}, "attempts"),
    ],
)
def test_an_answer_that_cannot_be_is_told_in_one_line(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_answers(given)
    (line,) = str(refused.value).splitlines()
    assert said in line


def test_every_wrong_answer_is_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        read_answers({"reps": 0, "win_rate": "many", "promise": "soon"})
    assert len(refused.value.problems) == 3


def test_a_wrong_answer_of_each_kind_is_told_in_one_go_even_without_a_rate() -> None:
    """A missing rate, an amount in an unknown currency, a wrong share: one look at the file mends them all."""
    lines = {("country",): ("answers.yaml", 3), ("rep_cost",): ("answers.yaml", 5), ("win_rate",): ("answers.yaml", 7)}
    with pytest.raises(InputError) as refused:
        read_interview({"country": "NO", "rep_cost": "XYZ 5", "win_rate": "many"}, today=TODAY, origins=lines)
    told = str(refused.value).splitlines()
    assert [line.split(": ")[0] for line in told] == ["answers.yaml:3", "answers.yaml:5", "answers.yaml:7"]
    assert "dollar_rate: is needed: what one US dollar is worth in NOK" in told[0]


def test_a_source_with_a_season_takes_twelve_numbers() -> None:
    months = [40, 45, 60, 70, 80, 80, 60, 40, 70, 70, 60, 45]
    given = {"handed_per_month": {"inbound": months, "fair": 12}}
    assert read_answers(given).leads_per_month == pytest.approx(720 / 12 + 12)
    plan = plan_of(given)
    assert plan.marketing.sources["inbound"].leads_per_month == tuple(map(float, months))
    for wrong, said in (([1, 2, 3], "one number, or twelve"), ([0] * 12, "above 0 in some month"), (0, "above 0")):
        with pytest.raises(InputError, match=said):
            read_answers({"handed_per_month": {"inbound": wrong}})


@pytest.mark.parametrize(
    ("said", "leads"),
    [
        (90, 90.0),
        ("90 leads a month", 90.0),
        ("ninety", None),
        ("$90", None),
        ("90%", None),
        ("1,200 leads per month", 1200.0),
    ],
)
def test_marketings_promise_is_read_as_people_say_it(said: object, leads: float | None) -> None:
    if leads is None:
        with pytest.raises(InputError, match="must be leads a month, such as 90, or none"):
            plan_of({"leads_promised": said})
        return
    clause = plan_of({"leads_promised": said, "reps": 3}).sla["volume"]
    assert clause.promised_amount == pytest.approx(leads)  # type: ignore[union-attr]


def test_a_promise_that_nobody_made_is_not_in_the_file() -> None:
    assert set(plan_of({}).sla) == {"speed"}


def test_small_numbers_are_read_as_words_too() -> None:
    found = read_answers({"promise": "two business hours for 95%", "follow_up": "Three more attempts in ten days"})
    assert str(found.promise.within) == "2 business hours"
    assert found.follow_up is not None
    assert (found.follow_up.attempts, str(found.follow_up.within)) == (4, "10 days")


@pytest.mark.parametrize(("said", "days"), [(60, 60.0), ("60", 60.0), ("60 days", 60.0), ("8 weeks", 56.0)])
def test_days_to_win_take_a_unit(said: object, days: float) -> None:
    assert read_answers({"days_to_win": said}).days_to_win == days


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"reps": "3 in place"}, {"reps": 3}),
        ({"dials_per_rep_day": "40 dials"}, {"dials_per_rep_day": 40}),
        ({"handed_per_month": {"web": "60 leads a month"}}, {"handed_per_month": {"web": 60}}),
        ({"hours": "Monday to Friday 8-16"}, {"hours": "mon-fri 08:00-16:00"}),
        ({"hours": "Tue–Sat 9:30-17:00"}, {"hours": "tue-sat 09:30-17:00"}),
        ({"promise": "95% of leads within two business hours"}, {"promise": "2 business hours for 95%"}),
        ({"promise": "a first attempt within 2 business hours for 95 percent of our leads"},
         {"promise": "2 business hours for 95%"}),
        ({"follow_up": "85% of leads 3 more attempts within ten days"}, {"follow_up": "4 attempts in 10 days for 85%"}),
        ({"win_rate": "20 pct"}, {"win_rate": "20%"}),
        ({"win_rate": {"organic": "25 percent", "paid search": 0.2, "demo request": "half", "referral": "20%"}},
         {"win_rate": "organic 25%, paid search 20%, demo request 50%, referral 20%"}),
        ({"inbound_share": "half"}, {"inbound_share": 0.5}),
        ({"give_up_after": "six weeks"}, {"give_up_after": "42 days"}),
        ({"country": "Norway", "dollar_rate": 10}, {"country": "NO", "dollar_rate": 10}),
        ({"country": "Norway", "dollar_rate": "10,6"}, {"country": "NO", "dollar_rate": 10.6}),
        ({"revenue": "once"}, {"revenue": "one-off"}),
        ({"closed": "12-16 July 2027, 24 December 2027"}, {"closed": "2027-07-12..2027-07-16, 2027-12-24"}),
        ({"closed": "2027-07-12 to 2027-07-16"}, {"closed": "2027-07-12..2027-07-16"}),
    ],
)  # fmt: skip
def test_an_answer_in_ones_own_words_is_the_one_that_was_meant(
    given: dict[str, object], meant: dict[str, object]
) -> None:
    assert read_answers(given) == read_answers(meant)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"win_rate": "many"}, "one figure for all sources, or one for each, such as 'organic 22%, demo request 34%'"),
        ({"conversation_to_opportunity": {"organic": "25%", "paid search": "many"}}, "look at paid search, many"),
        ({"closed": "12-16 Jully 2027"}, "days and runs of days, such as 2027-07-12..2027-07-16"),
        ({"closed": "32 July 2027"}, "date"),
        ({"promise": "soon"}, "'6 business hours for 90%'"),
        ({"currency": "kr", "rep_cost": "NOK 900,000"}, "did you mean NOK, SEK, DKK or ISK?"),
    ],
)
def test_words_that_nobody_can_read_are_answered_with_a_form_that_can_and_nothing_else(
    given: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_answers(given)
    (line,) = str(refused.value).splitlines()
    assert said in line


def test_a_point_that_may_part_thousands_is_asked_about() -> None:
    """In Oslo 850.000 is what others write as 850,000, and YAML reads it as 850."""
    document = parse_document("deal_value: 850.000\nwin_rate: 0.125\ndays_to_win: 12.500\n", name="answers.yaml")
    with pytest.raises(InputError, match=r"850\.000 can be read in two ways; write 850,000 or 850"):
        read_answers(document.data)
    made = parse_document("deal_value: 6.125\n", name="made by a program")
    assert read_answers(made.data).deal_value == 6.125  # what new and the lab write can be read again
    found = read_answers({key: value for key, value in document.data.items() if key != "deal_value"})
    assert (found.win_rate, found.days_to_win) == (0.125, 12.5)


def test_business_days_to_win_are_refused_with_what_to_answer() -> None:
    with pytest.raises(InputError, match="answer for example '60 days'"):
        read_answers({"days_to_win": "40 business days"})


def test_leads_that_wait_are_given_up_unless_somebody_says_never() -> None:
    def given_up(given: dict[str, object]) -> float | None:
        return plan_of(given).sales.sdr.cadence.drop_after

    assert given_up({}) == 21 * 1440
    assert given_up({"attempts": 10}) == 30 * 1440  # a cadence of ten attempts takes four weeks
    assert given_up({"give_up_after": "6 weeks"}) == 42 * 1440
    assert given_up({"give_up_after": "never"}) is None


@pytest.mark.parametrize("name", ["*anchor", "- list", "no", "%", "ä{b}", "tab\tname"])
def test_a_sources_name_cannot_break_the_file(name: str) -> None:
    plan = plan_of({"handed_per_month": {name: 50}})
    assert list(plan.marketing.sources) == [name]


def test_names_of_sources_are_read_from_a_line_of_text() -> None:
    found = read_answers({"handed_per_month": "Organic 150, paid search=20.5"}).leads_by_source
    assert found == {"organic": 150.0, "paid_search": 20.5}


def test_shares_of_a_hundred_stay_inside_their_range() -> None:
    plan = plan_of({"inbound_share": 1.0, "win_rate": 1.0})
    belief = plan.beliefs["sales.sdr.marketing_time.share"]
    assert belief.range is not None
    assert np.isclose(plan.sales.sdr.marketing_time.share, 1.0)


@pytest.mark.parametrize(
    "text", ["organic 100, paid search 50", "organic 100; paid search 50", "organic: 100; paid search=50"]
)
def test_sources_are_read_however_they_are_set_apart(text: str) -> None:
    """Lost, a hundred leads vanish in the name of a source."""
    assert read_answers({"handed_per_month": text}).leads_by_source == {"organic": 100.0, "paid_search": 50.0}


def test_a_source_whose_name_is_no_name_is_refused() -> None:
    with pytest.raises(InputError, match="organic 150, demo request 90"):
        read_answers({"handed_per_month": "organic/paid 100"})


@pytest.mark.parametrize(
    "leads",
    [
        "organic 150, Organic 90, demo request 10",
        "demo request 10, demo  request 5",
        {"Trade fair": 40, "trade fair": 10},
    ],
)
def test_no_leads_vanish_behind_names_that_are_one(leads: object) -> None:
    with pytest.raises(InputError, match="more than once"):
        read_answers({**UNLIKE, "handed_per_month": leads})


def test_hours_that_never_open_are_refused() -> None:
    with pytest.raises(InputError, match="must be open for some time"):
        read_answers({**UNLIKE, "hours": "mon-fri 09:00-09:00"})


OSLO = {
    "country": "NO",
    "dollar_rate": 10.6,
    "handed_per_month": "trade fairs 15, website 30",
    "conversation_to_opportunity": "trade fairs 20%, website 30%",
    "win_rate": {"Trade fairs": "25%", "website": "20%"},
    "reps": 3,
    "hours": "mon-fri 08:00-16:00",
    "deal_value": "850,000",
    "revenue": "one-off",
    "account_executives": 2,
    "promise": "2 business hours for 95%",
    "follow_up": "3 more attempts in 10 business days",
}


def test_a_company_unlike_the_example_is_understood_in_its_own_words() -> None:
    plan = plan_of(OSLO)
    assert (plan.currency, plan.exchange, plan.calendar.zone) == ("NOK", {"USD": 10.6}, "Europe/Oslo")
    assert plan.personas["buyer"].deal_value == 850_000
    assert plan.sales.sdr.annual_cost == pytest.approx(95_000 * 10.6)
    assert plan.economics.is_one_off
    assert plan.sales.ae.headcount == 2
    fairs, website = plan.marketing.sources["trade_fairs"], plan.marketing.sources["website"]
    assert fairs.qualify_prob / website.qualify_prob == pytest.approx(20 / 30, rel=1e-3)
    assert (fairs.win_prob, website.win_prob) == (0.25, 0.2)
    speed, depth = plan.sla["speed"], plan.sla["depth"]
    assert (str(speed.within), speed.target) == ("2 business hours", 0.95)
    assert (depth.attempts, str(depth.within), depth.target) == (4, "10 business days", 0.85)  # type: ignore[union-attr]


def test_a_zone_tells_its_country_and_a_country_its_zone_and_currency() -> None:
    inferred = read_answers({"zone": "Europe/Oslo"})
    assert (inferred.country, inferred.currency) == ("NO", "USD")
    priced = read_answers({"zone": "Europe/Berlin", "deal_value": "€12k", "dollar_rate": 0.9})
    assert (priced.currency, priced.deal_value) == ("EUR", 12_000)
    found = read_answers({"country": "GB", "dollar_rate": 0.8})
    assert (found.zone, found.currency) == ("Europe/London", "GBP")
    assert (read_answers({}).zone, read_answers({}).currency) == ("America/New_York", "USD")


def test_amounts_known_in_dollars_need_a_rate() -> None:
    with pytest.raises(InputError, match="dollar_rate: is needed: what one US dollar is worth in NOK"):
        read_answers({"country": "NO"})


def test_the_file_tells_what_was_answered_what_follows_and_what_is_assumed() -> None:
    lines = {line.split(":")[0].strip(): line for line in text_of(OSLO).splitlines() if "  # " in line}
    assert lines["zone"].endswith("# follows from the country")
    assert lines["buyer"].endswith("# answered")
    assert lines["max_attempts"].endswith("# assumed: E13, E22")
    assert lines["cycle_median"].endswith("# assumed: E34")
    assert lines["win_prob"].endswith("# answered")
    assert lines["speed"].endswith("# answered")
    nothing = text_of({})
    assert "# answered" not in nothing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "hours"),
    [("38%", "mon-fri 09:00-17:00"), ("5%", "mon-fri 08:00-16:30"), ("0%", "mon-sat 10:00-18:00"),
     ("60%", "tue-thu 09:00-12:00"), ("20%", "mon-sun 08:00-20:00"), ("0%", "mon-sun 00:00-24:00")],
)  # fmt: skip
def test_leads_come_outside_the_hours_as_often_as_was_answered(share: str, hours: str) -> None:
    plan = plan_of({"country": "none", "outside_share": share, "hours": hours, "handed_per_month": {"web": 20_000}})
    created_at = sample_demand(plan, seed=1).created_at
    inside = np.mean(contract_calendar(plan).next_open(created_at) == created_at)
    assert 1 - inside == pytest.approx(float(share.removesuffix("%")) / 100, abs=0.02)


@pytest.mark.parametrize("answers", [{"dials_per_conversation": 5}, {"dials_per_conversation": 3}, {"reps": 2}, {}])
def test_no_answer_makes_an_absurd_reach_curve(answers: dict[str, object]) -> None:
    assert company(answers).alpha <= 1.001 * MOST_ALPHA


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"follow_up": "often"}, "4 attempts in 10 business days for 85%"),
        ({"follow_up": "9 attempts in 10 business days"}, "reps give a lead up after 6"),
        ({"win_rate": "organic 20%"}, "must name the sources of handed_per_month"),
        ({"conversation_to_opportunity": "75%"}, "at most 68%"),
        ({"outside_share": "10%", "hours": "mon-sun 00:00-24:00"}, "hours that never end"),
        ({"currency": "kroner"}, "DKK or NOK"),
        ({"revenue": "monthly"}, "recurring"),
        ({"account_executives": 0}, "at least 1"),
        ({"promise": "2 business hours for many"}, "share"),
    ],
)
def test_an_answer_of_the_longer_interview_that_cannot_be_is_told(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_answers(given)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("given", "margin", "said"),
    [
        ({}, 0.8, "# assumed: software"),
        ({"revenue": "one-off"}, 0.4, "# assumed: goods, not software"),
        ({"revenue": "one-off", "gross_margin": "55%"}, 0.55, "# answered"),
    ],
)
def test_what_a_deal_leaves_is_asked_and_goods_are_not_taken_for_software(
    given: dict[str, object], margin: float, said: str
) -> None:
    text = text_of(given)
    (line,) = [line for line in text.splitlines() if "gross_margin:" in line]
    assert line.endswith(said)
    assert plan_of(given).economics.gross_margin == margin


TWO = {"handed_per_month": {"inbound": 60, "trade fair": 40}, "currency": "NOK", "dollar_rate": 10.0}


@pytest.mark.parametrize(
    ("said", "inbound", "fair"),
    [
        ({"lead_cost": "1,500"}, 1500.0, 1500.0),
        ({"lead_cost": "$150"}, 1500.0, 1500.0),
        ({"lead_cost": "inbound 1500, trade fair 3k"}, 1500.0, 3000.0),
        ({"lead_cost": "inbound $150, trade fair NOK 3000"}, 1500.0, 3000.0),
        ({"lead_cost": {"inbound": 1500, "Trade Fair": "$300"}}, 1500.0, 3000.0),
        ({}, 1980.0, 3500.0),
    ],
)
def test_what_a_lead_costs_is_read_for_all_sources_or_each_in_the_companys_currency(
    said: dict[str, object], inbound: float, fair: float
) -> None:
    plan = plan_of(TWO | said)
    assert [source.cost_per_handed for source in plan.marketing.sources.values()] == [inbound, fair]
    sources = [plan.beliefs[f"marketing.sources.{name}.cost_per_handed"].source for name in plan.marketing.sources]
    assert sources == (["own figure"] * 2 if said else ["E33", ""])


def test_wages_are_asked_and_others_are_taken_at_the_rate_that_was_told() -> None:
    plan = plan_of(TWO | {"rep_cost": "850k"})
    assert (plan.sales.sdr.annual_cost, plan.sales.ae.annual_cost) == (850_000.0, 2_200_000.0)
    assert plan.beliefs["sales.sdr.annual_cost"].source == "own figure"
    assert plan.beliefs["sales.ae.annual_cost"].source == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lead_cost": "inbound 1500"}, "lead_cost: must name the sources of handed_per_month, each once"),
        ({"lead_cost": "inbound, fair"}, "lead_cost"),
        ({"lead_cost": ["a"]}, "lead_cost"),
        ({"dollar_rate": "ten"}, "dollar_rate"),
    ],
)
def test_costs_that_cannot_be_read_are_told_by_their_question(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_answers(TWO | given)
    assert said in str(refusal.value).replace(" = {'inbound': 1500.0}", "")
    assert "Traceback" not in str(refusal.value)


def test_what_the_company_said_of_its_wages_and_margin_is_no_guess_with_a_range() -> None:
    """Lost, "own figure" stands beside a range that nobody gave, and drives what finance reads."""
    plan = plan_of(TWO | {"rep_cost": "850k", "gross_margin": "45%"})
    beliefs = plan.beliefs
    assert [beliefs[path].range for path in ("sales.sdr.annual_cost", "economics.gross_margin")] == [None, None]
    assert beliefs["sales.ae.annual_cost"].range == (0.8 * 2_200_000, 1.25 * 2_200_000)


def test_a_share_that_was_not_said_of_a_promise_is_marked_as_assumed() -> None:
    line = next(line for line in text_of({"follow_up": "3 more attempts in 10 days"}).splitlines() if "depth:" in line)
    assert line.endswith("# answered; 85% assumed")
    said = text_of({"follow_up": "3 more attempts in 10 days for 70%"})
    assert "within: 10 days}  # answered\n" in said


def test_leads_of_a_fair_come_while_people_are_there() -> None:
    plan = plan_of(TWO | {"hours": "tue-sat 10:30-16:00"})
    fair, inbound = plan.marketing.sources["trade fair"].profile, plan.marketing.sources["inbound"].profile
    assert inbound is None
    assert fair is not None
    assert [hour for hour, weight in enumerate(fair.hours) if weight] == [10, 11, 12, 13, 14, 15]
    assert {day for day, weight in fair.weekdays.items() if not weight} == {"mon", "sun"}
