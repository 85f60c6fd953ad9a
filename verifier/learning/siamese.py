"""Siamese networks: one encoder for both pictures, or two encoders with a common embedding space.

With *shared* weights one encoder embeds both sides, so the distance is symmetric by construction. With *two sources*
(photo and sketch, camera and map) the sides are different kinds of pictures: each has its own encoder, of the same or
of another architecture, and only the embedding space is common.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from verifier.learning import initial_weights, losses
from verifier.learning.data import as_input
from verifier.learning.recipe import NetworkChoice, Recipe
from verifier.networks import catalogue
from verifier.values import FloatArray

ROWS_AT_ONCE = 256
"""Pictures embedded at a time."""


class SiameseNetwork(nn.Module):
    """Two batches of pictures -> the distance of each pair.

    `encoder` is applied to both sides; `other`, where given, embeds the second side. The two sides are embedded one
    after the other, never in one batch, so that swapping them gives the same distance to the bit.
    """

    def __init__(self, encoder: nn.Module, other: nn.Module | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.other = other

    @property
    def shares_weights(self) -> bool:
        """Whether one encoder serves both sides."""
        return self.other is None

    def embed(self, pictures: torch.Tensor) -> torch.Tensor:
        """Embed the first side."""
        embeddings: torch.Tensor = self.encoder(pictures)
        return embeddings

    def embed_other(self, pictures: torch.Tensor) -> torch.Tensor:
        """Embed the second side."""
        embeddings: torch.Tensor = self.encoder(pictures) if self.other is None else self.other(pictures)
        return embeddings

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """Return the distances (n,)."""
        return losses.distances_between(self.embed(first), self.embed_other(second))


def build(recipe: Recipe) -> SiameseNetwork:
    """Return the network of a recipe, with one encoder or two, and with the initial weights that it names."""
    second = recipe.second_network
    encoder = _encoder(recipe.network)
    return SiameseNetwork(encoder, None if second is None else _encoder(second))


@torch.no_grad()
def embed_pictures(encoder: nn.Module, pictures: NDArray[np.uint8]) -> FloatArray:
    """Return embeddings (n, d) in evaluation mode, without batch statistics and dropout; the mode is restored."""
    before = encoder.training
    encoder.eval()
    device = next(encoder.parameters()).device
    parts = [
        encoder(as_input(pictures[start : start + ROWS_AT_ONCE]).to(device)).float().cpu()
        for start in range(0, len(pictures), ROWS_AT_ONCE)
    ]
    encoder.train(before)
    embeddings: FloatArray = torch.cat(parts).numpy()
    return embeddings


def _encoder(choice: NetworkChoice) -> nn.Module:
    network = catalogue.build(choice.architecture, choice.options)
    if choice.start is not None:
        initial_weights.load_into(network, choice.start)
    return network
