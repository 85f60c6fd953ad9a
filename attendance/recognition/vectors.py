"""Embeddings as bytes in rows: little-endian float32 of length 1; anything else is refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attendance.core.errors import Fault
from verifier.values import FloatArray

LENGTH_TOLERANCE = 1e-3
"""How far from 1 the length may be: rounding leaves 1e-6."""


def pack(vector: NDArray[np.float32]) -> bytes:
    """Return the bytes for the row; raises Fault for a vector that no search may ever meet."""
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise Fault("invalid_embedding", reason="not_finite")
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if abs(length - 1.0) > LENGTH_TOLERANCE:
        raise Fault("invalid_embedding", reason="length", length=length)
    return vector.astype("<f4").tobytes()


def unpack(kept: bytes | memoryview) -> FloatArray:
    """Return the vector of a row as float32 (d,)."""
    return np.frombuffer(bytes(kept), dtype="<f4").astype(np.float32)
