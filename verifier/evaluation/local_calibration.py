"""Calibration of an encoder for one organisation, from its own references compared with one another.

A shipped table was fitted on many kinds of people. Where the enrolled resemble one another, strangers of the same kind
are let in more often than it says. The references of N people are N(N - 1)/2 pairs of different people: far too few
to count the rates that a door needs, enough to see how far the table must be moved. So the table keeps its shape and is
moved along the distance, by the difference between the two at rates of 0.5 to 3 %.

What is not believed blindly: the nearest 0.5 % of the pairs (twins, a person enrolled twice, wrong labels) have no say;
few people lean on the shipped table; the move has an upper limit; and it only ever goes to the strict side.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verifier import distance
from verifier.calibration import SMALLEST_RATE, Calibration
from verifier.values import FloatArray

RATES = np.geomspace(0.005, 0.03, 8)
"""Rates at which both tables are compared. Nearer pairs are few, perhaps errors; farther ones say nothing of a tail."""

PRIOR_PEOPLE = 20
"""The shipped table weighs as much as this many people: between groups of photos of one kind it is off by 0.015 (root
of the mean square), by so much is the place known that some 20 people give."""

FEWEST_PEOPLE = 10
"""With fewer, the pairs at these rates are one or two."""

UPPER_ERRORS = 1.28
"""Standard errors added to the move: the upper end of an interval that holds 80 %, as in the shipped table."""

LARGEST_MOVE = 0.05
"""Largest move; it lets a tenth of the impostor pairs through, the worst that was seen among people of one group."""

MOST_PEOPLE = 2000
"""More are drawn by lot: their two million pairs place the table to 0.001."""

DRAWS = 60
KEPT_SHARE = 0.15
"""Share of the pairs, the nearest, that are kept for the draws; a draw reaches 3 % well within them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCalibration:
    """A shipped table moved to where the organisation's own people lie.

    `table`: the moved table. `people`, `pairs`: what was compared. `difference`: how much nearer to one another than
    the shipped table says they lie (below 0: farther), `standard_error` of it over the people. `weight`: 0 (the
    shipped table alone) to 1. `move`: distance by which the table became stricter, never below 0.
    """

    shipped: Calibration
    table: Calibration
    people: int
    pairs: int
    difference: float
    standard_error: float
    weight: float
    move: float

    def times_as_many(self, false_match_rate: float) -> float:
        """Return how many times this rate the shipped threshold for it lets through by the local table."""
        return self.table.false_match_rate_at(self.shipped.distance_at(false_match_rate)) / false_match_rate


def fit(
    vectors: FloatArray,
    *,
    subjects: NDArray[np.int64],
    shipped: Calibration,
    excluded: Collection[tuple[int, int]] = (),
    seed: int = 0,
) -> LocalCalibration:
    """Fit on references (n, d) of unit length and the number of each one's person; the same seed, the same table.

    `excluded`: pairs of people that say nothing of strangers, since they are known to be one person, or twins. The
    order of the references does not matter as long as all take part (at most `MOST_PEOPLE` people).
    """
    generator = np.random.default_rng(seed)
    vectors, subjects = _drawn(vectors, subjects, generator=generator)
    people, person = np.unique(subjects, return_inverse=True)
    if len(people) < FEWEST_PEOPLE:
        return _moved(shipped, people=len(people), pairs=0, difference=0.0, standard_error=0.0)
    pairs = _nearest_pairs(vectors, person=person, excluded=_positions(excluded, people=people))
    expected = np.array([shipped.distance_at(rate) for rate in RATES])
    photos = np.bincount(person)
    difference = _difference(pairs, expected=expected, times=np.ones(len(people)), photos=photos)
    draws = [
        _difference(pairs, expected=expected, times=_times(len(people), generator), photos=photos) for _ in range(DRAWS)
    ]
    return _moved(
        shipped,
        people=len(people),
        pairs=pairs.all_pairs,
        difference=difference,
        standard_error=float(np.std(draws)),
    )


