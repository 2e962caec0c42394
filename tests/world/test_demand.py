"""Leads and their luck: named streams, volumes, noise, scores, and exactly what a Demand reads."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smarketing_sim.engine import simulate, simulate_unlimited
from smarketing_sim.errors import InputError
from smarketing_sim.scenario.building import build, override, to_document
from smarketing_sim.scenario.schema import Scenario, flatten
from smarketing_sim.scenario.units import Span
from smarketing_sim.world.arrivals import Course, day_effects, flows
from smarketing_sim.world.demand import LEAD_COLUMNS, Demand, demand_reads, sample_demand
from smarketing_sim.world.streams import Streams, stable_hash
from smarketing_sim.world.timeline import timeline
from tests.world.conftest import SHORT

ROOT = Path(__file__).resolve().parents[2]
PODCAST = {"leads_per_month": 60, "handed_share": 0.5, "qualify_prob": 0.2, "win_prob": 0.2}
PLAIN = {"marketing.day_effect_shape": None, "marketing.campaigns": None}
# What a demand reads and may not feel: a label of a curve that only counts under each_attempt.
READ_WITHOUT_EFFECT = {"decay.outcomes"}


def arrays(demand: Demand) -> dict[str, np.ndarray]:
    named = {field.name: getattr(demand, field.name) for field in dataclasses.fields(demand)}
    return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}


def fingerprint(demand: Demand) -> str:
    total = hashlib.sha256()
    for name, value in arrays(demand).items():
        total.update(name.encode() + str(value.dtype).encode() + str(value.shape).encode() + value.tobytes())
    return total.hexdigest()


def without_campaigns(scenario: Scenario, **overrides: Any) -> Scenario:
    document = to_document(scenario)
    document["marketing"]["campaigns"] = {}
    document["marketing"].pop("day_effect_shape", None)
    return build(document, overrides=overrides)


def of_handed(demand: Demand) -> Demand:
    """The leads that are handed over, the only ones whose luck in a follow-up is drawn."""
    return demand.take(~np.isnan(demand.handed_at))


def hold_same_leads(few: Demand, many: Demand, rows: np.ndarray) -> None:
    """Hold that the leads of one demand are those rows of another, with all their luck."""
    assert np.array_equal(few.lead_id, many.lead_id[rows])
    for name in LEAD_COLUMNS:
        assert getattr(few, name).tobytes() == getattr(many, name)[rows].tobytes(), name


def test_the_same_seed_gives_the_same_leads_and_another_seed_others(short: Scenario) -> None:
    one = fingerprint(sample_demand(short, seed=5, replication=2))
    assert one == fingerprint(sample_demand(short, seed=5, replication=2))
    assert (
        len(
            {
                one,
                fingerprint(sample_demand(short, seed=6, replication=2)),
                fingerprint(sample_demand(short, seed=5, replication=3)),
            }
        )
        == 3
    )


@pytest.mark.slow
def test_the_same_leads_are_drawn_in_another_process(short: Scenario) -> None:
    code = (
        "import json, sys; from smarketing_sim.scenario.files import load; from tests.world.test_demand import *\n"
        "print(fingerprint(sample_demand(load('params/baseline.yaml', json.loads(sys.argv[1])), seed=5)))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(SHORT)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == fingerprint(sample_demand(short, seed=5))


def test_sampling_leaves_the_global_random_state_alone(short: Scenario) -> None:
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    sample_demand(short, seed=1)
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


def test_streams_of_different_names_differ_and_of_one_name_begin_again() -> None:
    streams = Streams(1, 0)
    first = {name: streams.open("luck", name, 0).random() for name in ("a", "b", "c")}
    assert len({*first.values(), streams.open("other", "a", 0).random(), streams.open("luck", "a", 1).random()}) == 5
    assert streams.open("luck", "a", 0).random() == first["a"]
    assert stable_hash("organic") == int(hashlib.blake2b(b"organic", digest_size=8).hexdigest(), 16)


def test_a_negative_seed_is_refused(short: Scenario) -> None:
    with pytest.raises(InputError, match="seed"):
        sample_demand(short, seed=-1)


def test_another_source_leaves_every_other_lead_as_it_was(short: Scenario) -> None:
    few = sample_demand(short, seed=9)
    many = sample_demand(override(short, {"marketing.sources.podcast": PODCAST}), seed=9)
    podcast = len(short.marketing.sources)
    assert np.count_nonzero(many.source == podcast) > 20
    hold_same_leads(few, many, many.source != podcast)
    assert np.array_equal(few.leave_luck, many.leave_luck)
    assert np.array_equal(few.visits_count, many.visits_count[:podcast])


def test_another_campaign_leaves_every_other_lead_as_it_was(short: Scenario) -> None:
    burst = {"source": "social", "starts_on": "2026-01-12", "first_week_leads": 100}
    few = sample_demand(short, seed=9)
    many = sample_demand(override(short, {"marketing.campaigns.zz_burst": burst}), seed=9)
    code = len(short.marketing.campaigns) + 1
    assert 60 < np.count_nonzero(many.campaign == code) < 220
    hold_same_leads(few, many, many.campaign != code)


@pytest.mark.parametrize("factor", [1.05, 2.0, 7.0])
def test_a_higher_volume_keeps_every_lead_with_its_luck(short: Scenario, factor: float) -> None:
    document = to_document(short)
    for source in document["marketing"]["sources"].values():
        for volume in ("visits_per_month", "leads_per_month"):
            if volume in source:
                source[volume] = [number * factor for number in source[volume]]
    few, many = sample_demand(short, seed=3), sample_demand(build(document), seed=3)
    rows = np.isin(many.lead_id, few.lead_id)
    assert many.lead_count > few.lead_count
    hold_same_leads(few, many, rows)


def test_one_more_attempt_keeps_the_luck_of_those_before(short: Scenario) -> None:
    few, many = (
        sample_demand(short, seed=3),
        sample_demand(override(short, {"sales.sdr.cadence.max_attempts": 9}), seed=3),
    )
    assert np.array_equal(many.connect_before[:, :6], few.connect_before)
    assert np.array_equal(many.no_answer_unit[:, :6], few.no_answer_unit)
    assert np.array_equal(many.qualify_luck, few.qualify_luck)


def test_leads_are_in_order_with_ids_that_are_theirs_alone(short: Scenario) -> None:
    demand = sample_demand(short, seed=3)
    assert np.array_equal(np.lexsort((demand.lead_id, demand.created_at)), np.arange(demand.lead_count))
    assert len(np.unique(demand.lead_id)) == demand.lead_count
    assert demand.created_at.min() >= 0
    assert demand.created_at.max() < timeline(short).ends_at
    assert demand.lead_id.min() >= 0
    assert np.array_equal(demand.created_at * 2**20, np.rint(demand.created_at * 2**20))


def test_a_duplicate_is_the_same_person_later(baseline: Scenario) -> None:
    demand = sample_demand(baseline, seed=3)
    copies = np.flatnonzero(demand.duplicate_of >= 0)
    place = {lead: row for row, lead in enumerate(demand.lead_id.tolist())}
    originals = np.array([place[lead] for lead in demand.duplicate_of[copies].tolist()])
    assert np.all(demand.duplicate_of[originals] == -1)
    assert np.all(demand.created_at[copies] >= demand.created_at[originals])
    assert np.all(demand.handed_at[copies] == demand.created_at[copies] + 10)
    for name in ("persona", "source", "fit", "score", "qualify_luck"):
        assert np.array_equal(getattr(demand, name)[copies], getattr(demand, name)[originals]), name
    assert not np.array_equal(demand.connect_before[copies], demand.connect_before[originals])
    handed = np.count_nonzero(~np.isnan(demand.handed_at) & (demand.duplicate_of < 0))
    assert abs(len(copies) / handed - 0.05) < 4 * np.sqrt(0.05 * 0.95 / handed) + 0.002
    lag = demand.created_at[copies] - demand.created_at[originals]
    assert abs(lag.mean() - 7 * 1440) < 4 * 7 * 1440 / np.sqrt(len(lag)) + 300


def test_no_duplicates_where_none_are_set(short: Scenario) -> None:
    assert np.all(sample_demand(override(short, {"marketing.duplicates.share": 0}), seed=3).duplicate_of == -1)


def test_a_campaign_brings_its_leads_in_its_weeks(short: Scenario) -> None:
    baseline = override(short, {"run.starts_on": "2026-09-10"})
    line, code = timeline(baseline), list(baseline.marketing.campaigns).index("trade_fair") + 1
    start = (baseline.marketing.campaigns["trade_fair"].starts_on - line.first_day).days
    weeks = np.zeros((25, 2))
    for replication in range(len(weeks)):
        demand = sample_demand(baseline, seed=11, replication=replication)
        rows = (demand.campaign == code) & (demand.duplicate_of < 0)
        assert set(demand.source[rows]) == {list(baseline.marketing.sources).index("event_list")}
        day = line.day_of(demand.created_at[rows]) - start
        assert day.min() >= 0
        assert day.max() < 14
        weeks[replication] = np.bincount(day // 7, minlength=2)
    error = weeks.std(axis=0, ddof=1) / np.sqrt(len(weeks))
    assert np.all(error < 0.05 * np.array([260, 130]))
    assert np.all(np.abs(weeks.mean(axis=0) - [260, 130]) < 4 * error)


def test_each_source_brings_its_volume_and_hands_over_its_share(baseline: Scenario) -> None:
    scenario = override(baseline, {"marketing.nurture.return_share": 0, "marketing.duplicates.share": 0})
    months = timeline(scenario).ends_at / 43830
    names = list(scenario.marketing.sources)
    counts, handed = np.zeros((20, len(names))), np.zeros((20, len(names)))
    for replication in range(20):
        demand = sample_demand(scenario, seed=21, replication=replication)
        usual = demand.campaign == 0
        counts[replication] = np.bincount(demand.source[usual], minlength=len(names))
        handed[replication] = np.bincount(demand.source[usual & ~np.isnan(demand.handed_at)], minlength=len(names))
    expected = np.array([source.mean_monthly_leads for source in scenario.marketing.sources.values()]) * months
    error = counts.std(axis=0, ddof=1) / np.sqrt(20)
    assert np.all(error < 0.02 * expected)
    assert np.all(np.abs(counts.mean(axis=0) - expected) < 4 * error)
    share = handed.sum(axis=0) / counts.sum(axis=0)
    set_ = np.array([source.handed_share for source in scenario.marketing.sources.values()])
    error = np.sqrt(set_ * (1 - set_) / counts.sum(axis=0))
    assert np.all(error < 0.005)
    assert np.all(np.abs(share - set_) < 4 * error)


def test_twelve_monthly_numbers_are_met_month_by_month(baseline: Scenario) -> None:
    monthly = [100, 900, 200, 800, 300, 700, 400, 600, 0, 1000, 500, 150]
    scenario = without_campaigns(baseline, **{"marketing.sources": {"event_list": {"leads_per_month": monthly}},
                                              "marketing.duplicates.share": 0})  # fmt: skip
    line, code = timeline(scenario), list(scenario.marketing.sources).index("event_list")
    counts = np.zeros(12)
    for replication in range(12):
        demand = sample_demand(scenario, seed=4, replication=replication)
        month = line.month_of(demand.created_at[demand.source == code])
        counts += np.bincount(month[month >= 0], minlength=12)
    expected = 12 * np.array(monthly)
    assert counts[8] == 0
    assert np.all(np.abs(counts - expected) <= 4 * np.sqrt(expected))


def test_a_month_that_lacks_a_date_brings_its_number_of_leads_all_the_same(baseline: Scenario) -> None:
    set_ = {"calendar.zone": "Pacific/Apia", "calendar.holidays": [], "run.starts_on": "2011-07-01", "sla": {}}
    monthly = {"marketing.sources": {"event_list": {"leads_per_month": [100, 900, *[500] * 9, 800]}}}
    scenario = without_campaigns(baseline, **set_, **monthly)
    line = timeline(scenario)
    flow = next(one for one in flows(scenario, line, np.ones(line.day_count)) if one.source == "event_list")
    by_month = np.bincount(line.month_of(60.0 * np.arange(len(flow.mass))) + 1, weights=flow.mass * flow.volume)[1:]
    np.testing.assert_allclose(by_month[5:8], [800, 100, 900], rtol=0.005)


def test_a_month_of_which_the_run_sees_a_part_keeps_its_rate(baseline: Scenario) -> None:
    set_ = {"run.starts_on": "2026-04-01", "run.warm_up_weeks": 4, "run.horizon_months": 1, "run.cool_down_weeks": 0,
            "marketing.profile": {"weekdays": {"sat-sun": 1}}, "marketing.duplicates.share": 0}  # fmt: skip
    scenario = without_campaigns(
        baseline, **set_, **{"marketing.sources": {"event_list": {"leads_per_month": [3100] * 12}}}
    )
    line, code = timeline(scenario), list(scenario.marketing.sources).index("event_list")
    in_march = 0.0
    for replication in range(20):
        demand = sample_demand(scenario, seed=4, replication=replication)
        in_march += np.count_nonzero((demand.source == code) & (demand.created_at < line.horizon_starts_at))
    expected = 20 * 3100 * 28 * 1440 / 43830
    assert abs(in_march - expected) < 4 * np.sqrt(expected)


def daily_counts(scenario: Scenario, replications: int) -> np.ndarray:
    line = timeline(scenario)
    return np.array(
        [
            np.bincount(
                line.day_of(sample_demand(scenario, seed=8, replication=r).created_at), minlength=line.day_count
            )
            for r in range(replications)
        ]
    )


def test_daily_totals_are_as_noisy_as_real_ones(baseline: Scenario) -> None:
    counts = daily_counts(baseline, 6)
    dispersion = (counts.var(axis=1, ddof=1) / counts.mean(axis=1)).mean()
    assert 4 < dispersion < 20
    weekday = (np.arange(counts.shape[1]) + timeline(baseline).first_day.weekday()) % 7
    within = [counts[:, weekday == day].var(ddof=1) / counts[:, weekday == day].mean() for day in range(5)]
    assert 4 < np.mean(within) < 20


def test_without_day_effects_daily_totals_are_poisson(baseline: Scenario) -> None:
    set_ = {"marketing.profile.weekdays": {"mon-sun": 1}, "marketing.duplicates.share": 0}
    counts = daily_counts(without_campaigns(baseline, **set_), 6)[:, 1:-1]
    dispersion = counts.var(ddof=1) / counts.mean()
    error = np.sqrt(2 / counts.size)
    assert error < 0.04
    assert abs(dispersion - 1) < 4 * error + 0.02


def test_the_day_effect_has_mean_one_and_its_set_shape(baseline: Scenario) -> None:
    line = timeline(baseline)
    effects = np.concatenate([day_effects(baseline, Streams(1, r), line) for r in range(20)])
    assert abs(effects.mean() - 1) < 4 * np.sqrt(0.1 / len(effects))
    assert abs(effects.var() - 0.1) < 0.008
    assert np.all(day_effects(without_campaigns(baseline), Streams(1, 0), line) == 1)


def test_weekends_and_hours_bring_their_weight(baseline: Scenario) -> None:
    scenario = without_campaigns(baseline, **{"marketing.duplicates.share": 0})
    line, hours = timeline(scenario), np.zeros(168)
    for replication in range(8):
        hours += np.bincount(
            line.hour_of_week(sample_demand(scenario, seed=2, replication=replication).created_at), minlength=168
        )
    weights = np.outer([1, 1, 1, 1, 1, 0.4, 0.4], scenario.marketing.profile.hours).ravel()
    days = hours.reshape(7, 24).sum(axis=1)
    assert abs(days[5:].mean() / days[:5].mean() - 0.4) < 0.02
    expected = weights / weights.sum() * hours.sum()
    assert np.sum((hours - expected) ** 2 / expected) < 168 + 5 * np.sqrt(2 * 168)


@pytest.fixture(scope="module")
def crowd(baseline: Scenario) -> tuple[Scenario, Demand]:
    """One month with very many leads, without what blurs a source's own numbers."""
    document = to_document(
        without_campaigns(baseline, **SHORT, **{"marketing.nurture.return_share": 0, "marketing.duplicates.share": 0})
    )
    for source in document["marketing"]["sources"].values():
        for field in ("visits_per_month", "visit_to_lead_share", "leads_per_month"):
            source.pop(field, None)
        source["leads_per_month"] = [30_000]
    document["sales"]["sdr"]["cadence"]["max_attempts"] = 1
    scenario = build(document)
    return scenario, sample_demand(scenario, seed=17)


