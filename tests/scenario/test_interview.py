"""A dozen answers: what follows from them is what was said, and what contradicts itself is told in one line."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.documents import parse_document
from smarketing_sim.scenario.files import build
from smarketing_sim.scenario.interview import (
    BETA,
    DEFAULTS,
    REACHABLE,
    Answers,
    alpha_for,
    best_reach,
    company,
    conversations_per_dial,
    questions,
    read_answers,
)
from smarketing_sim.scenario.newcomer import to_yaml
from smarketing_sim.scenario.schema import Scenario

UNLIKE = {
    "handed_per_month": {"inbound": 60, "fair": 40},
    "reps": 3,
    "hours": "mon-sat 08:00-18:00",
    "zone": "Europe/Berlin",
    "inbound_share": "100 %",
    "dials_per_rep_day": 25,
    "dials_per_conversation": 8,
    "attempts": 4,
    "conversation_to_opportunity": "30 %",
    "win_rate": 0.4,
    "deal_value": "$3k",
    "days_to_win": 14,
    "promise": "2 business hours",
}


def plan_of(answers: Answers, name: str = "New") -> Scenario:
    text = to_yaml(name, answers, company(answers), starts_on=dt.date(2026, 1, 1))
    return build(parse_document(text, name="new").data, quiet=True)


def test_every_question_has_words_and_a_default_with_its_origin() -> None:
    assert list(questions()) == list(DEFAULTS) == list(Answers.model_fields)
    assert len(questions()) == 13
    assert all(len(words) > 10 for words in questions().values())
    assert all(source for _, source in DEFAULTS.values())


def test_what_was_answered_stands_in_the_file() -> None:
    plan = plan_of(read_answers(UNLIKE), 'Fach: "Handel" # Nord')
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
    assert plan_of(read_answers({})).sales.sdr.headcount == 8


def test_minutes_add_up_to_the_dials_of_a_day() -> None:
    answers = read_answers(UNLIKE)
    found, through = company(answers), 1 / 8
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
    """All reachable leads answer the first dial: r conversations for r + (1 − r) × attempts dials."""
    assert best_reach(4) == pytest.approx(0.8 / (0.8 + 0.2 * 4), rel=1e-4)
    with pytest.raises(
        InputError, match=r"dials_per_conversation = 1\.5: 12 attempts lead to at most one conversation"
    ):
        read_answers({"dials_per_conversation": 1.5, "attempts": 12})


def test_opportunities_are_conversations_that_qualified_and_met() -> None:
    found = company(read_answers(UNLIKE))
    assert found.qualify_prob * 0.8 * (1 + 0.2 * 0.6) == pytest.approx(0.30)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dials_per_conversation": 0.5}, "more conversations than dials"),
        ({"conversation_to_opportunity": "95 %"}, "of meetings take place"),
        ({"handed_per_month": "organic"}, "organic 150, demo request 90"),
        ({"handed_per_month": {}}, "handed_per_month"),
        ({"hours": "mon-xri 09:00-17:00"}, "mon-xri"),
        ({"hours": "09:00-17:00"}, "days and hours"),
        ({"hours": "mon-fri 17:00-09:00"}, "hours"),
        ({"zone": "Berlin"}, "zone"),
        ({"win_rate": 140}, "at most 100 %"),
        ({"win_rate": 40}, "write '40 %'"),
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


@pytest.mark.parametrize("name", ["*anchor", "- list", "no", "%", "ä{b}", "tab\tname"])
def test_a_sources_name_cannot_break_the_file(name: str) -> None:
    plan = plan_of(read_answers({"handed_per_month": {name: 50}}))
    assert list(plan.marketing.sources) == [name]


def test_names_of_sources_are_read_from_a_line_of_text() -> None:
    found = read_answers({"handed_per_month": "Organic 150, paid search=20.5"}).handed_per_month
    assert found == {"organic": 150.0, "paid_search": 20.5}


def test_shares_of_a_hundred_stay_inside_their_range() -> None:
    plan = plan_of(read_answers({"inbound_share": 1.0, "win_rate": 1.0}))
    belief = plan.beliefs["sales.sdr.marketing_time.share"]
    assert belief.range is not None
    assert np.isclose(plan.sales.sdr.marketing_time.share, 1.0)


@pytest.mark.parametrize(
    "text", ["organic 100, paid search 50", "organic 100; paid search 50", "organic: 100; paid search=50"]
)
def test_sources_are_read_however_they_are_set_apart(text: str) -> None:
    """Lost, a hundred leads vanish in the name of a source."""
    assert read_answers({"handed_per_month": text}).handed_per_month == {"organic": 100.0, "paid_search": 50.0}


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
