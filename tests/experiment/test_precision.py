"""Wanted precision, as it is typed."""

from __future__ import annotations

import numpy as np
import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.experiment import replications
from smarketing_sim.experiment.precision import parse_precision
from smarketing_sim.experiment.replications import OfMean
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.measure.statistics import t_interval
from tests.experiment.stubs import replication, small


def test_a_half_width_is_a_number_or_a_share_of_the_mean() -> None:
    assert parse_precision(["expected_revenue=3%", "sdr_utilisation = 0.01", "contribution=2.5%"]) == {
        "expected_revenue": OfMean(0.03),
        "sdr_utilisation": 0.01,
        "contribution": OfMean(0.025),
    }


def test_every_wrong_word_is_told_at_once() -> None:
    with pytest.raises(InputError) as raised:
        parse_precision(["expected_revenu=3%", "sdr_utilisation=0", "ae_utilisation", "won_count=-1%", "spend=inf"])
    told = [str(problem) for problem in raised.value.problems]
    assert len(told) == 5
    assert "did you mean 'expected_revenue'?" in told[0]
    assert all("must be a half-width above 0" in line for line in told[1:])


def test_a_share_of_the_mean_stops_once_the_interval_is_that_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    def instead(scenario: object, seed: int, number: int, engine: str, keep: bool) -> object:
        return replication(number, expected_revenue=100.0 + 20.0 * (number % 2)), None

    monkeypatch.setattr(replications, "replicate", instead)
    values = Simulation(5000).run(small(), precision={"expected_revenue": OfMean(0.01)}).series("expected_revenue")
    found = t_interval(values)
    assert (found.high - found.low) / 2 <= 0.0101 * np.mean(values)
    assert 200 < len(values) < 500
