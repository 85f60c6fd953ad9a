"""The package's two models written unquantized, as OpenCV Zoo publishes them.

The weights are dequantized by ONNX's own reference, not by the code under test.
"""

from __future__ import annotations

from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

UNPACKING = {"DequantizeLinear", "Reshape"}
"""Operators between the stored numbers and the weight of a layer."""
ENDINGS = ("_dequantized", "_reshaped")


def unquantized(data: bytes) -> bytes:
    """Return the model with every weight as a float tensor under its plain name."""
    model = onnx.load_from_string(data)
    graph = model.graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    opsets = list(model.opset_import)
    layers = []
    for node in graph.node:
        if node.op_type in UNPACKING and all(name in held for name in node.input):
            held[node.output[0]] = _run(node, [held[name] for name in node.input], opsets=opsets)
        else:
            layers.append(node)
    used = {name for node in layers for name in node.input} & held.keys()
    for node in layers:
        node.input[:] = [_plain(name) for name in node.input]
    weights = [numpy_helper.from_array(held[name], _plain(name)) for name in sorted(used)]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(layers)
    graph.initializer.extend(weights)
    onnx.checker.check_model(model)
    written: bytes = model.SerializeToString()
    return written


def _plain(name: str) -> str:
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


def _run(node: onnx.NodeProto, values: list[NDArray[Any]], *, opsets: list[onnx.OperatorSetIdProto]) -> NDArray[Any]:
    evaluator = ReferenceEvaluator(node, opsets={one.domain: one.version for one in opsets})
    answers = evaluator.run(None, dict(zip(node.input, values, strict=True)))
    assert isinstance(answers, list)
    answer: NDArray[Any] = answers[0]
    return answer
