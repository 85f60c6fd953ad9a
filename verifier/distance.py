"""Euclidean distance of unit vectors, and its conversion from and to their cosine.

FAISS compares inner products of float32 vectors, and another library sums the same products in another order, so
that the last bit may put two results on different sides of a threshold. A search therefore only *chooses candidates*
by inner product; the distance that is returned, and that decides, comes from `between`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.values import FloatArray

LENGTH_TOLERANCE = 1e-3
"""How far from 1 the length of an embedding may be: float32 rounding leaves 1e-6, bfloat16 storage some 1e-4."""


def between(probe: FloatArray, references: FloatArray) -> NDArray[np.float64]:
    """Return the distances of one probe (d,) to references (n, d) in float64, the same bits in any batch."""
    difference = references.astype(np.float64) - probe.astype(np.float64)
    return np.asarray(np.sqrt(np.square(difference).sum(axis=1)))


def from_cosine(cosines: NDArray[Any]) -> NDArray[np.float64]:
    """Return the distances sqrt(2 - 2 cos) of unit vectors from their inner products; rounding never leaves 0 to 2."""
    wide = np.asarray(cosines, dtype=np.float64)
    return np.sqrt(np.clip(2.0 - 2.0 * wide, 0.0, 4.0))


def to_cosine(distances: NDArray[Any]) -> NDArray[np.float64]:
    """Return the inner products of unit vectors from their distances, 1 down to -1."""
    return 1.0 - np.square(np.asarray(distances, dtype=np.float64)) / 2.0


def require_unit(vector: NDArray[Any], *, dimension: int) -> FloatArray:
    """Return the vector as float32 (d,); raise `InvalidEmbedding` unless it is finite, of that size and length 1."""
    taken = np.asarray(vector, dtype=np.float32)
    if taken.shape != (dimension,):
        raise errors.InvalidEmbedding(reason="dimension", expected=dimension, found=str(taken.shape))
    length = float(np.linalg.norm(taken.astype(np.float64)))
    if not np.isfinite(length):
        raise errors.InvalidEmbedding(reason="not_finite")
    if abs(length - 1.0) > LENGTH_TOLERANCE:
        raise errors.InvalidEmbedding(reason="length", length=length)
    return taken
