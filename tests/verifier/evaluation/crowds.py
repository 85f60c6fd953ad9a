"""Random people: unit vectors scattered around a direction for each person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray


def crowd(
    people: int, *, photos: int, spread: float = 0.5, dimension: int = 24, seed: int = 0
) -> tuple[FloatArray, NDArray[np.str_]]:
    drawn = np.random.default_rng(seed)
    centres = np.repeat(drawn.normal(size=(people, dimension)), photos, axis=0)
    points = centres + spread * drawn.normal(size=centres.shape)
    vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return vectors, np.array([f"P{number // photos:04}" for number in range(people * photos)])
