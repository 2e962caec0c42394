"""The engine against a naive second implementation, attempt by attempt."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from smarketing_sim.engine import simulate
from smarketing_sim.ledger import RESULTS
from smarketing_sim.world.timeline import timeline
from tests.builders import make_demand, make_scenario
from tests.engine.naive import Call, Lead, call_all, office_hours

HOLIDAY = dt.date(2025, 3, 12)
SHIFT = ((9, 12), (13, 17))


@given(
    seed=st.integers(0, 10_000),
    reps=st.integers(1, 3),
    leads=st.integers(0, 45),
    most=st.integers(1, 4),
    gaps=st.lists(st.sampled_from([0, 15, 300, 480]), min_size=1, max_size=3),
    owed=st.sampled_from([0, 1, 3]),
    newest=st.booleans(),
    new_first=st.booleans(),
    patience=st.sampled_from([None, 200, 3_000]),
    coarse=st.booleans(),
)
def test_every_attempt_is_where_a_naive_loop_has_it(
    *,
    seed: int,
    reps: int,
    leads: int,
    most: int,
    gaps: list[int],
    owed: int,
    newest: bool,
    new_first: bool,
    patience: int | None,
    coarse: bool,
) -> None:
    scenario = make_scenario(
        {
            "run": {"starts_on": "2025-03-06", "horizon_months": 0, "warm_up_weeks": 0, "cool_down_weeks": 2},
            "calendar": {
                "zone": "America/New_York",
                "hours": {"mon-fri": ["09:00-17:00"]},
                "holidays": [HOLIDAY.isoformat()],
            },
            "sales.sdr": {
                "headcount": reps,
                "shift": {"mon-fri": ["09:00-12:00", "13:00-17:00"]},
                "marketing_time": {"share": 1 / (1 + owed)},
                "cadence": {"max_attempts": most, "gaps": [f"{gap} business minutes" for gap in gaps]},
                "queue": {"order": "newest" if newest else "oldest_due", "new_before_retries": new_first},
            },
        }
    )
    random, line = np.random.default_rng(seed), timeline(scenario)
    step = 30.0 if coarse else 1 / 64
    handed = np.floor(random.uniform(0, 8 * 1440, leads) / step) * step
    talk, silence = random.integers(0, 60, leads).astype(float), random.integers(0, 20, (leads, most)).astype(float)
    answers = random.random((leads, most)) < 0.3
    patient = (
        np.full(leads, np.inf) if patience is None else np.floor(random.exponential(patience, leads) / step) * step
    )
    ids = random.permutation(leads)
    ledger = simulate(
        scenario,
        make_demand(
            scenario,
            handed_at=handed,
            lead_id=ids,
            talk_unit=talk,
            no_answer_unit=silence,
            connect_before=np.where(answers, np.inf, -1.0),
            patience_minutes=patient,
        ),
    )
    calls = ledger.tables["attempts"]
    talked = calls["result"] == RESULTS.index("talk")
    found: list[Call] = list(
        zip(
            *(calls[name].tolist() for name in ("lead_id", "attempt", "due_at", "started_at", "ended_at")),
            talked.tolist(),
            strict=True,
        )
    )
    days = {"zone": "America/New_York", "closed": {HOLIDAY}}
    expected = call_all(
        [
            Lead(
                int(ids[n]),
                float(handed[n]),
                float(handed[n] + patient[n]),
                answers[n].tolist(),
                float(talk[n]),
                silence[n].tolist(),
            )
            for n in range(leads)
        ],
        reps=reps,
        contract=office_hours(line.first_day, line.day_count, hours=((9, 17),), **days),
        shift=office_hours(line.first_day, line.day_count - 1, hours=SHIFT, **days),
        ends_at=line.ends_at,
        gaps=[float(gap) for gap in gaps],
        most=most,
        owed_per_minute=float(owed),
        newest=newest,
        new_first=new_first,
    )
    assert found == expected
