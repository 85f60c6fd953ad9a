"""ONNX graphs of the architectures, written from weights and options without torch.

Each takes float32 (1, channels, height, width), as the torch network of the same name does, and gives (1, d). Batch
norms are those of evaluation, and dropout is left out. A test holds every graph against its torch network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.networks import sface_weights
from verifier.networks.onnx_writer import INPUT, OnnxWriter

BATCH_NORM_EPSILON = 1e-5
"""torch's default, which none of our networks changes."""

Weights = Mapping[str, NDArray[np.float32]]


def write(architecture: str, *, options: Mapping[str, Any], weights: Weights, shape: tuple[int, int, int]) -> bytes:
    """Return the ONNX file of a trained network; `shape`: channels, height and width of its input.

    Raises:
        ModelWrong: there is no graph of this name, or the weights are not those of it.
    """
    draw = GRAPHS.get(architecture)
    if draw is None:
        raise errors.ModelWrong(file="card", expected=" or ".join(GRAPHS), found=architecture)
    layers = _Layers(OnnxWriter(), weights)
    try:
        output = draw(layers, options, shape)
    except KeyError as missing:
        raise errors.ModelWrong(file="card", expected=architecture, found=f"no {missing}") from missing
    return layers.writer.serialized(output, name=architecture, shape=shape)


def write_sface(weights: Weights, *, head: sface_weights.QuantizedHead | None = None) -> bytes:
    """Return the ONNX file of the SFace that ships: its input after mean and scale, its output not of unit length.

    `head`: the last layer as its file holds it; without one, that of the folded weights.
    """
    layers = _Layers(OnnxWriter(), weights)
    maps = _sface_maps(layers, INPUT)
    output = layers.linear(layers.flat(maps), "embedding") if head is None else _quantized(layers.writer, maps, head)
    size = sface_weights.CROP_PIXELS
    return layers.writer.serialized(output, name="sface", shape=(3, size, size))


