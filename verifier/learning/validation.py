"""How good is the encoder right now, on pictures or classes it does not learn from?

The equal error rate over a fixed list of balanced pairs; small, so that a run can afford it every few seconds. What
is reported at the end is measured by `verifier.evaluation`, on other pictures.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from verifier.learning.data import LabelledPictures, as_input
from verifier.learning.sampling import balanced_pairs, cross_pairs
from verifier.values import FloatArray

PAIRS = 4000
"""Genuine, and as many impostor pairs."""
ROWS_AT_ONCE = 256


@torch.no_grad()
def embed(encoder: nn.Module, pictures: NDArray[np.uint8]) -> FloatArray:
    """Embeddings (n, d) in evaluation mode (batch normalization and dropout at rest); the mode is put back."""
    before = encoder.training
    encoder.eval()
    device = next(encoder.parameters()).device
    parts = [
        encoder(as_input(pictures[start : start + ROWS_AT_ONCE]).to(device)).float().cpu()
        for start in range(0, len(pictures), ROWS_AT_ONCE)
    ]
    encoder.train(before)
    answer: FloatArray = torch.cat(parts).numpy()
    return answer


def held_out_error(encoder: nn.Module, data: LabelledPictures) -> float:
    """Equal error rate of the plain distance; with forgeries in the data those are the impostors."""
    embeddings = embed(encoder, data.pictures)
    if data.forged.any():
        genuine, impostor = _signer_distances(embeddings, data)
    else:
        pairs = balanced_pairs(data.labels, genuine=PAIRS, impostor=PAIRS, seed=0)
        distances = np.linalg.norm(embeddings[pairs.first] - embeddings[pairs.second], axis=1)
        genuine, impostor = distances[pairs.same], distances[~pairs.same]
    return equal_error(genuine, impostor)


def held_out_error_across(
    encoder: nn.Module, other: nn.Module, data: LabelledPictures, second: LabelledPictures
) -> float:
    """The same with one picture of each source in a pair."""
    known, asked = embed(encoder, data.pictures), embed(other, second.pictures)
    pairs = cross_pairs(data.labels, second.labels, genuine=PAIRS, impostor=PAIRS, seed=0)
    distances = np.linalg.norm(known[pairs.first] - asked[pairs.second], axis=1)
    return equal_error(distances[pairs.same], distances[~pairs.same])


def _signer_distances(embeddings: FloatArray, data: LabelledPictures) -> tuple[FloatArray, FloatArray]:
    genuine, impostor = [], []
    for label in range(len(data.classes)):
        own = embeddings[(data.labels == label) & ~data.forged]
        false = embeddings[(data.labels == label) & data.forged]
        upper = np.triu_indices(len(own), 1)
        genuine.append(np.linalg.norm(own[:, None] - own[None], axis=2)[upper])
        impostor.append(np.linalg.norm(own[:, None] - false[None], axis=2).ravel())
    return np.concatenate(genuine), np.concatenate(impostor)


def equal_error(genuine: FloatArray, impostor: FloatArray) -> float:
    """Where both kinds of error are equally frequent: the smallest mean of the two at any threshold they cross."""
    thresholds = np.unique(np.concatenate((genuine, impostor)))
    refused = 1 - np.searchsorted(np.sort(genuine), thresholds, side="right") / len(genuine)
    accepted = np.searchsorted(np.sort(impostor), thresholds, side="right") / len(impostor)
    best = int(np.argmin(np.abs(refused - accepted)))
    return float((refused[best] + accepted[best]) / 2)