def auc_of(score: np.ndarray, good: np.ndarray) -> float:
    ranks = np.argsort(np.argsort(score)) + 1.0
    positives = np.count_nonzero(good)
    return float((ranks[good].sum() - positives * (positives + 1) / 2) / (positives * np.count_nonzero(~good)))


@pytest.mark.parametrize(
    "source", ["organic", "paid_search", "demo_request", "referral", "webinar", "event_list", "social"]
)
def test_a_score_sees_as_well_as_set_and_handed_leads_qualify_as_set(
    crowd: tuple[Scenario, Demand], source: str
) -> None:
    scenario, demand = crowd
    rows = demand.source == list(scenario.marketing.sources).index(source)
    handed = rows & ~np.isnan(demand.handed_at)
    assert np.array_equal(handed[rows], demand.score[rows] >= 50)
    qualify = demand.qualify_prob[handed].mean()
    set_ = scenario.marketing.sources[source].qualify_prob
    error = demand.qualify_prob[handed].std() / np.sqrt(np.count_nonzero(handed))
    assert error < 0.01 * 0.3
    assert abs(qualify - set_) < 4 * error
    inside = rows & demand.fit
    luck = np.random.default_rng(4).random(np.count_nonzero(inside))
    measured = auc_of(demand.score[inside], luck < demand.qualify_prob[inside])
    assert abs(measured - scenario.marketing.scoring.auc) < 0.02


