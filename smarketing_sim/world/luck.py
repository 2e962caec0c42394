"""The luck of leads: everything about them that no policy can change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from smarketing_sim.arrays import Bools, Floats
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.scoring import SCORE_AT_HANDOFF, SCORE_PER_SD, ScoreModel, inside_profile_prob, solve
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.draws import Luck

Columns = dict[str, npt.NDArray[Any]]
Codes = npt.NDArray[np.int32]


def draw_traits(scenario: Scenario, luck: Luck, source: Codes, created_at: Floats) -> Columns:
    """Draw who a lead is and whether and when marketing hands it over."""
    marketing = scenario.marketing
    persona = _persona(scenario, source, luck.uniform("persona"))
    fits = np.array([one.in_profile_share for one in marketing.audiences.values()])
    in_profile = luck.uniform("fit") < fits[source]
    models = _score_models(scenario)
    correlation = np.array([model.correlation for model in models])
    threshold = np.array([model.threshold for model in models])
    propensity = luck.normal("propensity")
    unseen = np.sqrt(np.array([1 - model.correlation**2 for model in models]))
    seen = correlation[source] * propensity + unseen[source] * luck.normal("score noise")
    score = SCORE_AT_HANDOFF + SCORE_PER_SD * (seen - threshold[source])
    acted = luck.uniform("action") < np.array([s.action_share for s in marketing.sources.values()])[source]
    intercepts = np.array([model.intercept for model in models])
    spreads = np.array([one.scoring.spread for one in marketing.audiences.values()])
    inside: Floats = ndtr(intercepts[source] + spreads[source] * propensity)
    return {
        "persona": persona,
        "fit": in_profile,
        "score": score,
        "qualify_prob": _qualify_prob(scenario, inside, persona, in_profile),
        "mql_at": _mql_at(scenario, luck, created_at, score, acted),
    }


def draw_outcomes(scenario: Scenario, luck: Luck, source: Codes, persona: Codes) -> Columns:
    """Draw what would come of a lead, given that it is reached, met and offered."""
    meetings, ae, recording = scenario.sales.meetings, scenario.sales.ae, scenario.sales.sdr.recording
    people = list(scenario.personas.values())
    value_mean = np.array([p.deal_value for p in people])[persona]
    value_cv = np.array([p.deal_value_cv for p in people])[persona]
    booking = _mean_from_median(meetings.booking_lag, meetings.booking_lag_cv)
    cycle = _mean_from_median(ae.cycle_median, ae.cycle_cv)
    win_prob = _win_probs(scenario)[source, persona]
    chance = luck.uniform("win")
    return {
        "qualify_luck": luck.uniform("qualify"),
        "booking_minutes": to_grid(luck.lognormal("booking", mean=booking, cv=meetings.booking_lag_cv)),
        "show_luck": luck.uniform("show"),
        "rebook_luck": luck.uniform("rebook"),
        "rebooking_minutes": to_grid(luck.lognormal("rebooking", mean=booking, cv=meetings.booking_lag_cv)),
        "second_show_luck": luck.uniform("second show"),
        "win_prob": win_prob,
        "win_wait_limit": win_wait_limit(win_prob, chance, ae.fade_half_life),
        "cycle_minutes": to_grid(luck.lognormal("cycle", mean=cycle, cv=ae.cycle_cv)),
        "deal_value": luck.lognormal("value", mean=value_mean, cv=value_cv),
        "mean_value": value_mean,
        "reason_luck": luck.uniform("reason"),
        "record_luck": luck.uniform("record"),
        "record_lag_minutes": to_grid(luck.exponential("record lag", recording.lag)),
    }


def draw_interest(scenario: Scenario, luck: Luck, source: Codes) -> Floats:
    """Draw the age until which a lead stays interested."""
    until, chance = np.full(luck.count, np.inf), luck.uniform("interest")
    for curve in {curve for curve in scenario.curves if curve is not None}:
        rows = np.flatnonzero(np.array([curve == one for one in scenario.curves])[source])
        until[rows] = to_grid(curve.deadline(chance[rows]))
    return until


def draw_contact(scenario: Scenario, luck: Luck, source: Codes) -> Columns:
    """Draw how a lead answers: its interest, its patience and every attempt's luck."""
    marketing, attempts = scenario.marketing, scenario.sales.sdr.cadence.max_attempts
    patience, cv = marketing.patience_mean, scenario.sales.sdr.minutes_cv
    shares = np.array([one.reachable_share for one in marketing.audiences.values()])
    reachable, interest_until = luck.uniform("reachable") < shares[source], draw_interest(scenario, luck, source)
    return {
        "interest_until": interest_until,
        "patience_minutes": np.full(luck.count, np.inf)
        if patience is None
        else to_grid(luck.exponential("patience", patience)),
        "bad_number": ~reachable & (luck.uniform("number") < marketing.bad_number_share),
        "intelligence_luck": luck.uniform("intelligence"),
        "misroute_luck": luck.uniform("misroute"),
        "talk_unit": luck.lognormal("talk", mean=1.0, cv=cv),
        "connect_before": _connect_before(scenario, luck, reachable, interest_until),
        "class_luck": luck.uniform("class", attempts) if has_classes(scenario) else np.zeros((luck.count, 0)),
        "preparation_unit": luck.lognormal("preparation", mean=1.0, cv=cv, attempts=attempts),
        "no_answer_unit": luck.lognormal("no answer", mean=1.0, cv=cv, attempts=attempts),
        "voicemail_luck": luck.uniform("voicemail", attempts),
    }


