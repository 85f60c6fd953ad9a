"""Verification figures as papers report them: accuracy, and true-accept rates at false-accept rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.evaluation.pairs import Pairs

RATES = (1e-4, 1e-5, 1e-6)
FOLDS = 10


@dataclass(frozen=True, slots=True)
class Point:
    """At `threshold` (a distance, accepted when equal) impostors pass at `far` and genuine pairs at `tar`."""

    far: float
    threshold: float
    tar: float


def point_at(pairs: Pairs, *, far: float) -> Point | None:
    """Return the loosest threshold that this share of impostor pairs passes, in whole pairs; None for less than one.

    13.5 million pairs at 1e-6 are 14 pairs, so the last digit of a TAR there depends on a single pair.
    """
    allowed = round(far * pairs.impostors)
    if far * pairs.impostors < 1 or len(pairs.genuine) == 0:
        return None
    if allowed >= len(pairs.nearest):
        raise ValueError(f"only the nearest {len(pairs.nearest)} impostor pairs were kept, {allowed + 1} are needed")
    threshold = float(np.nextafter(pairs.nearest[allowed], 0.0))  # just short of the first pair too many
    return Point(far=far, threshold=threshold, tar=float(np.mean(pairs.genuine <= threshold)))


def points(pairs: Pairs, *, rates: Sequence[float] = RATES) -> list[Point]:
    """Return the point of every rate that the number of pairs allows."""
    found = (point_at(pairs, far=rate) for rate in rates)
    return [point for point in found if point is not None]


def ten_fold_accuracy(distances: NDArray[np.float64], *, same: NDArray[np.bool_]) -> float:
    """Return the mean share of right answers, each fold at the threshold that is best for the other nine.

    Folds take every tenth genuine and every tenth impostor pair, in the order given.
    """
    fold = np.zeros(len(distances), dtype=np.int64)
    for kind in (same, ~same):
        fold[kind] = np.arange(int(kind.sum())) % FOLDS
    shares = []
    for number in range(FOLDS):
        tried = fold == number
        if not tried.any() or tried.all():
            continue
        threshold = best_threshold(distances[~tried], same=same[~tried])
        shares.append(float(np.mean((distances[tried] <= threshold) == same[tried])))
    return float(np.mean(shares)) if shares else float("nan")


def best_threshold(distances: NDArray[np.float64], *, same: NDArray[np.bool_]) -> float:
    """Return the threshold with the most right answers, in the middle between two distances."""
    order = np.argsort(distances, kind="stable")
    far, alike = distances[order], same[order]
    right = np.cumsum(alike) + (~alike).sum() - np.cumsum(~alike)  # accepting everything up to here
    last_of_its_value = np.append(far[1:] > far[:-1], values=True)
    best = int(np.argmax(np.where(last_of_its_value, right, -1)))
    if (~same).sum() >= right[best]:
        return float(far[0]) / 2
    return float((far[best] + far[best + 1]) / 2) if best + 1 < len(far) else float(far[best])