@pytest.mark.parametrize("auc", [0.5, 0.6, 0.8])
def test_any_set_quality_of_the_score_is_met(crowd: tuple[Scenario, Demand], auc: float) -> None:
    demand = sample_demand(override(crowd[0], {"marketing.scoring.auc": auc}), seed=5)
    rows = (demand.source == 0) & demand.fit
    good = np.random.default_rng(4).random(np.count_nonzero(rows)) < demand.qualify_prob[rows]
    assert abs(auc_of(demand.score[rows], good) - auc) < 0.02


def test_personas_profile_and_reach_have_their_set_shares(crowd: tuple[Scenario, Demand]) -> None:
    scenario, demand = crowd
    shares = np.bincount(demand.persona) / demand.lead_count
    assert np.allclose(shares, [persona.share for persona in scenario.personas.values()], atol=0.005)
    assert abs(demand.fit.mean() - 0.7) < 0.005
    demand = of_handed(demand)
    assert abs((demand.connect_before[:, 0] > 0).mean() - 0.8 * 5.6 / 11.5) < 0.005
    values = np.array([persona.deal_value for persona in scenario.personas.values()])
    means = [demand.deal_value[demand.persona == code].mean() for code in range(3)]
    assert np.allclose(means, values, rtol=0.02)
    assert abs((demand.win_wait_limit >= 0).mean() - demand.win_prob.mean()) < 0.005


