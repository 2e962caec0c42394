"""What params/olist-2018.yaml is measured by: pandas on two tables of a Brazilian marketplace, as of 2018-04-01.

Only won deals are listed, so a lead that is not listed is lost or still open. A lead is therefore followed from the
day of its first contact to the day it was won, or to the last day of the extract (censored). Wins are recorded from
December 2017, so leads of 2018 are used. Times of wins are UTC; first contact is a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from smarketing_sim.arrays import Floats
from smarketing_sim.measure.statistics import Interval

Statistic = Callable[[npt.NDArray[np.int64], npt.NDArray[np.bool_]], float]
FIRST_DAY, LAST_DAY = pd.Timestamp("2018-01-01"), pd.Timestamp("2018-03-31")
DAYS = (LAST_DAY - FIRST_DAY).days + 1
MEAN_MONTH_DAYS = 365.25 / 12
# Origins with fewer than 100 leads go together; a blank origin is an unknown one.
MERGED = {"display": "other", "other_publicities": "other"}
Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Cohort:
    """Leads of 2018: origin, day of first contact, days followed, and whether that ended in a win."""

    origin: npt.NDArray[np.str_]
    contacted_on: pd.DatetimeIndex
    days: npt.NDArray[np.int64]
    won: npt.NDArray[np.bool_]


def read(folder: Path) -> tuple[Cohort, pd.DataFrame]:
    """Return the cohort, and the won deals with the local month they were won in."""
    leads = pd.read_csv(folder / "marketing_qualified_leads.csv", parse_dates=["first_contact_date"])
    deals = pd.read_csv(folder / "closed_deals.csv", parse_dates=["won_date"])
    local = deals["won_date"].dt.tz_localize("UTC").dt.tz_convert("America/Sao_Paulo").dt.tz_localize(None)
    deals["won_on"] = local.dt.normalize()
    rows = leads[leads["first_contact_date"] >= FIRST_DAY].merge(deals, on="mql_id", how="left")
    contacted = pd.DatetimeIndex(rows["first_contact_date"])
    won = rows["won_on"].notna().to_numpy()
    ended = pd.DatetimeIndex(rows["won_on"].fillna(LAST_DAY))
    # One deal is dated before its lead's first contact; it counts as won on that day.
    days = np.maximum((ended - contacted).days.to_numpy(), 0)
    origin = rows["origin"].fillna("unknown").replace(MERGED).to_numpy(dtype=np.str_)
    return Cohort(origin, contacted, days, won), deals


def monthly_leads(cohort: Cohort, origin: str, shape: float) -> Interval:
    """Return leads in a mean month; the interval knows that days differ by more than chance."""
    count = float(np.sum(cohort.origin == origin))
    error = Z * np.sqrt(count + count**2 / (shape * DAYS))
    scale = MEAN_MONTH_DAYS / DAYS
    return Interval(count * scale, (count - error) * scale, (count + error) * scale)


def daily_counts(cohort: Cohort) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return leads by day and the day's weekday, Monday 0."""
    days = pd.date_range(FIRST_DAY, LAST_DAY)
    counts = pd.Series(cohort.contacted_on).value_counts().reindex(days, fill_value=0)
    return counts.to_numpy(dtype=np.float64), days.day_of_week.to_numpy(dtype=np.int64)


def weekday_weight(cohort: Cohort, weekday: int, shape: float) -> Interval:
    """Return leads on a weekday over those on Monday to Thursday."""
    counts, weekdays = daily_counts(cohort)
    mine, usual = counts[weekdays == weekday], counts[weekdays <= 3]
    error = Z * np.sqrt(sum(1.0 / part.sum() + 1.0 / (shape * len(part)) for part in (mine, usual)))
    ratio = float(mine.mean() / usual.mean())
    return Interval(ratio, ratio * np.exp(-error), ratio * np.exp(error))


