"""Which cause every assumption belongs to, so that a gap between two plans can be split without overlap.

A path belongs to the cause of its longest prefix in the table; ``*`` stands for a name that a file gives. Groups whose
fields have several causes list each field, so that a new field without a cause is found by a test instead of being
swallowed.

Four choices that could have been made otherwise:

* A persona belongs to quality whole: a kind of buyer is who comes, what they buy and how they decide. Its share and its
  deal value change together where one kind of buyer takes the place of another.
* The handoff threshold and ``handed_share`` belong to volume: they decide how many leads reach sales. What those leads
  are like is said by ``qualify_prob``.
* Headcount, ramp, pace and the minutes of an attempt belong to queue, for a lead waits when there are too few hands for
  the minutes asked; hours, meetings and leave belong to calendar.
* What the simulation does before and after the year belongs to terms, prices and beliefs; the year itself must be the
  same in both plans.
"""

from __future__ import annotations

from collections.abc import Mapping

VOLUME, QUALITY, ROUTING, CALENDAR, QUEUE, DEPTH = "volume", "quality", "routing", "calendar", "queue", "depth"
TERMS = "terms, prices and beliefs"
CAUSES = (VOLUME, QUALITY, ROUTING, CALENDAR, QUEUE, DEPTH, TERMS)
NOT_MODELLED = ("motivation",)
"""What people also blame, and no scenario holds."""
MEANING = {
    VOLUME: "how many leads reach sales, and when",
    QUALITY: "who the leads are, what they would buy, how good the score is",
    ROUTING: "which rep gets which lead, and how soon the system hands it over",
    CALENDAR: "opening hours, shifts, meetings, leave and holidays",
    QUEUE: "how many reps there are, how fast they are, and whom they call next",
    DEPTH: "how thoroughly each lead is worked and written up",
    TERMS: "promises, goals, costs, margins, and what is believed about buyers",
}

NAMED: Mapping[str, str] = {
    "marketing.sources": VOLUME,
    "marketing.campaigns": VOLUME,
    "sales.sdr.channels": DEPTH,
    "sales.sdr.reps": QUEUE,
}
"""Groups of named things whose fields have several causes, each with the cause that decides which names there are."""

