"""Convolutional network for wide binary pictures of handwriting.

Two convolutions halve the canvas (first one of 5x5, since a stroke is two or three pixels wide); then come two stages
with pooling, one without, and the mean over a coarse grid, which keeps the place of a stroke but ignores a shift of a
few pixels. Our own, Apache-2.0. On the 96x192 canvas with 128 outputs it has about 200,000 parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


def _stage(before: int, after: int, *, size: int, stride: int = 1, pool: bool = False) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False)]
    if pool:
        layers.append(nn.MaxPool2d(2))
    return [*layers, nn.BatchNorm2d(after), nn.ReLU()]


class StrokeNet(nn.Module):
    """Pictures (n, 1, height, width), 0 to 1 with ink = 1 -> embeddings (n, dimension) of unit length.

    `widths`: filters of the five stages; `grid`: rows and columns of the mean; `dropout` acts before the last layer.
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = (16, 32, 48, 64, 96),
        grid: Sequence[int] = (2, 4),
        dimension: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        stages = [
            _stage(1, widths[0], size=5, stride=2),
            _stage(widths[0], widths[1], size=3, stride=2),
            _stage(widths[1], widths[2], size=3, pool=True),
            _stage(widths[2], widths[3], size=3, pool=True),
            _stage(widths[3], widths[4], size=3),
        ]
        self.features = nn.Sequential(
            *(layer for stage in stages for layer in stage), nn.AdaptiveAvgPool2d((grid[0], grid[1]))
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1] * grid[0] * grid[1], dimension)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Embed a batch."""
        features = self.features(pictures.contiguous(memory_format=torch.channels_last))
        return functional.normalize(self.head(self.dropout(features.flatten(1))), dim=1)
