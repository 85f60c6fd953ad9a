"""What shape have the clusters of a 2-D embedding: round or drawn out?

Elongation of a class is the square root of the ratio of the two eigenvalues of its covariance, 1 for round. Points
on the way to another cluster stretch it, so the trimmed figure drops the tenth farthest from the class' median.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray


@dataclass(frozen=True, slots=True)
class Elongation:
    """Over the classes: the median and the largest."""

    median: float
    largest: float


def elongation(points: FloatArray) -> float:
    """Of one class, points (n, 2)."""
    small, large = np.linalg.eigvalsh(np.cov(points.astype(np.float64).T))
    return float(np.sqrt(large / max(small, 1e-12)))


def elongations(points: FloatArray, labels: NDArray[np.int64], *, trimmed_share: float = 0.0) -> Elongation:
    """Of every class; `trimmed_share` of its points, the farthest from its median, are left out."""
    values = []
    for label in np.unique(labels):
        own = points[labels == label]
        far = np.linalg.norm(own - np.median(own, axis=0), axis=1)
        values.append(elongation(own[far <= np.quantile(far, 1 - trimmed_share)]))
    return Elongation(median=float(np.median(values)), largest=float(np.max(values)))


def nearest_centre_accuracy(points: FloatArray, labels: NDArray[np.int64]) -> float:
    """Share of points nearest to the mean of their own class."""
    known = np.unique(labels)
    centres = np.stack([points[labels == label].mean(axis=0) for label in known])
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)
    return float(np.mean(known[nearest] == labels))


def flattened(embeddings: FloatArray) -> FloatArray:
    """Embeddings (n, d) -> (n, 2): as they are when d is 2, else the first two principal components."""
    if embeddings.shape[1] == 2:
        return embeddings
    centred = embeddings - embeddings.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ directions[:2].T, dtype=np.float32)
