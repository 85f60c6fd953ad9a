"""Networks run by OpenVINO on the thread that asks, and on no other.

OpenVINO's threads would not survive a fork, and a child that ends would wait for them for ever. So it gets none: no
stream of its own, and its library of tasks (oneTBB) counts the processors on which a thread may run when it is first
used, which is while that thread may run on one only. A process that has compiled its networks can therefore be forked,
and its children share what was compiled; a test counts the threads.

What is compiled is kept in a folder, if one is given: the next start reads it in a third of the time.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import importlib.util
import logging
import os
import threading
from collections.abc import Iterator
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
    "NUM_STREAMS": 0,  # the thread that asks does the work
    "PERFORMANCE_HINT": "LATENCY",
    "ENABLE_CPU_PINNING": False,  # several processes would be tied to the same core
}


def is_available() -> bool:
    """Return whether OpenVINO is installed; nothing is imported."""
    return importlib.util.find_spec("openvino") is not None


def precisions() -> tuple[str, ...]:
    """Return the precisions that this CPU multiplies in hardware."""
    with _one_processor():
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
            with _one_processor():
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


@contextlib.contextmanager
def _one_processor() -> Iterator[None]:
    """Let this thread run on one processor only, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, before)


@functools.cache
def _core() -> Any:
    import openvino  # noqa: PLC0415  (slow to import, and not installed everywhere)

    return openvino.Core()
