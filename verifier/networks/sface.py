"""SFace as a PyTorch network.

Architecture: MobileNetV1 (Howard et al., 2017) with PReLU in place of ReLU, a first stride of 1, and a linear
layer over the whole last map, as the face recognizers of InsightFace have it; 112 x 112 in, 128 numbers out.
Training: the sigmoid-constrained hypersphere loss (Zhong, Deng, Hu, Zhao, Li, Wen, "SFace: Sigmoid-Constrained
Hypersphere Loss for Robust Face Recognition", IEEE TIP 2021).
Origin of the weights: OpenCV Zoo, face_recognition_sface_2021dec, Apache-2.0. The code is our own; every batch norm
is folded into the layer beside it, so a block is one convolution and one PReLU.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Weights = dict[str, NDArray[np.float32]]
"""Name of a parameter of `SFace` -> its values."""

DIMENSION = 128
"""Length of an embedding."""

PLAN = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
"""Channels and stride of the thirteen separable blocks after the first convolution of 32 channels."""

MEAN, SCALE = 127.5, 1 / 128
"""Input: RGB 0..255, minus the mean, times the scale."""


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


def fold(tensors: dict[str, NDArray[np.float64]]) -> Weights:
    """Return our weights from the tensors of the original file, by their names there.

    Folding is done in float64: a convolution followed by a batch norm is one convolution, a batch norm followed
    by a linear layer and another batch norm is one linear layer.
    """
    folded: dict[str, NDArray[np.float64]] = {}
    for position, name in enumerate(_convolutions()):
        factor, offset = _batch_norm(tensors, f"{name}_batchnorm", epsilon=1e-3)
        folded[f"features.{2 * position}.weight"] = tensors[f"{name}_conv2d_weight"] * factor[:, None, None, None]
        folded[f"features.{2 * position}.bias"] = offset
        folded[f"features.{2 * position + 1}.weight"] = tensors[f"{name}_relu_gamma"].reshape(-1)
    before, shift = _batch_norm(tensors, "bn1", epsilon=2e-5)
    after, last = _batch_norm(tensors, "fc1", epsilon=2e-5)
    matrix = tensors["pre_fc1_weight"]
    each = matrix.reshape(DIMENSION, before.size, -1)
    bias = tensors["pre_fc1_bias"] + np.einsum("dcp,c->d", each, shift)
    folded["embedding.weight"] = (each * before[None, :, None]).reshape(matrix.shape) * after[:, None]
    folded["embedding.bias"] = bias * after + last
    return {name: values.astype(np.float32) for name, values in folded.items()}


def _convolutions() -> list[str]:
    """Return the names of the convolutions in the original file, in the order of the flow."""
    names = ["conv_1"]
    for number in range(2, len(PLAN) + 2):
        names += [f"conv_{number}_dw", f"conv_{number}"]
    return names


def _batch_norm(
    tensors: dict[str, NDArray[np.float64]], name: str, *, epsilon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the factor and the offset that the batch norm applies in evaluation."""
    factor = tensors[f"{name}_gamma"] / np.sqrt(tensors[f"{name}_moving_var"] + epsilon)
    return factor, tensors[f"{name}_beta"] - tensors[f"{name}_moving_mean"] * factor
