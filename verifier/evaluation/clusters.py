"""Shape of the clusters of a 2-D embedding: elongation and nearest-centre accuracy.

The elongation of a class is the square root of the ratio of the two eigenvalues of its covariance, 1 for a round one.
Outliers towards another cluster raise it, so a trimmed figure leaves out the points farthest from the class' median.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray


@dataclass(frozen=True, slots=True)
class Elongation:
    """Median and largest elongation over the classes."""

    median: float
    largest: float


def elongation(points: FloatArray) -> float:
    """Return the elongation of one class, points (n, 2)."""
    small, large = np.linalg.eigvalsh(np.cov(points.astype(np.float64).T))
    return float(np.sqrt(large / max(small, 1e-12)))


def elongations(points: FloatArray, labels: NDArray[np.int64], *, trimmed_share: float = 0.0) -> Elongation:
    """Return the elongation over all classes; `trimmed_share` of the points of each, the farthest, are left out."""
    values = []
    for label in np.unique(labels):
        own = points[labels == label]
        far = np.linalg.norm(own - np.median(own, axis=0), axis=1)
        values.append(elongation(own[far <= np.quantile(far, 1 - trimmed_share)]))
    return Elongation(median=float(np.median(values)), largest=float(np.max(values)))


def nearest_centre_accuracy(points: FloatArray, labels: NDArray[np.int64]) -> float:
    """Return the share of points that are nearest to the mean of their own class."""
    known = np.unique(labels)
    centres = np.stack([points[labels == label].mean(axis=0) for label in known])
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)
    return float(np.mean(known[nearest] == labels))


def project_to_plane(embeddings: FloatArray) -> FloatArray:
    """Return embeddings (n, d) as points (n, 2): unchanged when d is 2, else their first two principal components."""
    if embeddings.shape[1] == 2:
        return embeddings
    centred = embeddings - embeddings.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ directions[:2].T, dtype=np.float32)