@dataclass(frozen=True, slots=True)
class _Layers:
    """The layers that our networks are made of, by the names of their weights."""

    writer: OnnxWriter
    weights: Weights

    def convolution(self, values: str, name: str, *, stride: int = 1, groups: int = 1) -> str:
        kernel = self.weights[f"{name}.weight"]
        constants = [self.writer.constant(kernel)]
        if f"{name}.bias" in self.weights:
            constants.append(self.writer.constant(self.weights[f"{name}.bias"]))
        size = kernel.shape[-1]
        return self.writer.add(
            "Conv",
            values,
            *constants,
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[size // 2] * 4,
            group=groups,
        )

    def normalized_and_rectified(self, values: str, name: str) -> str:
        parts = ("weight", "bias", "running_mean", "running_var")
        constants = [self.writer.constant(self.weights[f"{name}.{part}"]) for part in parts]
        scaled = self.writer.add("BatchNormalization", values, *constants, epsilon=BATCH_NORM_EPSILON)
        return self.writer.add("Relu", scaled)

    def pooled(self, values: str) -> str:
        return self.writer.add("MaxPool", values, kernel_shape=[2, 2], strides=[2, 2])

    def flat(self, values: str) -> str:
        return self.writer.add("Flatten", values)

    def linear(self, values: str, name: str) -> str:
        constants = [self.writer.constant(self.weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        return self.writer.add("Gemm", values, *constants, transB=1)

    def unit_length(self, values: str) -> str:
        return self.writer.add("LpNormalization", values, axis=1, p=2)

    def thermometer(self, values: str, *, levels: int, shape: tuple[int, int, int]) -> str:
        channels, height, width = shape
        marks = (np.arange(levels, dtype=np.float32) / np.float32(levels)).reshape(1, 1, levels, 1, 1)
        apart = self.writer.add("Unsqueeze", values, self.writer.constant(np.array([2])))
        bits = self.writer.add("Cast", self.writer.add("Greater", apart, self.writer.constant(marks)), to=1)
        joined = np.array([1, channels * levels, height, width])
        return self.writer.add("Reshape", bits, self.writer.constant(joined))


def _sface_maps(layers: _Layers, values: str) -> str:
    def layer(values: str, number: int, *, stride: int = 1, groups: int = 1) -> str:
        made = layers.convolution(values, f"features.{number}", stride=stride, groups=groups)
        slopes = layers.weights[f"features.{number + 1}.weight"].reshape(-1, 1, 1)
        return layers.writer.add("PRelu", made, layers.writer.constant(slopes))

    values, channels = layer(values, 0), 32
    for block, (after, stride) in enumerate(sface_weights.PLAN):
        values = layer(values, 4 * block + 2, stride=stride, groups=channels)
        values, channels = layer(values, 4 * block + 4), after
    return values


def _quantized(writer: OnnxWriter, maps: str, head: sface_weights.QuantizedHead) -> str:
    factor, offset = (writer.constant(one.reshape(1, -1, 1, 1)) for one in (head.factor, head.offset))
    flat = writer.add("Flatten", writer.add("Add", writer.add("Mul", maps, factor), offset))
    constants = [writer.constant(one) for one in (head.integers, head.scales, head.zero_points)]
    matrix = writer.add("DequantizeLinear", *constants, axis=1, block_size=sface_weights.BLOCK)
    product = writer.add("MatMul", flat, writer.add("Transpose", matrix, perm=[1, 0]))
    return writer.add("Add", product, writer.constant(head.bias))


def _face_encoder(layers: _Layers, options: Mapping[str, Any], _shape: tuple[int, int, int]) -> str:
    scalar = layers.writer.scalar
    centred = scalar("Sub", scalar("Mul", INPUT, 255.0), sface_weights.MEAN)
    raw = layers.linear(layers.flat(_sface_maps(layers, scalar("Mul", centred, sface_weights.SCALE))), "embedding")
    return layers.unit_length(raw) if options.get("normalized", True) else raw


def _convnet(layers: _Layers, options: Mapping[str, Any], shape: tuple[int, int, int]) -> str:
    levels = int(options.get("levels", 0))
    values = layers.thermometer(INPUT, levels=levels, shape=shape) if levels else INPUT
    stages = sum(name.startswith("features.") and name.endswith(".running_var") for name in layers.weights)
    for first in range(0, 4 * stages, 4):
        values = layers.pooled(layers.convolution(values, f"features.{first}"))
        values = layers.normalized_and_rectified(values, f"features.{first + 2}")
    raw = layers.linear(layers.flat(values), "head")
    return layers.unit_length(raw) if options.get("normalized", True) else raw


def _dense(layers: _Layers, options: Mapping[str, Any], shape: tuple[int, int, int]) -> str:
    levels = int(options.get("levels", 0))
    values = layers.flat(layers.thermometer(INPUT, levels=levels, shape=shape) if levels else INPUT)
    matrices = sorted(int(name.split(".")[1]) for name in layers.weights if name.endswith(".weight"))
    for number in matrices:
        values = layers.linear(values, f"layers.{number}")
        if number != matrices[-1]:
            values = layers.writer.add("Relu", values)
    return layers.unit_length(values) if options.get("normalized", False) else values


STROKENET_STAGES = ((2, False), (2, False), (1, True), (1, True), (1, False))
"""Stride of the convolution and whether pooling follows, for the five stages of `StrokeNet`."""


def _strokenet(layers: _Layers, options: Mapping[str, Any], shape: tuple[int, int, int]) -> str:
    values, layer, (height, width) = INPUT, 0, shape[1:]
    for stride, pool in STROKENET_STAGES:
        values = layers.convolution(values, f"features.{layer}", stride=stride)
        height, width = -(-height // stride), -(-width // stride)
        if pool:
            values, height, width = layers.pooled(values), height // 2, width // 2
        values = layers.normalized_and_rectified(values, f"features.{layer + 1 + pool}")
        layer += 3 + pool
    rows, columns = options.get("grid", (2, 4))
    down = layers.writer.constant(adaptive_mean(height, parts=rows))
    across = layers.writer.constant(adaptive_mean(width, parts=columns).T)
    coarse = layers.writer.add("MatMul", layers.writer.add("MatMul", down, values), across)
    return layers.unit_length(layers.linear(layers.flat(coarse), "head"))


def adaptive_mean(size: int, *, parts: int) -> NDArray[np.float32]:
    """Return the matrix (parts, size) that means over the ranges of `torch.nn.AdaptiveAvgPool2d` along one side."""
    matrix = np.zeros((parts, size), np.float32)
    for part in range(parts):
        first, end = part * size // parts, -(-(part + 1) * size // parts)
        matrix[part, first:end] = 1 / (end - first)
    return matrix


GRAPHS: dict[str, Callable[[_Layers, Mapping[str, Any], tuple[int, int, int]], str]] = {
    "convnet": _convnet,
    "dense": _dense,
    "sface": _face_encoder,
    "strokenet": _strokenet,
}
"""The names of `catalogue.ARCHITECTURES`."""