def day_effect_shape(cohort: Cohort) -> Interval:
    """Return the gamma shape of good and bad days: negative binomial counts around the weekday's mean."""
    counts, weekdays = daily_counts(cohort)
    mean = np.array([counts[weekdays == day].mean() for day in range(7)])[weekdays]

    def deviance(log_shape: float) -> float:
        shape = np.exp(log_shape)
        return float(-2.0 * stats.nbinom.logpmf(counts, shape, shape / (shape + mean)).sum())

    best = optimize.minimize_scalar(deviance, bounds=(0.0, 8.0), method="bounded")
    limit = best.fun + stats.chi2.ppf(0.95, 1)
    low, high = (optimize.brentq(lambda t: deviance(t) - limit, *ends) for ends in ((0.0, best.x), (best.x, 8.0)))
    return Interval(*(float(np.exp(t)) for t in (best.x, low, high)))


def won_by_day(days: npt.NDArray[np.int64], won: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the Kaplan-Meier share won by day 0, 1, … and Greenwood's standard error of log S; shape (DAYS,)."""
    wins = np.bincount(days[won], minlength=DAYS)
    leaving = np.bincount(days, minlength=DAYS)
    at_risk = len(days) - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    hazard = np.divide(wins, at_risk, out=np.zeros(DAYS), where=at_risk > 0)
    survival = np.cumprod(1.0 - hazard)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(wins > 0, wins / (at_risk * (at_risk - wins)), 0.0)
    return 1.0 - survival, np.sqrt(np.cumsum(terms))


def win_share(cohort: Cohort, origin: str) -> Interval:
    """Return the share of an origin's leads won within 90 days (Kaplan-Meier), with the log-minus-log interval."""
    mine = cohort.origin == origin
    share, error = (column[-1] for column in won_by_day(cohort.days[mine], cohort.won[mine]))
    log_survival = np.log1p(-share)
    spread = np.exp(Z * error / np.abs(log_survival))
    return Interval(float(share), *(float(-np.expm1(log_survival * power)) for power in (1.0 / spread, spread)))


def days_to_win(cohort: Cohort, prob: float) -> Interval:
    """Return a quantile of days from first contact to win among wins within 90 days, with a bootstrap interval."""
    return _bootstrap(cohort, lambda days, won: _quantile(days, won, prob))


def spread_of_days(cohort: Cohort) -> Interval:
    """Return the lognormal's standard deviation over its mean that the quartiles of days to win have."""
    return _bootstrap(cohort, _lognormal_cv)


def _lognormal_cv(days: npt.NDArray[np.int64], won: npt.NDArray[np.bool_]) -> float:
    quartiles = _quantile(days, won, 0.75) / _quantile(days, won, 0.25)
    sigma = np.log(quartiles) / (2.0 * stats.norm.ppf(0.75))
    return float(np.sqrt(np.expm1(sigma**2)))


def _bootstrap(cohort: Cohort, statistic: Statistic, *, resamples: int = 400) -> Interval:
    random = np.random.default_rng(2018)
    draws = [random.integers(len(cohort.days), size=len(cohort.days)) for _ in range(resamples)]
    low, high = np.quantile([statistic(cohort.days[rows], cohort.won[rows]) for rows in draws], (0.025, 0.975))
    return Interval(statistic(cohort.days, cohort.won), float(low), float(high))


def _quantile(days: npt.NDArray[np.int64], won: npt.NDArray[np.bool_], prob: float) -> float:
    """Return where the share won crosses its part; a day's wins lie evenly half a day around it."""
    share, _ = won_by_day(days, won)
    edges = np.concatenate([[0.0], np.arange(DAYS) + 0.5])
    return float(np.interp(prob * share[-1], np.concatenate([[0.0], share]), edges))


def winners_by_month(deals: pd.DataFrame, column: str) -> list[int]:
    """Return how many people are named on deals won in January, February and March 2018."""
    recent = deals[deals["won_on"] >= FIRST_DAY]
    return [int(n) for n in recent.groupby(recent["won_on"].dt.month)[column].nunique()]
