"""Which network does a name in a recipe or a card stand for?

A card holds the name and its options, never code: whoever opens a checkpoint builds the network from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
    """Make an untrained network; raises `errors.ModelWrong` for a name or an option that is not known."""
    maker = ARCHITECTURES.get(architecture)
    if maker is None:
        raise errors.ModelWrong(file="card", expected=" or ".join(ARCHITECTURES), found=architecture)
    try:
        return maker(**options)
    except TypeError as error:
        raise errors.ModelWrong(file="card", expected=f"options of {architecture}", found=str(error)) from error
