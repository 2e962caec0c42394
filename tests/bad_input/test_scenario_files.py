"""Whatever stands in a scenario file: a scenario, or one clear message. Never a traceback, never a hang."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.errors import InputError
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.layering import parse_overrides
from tests.bad_input.conftest import hold_clear, judged, mutated
from tests.patience import HANG_SECONDS

Refusal = Callable[..., InputError]
SDR = "sales: {sdr: {"
HOLIDAYS = "calendar: {holidays: {"
PARTS = "calendar: {holidays: ["
SOURCE = "marketing: {sources: {social: {"

CASES = {
    # what is written: (text behind `extends: baseline.yaml`, path, words of the rule, nearest name)
    "unknown top key": ("markteing: {}", "markteing", "not a known key", "marketing"),
    "unknown deep key": (SDR + "headcont: 5}}", "sales.sdr.headcont", "not a known key", "headcount"),
    "unknown clause key": ("sla: {speed: {whithin: 1 day}}", "sla.speed.whithin", "not a known key", "within"),
    "unknown key of a source": (
        SOURCE + "hand_share: 5%}}}",
        "marketing.sources.social.hand_share",
        "not a known key",
        "handed_share",
    ),
    "unknown key of a belief": (
        "marketing: {scoring: {auc: {value: 0.7, sorce: E38}}}",
        "marketing.scoring.auc",
        "must be a",
        None,
    ),
    "text for a number": (SDR + "headcount: eight}}", "sales.sdr.headcount", "whole number", None),
    "half a rep": (SDR + "headcount: 8.5}}", "sales.sdr.headcount", "whole number", None),
    "true for a number": (SDR + "headcount: true}}", "sales.sdr.headcount", "whole number", None),
    "quoted number": (SDR + "headcount: '8'}}", "sales.sdr.headcount", "whole number", None),
    "null for a number": (SDR + "headcount: null}}", "sales.sdr.headcount", "whole number", None),
    "too many reps": (SDR + "headcount: 2001}}", "sales.sdr.headcount", "at most 2000", None),
    "negative reps": (SDR + "headcount: -1}}", "sales.sdr.headcount", "at least 0", None),
    "span without unit": ("sla: {speed: {within: 6}}", "sla.speed.within", "unit of time", None),
    "span of an unknown unit": ("sla: {speed: {within: 6 fortnights}}", "sla.speed.within", "unit of time", None),
    "negative span": ("sla: {speed: {within: -6 hours}}", "sla.speed.within", "unit of time", None),
    "endless span": ("sla: {speed: {within: 1e400 days}}", "sla.speed.within", "100 years", None),
    "business clock where time just passes": (
        "marketing: {handoff: {system_delay: 2 business hours}}",
        "marketing.handoff.system_delay",
        "no business clock",
        None,
    ),
    "percentage without its sign": ("sla: {speed: {target: 90}}", "sla.speed.target", "write '90%'", None),
    "share above one": ("marketing: {reachable_share: 120%}", "marketing.reachable_share", "at most 1", None),
    "share below zero": ("marketing: {reachable_share: -0.1}", "marketing.reachable_share", "at least 0", None),
    "money in euros": ("goal: {revenue: €3m}", "goal.revenue", "say what one EUR is worth", None),
    "negative money": ("economics: {tools_annual: -5}", "economics.tools_annual", "at least 0", None),
    "infinite money": ("economics: {tools_annual: .inf}", "economics.tools_annual", "finite", None),
    "negative rate": (
        SOURCE + "visits_per_month: -5}}}",
        "marketing.sources.social.visits_per_month",
        "at least 0",
        None,
    ),
    "infinite rate": (
        SOURCE + "visits_per_month: .inf}}}",
        "marketing.sources.social.visits_per_month",
        "finite",
        None,
    ),
    "eleven months": (
        SOURCE + "visits_per_month: [1,2,3,4,5,6,7,8,9,10,11]}}}",
        "marketing.sources.social.visits_per_month",
        "one number or twelve",
        None,
    ),
    "two volumes": (SOURCE + "leads_per_month: 5}}}", "marketing.sources.social", "either leads_per_month", None),
    "a season of a quarter": ("marketing: {season: [1, 1, 1]}", "marketing", "twelve factors", None),
    "negative season": ("marketing: {season: [1,1,1,1,1,1,1,1,1,1,1,-1]}", "marketing.season.11", "at least 0", None),
    "hours of a day": ("marketing: {profile: {hours: [1, 2]}}", "marketing.profile", "24 weights", None),
    "no arrivals at all": ("marketing: {profile: {weekdays: {mon-sun: 0}}}", "marketing.profile", "above 0", None),
    "persona shares": ("personas: {small: {share: 50%}}", "personas", "sum to 100%", None),
    "persona shares of a source": (
        SOURCE + "personas: {small: 50%, mid: 40%}}}}",
        "marketing.sources.social.personas",
        "sum to 100%",
        None,
    ),
    "rising decay": ("decay: {preset: custom, points: [[0 min, 50%], [1 day, 80%]]}", "decay", "", None),
    "decay points out of order": (
        "decay: {preset: custom, points: [[1 day, 100%], [0 min, 50%]]}",
        "decay",
        "",
        None,
    ),
    "no decay points": ("decay: {preset: custom, points: []}", "decay", "", None),
    "custom decay without points": ("decay: {preset: custom}", "decay", "needs points", None),
    "points without custom": ("decay: {points: [[0 min, 100%], [1 day, 50%]]}", "decay", "points go with", None),
    "unknown decay": ("decay: {preset: mediun}", "decay", "unknown decay preset", None),
    "unknown decay outcome": ("decay: {outcomes: [kontakt]}", "decay.outcomes.0", "must be one of", None),
    "override above headcount": (SDR + "reps: {9: {pace: 1.1}}}}", "sales.sdr.reps.9", "does not exist", None),
    "override of rep zero": (SDR + "reps: {0: {pace: 1.1}}}}", "sales.sdr.reps.0", "does not exist", None),
    "override of rep 01": (SDR + "reps: {'01': {pace: 1.1}}}}", "sales.sdr.reps.01", "does not exist", None),
    "override of rep ²": (SDR + "reps: {²: {pace: 1.1}}}}", "sales.sdr.reps.²", "does not exist", None),
    "override of a named rep": (SDR + "reps: {anna: {pace: 1.1}}}}", "sales.sdr.reps.anna", "does not exist", None),
    "holiday long ago": ("calendar: {holidays: [1999-12-25]}", "calendar.holidays.0", "out of range", None),
    "holiday far ahead": ("calendar: {holidays: [2062-12-25]}", "calendar.holidays.0", "out of range", None),
    "holiday that is no day": ("calendar: {holidays: [2026-02-30]}", "calendar.holidays.0", "must be a date", None),
    "start that is no day": ("run: {starts_on: 2026-02-30}", "run.starts_on", "must be a date", None),
    "start before history": ("run: {starts_on: 0001-01-01}", "run.starts_on", "out of range", None),
    "start after everything": ("run: {starts_on: 9999-12-31}", "run.starts_on", "out of range", None),
    "campaign long ago": (
        "marketing: {campaigns: {trade_fair: {starts_on: 1999-01-01}}}",
        "marketing.campaigns.trade_fair.starts_on",
        "out of range",
        None,
    ),
    "endless horizon": ("run: {horizon_months: 121}", "run.horizon_months", "at most 120", None),
    "endless warm-up": ("run: {warm_up_weeks: 1000000000}", "run.warm_up_weeks", "at most 260", None),
    "endless campaign": (
        "marketing: {campaigns: {trade_fair: {weeks: 1000000000000}}}",
        "marketing.campaigns.trade_fair.weeks",
        "at most",
        None,
    ),
    "endless ramp": (SDR + "ramp: {months: 1000000000000}}}", "sales.sdr.ramp.months", "at most", None),
    "endless economics": ("economics: {horizon_months: 1000000000000}", "economics.horizon_months", "at most", None),
    "endless leave": (SDR + "leave_days_per_year: 1000000000}}", "sales.sdr.leave_days_per_year", "at most", None),
    "unknown zone": ("calendar: {zone: America/NewYork}", "calendar.zone", "did you mean 'America/New_York'", None),
    "zone as path": ("calendar: {zone: ../../etc/passwd}", "calendar.zone", "not a known time zone", None),
    "hours backwards": ("calendar: {hours: {mon: ['17:00-09:00']}}", "calendar.hours.mon.0", "close before", None),
    "hours that overlap": (
        "calendar: {hours: {mon: ['09:00-12:00', '11:00-13:00']}}",
        "calendar.hours.mon",
        "overlap",
        None,
    ),
    "hours as numbers": ("calendar: {hours: {mon: [[null, null]]}}", "calendar.hours.mon.0", "time of day", None),
    "hours of no day": ("calendar: {hours: {someday: ['09:00-12:00']}}", "calendar.hours", "not a weekday", None),
    "a day twice": (
        "calendar: {hours: {mon-fri: ['09:00-12:00'], tue: []}}",
        "calendar.hours",
        "names tue twice",
        None,
    ),
    "clause without kind": (
        "sla: {speed_demo: {target: 90%, within: 1 hour}}",
        "sla.speed_demo",
        "needs a kind",
        None,
    ),
    "unknown clause kind": (
        "sla: {speed_demo: {kind: sped, target: 90%}}",
        "sla.speed_demo",
        "kind must be one of",
        None,
    ),
    "clause kind of another type": ("sla: {speed_demo: {kind: [speed], target: 90%}}", "sla.speed_demo", "kind", None),
    "clause that is a number": ("sla: {speed: 5}", "sla.speed", "", None),
    "clause without limit": (
        "sla: {speed_demo: {kind: speed, target: 90%}}",
        "sla.speed_demo.within",
        "is required",
        None,
    ),
    "clause without target": (
        "sla: {speed_demo: {kind: speed, within: 1 day}}",
        "sla.speed_demo.target",
        "is required",
        None,
    ),
    "volume in two currencies": ("sla: {volume: {value_per_rep: 5}}", "sla.volume", "either leads_per_rep", None),
    "depth of nothing": ("sla: {depth: {attempts: 0}}", "sla.depth.attempts", "at least 1", None),
    "unknown period": ("sla: {speed: {period: week}}", "sla.speed.period", "must be one of", None),
    "unknown source of a clause": (
        "sla: {speed: {applies_to: {source: referal}}}",
        "sla.speed.applies_to.source",
        "not a known source",
        "referral",
    ),
    "unknown segment of a clause": (
        "sla: {speed: {applies_to: {segment: lage}}}",
        "sla.speed.applies_to.segment",
        "not a known segment",
        "large",
    ),
    "unknown source of a campaign": (
        "marketing: {campaigns: {trade_fair: {source: event}}}",
        "marketing.campaigns.trade_fair.source",
        "not a known source",
        "event_list",
    ),
    "unknown persona of a source": (
        SOURCE + "personas: {smal: 100%}}}}",
        "marketing.sources.social.personas.smal",
        "not a known persona",
        "small",
    ),
    "unknown channel": (
        SDR + "cadence: {channels: [fone]}}}",
        "sales.sdr.cadence.channels",
        "not a known channel",
        "phone",
    ),
    "unknown source of a territory": (
        SDR + "routing: {territories: {east: {reps: [1], takes: {source: socal}}}}}}",
        "sales.sdr.routing.territories.east.takes.source",
        "not a known source",
        "social",
    ),
    "territory of a missing rep": (
        SDR + "routing: {territories: {east: {reps: [9]}}}}}",
        "sales.sdr.routing.territories.east.reps",
        "does not exist",
        None,
    ),
    "territory of nobody": (
        SDR + "routing: {territories: {east: {reps: []}}}}}",
        "sales.sdr.routing.territories.east.reps",
        "",
        None,
    ),
    "territories left out": (SDR + "routing: {rule: territory}}}", "sales.sdr.routing.rule", "needs", None),
    "unknown routing": (SDR + "routing: {rule: rond_robin}}}", "sales.sdr.routing.rule", "must be one of", None),
    "unknown order": (SDR + "queue: {order: oldest}}}", "sales.sdr.queue.order", "must be one of", None),
    "no attempt": (SDR + "cadence: {max_attempts: 0}}}", "sales.sdr.cadence.max_attempts", "at least 1", None),
    "endless attempts": (SDR + "cadence: {max_attempts: 21}}}", "sales.sdr.cadence.max_attempts", "at most 20", None),
    "no gaps": (SDR + "cadence: {gaps: []}}}", "sales.sdr.cadence", "needs gaps", None),
    "no channels": (SDR + "cadence: {channels: []}}}", "sales.sdr.cadence", "at least one channel", None),
    "no time for leads": (
        SDR + "marketing_time: {share: 0}}}",
        "sales.sdr.marketing_time.share",
        "at least 0.01",
        None,
    ),
    "no pace": (SDR + "pace: 0}}", "sales.sdr.pace", "above 0", None),
    "crawling pace": (SDR + "pace: 1.0e-300}}", "sales.sdr.pace", "at least", None),
    "score below chance": ("marketing: {scoring: {auc: 0.4}}", "marketing.scoring.auc", "at least 0.5", None),
    "perfect score": ("marketing: {scoring: {auc: 1.0}}", "marketing.scoring.auc", "below 1", None),
    "score out of reach": ("marketing: {scoring: {auc: 0.9}}", "marketing.scoring.auc", "the best is 0.8", None),
    "presence of a day": ("sales: {reach: {presence: [1, 1]}}", "sales.reach", "168 factors", None),
    "nobody present": ("sales: {reach: {presence: [" + "0," * 168 + "]}}", "sales.reach", "at least one above 0", None),
    "no chance listed": ("sales: {reach: {connect_probs: []}}", "sales.reach", "at least one chance", None),
    "list for a group": ("sales: [1, 2]", "sales", "group of keys", None),
    "text for a group": ("marketing: lots", "marketing", "group of keys", None),
    "null group": ("sales: null", "sales", "group of keys", None),
    "unknown key of holidays": (
        "calendar: {holidays: {contry: 1}}",
        "calendar.holidays.contry",
        "known key",
        "country",
    ),
    "one day for a list": ("calendar: {holidays: 2026-12-25}", "calendar.holidays", "must be a list of days", None),
    "one day for dates": ("calendar: {holidays: {dates: 2026-12-25}}", "calendar.holidays.dates", "a list", None),
    "country by name": (HOLIDAYS + "country: Norway}}", "calendar.holidays.country", "did you mean 'NO'", None),
    "country in three letters": (HOLIDAYS + "country: NOR}}", "calendar.holidays.country", "did you mean 'NO'", None),
    "country in small letters": (HOLIDAYS + "country: no}}", "calendar.holidays.country", "did you mean 'NO'", None),
    "country by what people say": (HOLIDAYS + "country: UK}}", "calendar.holidays.country", "did you mean 'GB'", None),
    "misspelt country": (HOLIDAYS + "country: Norwey}}", "calendar.holidays.country", "did you mean 'NO'", None),
    "no country": (HOLIDAYS + "country: ZZ}}", "calendar.holidays.country", "two letters", None),
    "number for a country": (HOLIDAYS + "country: 47}}", "calendar.holidays.country", "two letters", None),
    "part by name": (HOLIDAYS + "country: DE-Bayern}}", "calendar.holidays.country", "did you mean 'DE-BY'", None),
    "unknown part": (HOLIDAYS + "country: DE-Bavaria}}", "calendar.holidays.country", "BB, BE, BW, BY", None),
    "part of its own": (
        HOLIDAYS + "country: DE, subdivision: XX}}",
        "calendar.holidays.country",
        "is not a part of Germany",
        None,
    ),
    "holidays backwards": ("calendar: {holidays: [2026-07-17..2026-07-13]}", "calendar.holidays.0", "backwards", None),
    "holidays of two years": (
        "calendar: {holidays: [2026-01-01..2027-12-31]}",
        "calendar.holidays.0",
        "730 days",
        None,
    ),
    "holidays without end": ("calendar: {holidays: [2026-07-13..]}", "calendar.holidays.0", "must be a date", None),
    "two days in one item": (PARTS + "{2026-12-24: [], 2026-12-25: []}]}", "calendar.holidays.0", "a dash", None),
    "half a day backwards": (PARTS + "{2026-12-24: ['13:00-09:00']}]}", "calendar.holidays.0", "before it opens", None),
    "a number of hours": (PARTS + "{2026-12-24: 4}]}", "calendar.holidays.0", "hours of a day", None),
    "a day of two minds": (
        PARTS + "2026-12-24, {2026-12-24: ['09:00-13:00']}]}",
        "calendar.holidays",
        "more than",
        None,
    ),
    "range far ahead": (PARTS + "2062-12-24..2062-12-26]}", "calendar.holidays.0", "out of range", None),
    "day far ahead beside a country": (
        HOLIDAYS + "country: NO, dates: [2062-12-24]}}",
        "calendar.holidays.dates.0",
        "out of range",
        None,
    ),
    "too many holidays": (PARTS + "2026-12-24, " * 2001 + "]}", "calendar.holidays", "at most 2000 items", None),
    "group for a number": (SDR + "headcount: {a: 1}}}", "sales.sdr.headcount", "whole number", None),
    "no personas": ("personas: {small: null, mid: null, large: null}", "personas", "", None),
    "empty name": ("name: ''", "name", "not be empty", None),
    "null name": ("name: null", "name", "must be text", None),
    "long name": ("name: " + "x" * 201, "name", "at most 200", None),
    "list of beliefs": ("beliefs: [1]", "beliefs", "group of keys", None),
    "beliefs as text": ("beliefs: a lot", "beliefs", "group of keys", None),
    "belief without a row": (
        "marketing: {scoring: {auc: {value: 0.7, source: E999}}}",
        "marketing.scoring.auc",
        "evidence ledger",
        "E9",
    ),
    "source as number": (
        "marketing: {scoring: {auc: {value: 0.7, source: 5}}}",
        "beliefs.marketing.scoring.auc.source",
        "text",
        None,
    ),
    "billion leads": (SOURCE + "visits_per_month: 1.0e+12}}}", "marketing.sources.social", "at most 20,000,000", None),
    "billion leads in a burst": (
        "marketing: {campaigns: {trade_fair: {first_week_leads: 1000000000}}}",
        "marketing.campaigns.trade_fair",
        "at most",
        None,
    ),
    "billion leads waiting": ("run: {opening_backlog: 1000000000}", "run.opening_backlog", "at most", None),
    "alternative that sets nothing": (
        "alternatives: {x: {label: x, set: {}}}",
        "alternatives.x.set",
        "not be empty",
        None,
    ),
    "no time to call in": ("sla: {speed: {within: 0 min}}", "sla.speed.within", "longer than no time", None),
    "a promise of nobody": ("sla: {speed: {target: 0%}}", "sla.speed.target", "above 0", None),
    "a contract without reps": (
        "sla: {volume: {contract_headcount: 0}}",
        "sla.volume.contract_headcount",
        "at least 1",
        None,
    ),
    "a contract of a billion": (
        "sla: {volume: {contract_headcount: 1000000000000}}",
        "sla.volume.contract_headcount",
        "at most 2000",
        None,
    ),
    "depth without end": ("sla: {depth: {attempts: 4000}}", "sla.depth.attempts", "at most 20", None),
    "no horizon": ("run: {horizon_months: 0}", "run.horizon_months", "at least 1", None),
    "leave all year": (SDR + "leave_days_per_year: 366}}", "sales.sdr.leave_days_per_year", "at most 260", None),
    "minutes beyond measure": (SDR + "minutes_cv: 1000000}}", "sales.sdr.minutes_cv", "at most 20", None),
    "a fortune for a deal": (
        "personas: {small: {deal_value: 1.0e+308}}",
        "personas.small.deal_value",
        "at most 1e+15",
        None,
    ),
    "no sources": (
        "marketing: {sources: null, campaigns: null}",
        "marketing.sources",
        "not be empty",
        None,
    ),
    "grade of no scale": (
        "goal: {revenue: {value: $3m, source: E13, grade: ZZZ}}",
        "beliefs.goal.revenue.grade",
        "from A to F",
        None,
    ),
    "range the wrong way round": (
        "goal: {revenue: {value: $3m, range: [$4m, $2m]}}",
        "goal.revenue.range",
        "begin with its lowest",
        None,
    ),
    "range of words": (
        "goal: {revenue: {value: $3m, range: [low, high]}}",
        "goal.revenue.range",
        "must be an amount",
        None,
    ),
    "range of a word": (
        "decay: {preset: {value: medium, range: [mild, steep]}}",
        "decay.preset.range",
        "number or a time",
        None,
    ),
    "alternative of nothing": ("alternatives: {x: {label: x}}", "alternatives.x.set", "is required", None),
    "alternative to an unknown path": (
        "alternatives: {x: {label: x, set: {sales.sdr.headcont: 5}}}",
        "alternatives.x.set.sales.sdr.headcont",
        "not a known key",
        "headcount",
    ),
    "alternative to a bad value": (
        "alternatives: {x: {label: x, set: {sales.sdr.headcount: -9}}}",
        "alternatives.x.set.sales.sdr.headcount",
        "at least 0",
        None,
    ),
    "name with a dot": (
        "marketing: {sources: {a.b: {leads_per_month: 5, qualify_prob: 0.2, win_prob: 0.2}}}",
        "marketing.sources.a.b",
        "a name has",
        None,
    ),
    "name with a slash": (
        "marketing: {sources: {a/b: {leads_per_month: 5, qualify_prob: 0.2, win_prob: 0.2}}}",
        "marketing.sources.a/b",
        "a name has",
        None,
    ),
    "nameless source": (
        "marketing: {sources: {'': {leads_per_month: 5, qualify_prob: 0.2, win_prob: 0.2}}}",
        "marketing.sources.",
        "a name has",
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_value_is_refused_at_its_place_in_its_words(refusal: Refusal, case: str) -> None:
    text, path, words, nearest = CASES[case]
    found = [problem for problem in refusal(text).problems if problem.path == path]
    assert found, str(refusal(text))
    assert words in found[0].rule
    assert found[0].nearest == nearest
    assert Path(found[0].file or "").name == "case.yaml"
    assert found[0].line == 2


HOSTILE = [
    "../../x",
    "..\\x",
    "C:\\x",
    "CON",
    "x\ny",
    "x\ty",
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "{% raw %}",
    "%s%n",
    "'; DROP TABLE leads; --",
    "a" * 3000,
    "=cmd|' /C calc'!A0",
    "\U0001f600",
    "__class__",
    "$(reboot)",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_comes_back_in_one_printable_line(refusal: Refusal, name: str) -> None:
    import json

    refusal(f"{json.dumps(name)}: 1")
    refusal(f"sales: {{sdr: {{{json.dumps(name)}: 1}}}}")
    refusal(f"marketing: {{sources: {{{json.dumps(name)}: {{qualify_prob: 2}}}}}}")
    refusal(f"calendar: {{zone: {json.dumps(name)}, hours: {{{json.dumps(name)}: []}}}}")
    refusal(f"calendar: {{hours: {{mon: {json.dumps(name)}}}, holidays: [{json.dumps(name)}]}}")


WHOLE = {
    "empty": "",
    "blank": " \n\n",
    "comment": "# nothing\n",
    "null": "null\n",
    "number": "5\n",
    "list": "- a\n- b\n",
    "text": "hello\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "tab": "a:\n\tb: 1\n",
    "open bracket": "a: [1, 2\n",
    "value": "value: 3\n",
    "extends only": "extends: null\n",
    "latin-1": b"name: caf\xe9\n",
    "nul": b"name: a\x00b\n",
    "utf-16": "name: a\n".encode("utf-16"),
    "python": "name: !!python/object:os.system x\n",
    "duplicate": "name: a\nname: b\n",
    "merge": "a: &a {b: 1}\nc: {<<: *a}\n",
    "deep": "a: " + "[" * 5000 + "]" * 5000 + "\n",
    "deep groups": "".join(" " * n + f"k{n}:\n" for n in range(200)),
    "long line": "name: " + "x" * 2_000_000 + "\n",
    "many keys": "".join(f"k{n}: 1\n" for n in range(51_000)),
    "no parent": "extends: nowhere.yaml\n",
    "parent folder": "extends: .\n",
    "parent is a long name": "extends: " + "x" * 5000 + "\n",
    "parent is absolute": "extends: /nowhere/at/all.yaml\n",
    "parent is empty": "extends: ''\n",
    "parent is a device": "extends: /dev/zero\n",
    "parent is itself": "extends: case.yaml\n",
    "parent is hostile": 'extends: "a\\nb"\n',
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WHOLE)
def test_a_file_that_is_no_scenario_is_refused(refusal: Refusal, case: str) -> None:
    refusal(WHOLE[case], extends=False)


def test_a_parent_behind_a_circle_of_links_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    refusal("extends: loop.yaml\n", extends=False)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)


def test_an_alias_bomb_is_refused_at_once(refusal: Refusal) -> None:
    started = time.thread_time()
    refusal(BOMB, extends=False)
    assert time.thread_time() - started < 1.0


def test_a_file_of_50_megabytes_is_refused_without_being_read(refusal: Refusal) -> None:
    started = time.thread_time()
    error = refusal(b"name: x\n" * (50_000_000 // 8), extends=False)
    assert "larger than" in str(error)
    assert time.thread_time() - started < 2.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [BOMB, "marketing: {sources: {social: {visits_per_month: 1.0e+12}}}\nextends: baseline.yaml\n"]
)
def test_what_is_too_much_is_refused_before_it_takes_memory(tmp_path: Path, params: Path, text: str) -> None:
    (tmp_path / "baseline.yaml").write_text((params / "baseline.yaml").read_text())
    (tmp_path / "case.yaml").write_text(text)
    code = """
