"""Distances of all pairs of photos, computed in blocks and reduced to what the figures need.

5,203 photos make 13.5 million pairs. Kept are all distances of pairs of one person, a histogram of those of different
people, and the nearest of these with the two people of each, since a fit must know which pairs share a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier import distance
from verifier.values import FloatArray

BLOCK_ROWS = 512
HISTOGRAM_STEP = 0.005
HISTOGRAM_BINS = round(2.0 / HISTOGRAM_STEP)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pairs:
    """Distances of pairs of photos.

    `genuine`, `genuine_person`: every pair of one person, and the person. `nearest`: distances of the nearest pairs of
    different people, ascending, at least the share that was wanted; `nearest_people` (k, 2): their people.
    `histogram`: all pairs of different people in bins of `HISTOGRAM_STEP` from 0. `photos`: number of photos of
    each person. `ignored_pairs` (m, 2): people whose pairs count as neither. People are numbers.
    """

    genuine: NDArray[np.float64]
    genuine_person: NDArray[np.int64]
    nearest: NDArray[np.float64]
    nearest_people: NDArray[np.int64]
    histogram: NDArray[np.int64]
    photos: NDArray[np.int64]
    ignored_pairs: NDArray[np.int64]

    @property
    def impostors(self) -> int:
        """Number of pairs of different people."""
        return int(self.histogram.sum())


def compare(
    vectors: FloatArray,
    *,
    people: NDArray[np.str_],
    same_person: Collection[tuple[str, str]] = (),
    share: float = 0.002,
) -> Pairs:
    """Compare all photos; pairs of names in `same_person` are left out. `share`: share of impostor pairs kept."""
    names, person = np.unique(people, return_inverse=True)
    photos = np.bincount(person, minlength=len(names))
    ignored = _ignored(names, same_person)
    genuine: list[NDArray[np.float64]] = []
    whose: list[NDArray[np.int64]] = []
    histogram = np.zeros(HISTOGRAM_BINS, dtype=np.int64)
    keeper = _Nearest(most=int(share * (len(people) ** 2 - np.square(photos).sum()) / 2) + 1)
    for first, second, far in _blocks(vectors):
        same = person[first] == person[second]
        genuine.append(far[same])
        whose.append(person[first[same]])
        different = ~same
        if ignored:
            different &= ~_is_ignored(person[first], person[second], ignored, count=len(names))
        first, second, far = person[first[different]], person[second[different]], far[different]  # noqa: PLW2901
        histogram += np.histogram(far, bins=HISTOGRAM_BINS, range=(0.0, 2.0))[0]
        keeper.offer(far, first, second)
    nearest, nearest_people = keeper.kept()
    return Pairs(
        genuine=np.concatenate(genuine) if genuine else np.zeros(0),
        genuine_person=np.concatenate(whose) if whose else np.zeros(0, dtype=np.int64),
        nearest=nearest,
        nearest_people=nearest_people,
        histogram=histogram,
        photos=photos,
        ignored_pairs=np.array(sorted(pair for pair in ignored if pair[0] < pair[1]), dtype=np.int64).reshape(-1, 2),
    )


def _blocks(vectors: FloatArray) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Yield each pair once, as first rows, second rows and distances, block by block."""
    count = len(vectors)
    for start in range(0, count, BLOCK_ROWS):
        band = vectors[start : start + BLOCK_ROWS]
        product = band @ vectors[start:].T
        first, second = np.nonzero(np.arange(len(band))[:, np.newaxis] < np.arange(count - start)[np.newaxis])
        yield first + start, second + start, distance.from_cosine(product[first, second])


def _ignored(names: NDArray[np.str_], same_person: Collection[tuple[str, str]]) -> set[tuple[int, int]]:
    """Return the pairs as numbers, in both orders; unknown names are left out."""
    number = {name: row for row, name in enumerate(names.tolist())}
    known = [(number[a], number[b]) for a, b in same_person if a in number and b in number]
    return {*known, *((second, first) for first, second in known)}


def _is_ignored(
    first: NDArray[np.int64], second: NDArray[np.int64], ignored: set[tuple[int, int]], *, count: int
) -> NDArray[np.bool_]:
    codes = np.array([one * count + other for one, other in ignored], dtype=np.int64)
    return np.isin(first * count + second, codes)


class _Nearest:
    """Collects the nearest of many pairs, in a few times the memory of those it keeps."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._limit = np.inf
        self._parts: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
        self._held = 0

    def offer(self, far: NDArray[np.float64], first: NDArray[np.int64], second: NDArray[np.int64]) -> None:
        within = far <= self._limit
        self._parts.append((far[within], np.stack([first[within], second[within]], axis=1)))
        self._held += int(within.sum())
        if self._held > 4 * self._most:
            self._trim()

    def _trim(self) -> None:
        far, people = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order = np.argsort(far, kind="stable")[: self._most]
        self._parts = [(far[order], people[order])]
        self._held = len(order)
        if self._held == self._most:
            self._limit = float(far[order[-1]])

    def kept(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        if not self._parts:
            return np.zeros(0), np.zeros((0, 2), dtype=np.int64)
        self._trim()
        return self._parts[0]
