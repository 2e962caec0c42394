"""From files to scenarios: extends, overrides, beliefs, and every problem at once."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.errors import AlternativeWarning, CadenceWarning, DoubleCountingWarning, InputError, Problem
from smarketing_sim.scenario.building import build, override, to_document
from smarketing_sim.scenario.files import examined, load
from smarketing_sim.scenario.layering import parse_overrides
from smarketing_sim.scenario.schema import Scenario, flatten
from tests.builders import base_document
from tests.conftest import PARAMS, ROOT

SET = "set in this scenario"


@pytest.fixture
def folder(tmp_path: Path, params: Path) -> Path:
    (tmp_path / "baseline.yaml").write_text((params / "baseline.yaml").read_text())
    return tmp_path


def child(folder: Path, text: str, *, name: str = "child.yaml", parent: str = "baseline.yaml") -> Path:
    path = folder / name
    path.write_text(f"extends: {parent}\n{text}")
    return path


def place(problem: Problem) -> tuple[str, int | None]:
    return Path(problem.file or "").name, problem.line


def problems(path: Path, overrides: dict[str, Any] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load(path, overrides)
    return caught.value.problems


def test_the_shipped_example_loads_without_a_word(params: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(params / "baseline.yaml").sales.sdr.headcount == 8


def test_a_child_file_changes_only_what_it_names(folder: Path, baseline: Scenario) -> None:
    changed = load(child(folder, "sales:\n  sdr:\n    headcount: 12\n"))
    assert changed.diff(baseline) == [("sales.sdr.headcount", 12, 8)]


def test_a_child_file_can_drop_and_add_named_things(folder: Path, baseline: Scenario) -> None:
    text = """
marketing:
  sources:
    social: null
    podcast: {leads_per_month: 50, qualify_prob: 0.2, win_prob: 0.2}
  campaigns: {trade_fair: null}
sla:
  depth: null
  speed_demo: {kind: speed, target: 95%, within: 1 business hour, applies_to: {source: demo_request}}
"""
    changed = load(child(folder, text))
    assert set(changed.marketing.sources) == set(baseline.marketing.sources) - {"social"} | {"podcast"}
    assert "trade_fair" not in changed.marketing.campaigns
    assert set(changed.sla) == set(baseline.sla) - {"depth"} | {"speed_demo"}
    assert list(changed.marketing.sources)[-1] == "podcast"


def test_files_can_extend_each_other_three_deep_and_across_folders(folder: Path) -> None:
    child(folder, "sales: {sdr: {headcount: 9}}\nname: two\n", name="two.yaml")
    (folder / "deep").mkdir()
    path = child(folder, "name: three\n", name="deep/three.yaml", parent="../two.yaml")
    loaded = load(path)
    assert (loaded.name, loaded.sales.sdr.headcount, loaded.sales.ae.headcount) == ("three", 9, 5)


def test_a_list_is_replaced_whole(folder: Path) -> None:
    changed = load(child(folder, "calendar:\n  holidays: [2026-01-01]\n"))
    assert len(changed.calendar.holidays.dates) == 1


def test_files_that_extend_each_other_in_a_circle_are_refused_with_the_circle(folder: Path) -> None:
    child(folder, "", name="a.yaml", parent="b.yaml")
    child(folder, "", name="b.yaml", parent="a.yaml")
    (found,) = problems(folder / "a.yaml")
    assert "circle: a.yaml → b.yaml → a.yaml" in found.rule
    (itself,) = problems(child(folder, "", name="self.yaml", parent="self.yaml"))
    assert "circle" in itself.rule


def test_a_parent_that_is_not_there_is_told_with_the_nearest_file(folder: Path) -> None:
    (found,) = problems(child(folder, "", parent="baselin.yaml"))
    assert (*place(found), found.path, found.value) == ("child.yaml", 1, "extends", "baselin.yaml")
    assert found.nearest == "baseline.yaml"


@pytest.mark.parametrize("parent", ["[a, b]", "5", "{a: b}", "true"])
def test_a_parent_that_is_no_name_is_refused(folder: Path, parent: str) -> None:
    (found,) = problems(child(folder, "", parent=parent))
    assert (found.path, found.rule) == ("extends", "must name a file")


def test_a_fault_in_a_parent_is_told_in_the_parent(folder: Path) -> None:
    child(folder, "sales: {sdr: {headcount: many}}\n", name="middle.yaml")
    (found,) = problems(child(folder, "name: leaf\n", parent="middle.yaml"))
    assert (*place(found), found.path) == ("middle.yaml", 2, "sales.sdr.headcount")


def test_every_problem_of_a_file_is_told_at_once_with_its_place(folder: Path) -> None:
    text = """sales:
  sdr:
    headcont: 12
    headcount: eight
  ae:
    cycle_median: 60