def best_class(scenario: Scenario) -> float:
    """Return the largest factor on the chance to connect that a channel and an hour can give."""
    sdr = scenario.sales.sdr
    used = [sdr.channels[sdr.cadence.channel(n)].connect_factor for n in range(1, sdr.cadence.max_attempts + 1)]
    return max(used) * max(scenario.sales.reach.presence or (1.0,))


def has_classes(scenario: Scenario) -> bool:
    """Tell whether channel or hour changes the chance to connect."""
    sdr = scenario.sales.sdr
    used = {sdr.channels[sdr.cadence.channel(n)].connect_factor for n in range(1, sdr.cadence.max_attempts + 1)}
    return len(used) > 1 or len(set(scenario.sales.reach.presence or (1.0,))) > 1


def win_wait_limit(win_prob: Floats, chance: Floats, half_life: float | None) -> Floats:
    """Return the longest wait for an account executive that a deal survives; -1 where it is lost anyway.

    The chance to win falls as 2^(-wait / half-life), so that P(limit >= wait) = win_prob · 2^(-wait / half-life).
    """
    if half_life is None:
        return np.where(chance < win_prob, np.inf, -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = to_grid(half_life * np.log2(win_prob / chance))
    return np.where(chance < win_prob, limit, -1.0)


def _connect_before(scenario: Scenario, luck: Luck, reachable: Bools, interest_until: Floats) -> Floats:
    """Return the age below which each attempt connects: infinite or zero, unless age counts at each attempt."""
    strict = scenario.decay.clock == "each_attempt" and "contact" in scenario.decay.spoils
    limit = interest_until if strict else np.full(luck.count, np.inf)
    reach, best = scenario.sales.reach, best_class(scenario)
    attempts = scenario.sales.sdr.cadence.max_attempts
    probs = np.array([min(1.0, reach.hazard(attempt) * best) for attempt in range(1, attempts + 1)])
    connects = luck.uniform("connect", attempts) < probs
    return np.where(connects & reachable[:, None], limit[:, None], -1.0)


def _persona(scenario: Scenario, source: Codes, chance: Floats) -> Codes:
    """Return persona codes; the shares are laid out by name, so the order of the file plays no part."""
    names = sorted(scenario.personas)
    shares = np.array([[mix.get(name, 0.0) for name in names] for mix in _mixes(scenario)]).reshape(-1, len(names))
    place = np.zeros(len(chance), dtype=np.int64)
    for edge in np.cumsum(shares, axis=1).T[:-1]:
        place += edge.take(source) <= chance
    codes: Codes = np.array([list(scenario.personas).index(name) for name in names], dtype=np.int32)[place]
    return codes


def _mixes(scenario: Scenario) -> list[dict[str, float]]:
    """Return the persona mix of each source."""
    company = {name: persona.share for name, persona in scenario.personas.items()}
    return [source.personas or company for source in scenario.marketing.sources.values()]


def _score_models(scenario: Scenario) -> list[ScoreModel]:
    """Return the score model of each source."""
    marketing = scenario.marketing
    return [
        solve(
            qualify_prob=inside_profile_prob(
                qualify_prob=source.qualify_prob,
                in_profile_share=audience.in_profile_share,
                out_of_profile_factor=marketing.out_of_profile_factor,
            ),
            handed_share=source.handed_share,
            auc=audience.scoring.auc,
            spread=audience.scoring.spread,
        )
        for source, audience in zip(marketing.sources.values(), marketing.audiences.values(), strict=True)
    ]


def _mql_at(scenario: Scenario, luck: Luck, created_at: Floats, score: Floats, acted: Bools) -> Floats:
    """Return when a lead becomes an MQL: at once, when it comes back from nurture, or never (NaN)."""
    handoff, nurture = scenario.marketing.handoff, scenario.marketing.nurture
    scored = score >= handoff.score_at_least
    rules: Mapping[str, Bools] = {
        "score": scored,
        "action": acted,
        "either": scored | acted,
        "both": scored & acted,
    }
    away = to_grid(luck.exponential("nurture", nurture.return_after))
    returns = (luck.uniform("return") < nurture.return_share) & (away <= nurture.keep)
    return np.where(rules[handoff.on], created_at, np.where(returns, created_at + away, np.nan))


def _qualify_prob(scenario: Scenario, inside: Floats, persona: Codes, in_profile: Bools) -> Floats:
    """Return the chance to qualify of leads, given that inside the profile and over all personas."""
    factors = np.array([p.qualify_factor for p in scenario.personas.values()])
    mean = factors @ np.array([p.share for p in scenario.personas.values()])
    by_persona = (factors / mean if mean > 0 else factors)[persona]
    by_fit = np.where(in_profile, 1.0, scenario.marketing.out_of_profile_factor)
    prob: Floats = np.minimum(1.0, inside * by_persona * by_fit)
    return prob


def _win_probs(scenario: Scenario) -> Floats:
    """Return the win chance by (source, persona); the mix of each source has the source's own mean."""
    names, factors = list(scenario.personas), np.array([persona.win_factor for persona in scenario.personas.values()])
    probs = np.empty((len(scenario.marketing.sources), len(names)))
    for row, source, mix in zip(probs, scenario.marketing.sources.values(), _mixes(scenario), strict=True):
        mean = float(factors @ np.array([mix.get(name, 0.0) for name in names]))
        row[:] = np.minimum(1.0, source.win_prob * source.promise_match * factors / (mean if mean > 0 else 1.0))
    return probs


def _mean_from_median(median: float, cv: float) -> float:
    """Return the mean of a lognormal with a median and a ratio of standard deviation to mean."""
    return median * float(np.sqrt(1.0 + cv**2))
