"""Opening of a network by the fastest runtime that this machine has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from verifier import errors
from verifier.inference import choice, openvino_network
from verifier.inference.choice import Chosen
from verifier.inference.network import Network

if TYPE_CHECKING:
    from torch import nn

COMPILED = "compiled"
"""Folder beside the model files for what is compiled and which runtime was chosen; it may be deleted at any time."""
NOTES = "fastest.json"


def network(
    onnx: Path | bytes | None,
    *,
    module: Callable[[], nn.Module],
    name: str,
    shape: tuple[int, int, int],
    precision: str | None = None,
    by_torch: bool = False,
) -> Chosen[Network]:
    """Open a network from its ONNX file by OpenVINO, or as the torch module where that does not work.

    `shape`: channels, height and width of the input. `precision`: None for the faster one on this CPU.

    Raises:
        ModelWrong: neither runs it.
    """

    def trial(opened: Network) -> object:
        return opened.run(np.zeros((1, *shape), np.float32))

    if onnx is not None and not by_torch and openvino_network.is_available():
        compiled = compiled_folder(onnx)
        precisions = openvino_network.precisions() if precision is None else (precision,)
        candidates: dict[str, Callable[[], Network]] = {
            f"{openvino_network.version()}, {one}": partial(
                openvino_network.OpenVinoNetwork, onnx, precision=one, compiled=compiled
            )
            for one in precisions
        }
        try:
            return choice.fastest(candidates, trial=trial, name=name, notes=notes_file(compiled))
        except errors.ModelWrong:
            pass  # the log says why
    from verifier.inference import torch_network  # noqa: PLC0415  (slow to import, a fall-back)

    def reference() -> Network:
        return torch_network.TorchNetwork(module(), precision=precision)

    return choice.fastest({"torch": reference}, trial=trial, name=name, notes=None)


def compiled_folder(onnx: Path | bytes) -> Path | None:
    """Return the folder beside an ONNX file for what is compiled from it."""
    return onnx.parent / COMPILED if isinstance(onnx, Path) else None


def notes_file(compiled: Path | None) -> Path | None:
    """Return the file that notes which runtime was the fastest here."""
    return None if compiled is None else compiled / NOTES
