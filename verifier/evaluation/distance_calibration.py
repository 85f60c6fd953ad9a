"""Calibration from the distances of genuine and of impostor pairs, on any scale.

It serves encoders and comparators of the learning package; the face encoder is calibrated over people by
`calibrating`. Rates are counted, with the upper bound of the count, where there are enough pairs. Beyond, a
generalized Pareto distribution (Pickands 1975) is fitted above the 99 % quantile, and the upper end of its interval
is used, because such fits err to the unsafe side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.linear_model import LogisticRegression

from verifier.calibration import SMALLEST_RATE, Calibration
from verifier.evaluation import error_rates

TAIL_SHARE = 0.01
CONFIDENCE = 0.99
"""Two-sided confidence of the interval of the fit; its upper end goes into the table."""
DRAWS = 400
ENOUGH = 10
"""A rate is counted, not extrapolated, where at least this many impostor pairs lie within the distance."""
ROWS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperTail:
    """Generalized Pareto distribution of the values above `level`, which are a share `share` of all."""

    level: float
    share: float
    shape: float
    scale: float
    count: int

    def value_at(self, rate: float) -> float:
        """Return the value exceeded by this share of all."""
        return float(_value(self.level, self.share, self.shape, self.scale, rate))

    def interval_at(self, rate: float, *, seed: int = 0) -> tuple[float, float]:
        """Return the interval of `value_at`, from the large-sample covariance of the two parameters (Smith 1987)."""
        shape, scale = self._drawn(seed)
        values = _value(self.level, self.share, shape, scale, rate)
        low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return float(low), float(high)

    def rate_at(self, value: float, *, upper: bool = True, seed: int = 0) -> float:
        """Return the share of all beyond a value above the level; with `upper` the upper end of its interval."""
        shape, scale = self._drawn(seed) if upper else (np.array([self.shape]), np.array([self.scale]))
        inside = np.maximum(1 + shape * (value - self.level) / scale, 0)
        with np.errstate(divide="ignore"):
            rates = self.share * np.where(inside > 0, inside ** (-1 / shape), 0)
        return float(np.quantile(rates, (1 + CONFIDENCE) / 2))

    def _drawn(self, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        one = 1 + self.shape
        covariance = np.array([[one**2, -self.scale * one], [-self.scale * one, 2 * self.scale**2 * one]]) / self.count
        drawn = np.random.default_rng(seed).multivariate_normal([self.shape, self.scale], covariance, size=DRAWS)
        shape = np.where(np.abs(drawn[:, 0]) < 1e-6, 1e-6, drawn[:, 0])
        return shape, np.maximum(drawn[:, 1], self.scale / 10)


def fit_tail(values: NDArray[np.floating], *, share: float = TAIL_SHARE) -> UpperTail:
    """Fit the tail of the largest values by maximum likelihood; raises ValueError for fewer than a hundred."""
    level = float(np.quantile(values, 1 - share))
    excess = values[values > level] - level
    if len(excess) < 100:
        raise ValueError(f"{len(excess)} values are too few for a tail")
    shape, _, scale = stats.genpareto.fit(excess, floc=0)
    shape = shape if abs(shape) > 1e-6 else 1e-6
    return UpperTail(
        level=level, share=len(excess) / len(values), shape=float(shape), scale=float(scale), count=len(excess)
    )


def fit(genuine: error_rates.Distances, impostor: error_rates.Distances, *, data: str, classes: int) -> Calibration:
    """Fit the table on pairs that were used for nothing else."""
    try:
        tail = fit_tail(-np.asarray(impostor, dtype=np.float64))
    except ValueError:
        tail = None
    both = np.concatenate((genuine, impostor)).astype(np.float64)
    grid = np.unique(np.round(np.quantile(both, np.linspace(0, 1, ROWS)), 6))
    floor = float(np.min(impostor))
    beyond = np.linspace(floor * 0.5, floor, 12) if floor > 0 else np.empty(0)
    grid = np.unique(np.concatenate(([0.0], np.round(beyond, 6), grid[grid >= 0])))
    matched = np.array([_false_match_rate(distance, impostor, tail) for distance in grid])
    matched = np.maximum(np.maximum.accumulate(matched), SMALLEST_RATE)
    missed = 1 - np.searchsorted(np.sort(genuine), grid, side="right") / len(genuine)
    midpoint, slope = _logistic(genuine, impostor)
    return Calibration(
        distances=tuple(float(value) for value in grid),
        false_match_rates=tuple(float(value) for value in matched),
        false_non_match_rates=tuple(float(value) for value in missed),
        smallest_supported_rate=min(1.0, ENOUGH / len(impostor)),
        midpoint_distance=midpoint,
        slope_distance=slope,
        data=data,
        people=classes,
        impostor_pairs=len(impostor),
        genuine_pairs=len(genuine),
    )


def _false_match_rate(distance: float, impostor: error_rates.Distances, tail: UpperTail | None) -> float:
    accepted = int(np.sum(impostor <= distance))
    counted = error_rates.upper_bound(accepted, tried=len(impostor))
    if tail is None or accepted >= ENOUGH or -distance <= tail.level:
        return counted
    return min(counted, tail.rate_at(-distance))


def _value(level: float, share: float, shape: object, scale: object, rate: float) -> NDArray[np.float64]:
    bend, width = np.asarray(shape, dtype=np.float64), np.asarray(scale, dtype=np.float64)
    return np.asarray(level + width / bend * ((rate / share) ** -bend - 1))


def _logistic(genuine: error_rates.Distances, impostor: error_rates.Distances) -> tuple[float, float]:
    rows = np.concatenate((genuine, impostor)).astype(np.float64)[:, None]
    spread = float(rows.std()) or 1.0
    fitted = LogisticRegression(class_weight="balanced", C=100.0).fit(
        rows / spread, np.arange(len(rows)) < len(genuine)
    )
    slope = -float(fitted.coef_[0, 0]) / spread
    if slope <= 1e-6:
        return float(np.median(rows)), spread * 100
    return float(fitted.intercept_[0]) / slope, 1 / slope
