"""How fast a lead goes cold: the published curves as published, their deadlines, and curves of one's own."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.decay import DecayPreset, MixtureCurve, PointCurve, decay_presets
from smarketing_sim.scenario.evidence import evidence

DAY = 1440.0
PRESET_IDS = ["steep", "strong", "medium", "mild", "flat_day"]
every_preset = pytest.mark.parametrize("preset_id", PRESET_IDS)


def test_no_shipped_curve_rests_on_folklore() -> None:
    for preset in decay_presets().values():
        assert preset.evidence is not None
        assert evidence()[preset.evidence].grade[0] in "ABC"


def test_each_curve_spoils_what_its_study_measured() -> None:
    assert {key: preset.outcome for key, preset in decay_presets().items()} == {
        "steep": "qualify",
        "strong": "contact",
        "medium": "contact",
        "mild": "win",
        "flat_day": "contact",
    }


@pytest.mark.parametrize(
    ("preset_id", "five_minutes", "one_hour", "one_day"),
    [
        ("steep", 0.83, 0.11, 0.013),
        ("strong", 0.90, 0.33, 0.11),
        ("medium", 0.96, 0.65, 0.24),
        ("mild", 1.0, 0.73, 0.38),
        ("flat_day", 1.0, 0.95, 0.90),
    ],
)
def test_each_curve_gives_the_published_values(
    preset_id: str, five_minutes: float, one_hour: float, one_day: float
) -> None:
    # the table was computed from half-lives before they were rounded to two digits, hence a hundredth of slack
    found = decay_presets()[preset_id].value([5.0, 60.0, DAY])
    np.testing.assert_allclose(found, [five_minutes, one_hour, one_day], atol=0.01, rtol=0.0)


def test_the_mixture_is_the_formula_in_hours() -> None:
    age = np.array([0.0, 7.0, 60.0, 600.0, 1e4])
    found = MixtureCurve(hot_share=0.6, hot_half_life_hours=0.8, cold_half_life_hours=31).value(age)
    np.testing.assert_allclose(found, 0.6 * 0.5 ** (age / 48) + 0.4 * 0.5 ** (age / 1860), rtol=1e-14)


def test_mild_is_straight_in_the_logarithm_of_age_and_flat_outside() -> None:
    value = decay_presets()["mild"].value
    middle = np.sqrt(5.0 * DAY)
    np.testing.assert_allclose(value([0.0, 5.0, middle, DAY, 9 * DAY]), [1.0, 1.0, 0.69, 0.38, 0.38])


def test_flat_day_steps_down_behind_the_day_and_not_at_its_end() -> None:
    value = decay_presets()["flat_day"].value
    found = value([0.0, 15.0, 37.5, 750.0, DAY, np.nextafter(DAY, 9e9), 1e7])
    np.testing.assert_allclose(found, [1.0, 1.0, 0.975, 0.925, 0.90, 0.55, 0.55])


@every_preset
def test_no_curve_rises_or_leaves_its_range(preset_id: str) -> None:
    value = decay_presets()[preset_id].value(np.concatenate([[0.0], np.geomspace(1e-6, 1e7, 20_000)]))
    assert value[0] == 1.0
    assert np.all(np.diff(value) <= 0.0)
    assert np.all((value >= 0.0) & (value <= 1.0))


@every_preset
def test_the_deadline_is_the_inverse_of_the_curve(preset_id: str) -> None:
    preset = decay_presets()[preset_id]
    edges = [0.0, 1e-12, 1e-9, 0.5, 1 - 1e-9, 1 - 1e-12, 1 - 2.0**-53]
    u = np.sort(np.concatenate([np.random.default_rng(7).random(50_000), edges]))
    deadline = preset.deadline(u)
    assert np.all(np.diff(deadline[np.isfinite(deadline)]) >= 0.0)
    assert np.all(u[np.isinf(deadline)] >= 1.0 - preset.value(1e12))
    finite = np.isfinite(deadline) & (deadline != DAY)
    np.testing.assert_allclose(preset.value(deadline[finite]), 1.0 - u[finite], rtol=1e-9)


@pytest.mark.parametrize("preset_id", ["steep", "strong", "medium"])
@pytest.mark.parametrize("age", [1e-9, 1e-4, 0.3, 17.0, 59.0, 300.0, 1440.0, 20_000.0])
def test_a_deadline_is_accurate_in_time_too(preset_id: str, age: float) -> None:
    curve = decay_presets()[preset_id].curve
    assert isinstance(curve, MixtureCurve)
    hot, cold = np.log(2) / 60 / curve.hot_half_life_hours, np.log(2) / 60 / curve.cold_half_life_hours
    u = -(curve.hot_share * np.expm1(-hot * age) + (1 - curve.hot_share) * np.expm1(-cold * age))
    np.testing.assert_allclose(decay_presets()[preset_id].deadline(u), age, rtol=1e-9)


@pytest.mark.parametrize("preset_id", ["steep", "strong", "medium"])
def test_deadlines_are_distributed_as_the_curve_says(preset_id: str) -> None:
    preset = decay_presets()[preset_id]
    deadline = preset.deadline(np.random.default_rng(11).random(20_000))
    assert stats.kstest(deadline, lambda age: 1.0 - preset.value(age)).pvalue > 0.001
    assert stats.kstest(deadline * 1.1, lambda age: 1.0 - preset.value(age)).pvalue < 0.001


@every_preset
def test_the_share_alive_at_each_age_is_the_value_of_the_curve(preset_id: str) -> None:
    # the curves with flat parts and steps have no continuous distribution: here the largest gap is bounded instead
    preset = decay_presets()[preset_id]
    count = 50_000
    deadline = preset.deadline(np.random.default_rng(13).random(count))
    ages = np.concatenate([np.geomspace(0.1, 1e5, 300), [15.0, 60.0, DAY - 1e-6, DAY + 1e-6]])
    alive = (deadline[None, :] > ages[:, None]).mean(axis=1)
    assert np.max(np.abs(alive - preset.value(ages))) < 1.95 / np.sqrt(count)


def test_a_lead_served_on_the_last_instant_of_the_day_is_served() -> None:
    deadline = decay_presets()["flat_day"].deadline([0.10001, 0.3, 0.44999, 0.4501])
    np.testing.assert_array_equal(deadline, [DAY, DAY, DAY, np.inf])


def test_luck_that_runs_out_at_once_lasts_as_long_as_the_curve_is_level() -> None:
    assert decay_presets()["flat_day"].deadline(0.0) == 15.0
    assert decay_presets()["medium"].deadline(0.0) == 0.0


@every_preset
def test_a_deadline_does_not_depend_on_what_else_is_asked(preset_id: str) -> None:
    preset = decay_presets()[preset_id]
    u = np.random.default_rng(3).random(3_000)
    together = preset.deadline(u)
    assert [float(preset.deadline(one)) for one in u[:200].tolist()] == together[:200].tolist()
    order = np.random.default_rng(4).permutation(len(u))
    assert preset.deadline(u[order]).tobytes() == together[order].tobytes()


def test_a_year_of_leads_gets_its_deadlines_in_no_time() -> None:
    u = np.random.default_rng(5).random(50_000)
    begun = time.process_time()
    for preset in decay_presets().values():
        preset.deadline(u)
    assert time.process_time() - begun < 1.0


def test_shapes_come_back_as_they_went_in() -> None:
    for preset in decay_presets().values():
        for shape in ((), (0,), (3,), (2, 3)):
            assert preset.value(np.full(shape, 30.0)).shape == shape
            assert preset.deadline(np.full(shape, 0.3)).shape == shape


def test_a_curve_of_ones_own_is_read_as_written() -> None:
    own = DecayPreset.from_points([[0, 1], [10, 0.5], [20, 0.5], [30, 0]], outcome="win")
    np.testing.assert_allclose(own.value([0, 5, 15, 25, 31]), [1.0, 0.75, 0.5, 0.25, 0.0])
    np.testing.assert_allclose(own.deadline([0.25, 0.5, 0.75, 0.999999]), [5.0, 20.0, 25.0, 30.0], rtol=1e-5)
    assert (own.id, own.outcome, own.evidence) == ("custom", "win", None)


def test_a_curve_that_begins_below_one_loses_the_rest_at_once() -> None:
    own = DecayPreset.from_points([[0, 0.4]])
    np.testing.assert_array_equal(own.deadline([0.59, 0.61]), [0.0, np.inf])


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], "at least one point"),
        ([[0, 1], [10, 0.5], [20, 0.6]], "never rise"),
        ([[0, 1], [10, 0.5], [5, 0.4]], "ages must rise"),
        ([[0, 1], [5, 0.5], [5, 0.4], [5, 0.3]], "ages must rise"),
        ([[0, 1.2]], "between 0 and 1"),
        ([[0, 0.5], [1, -0.1]], "between 0 and 1"),
        ([[0, float("nan")]], "between 0 and 1"),
        ([[-1, 1]], "0 or more"),
        ([[float("inf"), 1]], "0 or more"),
        ([[1, 2, 3]], "pair"),
    ],
)
def test_a_curve_that_cannot_be_is_refused_in_words(points: list[list[float]], words: str) -> None:
    with pytest.raises(InputError, match=words):
        DecayPreset.from_points(points)


def test_the_logarithm_of_no_age_is_refused() -> None:
    with pytest.raises(InputError, match="above 0"):
        DecayPreset.from_points([[0, 1], [10, 0.5]], interpolation="log_age")


def test_every_fault_of_a_curve_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        DecayPreset.from_points([[0, 0.5], [-5, 0.7], [9, 1.5]])
    assert len(caught.value.problems) == 5


@given(
    st.lists(st.tuples(st.integers(1, 100_000), st.floats(0, 1)), min_size=1, max_size=8),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(["linear", "log_age"]),
)
def test_alive_means_that_the_curve_is_above_the_luck_for_any_curve(
    points: list[tuple[int, float]], u: float, interpolation: str
) -> None:
    ages = sorted({age for age, _ in points})
    values = sorted((value for _, value in points[: len(ages)]), reverse=True)
    curve = PointCurve(tuple(zip(ages, values, strict=True)), interpolation)  # type: ignore[arg-type]
    deadline = float(curve.deadline(np.array([u]))[0])
    before, behind = curve.value(np.array([deadline * (1 - 1e-9), deadline * (1 + 1e-9) + 1e-12]))
    slack = 1e-3  # a minute's fall is at most 1 and the ages looked at are within 1e-4 of the deadline
    assert deadline == 0.0 or before >= 1.0 - u - slack
    assert np.isinf(deadline) or behind <= 1.0 - u + slack


def test_nobody_can_change_the_shipped_beliefs_by_accident() -> None:
    with pytest.raises(TypeError):
        evidence()["E1"] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        decay_presets()["steep"].outcome = "win"  # type: ignore[misc]