sla:
  speed: {target: 90, within: 6 hour s}
marketing:
  day_effect_shape: {value: -1, source: E13}
calendar: {zone: America/NewYork}
"""
    found = {p.path: p for p in problems(child(folder, text))}
    places = {path: place(p) for path, p in found.items()}
    assert places == {
        "sales.sdr.headcont": ("child.yaml", 4), "sales.sdr.headcount": ("child.yaml", 5),
        "sales.ae.cycle_median": ("child.yaml", 7), "sla.speed.target": ("child.yaml", 9),
        "sla.speed.within": ("child.yaml", 9), "marketing.day_effect_shape": ("child.yaml", 11),
        "calendar.zone": ("child.yaml", 12),
    }  # fmt: skip
    assert found["sales.sdr.headcont"].nearest == "headcount"
    assert found["sales.sdr.headcount"].value == "eight"
    assert all(p.rule for p in found.values())
    told = "child.yaml:9: sla.speed.target = 90: must be a share between 0 and 1; for a percentage write '90%'"
    assert str(found["sla.speed.target"]).endswith(told)


def test_broken_rules_between_parts_are_told_at_once_with_their_place(folder: Path) -> None:
    text = """personas: {small: {share: 50%}}
marketing:
  campaigns: {trade_fair: {source: event_lst}}
sales:
  sdr: {reps: {9: {pace: 1.2}}}