def test_interest_falls_as_the_preset_says(crowd: tuple[Scenario, Demand]) -> None:
    scenario, demand = crowd[0], of_handed(crowd[1])
    curve = scenario.decay.curve
    assert curve is not None
    for age in (5.0, 60.0, 1440.0, 10_080.0):
        assert abs((demand.interest_until > age).mean() - float(curve.value(age))) < 0.005


def changed_value(path: str, value: Any, scenario: Scenario) -> list[Any]:
    """Values of the same kind that differ from the one set, first the one most likely to matter."""
    special: dict[str, list[Any]] = {
        "run.starts_on": ["2026-02-01"],
        "calendar.zone": ["Europe/Berlin"],
        "decay.preset": ["strong"],
        "decay.outcomes": [["win"]],
        "decay.points": [],
        "decay.clock": ["each_attempt"],
        "marketing.handoff.on": ["either", "both"],
        "sales.reach.connect_probs": [[0.5]],
        "marketing.patience_mean": ["10 days"],
        "marketing.season": [[0.5] * 12],
        "calendar.hours.mon": [["10:00-15:00"]],
        "calendar.holidays": [["2026-01-02"]],
        "marketing.profile.hours": [[1] * 24],
        "goal.view": ["booked"],
        "sales.sdr.marketing_time.form": ["blocks"],
        "sales.sdr.queue.order": ["newest"],
        "sales.reach.presence": [[1.0] * 84 + [0.5] * 84],
        "sales.sdr.automatic_reply": [{"after": "1 min"}],
        "sales.sdr.meetings": [[{"day": "mon", "hours": "09:00-10:00"}]],
        "sales.sdr.zone": ["Europe/Berlin"],
        "sales.sdr.routing.rule": ["round_robin"],
        "sales.sdr.routing.if_absent": ["skip"],
        "sales.sdr.routing.open_leads_cap": [5],
        "sales.sdr.marketing_time.block_starts": ["last"],
        "sales.sdr.starts_on": ["2026-01-05"],
        "sales.sdr.leaves_on": ["2026-01-20"],
        "sales.sdr.reps": [{"1": {"pace": 2}}],
        "sales.sdr.routing.escalation": [{}],
        "marketing.profile.weekdays.sat": [1],
    }
    if path in special:
        return special[path]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value * 0.4 if value else 0.3, value + 1] if not float(value).is_integer() else [int(value) + 1, 0.3]
    try:
        span = Span.parse(value)
    except ValueError:
        return []
    return [str(Span(span.amount * 0.5 + 3, span.unit, span.business))]


