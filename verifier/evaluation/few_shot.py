"""N-way identification from one or a few references of each class.

A tie counts as wrong: an encoder that maps all pictures onto one point scores 0. If the first of equal classes were
taken, it would score 100 % wherever the right class happens to come first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray

Labels = NDArray[np.int64]
TIE = 1e-7
"""Similarities (cosines) that differ by less are a tie: float32 sums differ this much by the order of the terms."""


def correct(similarities: NDArray[np.floating], truth: Labels) -> NDArray[np.bool_]:
    """Return True for each query (row) whose true class alone is the most similar of the classes (columns)."""
    rows = np.arange(len(truth))
    true = similarities[rows, truth]
    others = similarities.copy()
    others[rows, truth] = -np.inf
    return np.asarray(true > others.max(axis=1) + TIE)


def accuracy(
    embeddings: FloatArray,
    labels: Labels,
    *,
    references: int,
    draws: int,
    seed: int,
    ways: int | None = None,
    probes: tuple[FloatArray, Labels] | None = None,
) -> float:
    """Return the mean share of right answers over draws of the references; all other pictures are queries.

    Each draw takes `references` pictures of every class, or of `ways` classes that are drawn each time. The similarity
    to a class is that to the mean of its references. `probes`: embeddings and labels of another source (sketches for
    photos), which are then the queries.
    """
    drawn = answers(embeddings, labels, references=references, draws=draws, seed=seed, ways=ways, probes=probes)
    return float(np.mean([float(hit.mean()) for _, hit in drawn]))


def answers(
    embeddings: FloatArray,
    labels: Labels,
    *,
    references: int,
    draws: int,
    seed: int,
    ways: int | None = None,
    probes: tuple[FloatArray, Labels] | None = None,
) -> list[tuple[Labels, NDArray[np.bool_]]]:
    """Return for each draw the classes of its queries, and whether each query was identified rightly."""
    generator = np.random.Generator(np.random.PCG64(seed))
    known = np.unique(labels)
    found = []
    for _ in range(draws):
        classes = known if ways is None else generator.choice(known, ways, replace=False)
        support, chosen = [], np.zeros(len(labels), dtype=bool)
        for label in classes:
            rows = generator.choice(np.flatnonzero(labels == label), references, replace=False)
            chosen[rows] = True
            support.append(embeddings[rows].mean(axis=0))
        others, other_labels = (embeddings[~chosen], labels[~chosen]) if probes is None else probes
        queries = np.isin(other_labels, classes)
        column = {int(label): number for number, label in enumerate(classes)}
        truth = np.array([column[int(label)] for label in other_labels[queries]])
        found.append((other_labels[queries], correct(others[queries] @ np.stack(support).T, truth)))
    return found
