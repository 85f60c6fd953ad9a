"""ONNX files of others, given the input and output of our encoders: RGB crops of 0 to 255 in, one row out.

Size, order of the channels, layout, mean and scale become the first operators of the graph, so that whatever runs it
needs to know nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

from verifier import errors
from verifier.networks.external_input import CHANNELS, Input
from verifier.networks.onnx_writer import INPUT, OUTPUT

RESIZE_OPSET = 11
"""First ONNX operator set whose Resize takes a size."""

PREFIX = "muster_"
"""Beginning of the names that are added to a graph."""


def wrapped(data: bytes, *, wanted: Input, crop_pixels: int, file: str) -> bytes:
    """Return the file with our input, float32 (1, 3, crop_pixels, crop_pixels), and our output, float32 (1, d).

    Raises:
        ModelWrong: it is no ONNX file in one piece, or has not one input and one output.
    """
    model = _read(data, file=file)
    graph = model.graph
    inputs = _inputs(graph)
    if len(inputs) != 1 or len(graph.output) != 1:
        found = f"{len(inputs)} inputs, {len(graph.output)} outputs"
        raise errors.ModelWrong(file=file, expected="one input and one output", found=found)
    opset = next((one.version for one in model.opset_import if one.domain in {"", "ai.onnx"}), 0)
    resized = (wanted.width_pixels, wanted.height_pixels) != (crop_pixels, crop_pixels)
    if resized and opset < RESIZE_OPSET:
        raise errors.ModelWrong(file=file, expected=f"operator set {RESIZE_OPSET} or newer", found=str(opset))
    front = _Front(graph=graph, nodes=[])
    front.prepare(wanted, resized=resized, output=inputs[0].name)
    back = helper.make_node("Flatten", [graph.output[0].name], [f"{PREFIX}{OUTPUT}"], axis=1)
    nodes = [*front.nodes, *graph.node, back]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info(front.name(INPUT), TensorProto.FLOAT, front.shape(crop_pixels)))
    graph.output.append(helper.make_tensor_value_info(f"{PREFIX}{OUTPUT}", TensorProto.FLOAT, [1, None]))
    try:
        checker.check_model(model)
    except checker.ValidationError as broken:
        raise errors.ModelWrong(file=file, expected="a network", found=str(broken)[:200]) from broken
    made: bytes = model.SerializeToString(deterministic=True)
    return made


def _read(data: bytes, *, file: str) -> Any:
    try:
        model = onnx.load_from_string(data)
    except Exception as broken:  # protobuf's own error, whose package has no types
        raise errors.ModelWrong(file=file, expected="an ONNX file", found="something else") from broken
    if not model.graph.node:
        raise errors.ModelWrong(file=file, expected="an ONNX file", found="no operators")
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise errors.ModelWrong(file=file, expected="weights within the file", found="weights in other files")
    return model


def _inputs(graph: Any) -> list[Any]:
    """Return what must be given; writers also list constants, and names that no operator takes."""
    made = {tensor.name for tensor in graph.initializer} | {name for node in graph.node for name in node.output}
    taken = {name for node in graph.node for name in node.input}
    return [one for one in graph.input if one.name in taken and one.name not in made]


@dataclass(slots=True)
class _Front:
    """The operators before the first one of a graph."""

    graph: Any
    nodes: list[Any]

    def name(self, ending: str) -> str:
        return f"{PREFIX}{ending}"

    def shape(self, crop_pixels: int) -> list[int]:
        return [1, CHANNELS, crop_pixels, crop_pixels]

    def prepare(self, wanted: Input, *, resized: bool, output: str) -> None:
        """Add size, order, mean, scale and layout; the last one gives `output`."""
        values = self.name(INPUT)
        if resized:
            size = np.array([1, CHANNELS, wanted.height_pixels, wanted.width_pixels], dtype=np.int64)
            values = self._add("Resize", values, "", "", self._constant("size", size), mode="linear")
        if wanted.channel_order == "BGR":
            values = self._add("Gather", values, self._constant("order", np.array([2, 1, 0], dtype=np.int64)), axis=1)
        values = self._add("Sub", values, self._constant("mean", _by_channel(wanted.mean)))
        values = self._add("Mul", values, self._constant("scale", _by_channel(wanted.scale)))
        perm = [0, 2, 3, 1] if wanted.layout == "NHWC" else [0, 1, 2, 3]
        self.nodes.append(helper.make_node("Transpose", [values], [output], perm=perm))

    def _add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = self.name(operator.lower())
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def _constant(self, ending: str, values: NDArray[Any]) -> str:
        self.graph.initializer.append(numpy_helper.from_array(values, self.name(ending)))
        return self.name(ending)


def _by_channel(values: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32).reshape(1, CHANNELS, 1, 1)