import resource, sys
from smarketing_sim.errors import InputError
from smarketing_sim.scenario.files import load
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load(sys.argv[1])
except InputError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "case.yaml")],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=HANG_SECONDS,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert int(done.stdout) < 200 * 1024


SETTINGS = {
    "sales.sdr.headcont=5": "headcount",
    "sla.sped.target=5%": None,
    "sales=5": None,
    "sales.sdr.headcount.x=5": None,
    "sales..headcount=5": None,
    ".=5": None,
    "a.b.c=5": None,
    "calendar.holidays.99=2026-01-01": None,
    "sales.sdr.reps.9.pace=1": None,
    "calendar.holidays.0.x=5": None,
    "marketing.scoring.auc=0.99": None,
    "marketng.scoring.auc=0.7": "marketing",
    "value=5": None,
    "beliefs=5": None,
    "alternatives=5": None,
    "sales.sdr.headcount=[1": None,
    "sales.sdr.headcount=": None,
    "sales.sdr.headcount=!!int 5": None,
    "headcount": None,
    "=5": None,
    "sales.sdr.shift.mon=x": None,
    "sales.sdr.shift.someday=09:00-10:00": None,
    "marketing.season.0=-1": None,
    "__class__=5": None,
    "digest=5": None,
    "name={a: 1}": None,
    "sales.sdr.headcount=nan": None,
    "sales.sdr.headcount=.nan": None,
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_cannot_be_is_refused(params: Path, setting: str) -> None:
    with pytest.raises(InputError) as caught:
        load(params / "baseline.yaml", parse_overrides([setting]))
    hold_clear(caught.value)
    if SETTINGS[setting]:
        assert caught.value.problems[0].nearest == SETTINGS[setting]


@pytest.mark.slow
@pytest.mark.parametrize("block", range(8))
def test_a_baseline_with_one_random_fault_loads_or_is_refused_clearly(document: dict[str, Any], block: int) -> None:
    refused = 0
    for number in range(block * 40, block * 40 + 40):
        data, what = mutated(document, random.Random(number))
        try:
            refused += judged(data) is None
        except Exception as error:
            error.add_note(what)
            raise
    assert 10 <= refused <= 38


@pytest.mark.soak
@pytest.mark.parametrize("block", range(30))
def test_a_baseline_with_any_random_faults_loads_or_is_refused_clearly(document: dict[str, Any], block: int) -> None:
    for number in range(100_000 + block * 100, 100_000 + block * 100 + 100):
        chance = random.Random(number)
        data, what = mutated(document, chance)
        for _ in range(chance.randrange(3)):
            data, more = mutated(data, chance)
            what += f"; {more}"
        try:
            judged(data)
        except Exception as error:
            error.add_note(what)
            raise
