"""The luck of the leads of one rate layer: everything about them that no policy can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.scoring import SCORE_AT_HANDOFF, SCORE_PER_SD, ScoreModel, inside_profile_prob, solve
from smarketing_sim.scenario.units import to_grid
from smarketing_sim.world.arrivals import Flow, Layer
from smarketing_sim.world.calendar import Floats
from smarketing_sim.world.streams import Streams

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class LayerLuck:
    """Draws from the streams of one rate layer; a draw is made for every point, then cut to the leads kept."""

    streams: Streams
    key: str
    layer: Layer
    prefix: str = ""

    def _random(self, purpose: str, attempt: int | None) -> np.random.Generator:
        tail = () if attempt is None else (attempt,)
        return self.streams.open(self.prefix + purpose, self.key, self.layer.number, *tail)

    def uniform(self, purpose: str, attempt: int | None = None) -> Floats:
        """Return uniforms in [0, 1)."""
        return self._random(purpose, attempt).random(self.layer.drawn_count)[self.layer.kept]

    def normal(self, purpose: str, attempt: int | None = None) -> Floats:
        """Return standard normals."""
        return self._random(purpose, attempt).standard_normal(self.layer.drawn_count)[self.layer.kept]

    def exponential(self, purpose: str, mean: float) -> Floats:
        """Return exponentials of a mean."""
        return self._random(purpose, None).standard_exponential(self.layer.drawn_count)[self.layer.kept] * mean

    def lognormal(
        self, purpose: str, *, mean: float | Floats, cv: float | Floats, attempt: int | None = None
    ) -> Floats:
        """Return lognormals of a mean and a ratio of standard deviation to mean."""
        sigma = np.sqrt(np.log1p(np.square(cv)))
        if not np.any(sigma):
            return np.full(len(self.layer.kept), 1.0) * mean
        return mean * np.exp(sigma * self.normal(purpose, attempt) - 0.5 * np.square(sigma))


def traits(scenario: Scenario, flow: Flow, luck: LayerLuck) -> Columns:
    """Draw who a lead is and whether and when marketing hands it over."""
    marketing, source = scenario.marketing, scenario.marketing.sources[flow.source]
    mix = source.personas or {name: persona.share for name, persona in scenario.personas.items()}
    persona = _persona(scenario, mix, luck.uniform("persona"))
    in_profile = luck.uniform("fit") < marketing.in_profile_share
    inside = inside_profile_prob(
        qualify_prob=source.qualify_prob,
        in_profile_share=marketing.in_profile_share,
        out_of_profile_factor=marketing.out_of_profile_factor,
    )
    model = solve(
        qualify_prob=inside,
        handed_share=source.handed_share,
        auc=marketing.scoring.auc,
        spread=marketing.scoring.spread,
    )
    propensity = luck.normal("propensity")
    seen = model.correlation * propensity + np.sqrt(1 - model.correlation**2) * luck.normal("score noise")
    score = SCORE_AT_HANDOFF + SCORE_PER_SD * (seen - model.threshold)
    acted = luck.uniform("action") < source.action_share
    return {
        "persona": persona,
        "fit": in_profile,
        "score": score,
        "qualify_prob": _qualify_prob(scenario, model, propensity, persona, in_profile),
        "mql_at": _mql_at(scenario, luck, score, acted),
    }


def outcomes(scenario: Scenario, flow: Flow, luck: LayerLuck, persona: npt.NDArray[np.generic]) -> Columns:
    """Draw what would come of a lead, given that it is reached, met and offered."""
    meetings, ae, recording = scenario.sales.meetings, scenario.sales.ae, scenario.sales.sdr.recording
    people = list(scenario.personas.values())
    value_mean = np.array([p.deal_value_usd for p in people])[persona]
    value_cv = np.array([p.deal_value_cv for p in people])[persona]
    booking = _mean_from_median(meetings.booking_lag, meetings.booking_lag_cv)
    cycle = _mean_from_median(ae.cycle_median, ae.cycle_cv)
    win_prob = win_probs(scenario, flow.source)[persona]
    chance = luck.uniform("win")
    columns: Columns = {
        "qualify_luck": luck.uniform("qualify"),
        "booking_minutes": to_grid(luck.lognormal("booking", mean=booking, cv=meetings.booking_lag_cv)),
        "show_luck": luck.uniform("show"),
        "rebook_luck": luck.uniform("rebook"),
        "rebooking_minutes": to_grid(luck.lognormal("rebooking", mean=booking, cv=meetings.booking_lag_cv)),
        "second_show_luck": luck.uniform("second show"),
        "win_prob": win_prob,
        "win_wait_limit": win_wait_limit(win_prob, chance, ae.fade_half_life),
        "cycle_minutes": to_grid(luck.lognormal("cycle", mean=cycle, cv=ae.cycle_cv)),
        "deal_value_usd": luck.lognormal("value", mean=value_mean, cv=value_cv),
        "mean_value_usd": value_mean,
        "reason_luck": luck.uniform("reason"),
        "record_luck": luck.uniform("record"),
        "record_lag_minutes": to_grid(luck.exponential("record lag", recording.lag)),
    }
    return columns


def contact(scenario: Scenario, luck: LayerLuck) -> Columns:
    """Draw how a lead answers: its interest, its patience and every attempt's luck."""
    marketing, cadence, cv = scenario.marketing, scenario.sales.sdr.cadence, scenario.sales.sdr.minutes_cv
    count, attempts = len(luck.layer.kept), range(1, cadence.max_attempts + 1)
    curve = scenario.decay.curve
    interest = np.full(count, np.inf) if curve is None else to_grid(curve.deadline(luck.uniform("interest")))
    patience = marketing.patience_mean
    reachable = luck.uniform("reachable") < marketing.reachable_share
    columns: Columns = {
        "interest_until": interest,
        "patience_minutes": np.full(count, np.inf)
        if patience is None
        else to_grid(luck.exponential("patience", patience)),
        "bad_number": ~reachable & (luck.uniform("number") < marketing.bad_number_share),
        "intelligence_luck": luck.uniform("intelligence"),
        "misroute_luck": luck.uniform("misroute"),
        "talk_unit": luck.lognormal("talk", mean=1.0, cv=cv),
        "connect_before": _connect_before(scenario, luck, reachable, interest),
        "class_luck": _by_attempt([luck.uniform("class", n) for n in attempts])
        if has_classes(scenario)
        else np.zeros((count, 0)),
        "preparation_unit": _by_attempt([luck.lognormal("preparation", mean=1.0, cv=cv, attempt=n) for n in attempts]),
        "no_answer_unit": _by_attempt([luck.lognormal("no answer", mean=1.0, cv=cv, attempt=n) for n in attempts]),
        "voicemail_luck": _by_attempt([luck.uniform("voicemail", n) for n in attempts]),
    }
    return columns


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


