"""Small scenarios over every policy, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from smarketing_sim.scenario.queue_orders import ORDERS
from tests.builders import OFFICE_HOURS, Overrides

FEWER = settings(max_examples=settings.default.max_examples // 3)  # type: ignore[union-attr]
OFFICE = {"mon-fri": ["09:00-17:00"]}
MARKETING_TIME = [
    {"share": 1.0},
    {"share": 0.4, "form": "interleaved"},
    {"share": 0.4, "form": "blocks"},
    {"share": 0.5, "form": "blocks", "block_starts": "last"},
    {"share": 0.5, "form": "dedicated_rota"},
]
CHANNELS = {
    "phone": {
        "preparation": "3 min",
        "no_answer": "4 min",
        "voicemail": "6 min",
        "voicemail_share": 0.3,
        "talk": "20 min",
    },
    "mail": {
        "preparation": "0 min",
        "no_answer": "0 min",
        "voicemail": "0 min",
        "talk": "5 min",
        "connect_factor": 0.5,
    },
}
DECAYS = [
    {"preset": "none"},
    {"preset": "steep"},
    {"preset": "medium", "clock": "each_attempt"},
    {"preset": "mild"},
    {"preset": "flat_day", "outcomes": ["contact", "win"]},
]
MEETINGS = [{"day": "tue", "hours": "09:30-11:00"}]
REPS: list[dict[str, Any]] = [
    {},
    {"zone": "Asia/Tokyo"},
    {"leaves_on": "2024-03-15"},
    {"starts_on": "2024-03-12"},
    {"pace": 0.7, "skill": 1.5},
    {"shift": {"mon-fri": ["12:00-16:00", "17:00-20:00"]}},
    {"leave_days_per_year": 200},
    {"meetings": MEETINGS},
    {"weight": 3.0},
    {"marketing_time": {"share": 0.3, "form": "blocks"}},
]


@st.composite
def cadences(draw: st.DrawFn) -> dict[str, Any]:
    gaps = st.sampled_from(["0 min", "90 min", "1 day", "4 business hours", "1 business day"])
    drop = draw(st.sampled_from([None, "6 hours", "3 days"]))
    return {
        "max_attempts": draw(st.integers(1, 5)),
        "gaps": draw(st.lists(gaps, min_size=1, max_size=3)),
        "channels": draw(st.sampled_from([["phone"], ["phone", "mail"], ["mail", "phone", "phone"]])),
        "stop_when_rejected": draw(st.booleans()),
        **({} if drop is None else {"drop_after": drop}),
    }


@st.composite
def routings(draw: st.DrawFn, headcount: int) -> dict[str, Any]:
    rule = draw(
        st.sampled_from(["pool", "round_robin", "weighted", "territory"] if headcount else ["pool", "round_robin"])
    )
    routing: dict[str, Any] = {
        "rule": rule,
        "if_absent": draw(st.sampled_from(["wait", "skip"])),
        "sticky_owner": draw(st.booleans()),
        "misroute": {
            "share": draw(st.sampled_from([0.0, 0.3])),
            "mend": draw(st.sampled_from(["5 hours", "1 business day"])),
        },
    }
    if draw(st.booleans()):
        routing["open_leads_cap"] = draw(st.integers(1, 5))
    if draw(st.booleans()):
        routing["escalation"] = {
            "front_at_share": draw(st.sampled_from([0.0, 0.5, 1.0])),
            "reassign_at_breach": draw(st.booleans()),
        }
    if rule == "territory":
        routing["territories"] = {
            "left": {"reps": [1], "takes": {"source": "web"}},
            "right": {"reps": [headcount], "takes": {"persona": "large"}},
        }
    return routing


@st.composite
def small_scenarios(draw: st.DrawFn) -> Overrides:
    """Overrides of the base scenario: a few weeks, up to about a hundred leads, up to four unlike reps."""
    headcount = draw(st.integers(0, 4))
    reps = {str(n): draw(st.sampled_from(REPS)) for n in range(1, headcount + 1)}
    overrides: Overrides = {
        "run": {
            "starts_on": "2024-03-04",
            "warm_up_weeks": 0,
            "horizon_months": draw(st.sampled_from([0, 1])),
            "cool_down_weeks": draw(st.sampled_from([0, 1])),
        },
        "calendar": {
            "zone": draw(st.sampled_from(["America/New_York", "UTC"])),
            "holidays": draw(st.sampled_from([["2024-03-06"], [{"2024-03-06": ["11:00-14:00"]}, "2024-03-12"]])),
            "hours": draw(st.sampled_from([OFFICE, {"mon-sun": ["00:00-24:00"]}])),
        },
        "personas": {"anyone": {"share": 0.6, "segment": "smb"}, "large": {"share": 0.4, "deal_value": 9_000}},
        "marketing": {
            "sources": {
                "web": {"leads_per_month": draw(st.sampled_from([0, 15, 80])), "handed_share": 0.7},
                "events": {"leads_per_month": 20, "qualify_prob": 0.3, "win_prob": 0.3},
            },
            "in_profile_share": 0.7,
            "reachable_share": 0.8,
            "bad_number_share": 0.2,
            "duplicates": {"share": 0.1, "lag": "1 day"},
            "nurture": {"return_share": 0.3, "return_after": "5 days"},
            "handoff": {"system_delay": "10 min"},
            **draw(st.sampled_from([{}, {"patience_mean": "4 hours"}, {"patience_mean": "3 days"}])),
        },
        "decay": draw(st.sampled_from(DECAYS)),
        "sales.sdr": {
            "headcount": headcount,
            "shift": draw(st.sampled_from([OFFICE_HOURS, OFFICE])),
            "reps": reps,
            "marketing_time": draw(st.sampled_from(MARKETING_TIME)),
            "minutes_cv": draw(st.sampled_from([0.0, 0.7])),
            "ramp": draw(st.sampled_from([{}, {"months": 2, "start_share": 0.4}])),
            "attrition": draw(st.sampled_from([{}, {"leave_per_year": 0.999_999, "vacant": "3 days"}])),
            "channels": CHANNELS,
            "cadence": draw(cadences()),
            "routing": draw(routings(headcount)),
            "queue": {
                "order": draw(st.sampled_from(list(ORDERS))),
                "new_before_retries": draw(st.booleans()),
            },
            **draw(st.sampled_from([{}, {"automatic_reply": {"after": "2 min"}}])),
        },
        "sales.meetings": {"booking_lag": "2 days", "booking_lag_cv": 0.5, "show_share": 0.8, "rebook_share": 0.5},
        "sales.ae": {
            "headcount": draw(st.sampled_from([0, 1])),
            "cycle_median": "9 days",
            **draw(st.sampled_from([{}, {"open_limit": 1, "fade_half_life": "5 days"}])),
        },
        "sla": draw(
            st.sampled_from(
                [
                    {},
                    {
                        "speed": {"target": 0.9, "within": "3 business hours"},
                        "depth": {"target": 0.8, "attempts": 3, "within": "5 days"},
                    },
                    {"speed": {"target": 0.9, "within": "2 hours", "applies_to": {"source": "web"}}},
                ]
            )
        ),
    }
    return overrides
