"""Writer of ONNX files: operators added one by one, then the whole graph as bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

OPSET, IR_VERSION = 21, 10
"""ONNX 1.16 and newer, the first with weights quantized in blocks."""

INPUT, OUTPUT = "crops", "embeddings"
"""Names of the one input and the one output of an encoder."""


@dataclass(slots=True)
class OnnxWriter:
    """A graph under construction; its methods return the name of what they added."""

    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant array."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator of the default domain."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def scalar(self, operator: str, values: str, number: float) -> str:
        """Add an operator on values and one number."""
        return self.add(operator, values, self.constant(np.array(number, np.float32)))

    def serialized(self, output: str, *, name: str, shape: tuple[int, int, int]) -> bytes:
        """Return the file; its input is float32 (1, *shape), its output that of the operator, one row.

        The same graph gives the same bytes.
        """
        graph = helper.make_graph(
            [*self.nodes, helper.make_node("Identity", [output], [OUTPUT], name=OUTPUT)],
            name,
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, *shape])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, None])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="muster")
        checker.check_model(made)
        data: bytes = made.SerializeToString(deterministic=True)
        return data
