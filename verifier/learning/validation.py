"""Equal error rate on held-out pictures while a network is trained.

It is taken over a fixed list of balanced pairs that is short enough to be measured every few seconds. The figures
that are reported at the end come from `verifier.evaluation` and from other pictures.
"""

from __future__ import annotations

import numpy as np
from torch import nn

from verifier.evaluation import error_rates
from verifier.learning.data import LabelledPictures
from verifier.learning.sampling import balanced_pairs, cross_pairs
from verifier.learning.siamese import embed_pictures
from verifier.values import FloatArray

PAIRS = 4000
"""Genuine pairs, and as many impostor pairs."""


def held_out_error(encoder: nn.Module, data: LabelledPictures) -> float:
    """Return the equal error rate of the plain distance; forgeries, where the data have them, are the impostors."""
    embeddings = embed_pictures(encoder, data.pictures)
    if data.forged.any():
        genuine, impostor = _signer_distances(embeddings, data)
    else:
        pairs = balanced_pairs(data.labels, genuine=PAIRS, impostor=PAIRS, seed=0)
        distances = np.linalg.norm(embeddings[pairs.first] - embeddings[pairs.second], axis=1)
        genuine, impostor = distances[pairs.same], distances[~pairs.same]
    return error_rates.equal_error(genuine, impostor)


def held_out_error_across(
    encoder: nn.Module, other: nn.Module, data: LabelledPictures, second: LabelledPictures
) -> float:
    """Return the equal error rate of pairs with one picture of each source."""
    references, probes = embed_pictures(encoder, data.pictures), embed_pictures(other, second.pictures)
    pairs = cross_pairs(data.labels, second.labels, genuine=PAIRS, impostor=PAIRS, seed=0)
    distances = np.linalg.norm(references[pairs.first] - probes[pairs.second], axis=1)
    return error_rates.equal_error(distances[pairs.same], distances[~pairs.same])


def _signer_distances(embeddings: FloatArray, data: LabelledPictures) -> tuple[FloatArray, FloatArray]:
    genuine, impostor = [], []
    for label in range(len(data.classes)):
        own = embeddings[(data.labels == label) & ~data.forged]
        false = embeddings[(data.labels == label) & data.forged]
        upper = np.triu_indices(len(own), 1)
        genuine.append(np.linalg.norm(own[:, None] - own[None], axis=2)[upper])
        impostor.append(np.linalg.norm(own[:, None] - false[None], axis=2).ravel())
    return np.concatenate(genuine), np.concatenate(impostor)
