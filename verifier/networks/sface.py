"""SFace as a PyTorch network.

Architecture: MobileNetV1 (Howard et al., 2017) with PReLU in place of ReLU, a first stride of 1, and a linear
layer over the whole last map, as the face recognizers of InsightFace have it; 112 x 112 in, 128 numbers out.
Training: the sigmoid-constrained hypersphere loss (Zhong, Deng, Hu, Zhao, Li, Wen, "SFace: Sigmoid-Constrained
Hypersphere Loss for Robust Face Recognition", IEEE TIP 2021).
Origin of the weights: OpenCV Zoo, face_recognition_sface_2021dec, Apache-2.0. The code is our own; every batch norm
is folded into the layer beside it, so a block is one convolution and one PReLU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from verifier.networks.sface_weights import DIMENSION, MEAN, PLAN, SCALE, Weights


class SFace(nn.Module):
    """Crops (n, 3, 112, 112), normalized, to embeddings (n, 128), not yet of unit length."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 32, 3, padding=1), nn.PReLU(32)]
        before = 32
        for channels, stride in PLAN:
            layers += [
                nn.Conv2d(before, before, 3, stride=stride, padding=1, groups=before),
                nn.PReLU(before),
                nn.Conv2d(before, channels, 1),
                nn.PReLU(channels),
            ]
            before = channels
        self.features = nn.Sequential(*layers)
        self.embedding = nn.Linear(before * 7 * 7, DIMENSION)

    def forward(self, crops: Tensor) -> Tensor:
        """Return (n, 128)."""
        maps: Tensor = self.features(crops)
        # The order of the linear layer's weights is channel, row, column, whatever the memory format is.
        embeddings: Tensor = self.embedding(maps.contiguous().flatten(1))
        return embeddings


class FaceEncoder(SFace):
    """SFace for training: pictures (n, 3, 112, 112), 0 to 1, to embeddings (n, 128), by default of unit length.

    Its parameters have the names of `SFace`, so that training can begin with the prepared ones. Batch norms are
    folded, so a random start needs a small learning rate.
    """

    def __init__(self, *, normalized: bool = True) -> None:
        super().__init__()
        self.normalized = normalized

    def forward(self, crops: Tensor) -> Tensor:
        """Return (n, 128)."""
        raw = super().forward((crops * 255 - MEAN) * SCALE)
        return functional.normalize(raw, dim=1) if self.normalized else raw


def load(weights: Weights) -> SFace:
    """Return the network with these weights, ready to encode."""
    with torch.device("meta"):  # no time spent on a random start
        network = SFace()
    network.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in weights.items()}, assign=True)
    return network.eval().requires_grad_(requires_grad=False)