"""
    found = {p.path: (p.line, p.nearest) for p in problems(child(folder, text))}
    assert found == {
        "personas": (2, None),
        "marketing.campaigns.trade_fair.source": (4, "event_list"),
        "sales.sdr.reps.9": (6, None),
    }


def test_an_override_beats_the_child_which_beats_the_parent(folder: Path) -> None:
    path = child(folder, "sales: {sdr: {headcount: 9}, ae: {headcount: 5}}\n")
    loaded = load(path, {"sales.sdr.headcount": 10})
    assert (loaded.sales.sdr.headcount, loaded.sales.ae.headcount) == (10, 5)


def test_settings_are_read_as_yaml_and_the_last_one_counts() -> None:
    settings = ["sales.sdr.headcount=12", "sla.speed.within=6 business hours", "marketing.season=[1, 2]", "a=null",
                "b={x: 1}", "c=a=b", " d =true", "sales.sdr.headcount=13"]  # fmt: skip
    assert parse_overrides(settings) == {
        "sales.sdr.headcount": 13, "sla.speed.within": "6 business hours", "marketing.season": [1, 2], "a": None,
        "b": {"x": 1}, "c": "a=b", "d": True,
    }  # fmt: skip


def test_every_setting_without_a_path_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_overrides(["headcount", "=5", " =5", "a=1"])
    assert [p.value for p in caught.value.problems] == ["headcount", "=5", " =5"]


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("sales.sdr.headcont", "headcount"),
        ("sla.speed.whithin", "within"),
        ("marketing.sources.referral.visit_per_month", "visits_per_month"),
        ("marketng.scoring.auc", "marketing"),
        ("run.horizon", "horizon_months"),
        ("sales.sdr.reps.3.shft", "shift"),
        ("calendar.holiday", "holidays"),
    ],
)
def test_a_setting_of_an_unknown_path_is_told_with_the_nearest_name(
    baseline: Scenario, path: str, nearest: str
) -> None:
    with pytest.raises(InputError) as caught:
        override(baseline, {path: 1})
    assert caught.value.problems[0].nearest == nearest
    assert "is not a known key" in str(caught.value)


@pytest.mark.parametrize("path", ["calendar.holidays.99", "calendar.holidays.first", "calendar.holidays.0.year"])
def test_a_setting_beyond_a_list_is_refused(baseline: Scenario, path: str) -> None:
    with pytest.raises(InputError):
        override(baseline, {path: "2026-01-02"})


def test_one_item_of_a_list_can_be_set(baseline: Scenario) -> None:
    changed = override(baseline, {"marketing.profile.hours.0": 9})
    assert changed.marketing.profile.hours[:2] == (9.0, 0.9)


def test_a_belief_is_taken_apart_from_its_value(baseline: Scenario) -> None:
    belief = baseline.beliefs["marketing.scoring.auc"]
    assert baseline.marketing.scoring.auc == 0.70
    assert (belief.source, belief.grade, belief.range) == ("E38", "A-", (0.60, 0.80))
    assert baseline.beliefs["personas.small.share"].grade == "A?"
    assert "sales.sdr.headcount" not in baseline.beliefs


def test_a_value_set_anew_keeps_its_range_and_loses_its_source(folder: Path, baseline: Scenario) -> None:
    ways = [
        load(child(folder, "marketing: {scoring: {auc: 0.75}}\n")),
        load(folder / "baseline.yaml", {"marketing.scoring.auc": 0.75}),
        load(folder / "baseline.yaml", {"marketing.scoring": {"auc": 0.75}}),
        override(baseline, {"marketing.scoring.auc": 0.75}),
        override(baseline, {"marketing.scoring": {"auc": 0.75}}),
        override(baseline, {"marketing": {"scoring": {"auc": 0.75}}}),
    ]
    for way in ways:
        belief = way.beliefs["marketing.scoring.auc"]
        assert (belief.source, belief.grade, belief.range) == (SET, "A?", (0.60, 0.80))
        assert way.beliefs["marketing.scoring.spread"] == baseline.beliefs["marketing.scoring.spread"]
        assert way.digest == ways[0].digest


def test_a_belief_set_anew_brings_its_own_source(folder: Path, baseline: Scenario) -> None:
    belief = {"value": 0.75, "source": "our own CRM, 2025", "grade": "B"}
    text = "marketing: {scoring: {auc: {value: 0.75, source: 'our own CRM, 2025', grade: B}}}\n"
    for way in (load(child(folder, text)), override(baseline, {"marketing.scoring.auc": belief})):
        assert way.marketing.scoring.auc == 0.75
        assert way.beliefs["marketing.scoring.auc"].model_dump() == {
            "source": "our own CRM, 2025", "grade": "B", "range": None, "note": ""}  # fmt: skip


def test_where_a_belief_comes_from_changes_nothing_that_is_simulated(baseline: Scenario) -> None:
    anew = override(baseline, {"marketing.scoring.auc": baseline.marketing.scoring.auc})
    assert anew.digest == baseline.digest
    assert anew.diff(baseline) == []


def test_a_fault_in_a_belief_is_told_on_its_line(folder: Path) -> None:
    text = "marketing:\n  scoring:\n    auc:\n      value: 0.7\n      source: 12\n"
    (found,) = problems(child(folder, text))
    assert (*place(found), found.value) == ("child.yaml", 6, 12)


def test_a_belief_that_names_no_row_of_the_evidence_is_refused(folder: Path) -> None:
    (found,) = problems(child(folder, "marketing: {scoring: {auc: {value: 0.7, source: E999}}}\n"))
    assert (found.path, found.line) == ("marketing.scoring.auc", 2)
    assert "E999 is not in the evidence ledger" in found.rule


def test_a_document_builds_the_same_scenario(baseline: Scenario) -> None:
    again = examined(build(to_document(baseline)))
    assert (again, again.digest, hash(again)) == (baseline, baseline.digest, hash(baseline))


@pytest.mark.slow
@given(st.data())
def test_any_two_numbers_can_be_set_and_read_back(baseline: Scenario, data: st.DataObject) -> None:
    headcount = data.draw(st.integers(8, 2000))
    minutes = data.draw(st.floats(1e-3, 1e6, allow_nan=False))
    set_ = {"sales.sdr.headcount": headcount, "sla.speed.within": f"{minutes!r} min"}
    changed = override(baseline, set_)
    again = build(to_document(changed))
    assert again.digest == changed.digest
    assert again.sla["speed"].within.amount == minutes
    assert again.sales.sdr.headcount == headcount


def test_setting_what_is_already_so_changes_nothing(baseline: Scenario) -> None:
    assert override(baseline, {}).diff(baseline) == []
    plain = {path: value for path, value in flatten(to_document(baseline)).items() if not path.startswith("beliefs.")}
    assert override(baseline, plain).digest == baseline.digest


@pytest.mark.slow
def test_a_plan_that_cannot_meet_its_clause_is_legal_and_warned_about(folder: Path) -> None:
    with pytest.warns(CadenceWarning, match="asks for 4 attempts, the cadence plans 3"):
        load(child(folder, "sales: {sdr: {cadence: {max_attempts: 3}}}\n"))
    with pytest.warns(CadenceWarning, match="attempt 4 is planned 21"):
        load(child(folder, "sales: {sdr: {cadence: {gaps: [7 days]}}}\n"))
    of_business = "sla: {depth: {within: 3 business days}}\nsales: {sdr: {cadence: {gaps: [2 business days]}}}\n"
    with pytest.warns(CadenceWarning, match=r"attempt 4 is planned 6\.0 business days after"):
        load(child(folder, of_business))
    with pytest.warns(CadenceWarning, match=r"sla\.feedback: promises 99%, reps record 95%"):
        load(child(folder, "sla: {feedback: {target: 99%}}\n"))


def test_lateness_charged_twice_is_warned_about(folder: Path) -> None:
    with pytest.warns(DoubleCountingWarning):
        load(child(folder, "decay: {outcomes: [contact, win]}\n"))


def test_each_kind_of_warning_can_be_silenced_alone(folder: Path) -> None:
    path = child(folder, "decay: {outcomes: [contact, win]}\nsales: {sdr: {cadence: {max_attempts: 3}}}\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", CadenceWarning)
        load(path)
    assert [warning.category for warning in caught] == [DoubleCountingWarning]


@pytest.mark.parametrize("path", ["sales.sdr.headcont", "sla.sped.within", "marketing.sources.radio.leads_per_month"])
def test_an_alternative_that_names_an_unknown_path_is_refused_before_anybody_relies_on_it(
    folder: Path, path: str
) -> None:
    (found, *_) = problems(child(folder, f"alternatives:\n  bad:\n    label: x\n    set: {{{path}: 5}}\n"))
    assert place(found) == ("child.yaml", 5)
    assert (found.path or "").startswith("alternatives.bad.set.")


def test_all_campaigns_are_dropped_by_one_null(tmp_path: Path) -> None:
    child = tmp_path / "child.yaml"
    child.write_text(f"extends: {PARAMS / 'baseline.yaml'}\nmarketing: {{campaigns: null}}\n")
    assert load(child).marketing.campaigns == {}


def test_an_alternative_that_does_not_go_with_a_smaller_team_is_a_warning_and_no_error() -> None:
    with pytest.warns(AlternativeWarning, match="evening_rota"):
        scenario = load(PARAMS / "baseline.yaml", {"sales.sdr.headcount": 5})
    assert scenario.sales.sdr.headcount == 5


def test_the_company_that_the_readme_shows_can_be_loaded_as_it_stands(folder: Path) -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split("```yaml\n# params/ours.yaml")[1].split("```")[0]
    (folder / "ours.yaml").write_text(shown)
    with pytest.warns(AlternativeWarning):
        assert load(folder / "ours.yaml").sales.sdr.headcount == 5


def test_overrides_are_taken_as_they_are_and_left_as_they_were() -> None:
    given = {"sla": {"speed": {"target": 0.9, "within": "6 hours"}}, "sla.speed.within": "1 hour"}
    build(base_document(), overrides=given)
    assert given["sla"] == {"speed": {"target": 0.9, "within": "6 hours"}}


def test_a_key_named_without_its_groups_is_told_with_them() -> None:
    """Lost, who writes headcount=12 is told that it is not known, and not what is."""
    with pytest.raises(InputError) as caught:
        load("params/baseline.yaml", {"headcount": 12})
    assert caught.value.problems[0].nearest == "sales.sdr.headcount"
