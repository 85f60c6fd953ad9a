"""Thermometer encoding of grey values into bits.

A weight then need not distinguish shades by size alone. Source: Buckman, Roy, Raffel, Goodfellow, "Thermometer
encoding", ICLR 2018. Our own code, Apache-2.0.
"""

from __future__ import annotations

import torch
from torch import nn


class Thermometer(nn.Module):
    """Pictures (n, c, h, w), 0 to 1 -> bits (n, c * levels, h, w): bit k is 1 where the value lies above k / levels."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Encode a batch."""
        marks = torch.arange(self.levels, device=pictures.device) / self.levels
        bits = pictures[:, :, None] > marks[None, None, :, None, None]
        return bits.flatten(1, 2).to(pictures.dtype)
