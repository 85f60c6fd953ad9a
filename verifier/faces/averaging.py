"""Averages the frames of one look into one probe, the better ones with more weight.

What helps is the number of frames; how they are weighted changes little. Of the measures that need no training
(detector score, sharpness, width, contrast, tilt, turn) the score of the last look at the face is the only one that
was never worse than equal weights in any condition tried (docs/reference/models.md): sharpness takes noise for detail,
and a turned head adds another view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verifier.values import Face, FloatArray

MOST_FRAMES = 4
"""Frames of one look that count; each costs an embedding."""

WORTHLESS_SCORE = 0.6
"""Detector score at which a frame has no weight; a check-in refuses faces below 0.7, and good ones have 0.93."""

POWER = 3
"""Power of the score above it: a face of 0.8 has a fifth of the weight of one of 0.93. With 2 nearly the same."""

LEAST_WEIGHT = 1e-3
"""Weight of the worst frame: two equally bad ones still have a mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """Weighted mean of unit vectors: `vector` float32 (d,), length 1; `length` before, 1 for one frame or equal ones.

    The length says how alike the frames were; the threshold follows it, see `Calibration.nearer_by`.
    """

    vector: FloatArray
    length: float


def weight(face: Face) -> float:
    """Return the weight of the frame with this face; it also orders frames, the best one largest."""
    return max((face.score - WORTHLESS_SCORE) ** POWER if face.score > WORTHLESS_SCORE else 0.0, LEAST_WEIGHT)


def average(vectors: Sequence[FloatArray], *, weights: Sequence[float]) -> Mean:
    """Average on the sphere; one frame alone stays bit for bit what it was."""
    if len(vectors) == 1:
        return Mean(vectors[0], 1.0)
    total = np.average([vector.astype(np.float64) for vector in vectors], axis=0, weights=weights)
    length = float(np.linalg.norm(total))
    return Mean(np.asarray(total / length, dtype=np.float32), min(length, 1.0))
