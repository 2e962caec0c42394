"""The benchmark model: one year of leads with their luck, and what every engine must say became of them.

A business day has 480 minutes and a year 250 days; the clock is continuous. Leads arrive by a daily profile, wait for
one of a few identical reps (new leads before retries, then the freshest or the best score), are tried up to six times
with fixed pauses, and lose interest as they age: attempt k of a lead at age a connects when
u < (0.30 exp(-a / 180) + 0.07) × m × 0.92^(k - 1), which is the same as a <= ``connect_before[lead, k]``.

A waiting lead is gone when its deadline is before now; a retry due after the deadline is not scheduled; no attempt
begins at or after ``END``. At one instant attempts end, then leads arrive, then retries fall due, each by lead id, and
last of all free reps take waiting leads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from smarketing_sim.arrays import Floats

Order = Literal["newest", "score"]
Singles = npt.NDArray[np.float32]

DAY_MINUTES, DAYS, ATTEMPTS = 480.0, 250, 6
HORIZON = DAY_MINUTES * DAYS
END = 129_600.0
GAPS = (240.0, 480.0, 960.0, 1440.0, 1920.0)
DEPTH_MINUTES = 12 * DAY_MINUTES
MEDIAN_USD = np.array([4_000.0, 9_000.0, 20_000.0])
GRID = 2.0**20

_PROFILE = np.array([0.9, 1.3, 1.4, 1.1, 0.7, 1.0, 1.0, 0.6])
_CELLS = 80  # every edge of the profile's distribution is a multiple of 1/80, so a table inverts it
_CELL_HOUR = np.repeat(np.arange(8), np.rint(_PROFILE * 10).astype(int))
_SLOPE = (480.0 / _PROFILE)[_CELL_HOUR]
_START = 60.0 * _CELL_HOUR - _SLOPE * (np.cumsum(_PROFILE) - _PROFILE)[_CELL_HOUR] / 8.0
_SOURCE = np.repeat(np.arange(4, dtype=np.int32), (40, 30, 20, 10))
_PERSONA = np.tile(np.repeat(np.arange(3, dtype=np.int32), (5, 3, 2)), 10)
_CONNECT = np.array([0.8, 1.0, 1.15, 1.4], dtype=np.float32)
_ODDS = 1.0 / (_CONNECT[:, None] * np.float32(0.92) ** np.arange(ATTEMPTS, dtype=np.float32))
_PATIENCE = np.array([0.6, 1.0, 1.6], dtype=np.float32) * np.float32(4800.0)
_VALUE_SIGMA, _CYCLE_SIGMA, _HANDLING_SIGMA = 0.8, 0.7, 0.6
MEAN_USD = MEDIAN_USD * np.exp(_VALUE_SIGMA**2 / 2)
_VALUES = MEAN_USD.astype(np.float32)


@dataclass(frozen=True, eq=False, kw_only=True)
class Year:
    """Leads in order of creation; the lead's id is its row.

    Minutes are on a grid of 2^-20 minutes, so every sum of times is exact in a double. ``handling_minutes`` and
    ``connect_before`` have shape (leads, 6); an attempt connects at an age of at most ``connect_before``, which is
    infinite for always and negative for never. ``cycle_minutes`` run from the talk to the deal.
    """

    reps: int
    order: Order
    created_at: Floats
    deadline: Floats
    source: npt.NDArray[np.int32]
    persona: npt.NDArray[np.int32]
    fit: Singles
    connect_before: Singles
    handling_minutes: Singles
    qualify_prob: Singles
    qualify_luck: Singles
    win_prob: Singles
    win_luck: Singles
    cycle_minutes: Singles
    value: Singles

    @property
    def lead_count(self) -> int:
        """How many leads."""
        return len(self.created_at)

    @property
    def score(self) -> Floats:
        """What the queue serves the highest of first."""
        if self.order == "newest":
            return self.created_at
        return self.fit.astype(np.float64) + 0.2 * self.persona

    @property
    def rank(self) -> npt.NDArray[np.int32]:
        """Place of each lead in the order of service, 0 first; a retry stands behind all new leads."""
        rank = np.empty(self.lead_count, dtype=np.int32)
        rank[np.argsort(-self.score, kind="stable")] = np.arange(self.lead_count, dtype=np.int32)
        return rank

    @property
    def would_qualify(self) -> npt.NDArray[np.bool_]:
        """Whether a talk with each lead finds it qualified."""
        return self.qualify_luck < self.qualify_prob

    @property
    def would_win(self) -> npt.NDArray[np.bool_]:
        """Whether the deal of a qualified lead is won, whenever it closes."""
        return self.win_luck < self.win_prob

    def keep(self, rows: npt.NDArray[Any], *, reps: int | None = None) -> Year:
        """Return the year with some of its leads and perhaps another team."""
        columns = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name not in ("reps", "order")}
        return Year(reps=reps or self.reps, order=self.order, **columns)


@dataclass(frozen=True, eq=False, kw_only=True)
class Thin:
    """What became of each lead: what every engine has to agree on.

    ``first_at`` and ``connected_at`` (the end of the talk) are NaN where it did not happen; ``attempts_in_12`` counts
    attempts begun within 12 business days of creation; a deal is ``won`` if it closed before the horizon's end.
    """

    first_at: Floats
    attempt_count: npt.NDArray[np.int32]
    attempts_in_12: npt.NDArray[np.int32]
    connected_at: Floats
    qualified: npt.NDArray[np.bool_]
    won: npt.NDArray[np.bool_]
    revenue: Floats

    def mismatches(self, other: Thin) -> int:
        """Count the leads of which the two tell different stories."""
        differ = np.zeros(len(self.first_at), dtype=bool)
        for column in fields(self):
            mine, theirs = getattr(self, column.name), getattr(other, column.name)
            differ |= (mine != theirs) & ~(np.isnan(mine) & np.isnan(theirs))
        return int(differ.sum())


def thin(year: Year, *, first_at: Any, attempt_count: Any, attempts_in_12: Any, connected_at: Any) -> Thin:
    """Return the whole story from the calls: what comes after a talk does not act back on the queue."""
    connected = np.asarray(connected_at, dtype=np.float64)
    qualified = ~np.isnan(connected) & year.would_qualify
    won = qualified & year.would_win & (connected + year.cycle_minutes < HORIZON)
    return Thin(
        first_at=np.asarray(first_at, dtype=np.float64),
        attempt_count=np.asarray(attempt_count, dtype=np.int32),
        attempts_in_12=np.asarray(attempts_in_12, dtype=np.int32),
        connected_at=connected,
        qualified=qualified,
        won=won,
        revenue=np.where(won, year.value, 0.0),
    )


def sample_year(
    *, seed: int, rate: float = 60.0, reps: int = 3, order: Order = "newest", days: int = DAYS, p0: float = 0.30
) -> Year:
    """Draw one year of leads.

    Parameters
    ----------
    seed
        The same seed gives the same leads, whatever ``reps``, ``order`` and ``p0`` are.
    rate
        Expected leads a business day.
    reps, order
        The team, and which lead it serves first.
    days
        Business days on which leads arrive.
    p0
        How much of the chance to connect fades with age.
    """
    random = np.random.Generator(np.random.SFC64(seed))
    count = int(random.poisson(days * rate))
    created = _arrivals(random, count, days)
    who, *four, patience, qualify_luck, win_luck = _uniforms(random, 8, count)
    cell = (who * np.float32(99.99999)).astype(np.intp)
    source, persona, fit = _SOURCE.take(cell), _PERSONA.take(cell), _second_of_four(*four)
    np.log(patience, out=patience)
    patience *= _PATIENCE.take(persona)
    value = _lognormals(random, 2, (count + 1) // 2, mean=1.0, sigma=_VALUE_SIGMA).reshape(-1)[:count]
    cycle = _lognormals(random, 2, (count + 1) // 2, mean=20.0 * DAY_MINUTES * GRID, sigma=_CYCLE_SIGMA).reshape(-1)[
        :count
    ]
    handling = _lognormals(random, count, ATTEMPTS, mean=8.0 * GRID, sigma=_HANDLING_SIGMA)
    return Year(
        reps=reps,
        order=order,
        created_at=created,
        deadline=created + _from_grid(patience, np.float32(-GRID)),
        source=source,
        persona=persona,
        fit=fit,
        connect_before=_connect_before(_uniforms(random, count, ATTEMPTS), source, p0),
        handling_minutes=_from_grid(handling, np.float32(1.0)),
        qualify_prob=np.float32(0.1) + np.float32(0.6) * fit,
        qualify_luck=qualify_luck.copy(),  # a copy lets go of the other uniforms
        win_prob=np.float32(0.15) + np.float32(0.25) * fit,
        win_luck=win_luck.copy(),
        cycle_minutes=_from_grid(cycle, np.float32(1.0)),
        value=value * _VALUES.take(persona),
    )


def _uniforms(random: np.random.Generator, rows: int, columns: int) -> Singles:
    """Return single uniforms in (0, 1], two from each draw of 64 bits, which takes half the time of random()."""
    size = rows * columns
    bits = random.integers(0, 2**64 - 1, (size + 1) // 2, dtype=np.uint64, endpoint=True).view(np.uint32)[:size]
    bits >>= np.uint32(9)
    bits |= np.uint32(0x3F800000)  # 23 random bits behind the exponent of 1: a single in [1, 2)
    uniform = bits.view(np.float32).reshape(rows, columns)
    return np.subtract(np.float32(2.0), uniform, out=uniform)


def _lognormals(random: np.random.Generator, rows: int, columns: int, *, mean: float, sigma: float) -> Singles:
    """Return single lognormals by the polar form of normals (Box, Muller 1958), which suits arrays; an even number."""
    half = rows * columns // 2
    radius, angle = _uniforms(random, 2, half)
    np.log(radius, out=radius)
    radius *= np.float32(-2.0 * sigma**2)
    np.sqrt(radius, out=radius)
    angle *= np.float32(2.0 * np.pi)
    values = np.empty((2, half), dtype=np.float32)
    np.multiply(radius, np.cos(angle), out=values[0])
    np.multiply(radius, np.sin(angle, out=angle), out=values[1])
    values += np.float32(np.log(mean) - sigma**2 / 2)
    return np.exp(values, out=values).reshape(rows, columns)


def _arrivals(random: np.random.Generator, count: int, days: int) -> Floats:
    """Return sorted instants by the daily profile: the inverse distribution of sorted uniforms."""
    part = random.random(count)
    part.sort()
    part *= days
    minutes = np.floor(part)
    part -= minutes
    minutes *= DAY_MINUTES
    cell = (part * _CELLS).astype(np.intp)
    part *= _SLOPE.take(cell, mode="clip")
    minutes += part
    minutes += _START.take(cell, mode="clip")
    minutes *= GRID
    np.rint(minutes, out=minutes)
    minutes *= 1.0 / GRID
    return minutes


def _second_of_four(a: Singles, b: Singles, c: Singles, d: Singles) -> Singles:
    """Return the second smallest of four uniforms, which is a draw from Beta(2, 3)."""
    return np.minimum(np.maximum(np.minimum(a, b), np.minimum(c, d)), np.minimum(np.maximum(a, b), np.maximum(c, d)))


def _connect_before(luck: Singles, source: npt.NDArray[np.int32], p0: float) -> Singles:
    """Turn the luck of every attempt into the age up to which it connects, in place; no age is below 0."""
    luck *= (_ODDS / np.float32(p0)).take(source, axis=0)
    luck -= np.float32(0.07 / p0)
    np.maximum(luck, np.float32(0.0), out=luck)
    with np.errstate(divide="ignore"):
        np.log(luck, out=luck)
    return _from_grid(luck, np.float32(-180.0 * GRID))


def _from_grid(minutes: Singles, scale: np.float32) -> Singles:
    """Round to the grid in place, ``scale`` bringing a minute to its units; this is exact.

    Single numbers of 8 minutes and more lie on the grid already, and the last step is by a power of two.
    """
    minutes *= scale
    np.rint(minutes, out=minutes)
    minutes *= np.float32(1.0 / GRID)
    return minutes
