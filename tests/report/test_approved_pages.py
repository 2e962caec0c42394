"""Pages as somebody has read and approved them, word for word: what no other test looks at does not change unseen.

What changes on purpose is approved anew: ``SMARKETING_APPROVE=1 pytest tests/report/test_approved_pages.py``, then read
the difference. That a number is right is for other tests to say, which find it another way.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from smarketing_sim.decide.advice import advise
from smarketing_sim.decide.attribution import explain
from smarketing_sim.decide.confounding import confounding_lab
from smarketing_sim.decide.design import design
from smarketing_sim.decide.hiring import headcount_change
from smarketing_sim.decide.marketing_promise import marketing_promise
from smarketing_sim.decide.ranking import rank_levers
from smarketing_sim.decide.staffing import staff
from smarketing_sim.decide.trial import plan_trial
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.report.beliefs.page import doubt_of
from smarketing_sim.report.follow_up.page import FollowUp
from smarketing_sim.report.notebook.display import display_html
from smarketing_sim.report.planning import trust, what_if
from smarketing_sim.report.planning.planning import Report
from smarketing_sim.report.real_trial.page import Study as RealTrial
from smarketing_sim.report.replications.study import Study
from smarketing_sim.report.sales_promise.page import offer_of
from smarketing_sim.report.who_broke_it.page import Dispute
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.scenario.schema import Scenario

from . import (
    test_beliefs,
    test_follow_up,
    test_free_levers,
    test_marketing_promise,
    test_real_trial,
    test_replications,
    test_sales_promise,
    test_staffing,
    test_who_broke_it,
)
from .reading import company
from .test_planning import CORNERS, SHOWN, scenario_with

pytestmark = pytest.mark.slow
APPROVED = Path(__file__).with_name("approved")
FEW = 4
SETTLED = {"sales.sdr.headcount": 4, "sales.ae.headcount": 4, "sla.volume.leads_per_rep": 200}


def _without_versions(report: Report) -> None:
    display_html(trust.twin_html(report) + trust.method_html(report))


PLANNING = (*(section for section in SHOWN if section is not trust.show_trust), what_if.show_what_if, _without_versions)


def planned(plan: Scenario, years: int = FEW) -> Report:
    return Report(Simulation(years).run(plan), advise(plan, Simulation(years)))


def corner(folder: Path, name: str) -> Report:
    overrides, years, _ = CORNERS[name]
    return planned(scenario_with(folder, overrides), min(years, 2))


def trial(plan: Scenario) -> RealTrial:
    return RealTrial(plan_trial(plan, Simulation(FEW)), confounding_lab(plan, Simulation(FEW)))


def study(plan: Scenario) -> Study:
    more = override(plan, headcount_change(plan, 5))
    return Study(Simulation(20).run(plan), {"Two more reps": Simulation(20).run(more)})


Page = tuple[Sequence[Callable[[Any], None]], Callable[[Path], Any]]
PAGES: dict[str, Page] = {
    "planning": (PLANNING, lambda _: planned(company(), 8)),
    "planning-settled": (PLANNING, lambda _: planned(override(company(), SETTLED), 12)),
    "planning-overloaded": (
        PLANNING, lambda _: planned(load("params/overloaded.yaml", {"run.horizon_months": 6, "run.warm_up_weeks": 8}))
    ),
    **{f"planning-{name.replace(' ', '-')}": (PLANNING, lambda folder, name=name: corner(folder, name))
       for name in ("no leads", "one year", "no contract")},
    "beliefs": (test_beliefs.SHOWN, lambda folder: doubt_of(scenario_with(folder, test_beliefs.FEW), Simulation(2))),
    "follow-up": (test_follow_up.SHOWN, lambda _: FollowUp(company(), design(company(), Simulation(FEW)), FEW)),
    "free-levers": (test_free_levers.SHOWN, lambda _: rank_levers(company(), Simulation(FEW))),
    "marketing-promise": (test_marketing_promise.SHOWN, lambda _: marketing_promise(company(), Simulation(FEW))),
    "real-trial": (test_real_trial.SHOWN, lambda _: trial(company())),
    "replications": (test_replications.SHOWN, lambda _: study(company())),
    "sales-promise": (test_sales_promise.SHOWN, lambda _: offer_of(company(), Simulation(FEW), keep=0.4)),
    "staffing": (test_staffing.SHOWN, lambda _: staff(company(), Simulation(12), keep=0.9)),
    "who-broke-it": (
        test_who_broke_it.SHOWN,
        lambda _: Dispute(explain(company(), override(company(), SETTLED), Simulation(FEW)), False),
    ),
}  # fmt: skip


def lines(shown: Any) -> str:
    """A page as text: a line for each paragraph, heading, chart and row of a table."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", "", shown.html, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"</(td|th)>", " | ", text)
    text = re.sub(r"</?(p|h\d|tr|li|div|summary|caption|table)\b[^>]*>", "\n", text)
    text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    charts = [f"[chart] {figure['alt']} [caption] {figure['caption']}" for figure in shown.figures]
    spoken = re.findall(r'aria-label="([^"]*)"', shown.html)
    kept = [" ".join(line.split()) for line in [*text.splitlines(), *charts, *map(html.unescape, spoken)]]
    return "\n".join(filter(None, kept)) + "\n"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_as_it_was_approved(page: str, tmp_path: Path, show_sections: Callable[..., Any]) -> None:
    sections, make = PAGES[page]
    told, place = lines(show_sections(sections, make(tmp_path))), APPROVED / f"{page}.txt"
    if os.environ.get("SMARKETING_APPROVE"):
        place.write_text(told, encoding="utf-8")
    assert told == place.read_text(encoding="utf-8")


def test_no_page_stays_approved_that_nobody_makes() -> None:
    assert {place.stem for place in APPROVED.glob("*.txt")} == set(PAGES)
