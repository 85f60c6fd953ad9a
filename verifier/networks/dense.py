"""Fully connected network, without any convolution.

Fully connected layers with ReLU between them, as in the first experiments with contrastive losses on digits
(Hadsell, Chopra, LeCun, CVPR 2006, used a convnet; later demonstrations three dense layers). Our own, Apache-2.0.
It shows that any encoder can be used in a Siamese network, and how optimizers shape clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from verifier.networks.thermometer import Thermometer


class DenseNet(nn.Module):
    """Pictures (n, channels, height, width), 0 to 1 -> embeddings (n, last of `widths`).

    `levels`: values are thermometer-coded into so many bits first (0: taken as they are).
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = (512, 512, 2),
        height: int = 28,
        width: int = 28,
        channels: int = 1,
        levels: int = 0,
        normalized: bool = False,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [Thermometer(levels), nn.Flatten()] if levels else [nn.Flatten()]
        for before, after in pairwise((channels * max(1, levels) * height * width, *widths)):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])
        self.normalized = normalized

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Embed a batch."""
        raw: torch.Tensor = self.layers(pictures)
        return functional.normalize(raw, dim=1) if self.normalized else raw
