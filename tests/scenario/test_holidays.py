"""Public holidays by country, ranges and parts of days: as files say them, and as a run meets them."""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.errors import HolidayWarning, InputError
from smarketing_sim.scenario.building import build, override, to_document
from smarketing_sim.scenario.countries import country_name, public_holidays
from smarketing_sim.scenario.files import examined, load
from smarketing_sim.scenario.holidays import DaysOff, Holidays
from smarketing_sim.scenario.layering import parse_overrides
from smarketing_sim.scenario.schema import Scenario

CLOSED: tuple[tuple[int, int], ...] = ()
MORNING = ((540, 780),)
WHOLE = dt.date(2024, 1, 1), dt.date(2030, 12, 31)


@pytest.fixture
def baseline(params: Path) -> Scenario:
    return load(params / "baseline.yaml")


def of(value: Any) -> Holidays:
    return Holidays.model_validate(value)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_public_holidays_close_every_year_of_a_run() -> None:
    within = of({"country": "NO"}).within(*WHOLE)
    for text in ("2024-05-17", "2026-12-25", "2027-03-26", "2030-01-01", "2026-04-02"):
        assert within[day(text)] == CLOSED
    assert day("2026-12-24") not in within
    assert {one.year for one in within} == set(range(2024, 2031))


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    epiphany = day("2026-01-06")
    assert epiphany in of({"country": "DE-BY"}).within(*WHOLE)
    assert epiphany not in of({"country": "DE"}).within(*WHOLE)


def test_a_holiday_that_is_moved_into_the_year_before_is_kept_there() -> None:
    assert day("2027-12-31") in public_holidays("US", 2027)
    assert all(one.year == 2028 for one in public_holidays("US", 2028))


def test_what_is_said_of_a_date_goes_before_the_country() -> None:
    within = of({"country": "NO", "dates": [{"2026-05-14": ["09:00-13:00"]}, "2026-12-24"]}).within(*WHOLE)
    assert within[day("2026-05-14")] == MORNING
    assert within[day("2026-12-24")] == CLOSED
    assert within[day("2026-12-25")] == CLOSED


def test_a_range_closes_its_first_day_its_last_and_all_between() -> None:
    within = of(["2026-07-13..2026-07-17"]).within(*WHOLE)
    assert sorted(within) == [dt.date(2026, 7, n) for n in range(13, 18)]
    assert of(["2026-07-13 .. 2026-07-13"]) == of(["2026-07-13"])


def test_only_days_that_are_asked_for_are_told() -> None:
    assert of({"country": "NO", "dates": ["2026-07-01..2026-07-31"]}).within(day("2026-07-10"), day("2026-07-11")) == {
        day("2026-07-10"): CLOSED,
        day("2026-07-11"): CLOSED,
    }


@pytest.mark.parametrize(
    "said",
    [
        [],
        ["2026-12-25", "2026-12-25"],
        ["2026-07-13..2026-07-17", {"2026-12-24": ["09:00-11:00", "12:00-13:00"]}],
        {"country": "NO", "dates": []},
        {"country": "DE-BY", "dates": ["2026-12-24", {"2026-12-28..2026-12-30": ["09:00-13:00"]}]},
    ],
)
def test_holidays_are_written_back_as_a_file_says_them(baseline: Scenario, said: Any) -> None:
    scenario = override(baseline, {"calendar.holidays": said})
    document = to_document(scenario)
    assert document["calendar"]["holidays"] == said
    assert build(document) == scenario
    assert build(document).digest == scenario.digest


def test_null_drops_the_days_of_the_file_that_is_extended() -> None:
    """Lost, the README's way to drop a thing is refused for a company's own days."""
    assert of({"country": "NO", "dates": None}) == of({"country": "NO"})


def test_a_group_of_dates_alone_is_the_list_of_them(baseline: Scenario) -> None:
    listed, grouped = (
        override(baseline, {"calendar.holidays": said}) for said in (["2026-05-05"], {"dates": ["2026-05-05"]})
    )
    assert listed == grouped
    assert listed.digest == grouped.digest


def test_hours_of_one_text_and_none_at_all_mean_what_they_do_in_a_week() -> None:
    assert of([{"2026-12-24": "09:00-13:00"}]) == of([{"2026-12-24": ["09:00-13:00"]}])
    assert of([{"2026-12-24": []}]) == of(["2026-12-24"])


BASES = {
    "a list": ("[2026-05-05]", {"country": "NO", "dates": []}),
    "a country": ("{country: DE-BY}", {"country": "NO", "dates": []}),
    "a country and dates": ("{country: US, dates: [2026-05-05]}", {"country": "NO", "dates": ["2026-05-05"]}),
}


