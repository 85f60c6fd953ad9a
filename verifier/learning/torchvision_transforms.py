"""Import of torchvision's transforms where its compiled operators do not load.

torchvision's Python registers shape rules for the operators `torchvision::nms` and `torchvision::qnms` when it is
imported. They are declared by its compiled part. When that was built against another build of torch (PyPI's
torchvision beside a "+cpu" torch is the common case), it cannot load, nothing is declared, and the import ends with
"operator torchvision::nms does not exist", although none of the transforms needs either operator. So, and only
then, the two are declared here; calling them still fails, as it should.
"""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType

import torch

SCHEMAS = tuple(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor" for name in ("nms", "qnms"))

_declared: list[torch.library.Library] = []
"""A library lives as long as somebody holds it."""


@functools.cache
def transforms() -> ModuleType:
    """Import torchvision.transforms.v2, declaring what its import needs when the compiled part is of no use."""
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