def trials(scenario: Scenario) -> dict[str, Scenario]:
    """One changed scenario for each leaf that has another legal value."""
    found: dict[str, Scenario] = {}
    for path, value in flatten(scenario.canonical()).items():
        for other in changed_value(path, value, scenario):
            try:
                found[path] = override(scenario, {path: other})
                break
            except InputError:
                continue
    return found


@pytest.mark.parametrize("group", ["personas", "marketing.sources", "marketing.campaigns"])
def test_a_demand_is_not_taken_for_one_whose_names_stand_in_another_order(short: Scenario, group: str) -> None:
    document = to_document(_felt(short))
    *path, last = group.split(".")
    parent = document[path[0]] if path else document
    parent[last] = dict(reversed(parent[last].items()))
    one, other = sample_demand(_felt(short), seed=1), sample_demand(build(document), seed=1)
    assert fingerprint(one) != fingerprint(other)
    assert one.reads != other.reads


@pytest.fixture(scope="module")
def changed(short: Scenario) -> dict[str, Scenario]:
    return trials(_felt(short))


def _felt(short: Scenario) -> Scenario:
    """A small March in which every number of the demand is felt."""
    return override(
        short,
        {
            "run.starts_on": "2026-03-01",
            "marketing.season": [0.3] * 12,
            "marketing.bad_number_share": 0.2,
            "marketing.handoff.on": "either",
            "marketing.campaigns": {name: {"starts_on": "2026-03-02"} for name in short.marketing.campaigns},
            "marketing.sources": {name: {"action_share": 0.5} for name in short.marketing.sources},
        },
    )