def _drawn(
    vectors: FloatArray, subjects: NDArray[np.int64], *, generator: np.random.Generator
) -> tuple[FloatArray, NDArray[np.int64]]:
    people = np.unique(subjects)
    if len(people) <= MOST_PEOPLE:
        return vectors, subjects
    taken = np.isin(subjects, generator.choice(people, MOST_PEOPLE, replace=False))
    return vectors[taken], subjects[taken]


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The nearest pairs of different people: distances, ascending, and the two people of each; how many there are."""

    distances: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    all_pairs: int


def _positions(excluded: Collection[tuple[int, int]], *, people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs (n, 2) as places among the people, both orders; those of whom one has left are dropped."""
    place = {number: position for position, number in enumerate(people.tolist())}
    found = [(place[one], place[other]) for one, other in excluded if one in place and other in place]
    both = found + [(other, one) for one, other in found]
    return np.array(both, dtype=np.int64).reshape(-1, 2)


def _nearest_pairs(vectors: FloatArray, *, person: NDArray[np.int64], excluded: NDArray[np.int64]) -> _Pairs:
    far = distance.from_cosine(vectors @ vectors.T)
    first, second = np.triu_indices(len(vectors), k=1)
    counted = person[first] != person[second]
    if len(excluded):
        people = int(person.max()) + 1
        counted &= ~np.isin(person[first] * people + person[second], excluded[:, 0] * people + excluded[:, 1])
    first, second = first[counted], second[counted]
    measured = far[first, second]
    most = max(int(KEPT_SHARE * len(measured)), min(len(measured), 20))
    nearest = np.argpartition(measured, most - 1)[:most] if most < len(measured) else np.arange(len(measured))
    order = nearest[np.argsort(measured[nearest], kind="stable")]
    return _Pairs(measured[order], person[first[order]], person[second[order]], len(measured))


def _times(people: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw as many people as there are, with replacement, and count each."""
    return np.bincount(generator.integers(0, people, people), minlength=people).astype(np.float64)


def _weight_of_all(photos: NDArray[np.float64]) -> int:
    return round(float(photos.sum() ** 2 - np.square(photos).sum()) / 2)


def _difference(
    pairs: _Pairs, *, expected: NDArray[np.float64], times: NDArray[np.float64], photos: NDArray[np.int64]
) -> float:
    """Return by how much nearer the pairs lie than expected: the median over the rates, person i taken `times[i]`."""
    weights = times[pairs.first] * times[pairs.second]
    within = np.cumsum(weights) / max(_weight_of_all(photos * times), 1)
    return float(np.median(expected - np.interp(RATES, within, pairs.distances)))


def _moved(
    shipped: Calibration, *, people: int, pairs: int, difference: float, standard_error: float
) -> LocalCalibration:
    weight = people / (people + PRIOR_PEOPLE) if pairs else 0.0
    move = float(np.clip(weight * (difference + UPPER_ERRORS * standard_error), 0.0, LARGEST_MOVE))
    return LocalCalibration(
        shipped=shipped,
        table=_moved_table(shipped, move=move),
        people=people,
        pairs=pairs,
        difference=difference,
        standard_error=standard_error,
        weight=weight,
        move=move,
    )


def _moved_table(shipped: Calibration, *, move: float) -> Calibration:
    """Return the table with the false-match rates of distances that are larger by the move; the genuine side stays."""
    if move == 0.0:
        return shipped
    distances = np.array(shipped.distances)
    logarithms = np.log(np.maximum(shipped.false_match_rates, SMALLEST_RATE))
    rates = np.maximum(np.exp(np.interp(distances + move, distances, logarithms)), shipped.false_match_rates)
    return replace(shipped, false_match_rates=tuple(np.minimum(np.maximum.accumulate(rates), 1.0).tolist()))
