"""Calibration of the face encoder: counted rates, and an extreme-value fit beyond them.

The false-match rates that a door needs (a millionth and less) are at the limit of any data. The excesses of the
nearest pairs of different people over a level are therefore fitted by a generalized Pareto distribution, the limit
law of the tails of nearly all distributions (Pickands 1975; Balkema and de Haan 1974).

Such fits have errors, and an error to one side lets strangers in. Pairs are not independent either: a face that
resembles many others is in thousands of them. So *people* are drawn with replacement many times, the fit is made for
each draw, and the table holds the upper end of the results.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from verifier.calibration import SMALLEST_RATE, Calibration
from verifier.evaluation.pairs import HISTOGRAM_BINS, HISTOGRAM_STEP, Pairs

TAIL_SHARE = 0.002
"""Share of the impostor pairs that the tail is fitted on. Smaller ones give the same curve with a wider interval,
larger ones reach into the body of the distribution: see docs/explanation/threshold.md."""

DRAWS = 200
UPPER_END = 0.9
"""Share of the draws that lie below the table: the upper end of an interval that holds 80 % of them. With 0.95 no
fewer strangers are let in in the open-set trial, and more of the enrolled are refused."""

COUNTED_PAIRS = 10
"""A rate is supported by the data when at least so many impostor pairs lie within its distance."""

TABLE_DISTANCES = np.round(np.concatenate([[0.0], np.arange(0.4, 1.7001, 0.01), [2.0]]), 4)


def fit(
    pairs: Pairs,
    *,
    data: str,
    averaging_distance: float = 0.0,
    draws: int = DRAWS,
    upper_end: float = UPPER_END,
    seed: int = 0,
) -> Calibration:
    """Fit the table on all pairs of a set of photos; the same seed gives the same table.

    `averaging_distance`: what `averaging.fit` gives for the same photos, kept with the table.
    Raises ValueError when there are too few pairs for a tail.
    """
    tail = int(TAIL_SHARE * pairs.impostors)
    if tail < 10 * COUNTED_PAIRS or len(pairs.nearest) < tail or len(pairs.genuine) == 0:
        raise ValueError(f"too few pairs to calibrate on: {pairs.impostors} impostors, {len(pairs.genuine)} genuine")
    upper = _upper_rates(pairs, tail=tail, draws=draws, upper_end=upper_end, seed=seed)
    midpoint, slope = _logistic(pairs)
    return Calibration(
        distances=tuple(TABLE_DISTANCES.tolist()),
        false_match_rates=tuple(_rounded(upper)),
        false_non_match_rates=tuple(_rounded(_false_non_match_rates(pairs))),
        smallest_supported_rate=_smallest_supported(pairs, upper),
        midpoint_distance=round(midpoint, 5),
        slope_distance=round(slope, 6),
        averaging_distance=round(averaging_distance, 4),
        data=data,
        people=len(pairs.photos),
        impostor_pairs=pairs.impostors,
        genuine_pairs=len(pairs.genuine),
    )


def _rounded(values: NDArray[np.float64]) -> list[float]:
    """Round to six significant digits."""
    return [float(f"{value:.6g}") for value in values]


def _upper_rates(pairs: Pairs, *, tail: int, draws: int, upper_end: float, seed: int) -> NDArray[np.float64]:
    """Return the false-match rates at the table's distances, upper end over the draws."""
    drawn = np.random.default_rng(seed)
    people = len(pairs.photos)
    distances, (first, second) = pairs.nearest[:tail], pairs.nearest_people[:tail].T
    level = float(distances[-1])
    below = level - distances
    curves = []
    for _ in range(draws):
        times = np.bincount(drawn.integers(0, people, people), minlength=people).astype(np.float64)
        weights = times[first] * times[second]
        share = float(weights.sum()) / _impostors(pairs, times)
        curves.append(_tail_rates(below, weights=weights, level=level, share=share))
    rates = np.quantile(np.stack(curves), upper_end, axis=0)
    rates = np.where(level > TABLE_DISTANCES, rates, np.maximum(_counted_rates(pairs), rates.max()))
    return np.clip(np.maximum.accumulate(rates), SMALLEST_RATE, 1.0)


def _impostors(pairs: Pairs, times: NDArray[np.float64]) -> float:
    """Return the weight of all pairs of different people when person i is drawn `times[i]` times."""
    photos = pairs.photos * times
    ignored = pairs.ignored_pairs
    left_out = float((photos[ignored[:, 0]] * photos[ignored[:, 1]]).sum()) if len(ignored) else 0.0
    return float((photos.sum() ** 2 - np.square(photos).sum()) / 2) - left_out


