"""Which network turns a wide binary picture of handwriting into an embedding?

Strides of 4 and 2 first (the canvas is mostly empty, and 24 filters keep what a 5x5 patch of thin strokes holds),
then two stages and the mean over a coarse grid, so that where a stroke lies still counts but a few pixels do not.
Our own, Apache-2.0. On the 96x192 canvas with 128 outputs it has about 193,000 parameters.
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

    `fine`: five stages that begin at half the resolution instead of four at a quarter; twice the time.
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = (24, 48, 64, 96),
        fine: bool = False,
        grid: Sequence[int] = (2, 4),
        dimension: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if fine:
            stages = [
                _stage(1, widths[0], size=5, stride=2),
                _stage(widths[0], widths[1], size=3, stride=2),
                _stage(widths[1], widths[2], size=3, pool=True),
                _stage(widths[2], widths[3], size=3, pool=True),
                _stage(widths[3], widths[4], size=3),
            ]
        else:
            stages = [
                _stage(1, widths[0], size=5, stride=4),
                _stage(widths[0], widths[1], size=3, stride=2),
                _stage(widths[1], widths[2], size=3, pool=True),
                _stage(widths[2], widths[3], size=3),
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
