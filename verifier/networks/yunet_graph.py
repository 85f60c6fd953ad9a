"""YuNet's ONNX file made ready for OpenVINO: its input of another size, and one output instead of twelve."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from verifier.networks.yunet_layout import COLUMNS, PARTS, STRIDES

OUTPUT = "cells"


def resized(model: bytes, *, height: int | None = None, width: int | None = None) -> bytes:
    """Return the file for pictures of one size, both multiples of 32, or of any such size.

    The output is (1, cells, 16): the cells of the three maps after one another, each row by row.
    """
    made = onnx.load_from_string(model)
    del made.graph.value_info[:]  # they hold the sizes of before
    (values,) = made.graph.input
    shape = [1, 3, height or "height", width or "width"]
    values.CopyFrom(helper.make_tensor_value_info(values.name, TensorProto.FLOAT, shape))
    maps = [[f"{part}_{stride}" for part in PARTS] for stride in STRIDES]
    made.graph.node.extend(
        helper.make_node("Concat", parts, [f"cells_{stride}"], axis=2)
        for stride, parts in zip(STRIDES, maps, strict=True)
    )
    made.graph.node.append(helper.make_node("Concat", [f"cells_{stride}" for stride in STRIDES], [OUTPUT], axis=1))
    del made.graph.output[:]
    made.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, None, COLUMNS]))
    data: bytes = made.SerializeToString(deterministic=True)
    return data