def _tail_rates(
    below: NDArray[np.float64], *, weights: NDArray[np.float64], level: float, share: float
) -> NDArray[np.float64]:
    """Return the share of impostor pairs within each of the table's distances, by the tail fitted below the level."""
    tail = fit_tail(below, weights=weights)
    return share * tail.survival(np.maximum(level - TABLE_DISTANCES, 0.0))


@dataclass(frozen=True, slots=True)
class Tail:
    """Generalized Pareto distribution of the excesses over a level."""

    scale: float
    shape: float

    def survival(self, excess: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability to exceed the level by more than this."""
        if abs(self.shape) < 1e-9:
            return np.exp(-excess / self.scale)
        inside = np.maximum(1.0 + self.shape * excess / self.scale, 0.0)  # 0: beyond the end that a shape < 0 has
        return np.asarray(inside ** (-1.0 / self.shape))


def fit_tail(excess: NDArray[np.float64], *, weights: NDArray[np.float64]) -> Tail:
    """Fit by weighted maximum likelihood."""
    total = float(weights.sum())

    def surprise(guess: NDArray[np.float64]) -> float:
        scale, shape = float(np.exp(guess[0])), float(guess[1])
        inside = 1.0 + shape * excess / scale
        if inside.min() <= 1e-9:
            return float("inf")
        if abs(shape) < 1e-9:
            return total * math.log(scale) + float(weights @ excess) / scale
        return total * math.log(scale) + (1.0 + 1.0 / shape) * float(weights @ np.log(inside))

    logarithm, shape = _minimum(surprise, start=(math.log(float(weights @ excess) / total), 0.01), step=(0.1, 0.05))
    return Tail(scale=math.exp(logarithm), shape=shape)


def _minimum(
    surprise: Callable[[NDArray[np.float64]], float], *, start: tuple[float, float], step: tuple[float, float]
) -> tuple[float, float]:
    """Minimize over two unknowns without derivatives, to four digits, far below the spread of the draws."""
    corners = np.array([start, (start[0] + step[0], start[1]), (start[0], start[1] + step[1])])
    options: Any = {"xatol": 1e-4, "fatol": np.inf, "initial_simplex": corners}
    best: Any = optimize.minimize(surprise, np.array(start), method="Nelder-Mead", options=options)
    return float(best.x[0]), float(best.x[1])


def _counted_rates(pairs: Pairs) -> NDArray[np.float64]:
    """Return the share of impostor pairs within each of the table's distances, in whole bins (rounded up)."""
    through = np.cumsum(pairs.histogram) / pairs.impostors
    bins = np.minimum(np.ceil(TABLE_DISTANCES / HISTOGRAM_STEP - 1e-9).astype(int), HISTOGRAM_BINS - 1)
    return np.asarray(through[bins], dtype=np.float64)


def _false_non_match_rates(pairs: Pairs) -> NDArray[np.float64]:
    """Return the share of genuine pairs beyond each distance; every person has the same weight."""
    per_person = np.bincount(pairs.genuine_person, minlength=len(pairs.photos))
    order = np.argsort(pairs.genuine, kind="stable")
    weights = 1.0 / per_person[pairs.genuine_person[order]]
    within = np.concatenate([[0.0], np.cumsum(weights)])
    reached = np.searchsorted(pairs.genuine[order], TABLE_DISTANCES, side="right")
    return np.asarray(np.clip(1.0 - within[reached] / within[-1], 0.0, 1.0))


def _smallest_supported(pairs: Pairs, upper: NDArray[np.float64]) -> float:
    """Return the upper rate at the distance within which `COUNTED_PAIRS` impostor pairs lie, rounded up to 2 digits."""
    counted_to = float(pairs.nearest[COUNTED_PAIRS - 1])
    rate = float(np.exp(np.interp(counted_to, TABLE_DISTANCES, np.log(upper))))
    step = 10.0 ** (np.floor(np.log10(rate)) - 1)
    return float(f"{np.ceil(rate / step) * step:.2g}")


def _logistic(pairs: Pairs) -> tuple[float, float]:
    """Return midpoint and slope of P(one person | distance) for equally many pairs of both kinds."""
    centres = (np.arange(HISTOGRAM_BINS) + 0.5) * HISTOGRAM_STEP
    genuine = np.histogram(pairs.genuine, bins=HISTOGRAM_BINS, range=(0.0, 2.0))[0] / len(pairs.genuine)
    impostor = pairs.histogram / pairs.impostors

    def surprise(guess: NDArray[np.float64]) -> float:
        exponent = (centres - guess[0]) / np.exp(guess[1])
        return float(genuine @ np.logaddexp(0.0, exponent) + impostor @ np.logaddexp(0.0, -exponent))

    middle = (float(genuine @ centres) + float(impostor @ centres)) / 2
    midpoint, logarithm = _minimum(surprise, start=(middle, math.log(0.05)), step=(0.05, 0.2))
    return midpoint, math.exp(logarithm)