_PROFILE = {
    "shift": CALENDAR,
    "zone": CALENDAR,
    "meetings": CALENDAR,
    "leave_days_per_year": CALENDAR,
    "marketing_time": QUEUE,
    "pace": QUEUE,
    "starts_on": QUEUE,
    "leaves_on": QUEUE,
    "skill": DEPTH,
    "weight": ROUTING,
}
TABLE: Mapping[str, str] = {
    "run.starts_on": TERMS,
    "run.horizon_months": TERMS,
    "run.warm_up_weeks": TERMS,
    "run.cool_down_weeks": TERMS,
    "run.opening_backlog": VOLUME,
    "currency": TERMS,
    "calendar": CALENDAR,
    "goal": TERMS,
    "personas": QUALITY,
    "marketing.sources.*.leads_per_month": VOLUME,
    "marketing.sources.*.visits_per_month": VOLUME,
    "marketing.sources.*.visit_to_lead_share": VOLUME,
    "marketing.sources.*.months_from": VOLUME,
    "marketing.sources.*.handed_share": VOLUME,
    "marketing.sources.*.action_share": VOLUME,
    "marketing.sources.*.profile": VOLUME,
    "marketing.sources.*.qualify_prob": QUALITY,
    "marketing.sources.*.win_prob": QUALITY,
    "marketing.sources.*.promise_match": QUALITY,
    "marketing.sources.*.in_profile_share": QUALITY,
    "marketing.sources.*.reachable_share": QUALITY,
    "marketing.sources.*.scoring": QUALITY,
    "marketing.sources.*.decay": TERMS,
    "marketing.sources.*.personas": QUALITY,
    "marketing.sources.*.cost_per_handed": TERMS,
    "marketing.campaigns.*.source": VOLUME,
    "marketing.campaigns.*.starts_on": VOLUME,
    "marketing.campaigns.*.first_week_leads": VOLUME,
    "marketing.campaigns.*.weekly_decay": VOLUME,
    "marketing.campaigns.*.weeks": VOLUME,
    "marketing.campaigns.*.cost": TERMS,
    "marketing.profile": VOLUME,
    "marketing.season": VOLUME,
    "marketing.day_effect_shape": VOLUME,
    "marketing.in_profile_share": QUALITY,
    "marketing.out_of_profile_factor": QUALITY,
    "marketing.reachable_share": QUALITY,
    "marketing.bad_number_share": QUALITY,
    "marketing.scoring": QUALITY,
    "marketing.handoff.on": VOLUME,
    "marketing.handoff.score_at_least": VOLUME,
    "marketing.handoff.system_delay": ROUTING,
    "marketing.handoff.intelligence": QUALITY,
    "marketing.nurture": VOLUME,
    "marketing.duplicates": QUALITY,
    "marketing.patience_mean": TERMS,
    "decay": TERMS,
    **{f"sales.sdr.{field}": cause for field, cause in _PROFILE.items()},
    **{f"sales.sdr.reps.*.{field}": cause for field, cause in _PROFILE.items()},
    "sales.sdr.headcount": QUEUE,
    "sales.sdr.annual_cost": TERMS,
    "sales.sdr.ramp": QUEUE,
    "sales.sdr.attrition": QUEUE,
    "sales.sdr.hires": QUEUE,
    "sales.sdr.minutes_cv": QUEUE,
    "sales.sdr.channels.*.preparation": QUEUE,
    "sales.sdr.channels.*.no_answer": QUEUE,
    "sales.sdr.channels.*.voicemail": QUEUE,
    "sales.sdr.channels.*.talk": QUEUE,
    "sales.sdr.channels.*.voicemail_share": DEPTH,
    "sales.sdr.channels.*.connect_factor": DEPTH,
    "sales.sdr.channels.*.counts_as_response": DEPTH,
    "sales.sdr.cadence": DEPTH,
    "sales.sdr.queue": QUEUE,
    "sales.sdr.routing": ROUTING,
    "sales.sdr.recording": DEPTH,
    "sales.sdr.automatic_reply": DEPTH,
    "sales.reach": TERMS,
    "sales.meetings": TERMS,
    "sales.ae.headcount": QUEUE,
    "sales.ae.open_limit": QUEUE,
    "sales.ae.fade_half_life": TERMS,
    "sales.ae.cycle_median": TERMS,
    "sales.ae.cycle_cv": TERMS,
    "sales.ae.quota": TERMS,
    "sales.ae.annual_cost": TERMS,
    "sales.loss_reasons": TERMS,
    "sla": TERMS,
    "economics": TERMS,
}
"""Cause by prefix of a path of the canonical form; ``*`` is a name."""


def cause_of(path: str) -> str:
    """Return the cause that a path of a scenario's canonical form belongs to.

    Parameters
    ----------
    path
        Dotted path, such as ``sales.sdr.headcount``; that of a named thing as a whole is its group's and its name.

    Raises
    ------
    LookupError
        If the table has no prefix of it.
    """
    steps = path.split(".")
    for group, cause in NAMED.items():
        if path == group or (path.startswith(f"{group}.") and len(steps) == group.count(".") + 2):
            return cause
    pattern = _pattern_of(path).split(".")
    for length in range(len(pattern), 0, -1):
        prefix = ".".join(pattern[:length])
        if prefix in TABLE:
            return TABLE[prefix]
    raise LookupError(f"no cause is named for {path}")


def _pattern_of(path: str) -> str:
    """Return a path with the name of a named thing replaced by ``*``."""
    for group in NAMED:
        if path.startswith(f"{group}."):
            _, _, field = path[len(group) + 1 :].partition(".")
            return f"{group}.*.{field}"
    return path
