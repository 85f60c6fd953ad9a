"""Galleries of every kind, and unit vectors to fill them with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.verifier.gallery.plain import PlainGallery
from verifier.gallery import DividedGallery, FlatGallery, Gallery, snapshot
from verifier.values import FloatArray

DIMENSION = 16
ENCODER = "tried"


def unit_vectors(count: int, *, seed: int = 0, dimension: int = DIMENSION) -> FloatArray:
    drawn = np.random.default_rng(seed).normal(size=(count, dimension))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def _flat(_: Path) -> Gallery:
    return FlatGallery(DIMENSION, encoder=ENCODER)


def _plain(_: Path) -> Gallery:
    return PlainGallery(DIMENSION, encoder=ENCODER)


def _divided(_: Path) -> Gallery:
    return DividedGallery(DIMENSION, encoder=ENCODER)


class ScatteredGallery(DividedGallery):
    """A divided gallery whose subjects have labels from the first: the contract must not see the cells."""

    def add(self, *, reference: int, subject: int, vector: FloatArray, labels: frozenset[int] | None = None) -> None:
        super().add(reference=reference, subject=subject, vector=vector, labels=labels or frozenset({subject % 3}))


def _scattered(_: Path) -> Gallery:
    return ScatteredGallery(DIMENSION, encoder=ENCODER)


def _reopened(folder: Path) -> Gallery:
    before = FlatGallery(DIMENSION, encoder=ENCODER)
    for number, vector in enumerate(unit_vectors(9, seed=5)):
        before.add(reference=number, subject=number, vector=vector)
    for number in range(9):
        before.remove(reference=number)
    snapshot.write(before, folder / "gallery", sequence=18)
    return snapshot.read(folder / "gallery", encoder=ENCODER)[0]


MAKERS: dict[str, Callable[[Path], Gallery]] = {
    "flat": _flat,
    "plain": _plain,
    "divided": _divided,
    "scattered": _scattered,
    "reopened": _reopened,
}


@pytest.fixture(params=sorted(MAKERS))
def gallery(request: pytest.FixtureRequest, tmp_path: Path) -> Gallery:
    """An empty gallery of every kind."""
    return MAKERS[request.param](tmp_path)
