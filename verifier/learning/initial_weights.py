"""Initial weights of a training: those of SFace, or those of a card.

With those of SFace, as prepared for the door, or with those of a card of the same architecture: fine-tuning. What
is trained is a copy; the files it came from stay as they are.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from verifier import checkpoints, origins
from verifier.learning import refusals
from verifier.networks import catalogue

SFACE = "sface"


def load_into(network: nn.Module, start: str) -> None:
    """Put the weights into the network; `start` is "sface" or the path of a card (or of its weights).

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
