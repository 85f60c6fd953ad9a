"""Catalogue of the architectures: a network by the name in a recipe or a card.

A card holds the name and its options, never code; the network of a checkpoint is built from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from verifier import errors
from verifier.networks import convnet, dense, sface, strokenet

ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "convnet": convnet.ConvNet,
    "dense": dense.DenseNet,
    "sface": sface.FaceEncoder,
    "strokenet": strokenet.StrokeNet,
}


def build(architecture: str, options: Mapping[str, Any]) -> nn.Module:
    """Return an untrained network; raises `errors.ModelWrong` for an unknown name or option."""
    maker = ARCHITECTURES.get(architecture)
    if maker is None:
        raise errors.ModelWrong(file="card", expected=" or ".join(ARCHITECTURES), found=architecture)
    try:
        return maker(**options)
    except TypeError as error:
        raise errors.ModelWrong(file="card", expected=f"options of {architecture}", found=str(error)) from error


def load_weights(network: nn.Module, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Copy the weights into the network; raises ValueError when they are not those of its architecture."""
    tensors = {key: torch.from_numpy(np.array(value)) for key, value in weights.items()}
    try:
        unmatched = network.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise ValueError(f"does not fit: {error}") from error
    missing = [key for key in unmatched.missing_keys if not key.endswith("num_batches_tracked")]  # counts training
    if missing or unmatched.unexpected_keys:
        raise ValueError(f"holds another architecture: {unmatched}")