@pytest.mark.slow
def test_a_demand_reads_every_path_that_shapes_it_and_no_other(short: Scenario, changed: dict[str, Scenario]) -> None:
    demand = sample_demand(_felt(short), seed=1)
    print_, reads = fingerprint(demand), demand.reads
    assert len(changed) > 150
    without_effect = set()
    for path, other in changed.items():
        again = sample_demand(other, seed=1)
        shaped, read = fingerprint(again) != print_, again.reads != reads
        assert read or not shaped, f"{path} shapes the demand and is not read"
        if read and not shaped:
            without_effect.add(path)
    assert without_effect == READ_WITHOUT_EFFECT


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "sales.sdr.headcount",
        "sla.speed.within",
        "sla.speed.target",
        "sales.sdr.queue.new_before_retries",
        "sales.sdr.marketing_time.share",
        "economics.gross_margin",
        "sales.ae.open_limit",
        "sales.sdr.leave_days_per_year",
        "sales.sdr.channels.phone.talk",
        "marketing.sources.organic.cost_per_handed",
        "calendar.holidays",
    ],
)
def test_what_sales_does_shares_one_demand(short: Scenario, changed: dict[str, Scenario], path: str) -> None:
    assert demand_reads(changed[path]) == demand_reads(_felt(short))


def test_a_given_backlog_waits_at_the_start_with_the_mix_of_handed_leads(short: Scenario) -> None:
    demand = sample_demand(override(short, {"run.opening_backlog": 400}), seed=1)
    waiting = demand.created_at == 0
    assert np.count_nonzero(waiting) == 400
    assert np.all(demand.handed_at[waiting] == 0)
    handed = np.array([source.mean_monthly_leads * source.handed_share for source in short.marketing.sources.values()])
    assert np.all(np.abs(np.bincount(demand.source[waiting]) - 400 * handed / handed.sum()) <= 1)
    hold_same_leads(sample_demand(short, seed=1), demand, ~waiting)


