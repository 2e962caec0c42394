"""Draws by lead: the published function, even and unrelated, and the same whoever else is asked for."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import stats

from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world import draws
from smarketing_sim.world.demand import sample_demand
from smarketing_sim.world.draws import Luck, mixed, uniforms
from smarketing_sim.world.streams import Streams

LEADS = 7_000_000_000 + 2 * np.arange(200_000)  # ids as one source and layer has them
MORE: dict[str, dict[str, Any]] = {"lognormal": {"mean": 3.0, "cv": 0.7, "attempts": 3}, "exponential": {"mean": 3.0}}


def luck(leads: Any = LEADS, *, seed: int = 1, replication: int = 0) -> Luck:
    return Luck(Streams(seed, replication), np.asarray(leads, dtype=np.int64))


def test_bits_are_mixed_as_by_the_published_generator() -> None:
    golden = 0x9E3779B97F4A7C15
    states = np.array([(1_234_567 + n * golden) % 2**64 for n in range(1, 6)], dtype=np.uint64)
    assert mixed(states).tolist() == [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
    ]  # fmt: skip


def test_compiled_and_plain_code_draw_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.concatenate([np.array([0, 1, 2**63, 2**64 - 1], dtype=np.uint64), mixed(LEADS[:5000].astype(np.uint64))])
    keys = np.array([0, 3, 2**64 - 1, 2**63 + 12345], dtype=np.uint64)
    compiled = uniforms(words, keys)
    monkeypatch.setattr(draws, "INSTALLED", False)
    assert uniforms(words, keys).tobytes() == compiled.tobytes()
    assert ((compiled > 0) & (compiled < 1)).all()


def test_the_ends_are_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    for word, end in ((np.uint64(0), 2.0**-53), (np.uint64(2**64 - 1), 1 - 2.0**-53)):
        monkeypatch.setattr(draws, "INSTALLED", False)
        monkeypatch.setattr(draws, "mixed", lambda words, word=word: np.full(words.shape, word))
        assert uniforms(np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.uint64)).tolist() == [[end]]


def test_a_key_is_that_of_a_seed_sequence_of_its_name() -> None:
    streams = Streams(2**130 + 5, 12)
    names = [streams.key("connect", attempt) for attempt in range(1, 9)] + [streams.key("win"), streams.key("connect")]
    assert len(set(names)) == len(names)
    assert streams.open("win").bit_generator.state == np.random.PCG64(streams._sequence("win")).state
    assert names[-2] == int(streams._sequence("win").generate_state(1, np.uint64)[0])


@pytest.mark.parametrize("purpose", ["uniform", "normal", "lognormal", "exponential"])
def test_the_luck_of_a_lead_does_not_depend_on_who_stands_beside_it(purpose: str) -> None:
    everyone = luck(LEADS[:2000])
    whole = getattr(everyone, purpose)("any", **MORE.get(purpose, {}))
    order = np.random.default_rng(1).permutation(everyone.count)
    for leads in (order, order[:401], order[:1], order[:0], np.sort(order[:37])):
        some = getattr(everyone.of(leads), purpose)("any", **MORE.get(purpose, {}))
        assert some.tobytes() == whole[leads].tobytes()


@pytest.mark.parametrize(
    ("purpose", "law"), [("uniform", stats.uniform()), ("normal", stats.norm()), ("exponential", stats.expon(scale=3))]
)
def test_theory_draws_follow_their_law(purpose: str, law: Any) -> None:
    for attempt in range(8):
        drawn = getattr(luck(), purpose)(f"law {attempt}", **MORE.get(purpose, {}))
        assert stats.kstest(drawn, law.cdf).pvalue > 1e-4


def test_theory_small_cells_hold_as_many_as_they_should() -> None:
    cells = np.bincount((luck().uniform("cells", 10) * 4096).astype(int).ravel(), minlength=4096)
    assert 1e-4 < stats.chisquare(cells).pvalue < 1 - 1e-4


def test_theory_pairs_of_draws_have_nothing_in_common() -> None:
    """Neighbours, attempts, purposes, replications, seeds and second records: cells of pairs as even as of singles."""
    first = luck().uniform("one")
    others = {
        "neighbour": np.roll(first, 1),
        "ten further": np.roll(first, 10),
        "attempt": luck().uniform("one", 2)[:, 1],
        "purpose": luck().uniform("two"),
        "replication": luck(replication=1).uniform("one"),
        "seed": luck(seed=2).uniform("one"),
        "second record": luck(LEADS + 1).uniform("one"),
        "layer": luck(LEADS + 2**31).uniform("one"),
        "source": luck(LEADS + 2**37).uniform("one"),
    }
    for name, second in others.items():
        pairs = np.bincount(((first * 32).astype(int) * 32 + (second * 32).astype(int)), minlength=1024)
        assert 1e-4 < stats.chisquare(pairs).pvalue < 1 - 1e-4, name
        assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(len(first)), name


def test_theory_each_bit_of_a_draw_changes_half_the_time_whatever_bit_of_the_lead_does() -> None:
    words = mixed(np.arange(20_000, dtype=np.uint64))
    for bit in range(64):
        changed = mixed(words) ^ mixed(words ^ np.uint64(1 << bit))
        for place in range(12, 64):
            share = float(np.mean((changed >> np.uint64(place)) & np.uint64(1)))
            assert abs(share - 0.5) < 5.5 * 0.5 / np.sqrt(len(words)), (bit, place)


def test_theory_sums_over_replications_vary_as_independent_draws_do() -> None:
    means = np.array([luck(LEADS[:500], replication=r).uniform("mean").mean() for r in range(2000)])
    spread = means.var(ddof=1) / (1 / 12 / 500)
    low, high = stats.chi2(1999).ppf([1e-4, 1 - 1e-4]) / 1999
    assert low < spread < high
    assert abs(np.corrcoef(means[1:], means[:-1])[0, 1]) < 4 / np.sqrt(2000)


def test_no_two_leads_purposes_or_attempts_share_a_draw() -> None:
    drawn = [luck(LEADS[:3000]).uniform(name, 4).ravel() for name in ("a", "b", "c")]
    for one, other in itertools.combinations(drawn, 2):
        assert not np.isin(one, other).any()
    assert len(np.unique(np.concatenate(drawn))) == 3 * 4 * 3000


def test_a_second_record_has_its_persons_fate_and_attempts_of_its_own(short: Scenario) -> None:
    demand = sample_demand(short, seed=3)
    again = np.flatnonzero(demand.duplicate_of >= 0)
    first = np.searchsorted(np.sort(demand.lead_id), demand.duplicate_of[again])
    first = np.argsort(demand.lead_id)[first]
    assert len(again) > 3
    for name in ("win_prob", "deal_value", "qualify_luck", "cycle_minutes", "show_luck", "reason_luck"):
        assert np.array_equal(getattr(demand, name)[again], getattr(demand, name)[first]), name
    for name in ("preparation_unit", "no_answer_unit", "voicemail_luck", "talk_unit"):
        assert (getattr(demand, name)[again] != getattr(demand, name)[first]).all(), name
