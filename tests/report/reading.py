"""How tests read the numbers of a page, and a small company whose year they find again from its ledgers, with pandas.

Nothing of the package's measures is used here, only its tables, its calendar for the weeks of the plan (always open, in
UTC, so that minutes are minutes), and the terms of the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.ledger import TEXT
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.schema import Scenario
from tests.builders import make_scenario

YEARS, MONTHS, DAY = 12, 5, 1440.0
STARTS_AT = 14 * DAY
EDGES = STARTS_AT + DAY * np.array([0, 31, 59, 90, 120, 151])  # January to May 2026
ENDS_AT = EDGES[-1]
SPEED_MINUTES, DEPTH_MINUTES, TARGET = 120.0, 5 * DAY, 0.9
MARGIN, ANNUAL_COST, SHARE, REPS, AE_COST, TOOLS = 0.8, 60_000.0, 0.5, 3, 120_000.0, 12_000.0
PREPARATION, SILENT, TALK, ATTEMPTS = 10.0, 15.0, 30.0, 3


def company() -> Scenario:
    """Three reps round the clock whose queue grows in busy months, and too few account executives."""
    return make_scenario(
        {
            "name": "Numbers", "calendar": {"zone": "Etc/UTC", "hours": {"mon-sun": ["00:00-24:00"]}},
            "run": {"starts_on": "2026-01-01", "horizon_months": MONTHS, "warm_up_weeks": 2, "cool_down_weeks": 3},
            "goal": {"revenue": 8_000, "marketing_share": 0.5},
            "marketing.sources": {
                "web": {"leads_per_month": 620, "cost_per_handed": 12, "handed_share": 0.7, "qualify_prob": 0.1,
                        "win_prob": 0.3},
                "fair": {"leads_per_month": [250, 350, 700, 700, 500], "months_from": "2026-01-01",
                         "cost_per_handed": 20, "qualify_prob": 0.2, "win_prob": 0.2},
            },
            "marketing.duplicates.share": 0.04, "marketing.reachable_share": 0.8, "decay.preset": "medium",
            "sales.reach.connect_probs": [0.4],
            "sales.sdr": {
                "headcount": REPS, "annual_cost": ANNUAL_COST, "minutes_cv": 0.5, "marketing_time": {"share": SHARE},
                "channels": {"phone": {"preparation": f"{PREPARATION:g} min", "no_answer": f"{SILENT:g} min",
                                       "voicemail": f"{SILENT:g} min", "talk": f"{TALK:g} min"}},
                "cadence": {"max_attempts": ATTEMPTS, "gaps": ["1 day"]},
            },
            "sales.ae": {"headcount": 2, "open_limit": 9, "cycle_median": "20 days", "fade_half_life": "10 days",
                         "annual_cost": AE_COST, "quota": 12_000},
            "economics": {"gross_margin": MARGIN, "tools_annual": TOOLS, "horizon_months": 12},
            "sla": {
                "speed": {"target": TARGET, "within": f"{SPEED_MINUTES / 60:g} hours"},
                "depth": {"target": 0.8, "attempts": 2, "within": "5 days"},
                "volume": {"leads_per_rep": 260, "contract_headcount": 3},
            },
        }
    )  # fmt: skip


@dataclass(frozen=True)
class Year:
    """One ledger as data frames, with what text means."""

    leads: pd.DataFrame
    attempts: pd.DataFrame
    rep_time: pd.DataFrame
    marketing: pd.DataFrame

    @property
    def created(self) -> pd.DataFrame:
        """People who came in these months: their first record, or the second where that alone was reached."""
        decided = self.leads[self.leads.connected_at.notna() & (self.leads.reason != "duplicate")]
        standing = decided.groupby("account_id").lead_id.min()
        first = self.leads.groupby("account_id").lead_id.min()
        mine = self.leads[self.leads.lead_id.isin(standing.combine_first(first))]
        return mine[(mine.created_at >= STARTS_AT) & (mine.created_at < ENDS_AT)]

    @property
    def handed(self) -> pd.DataFrame:
        """Leads handed over in them."""
        mine = self.leads[(self.leads.handed_at >= STARTS_AT) & (self.leads.handed_at < ENDS_AT)]
        return mine[mine.duplicate_of < 0].assign(month=lambda leads: month_of(leads.handed_at))

    @property
    def spent(self) -> pd.DataFrame:
        """What marketing spent on their days."""
        return self.marketing[(self.marketing.day >= 14) & (self.marketing.day < 14 + 151)]


def month_of(at: pd.Series) -> pd.Series:
    return pd.Series(np.searchsorted(EDGES, at, side="right") - 1, index=at.index)


def frames(years: Replications) -> list[Year]:
    found = []
    for ledger in years.ledgers:
        tables = {}
        for name, table in ledger.tables.items():
            frame = pd.DataFrame({column: np.asarray(table[column]) for column in table})
            for column in TEXT[name]:
                frame[column] = np.array([*ledger.categories[column], ""])[frame[column]]
            tables[name] = frame
        found.append(Year(tables["leads"], tables["attempts"], tables["rep_time"], tables["marketing"]))
    return found


class Tables(HTMLParser):
    """The tables of a page: by the words of a row's first cell, the words of the others, line by line."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[list[str]]] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append([])
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1].append(data)


