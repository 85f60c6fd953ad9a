"""Weights of SFace: the plan of its layers, and its original tensors folded into one layer each.

Needs no torch, so that preparing the models does without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]
"""Name of a parameter of `SFace` -> its values."""

DIMENSION = 128
"""Length of an embedding."""

CROP_PIXELS = 112
"""Edge of the square crop."""

PLAN = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
"""Channels and stride of the thirteen separable blocks after the first convolution of 32 channels."""

MEAN, SCALE = 127.5, 1 / 128
"""Input: RGB 0..255, minus the mean, times the scale."""

BLOCK = 64
"""Neighbours in a row of the quantized matrix that share a scale and a zero point."""


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedHead:
    """The last layer as its file holds it: a matrix of integers in blocks, behind a batch norm.

    The same numbers as in the folded weights, in a quarter of their memory. `factor`, `offset` (channels,): the batch
    norm before it. `integers` (d, n); `scales` and `zero_points` (d, n / BLOCK); `bias` (d,).
    """

    factor: NDArray[np.float32]
    offset: NDArray[np.float32]
    integers: NDArray[np.int8]
    scales: NDArray[np.float32]
    zero_points: NDArray[np.int8]
    bias: NDArray[np.float32]


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


def head(
    tensors: dict[str, NDArray[np.float64]],
    *,
    integers: NDArray[np.int8],
    scales: NDArray[np.float32],
    zero_points: NDArray[np.int8],
) -> QuantizedHead:
    """Return the last layer with its matrix as it is; the batch norm behind it goes into scales and bias."""
    before, shift = _batch_norm(tensors, "bn1", epsilon=2e-5)
    after, last = _batch_norm(tensors, "fc1", epsilon=2e-5)
    return QuantizedHead(
        factor=before.astype(np.float32),
        offset=shift.astype(np.float32),
        integers=integers,
        scales=(scales * after[:, None]).astype(np.float32),
        zero_points=zero_points,
        bias=(tensors["pre_fc1_bias"] * after + last).astype(np.float32),
    )


def _batch_norm(
    tensors: dict[str, NDArray[np.float64]], name: str, *, epsilon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the factor and the offset that the batch norm applies in evaluation."""
    factor = tensors[f"{name}_gamma"] / np.sqrt(tensors[f"{name}_moving_var"] + epsilon)
    return factor, tensors[f"{name}_beta"] - tensors[f"{name}_moving_mean"] * factor