@pytest.mark.parametrize(
    "overrides",
    [{"marketing.season": [0] * 12, "marketing.campaigns": {name: {"first_week_leads": 0} for name in
      ("winter_webinar", "spring_search", "trade_fair", "autumn_search")}}, {"run.horizon_months": 0}],
)  # fmt: skip
def test_a_run_without_leads_is_an_empty_demand(short: Scenario, overrides: dict[str, Any]) -> None:
    demand = sample_demand(override(short, overrides), seed=1)
    assert demand.lead_count == 0
    full = arrays(sample_demand(short, seed=1))
    for name, value in arrays(demand).items():
        assert value.dtype == full[name].dtype, name
        assert value.ndim == full[name].ndim, name


def test_visits_are_the_leads_and_those_who_left_nothing(baseline: Scenario) -> None:
    demand = sample_demand(baseline, seed=1)
    line, sources = timeline(baseline), baseline.marketing.sources
    for code, source in enumerate(sources.values()):
        visits = demand.visits_count[code]
        leads = np.bincount(
            line.day_of(demand.created_at[(demand.source == code) & (demand.campaign == 0)]), minlength=line.day_count
        )
        if source.visits_per_month is None:
            assert visits.sum() == 0
        else:
            assert np.all(visits >= leads)
            assert abs(visits.sum() / (source.visits_per_month[0] * line.ends_at / 43830) - 1) < 0.08


def test_an_action_can_hand_over_a_lead_that_scores_low(short: Scenario) -> None:
    set_ = {f"marketing.sources.{name}.action_share": 0.3 for name in short.marketing.sources}
    handed = {}
    for rule in ("score", "action", "either", "both"):
        demand = sample_demand(
            override(short, {**set_, "marketing.handoff.on": rule, "marketing.nurture.return_share": 0}), seed=1
        )
        handed[rule] = set(demand.lead_id[~np.isnan(demand.handed_at) & (demand.duplicate_of < 0)].tolist())
    assert handed["either"] == handed["score"] | handed["action"]
    assert handed["both"] == handed["score"] & handed["action"]
    assert handed["action"] - handed["score"]


