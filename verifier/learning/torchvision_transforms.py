"""Import of torchvision's transforms where its compiled operators do not load.

On import, torchvision's Python code registers shape rules for the operators `torchvision::nms` and
`torchvision::qnms`, which its compiled part declares. When that part was built for another build of torch (PyPI's
torchvision beside a "+cpu" torch is the common case), it does not load, nothing is declared, and the import ends with
"operator torchvision::nms does not exist", although no transform needs either operator. In this case only, the two
are declared here; calls to them still fail.
"""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType

import torch

SCHEMAS = tuple(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor" for name in ("nms", "qnms"))

_declared: list[torch.library.Library] = []
"""References that keep the declarations alive."""


@functools.cache
def transforms() -> ModuleType:
    """Return torchvision.transforms.v2, after declaring the two operators where the compiled part does not load."""
    try:
        return importlib.import_module("torchvision.transforms.v2")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]  # torch has no types here
    for schema in SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]  # nor here
    _declared.append(library)
    return importlib.import_module("torchvision.transforms.v2")
