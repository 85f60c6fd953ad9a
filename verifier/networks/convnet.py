"""Small convolutional network for drawings of a few dozen pixels.

A plain stack of 3x3 convolutions, each followed by pooling, batch normalization (Ioffe and Szegedy 2015,
arXiv 1502.03167) and ReLU, then one linear layer; our own, Apache-2.0. Pooling stands before the normalization,
which costs a quarter of the time there. With widths 32, 64, 128 and 64 outputs it has about 167,000 parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from verifier.networks.thermometer import Thermometer


class ConvNet(nn.Module):
    """Pictures (n, channels, height, width), 0 to 1 -> embeddings (n, dimension).

    `normalized`: embeddings get length 1 (compared by the distance of unit vectors); otherwise they are the output of
    the last layer, which a 2-D plot of the space needs.
    `levels`: values are thermometer-coded into this many bits first (0: not coded).
    `dropout` acts before the last layer; with it, contrastive losses on raw embeddings collapse.
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = (32, 64, 128),
        dimension: int = 64,
        height: int = 28,
        width: int = 28,
        channels: int = 1,
        levels: int = 0,
        dropout: float = 0.0,
        normalized: bool = True,
    ) -> None:
        super().__init__()
        self.code = Thermometer(levels) if levels else nn.Identity()
        layers: list[nn.Module] = []
        before = channels * max(1, levels)
        for after in widths:
            layers += [
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.MaxPool2d(2),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
            before, height, width = after, height // 2, width // 2
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(before * height * width, dimension)
        self.normalized = normalized

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Embed a batch."""
        features = self.features(self.code(pictures).contiguous(memory_format=torch.channels_last))
        raw: torch.Tensor = self.head(self.dropout(features.flatten(1)))
        return functional.normalize(raw, dim=1) if self.normalized else raw