def test_nurtured_leads_come_back_at_their_rate(baseline: Scenario) -> None:
    demand = sample_demand(
        override(baseline, {"marketing.nurture.return_share": 0.5, "marketing.nurture.keep": "400 days"}), seed=1
    )
    low = (demand.score < 50) & (demand.duplicate_of < 0)
    back = ~np.isnan(demand.mql_at[low])
    assert abs(back.mean() - 0.5 * (1 - np.exp(-400 / 45))) < 0.02
    away = (demand.mql_at - demand.created_at)[low][back]
    assert abs(away.mean() / 1440 - 45) < 4 * 45 / np.sqrt(len(away)) + 0.5


def test_a_threshold_that_hands_over_more_leads_leaves_the_luck_of_those_handed_before(short: Scenario) -> None:
    plain = override(short, {"marketing.nurture.return_share": 0, "marketing.duplicates.share": 0.3})
    few, many = (sample_demand(override(plain, {"marketing.handoff.score_at_least": n}), seed=3) for n in (60, 45))
    before, now = of_handed(few), of_handed(many)
    assert now.lead_count > 1.3 * before.lead_count
    assert np.count_nonzero(before.duplicate_of >= 0) > 30
    hold_same_leads(before, now, np.isin(now.lead_id, before.lead_id))


IN_A_FOLLOW_UP = LEAD_COLUMNS[LEAD_COLUMNS.index("qualify_luck") :]


def test_the_luck_of_a_lead_that_is_never_handed_over_is_zero(short: Scenario) -> None:
    demand = sample_demand(short, seed=1)
    never = np.isnan(demand.handed_at)
    assert 400 < np.count_nonzero(never) < demand.lead_count - 400
    for name in IN_A_FOLLOW_UP:
        assert not getattr(demand, name)[never].any(), name


def test_nobody_reads_the_luck_of_a_lead_that_is_never_handed_over(short: Scenario) -> None:
    demand = sample_demand(short, seed=1)
    never, spoilt = np.isnan(demand.handed_at), {}
    for name in IN_A_FOLLOW_UP:
        spoilt[name] = getattr(demand, name).copy()
        spoilt[name][never] = 1 if spoilt[name].dtype == np.bool_ else -1e9
    other = dataclasses.replace(demand, **spoilt)
    for run in (simulate, simulate_unlimited):
        tables, again = run(short, demand).tables, run(short, other).tables
        for table, columns in tables.items():
            for name, column in columns.items():
                np.testing.assert_array_equal(column, again[table][name], err_msg=f"{table}.{name}")


@pytest.mark.parametrize("mass", [[1.0], [0.0, 2.0, 0.0], [1e-9, 3.0, 0.0, 0.0, 1e-12, 1e-12, 1e-12, 5.0, 1e-9], None])
def test_every_place_falls_in_the_hour_that_bisection_finds(mass: list[float] | None) -> None:
    random = np.random.default_rng(2)
    course = Course(np.array(mass) if mass else random.gamma(0.05, size=3000) * random.integers(0, 2, 3000))
    total = np.concatenate([[0.0], np.cumsum(course.mass)])
    place = np.concatenate([random.random(5000) * total[-1], total[:-1][course.mass > 0]])
    assert course.total == total[-1]
    hours = course.hours[course.hours_at(place)]
    assert np.array_equal(hours, np.searchsorted(total, place, side="right") - 1)


def test_rows_can_be_taken_in_any_order(short: Scenario) -> None:
    demand = sample_demand(short, seed=1)
    order = np.random.default_rng(1).permutation(demand.lead_count)
    taken = demand.take(order)
    assert np.array_equal(taken.lead_id, demand.lead_id[order])
    assert taken.reads == demand.reads
    assert fingerprint(taken.take(np.argsort(order))) == fingerprint(demand)
