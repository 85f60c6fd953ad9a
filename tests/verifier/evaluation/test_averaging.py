"""The fitted factor keeps the rate of strangers where it was with one photo, for people who were not in the fit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from verifier.evaluation import averaging
from verifier.values import FloatArray

PHOTOS = 4


def crowd(people: int, *, common: float, seed: int) -> tuple[FloatArray, NDArray[np.str_]]:
    """Return people whose faces all have a direction in common, as those of the encoder have."""
    drawn = np.random.default_rng(seed)
    centres = np.repeat(drawn.normal(size=(people, 48)), PHOTOS, axis=0)
    points = centres + drawn.normal(size=centres.shape)
    points[:, 0] += common
    vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return vectors, np.array([f"P{number // PHOTOS:04}" for number in range(len(points))])


def accepted(vectors: FloatArray, people: NDArray[np.str_], *, count: int, within: float, factor: float) -> float:
    """Return the share of pairs of means with other people's photos within the distance, less what the factor says."""
    means = vectors.reshape(-1, PHOTOS, vectors.shape[1])[:, :count].mean(axis=1)
    lengths = np.linalg.norm(means, axis=1)
    far = np.sqrt(np.maximum(2 - 2 * (means / lengths[:, None]) @ vectors.T, 0))
    other = people[::PHOTOS, None] != people[None, :]
    return float(np.mean((far <= within - factor * (1 / lengths - 1)[:, None])[other]))


def fit(vectors: FloatArray, people: NDArray[np.str_]) -> float:
    return averaging.fit(vectors, people=people, draws=2)


def test_strangers_are_as_rare_with_several_photos_as_with_one() -> None:
    factor = fit(*crowd(400, common=6, seed=1))
    vectors, people = crowd(400, common=6, seed=2)
    far = np.sqrt(np.maximum(2 - 2 * vectors @ vectors.T, 0))[people[:, None] != people[None, :]]
    within = float(np.quantile(far, 0.001))
    for count in (2, 3, 4):
        assert accepted(vectors, people, count=count, within=within, factor=factor) < 1.3e-3
    assert accepted(vectors, people, count=4, within=within, factor=0.0) > 2e-3


def test_names_that_are_one_person_are_no_strangers() -> None:
    """Everybody once more under another name: known to be one person, the copies change nothing."""
    vectors, people = crowd(60, common=6, seed=3)
    copies = np.char.add(people, " again")
    pairs = [*zip(people.tolist(), copies.tolist(), strict=True), *zip(copies.tolist(), people.tolist(), strict=True)]
    twice, names = np.concatenate([vectors, vectors]), np.concatenate([people, copies])
    single = fit(vectors, people)
    assert averaging.fit(twice, people=names, same_person=frozenset(pairs), draws=2) == pytest.approx(single, abs=0.035)
    assert fit(twice, names) == 0.0 < 0.05 < single  # else everybody has a stranger at distance 0


def test_too_few_people_with_several_photos_are_refused() -> None:
    vectors, people = crowd(averaging.LEAST_PEOPLE - 1, common=6, seed=4)
    with pytest.raises(ValueError, match="people have 4 photos"):
        averaging.fit(vectors, people=people)
