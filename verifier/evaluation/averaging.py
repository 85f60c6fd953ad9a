"""Fits by how much strangers come nearer when several photos of one person are averaged into one probe.

The mean of unit vectors is shorter than 1, the more so the more they differ. What is peculiar to single photos is lost,
what all faces have in common is not, so the distances to other people shrink as a whole. Measured on Labeled Faces in
the Wild, they shrink in proportion to 1 / length - 1, whatever the number of photos; the factor is fitted here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray

COUNTS = (2, 3, 4)
"""Photos in one probe."""

RATES = (1e-3, 1e-4, 1e-5)
"""False-match rates at which the distances with one and with several photos are compared."""

DRAWS = 8
"""Draws of the groups of photos; one alone moves the factor by a tenth."""

LEAST_PEOPLE = 20
"""People who have enough photos to average, below whom nothing is fitted."""

COUNTED_PAIRS = 10
"""A rate is used when at least so many pairs lie within its distance."""

BLOCK_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Means:
    """Means of photos of one person each: `vectors` (n, d) of unit length, `lengths` before, `people` as numbers."""

    vectors: FloatArray
    lengths: NDArray[np.float64]
    people: NDArray[np.int64]


def fit(
    vectors: FloatArray,
    *,
    people: NDArray[np.str_],
    same_person: Collection[tuple[str, str]] = (),
    draws: int = DRAWS,
) -> float:
    """Return the factor: means over the draws and the numbers of photos, and the largest of them over the rates.

    People with at least four photos are averaged, and compared with all photos of the others; with one photo they are
    themselves the comparison. Never below 0. Raises ValueError where too few people have so many photos.
    """
    names, person = np.unique(people, return_inverse=True)
    several = np.flatnonzero(np.bincount(person) >= max(COUNTS))
    if len(several) < LEAST_PEOPLE:
        raise ValueError(f"only {len(several)} people have {max(COUNTS)} photos to average")
    different = _different(names, same_person)
    factors = np.mean(
        [_factors(vectors, person=person, several=several, different=different, seed=seed) for seed in range(draws)],
        axis=0,
    )
    counted = factors[np.isfinite(factors)]
    if not len(counted):
        raise ValueError("too few pairs to compare means of photos with single ones")
    return max(0.0, float(counted.max()))


def _factors(
    vectors: FloatArray,
    *,
    person: NDArray[np.int64],
    several: NDArray[np.int64],
    different: NDArray[np.bool_] | None,
    seed: int,
) -> NDArray[np.float64]:
    """Return the factor at each rate, over the numbers of photos; nan where too few pairs were counted."""
    drawn = np.random.default_rng(seed)
    order = {int(one): drawn.permutation(np.flatnonzero(person == one)) for one in several}

    def nearest(count: int) -> tuple[NDArray[np.float64], float]:
        return _nearest(_means(vectors, order, count=count), vectors, person=person, different=different)

    single, _ = nearest(1)
    return np.asarray(np.mean([(single - far) / short for far, short in map(nearest, COUNTS)], axis=0))


def _means(vectors: FloatArray, order: dict[int, NDArray[np.int64]], *, count: int) -> Means:
    """Average the photos of each person in groups that share none."""
    groups = [
        (one, rows[start : start + count])
        for one, rows in order.items()
        for start in range(0, len(rows) - count + 1, count)
    ]
    sums = np.stack([vectors[rows].mean(axis=0, dtype=np.float64) for _, rows in groups])
    lengths = np.linalg.norm(sums, axis=1)
    return Means(
        vectors=(sums / lengths[:, None]).astype(np.float32),
        lengths=lengths,
        people=np.array([one for one, _ in groups], dtype=np.int64),
    )


def _nearest(
    means: Means, vectors: FloatArray, *, person: NDArray[np.int64], different: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], float]:
    """Return the distances within which the rates lie (nan where too few pairs do), and the mean of 1 / length - 1."""
    kept, pairs, limit = [], 0, np.inf
    for start in range(0, len(means.people), BLOCK_ROWS):
        band = slice(start, start + BLOCK_ROWS)
        other = means.people[band, None] != person[None, :]
        if different is not None:
            other &= different[means.people[band, None], person[None, :]]
        far = np.sqrt(np.maximum(2.0 - 2.0 * (means.vectors[band] @ vectors.T), 0.0))[other]
        pairs += far.size
        most = min(round(4 * max(RATES) * far.size) + COUNTED_PAIRS, far.size)
        kept.append(np.partition(far, most - 1)[:most])
        limit = min(limit, float(kept[-1].max()))
    nearest = np.sort(np.concatenate(kept))
    reached = []
    for rate in RATES:
        place = round(rate * pairs)
        is_counted = COUNTED_PAIRS <= place < len(nearest) and nearest[place] <= limit
        reached.append(float(nearest[place]) if is_counted else float("nan"))
    return np.array(reached), float(np.mean(1.0 / means.lengths - 1.0))


def _different(names: NDArray[np.str_], same_person: Collection[tuple[str, str]]) -> NDArray[np.bool_] | None:
    """Return a table of people that is False where two names are one person; None where there are none."""
    place = {name: row for row, name in enumerate(names.tolist())}
    known = [(place[a], place[b]) for a, b in same_person if a in place and b in place]
    if not known:
        return None
    table = np.ones((len(names), len(names)), dtype=bool)
    for a, b in known:
        table[a, b] = table[b, a] = False
    return table
