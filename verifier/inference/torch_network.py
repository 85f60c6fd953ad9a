"""Networks run by torch: the reference, what training uses, and the fall-back without OpenVINO."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from verifier.values import FloatArray

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class TorchNetwork:
    """A module for inference; threads may share it, since it is only read."""

    def __init__(self, module: nn.Module, *, precision: str | None = None) -> None:
        """Take the module over. `precision`: "float32", "bfloat16", or None for the faster one on this CPU."""
        torch.set_num_threads(1)
        self.precision = precision or best_precision()
        self.runtime = f"torch {torch.__version__.partition('+')[0]}"
        self._type = PRECISIONS[self.precision]
        self._module = _channels_last(module.to(dtype=self._type).eval())

    def run(self, values: FloatArray) -> FloatArray:
        """Return the output (n, d) for (n, channels, height, width)."""
        tensor = torch.from_numpy(np.array(values)).to(dtype=self._type, memory_format=torch.channels_last)
        with torch.inference_mode():
            output: FloatArray = self._module(tensor).to(torch.float32).numpy()
        return output


def _channels_last(module: nn.Module) -> nn.Module:
    """Store the filters in the order in which the CPU reads them: 16 ms instead of 28 for one crop on one thread."""
    for parameter in module.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)
    return module


def best_precision() -> str:
    """Return "bfloat16" where the CPU multiplies it in hardware (AMX or AVX-512 BF16), else "float32".

    Elsewhere bfloat16 is emulated, and slower than float32.
    """
    checks = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return "bfloat16" if any(check() for check in checks if check is not None) else "float32"
