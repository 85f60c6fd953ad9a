"""Initial weights of a training: those of SFace, or those of a card.

A training that begins with them is a fine-tuning. A copy is trained; the files of the weights do not change.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from verifier import checkpoints, origins
from verifier.learning import refusals
from verifier.networks import catalogue

SFACE = "sface"


def load_into(network: nn.Module, start: str) -> None:
    """Load initial weights into the network; `start` is "sface" or the path of a card (or of its weights).

    Raises:
        ModelMissing, ModelWrong: a file is not there or not the one of its card.
        RecipeRefused: they are the weights of another architecture.
    """
    if start == SFACE:
        weights = origins.open_models(None).weights
    else:
        weights, _ = checkpoints.load(Path(start).parent, name=Path(start).stem)
    try:
        catalogue.load_weights(network, weights)
    except ValueError as error:
        raise refusals.RecipeRefused(recipe="", key="network.start", reason=str(error)) from error
