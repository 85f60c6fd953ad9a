"""References of a gallery that far more people resemble than usual: strangers are taken for them most often.

A blurred, small or badly lit photo is near to many faces; so is an ordinary face. A better photo mends the first.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from verifier import distance
from verifier.calibration import Calibration
from verifier.values import FloatArray

NEAR_RATE = 0.005
"""Two people resemble one another when they lie within the distance of this false-match rate: 1 in 200 do."""

TIMES_AS_MANY = 5.0
"""So many times the mean of all references; by chance alone 4 in 1,000 of a gallery of 200 have five times as many."""

FEWEST = 6
"""With fewer, it may be chance, or a family."""

MOST_COMPARED = 2000
"""Of a larger gallery every reference is compared with so many, drawn by lot."""

ROWS_AT_A_TIME = 1000


def find(
    vectors: FloatArray,
    *,
    subjects: NDArray[np.int64],
    table: Calibration,
    excluded: Collection[tuple[int, int]] = (),
    seed: int = 0,
) -> list[tuple[int, int]]:
    """Return (row, people who resemble it) of references (n, d), those with the most people first."""
    if not len(vectors):
        return []
    compared = np.arange(len(vectors))
    if len(compared) > MOST_COMPARED:
        compared = np.sort(np.random.default_rng(seed).choice(compared, MOST_COMPARED, replace=False))
    near = table.distance_at(NEAR_RATE)
    counts = _counts(vectors, subjects=subjects, compared=compared, near=near, excluded=_both_orders(excluded))
    listed = np.flatnonzero(counts >= max(FEWEST, TIMES_AS_MANY * float(counts.mean())))
    return [(int(row), int(counts[row])) for row in listed[np.argsort(-counts[listed], kind="stable")]]


def _both_orders(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    return {*pairs, *((second, first) for first, second in pairs)}


def _counts(
    vectors: FloatArray,
    *,
    subjects: NDArray[np.int64],
    compared: NDArray[np.int64],
    near: float,
    excluded: set[tuple[int, int]],
) -> NDArray[np.int64]:
    """Return by how many people each reference is resembled."""
    counts = np.zeros(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), ROWS_AT_A_TIME):
        rows = slice(start, start + ROWS_AT_A_TIME)
        within = distance.from_cosine(vectors[rows] @ vectors[compared].T) <= near
        within &= subjects[rows, np.newaxis] != subjects[compared]
        for row in np.flatnonzero(within.any(axis=1)):
            others = set(subjects[compared[within[row]]].tolist())
            subject = int(subjects[start + row])
            counts[start + row] = sum((subject, other) not in excluded for other in others)
    return counts
