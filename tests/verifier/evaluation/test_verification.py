"""Verification figures against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from verifier.evaluation import verification
from verifier.evaluation.pairs import Pairs


def counted(genuine: list[float], impostor: list[float]) -> Pairs:
    ordered = np.sort(np.array(impostor))
    return Pairs(
        genuine=np.array(genuine),
        genuine_person=np.zeros(len(genuine), dtype=np.int64),
        nearest=ordered,
        nearest_people=np.zeros((len(impostor), 2), dtype=np.int64),
        histogram=np.histogram(ordered, bins=400, range=(0, 2))[0],
        photos=np.array([2, 2]),
        ignored_pairs=np.zeros((0, 2), dtype=np.int64),
    )


def test_the_point_at_a_tenth_of_twenty_impostors_accepts_the_nearest_two() -> None:
    pairs = counted([0.1, 0.5, 0.59, 0.6, 0.9], [0.4, 0.5, 0.6, *np.linspace(1.0, 1.9, 17)])
    point = verification.point_at(pairs, far=0.1)
    assert point is not None
    assert point.threshold == np.nextafter(0.6, 0)  # at 0.6 it would be three
    assert point.tar == pytest.approx(3 / 5)


def test_impostors_at_equal_distance_are_accepted_together_or_not_at_all() -> None:
    point = verification.point_at(counted([0.1, 0.55], [0.4, 0.5, 0.5, *[1.0] * 17]), far=0.1)
    assert point is not None
    assert 0.4 <= point.threshold < 0.5


def test_a_rate_finer_than_the_pairs_has_no_point() -> None:
    pairs = counted([0.1], [1.0] * 19)
    assert verification.point_at(pairs, far=0.02) is None
    assert verification.points(pairs, rates=[0.02, 0.1])[0].far == 0.1


def test_pairs_separated_by_a_gap_have_accuracy_one() -> None:
    same = np.repeat([True, False], 50)
    assert verification.ten_fold_accuracy(np.where(same, 0.8, 1.2), same=same) == 1.0


def test_accuracy_is_at_a_threshold_from_the_other_folds() -> None:
    same = np.repeat([True, False], 50)
    distances = np.concatenate([np.linspace(0.5, 1.0, 50), np.linspace(1.1, 1.4, 50)])
    distances[3], distances[60] = 1.3, 0.6  # one of each kind on the wrong side
    assert verification.ten_fold_accuracy(distances, same=same) == pytest.approx(0.98, abs=0.011)


@pytest.mark.parametrize(
    ("distances", "same", "between"),
    [
        ([0.2, 0.4, 0.8, 1.0], [True, True, False, False], (0.4, 0.8)),
        ([0.2, 0.4, 0.8, 1.0], [True, False, True, False], (0.2, 1.0)),
        ([0.2, 0.4], [False, False], (0.0, 0.2)),
        ([0.2, 0.4], [True, True], (0.4, 2.0)),
        ([0.5, 0.5, 0.5], [False, True, True], (0.5, 2.0)),
    ],
)
def test_the_best_threshold_lies_between_two_distances(
    distances: list[float], same: list[bool], between: tuple[float, float]
) -> None:
    best = verification.best_threshold(np.array(distances), same=np.array(same))
    assert between[0] <= best <= between[1]
    right = sum((far <= best) == alike for far, alike in zip(distances, same, strict=True))
    assert right == max(
        sum((far <= cut) == alike for far, alike in zip(distances, same, strict=True)) for cut in [0.0, *distances]
    )
