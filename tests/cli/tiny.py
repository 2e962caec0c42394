"""A company small enough to simulate in a blink, for tests of commands, notebooks and pages."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import PARAMS

_TINY = """\
extends: {baseline}
name: Tiny plan
description: Three sources and few leads
run: {{horizon_months: 1, warm_up_weeks: 1, cool_down_weeks: 3}}
marketing:
  sources:
    organic: {{visits_per_month: 1000}}
    paid_search: {{visits_per_month: 300}}
    demo_request: {{visits_per_month: 500}}
    referral: null
    webinar: null
    event_list: null
    social: null
  campaigns: {{winter_webinar: null, spring_search: null, trade_fair: null, autumn_search: null}}
sla: {{speed: {{within: 6 business hours}}, demo_speed: null}}
alternatives: {{new_leads_first: null, evening_rota: null}}
"""


def write_tiny(folder: Path, name: str = "tiny.yaml", more: str = "") -> Path:
    """Write the tiny scenario, and a copy of the baseline that it extends, into a folder."""
    (folder / "baseline.yaml").write_bytes((PARAMS / "baseline.yaml").read_bytes())
    path = folder / name
    path.write_text(_TINY.format(baseline="baseline.yaml") + more)
    return path