@pytest.mark.parametrize("base", BASES)
def test_a_country_set_or_named_in_a_file_that_extends_comes_to_the_same(
    tmp_path: Path, params: Path, base: str
) -> None:
    said, expected = BASES[base]
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(f"extends: {params / 'baseline.yaml'}\ncalendar: {{holidays: {said}}}\n")
    second.write_text("extends: first.yaml\ncalendar: {holidays: {country: NO}}\n")
    extended = load(second, {})
    for setting in ("calendar.holidays.country=NO", "calendar.holidays={country: NO}"):
        assert load(first, parse_overrides([setting])) == extended
    assert to_document(extended)["calendar"]["holidays"] == expected


def test_a_list_takes_the_place_of_a_country_and_one_of_its_days_can_be_set(baseline: Scenario) -> None:
    norway = override(baseline, {"calendar.holidays": {"country": "NO", "dates": ["2026-12-24", "2026-12-31"]}})
    assert override(norway, {"calendar.holidays": []}).calendar.holidays == Holidays()
    changed = override(norway, {"calendar.holidays.dates.1": "2026-12-30..2026-12-31"}).calendar.holidays
    assert to_document(norway)["calendar"]["holidays"]["country"] == changed.country == "NO"
    assert [str(days) for days in changed.dates] == ["24 December 2026", "30–31 December 2026"]
    with pytest.raises(InputError):
        override(norway, {"calendar.holidays.dates.2": "2026-12-30"})


def test_a_country_may_say_where_it_comes_from(tmp_path: Path, params: Path) -> None:
    path = tmp_path / "plan.yaml"
    sourced = "{country: {value: NO, note: the head office}}"
    path.write_text(f"extends: {params / 'baseline.yaml'}\ncalendar: {{holidays: {sourced}}}\n")
    loaded = load(path, {})
    assert loaded.calendar.holidays.country == "NO"
    assert loaded.beliefs["calendar.holidays.country"].note == "the head office"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], "closed on no holiday"),
        (["2026-12-25"], "closed on 25 December 2026"),
        (["2026-07-13..2026-07-17"], "closed on 13–17 July 2026"),
        (["2026-12-28..2027-01-02"], "closed on 28 December 2026 – 2 January 2027"),
        ([{"2026-12-24": ["09:00-13:00"]}], "open on 24 December 2026 from 09:00 to 13:00 only"),
        ({"country": "US"}, "closed on public holidays (United States)"),
        (
            {"country": "NO", "dates": ["2026-07-13..2026-07-17", {"2026-12-24": ["09:00-13:00"]}]},
            "closed on public holidays (Norway) and on 13–17 July 2026; "
            "open on 24 December 2026 from 09:00 to 13:00 only",
        ),
        ([f"2026-05-{n:02d}" for n in range(1, 9)], "closed on 8 days from 1 May 2026 to 8 May 2026"),
    ],
)
def test_holidays_are_told_in_words(said: Any, told: str) -> None:
    assert str(of(said)) == told


def test_a_country_goes_by_its_name() -> None:
    assert country_name("TT") == "Trinidad and Tobago"
    assert country_name("IM") == "Isle of Man"
    assert country_name("DE-BY") == "Germany, BY"


def test_years_whose_holidays_nobody_knows_are_told(baseline: Scenario) -> None:
    def told(starts_on: str) -> list[str]:
        plain = to_document(override(baseline, {"calendar.holidays": {"country": "DE"}}))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            moved = {"run.starts_on": starts_on, "marketing.campaigns": None, "beliefs": {}}
            examined(build(plain, overrides=moved))
        return [str(one.message) for one in caught if one.category is HolidayWarning]

    assert told("2027-01-01") == []
    (far,) = told("2101-01-01")
    assert "no public holidays of Germany are known in 2101, 2102" in far


def test_days_off_hold_every_day_between_their_ends() -> None:
    assert [one.day for one in DaysOff.parse("2024-02-28..2024-03-01")] == [28, 29, 1]
    assert len(list(DaysOff.parse("2026-01-01..2026-12-31"))) == 365


def test_a_part_of_a_country_may_stand_under_a_key_of_its_own() -> None:
    assert Holidays.model_validate({"country": "DE", "subdivision": "BY"}).country == "DE-BY"


def test_sundays_are_no_holidays_of_their_own_where_the_law_calls_them_so() -> None:
    sundays = [day for day in public_holidays("SE", 2026) if day.weekday() == 6]
    assert len(sundays) <= 4  # Easter, Pentecost and the like


@pytest.mark.parametrize(
    ("typed", "near"), [("Norway", "NO"), ("NOR", "NO"), ("England", None), ("Holland", None), ("Germny", "DE")]
)
def test_no_other_country_is_offered_for_a_name_that_is_not_known(typed: str, near: str | None) -> None:
    with pytest.raises(ValueError, match="is not a country") as refusal:
        Holidays.model_validate({"country": typed})
    assert (f"did you mean '{near}'" in str(refusal.value)) == (near is not None)
    assert ("did you mean" in str(refusal.value)) == (near is not None)