def win_probs(scenario: Scenario, source: str) -> Floats:
    """Return the win chance of each persona of a source; their mix has the source's own mean."""
    flow = scenario.marketing.sources[source]
    factors = np.array([persona.win_factor for persona in scenario.personas.values()])
    return np.minimum(1.0, flow.win_prob * flow.promise_match * factors / _mix_mean(scenario, source, factors))


def win_wait_limit(win_prob: Floats, chance: Floats, half_life: float | None) -> Floats:
    """Return the longest wait for an account executive that a deal survives; -1 where it is lost anyway.

    The chance to win falls as 2^(-wait / half-life), so that P(limit >= wait) = win_prob · 2^(-wait / half-life).
    """
    if half_life is None:
        return np.where(chance < win_prob, np.inf, -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = to_grid(half_life * np.log2(win_prob / chance))
    return np.where(chance < win_prob, limit, -1.0)


def _connect_before(scenario: Scenario, luck: LayerLuck, reachable: npt.NDArray[np.bool_], interest: Floats) -> Floats:
    """Return the age below which each attempt connects: infinite or zero, unless age counts at each attempt."""
    strict = scenario.decay.clock == "each_attempt" and "contact" in scenario.decay.spoils
    limit = interest if strict else np.full(len(reachable), np.inf)
    columns = []
    for attempt in range(1, scenario.sales.sdr.cadence.max_attempts + 1):
        prob = min(1.0, scenario.sales.reach.hazard(attempt) * best_class(scenario))
        columns.append(np.where(reachable & (luck.uniform("connect", attempt) < prob), limit, -1.0))
    return _by_attempt(columns)


def _persona(scenario: Scenario, mix: Mapping[str, float], chance: Floats) -> npt.NDArray[np.int32]:
    """Return persona codes; the shares are laid out by name, so the order of the file plays no part."""
    names = sorted(scenario.personas)
    edges = np.cumsum([mix.get(name, 0.0) for name in names])
    place = np.minimum(np.searchsorted(edges, chance, side="right"), len(names) - 1)
    return np.array([list(scenario.personas).index(name) for name in names], dtype=np.int32)[place]


def _by_attempt(columns: list[Floats]) -> Floats:
    return np.stack(columns, axis=1)


def _mql_at(scenario: Scenario, luck: LayerLuck, score: Floats, acted: npt.NDArray[np.bool_]) -> Floats:
    """Return when a lead becomes an MQL: at once, when it comes back from nurture, or never (NaN)."""
    handoff, nurture = scenario.marketing.handoff, scenario.marketing.nurture
    scored = score >= handoff.score_at_least
    rules: Mapping[str, npt.NDArray[np.bool_]] = {
        "score": scored,
        "action": acted,
        "either": scored | acted,
        "both": scored & acted,
    }
    away = to_grid(luck.exponential("nurture", nurture.return_after))
    returns = (luck.uniform("return") < nurture.return_share) & (away <= nurture.keep)
    created = luck.layer.created_at
    return np.where(rules[handoff.on], created, np.where(returns, created + away, np.nan))


def _qualify_prob(
    scenario: Scenario,
    model: ScoreModel,
    propensity: Floats,
    persona: npt.NDArray[np.generic],
    in_profile: npt.NDArray[np.bool_],
) -> Floats:
    factors = np.array([p.qualify_factor for p in scenario.personas.values()])
    mean = factors @ np.array([p.share for p in scenario.personas.values()])
    by_persona = (factors / mean if mean > 0 else factors)[persona]
    by_fit = np.where(in_profile, 1.0, scenario.marketing.out_of_profile_factor)
    inside: Floats = ndtr(model.intercept + scenario.marketing.scoring.spread * propensity)
    prob: Floats = np.minimum(1.0, inside * by_persona * by_fit)
    return prob


def _mix_mean(scenario: Scenario, source: str, factors: Floats) -> float:
    mix = scenario.marketing.sources[source].personas
    shares = [mix.get(n, 0.0) if mix else persona.share for n, persona in scenario.personas.items()]
    mean = float(factors @ np.array(shares))
    return mean if mean > 0 else 1.0


def _mean_from_median(median: float, cv: float) -> float:
    """Return the mean of a lognormal with a median and a ratio of standard deviation to mean."""
    return median * float(np.sqrt(1.0 + cv**2))
