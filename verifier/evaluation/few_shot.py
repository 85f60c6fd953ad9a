"""Which of N classes is it, told from one or a few references of each?

A tie counts as wrong: an encoder that maps everything onto one point scores 0 here, whereas taking the first of
equal ones scores 100 % wherever the right class happens to stand first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray

Labels = NDArray[np.int64]
TIE = 1e-7
"""Similarities (cosines) nearer than this are a tie: float32 sums differ there by the order of adding."""


def right(similarities: NDArray[np.floating], truth: Labels) -> NDArray[np.bool_]:
    """Rows are queries, columns classes: True where the true class alone is the most similar."""
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
    """Mean share of right answers over draws of the references; all other pictures are queries.

    `probes`: embeddings and labels of another source (sketches for photos); then those are the queries, all of them.

    Each draw takes `references` of every class (with `ways`: of so many classes, drawn anew each time). A class is
    as similar as the mean of its references.
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
    """Of each draw: the classes of its queries, and whether each was told rightly."""
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
        asked, asked_labels = (embeddings[~chosen], labels[~chosen]) if probes is None else probes
        queries = np.isin(asked_labels, classes)
        column = {int(label): number for number, label in enumerate(classes)}
        truth = np.array([column[int(label)] for label in asked_labels[queries]])
        found.append((asked_labels[queries], right(asked[queries] @ np.stack(support).T, truth)))
    return found
