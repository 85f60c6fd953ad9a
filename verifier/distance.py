"""How far apart are two embeddings? Euclidean distance of unit vectors, and the one way there from a product.

FAISS compares inner products of float32 vectors, and another library sums the same products in another order:
two of them may stand on different sides of a threshold over the last bit. So a search only *chooses candidates* by
inner product; the distance that is answered, and that decides, comes from `between`.
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
    """Distances of one probe (d,) to references (n, d), in float64, the same bits whoever asks and in any batch."""
    difference = references.astype(np.float64) - probe.astype(np.float64)
    return np.asarray(np.sqrt(np.square(difference).sum(axis=1)))


def from_inner_product(product: NDArray[Any]) -> NDArray[np.float64]:
    """Turn inner products of unit vectors into distances; rounding may push a product past 1, never past the range."""
    wide = np.asarray(product, dtype=np.float64)
    return np.sqrt(np.clip(2.0 - 2.0 * wide, 0.0, 4.0))


def to_inner_product(distances: NDArray[Any]) -> NDArray[np.float64]:
    """Turn distances of unit vectors into their inner products, 1 down to -1."""
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
