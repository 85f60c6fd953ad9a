"""Calibration by the gallery's own people: it tightens where they resemble one another, and is never looser."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifier.evaluation.crowds import crowd
from verifier.calibration import Calibration
from verifier.evaluation import calibrating, local_calibration, pairs
from verifier.evaluation.local_calibration import LocalCalibration
from verifier.values import FloatArray

RATES = (1e-2, 1e-3, 1e-4, 1e-5)


@cache
def shipped() -> Calibration:
    vectors, people = crowd(400, photos=2, seed=3)
    return calibrating.fit(pairs.compare(vectors, people=people), data="a crowd", draws=20)


def gallery(people: int, *, alike: float = 0.0, seed: int = 7) -> FloatArray:
    """Return one reference of each of some people, all moved towards one face."""
    vectors, _ = crowd(people, photos=1, seed=seed)
    moved = vectors + alike * np.eye(1, vectors.shape[1], dtype=np.float32)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


def fitted(vectors: FloatArray) -> LocalCalibration:
    return local_calibration.fit(vectors, subjects=np.arange(len(vectors)), shipped=shipped())


def test_people_who_resemble_one_another_get_a_stricter_threshold() -> None:
    alike = fitted(gallery(200, alike=0.3))
    assert alike.move > 0.01
    assert alike.table.distance_at(1e-4) == pytest.approx(shipped().distance_at(1e-4) - alike.move, abs=0.005)


def test_few_people_lean_on_the_shipped_table() -> None:
    assert fitted(gallery(local_calibration.FEWEST_PEOPLE - 1, alike=0.5)).table == shipped()
    assert fitted(gallery(15, alike=0.5)).weight < fitted(gallery(200, alike=0.5)).weight


def test_a_person_enrolled_twice_hardly_moves_it() -> None:
    """Less than its standard error, though the nearest pairs are now of distance 0."""
    vectors = gallery(150, alike=0.1)
    once = fitted(vectors)
    doubled = fitted(np.concatenate([vectors, vectors[:3]]))
    assert doubled.difference == pytest.approx(once.difference, abs=once.standard_error)


def test_photos_of_one_person_are_no_pair_of_different_people() -> None:
    vectors = gallery(100)
    subjects = np.repeat(np.arange(100), 2)
    twice = local_calibration.fit(np.repeat(vectors, 2, axis=0), subjects=subjects, shipped=shipped())
    assert twice.pairs == 4 * fitted(vectors).pairs
    assert twice.difference == pytest.approx(fitted(vectors).difference, abs=1e-4)  # between neighbours in order


@settings(max_examples=25, deadline=None)
@given(people=st.integers(1, 60), alike=st.floats(-0.5, 1.0), seed=st.integers(0, 1000))
def test_it_is_never_looser_than_the_shipped_table(people: int, alike: float, seed: int) -> None:
    found = fitted(gallery(people, alike=alike, seed=seed))
    assert 0 <= found.move <= local_calibration.LARGEST_MOVE
    for rate in RATES:
        assert found.table.distance_at(rate) <= shipped().distance_at(rate) + 1e-9