def lines_of(shown: Any) -> dict[str, list[list[str]]]:
    """The rows of a page's tables with their first cells, by the first line of these; the first row of a name wins."""
    found: dict[str, list[list[str]]] = {}
    for row in Tables(shown.html).rows:
        if row and row[0]:
            found.setdefault(row[0][0], row)
    return found


def rows_of(shown: Any) -> dict[str, list[list[str]]]:
    return {row[0][0]: row[1:] for row in Tables(shown.html).rows if row and row[0]}


SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "%": 0.01}
UNITS = {"minute": 1.0, "minutes": 1.0, "hours": 60.0, "days": DAY}
NUMBER = re.compile(r"([+−]?)\$?([0-9][0-9,]*(?:\.[0-9]+)?)(k|m|%)?(?: (minutes?|hours|days))?")


def numbers(text: str) -> list[tuple[float, float]]:
    """The numbers of a text, each with half of the last digit that it shows."""
    found = []
    for sign, digits, scale, unit in NUMBER.findall(text.replace("−$", "−")):
        factor = SCALES[scale] * UNITS.get(unit, 1.0) * (-1.0 if sign == "−" else 1.0)
        decimals = len(digits.partition(".")[2])
        found.append((float(digits.replace(",", "")) * factor, 0.5001 * abs(factor) * 10.0**-decimals))
    return found


def reads(text: str, *expected: float) -> None:
    """Hold that a text shows these numbers, rounded as it shows them."""
    told = numbers(text)
    assert len(told) == len(expected), (text, expected)
    for (value, rounding), wanted in zip(told, expected, strict=True):
        assert abs(value - wanted) <= rounding + 1e-9 * abs(wanted), (text, expected)


def spread(values: Sequence[float], *, low: float = 0.0, high: float = np.inf) -> tuple[float, float, float]:
    """Mean with Student's t interval, by scipy."""
    mean, error = float(np.mean(values)), stats.sem(values)
    ends = stats.t.interval(0.95, len(values) - 1, loc=mean, scale=error) if error > 0 else (mean, mean)
    return mean, max(float(ends[0]), low), min(float(ends[1]), high)


def pooled(kept: np.ndarray) -> tuple[float, float, float]:
    """Share of all months with the interval of a ratio over years (Cochran), by hand."""
    n, months = kept.shape
    share = kept.mean()
    residual = kept.sum(axis=1) - share * months
    error = max(np.sqrt(n / (n - 1) * (residual**2).sum()) / (n * months), 0.5 / n)
    half = stats.t.ppf(0.975, n - 1) * error
    return float(share), max(0.0, float(share - half)), min(1.0, float(share + half))


def speed_kept(years: Sequence[Year]) -> tuple[np.ndarray, np.ndarray]:
    """By year and month: the share called in time, and whether the promise of speed is kept."""
    shares = []
    for year in years:
        leads = year.handed[year.handed.handed_at + SPEED_MINUTES <= year.leads.created_at.max() + 1e9]
        in_time = leads.first_attempt_at - leads.handed_at <= SPEED_MINUTES
        shares.append(in_time.groupby(leads.month).mean().to_numpy())
    table = np.array(shares)
    return table, (table >= TARGET - 1e-12).astype(float)


def depth_kept(years: Sequence[Year]) -> np.ndarray:
    """Whether four of five leads had two attempts within five days, or needed none: reached, or ruled out."""
    kept = []
    for year in years:
        leads = year.handed
        second = year.attempts[year.attempts.attempt == 2].set_index("lead_id").started_at
        limit = leads.handed_at + DEPTH_MINUTES
        tried = leads.lead_id.map(second) <= limit
        ruled_out = leads.reason.isin(["unreachable", "bad fit", "duplicate"]) & (leads.resolved_at <= limit)
        ruled_out &= leads.outcome == "lost"  # and not just recycled after the last attempt
        done = tried | (leads.connected_at <= limit) | ruled_out
        kept.append((done.groupby(leads.month).mean() >= 0.8).to_numpy())
    return np.array(kept, dtype=float)


def volume_kept(years: Sequence[Year]) -> np.ndarray:
    return np.array([year.handed.groupby("month").size().to_numpy() >= 260 * 3 for year in years], dtype=float)


def per_year(years: Sequence[Year], value: Callable[[Year], float]) -> list[float]:
    return [float(value(year)) for year in years]


def frames_kept(simulation: Simulation, overrides: Any, plan: Scenario) -> np.ndarray:
    changed = override(plan, overrides)
    years = frames(simulation.run(changed, keep_ledgers=True))
    return speed_kept(years)[1] * depth_kept(years)
