"""Networks run by OpenVINO on one thread.

A network belongs to the process that compiled it: OpenVINO keeps threads of its own, which a fork does not copy, and a
child that ends waits for them for ever. `preload` loads the libraries before a fork and starts no thread.

What is compiled is kept in a folder, if one is given: the next start reads it in a third of the time, and processes
share the pages of its constants.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np

from verifier import errors
from verifier.inference import compiled_files
from verifier.values import FloatArray

logger = logging.getLogger(__name__)

PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}

SETTINGS: dict[str, Any] = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "PERFORMANCE_HINT": "LATENCY",
    "ENABLE_CPU_PINNING": False,  # several processes would be tied to the same core
}


def is_available() -> bool:
    """Return whether OpenVINO is installed; nothing is imported."""
    return importlib.util.find_spec("openvino") is not None


def preload() -> tuple[str, ...]:
    """Load the libraries and return the precisions that this CPU multiplies in hardware; starts no thread."""
    able: list[str] = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("float32", "bfloat16") if "BF16" in able else ("float32",)


@functools.cache
def version() -> str:
    """Return the name with the version, "OpenVINO 2026.4.1"."""
    return f"OpenVINO {importlib.metadata.version('openvino')}"


class OpenVinoNetwork:
    """A compiled ONNX file; threads that share it run one after the other."""

    def __init__(self, model: Path | bytes, *, precision: str, compiled: Path | None = None) -> None:
        """Compile the file. `compiled`: folder for what is compiled; only files are kept there, not bytes.

        Raises:
            ModelWrong: OpenVINO cannot run it.
        """
        self.precision = precision
        self.runtime = version()
        self._lock = threading.Lock()
        try:
            self._request = _compile(model, precision=precision, compiled=compiled).create_infer_request()
        except RuntimeError as broken:
            name = str(model) if isinstance(model, Path) else "onnx"
            raise errors.ModelWrong(file=name, expected="a network", found=str(broken)[:200]) from broken

    def run(self, values: FloatArray) -> FloatArray:
        """Return the output for the input."""
        with self._lock:
            self._request.infer({0: np.ascontiguousarray(values)})
            return np.array(self._request.get_output_tensor(0).data, dtype=np.float32)


def _compile(model: Path | bytes, *, precision: str, compiled: Path | None) -> Any:
    settings = SETTINGS | {"INFERENCE_PRECISION_HINT": PRECISIONS[precision]}
    if isinstance(model, bytes):
        return _core().compile_model(_core().read_model(model), "CPU", settings)
    if compiled is None:
        return _core().compile_model(str(model), "CPU", settings)
    try:
        compiled_files.discard_damaged(compiled)
        made = _core().compile_model(str(model), "CPU", settings | {"CACHE_DIR": str(compiled)})
        compiled_files.enter(compiled)
    except (RuntimeError, OSError):
        logger.warning("%s cannot be kept compiled in %s, it is compiled at each start", model.name, compiled)
        return _core().compile_model(str(model), "CPU", settings)
    return made


@functools.cache
def _core() -> Any:
    import openvino  # noqa: PLC0415  (slow to import, and not installed everywhere)

    return openvino.Core()
